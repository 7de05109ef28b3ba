//! PIP whoever calls whom: how the adapter introduces itself, how long a printer may be silent, what of its items is in
//! the catalogue, and what its events mean. Nothing of it waits or is connected.

mod events;
mod faults;
mod hello;
mod offers;
mod patience;

pub(super) use self::events::{Interpreter, Said, Told};
pub(super) use self::faults::Fault;
pub(super) use self::hello::{RequestIds, hello};
pub(super) use self::offers::{Offered, Offers, Refused};
pub(super) use self::patience::Patience;
