//! What a container can reach and who could reach it, by what the kernel says within it. The supervisor has it run in the
//! container itself, with the container's own user, rights, system calls and network: what this cannot do, a program that
//! took the container over cannot do either. It judges nothing: that is `judge.rs`.

mod kernel;
mod names;
mod reach;

use serde::{Deserialize, Serialize};

pub(crate) use kernel::{Address, Listener, Route, Writable, own_addresses, routes};
pub(crate) use names::Names;
pub(crate) use reach::{Outcome, Target, Tried};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Findings {
    /// Its own addresses, but for loopback.
    pub(crate) addresses: Vec<Address>,
    /// The kernel's routes, but for loopback's.
    pub(crate) routes: Vec<Route>,
    /// Who has answered on its own networks.
    pub(crate) neighbours: Vec<Address>,
    /// Where it can be called, but for loopback.
    pub(crate) listens: Vec<Listener>,
    /// What became of each try.
    pub(crate) tried: Vec<Tried>,
    /// What became of a question for a name that nobody has.
    pub(crate) names: Names,
    /// The file systems that can be written to, as far as the users' rights go.
    pub(crate) writable: Vec<Writable>,
}

/// Tries all of these at once, and says what the kernel knows then.
///
/// # Errors
/// What the kernel does not tell: nothing is known then, and nothing may be concluded.
pub(crate) async fn look(targets: Vec<Target>) -> std::io::Result<Findings> {
    let own = kernel::own_addresses()?;
    let (tried, names) = tokio::join!(reach::all(targets, &own), names::names());
    Ok(Findings {
        addresses: own,
        routes: kernel::routes()?,
        // After the tries, which have asked for those on its own networks.
        neighbours: kernel::neighbours()?,
        listens: kernel::listens()?,
        tried,
        names,
        writable: kernel::writable()?,
    })
}
