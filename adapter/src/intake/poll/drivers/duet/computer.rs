//! A Duet that a single-board computer runs: that computer answers, from its own copy of the model (DuetSoftwareFramework).

use tokio::time::Duration;

use super::api::{Live, Seldom};
use super::session::Session;
use super::{BOARD_CONNECT, BOARD_MODEL, BOARD_NOOP, BOARD_STATUS, Duet, Way, identity};
use crate::intake::poll::Now;
use crate::intake::poll::driver::Verdict;
use crate::intake::poll::drivers::field::{Field, Maybe, right};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Got, Path};
use crate::intake::poll::trouble::Trouble;

/// The computer's paths, as far as they are not the same in all of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Computer {
    /// That of the model.
    pub(super) model: &'static Path,
    /// That of the least that there is, to keep the session.
    pub(super) pulse: &'static Path,
}

impl Default for Computer {
    fn default() -> Self {
        Self { model: BOARD_MODEL, pulse: BOARD_NOOP }
    }
}

const NO_DUET: &str =
    "it answers neither as a Duet's firmware (/rr_connect) nor as a Duet's computer (/machine/connect)";

impl Duet {
    /// What a single-board computer answers.
    pub(super) fn board(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        match (got.path, got.status) {
            (path, 200) if path == BOARD_CONNECT => Ok(self.session.board_login(&got.json()?)),
            (path, 401 | 403) if path == BOARD_CONNECT => Ok(Session::wrong_password()),
            (path, 404) if path == BOARD_CONNECT => {
                self.way = Way::Firmware;
                Err(Verdict::Cannot(Trouble::Nonsense(NO_DUET.into()), Duration::ZERO))
            }
            (_, 401 | 403) => {
                self.again();
                Ok(self.session.lost())
            }
            (path, 404) if path == BOARD_MODEL => {
                let pulse = if self.computer().pulse == BOARD_NOOP { BOARD_NOOP } else { BOARD_STATUS };
                self.way = Way::Board(Computer { model: BOARD_STATUS, pulse });
                self.again();
                Ok(Verdict::Alive)
            }
            (path, 404) if path == BOARD_STATUS => {
                // It has neither: the one that it does not have now may have been the wrong one.
                self.way = Way::Board(Computer::default());
                Err(got.unusual())
            }
            (path, 404) if path == BOARD_NOOP => {
                // An older one. Its model costs the printer's board nothing either.
                let computer = self.computer();
                self.way = Way::Board(Computer { pulse: computer.model, ..computer });
                self.again();
                Ok(Verdict::Alive)
            }
            (path, 200 | 204) if path == BOARD_NOOP => {
                self.session.prove();
                Ok(Verdict::Alive)
            }
            (path, 200) if path != BOARD_NOOP => {
                self.session.prove();
                self.whole(got, now, found)
            }
            (_, 502 | 503) => Err(Verdict::Cannot(
                Trouble::Off("its computer is there and does not reach its board".into()),
                got.retry_after.unwrap_or_default(),
            )),
            _ => Err(got.unusual()),
        }
    }

    /// Which of its paths the computer has.
    pub(super) fn computer(&self) -> Computer {
        if let Way::Board(computer) = self.way { computer } else { Computer::default() }
    }

    /// The whole model at once.
    fn whole(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        let (live, Seldom { boards, heat, tools, job }) = (got.json::<Live>()?, got.json()?);
        self.restarted(&live, now, found);
        if let Some(boards) = right(&boards) {
            identity(boards, found);
        }
        self.model.heat(taken(heat));
        self.model.more_tools(0, taken(tools));
        self.model.tools_end();
        self.model.job(&taken(job));
        Ok(self.say(&live, found))
    }
}

/// The member, if it is there and right, else as nothing.
fn taken<T: Default>(member: Maybe<T>) -> T {
    if let Some(Field::Right(member)) = member { member } else { T::default() }
}
