//! The bounds of what is kept of an agent.

use tokio::time::Duration;

/// Data items that are followed: a large machine has some hundred that the catalogue has items for.
pub(super) const MAPPED_MAX: usize = 2_048;
/// Conditions of one data item that are active at once and told apart by their native codes.
pub(super) const ACTIVE_MAX: usize = 16;
/// Bytes of a name that is hashed: a program's path. An answer is read into memory by what is kept of it.
pub(super) const NAME_BYTES_MAX: usize = 512;
/// Questions of one interval: 32,000 observations of a backlog. An agent that always has more is asked on at the next.
pub(super) const ROUND_QUESTIONS_MAX: u32 = 64;
/// How long an answer may take: the description of a large machine, over a slow link, from a controller that has other
/// work.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(30);
