//! A generated log of every format, in the mixture in which its writer writes it while a printer prints: what is read
//! beside what is known and not read. Each line has its own numbers.

use std::sync::Arc;

use parsers::profile::Profile;
use parsers::{Family, Format};

use crate::klippy;

/// What a benchmark reads: a name, how it is written, and its lines.
pub struct Log {
    /// The name in a table.
    pub name: &'static str,
    /// How it is written.
    pub format: Format,
    /// Makes the line with this number.
    line: fn(u32) -> String,
    /// The lines that stand above the first, once.
    head: &'static [&'static str],
}

impl Log {
    /// Its first lines, so many and those above them.
    pub fn lines(&self, count: u32) -> Vec<String> {
        let head = self.head.iter().map(ToString::to_string);
        head.chain((0..count).map(self.line)).collect()
    }
}

/// The names of all, for the tables of a benchmark.
pub const NAMES: [&str; 10] = [
    "projet",
    "klippy 1",
    "klippy 3",
    "octoprint.log",
    "serial.log",
    "marlin",
    "duet",
    "build_protocol",
    "profile duet",
    "profile jetting",
];

/// The log with this name. The shipped profiles are read from this build.
///
/// # Errors
/// What is wrong with a shipped profile, or that there is no such log.
pub fn log(name: &str) -> anyhow::Result<Log> {
    const ANCHOR: &[&str] = &["Start printer at Sun Nov 22 10:15:30 2026 (1795342530.1 20.4)"];
    let (format, head, line): (Format, &[&str], fn(u32) -> String) = match name {
        "projet" => (Family::Projet.into(), &[], projet),
        "klippy 1" => (Family::Klippy.into(), ANCHOR, |n| klippy::line(1, n)),
        "klippy 3" => (Family::Klippy.into(), ANCHOR, |n| klippy::line(3, n)),
        "octoprint.log" => (Family::Octoprint.into(), &[], octoprint),
        "serial.log" => (Family::Octoprint.into(), &[], serial),
        "marlin" => (Family::Marlin.into(), &[], marlin),
        "duet" => (Family::Duet.into(), &[], duet),
        "build_protocol" => (Family::BuildProtocol.into(), &["Build job name: bracket\r"], build_protocol),
        "profile duet" => (profile(include_str!("../../parsers/profiles/duet.toml"))?, &[], duet),
        "profile jetting" => (profile(include_str!("../../parsers/profiles/jetting.toml"))?, &[], jetting),
        _ => anyhow::bail!("no log `{name}`"),
    };
    let name = NAMES.into_iter().find(|known| *known == name).unwrap_or_default();
    Ok(Log { name, format, line, head })
}

fn profile(text: &str) -> anyhow::Result<Format> {
    let profile = Profile::parse(text).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    Ok(Format::Profile(Arc::new(profile)))
}

/// `hh:mm:ss` of a line of a log with so many lines a second, from 10:15:30 on and over again after half an hour.
fn clock(number: u32, a_second: u32) -> String {
    let second = 30 + number / a_second % 1800;
    format!("10:{:02}:{:02}", 15 + second / 60, second % 60)
}

fn projet(n: u32) -> String {
    let record = match n % 5 {
        0 => format!(
            "laser #{n:09} INFO power=51{}.3mW setpoint=515mW current=21.4A head=31.2Cel hours=1234.5h",
            n % 10
        ),
        1 => format!(
            "vat #{n:09} INFO temp=27.{}Cel setpoint=28Cel heater=35.5% level=0.125mm cartridge=81% pump=moving",
            n % 10
        ),
        2 => format!(
            "recoater #{n:09} INFO position=25{}.5mm speed=-120mm/s load=18% recoat=9.5s elevator=42.05mm",
            n % 10
        ),
        3 => format!(
            "build #{n:09} INFO printer=building state=printing job=\"a bracket.stl\" layer={}x layers=2400x",
            n % 2400
        ),
        _ => format!("recoater #{n:09} FAULT code=4012 name=recoater_jammed state=active"),
    };
    format!("2026-11-22T{}.{:03}Z {record}", clock(n, 4), n % 1000)
}

/// Of `octoprint.log` most lines are of OctoPrint's own affairs.
fn octoprint(n: u32) -> String {
    let said = match n % 8 {
        0 => "octoprint.util.comm - INFO - Changing monitoring state from \"Starting\" to \"Printing\"",
        1 => {
            "octoprint.printer.standard.job - INFO - Print job started - origin: local, path: bracket.gcode, owner: anna, user: anna"
        }
        2 => {
            "octoprint.filemanager.analysis - INFO - Analysis of entry local:bracket.gcode finished, needed 2.31s"
        }
        3 => {
            "octoprint.plugins.pluginmanager - INFO - Loaded plugin repository data from disk, was still valid"
        }
        4 => "octoprint.util.comm - INFO - Changing monitoring state from \"Printing\" to \"Pausing\"",
        5 => {
            return "| Action Command Prompt Support (bundled) = /opt/octoprint/plugins/action_command_prompt"
                .to_owned();
        }
        6 => "octoprint.server.util.sockjs - INFO - New connection from client: 192.0.2.17",
        _ => "octoprint.util.comm - INFO - Changing monitoring state from \"Pausing\" to \"Paused\"",
    };
    format!("2026-11-22 {},{:03} - {said}", clock(n, 1), n % 1000)
}

/// Of `serial.log` most lines are commands and their receipts; every eighth here is a report.
fn serial(n: u32) -> String {
    let said = match n % 8 {
        7 => format!("Recv: {}", report(n)),
        odd if odd % 2 == 1 => "Recv: ok".to_owned(),
        _ => format!("Send: N{n} G1 X101.2{} Y33.1 E0.0412*97", n % 10),
    };
    format!("2026-11-22 {},{:03} - {said}", clock(n, 20), n % 1000)
}

fn marlin(n: u32) -> String {
    match n % 4 {
        3 => "echo:busy: processing".to_owned(),
        2 => "ok".to_owned(),
        1 => format!(
            "T0:21{0}.00 /210.00 T1:180.2{0} /0.00 B:60.00 /60.00 T:210.00 /210.00 @:127 B@:0 @0:127 @1:0",
            n % 10
        ),
        _ => format!("ok {}", report(n)),
    }
}

fn report(n: u32) -> String {
    format!("T:21{0}.41 /215.00 B:65.0{0} /65.00 C:38.20 /40.00 @:93 B@:54", n % 10)
}

fn duet(n: u32) -> String {
    let said = match n % 8 {
        0 => "[info] Started printing file 0:/gcodes/bracket.gcode",
        1 => "[warn] HTTP client 192.0.2.17 login succeeded (session key 1234567890)",
        2 => "[info] Printing paused at X101.2 Y33.1 Z12.4",
        3 => "[info] Printing resumed",
        4 => "[debug] M150 R255 U0 B0",
        5 => "[warn] Error: Heater 1 fault: temperature excursion exceeded 15.0C",
        6 => "[debug] Heater 1 switched on",
        _ => "[info] Finished printing file 0:/gcodes/bracket.gcode, print time was 1h 44m",
    };
    format!("2026-11-22 {} {said}", clock(n, 1))
}

/// About twelve lines a second, a third of them about layers and parts.
fn build_protocol(n: u32) -> String {
    let said = match n % 12 {
        0 => format!("Oxygen: 0.0{} %", n % 10),
        1 => format!("Filter differential pressure: 18.{} mbar", n % 10),
        2 => format!("Platform temperature: 198.{} °C", n % 10),
        3 => format!("Dew point: -54.{} °C", n % 10),
        4 => format!("Process chamber temperature: 33.{} °C", n % 10),
        5 => format!("Ventilator control: Target = 44.4 m³/h, Actual = 44.{} m³/h; Power = 41 %", n % 10),
        6 | 7 => format!("Exposure started for layer{} (LS{})", n % 2400, n % 4 + 1),
        8 => format!("Exposure finished for layer{} (LS2)", n % 2400),
        9 => format!("Recoating started for layer{}", n % 2400),
        10 => format!("Part bracket_{}: exposure finished", n % 40),
        _ => format!("Gas flow: 44.{} m³/h", n % 10),
    };
    let clock = clock(n, 12);
    format!("11/22/2026 {clock} AM (09{} UTC)     {said}\r", &clock[2..])
}

fn jetting(n: u32) -> String {
    let said = match n % 4 {
        0 => format!("STATUS;PRINTING;{};2400;45,{};45,0;44,9;-;52,1;-385;97;1240;31", n % 2400, n % 10),
        1 => format!("CARTRIDGE;{};81{}", n % 12 + 1, n % 10),
        2 => "OPERATOR;anna;logged in from the terminal beside the machine".to_owned(),
        _ => format!("WASTE;{}", n % 100),
    };
    format!("2026-11-22 {};{said}", clock(n, 4))
}
