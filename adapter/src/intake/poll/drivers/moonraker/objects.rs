//! Klipper's objects as the catalogue's items. Users name heaters, sensors, fans and controllers as they like: these
//! leave numbered, in the order of the list, as they do from Klipper's log.

use catalog::{Item, items};

use super::limits::{NAME_BYTES_MAX, OBJECTS_MAX};

/// A firmware adds up the time that it was awake over five seconds, then says it (`STATS_INTERVAL` of Klipper's own
/// `graphstats.py`).
const AWAKE_PERCENT: f64 = 100.0 / 5.0;

/// An object that is looked at.
pub(super) struct Object {
    pub(super) name: String,
    pub(super) fields: &'static [&'static str],
    pub(super) numbers: Vec<Number>,
}

// By hand: its user named it, and that name must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("numbers", &self.numbers).finish_non_exhaustive()
    }
}

/// A number of an object.
#[derive(Debug)]
pub(super) struct Number {
    /// The field, and what of it.
    pub(super) place: &'static [&'static str],
    pub(super) item: &'static Item,
    pub(super) part: u8,
    /// In what Klipper counts, where that is not the item's unit.
    pub(super) unit: Option<&'static str>,
    /// This many of the item's unit are one of Klipper's; its own has no name.
    pub(super) times: f64,
    pub(super) value: Option<f64>,
}

/// The object with the job.
pub(super) const JOB: &str = "print_stats";

const HEATER: &[&str] = &["temperature", "target", "power"];
const SENSOR: &[&str] = &["temperature"];
const FAN: &[&str] = &["speed", "rpm"];
const COOLED: &[&str] = &["temperature", "speed", "rpm"];
const CONTROLLER: &[&str] = &["last_stats"];
const HOST: &[&str] = &["sysload", "memavail"];
const MOTION: &[&str] = &["stalls"];
const PROGRESS: &[&str] = &["progress"];
const JOB_FIELDS: &[&str] = &["state", "filename", "message", "total_duration", "info"];

/// What has been counted so far.
#[derive(Default)]
struct Count {
    heaters: u8,
    sensors: u8,
    fans: u8,
    controllers: u8,
    chamber: bool,
}

/// The objects of a list that something is made of.
pub(super) fn of(names: &[String]) -> Vec<Object> {
    let mut count = Count { chamber: false, ..Count::default() };
    // What is heated comes before what is only measured, so that a chamber is its heater.
    let heated = |name: &&String| name.starts_with("heater_generic ");
    let cooled = |name: &&String| name.starts_with("temperature_fan ");
    let others = |name: &&String| !heated(name) && !cooled(name);
    let has_display = names.iter().any(|name| name == "display_status");
    let in_order =
        names.iter().filter(heated).chain(names.iter().filter(others)).chain(names.iter().filter(cooled));
    let looked_at = in_order.filter(|name| name.len() <= NAME_BYTES_MAX).filter_map(|name| {
        // Both say how far the job is; the display's has the slicer's word, where there is one.
        let is_second = has_display && name == "virtual_sdcard";
        let (fields, numbers) = (!is_second).then(|| count.object(name)).flatten()?;
        Some(Object { name: name.clone(), fields, numbers })
    });
    looked_at.take(OBJECTS_MAX).collect()
}

impl Count {
    /// Which fields of an object are looked at, and what its numbers are.
    fn object(&mut self, name: &str) -> Option<(&'static [&'static str], Vec<Number>)> {
        let (kind, users) = name.split_once(' ').map_or((name, None), |(kind, users)| (kind, Some(users)));
        Some(match (kind, users) {
            (JOB, None) => (JOB_FIELDS, Vec::new()),
            ("display_status" | "virtual_sdcard", None) => {
                (PROGRESS, vec![number(&["progress"], &items::BUILD_PROGRESS, 0).unit("1")])
            }
            ("system_stats", None) => (HOST, host()),
            ("toolhead", None) => (MOTION, vec![number(&["stalls"], &items::PRINT_STALLS, 0)]),
            ("heater_bed", None) => (HEATER, bed()),
            ("heater_generic", Some(users)) => {
                let part = next(&mut self.heaters)?;
                (HEATER, if self.is_chamber(users) { heated_chamber(part) } else { heater(part) })
            }
            ("temperature_sensor", Some(users)) => {
                let part = next(&mut self.sensors)?;
                let (item, part) = match self.is_chamber(users) {
                    true => (&items::CHAMBER_TEMPERATURE, 0),
                    false => (&items::SENSOR_TEMPERATURE, part),
                };
                (SENSOR, vec![number(&["temperature"], item, part)])
            }
            ("temperature_fan", Some(_)) => {
                let (sensor, part) = (next(&mut self.sensors)?, next(&mut self.fans)?);
                let mut numbers = fan(part);
                numbers.push(number(&["temperature"], &items::SENSOR_TEMPERATURE, sensor));
                (COOLED, numbers)
            }
            ("fan", None) | ("heater_fan" | "controller_fan" | "fan_generic", Some(_)) => {
                (FAN, fan(next(&mut self.fans)?))
            }
            ("mcu", _) => (CONTROLLER, controller(next(&mut self.controllers)?)),
            (kind, None) => (HEATER, extruder(extruder_number(kind)?)),
            _ => return None,
        })
    }

    /// The first one whose name says so: everybody calls it that.
    fn is_chamber(&mut self, users: &str) -> bool {
        let is = !self.chamber && users.to_ascii_lowercase().contains("chamber");
        self.chamber |= is;
        is
    }
}

impl Number {
    fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }
}

fn number(place: &'static [&'static str], item: &'static Item, part: u8) -> Number {
    Number { place, item, part, unit: None, times: 1.0, value: None }
}

fn extruder(part: u8) -> Vec<Number> {
    vec![
        number(&["temperature"], &items::EXTRUDER_TEMPERATURE, part),
        number(&["target"], &items::EXTRUDER_TEMPERATURE_SETPOINT, part),
        number(&["power"], &items::EXTRUDER_DUTY, part).unit("1"),
    ]
}

fn bed() -> Vec<Number> {
    vec![
        number(&["temperature"], &items::HEATED_BED_TEMPERATURE, 0),
        number(&["target"], &items::HEATED_BED_TEMPERATURE_SETPOINT, 0),
        number(&["power"], &items::HEATED_BED_DUTY, 0).unit("1"),
    ]
}

fn heater(part: u8) -> Vec<Number> {
    vec![
        number(&["temperature"], &items::HEATER_TEMPERATURE, part),
        number(&["target"], &items::HEATER_TEMPERATURE_SETPOINT, part),
        number(&["power"], &items::HEATER_DUTY, part).unit("1"),
    ]
}

fn heated_chamber(part: u8) -> Vec<Number> {
    vec![
        number(&["temperature"], &items::CHAMBER_TEMPERATURE, 0),
        number(&["target"], &items::CHAMBER_TEMPERATURE_SETPOINT, 0),
        number(&["power"], &items::HEATER_DUTY, part).unit("1"),
    ]
}

fn fan(part: u8) -> Vec<Number> {
    vec![
        number(&["speed"], &items::FAN_SPEED, part).unit("1"),
        // Only of a fan that tells its turns.
        number(&["rpm"], &items::FAN_ROTATION, part),
    ]
}

fn controller(part: u8) -> Vec<Number> {
    let load = number(&["last_stats", "mcu_awake"], &items::CONTROLLER_LOAD, part);
    vec![
        Number { times: AWAKE_PERCENT, ..load },
        number(&["last_stats", "mcu_task_avg"], &items::CONTROLLER_TASK_TIME, part).unit("s"),
        number(&["last_stats", "bytes_retransmit"], &items::CONTROLLER_BYTES_RETRANSMITTED, part),
        number(&["last_stats", "bytes_invalid"], &items::CONTROLLER_BYTES_INVALID, part),
        number(&["last_stats", "srtt"], &items::CONTROLLER_ROUND_TRIP, part).unit("s"),
        number(&["last_stats", "freq"], &items::CONTROLLER_FREQUENCY, part),
    ]
}

fn host() -> Vec<Number> {
    vec![
        number(&["sysload"], &items::HOST_LOAD, 0),
        number(&["memavail"], &items::HOST_MEMORY_AVAILABLE, 0).unit("KiBy"),
    ]
}

/// `extruder`, `extruder1`, `extruder2`, …
fn extruder_number(kind: &str) -> Option<u8> {
    match kind.strip_prefix("extruder")? {
        "" => Some(0),
        digits if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        digits => digits.parse().ok(),
    }
}

fn next(count: &mut u8) -> Option<u8> {
    let number = *count;
    *count = count.checked_add(1)?;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let first = |object: &Object| object.numbers.first().map(|n| format!("{} {}", n.item.id(), n.part));
        of(&names).iter().map(|o| format!("{}: {}", o.name, first(o).unwrap_or_default())).collect()
    }

    #[test]
    fn what_users_name_is_numbered_in_the_order_of_the_list_and_a_chamber_is_known_by_its_name() {
        let names = [
            "temperature_fan Anna",
            "temperature_sensor chamber",
            "temperature_sensor pi",
            "extruder1",
            "extruder",
            "heater_generic dryer",
            "heater_generic Chamber_Heater",
            "mcu",
            "mcu toolhead",
            "fan",
            "heater_fan hotend",
        ];
        let expected = [
            "heater_generic dryer: heater.temperature 0",
            "heater_generic Chamber_Heater: chamber.temperature 0",
            "temperature_sensor chamber: sensor.temperature 0",
            "temperature_sensor pi: sensor.temperature 1",
            "extruder1: extruder.temperature 1",
            "extruder: extruder.temperature 0",
            "mcu: controller.load 0",
            "mcu toolhead: controller.load 1",
            "fan: fan.speed 0",
            "heater_fan hotend: fan.speed 1",
            "temperature_fan Anna: fan.speed 2",
        ];
        assert_eq!(made(&names), expected);
        assert_eq!(
            made(&["temperature_sensor my chamber"]),
            ["temperature_sensor my chamber: chamber.temperature 0"]
        );
    }

    #[test]
    fn what_is_not_known_is_not_looked_at() {
        let names =
            ["gcode_macro PRINT_START", "extruder01", "extruder_stepper e", "extruder 1", "configfile", ""];
        assert_eq!(made(&names), [] as [&str; 0]);
        assert_eq!(made(&[&format!("heater_fan {}", "x".repeat(NAME_BYTES_MAX))]), [] as [&str; 0]);
        assert_eq!(
            made(&["virtual_sdcard", "display_status"]),
            ["display_status: build.progress 0"],
            "the job's progress is said once"
        );
        let many: Vec<String> = (0..300).map(|n| format!("temperature_sensor {n}")).collect();
        assert_eq!(of(&many).len(), OBJECTS_MAX);
    }

    #[test]
    fn every_number_is_in_a_field_that_is_asked_for() {
        let names = [
            "heater_generic a",
            "temperature_fan a",
            "fan",
            "mcu",
            "system_stats",
            "toolhead",
            "heater_bed",
            "extruder",
            "temperature_sensor a",
            "display_status",
        ];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let objects = of(&names);
        assert_eq!(objects.len(), names.len());
        for object in objects {
            for number in object.numbers {
                assert!(object.fields.contains(&number.place[0]), "{}", object.name);
            }
        }
    }
}
