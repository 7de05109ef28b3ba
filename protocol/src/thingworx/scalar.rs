//! A row's value: a VARIANT, of which the catalogue takes numbers and texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::limits;

/// The value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A number: a gauge or counter.
    Number(f64),
    /// A text: a code, an identity, or a hash as `h:` and 32 hexadecimal digits.
    Text(Cow<'static, str>),
    /// Anything else that ThingWorx knows (a truth value, nothing, a table): no item takes it.
    Unfit,
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => to.serialize_f64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::Unfit => to.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor { wrapped: false })
    }
}

struct ScalarVisitor {
    /// Whether we are in `{"value": …}` already: a wrap within a wrap is unfit, so nothing recurses.
    wrapped: bool,
}

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number, a text of at most {} bytes, or {{\"value\": …}}", limits::ROW_TEXT_BYTES_MAX)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number))
    }

    // Over 2^53 the nearest: no item counts so far.
    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        if text.len() > limits::ROW_TEXT_BYTES_MAX {
            return Err(E::custom(format_args!("a text value of over {} bytes", limits::ROW_TEXT_BYTES_MAX)));
        }
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Unfit)
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Unfit)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Unfit)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        let mut value = Scalar::Unfit;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "value" && !self.wrapped {
                value = map.next_value::<Wrapped>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }
}

struct Wrapped(Scalar);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor { wrapped: true }).map(Self)
    }
}
