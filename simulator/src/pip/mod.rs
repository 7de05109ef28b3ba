//! The printer's half of PIP/1 over TLS 1.3 with a certificate on both sides. What is asked is answered from
//! the model; a type that is not known, or that lies in the range reserved for writes, is refused and counted.

mod server;
mod session;

pub use server::Server;
pub use session::{Answer, Session};

#[cfg(test)]
mod tests;
