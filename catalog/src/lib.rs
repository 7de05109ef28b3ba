//! What may leave the adapter, and nothing else: the items, their units and kinds, and [`Reading`], which
//! only an [`Item`] can make (promise P3). A reading carries a number, a code of the item's own vocabulary,
//! a salted hash or a bounded identity; free text cannot be expressed in one.
//!
//! This crate does no input or output and never asks the time.

mod document;
mod identity;
mod item;
pub mod items;
mod origin;
mod reading;
mod unit;

pub use document::markdown;
pub use identity::{Identity, IdentityError};
pub use item::{Family, Item, Kind, Range, SaidBy};
pub use origin::{Hash, Origin, Place, Salt, Source};
pub use reading::{Mark, Native, Quality, Reading, Refusal, Timestamp, Value};
pub use unit::Unit;
