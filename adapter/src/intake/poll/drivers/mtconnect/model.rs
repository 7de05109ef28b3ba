//! What of an agent's device is in the catalogue: built from the answer to `/probe`.

use std::collections::HashMap;

use catalog::{Family, Item, Kind, SaidBy, Unit, items};
use protocol::mtconnect::{Category, DataItem, Text};

use super::conditions;
use super::digest::is_moment;
use super::limits::MAPPED_MAX;
use super::places::{self, Place};
use super::table::{self, ANYWHERE, TABLE, WITH_EXTRUDER, WITH_VAT};
use super::units;

/// What a data item is to us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Whether the agent hears the device.
    Availability,
    /// A value of this item.
    Value { item: &'static Item, part: u8, unit: Option<&'static str> },
    /// An alarm, of which there are several.
    Alarm { part: u8, class: &'static str, subsystem: &'static str },
}

/// Why a data item is none of ours. Each is counted, and its values are not sent.
pub(super) mod why {
    pub(in super::super) const NO_ROW: &str = "a data item that the catalogue has no item for";
    pub(in super::super) const TWICE: &str = "a second data item of the same kind and part";
    pub(in super::super) const UNIT: &str = "a data item whose unit does not measure what the item is about";
    pub(in super::super) const SERIES: &str = "a data item that gives more than one value at once";
    pub(in super::super) const TOO_MANY: &str = "more data items than are followed";
}

/// The data items that are ours, by their ids.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct Model {
    pub(super) roles: HashMap<Text, Role>,
    /// What was not taken.
    pub(super) refused: Vec<(Option<&'static Item>, &'static str)>,
}

/// A model that is being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    candidates: Vec<Candidate>,
    /// The components of each part of the printer that were met, in their order: they are numbered by it.
    met: HashMap<Place, Vec<Text>>,
    conditions: Vec<(Text, &'static str, &'static str)>,
    availability: Option<Text>,
    refused: Vec<(Option<&'static Item>, &'static str)>,
}

#[derive(Debug)]
struct Candidate {
    id: Text,
    item: &'static Item,
    /// The component, where its part of the printer can be there more than once.
    of: Option<(Place, usize)>,
    units: Option<Text>,
}

impl Draft {
    pub(super) fn add(&mut self, item: &DataItem) {
        if self.candidates.len() + self.conditions.len() >= MAPPED_MAX {
            return self.refused.push((None, why::TOO_MANY));
        }
        let place = places::of(item);
        match (item.category, item.kind.as_str()) {
            (Category::Condition, kind) => {
                let subsystem = conditions::subsystem(place.map(|(place, _)| place));
                self.conditions.push((item.id.clone(), conditions::class(kind), subsystem));
            }
            // The device's own, and not one of its parts'.
            (Category::Event, "AVAILABILITY") => {
                if item.components.len() == 1 {
                    self.availability = Some(item.id.clone());
                }
            }
            _ => self.add_value(item, place),
        }
    }

    fn add_value(&mut self, data_item: &DataItem, place: Option<(Place, usize)>) {
        if !gives_one_value(data_item) {
            return self.refused.push((None, why::SERIES));
        }
        let Some((item, of)) = self.item_of(data_item, place) else {
            return self.refused.push((None, why::NO_ROW));
        };
        self.candidates.push(Candidate {
            id: data_item.id.clone(),
            item,
            of,
            units: data_item.units.clone(),
        });
    }

    fn item_of(
        &mut self,
        data_item: &DataItem,
        place: Option<(Place, usize)>,
    ) -> Option<(&'static Item, Option<(Place, usize)>)> {
        let kind = table::local(data_item.kind.as_str());
        let sub_type = data_item.sub_type.as_ref().map(|sub_type| table::local(sub_type.as_str()));
        if kind != data_item.kind.as_str() {
            return table::extension(kind, sub_type)
                .filter(|item| may_be_told(item))
                .map(|item| (item, None));
        }
        if let Some((_, _, item)) = ANYWHERE.iter().find(|row| row.0 == kind && row.1.takes(sub_type)) {
            return Some((item, None));
        }
        let (place, at) = place?;
        let row = TABLE.iter().find(|row| row.0 == place && row.1 == kind && row.2.takes(sub_type))?;
        if *row.3 == items::OXYGEN_CONCENTRATION && !is_oxygen(data_item) {
            return None;
        }
        let component = data_item.components.get(at)?.id.clone();
        let met = self.met.entry(place).or_default();
        let number = met.iter().position(|id| *id == component).unwrap_or_else(|| {
            met.push(component);
            met.len() - 1
        });
        Some((row.3, Some((place, number))))
    }

    /// The model, now that all of the printer is known.
    pub(super) fn finish(self) -> Model {
        let Self { candidates, met, conditions, availability, refused } = self;
        let mut model = Model { roles: HashMap::new(), refused };
        let mut taken = std::collections::HashSet::new();
        for Candidate { id, item, of, units } in candidates {
            let item = instead(item, &met);
            let part = of.and_then(|(place, number)| part(number, met.get(&place).map_or(0, Vec::len)));
            let part = part.unwrap_or_default();
            let Some(unit) = unit(item, units.as_ref()) else {
                model.refused.push((Some(item), why::UNIT));
                continue;
            };
            if taken.insert((item.id(), part)) {
                model.roles.insert(id, Role::Value { item, part, unit });
            } else {
                model.refused.push((Some(item), why::TWICE));
            }
        }
        let several = conditions.len();
        for (number, (id, class, subsystem)) in conditions.into_iter().enumerate() {
            match part(number, several) {
                Some(part) => drop(model.roles.insert(id, Role::Alarm { part, class, subsystem })),
                None => model.refused.push((None, why::TOO_MANY)),
            }
        }
        model.roles.extend(availability.map(|id| (id, Role::Availability)));
        model
    }
}

/// 0 where there is only one, else from 1.
fn part(number: usize, of: usize) -> Option<u8> {
    if of <= 1 { Some(0) } else { u8::try_from(number + 1).ok() }
}

fn instead(item: &'static Item, met: &HashMap<Place, Vec<Text>>) -> &'static Item {
    let found = |has: Place, table: &'static [(&'static Item, &'static Item)]| {
        let row = met.contains_key(&has).then(|| table.iter().find(|(melted, _)| *melted == item));
        row.flatten().map(|(_, cured)| *cured)
    };
    found(Place::Extruder, WITH_EXTRUDER).or_else(|| found(Place::Vat, WITH_VAT)).unwrap_or(item)
}

/// The unit of a data item's values, where it is not the item's own; `None` where it measures something else, or does
/// not say what it measures in: watts taken for milliwatts would be a wrong value, and none is better.
fn unit(item: &Item, units: Option<&Text>) -> Option<Option<&'static str>> {
    if !matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_)) || is_moment(item) {
        return Some(None);
    }
    let Some(units) = units.map(Text::as_str).filter(|units| *units != "COUNT") else {
        return is_count(item.unit()).then_some(None);
    };
    let unit = Unit::by_ucum(units::ucum(units)?)?;
    (unit.dimension() == item.unit().dimension()).then_some(Some(unit.ucum()))
}

/// UCUM has annotations for what is counted, such as `{layer}`.
fn is_count(unit: &Unit) -> bool {
    unit.ucum() == "1" || unit.ucum().starts_with('{')
}

/// A time series, a data set, a table or a highest value over an hour is not what the catalogue's item is.
fn gives_one_value(item: &DataItem) -> bool {
    let is =
        |text: &Option<Text>, known: &[&str]| text.as_ref().is_none_or(|text| known.contains(&text.as_str()));
    is(&item.representation, &["VALUE", "DISCRETE"]) && is(&item.statistic, &["AVERAGE"])
}

fn is_oxygen(item: &DataItem) -> bool {
    let innermost = item.components.last().and_then(|component| component.name.as_ref());
    let names = item.name.iter().chain(&item.sub_type).chain(innermost);
    names.into_iter().any(|name| ["o2", "oxygen"].iter().any(|word| places::has_word(name.as_str(), word)))
}

/// What others prove or say is not an agent's to tell: the adapter, the host, the printer's log. Alarms come of
/// conditions.
fn may_be_told(item: &Item) -> bool {
    let others = ["alarm.", "log."];
    item.said_by() == SaidBy::Printer
        && item.family() != Family::Host
        && !others.iter().any(|other| item.id().starts_with(other))
}
