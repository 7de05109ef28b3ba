//! Site sticks: the one file by which an admin gives a box without a keyboard its configuration and its one-time code
//! (`docs/site-stick.md`). What stands in it is made of a form; the platform's own key signs it.

mod certificates;
mod form;
mod key;
mod make;

pub(crate) use form::field;
pub use form::{FIELDS, Form, LIVES, PRINTER_FIELDS, Wrong};
pub use key::{SiteKey, SiteKeyError};
pub use make::{Made, Stick, last, make};

#[cfg(test)]
mod tests;
