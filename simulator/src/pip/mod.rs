//! The printer's half of PIP/1 over TLS 1.3 with a certificate on both sides, to a reader that connects or that it
//! calls itself. What is asked is answered from the model; a type that is not known, or that lies in the range
//! reserved for writes, is refused and counted.

mod caller;
mod conversation;
mod delivery;
mod server;
mod session;
mod words;

pub use caller::Caller;
pub use conversation::Conversation;
pub use server::Server;
pub use session::{Answer, Session};

#[cfg(test)]
mod tests;
