//! Every bound of the status, with its reason.

use std::time::Duration;

/// An asker that does not take its one document in this time is gone; the next one waits for no longer.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(2);
/// Wait after an accept that failed.
pub(super) const ACCEPT_WAIT: Duration = Duration::from_millis(100);
/// A running adapter answers within milliseconds; this is for a machine that is at its limits.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Most items and reasons that are told of one printer's refused values: beyond this the format is the wrong one, and a
/// list of all items says no more.
pub(super) const REFUSED_MAX: usize = 32;
/// The longest document that an asker reads. Sixty-four printers and sixty-four strangers at their longest take
/// less than half of it.
pub(super) const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;
