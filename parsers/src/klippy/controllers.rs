//! Which number a controller leaves under.

use catalog::Salt;

use crate::limits::KLIPPY_CONTROLLERS_MAX;

/// The controllers in the order in which the log has them, by the fingerprints of their names: Klipper connects to
/// them and writes of them in one order, so that a number is the same from every line. `mcu` is always the first: number 0.
#[derive(Debug, Default)]
pub(super) struct Controllers {
    checks: [u32; KLIPPY_CONTROLLERS_MAX],
    count: usize,
}

/// The name of the first controller, which every configuration has.
const MAIN: &[u8] = b"mcu";

impl Controllers {
    /// Forgets them: what follows says all of them again.
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// The number of the next controller of a line that says all of them; `None` beyond the limit.
    pub(super) fn next(&mut self, name: &[u8], salt: &Salt) -> Option<u8> {
        if name == MAIN {
            return Some(0);
        }
        *self.checks.get_mut(self.count)? = salt.check(name);
        self.count += 1;
        u8::try_from(self.count).ok()
    }

    /// The number of a controller that was named before.
    pub(super) fn known(&self, name: &[u8], salt: &Salt) -> Option<u8> {
        if name == MAIN {
            return Some(0);
        }
        let check = salt.check(name);
        let at = self.checks[..self.count].iter().position(|known| *known == check)?;
        u8::try_from(at + 1).ok()
    }

    /// The number of a controller, named before or not; `None` beyond the limit.
    pub(super) fn number(&mut self, name: &[u8], salt: &Salt) -> Option<u8> {
        self.known(name, salt).or_else(|| self.next(name, salt))
    }
}
