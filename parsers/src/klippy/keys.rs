//! What each key of a `Stats` line means, by the section it stands in.

use std::sync::LazyLock;

use catalog::{Item, Unit, items};

/// A key that something is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Awake,
    TaskAverage,
    Retransmitted,
    Invalid,
    RoundTrip,
    Frequency,
    BusState,
    Target,
    Temperature,
    Pwm,
    Load,
    MemoryAvailable,
    Buffer,
    Stalls,
}

/// What a key means, wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Field(Field),
    /// It is known, and nothing is made of it.
    Skipped,
    Unknown,
}

impl Key {
    /// `cputime` is the host program's own; `print_time` is where the motion queue ends in the first controller's time,
    /// counted since that started: no build's; `gcodein` and `sd_pos` are places in the customer's file.
    pub(super) fn named(key: &[u8]) -> Self {
        Self::Field(match key {
            b"mcu_awake" => Field::Awake,
            b"mcu_task_avg" => Field::TaskAverage,
            b"bytes_retransmit" => Field::Retransmitted,
            b"bytes_invalid" => Field::Invalid,
            b"srtt" => Field::RoundTrip,
            b"freq" => Field::Frequency,
            b"bus_state" => Field::BusState,
            b"target" => Field::Target,
            b"temp" => Field::Temperature,
            b"pwm" => Field::Pwm,
            b"sysload" => Field::Load,
            b"memavail" => Field::MemoryAvailable,
            b"buffer_time" => Field::Buffer,
            b"print_stall" => Field::Stalls,
            b"mcu_task_stddev" | b"bytes_write" | b"bytes_read" | b"send_seq" | b"receive_seq"
            | b"retransmit_seq" | b"rttvar" | b"rto" | b"ready_bytes" | b"upcoming_bytes"
            | b"stalled_bytes" | b"adj" | b"rx_error" | b"tx_error" | b"tx_retries" | b"cputime"
            | b"print_time" | b"gcodein" | b"sd_pos" => return Self::Skipped,
            _ => return Self::Unknown,
        })
    }
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Controller,
    Bus,
    Extruder,
    Bed,
    Heater,
    Sensor,
    Other,
}

/// In what the log counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written {
    InTheItemsUnit,
    /// This many of the item's unit are one of the log's; the log's has no name of its own.
    Times(f64),
    In(&'static Unit),
}

/// Where a field's number goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub(super) item: &'static Item,
    pub(super) written: Written,
    /// How many decimals Klipper writes: fewer at the end of a line are half a number. A whole number that may stand
    /// there has no such sign.
    pub(super) decimals: u8,
}

/// For a number that Klipper always writes another one behind: at the end of a line it is half a number.
const NEVER_LAST: u8 = u8::MAX;

/// A firmware adds up the time that it was awake over five seconds, then says it (`STATS_INTERVAL` of Klipper's own
/// `graphstats.py`).
const AWAKE_PERCENT: f64 = 100.0 / 5.0;

/// The kernel's `kB` of `/proc/meminfo`.
static KIBIBYTE: LazyLock<&'static Unit> =
    LazyLock::new(|| Unit::by_ucum("KiBy").unwrap_or(items::HOST_MEMORY_AVAILABLE.unit()));

impl Meaning {
    /// What the field means in a section about the subject; `None` where it has no business there.
    #[inline]
    pub(super) fn of(field: Field, subject: Subject) -> Option<Self> {
        use Subject::{Bed, Controller, Extruder, Heater, Sensor};
        use Written::{In, InTheItemsUnit, Times};
        let share = items::HOST_LOAD.unit();
        let second = items::PRINT_BUFFER_TIME.unit();
        let (item, written, decimals) = match (field, subject) {
            (Field::Awake, Controller) => (&items::CONTROLLER_LOAD, Times(AWAKE_PERCENT), 3),
            (Field::TaskAverage, Controller) => (&items::CONTROLLER_TASK_TIME, In(second), 6),
            (Field::Retransmitted, Controller) => {
                (&items::CONTROLLER_BYTES_RETRANSMITTED, InTheItemsUnit, NEVER_LAST)
            }
            (Field::Invalid, Controller) => (&items::CONTROLLER_BYTES_INVALID, InTheItemsUnit, NEVER_LAST),
            (Field::RoundTrip, Controller) => (&items::CONTROLLER_ROUND_TRIP, In(second), 3),
            (Field::Frequency, Controller) => (&items::CONTROLLER_FREQUENCY, InTheItemsUnit, 0),
            (Field::Target, Extruder) => (&items::EXTRUDER_TEMPERATURE_SETPOINT, InTheItemsUnit, NEVER_LAST),
            (Field::Target, Bed) => (&items::HEATED_BED_TEMPERATURE_SETPOINT, InTheItemsUnit, NEVER_LAST),
            (Field::Target, Heater) => (&items::HEATER_TEMPERATURE_SETPOINT, InTheItemsUnit, NEVER_LAST),
            (Field::Temperature, Extruder) => (&items::EXTRUDER_TEMPERATURE, InTheItemsUnit, 1),
            (Field::Temperature, Bed) => (&items::HEATED_BED_TEMPERATURE, InTheItemsUnit, 1),
            (Field::Temperature, Heater) => (&items::HEATER_TEMPERATURE, InTheItemsUnit, 1),
            (Field::Temperature, Sensor) => (&items::SENSOR_TEMPERATURE, InTheItemsUnit, 1),
            (Field::Pwm, Extruder) => (&items::EXTRUDER_DUTY, In(share), 3),
            (Field::Pwm, Bed) => (&items::HEATED_BED_DUTY, In(share), 3),
            (Field::Pwm, Heater) => (&items::HEATER_DUTY, In(share), 3),
            (Field::Load, _) => (&items::HOST_LOAD, InTheItemsUnit, 2),
            (Field::MemoryAvailable, _) => (&items::HOST_MEMORY_AVAILABLE, In(*KIBIBYTE), 0),
            (Field::Buffer, _) => (&items::PRINT_BUFFER_TIME, InTheItemsUnit, 3),
            (Field::Stalls, _) => (&items::PRINT_STALLS, InTheItemsUnit, 0),
            _ => return None,
        };
        Some(Self { item, written, decimals })
    }
}

impl Field {
    /// Whether it belongs to no section, wherever it stands.
    pub(super) fn is_global(self) -> bool {
        matches!(self, Self::Load | Self::MemoryAvailable | Self::Buffer | Self::Stalls)
    }

    /// Its bit in a set of fields.
    pub(super) fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meaning_has_a_unit_that_its_item_takes() {
        assert_eq!(KIBIBYTE.ucum(), "KiBy");
        assert_eq!(items::PRINT_BUFFER_TIME.unit().ucum(), "s");
        for key in ["mcu_task_avg", "srtt", "memavail"] {
            let Key::Field(field) = Key::named(key.as_bytes()) else { panic!("{key}") };
            let meaning = Meaning::of(field, Subject::Controller).unwrap();
            let Written::In(unit) = meaning.written else { panic!("{key}") };
            assert_eq!(unit.dimension(), meaning.item.unit().dimension(), "{key}");
        }
    }
}
