//! Deserializing what a peer sent into bounded lists and bounded words.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use crate::limits;

/// A list that keeps no more than `MAX` elements and says whether there were more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List<T, const MAX: usize> {
    pub(crate) elements: Vec<T>,
    pub(crate) overflowed: bool,
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX {
            let Some(element) = list.next_element()? else { return Ok(List { elements, overflowed: false }) };
            elements.push(element);
        }
        let mut overflowed = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            overflowed = true;
        }
        Ok(List { elements, overflowed })
    }
}

/// For `#[serde(deserialize_with)]`: a list of at most [`limits::PIP_LIST_MAX`] elements.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let list = List::<T, { limits::PIP_LIST_MAX }>::deserialize(from)?;
    if list.overflowed {
        return Err(D::Error::custom(format_args!("a list of over {}", limits::PIP_LIST_MAX)));
    }
    Ok(list.elements)
}

/// What a JSON parser says, cut to a bound: it may quote what the peer sent, and that may be long.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    cut(&error.to_string(), limits::REASON_BYTES_MAX).to_owned()
}

/// As much of a text as fits in `bytes_max`, in whole characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let fits = |end: &usize| *end <= bytes_max;
    let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
    text.get(..ends.take_while(fits).last().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (bytes_max, expected) in [(0, ""), (1, "a"), (2, "a"), (3, "aé"), (4, "aéb"), (9, "aéb")] {
            assert_eq!(cut("aéb", bytes_max), expected);
        }
    }

    #[test]
    fn a_list_says_that_it_overflowed_and_keeps_no_more() {
        for (json, elements, overflowed) in
            [("[]", vec![], false), ("[1,2]", vec![1, 2], false), ("[1,2,3]", vec![1, 2], true)]
        {
            let list: List<u8, 2> = serde_json::from_str(json).unwrap();
            assert_eq!((list.elements, list.overflowed), (elements, overflowed));
        }
    }
}
