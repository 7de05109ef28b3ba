//! What the printer's interface offers: which item of the catalogue is read from where in the model.

use catalog::{Item, items};

use super::Printer;

/// One value as the printer interface says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Readout {
    /// A number in the item's unit.
    Number(f64),
    /// One code of the item's vocabulary.
    Code(&'static str),
}

/// One item that the printer offers.
pub struct Channel {
    /// The catalogue's entry.
    pub item: &'static Item,
    /// The group that a READ may ask for as a whole.
    pub group: &'static str,
    /// Reads it from the model.
    pub read: fn(&Printer) -> Readout,
}

const fn channel(item: &'static Item, group: &'static str, read: fn(&Printer) -> Readout) -> Channel {
    Channel { item, group, read }
}

fn number(value: f64) -> Readout {
    // Sensors have a resolution; 17 digits on the wire would be a lie.
    Readout::Number((value * 1_000.0).round() / 1_000.0)
}

/// Everything that a printer offers, in the order of DESCRIBE.
pub static CHANNELS: &[Channel] = &[
    channel(&items::PRINTER_STATE, "printer", |p| Readout::Code(p.state_code())),
    channel(&items::PRINTER_HOURS, "printer", |p| number(p.hours)),
    channel(&items::PRINTER_BOOTS, "printer", |p| number(f64::from(p.boots))),
    channel(&items::DOOR_STATE, "printer", |p| Readout::Code(p.door_code())),
    channel(&items::BUILD_STATE, "build", |p| Readout::Code(p.phase.build_code())),
    channel(&items::BUILD_LAYER, "build", |p| number(f64::from(p.build.layer))),
    channel(&items::BUILD_LAYERS, "build", |p| number(f64::from(p.build.layers))),
    channel(&items::BUILD_PROGRESS, "build", |p| number(p.build.progress())),
    channel(&items::BUILD_ELAPSED, "build", |p| number(p.build.elapsed)),
    channel(&items::BUILD_REMAINING, "build", |p| number(p.build.remaining())),
    channel(&items::BUILD_COMPLETED_COUNT, "build", |p| number(f64::from(p.completed))),
    channel(&items::BUILD_FAILED_COUNT, "build", |p| number(f64::from(p.failed))),
    channel(&items::EXPOSURE_TIME, "build", |p| number(p.build.exposure)),
    channel(&items::LASER_POWER, "laser", |p| number(p.laser.power)),
    channel(&items::LASER_POWER_SETPOINT, "laser", |p| number(p.laser.setpoint)),
    channel(&items::LASER_CURRENT, "laser", |p| number(p.laser.current)),
    channel(&items::LASER_HEAD_TEMPERATURE, "laser", |p| number(p.laser.head_temperature)),
    channel(&items::LASER_HOURS, "laser", |p| number(p.laser.hours)),
    channel(&items::SCANNER_TEMPERATURE, "laser", |p| number(p.laser.head_temperature + 4.0)),
    channel(&items::SCANNER_DRIFT, "laser", |p| number(p.scanner_drift)),
    channel(&items::VAT_TEMPERATURE, "vat", |p| number(p.vat.temperature)),
    channel(&items::VAT_TEMPERATURE_SETPOINT, "vat", |p| number(p.vat.setpoint)),
    channel(&items::VAT_HEATER_DUTY, "vat", |p| number(p.vat.duty * 100.0)),
    channel(&items::VAT_LEVEL, "vat", |p| number(p.vat.level)),
    channel(&items::RESIN_CARTRIDGE_LEVEL, "vat", |p| number(p.cartridge)),
    channel(&items::RESIN_PUMP, "vat", |p| Readout::Code(p.pump_code())),
    channel(&items::RECOATER_POSITION, "recoater", |p| number(p.recoater.position)),
    channel(&items::RECOATER_SPEED, "recoater", |p| number(p.recoater.speed)),
    channel(&items::RECOATER_LOAD, "recoater", |p| number(p.recoater.load)),
    channel(&items::RECOAT_TIME, "recoater", |p| number(p.build.recoat)),
    channel(&items::ELEVATOR_POSITION, "recoater", |p| number(p.elevator())),
    channel(&items::CHAMBER_TEMPERATURE, "chamber", |p| number(p.chamber.temperature)),
    channel(&items::CHAMBER_HUMIDITY, "chamber", |p| number(p.chamber.humidity)),
    channel(&items::EXHAUST_FILTER_HOURS, "chamber", |p| number(p.chamber.filter_hours)),
    channel(&items::AMBIENT_TEMPERATURE, "chamber", |p| number(p.chamber.room)),
    channel(&items::AMBIENT_HUMIDITY, "chamber", |p| number(p.chamber.room_humidity)),
];
