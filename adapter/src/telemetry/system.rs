//! What a box says of its system, as readings.

use catalog::{Identity, Item, Mark, Reading, items};

use crate::update::system::Account;

/// Everything of an account that the catalogue can say; a mark is made for an item.
pub(super) fn readings(account: &Account, mark: impl Fn(&Item) -> Mark) -> Vec<Reading> {
    let version = &items::ADAPTER_SYSTEM_VERSION;
    let running = Identity::from_configuration(&account.running.to_string()).ok();
    let running = running.and_then(|running| version.identity(running, mark(version)).ok());
    let state = &items::ADAPTER_SYSTEM_STATE;
    let newest = state.code(account.newest.code(), mark(state));
    let refused = &items::ADAPTER_SYSTEM_REFUSED;
    let count = account.refused.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
    let count = refused.number(count as f64, mark(refused));
    running.into_iter().chain([newest, count].into_iter().flatten()).collect()
}
