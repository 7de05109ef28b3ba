//! The ThingWorx dialect: the body of `UpdatePropertyValues`, an infotable of NamedVTQ rows (name, value, time,
//! quality) with two columns of our own: `origin`, for exactly-once storage, and `native`, the number and unit that the
//! maker wrote.

mod decode;
mod encode;
mod error;
mod fuzz;
mod row;
mod scalar;
#[cfg(test)]
mod tests;

pub use decode::decode_update;
pub use encode::encode_update;
pub use error::{Error, RowError};
#[doc(hidden)]
pub use fuzz::fuzz_body;
pub use row::Row;
pub use scalar::Scalar;
