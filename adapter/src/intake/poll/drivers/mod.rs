//! The kinds of printer interfaces that there are, one module each.

pub(super) mod duet;
mod field;
pub(super) mod moonraker;
pub(super) mod mtconnect;
pub(super) mod octoprint;
pub(super) mod pip;
pub(super) mod prusalink;
