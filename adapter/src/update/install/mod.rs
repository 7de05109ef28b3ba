//! Installing a release: found in a folder, on a stick or behind an address, verified and copied by the same steps as
//! `adapter update check` has, and then put in the place of what runs only as far as it shows that it works
//! (`machine/mod.rs`). `docs/updates.md` says what a person needs to know of it.
//!
//! It decides which images run. How they are run is the supervisor's own, and nothing in a release can say it; so what is
//! here speaks with the supervisor by a trait of seven questions (`hands.rs`), none of which has a word for a network, a
//! mount or a command.

pub(super) mod account;
mod engine;
mod hands;
mod installer;
mod limits;
mod machine;
mod places;
mod releases;

pub(crate) use account::{Account, Counts, UnderWay};
pub(crate) use engine::{SupervisorHands, installed};
pub(crate) use hands::Pair;
pub(crate) use installer::{Installer, Start, start};
pub(crate) use limits::{ASK, ASK_DEFAULT, WATCH, WATCH_DEFAULT};
pub(crate) use places::Places;
