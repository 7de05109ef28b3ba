//! What the data items of a printer are in the catalogue: a table. What is not in it does not leave.

use catalog::{Item, items};

use super::places::Place;

/// What of a subtype matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sub {
    /// Any, or none.
    Any,
    /// What is: `ACTUAL`, or none.
    Actual,
    /// What is asked for: `COMMANDED`, `TARGET` or `PROGRAMMED`.
    Commanded,
    /// This one.
    Only(&'static str),
}

impl Sub {
    /// Whether a data item's subtype, without its prefix, is one of these.
    pub(super) fn takes(self, sub_type: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Actual => matches!(sub_type, None | Some("ACTUAL")),
            Self::Commanded => matches!(sub_type, Some("COMMANDED" | "TARGET" | "PROGRAMMED")),
            Self::Only(only) => sub_type == Some(only),
        }
    }
}

/// One row: of this part of the printer, this type and these subtypes are this item.
pub(super) struct Row(pub(super) Place, pub(super) &'static str, pub(super) Sub, pub(super) &'static Item);

use Place as P;
use Sub::{Actual, Any, Commanded, Only};

/// The table. Where the standard has no part for a thing, its row is in [`EXTENSIONS`], by the catalogue's own name.
pub(super) const TABLE: &[Row] = &[
    Row(P::Chamber, "TEMPERATURE", Actual, &items::CHAMBER_TEMPERATURE),
    Row(P::Chamber, "TEMPERATURE", Commanded, &items::CHAMBER_TEMPERATURE_SETPOINT),
    Row(P::Chamber, "HUMIDITY_RELATIVE", Actual, &items::CHAMBER_HUMIDITY),
    Row(P::Chamber, "PRESSURE", Actual, &items::CHAMBER_PRESSURE),
    // Of oxygen only: see `model.rs`.
    Row(P::Chamber, "CONCENTRATION", Actual, &items::OXYGEN_CONCENTRATION),
    Row(P::Ambient, "TEMPERATURE", Actual, &items::AMBIENT_TEMPERATURE),
    Row(P::Ambient, "HUMIDITY_RELATIVE", Actual, &items::AMBIENT_HUMIDITY),
    Row(P::Bed, "TEMPERATURE", Actual, &items::BED_TEMPERATURE),
    Row(P::Bed, "TEMPERATURE", Commanded, &items::BED_TEMPERATURE_SETPOINT),
    Row(P::Plate, "TEMPERATURE", Actual, &items::PLATE_TEMPERATURE),
    Row(P::Plate, "TEMPERATURE", Commanded, &items::PLATE_TEMPERATURE_SETPOINT),
    Row(P::Platform, "TEMPERATURE", Actual, &items::PLATFORM_TEMPERATURE),
    Row(P::Extruder, "TEMPERATURE", Actual, &items::EXTRUDER_TEMPERATURE),
    Row(P::Extruder, "TEMPERATURE", Commanded, &items::EXTRUDER_TEMPERATURE_SETPOINT),
    Row(P::Head, "TEMPERATURE", Actual, &items::HEAD_TEMPERATURE),
    Row(P::Head, "TEMPERATURE", Commanded, &items::HEAD_TEMPERATURE_SETPOINT),
    Row(P::Head, "VOLTAGE_DC", Actual, &items::HEAD_VOLTAGE),
    Row(P::Head, "EQUIPMENT_TIMER", Only("OPERATING"), &items::HEAD_HOURS),
    Row(P::Heater, "TEMPERATURE", Actual, &items::HEATER_TEMPERATURE),
    Row(P::Heater, "TEMPERATURE", Commanded, &items::HEATER_TEMPERATURE_SETPOINT),
    Row(P::Heater, "LOAD", Actual, &items::HEATER_DUTY),
    Row(P::Sensor, "TEMPERATURE", Actual, &items::SENSOR_TEMPERATURE),
    Row(P::Vat, "TEMPERATURE", Actual, &items::VAT_TEMPERATURE),
    Row(P::Vat, "TEMPERATURE", Commanded, &items::VAT_TEMPERATURE_SETPOINT),
    Row(P::Vat, "FILL_LEVEL", Actual, &items::RESIN_LEVEL),
    Row(P::Laser, "TEMPERATURE", Actual, &items::FUSION_LASER_TEMPERATURE),
    Row(P::Laser, "WATTAGE", Actual, &items::FUSION_LASER_POWER),
    Row(P::Laser, "WATTAGE", Commanded, &items::LASER_POWER_SETPOINT),
    Row(P::Laser, "AMPERAGE_DC", Actual, &items::LASER_CURRENT),
    Row(P::Laser, "EQUIPMENT_TIMER", Only("OPERATING"), &items::FUSION_LASER_HOURS),
    Row(P::Scanner, "TEMPERATURE", Actual, &items::SCANNER_TEMPERATURE),
    Row(P::Optics, "TEMPERATURE", Actual, &items::OPTICS_TEMPERATURE),
    Row(P::UvLamp, "TEMPERATURE", Actual, &items::UV_LAMP_TEMPERATURE),
    Row(P::UvLamp, "EQUIPMENT_TIMER", Only("OPERATING"), &items::UV_LAMP_HOURS),
    Row(P::Recoater, "POSITION", Actual, &items::RECOATER_POSITION),
    Row(P::Recoater, "VELOCITY", Actual, &items::RECOATER_SPEED),
    Row(P::Recoater, "AXIS_FEEDRATE", Actual, &items::RECOATER_SPEED),
    Row(P::Recoater, "LOAD", Actual, &items::RECOATER_LOAD),
    Row(P::Piston, "POSITION", Actual, &items::PISTON_POSITION),
    Row(P::Elevator, "POSITION", Actual, &items::ELEVATOR_POSITION),
    Row(P::Platform, "POSITION", Actual, &items::ELEVATOR_POSITION),
    Row(P::Z, "POSITION", Actual, &items::Z_POSITION),
    Row(P::Feed, "TEMPERATURE", Actual, &items::FEED_TEMPERATURE),
    Row(P::Cylinder, "TEMPERATURE", Actual, &items::CYLINDER_TEMPERATURE),
    Row(P::Fan, "LOAD", Actual, &items::FAN_SPEED),
    Row(P::Fan, "ROTARY_VELOCITY", Actual, &items::FAN_ROTATION),
    Row(P::Blower, "LOAD", Actual, &items::BLOWER_SPEED),
    Row(P::Blower, "AMPERAGE_AC", Actual, &items::BLOWER_CURRENT),
    Row(P::Blower, "AMPERAGE", Actual, &items::BLOWER_CURRENT),
    Row(P::Gas, "FLOW", Actual, &items::GAS_FLOW),
    Row(P::Gas, "FLOW", Commanded, &items::GAS_FLOW_SETPOINT),
    Row(P::Filter, "PRESSURE", Any, &items::FILTER_PRESSURE_DROP),
    Row(P::Filter, "EQUIPMENT_TIMER", Any, &items::FILTER_HOURS),
    Row(P::Chiller, "TEMPERATURE", Actual, &items::CHILLER_TEMPERATURE),
    Row(P::Chiller, "FLOW", Actual, &items::CHILLER_FLOW),
    Row(P::Vacuum, "PRESSURE", Any, &items::VACUUM_PRESSURE),
    Row(P::Reservoir, "TEMPERATURE", Actual, &items::RESERVOIR_TEMPERATURE),
    Row(P::Cartridge, "FILL_LEVEL", Actual, &items::CARTRIDGE_LEVEL),
    Row(P::Hopper, "FILL_LEVEL", Actual, &items::HOPPER_LEVEL),
    Row(P::Overflow, "FILL_LEVEL", Any, &items::OVERFLOW_LEVEL),
    Row(P::Waste, "FILL_LEVEL", Any, &items::WASTE_LEVEL),
    Row(P::Material, "FILL_LEVEL", Actual, &items::MATERIAL_LEVEL),
    Row(P::Material, "MASS", Actual, &items::MATERIAL_REMAINING),
    Row(P::Mains, "VOLTAGE_AC", Actual, &items::MAINS_VOLTAGE),
];

/// What a printer has once, wherever in its tree the data item stands.
pub(super) const ANYWHERE: &[(&str, Sub, &Item)] = &[
    ("EXECUTION", Any, &items::PRINTER_STATE),
    ("EMERGENCY_STOP", Any, &items::INTERLOCK_STATE),
    ("DOOR_STATE", Any, &items::DOOR_STATE),
    ("POWER_STATUS", Any, &items::MAINS_STATE),
    ("PROGRAM", Sub::Only("MAIN"), &items::BUILD_ID),
    ("PROGRAM", Sub::Actual, &items::BUILD_ID),
    ("MATERIAL", Any, &items::BUILD_MATERIAL),
    ("MATERIAL_LAYER", Actual, &items::BUILD_LAYER),
    ("MATERIAL_LAYER", Only("TARGET"), &items::BUILD_LAYERS),
    ("DEW_POINT", Actual, &items::GAS_DEW_POINT),
    ("PART_COUNT", Only("GOOD"), &items::BUILD_COMPLETED_COUNT),
    ("PART_COUNT", Only("BAD"), &items::BUILD_FAILED_COUNT),
    ("PROCESS_TIMER", Only("PROCESS"), &items::BUILD_ELAPSED),
    ("PROCESS_TIME", Only("START"), &items::BUILD_START),
    ("PROCESS_TIME", Only("COMPLETE"), &items::BUILD_END),
    ("EQUIPMENT_TIMER", Only("POWERED"), &items::PRINTER_HOURS),
    ("EQUIPMENT_TIMER", Only("WORKING"), &items::PRINTER_PRINTING_HOURS),
    ("MODEL", Any, &items::IDENTITY_MODEL),
    ("SERIAL_NUMBER", Any, &items::IDENTITY_SERIAL),
    ("FIRMWARE", Only("VERSION"), &items::IDENTITY_FIRMWARE),
];

/// What stands for an item where the printer has an extruder, and so its bed is no powder bed.
pub(super) const WITH_EXTRUDER: &[(&Item, &Item)] = &[
    (&items::BED_TEMPERATURE, &items::HEATED_BED_TEMPERATURE),
    (&items::BED_TEMPERATURE_SETPOINT, &items::HEATED_BED_TEMPERATURE_SETPOINT),
    (&items::PLATE_TEMPERATURE, &items::HEATED_BED_TEMPERATURE),
    (&items::PLATE_TEMPERATURE_SETPOINT, &items::HEATED_BED_TEMPERATURE_SETPOINT),
];

/// What stands for an item where the printer has a vat, and so its laser cures and does not melt.
pub(super) const WITH_VAT: &[(&Item, &Item)] = &[
    (&items::FUSION_LASER_TEMPERATURE, &items::LASER_HEAD_TEMPERATURE),
    (&items::FUSION_LASER_POWER, &items::LASER_POWER),
    (&items::FUSION_LASER_HOURS, &items::LASER_HOURS),
    (&items::CARTRIDGE_LEVEL, &items::RESIN_CARTRIDGE_LEVEL),
    (&items::UV_LAMP_TEMPERATURE, &items::UV_LED_TEMPERATURE),
    (&items::UV_LAMP_HOURS, &items::UV_LED_HOURS),
    (&items::Z_POSITION, &items::ELEVATOR_POSITION),
];

/// The item that the catalogue itself names by this extension, such as `LOT_AGE` for `x:LOT_AGE`. An extension's
/// prefix is the agent's choice.
pub(super) fn extension(kind: &str, sub_type: Option<&str>) -> Option<&'static Item> {
    let named = |item: &&Item| {
        let (known, sub) =
            item.mtconnect().split_once('/').map_or((item.mtconnect(), None), |(a, b)| (a, Some(b)));
        known.strip_prefix("x:") == Some(kind) && sub.map(local) == sub_type
    };
    let mut found = items::all().filter(named);
    // A name that two items have would be a guess.
    found.next().filter(|_| found.next().is_none())
}

/// A type or subtype without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
