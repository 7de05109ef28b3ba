//! From a Duet's live values into the catalogue.

use catalog::{Item, items};

use super::api::{Heater, Live, LiveBoard, LiveHeat, LiveJob, Sensors};
use super::fault;
use super::model::{Build, Model, Place, Printing};
use crate::intake::poll::drivers::field::{Maybe, given, right};
use crate::intake::poll::found::Found;

/// A share of one, as a Duet writes it, in per cent.
const PER_CENT: f64 = 100.0;

/// Temperature, setpoint and duty of a heater in this place. A chamber's duty is in no catalogue.
fn items_of(place: Place) -> (&'static Item, &'static Item, Option<&'static Item>, u8) {
    match place {
        Place::Bed(part) => (
            &items::HEATED_BED_TEMPERATURE,
            &items::HEATED_BED_TEMPERATURE_SETPOINT,
            Some(&items::HEATED_BED_DUTY),
            part,
        ),
        Place::Chamber(part) => {
            (&items::CHAMBER_TEMPERATURE, &items::CHAMBER_TEMPERATURE_SETPOINT, None, part)
        }
        Place::Extruder(part) => (
            &items::EXTRUDER_TEMPERATURE,
            &items::EXTRUDER_TEMPERATURE_SETPOINT,
            Some(&items::EXTRUDER_DUTY),
            part,
        ),
        Place::Other(part) => {
            (&items::HEATER_TEMPERATURE, &items::HEATER_TEMPERATURE_SETPOINT, Some(&items::HEATER_DUTY), part)
        }
    }
}

/// All but the state and the job.
pub(super) fn say(live: &Live, model: &Model, found: &mut Found<'_>) {
    if let Some(LiveHeat { heaters }) = given(&live.heat, Some(&items::HEATER_TEMPERATURE), found) {
        for (number, heater) in numbered(heaters, &items::HEATER_TEMPERATURE, found) {
            heated(number, heater, model, found);
        }
    }
    for (part, fan) in numbered(&live.fans, &items::FAN_SPEED, found) {
        number(&fan.actual_value, &items::FAN_SPEED, part, PER_CENT, found);
        if right(&fan.rpm).is_none_or(|rpm| *rpm >= 0.0) {
            number(&fan.rpm, &items::FAN_ROTATION, part, 1.0, found);
        }
    }
    for (part, LiveBoard { mcu_temp, v_in }) in numbered(&live.boards, &items::CONTROLLER_VOLTAGE, found) {
        if let Some(mcu) = given(mcu_temp, Some(&items::SENSOR_TEMPERATURE), found) {
            number(&mcu.current, &items::SENSOR_TEMPERATURE, part, 1.0, found);
        }
        if let Some(v_in) = given(v_in, Some(&items::CONTROLLER_VOLTAGE), found) {
            number(&v_in.current, &items::CONTROLLER_VOLTAGE, part, 1.0, found);
        }
    }
    if let Some(sensors) = given(&live.sensors, Some(&items::ALARM_ACTIVE), found) {
        filaments(sensors, model.job.printing.is_some(), found);
    }
}

fn heated(number_: u8, heater: &Heater, model: &Model, found: &mut Found<'_>) {
    let place = model.place(number_);
    let (temperature, setpoint, duty, part) = items_of(place);
    number(&heater.current, temperature, part, 1.0, found);
    if let Some(duty) = duty {
        number(&heater.avg_pwm, duty, part, PER_CENT, found);
    }
    let Some(state) = given(&heater.state, Some(setpoint), found) else { return };
    match state.as_str() {
        "active" => number(&heater.active, setpoint, part, 1.0, found),
        "standby" => number(&heater.standby, setpoint, part, 1.0, found),
        // It is tuned: what it goes for is not said.
        "tuning" => {}
        // Off, at fault or out of reach: nothing heats it.
        _ => found.of(setpoint).part(part).number(0.0),
    }
    if let Some(part) = fault::heater_part(number_) {
        fault::say(part, fault::heater(place, state), found);
    }
}

/// A monitor's word counts only while there is a job: without one, a printer may well be without filament.
fn filaments(sensors: &Sensors, printing: bool, found: &mut Found<'_>) {
    for (extruder, monitor) in numbered(&sensors.filament_monitors, &items::ALARM_ACTIVE, found) {
        let status = given(&monitor.status, Some(&items::ALARM_ACTIVE), found);
        let (Some(part), Some(status)) = (fault::filament_part(extruder), status) else { continue };
        if status != "noMonitor" {
            fault::say(part, fault::filament(status).filter(|_| printing), found);
        }
    }
}

/// What is printed, or was last; `ended` is what is known of how that came to its end.
pub(super) fn job(live: &Maybe<LiveJob>, build: &Build, ended: Option<&str>, found: &mut Found<'_>) {
    match (&build.printing, &build.last) {
        (Some(printing), _) => {
            found.of(&items::BUILD_ID).hashed(printing.file.as_bytes());
            found.of(&items::BUILD_STATE).code("printing");
            if let Some(live) = given(live, Some(&items::BUILD_PROGRESS), found) {
                progress(live, printing, found);
            }
        }
        (None, Some(last)) => {
            found.of(&items::BUILD_ID).hashed(last.as_bytes());
            if let Some(ended) = ended {
                found.of(&items::BUILD_STATE).code(ended);
            }
        }
        (None, None) => {}
    }
}

fn progress(live: &LiveJob, printing: &Printing, found: &mut Found<'_>) {
    let position = given(&live.file_position, Some(&items::BUILD_PROGRESS), found);
    if let (Some(position), Some(size)) = (position, printing.size) {
        found.of(&items::BUILD_PROGRESS).number((position * PER_CENT / size).clamp(0.0, PER_CENT));
    }
    number(&live.duration, &items::BUILD_ELAPSED, 0, 1.0, found);
    number(&live.layer, &items::BUILD_LAYER, 0, 1.0, found);
    // The slicer's estimate is the best one, and the file's the worst.
    if let Some(left) = given(&live.times_left, Some(&items::BUILD_REMAINING), found) {
        let best = [&left.slicer, &left.filament, &left.file].into_iter().find(|left| right(left).is_some());
        if let Some(best) = best {
            number(best, &items::BUILD_REMAINING, 0, 1.0, found);
        }
    }
    if let Some(layers) = printing.layers {
        found.of(&items::BUILD_LAYERS).number(layers);
    }
    if let Some(height) = printing.layer_height_mm {
        found.of(&items::BUILD_LAYER_THICKNESS).unit("mm").number(height);
    }
}

fn number(field: &Maybe<f64>, item: &'static Item, part: u8, times: f64, found: &mut Found<'_>) {
    if let Some(number) = given(field, Some(item), found) {
        found.of(item).part(part).number(*number * times);
    }
}

/// The elements of a list that are there, with their numbers.
fn numbered<'l, T>(
    list: &'l Maybe<Vec<Maybe<T>>>,
    item: &'static Item,
    found: &mut Found<'_>,
) -> Vec<(u8, &'l T)> {
    let elements = given(list, Some(item), found).map(Vec::as_slice).unwrap_or_default();
    let element = |(number, element): (u8, &'l Maybe<T>)| Some((number, given(element, Some(item), found)?));
    (0..=u8::MAX).zip(elements).filter_map(element).collect()
}
