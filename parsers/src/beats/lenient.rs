//! Fields that count as absent when their type is not the one expected.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// An object's fields; their defaults where there is something else than an object.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

/// A text, or a number as it is written.
#[derive(Default)]
pub(crate) struct Text<'a>(pub(crate) Option<Cow<'a, str>>);

/// A text that need not be UTF-8; anything else is an error.
pub(crate) struct Bytes<'a>(pub(crate) Cow<'a, [u8]>);

/// A number, whole or not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Measure {
    /// The field is not there, or is null.
    #[default]
    Absent,
    /// The field is no number.
    Other,
    /// The number.
    Number(f64),
}

struct ObjectVisitor<T>(PhantomData<T>);
struct TextVisitor;
struct BytesVisitor;
struct MeasureVisitor;

/// The visits that lead to "something else": the whole value is skipped.
macro_rules! anything_else {
    ($other:expr; $($visit:ident: $type:ty),*) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        $(fn $visit<E: Error>(self, _: $type) -> Result<Self::Value, E> { Ok($other) })*
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}

/// The same, for a map.
macro_rules! skip_map {
    ($other:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;
    anything_else!(T::default(); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;
    anything_else!(Text::default(); visit_bool: bool);
    skip_map!(Text::default());

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }
    // A shipper that passes numbers through a double: 1e3 is the offset 1000.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }
}

impl<'de> Visitor<'de> for MeasureVisitor {
    type Value = Measure;
    anything_else!(Measure::Other; visit_bool: bool, visit_str: &str);
    skip_map!(Measure::Other);

    fn visit_f64<E: Error>(self, number: f64) -> Result<Measure, E> {
        Ok(Measure::Number(number))
    }
    #[expect(clippy::cast_precision_loss, reason = "a byte count beyond 2^53 may lose its last digits")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Measure, E> {
        Ok(Measure::Number(number as f64))
    }
    #[expect(clippy::cast_precision_loss, reason = "a byte count beyond 2^53 may lose its last digits")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Measure, E> {
        Ok(Measure::Number(number as f64))
    }
}

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_borrowed_bytes<E: Error>(self, text: &'de [u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(text)))
    }
    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(text.to_owned())))
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(text.as_bytes())))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(text.as_bytes().to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MeasureVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor)
    }
}
