//! Reading the infotable: what the platform takes.

use std::borrow::Cow;
use std::fmt;

use catalog::{Origin, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};

use super::error::Error;
use super::row::{Row, quality, word};
use super::scalar::Scalar;
use crate::bounded::{List, reason};
use crate::{limits, time};

/// The rows of an `UpdatePropertyValues` body. The data shape is not looked at, columns that we do not know are
/// passed over. Takes at most [`limits::UPDATE_BYTES_MAX`] bytes and [`limits::ROWS_MAX`] rows.
pub fn decode_update(body: &[u8]) -> Result<Vec<Row>, Error> {
    if body.len() > limits::UPDATE_BYTES_MAX {
        return Err(Error::TooLarge { length: body.len() });
    }
    let update: Update<'_> =
        serde_json::from_slice(body).map_err(|error| Error::Malformed { reason: reason(&error) })?;
    let rows = update.values.rows;
    if rows.overflowed {
        return Err(Error::TooManyRows);
    }
    Ok(rows.elements.into_iter().map(Row::from).collect())
}

#[derive(serde::Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    values: Infotable<'a>,
}

#[derive(serde::Deserialize)]
struct Infotable<'a> {
    #[serde(borrow)]
    rows: List<RowIn<'a>, { limits::ROWS_MAX }>,
}

#[derive(serde::Deserialize)]
struct RowIn<'a> {
    #[serde(borrow)]
    name: Name<'a>,
    time: Time,
    value: Scalar,
    #[serde(borrow)]
    quality: Name<'a>,
    #[serde(default)]
    origin: Option<OriginIn>,
    #[serde(borrow, default)]
    native: Option<Name<'a>>,
}

impl From<RowIn<'_>> for Row {
    fn from(row: RowIn<'_>) -> Self {
        // The known words need no memory of their own.
        let known = quality(&row.quality.0).map(word).map(Cow::Borrowed);
        Self {
            name: row.name.0.into_owned(),
            time: row.time.0,
            value: row.value,
            quality: known.unwrap_or_else(|| Cow::Owned(row.quality.0.into_owned())),
            origin: row.origin.map(|origin| origin.0),
            native: row.native.map(|native| native.0.into_owned()),
        }
    }
}

/// A bounded word, borrowed from the body where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text of at most {} bytes", limits::ROW_NAME_BYTES_MAX)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        if text.len() > limits::ROW_NAME_BYTES_MAX {
            return Err(E::invalid_length(text.len(), &self));
        }
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.len() > limits::ROW_NAME_BYTES_MAX {
            return Err(E::invalid_length(text.len(), &self));
        }
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A DATETIME: ISO 8601, or milliseconds since 1970.
struct Time(Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TimeVisitor).map(Self)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time: ISO 8601 with an offset, or whole milliseconds since 1970")
    }

    fn visit_i64<E>(self, milliseconds: i64) -> Result<Timestamp, E> {
        Ok(Timestamp(milliseconds))
    }

    fn visit_u64<E: serde::de::Error>(self, milliseconds: u64) -> Result<Timestamp, E> {
        let wrong = |_| E::invalid_value(Unexpected::Unsigned(milliseconds), &self);
        i64::try_from(milliseconds).map(Timestamp).map_err(wrong)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
        time::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Other("text"), &self))
    }
}

struct OriginIn(Origin);

impl<'de> Deserialize<'de> for OriginIn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(OriginVisitor).map(Self)
    }
}

struct OriginVisitor;

impl Visitor<'_> for OriginVisitor {
    type Value = Origin;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an origin: {} bytes in base64url without padding", Origin::LENGTH)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Origin, E> {
        let mut bytes = [0; Origin::LENGTH];
        // Decoding in place panics when the lengths differ.
        let fits = BASE64URL_NOPAD.decode_len(text.len()).is_ok_and(|length| length == bytes.len());
        let decoded = fits && BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).is_ok();
        if decoded {
            Ok(Origin::from_bytes(bytes))
        } else {
            Err(E::invalid_value(Unexpected::Other("text"), &self))
        }
    }
}
