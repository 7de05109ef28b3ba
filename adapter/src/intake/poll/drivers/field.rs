//! One member of a JSON document. Printers of another version write another type now and then, and that must not cost
//! the rest of the document.

use catalog::Item;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::intake::poll::found::Found;

/// A member that may be missing or null, or of another type than it should.
pub(super) type Maybe<T> = Option<Field<T>>;

/// A member that is there.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Field<T> {
    /// Of its type.
    Right(T),
    /// Of another; what it is, is not kept.
    Wrong(IgnoredAny),
}

/// The member, if it is there. One of another type than it should be is counted with the item that it is for.
pub(super) fn given<'f, T>(
    field: &'f Maybe<T>,
    item: Option<&'static Item>,
    found: &mut Found<'_>,
) -> Option<&'f T> {
    match field {
        None => None,
        Some(Field::Right(value)) => Some(value),
        Some(Field::Wrong(_)) => {
            found.refuse(item, "a value of another type than it should be");
            None
        }
    }
}

/// The member, if it is there and right.
pub(super) fn right<T>(field: &Maybe<T>) -> Option<&T> {
    match field {
        Some(Field::Right(value)) => Some(value),
        _ => None,
    }
}
