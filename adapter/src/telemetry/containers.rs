//! What the supervisor says of the containers, as readings.

use catalog::{Identity, Item, Mark, Reading, items};

use crate::supervise::{Account, Part, ReleaseCounts};

/// How many digits of an image's digest are said: enough that no two images share them, and fewer than an identity may have.
const DIGITS: usize = 32;

/// Everything of an account that the catalogue can say; a mark is made for an item and a part of it.
pub(super) fn readings(account: &Account, mark: impl Fn(&Item, u8) -> Mark) -> Vec<Reading> {
    let code = account.separation.code();
    let separation = items::ADAPTER_SEPARATION.code(code, mark(&items::ADAPTER_SEPARATION, 0));
    let breaches = &items::ADAPTER_SEPARATION_BREACHES;
    let breaches = breaches.number(account.breaches as f64, mark(breaches, 0));
    let parts = account.containers.iter().flat_map(|part| of_container(part, &mark));
    let releases = account.releases.iter().flat_map(|counts| of_releases(*counts, &mark));
    // What a supervisor could not have said is left out.
    [separation, breaches].into_iter().flatten().chain(parts).chain(releases).collect()
}

fn of_releases(counts: ReleaseCounts, mark: &impl Fn(&Item, u8) -> Mark) -> Vec<Reading> {
    let numbers = [
        (&items::ADAPTER_RELEASES_TRIED, counts.tried),
        (&items::ADAPTER_RELEASES_INSTALLED, counts.installed),
        (&items::ADAPTER_RELEASES_NOT_SWITCHED, counts.not_switched),
        (&items::ADAPTER_RELEASES_WENT_BACK, counts.went_back),
        (&items::ADAPTER_RELEASES_REFUSED, counts.refused),
    ];
    numbers.into_iter().filter_map(|(item, value)| item.number(value as f64, mark(item, 0)).ok()).collect()
}

fn of_container(part: &Part, mark: &impl Fn(&Item, u8) -> Mark) -> Vec<Reading> {
    let number = part.role.part();
    let mut readings = Vec::new();
    let numbers = [
        (&items::ADAPTER_CONTAINER_RESTARTS, Some(part.restarts as f64)),
        (&items::ADAPTER_CONTAINER_MEMORY, part.memory_bytes.map(|bytes| bytes as f64)),
        (&items::ADAPTER_CONTAINER_CPU, part.cpu_s),
    ];
    for (item, value) in numbers {
        readings.extend(value.and_then(|value| item.number(value, mark(item, number)).ok()));
    }
    let health = &items::ADAPTER_CONTAINER_HEALTH;
    readings.extend(health.code(part.health.code(), mark(health, number)));
    let digits = part.image.trim_start_matches("sha256:").get(..DIGITS);
    let image = &items::ADAPTER_CONTAINER_IMAGE;
    let identity = digits.and_then(|digits| Identity::from_configuration(digits).ok());
    readings.extend(identity.and_then(|identity| image.identity(identity, mark(image, number)).ok()));
    readings
}
