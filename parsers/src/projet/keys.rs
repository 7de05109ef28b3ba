//! What each key of each subsystem means.

use catalog::{Item, items};

/// One subsystem's keys.
type Table = &'static [(&'static str, &'static Item)];

static LASER: Table = &[
    ("power", &items::LASER_POWER),
    ("setpoint", &items::LASER_POWER_SETPOINT),
    ("current", &items::LASER_CURRENT),
    ("head", &items::LASER_HEAD_TEMPERATURE),
    ("hours", &items::LASER_HOURS),
    ("scanner", &items::SCANNER_TEMPERATURE),
    ("drift", &items::SCANNER_DRIFT),
];

static VAT: Table = &[
    ("temp", &items::VAT_TEMPERATURE),
    ("setpoint", &items::VAT_TEMPERATURE_SETPOINT),
    ("heater", &items::VAT_HEATER_DUTY),
    ("level", &items::VAT_LEVEL),
    ("cartridge", &items::RESIN_CARTRIDGE_LEVEL),
    ("pump", &items::RESIN_PUMP),
    ("resin", &items::RESIN_LEVEL),
    ("cartridge_mass", &items::RESIN_CARTRIDGE_REMAINING),
    ("tube", &items::RESIN_TUBE),
    ("film", &items::FILM_CYCLES),
    ("film_limit", &items::FILM_CYCLES_LIMIT),
];

static RECOATER: Table = &[
    ("position", &items::RECOATER_POSITION),
    ("speed", &items::RECOATER_SPEED),
    ("load", &items::RECOATER_LOAD),
    ("recoat", &items::RECOAT_TIME),
    ("elevator", &items::ELEVATOR_POSITION),
    ("leveller", &items::LEVELLER_POSITION),
    ("dip", &items::DIP_TIME),
    ("layer_time", &items::LAYER_TIME),
];

static UV: Table = &[
    ("temp", &items::UV_LED_TEMPERATURE),
    ("voltage", &items::UV_LED_VOLTAGE),
    ("hours", &items::UV_LED_HOURS),
];

static CHAMBER: Table = &[
    ("temp", &items::CHAMBER_TEMPERATURE),
    ("humidity", &items::CHAMBER_HUMIDITY),
    ("door", &items::DOOR_STATE),
    ("filter", &items::EXHAUST_FILTER_HOURS),
    ("ambient", &items::AMBIENT_TEMPERATURE),
    ("ambient_humidity", &items::AMBIENT_HUMIDITY),
];

static BUILD: Table = &[
    ("printer", &items::PRINTER_STATE),
    ("state", &items::BUILD_STATE),
    ("job", &items::BUILD_ID),
    ("layer", &items::BUILD_LAYER),
    ("layers", &items::BUILD_LAYERS),
    ("progress", &items::BUILD_PROGRESS),
    ("elapsed", &items::BUILD_ELAPSED),
    ("remaining", &items::BUILD_REMAINING),
    ("exposure", &items::EXPOSURE_TIME),
    ("completed", &items::BUILD_COMPLETED_COUNT),
    ("failed", &items::BUILD_FAILED_COUNT),
    ("hours", &items::PRINTER_HOURS),
    ("boots", &items::PRINTER_BOOTS),
    ("printing_hours", &items::PRINTER_PRINTING_HOURS),
    ("thickness", &items::BUILD_LAYER_THICKNESS),
    ("material", &items::BUILD_MATERIAL),
];

/// Keys of every subsystem that name people, parts and machines.
const PRIVATE: &[&str] = &["user", "file", "host", "note"];

/// What a key means.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// Its value is a reading of this item; the row of its table tells keys apart.
    Item { item: &'static Item, row: u8 },
    /// Its value is known, and never read.
    Private,
    /// This version does not know it.
    Unknown,
}

/// What the key means in the subsystem's records.
pub(super) fn meaning(subsystem: &[u8], key: &[u8]) -> Meaning {
    let found = (0..).zip(table(subsystem)).find(|(_, (name, _))| name.as_bytes() == key);
    match found {
        Some((row, (_, item))) => Meaning::Item { item, row },
        None if PRIVATE.iter().any(|name| name.as_bytes() == key) => Meaning::Private,
        None => Meaning::Unknown,
    }
}

/// Whether records of this subsystem are known.
pub(super) fn is_subsystem(name: &[u8]) -> bool {
    !table(name).is_empty()
}

fn table(subsystem: &[u8]) -> Table {
    match subsystem {
        b"laser" => LASER,
        b"vat" => VAT,
        b"recoater" => RECOATER,
        b"uv" => UV,
        b"chamber" => CHAMBER,
        b"build" => BUILD,
        _ => &[],
    }
}

/// The keys that a record has had, as bits.
#[derive(Debug, Default)]
pub(super) struct Seen(u32);

impl Seen {
    /// Whether the record had this key before; from now on it had.
    pub(super) fn again(&mut self, row: u8) -> bool {
        let bit = 1u32.checked_shl(row.into()).unwrap_or(0);
        let again = self.0 & bit != 0;
        self.0 |= bit;
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TABLES: [Table; 6] = [LASER, VAT, RECOATER, UV, CHAMBER, BUILD];
    /// What the log has no key for: its record says it by its own stamp.
    const ABSENT: [&str; 2] = ["build.start", "build.end"];

    #[test]
    fn every_item_of_the_family_has_one_key_or_is_a_fault() {
        let keyed: Vec<_> = TABLES.iter().flat_map(|table| table.iter()).map(|(_, item)| item.id()).collect();
        assert_eq!(keyed.iter().collect::<BTreeSet<_>>().len(), keyed.len(), "an item has two keys");
        for item in items::all().filter(|item| item.family() == catalog::Family::Stereolithography) {
            assert!(keyed.contains(&item.id()) || item.id().ends_with(".fault"), "{}", item.id());
        }
        for item in items::all().filter(|item| item.id().starts_with("build.")) {
            assert_ne!(keyed.contains(&item.id()), ABSENT.contains(&item.id()), "{}", item.id());
        }
    }

    #[test]
    fn the_document_has_every_key() {
        let document = include_str!("../../../docs/projet-log.md");
        for (name, item) in TABLES.iter().flat_map(|table| table.iter()) {
            let row = document.lines().find(|line| {
                line.starts_with(&format!("| `{name}` |")) && line.contains(&format!("`{}`", item.id()))
            });
            let row = row.unwrap_or_else(|| panic!("no row for {name}"));
            assert!(item.codes().iter().all(|code| row.contains(&format!("`{code}`"))), "{name}");
        }
    }

    #[test]
    fn every_table_fits_the_bits() {
        assert!(TABLES.iter().all(|table| table.len() <= 32));
    }
}
