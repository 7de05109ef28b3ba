//! The manners that a PrusaLink needs, with their reasons.

use tokio::time::Duration;

/// Who the printer is, where that was not given, is asked for again after so long: it is known some seconds after a start,
/// or, of a printer that PrusaLink does not know, never.
pub(super) const WHO_AGAIN: Duration = Duration::from_secs(30);
