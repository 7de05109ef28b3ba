//! The names that a section knows, taken from the very structs that read it, to find the one that was meant.

use serde::de::value::Error as Stop;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use super::place::{KeyPath, Step};
use super::{
    Raw, buffer, duet, interface, link, listener, pip, platform, printers, prusalink, supervise, updates,
};

/// One wrong letter in so many is still a typo, and a name of any length may have one.
const LETTERS_PER_SLIP: usize = 3;

/// What to say of a key that no field took.
pub(super) fn advice(path: &KeyPath) -> String {
    let Some((Step::Key(wrong), parent)) = path.0.split_last() else { return "unknown field".into() };
    let names = names_at(parent);
    let slips = |name: &&&str| strsim::damerau_levenshtein(wrong, name);
    let slips_max = (wrong.chars().count() / LETTERS_PER_SLIP).max(1);
    match names.iter().min_by_key(slips).filter(|name| slips(name) <= slips_max) {
        Some(name) => format!("unknown field; did you mean `{name}`?"),
        None => format!("unknown field; known here: {}", names.join(", ")),
    }
}

/// Whether a printer can be queried over the interface that this key of `[[printers]]` stands for.
pub(crate) fn can_query(key: &str) -> bool {
    names_of::<printers::Raw>().contains(&key)
}

fn names_at(section: &[Step]) -> &'static [&'static str] {
    let keys: Vec<&str> = section
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    match keys[..] {
        [] => names_of::<Raw>(),
        ["platform"] => names_of::<platform::Raw>(),
        ["link"] => names_of::<link::Raw>(),
        ["buffer"] => names_of::<buffer::Raw>(),
        ["beats"] | ["push"] => names_of::<listener::Raw>(),
        ["pip"] => names_of::<pip::Raw>(),
        ["printers"] => names_of::<printers::Raw>(),
        ["printers", "beats"] | ["printers", "push"] => names_of::<printers::RawSender>(),
        ["printers", "logs"] => names_of::<printers::RawLogs>(),
        ["printers", "pip"] => names_of::<interface::RawPip>(),
        ["printers", "duet"] => names_of::<duet::RawDuet>(),
        ["printers", "prusalink"] => names_of::<prusalink::RawPrusaLink>(),
        ["supervise"] => names_of::<supervise::Raw>(),
        ["supervise", "printers_network" | "uplink_network"] => names_of::<supervise::RawLan>(),
        ["updates"] => names_of::<updates::Raw>(),
        ["printers", "octoprint" | "mtconnect" | "moonraker"] => names_of::<interface::RawHttp>(),
        _ => &[],
    }
}

fn names_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It always stops with an error, once serde's derived code has told which fields it wants.
    let _ = T::deserialize(Ask(&mut names));
    names
}

struct Ask<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Stop;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stop> {
        *self.0 = fields;
        Err(Stop::custom("asked"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop::custom("no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
