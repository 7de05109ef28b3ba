//! What a printer offers that the catalogue has.

use std::collections::HashMap;
use std::time::Duration;

use catalog::{Item, Kind, SaidBy, items};
use protocol::pip::Description;

/// What is not taken, and why.
pub(in crate::intake) type Refused = (&'static Item, &'static str);

/// Items that a printer has and the catalogue too, with the same kind and unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::intake) struct Offers(HashMap<&'static str, Offered>);

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::intake) struct Offered {
    pub(in crate::intake) item: &'static Item,
    /// Those that exist.
    parts: Vec<u8>,
    /// The shortest time in which it can change.
    pub(in crate::intake) every: Duration,
    /// Its changes are in the printer's log.
    pub(in crate::intake) told: bool,
}

impl Offers {
    /// What DESCRIBED says. What the catalogue has not is no fault: a printer may know more than may leave.
    pub(in crate::intake) fn of(description: &Description, mut refuse: impl FnMut(Refused)) -> Self {
        let mut offers = HashMap::new();
        for described in &description.items {
            let item = items::by_id(described.id.as_str());
            let Some(item) = item.filter(|item| item.said_by() == SaidBy::Printer) else { continue };
            let every = Duration::from_millis(described.interval_ms_min.into());
            if described.kind.as_str() != item.kind().name() {
                refuse((item, "the printer has it as another kind than the catalogue"));
            } else if is_number(item) && described.unit.as_str() != item.unit().ucum() {
                refuse((item, "the printer has it in another unit than the catalogue"));
            } else {
                let (parts, told) = (described.parts.clone(), described.log_ms_min.is_some());
                offers.entry(item.id()).or_insert(Offered { item, parts, every, told });
            }
        }
        Self(offers)
    }

    /// The item of this id, if it is offered.
    pub(in crate::intake) fn find(&self, id: &str) -> Option<Offered> {
        self.0.get(id).cloned()
    }

    /// The parts that this fault can have: those that are described, else the one that there is where anything of its
    /// subsystem is offered.
    pub(in crate::intake) fn parts_of(&self, fault: &Item) -> Vec<u8> {
        let subsystem = |id: &'static str| id.split_once('.').map(|(subsystem, _)| subsystem);
        match self.0.get(fault.id()) {
            Some(offered) => offered.parts.clone(),
            None if self.0.keys().any(|id| subsystem(id) == subsystem(fault.id())) => vec![0],
            None => Vec::new(),
        }
    }

    /// All of them, in no order.
    pub(in crate::intake) fn all(&self) -> impl Iterator<Item = Offered> {
        self.0.values().cloned()
    }
}

fn is_number(item: &Item) -> bool {
    matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_))
}
