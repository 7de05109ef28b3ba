//! The catalogue itself, made from `catalog/items/*.toml` when this crate is built.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::item::{Family, Item, Kind, Range, SaidBy};
use crate::unit::UNITS;

include!(concat!(env!("OUT_DIR"), "/items.rs"));

static BY_ID: LazyLock<HashMap<&str, &'static Item>> =
    LazyLock::new(|| all().map(|item| (item.id(), item)).collect());
static BY_PROPERTY: LazyLock<HashMap<&str, &'static Item>> =
    LazyLock::new(|| all().map(|item| (item.property(), item)).collect());

/// Every item, in reading order.
pub fn all() -> impl Iterator<Item = &'static Item> {
    FAMILIES.iter().flat_map(|(_, _, items)| items.iter().copied())
}

/// The item with this id, such as `laser.power`.
pub fn by_id(id: &str) -> Option<&'static Item> {
    BY_ID.get(id).copied()
}

/// The state that says what a subsystem has, such as `recoater.fault`, if it has one.
pub fn fault_of(subsystem: &str) -> Option<&'static Item> {
    by_id(&format!("{subsystem}.fault")).filter(|item| item.is_fault())
}

/// The item and part behind a name on the wire, such as `laser_power` or `laser_power_2`.
pub fn by_property(name: &str) -> Option<(&'static Item, u8)> {
    if let Some(item) = BY_PROPERTY.get(name) {
        return Some((item, 0));
    }
    let (stem, digits) = name.rsplit_once('_')?;
    // `+2` and `02` would parse as well, and one part must have one name.
    if digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((BY_PROPERTY.get(stem).copied()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_the_wire_leads_back_to_its_item_and_part() {
        for item in all() {
            for part in [0, 1, 2, 255] {
                let found = by_property(&item.property_of(part));
                assert_eq!(found.map(|(found, part)| (found.id(), part)), Some((item.id(), part)));
            }
        }
    }

    #[test]
    fn other_spellings_of_a_part_are_no_names() {
        for name in
            ["laser_power_0", "laser_power_02", "laser_power_+2", "laser_power_256", "laser_power_", "", "_"]
        {
            assert!(by_property(name).is_none(), "{name}");
        }
    }
}
