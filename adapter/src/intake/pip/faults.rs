//! Which alarms are active, and so which fault each subsystem has.

use std::collections::{HashMap, HashSet};

use catalog::{Item, items};
use protocol::pip::{ActiveAlarms, Alarm};

use super::Offers;
use crate::intake::limits::FAULTS_MAX;

/// A fault of the catalogue, and the part that has it.
type Key = (&'static str, u8);

/// The fault of a subsystem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::intake) struct Fault {
    pub(in crate::intake) item: &'static Item,
    pub(in crate::intake) part: u8,
    pub(in crate::intake) code: &'static str,
}

/// The active alarms of one printer. An alarm is the fault of its subsystem for as long as it is active; another one that
/// stays is it then.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// By the maker's code, the latest last.
    active: HashMap<Key, Vec<(String, &'static str)>>,
    /// The parts that ever had one.
    faulty: HashSet<Key>,
}

pub(super) const UNKNOWN_SUBSYSTEM: &str = "an alarm of a subsystem that the catalogue has not";

impl Faults {
    /// An alarm began, or ended: the fault of its subsystem now; nothing where the catalogue has no such subsystem.
    pub(super) fn change(&mut self, alarm: &Alarm, raised: bool) -> Option<Fault> {
        let item = items::fault_of(alarm.subsystem.as_str())?;
        let key = (item.id(), alarm.part);
        if let Some(active) = self.active.get_mut(&key) {
            active.retain(|(code, _)| code != alarm.code.as_str());
        }
        let mut code = class(item, alarm);
        if raised {
            self.remember(key, alarm, code);
        } else {
            code = self.active.get(&key).and_then(|active| active.last()).map_or("none", |(_, class)| class);
        }
        self.active.retain(|_, active| !active.is_empty());
        Some(Fault { item, part: alarm.part, code })
    }

    /// These are active and no others: the fault of each subsystem that the printer has or had an alarm of, `none` where
    /// there is none. `refuse` is told of those that the catalogue has not.
    pub(super) fn are(
        &mut self,
        alarms: &ActiveAlarms,
        offers: &Offers,
        mut refuse: impl FnMut(&'static str),
    ) -> Vec<Fault> {
        self.active.clear();
        let mut faults = HashMap::new();
        for item in items::all().filter(|item| item.is_fault()) {
            for part in offers.parts_of(item) {
                faults.insert((item.id(), part), Fault { item, part, code: "none" });
            }
        }
        for (id, part) in &self.faulty {
            if let Some(item) = items::by_id(id) {
                faults.insert((id, *part), Fault { item, part: *part, code: "none" });
            }
        }
        for alarm in &alarms.alarms {
            let Some(item) = items::fault_of(alarm.subsystem.as_str()) else {
                refuse(UNKNOWN_SUBSYSTEM);
                continue;
            };
            let (key, code) = ((item.id(), alarm.part), class(item, alarm));
            self.remember(key, alarm, code);
            faults.insert(key, Fault { item, part: alarm.part, code });
        }
        faults.into_values().collect()
    }

    fn remember(&mut self, key: Key, alarm: &Alarm, class: &'static str) {
        if self.active.values().map(Vec::len).sum::<usize>() < FAULTS_MAX {
            self.active.entry(key).or_default().push((alarm.code.as_str().to_owned(), class));
        }
        if self.faulty.len() < FAULTS_MAX {
            self.faulty.insert(key);
        }
    }
}

/// The catalogue's word for what a code means.
fn class(item: &Item, alarm: &Alarm) -> &'static str {
    let known = item.codes().iter().find(|code| **code == alarm.class.as_str());
    known.copied().unwrap_or("unmapped")
}

#[cfg(test)]
mod tests {
    use catalog::Timestamp;
    use protocol::pip::{Description, ItemDescription, Text};

    use super::*;
    use crate::testing::item;

    fn alarm(code: &str, class: &str) -> Alarm {
        let [code, class, subsystem] = [code, class, "recoater"].map(Text::cut);
        Alarm { code, class, subsystem, part: 0, qualifier: None, since: Timestamp(0) }
    }

    fn code(fault: Option<Fault>) -> &'static str {
        fault.unwrap().code
    }

    #[test]
    fn a_fault_stands_until_the_last_alarm_of_its_subsystem_ends() {
        let mut faults = Faults::default();
        let (jammed, odd) = (alarm("4012", "jammed"), alarm("77", "what nobody knows"));
        let said = [(&jammed, true), (&odd, true), (&odd, false), (&jammed, false)];
        let codes = said.map(|(alarm, raised)| code(faults.change(alarm, raised)));
        assert_eq!(codes, ["jammed", "unmapped", "jammed", "none"]);
        assert!(faults.active.is_empty());
    }

    #[test]
    fn what_is_asked_for_takes_the_place_of_what_was_told() {
        let description = Description { items: vec![item("vat.temperature", "gauge", "Cel")] };
        let offers = Offers::of(&description, |_| {});
        let mut faults = Faults::default();
        faults.change(&alarm("4012", "jammed"), true);
        // In a gap one alarm ended and another began.
        let active = ActiveAlarms { alarms: vec![alarm("4013", "worn")] };
        let mut all = faults.are(&active, &offers, |_| {});
        all.sort_by_key(|fault| fault.item.id());
        let said: Vec<_> = all.iter().map(|fault| (fault.item.id(), fault.code)).collect();
        let worn = class(&catalog::items::RECOATER_FAULT, &active.alarms[0]);
        assert_eq!(said, [("recoater.fault", worn), ("vat.fault", "none")]);
        assert_eq!(code(faults.change(&active.alarms[0], false)), "none");
        let all = faults.are(&ActiveAlarms::default(), &offers, |_| {});
        assert!(all.len() == 2 && all.iter().all(|fault| fault.code == "none"), "{all:?}");
    }

    #[test]
    fn a_part_whose_alarm_ended_unseen_has_none() {
        // As of an adapter that was started again: nothing is known of what was told before.
        let parts = ItemDescription { parts: vec![1, 2], ..item("recoater.fault", "state", "1") };
        let offers = Offers::of(&Description { items: vec![parts] }, |_| {});
        let active = ActiveAlarms { alarms: vec![Alarm { part: 1, ..alarm("4012", "jammed") }] };
        let mut all = Faults::default().are(&active, &offers, |_| {});
        all.sort_by_key(|fault| fault.part);
        assert_eq!(
            all.iter().map(|fault| (fault.part, fault.code)).collect::<Vec<_>>(),
            [(1, "jammed"), (2, "none")]
        );
    }

    #[test]
    fn alarms_without_end_take_bounded_memory() {
        let mut faults = Faults::default();
        for code in 0..1_000 {
            faults.change(&alarm(&code.to_string(), "jammed"), true);
        }
        assert_eq!(faults.active.values().map(Vec::len).sum::<usize>(), FAULTS_MAX);
    }
}
