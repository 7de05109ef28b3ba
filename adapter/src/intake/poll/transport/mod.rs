//! What carries a driver's questions to a printer and its answers back. A transport performs and decides nothing: it
//! keeps one connection, holds what comes in to its limits, and says whose fault it is when that fails.

pub(super) mod dial;
pub mod http;
pub(super) mod pip;
pub mod rpc;

use std::future::Future;

use super::trouble::Trouble;

/// A way to one printer.
pub(super) trait Transport: Send + 'static {
    /// What it can send: queries and acknowledgements, by type.
    type Query: Send;
    /// What it hears.
    type Answer: Send;

    /// Connects, and limits the time itself.
    fn connect(&mut self) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Sends a question. What has not been heard of an earlier one is given up.
    fn ask(&mut self, query: Self::Query) -> impl Future<Output = Result<(), Loss>> + Send;

    /// The next thing heard, be it an answer or a word that nobody asked for; waits for ever where there is nothing to
    /// hear. Dropped before it is done, it loses nothing.
    fn heard(&mut self) -> impl Future<Output = Result<Self::Answer, Loss>> + Send;

    /// Ends the connection.
    fn close(&mut self);
}

/// A connection was lost, or was given up for what came over it.
#[derive(Debug, PartialEq)]
pub(super) struct Loss {
    /// Whose fault it is, where that is known.
    pub(super) trouble: Option<Trouble>,
    /// What came in and was not taken, by the name under which it is counted.
    pub(super) refused: Option<&'static str>,
}

impl Loss {
    /// The other side or the network ended it, and nothing says why.
    pub(super) const ENDED: Self = Self { trouble: None, refused: None };

    /// What came in is not what this transport speaks.
    pub(super) fn nonsense(why: &'static str, name: &'static str) -> Self {
        Self { trouble: Some(Trouble::Nonsense(why.into())), refused: Some(name) }
    }

    /// The connection failed with this error.
    pub(super) fn of(error: &std::io::Error) -> Self {
        Self { trouble: dial::tls_trouble(error), refused: None }
    }
}
