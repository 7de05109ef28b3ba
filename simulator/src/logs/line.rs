//! The words of a line, from the model. Keys and units are those of `docs/projet-log.md`.

use crate::printer::{NativeFault, Printer};

/// The subsystems that write, each to a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subsystem {
    /// `laser.log`
    Laser,
    /// `vat.log`
    Vat,
    /// `recoater.log`
    Recoater,
    /// `chamber.log`
    Chamber,
    /// `build.log`
    Build,
}

impl Subsystem {
    /// Every subsystem, in the order in which they report.
    pub const ALL: [Self; 5] = [Self::Laser, Self::Vat, Self::Recoater, Self::Chamber, Self::Build];

    /// The word in the line, and the stem of the file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Laser => "laser",
            Self::Vat => "vat",
            Self::Recoater => "recoater",
            Self::Chamber => "chamber",
            Self::Build => "build",
        }
    }
}

/// The pairs of a subsystem's regular line.
pub fn body(subsystem: Subsystem, printer: &Printer) -> String {
    match subsystem {
        Subsystem::Laser => laser(printer),
        Subsystem::Vat => vat(printer),
        Subsystem::Recoater => recoater(printer),
        Subsystem::Chamber => chamber(printer),
        Subsystem::Build => build(printer),
    }
}

/// The pairs of a fault's record.
pub fn fault_body(fault: &NativeFault, active: bool) -> String {
    let state = if active { "active" } else { "cleared" };
    format!("code={} name={} state={state}", fault.code, fault.name)
}

/// What the controller adds to a fault that became active, private words and all.
pub fn fault_notes(fault: &NativeFault, printer: &Printer) -> Vec<String> {
    let build = &printer.build;
    let fill = |note: &&str| {
        note.replace("{user}", &build.user).replace("{job}", &build.job).replace("{file}", &build.file)
    };
    fault.notes.iter().map(fill).collect()
}

fn laser(printer: &Printer) -> String {
    let laser = &printer.laser;
    format!(
        "power={:.1}mW setpoint={:.0}mW current={:.2}A head={:.2}Cel hours={:.3}h scanner={:.2}Cel drift={:.2}um",
        laser.power,
        laser.setpoint,
        laser.current,
        laser.head_temperature,
        laser.hours,
        laser.head_temperature + 4.0,
        printer.scanner_drift,
    )
}

fn vat(printer: &Printer) -> String {
    let vat = &printer.vat;
    format!(
        "temp={:.2}Cel setpoint={:.1}Cel heater={:.1}% level={:.3}mm cartridge={:.2}% pump={}",
        vat.temperature,
        vat.setpoint,
        vat.duty * 100.0,
        vat.level,
        printer.cartridge,
        printer.pump_code(),
    )
}

fn recoater(printer: &Printer) -> String {
    let recoater = &printer.recoater;
    format!(
        "position={:.1}mm speed={:.1}mm/s load={:.1}% recoat={:.2}s elevator={:.2}mm",
        recoater.position,
        recoater.speed,
        recoater.load,
        printer.build.recoat,
        printer.elevator(),
    )
}

fn chamber(printer: &Printer) -> String {
    let chamber = &printer.chamber;
    format!(
        "temp={:.2}Cel humidity={:.1}% door={} filter={:.2}h ambient={:.2}Cel ambient_humidity={:.1}%",
        chamber.temperature,
        chamber.humidity,
        printer.door_code(),
        chamber.filter_hours,
        chamber.room,
        chamber.room_humidity,
    )
}

fn build(printer: &Printer) -> String {
    let build = &printer.build;
    format!(
        "printer={} state={} job={} user={} file={} layer={}x layers={}x progress={:.2}% elapsed={:.0}s \
         remaining={:.0}s exposure={:.2}s completed={}x failed={}x hours={:.3}h boots={}x",
        printer.state_code(),
        printer.phase.build_code(),
        quoted(&format!("{} #{}", build.job, build.number)),
        quoted(&build.user),
        quoted(&build.file),
        build.layer,
        build.layers,
        build.progress(),
        build.elapsed,
        build.remaining(),
        build.exposure,
        printer.completed,
        printer.failed,
        printer.hours,
        printer.boots,
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
