//! MTConnect, 1.x and 2.x: what an agent answers to `/probe`, `/current` and `/sample`, and what to ask it next.
//!
//! [`Reader`] takes a document in pieces of any size and gives its [`Event`]s one by one: the header, the devices and
//! their data items, the observations, the agent's errors. It keeps one element and the names of those around it, so
//! a document takes the same few kilobytes whatever its length. [`Follow`] says which of the three questions is next,
//! and proves what was lost when the agent's buffer has wrapped or the agent has started anew.
//!
//! Every text of an agent is a [`Text`], which `Debug` does not show: there are programs' and operators' names in it.

mod error;
mod follow;
mod fuzz;
mod markup;
mod model;
mod observation;
mod place;
mod reader;
mod tag;
#[cfg(test)]
mod tests;
mod text;

pub use error::{Error, Wrong};
pub use follow::{Ask, Confused, Follow, Happened, Outcome, Verdict};
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use model::{
    AgentError, Category, Component, Constraints, DataItem, Description, Device, Document, Header,
};
pub use observation::{Level, Observation, Value};
pub use reader::{Event, Reader, Unfit};
pub use text::Text;
