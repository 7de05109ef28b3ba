//! The bounds of what is kept of a Moonraker.

use tokio::time::Duration;

/// Objects that are looked at: a large printer has some forty heaters, sensors, fans and controllers.
pub(super) const OBJECTS_MAX: usize = 128;
/// Bytes of an object's name, which is its user's own.
pub(super) const NAME_BYTES_MAX: usize = 256;
/// Bytes of a file's path that is hashed: as many as Linux lets a path have.
pub(super) const FILE_BYTES_MAX: usize = 4096;
/// Bytes of Klipper's word why a job failed; the first line is enough to know it by.
pub(super) const MESSAGE_BYTES_MAX: usize = 1024;
/// What there is to look at, and the history's totals, are asked for so often: a job takes hours, and Klipper says by
/// itself when it starts anew.
pub(super) const LISTED_EVERY: Duration = Duration::from_secs(3600);
/// Moonraker tells of its computer each second over its WebSocket (`notify_proc_stat_update`): one that says nothing for so
/// long is asked whether it is there, and may take as long again.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
