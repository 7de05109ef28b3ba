//! Operating limits and the alarms that come of them. A reading is judged in the transaction that stores it,
//! in the time at which it was measured and not in that of its arrival. Silence never closes an alarm, and
//! neither does a value of bad quality.

mod acknowledge;
mod end;
mod judge;
mod late;
pub(crate) mod limits;
mod machine;
mod rule;
mod seed;
mod series;
mod tick;

pub use acknowledge::acknowledge;
pub(crate) use end::{end_all, open_again};
pub(crate) use judge::{Batch, Fresh, judge, judge_anew};
pub(crate) use machine::{Sample, Side};
pub(crate) use rule::Rule;
pub use seed::seed;
pub use tick::{due, tick};

#[cfg(test)]
mod tests;
