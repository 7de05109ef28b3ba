//! Which part of a printer a component is: by its kind, which the standard names, and by words in its name, since the
//! standard has one `Heating` for a bed, a chamber and a nozzle. A name is looked up here and goes nowhere else.

use protocol::mtconnect::{Component, DataItem};

/// A part of a printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Printer,
    Controller,
    Chamber,
    Ambient,
    /// A heated bed, or the surface of a powder bed: the rest of the printer says which.
    Bed,
    Plate,
    Platform,
    Extruder,
    Head,
    Heater,
    Sensor,
    Vat,
    /// A laser that cures, or one that melts: the rest of the printer says which.
    Laser,
    Scanner,
    Optics,
    UvLamp,
    Recoater,
    Piston,
    Elevator,
    Z,
    Feed,
    Cylinder,
    Fan,
    Blower,
    Gas,
    Filter,
    Chiller,
    Vacuum,
    Reservoir,
    Cartridge,
    Hopper,
    Overflow,
    Waste,
    Material,
    Door,
    Mains,
}

/// The standard's kinds that say enough by themselves.
const KINDS: &[(&str, Place)] = &[
    ("Device", Place::Printer),
    ("Controller", Place::Controller),
    ("Path", Place::Controller),
    ("ExtrusionUnit", Place::Extruder),
    ("ExposureUnit", Place::Optics),
    ("Galvanomotor", Place::Scanner),
    ("Vat", Place::Vat),
    ("Spreader", Place::Recoater),
    ("Hopper", Place::Hopper),
    ("Door", Place::Door),
    ("Fan", Place::Fan),
    ("AirHandler", Place::Blower),
    ("Filter", Place::Filter),
    ("Cooling", Place::Chiller),
    ("Coolant", Place::Chiller),
    ("Vacuum", Place::Vacuum),
    ("Tank", Place::Reservoir),
    ("Stock", Place::Material),
    ("Material", Place::Material),
    ("WasteDisposal", Place::Waste),
    // Around or within a piece of equipment, by the standard; where it is around, integrators name it so.
    ("Environmental", Place::Chamber),
    ("Heating", Place::Heater),
    ("Sensor", Place::Sensor),
    ("Electric", Place::Mains),
    ("PowerSupply", Place::Mains),
];

/// Words in the name of a component or of a data item; of several the first in this list.
const WORDS: &[(&str, Place)] = &[
    ("ambient", Place::Ambient),
    ("room", Place::Ambient),
    ("recoater", Place::Recoater),
    ("spreader", Place::Recoater),
    ("wiper", Place::Recoater),
    ("piston", Place::Piston),
    ("overflow", Place::Overflow),
    ("waste", Place::Waste),
    ("cartridge", Place::Cartridge),
    ("reservoir", Place::Reservoir),
    ("hopper", Place::Hopper),
    ("feed", Place::Feed),
    ("cylinder", Place::Cylinder),
    ("elevator", Place::Elevator),
    ("platform", Place::Platform),
    ("plate", Place::Plate),
    ("bed", Place::Bed),
    ("extruder", Place::Extruder),
    ("hotend", Place::Extruder),
    ("nozzle", Place::Extruder),
    ("printhead", Place::Head),
    ("head", Place::Head),
    ("vat", Place::Vat),
    ("resin", Place::Vat),
    ("laser", Place::Laser),
    ("scanner", Place::Scanner),
    ("galvo", Place::Scanner),
    ("optics", Place::Optics),
    ("uv", Place::UvLamp),
    ("lamp", Place::UvLamp),
    ("blower", Place::Blower),
    ("fan", Place::Fan),
    ("filter", Place::Filter),
    ("chiller", Place::Chiller),
    ("gas", Place::Gas),
    ("argon", Place::Gas),
    ("nitrogen", Place::Gas),
    ("oxygen", Place::Chamber),
    ("o2", Place::Chamber),
    ("vacuum", Place::Vacuum),
    ("chamber", Place::Chamber),
    ("door", Place::Door),
    ("mains", Place::Mains),
    ("z", Place::Z),
];

/// The part of the printer that a data item is about, and which of its components that is, counted from the outermost;
/// `None` where nothing tells. The innermost component that tells it is the one.
pub(super) fn of(item: &DataItem) -> Option<(Place, usize)> {
    let innermost = item.components.len().checked_sub(1)?;
    if let Some(place) = item.name.as_ref().and_then(|name| by_words(name.as_str())) {
        return Some((place, innermost));
    }
    (0..=innermost).rev().find_map(|at| Some((component(item.components.get(at)?)?, at)))
}

/// A name says more than a kind does, but for the device's own, which is its owner's.
fn component(component: &Component) -> Option<Place> {
    let kind = component.kind.as_str();
    let named = component.name.as_ref().filter(|_| kind != "Device");
    let by_kind = || KINDS.iter().find(|(known, _)| *known == kind).map(|(_, place)| *place);
    named.and_then(|name| by_words(name.as_str())).or_else(by_kind).or_else(|| by_words(kind))
}

fn by_words(name: &str) -> Option<Place> {
    let words = words(name);
    WORDS.iter().find(|(known, _)| words.iter().any(|word| word == known)).map(|(_, place)| *place)
}

/// Whether a name has this word in it.
pub(super) fn has_word(name: &str, word: &str) -> bool {
    words(name).iter().any(|found| found == word)
}

/// The words of a name, in small letters: `BuildPlate_2` is `build`, `plate`. A number at the end of a word is left
/// out, except that of `O2`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small_before = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || small_before && letter.is_uppercase() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        small_before = letter.is_lowercase();
    }
    for word in words.iter_mut().filter(|word| *word != "o2") {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_into_words() {
        for (name, expected) in [
            ("BuildPlate_2", &["build", "plate", ""][..]),
            ("chamber-temp", &["chamber", "temp"]),
            ("O2", &["o2"]),
            ("nozzle1", &["nozzle"]),
            ("Z", &["z"]),
            ("", &[""]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn a_word_is_a_whole_word() {
        for (name, expected) in [
            ("Bed", Some(Place::Bed)),
            ("HeatedBed", Some(Place::Bed)),
            ("embedded", None),
            ("Zone", None),
            ("laser 2", Some(Place::Laser)),
            ("feed chamber", Some(Place::Feed)),
            ("build_chamber", Some(Place::Chamber)),
        ] {
            assert_eq!(by_words(name), expected, "{name}");
        }
    }
}
