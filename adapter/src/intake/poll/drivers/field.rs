//! One member of a JSON document. Printers of another version write another type now and then, and that must not cost
//! the rest of the document.

use catalog::Item;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

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

/// For a member of which null means something else than its absence: `None` is its absence.
pub(super) fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    member: D,
) -> Result<Option<Maybe<T>>, D::Error> {
    Maybe::deserialize(member).map(Some)
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
