//! A Duet by the HTTP interface of its own firmware, RepRapFirmware 3 (`docs/printers/duet.md`): one session, kept and given
//! back; at each interval one question for what changes often, and another for what seldom does only when it has.
//!
//! One that a single-board computer runs has an interface of that, DuetSoftwareFramework: the same session, and one question
//! for the whole of the same model.

mod api;
mod computer;
mod fault;
mod jobs;
mod limits;
#[cfg(test)]
mod live;
mod model;
#[cfg(test)]
#[path = "../../../../../tests/peers/duet.rs"]
mod peer;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod values;

use std::collections::VecDeque;

use catalog::items;
use tokio::time::{Duration, Instant};

use self::api::{Board, Job, Live, Login, Model as Reply, Tool};
use self::computer::Computer;
use self::jobs::Jobs;
use self::limits::{
    BUSY_MAX, BUSY_PAUSE, ODD_MAX, PASSWORD_AGAIN, TOOLS_MAX, UPTIME_SLACK_S, UPTIME_WRAPS_S,
};
use self::model::{Key, Model};
use self::session::Session;
use super::field::{given, right};
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Pace, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Get, Got, Path};
use crate::intake::poll::trouble::Trouble;

/// Everything that is ever asked of a Duet.
pub(in crate::intake::poll) static PATHS: &[Path] = &[
    Path::new("/rr_connect", 4 << 10),
    // A Duet has some 10 KB for an answer.
    Path::new("/rr_model", 64 << 10),
    Path::new("/rr_disconnect", 4 << 10),
    Path::new("/machine/connect", 4 << 10),
    // A large printer's has some 100 KB.
    Path::new("/machine/model", 512 << 10),
    // Its name before version 3.4.
    Path::new("/machine/status", 512 << 10),
    Path::new("/machine/noop", 4 << 10),
    Path::new("/machine/disconnect", 4 << 10),
];
const CONNECT: &Path = &PATHS[0];
const MODEL: &Path = &PATHS[1];
const DISCONNECT: &Path = &PATHS[2];
const BOARD_CONNECT: &Path = &PATHS[3];
const BOARD_MODEL: &Path = &PATHS[4];
const BOARD_STATUS: &Path = &PATHS[5];
const BOARD_NOOP: &Path = &PATHS[6];
const BOARD_DISCONNECT: &Path = &PATHS[7];

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    /// The Duet's own firmware.
    #[default]
    Firmware,
    /// A single-board computer.
    Board(Computer),
}

/// What is asked of the object model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// What changes often.
    Live,
    /// A key that has changed; of a list, from this element on.
    Key(Key, u64),
    /// All of it, at a single-board computer.
    Whole,
    /// The least that there is, to keep the session.
    Pulse,
}

/// The conversation with one printer.
#[derive(Default)]
pub(in crate::intake::poll) struct Duet {
    way: Way,
    session: Session,
    /// What of the round is still to be asked, and what is being answered.
    todo: VecDeque<What>,
    open: Option<What>,
    model: Model,
    /// What changes often, until what it must be read with is there.
    live: Option<Live>,
    /// How long the printer had been up, and when it said so.
    up: Option<(f64, Instant)>,
    jobs: Jobs,
    /// How often in a row it had no memory left for an answer.
    busy: u32,
    /// Answers that were none of a Duet's since the last that was one.
    odd: u32,
}

impl Driver for Duet {
    const NAME: &'static str = "duet";
    type Query = Get;
    type Answer = Got;

    /// The session stays: it is of the printer and not of a connection, of which a Duet makes one a question. One that is
    /// gone shows by the next answer.
    fn begin(&mut self, _: Now) {
        (self.open, self.live) = (None, None);
        self.todo.clear();
    }

    fn round(&mut self, _: Now, _: &mut Found<'_>) {
        let what = if self.way == Way::Firmware { What::Live } else { What::Whole };
        (self.todo, self.live) = ([what].into(), None);
    }

    fn next(&mut self, _: Now) -> Next<Get> {
        if !self.session.is_open() {
            self.open = None;
            return Next::Ask(match self.way {
                Way::Firmware => Get::new(CONNECT).secret("password").word("sessionKey", "yes"),
                Way::Board(_) => Get::new(BOARD_CONNECT).secret("password"),
            });
        }
        match self.todo.pop_front() {
            Some(what) => Next::Ask(self.ask(what)),
            None => Next::Rest,
        }
    }

    fn answer(&mut self, got: Got, now: Now, found: &mut Found<'_>) -> Verdict {
        match self.take(&got, now, found).unwrap_or_else(|verdict| verdict) {
            verdict @ (Verdict::Works | Verdict::Shows(_)) => {
                self.odd = 0;
                verdict
            }
            Verdict::Cannot(trouble @ Trouble::Nonsense(_), wait) => {
                Verdict::Cannot(trouble, wait.max(self.doubt()))
            }
            Verdict::Close(Some(trouble @ Trouble::Nonsense(_)), wait) => {
                Verdict::Close(Some(trouble), wait.max(self.doubt()))
            }
            verdict => verdict,
        }
    }

    fn pace(&self) -> Pace {
        Pace { heartbeat: self.session.heartbeat(), ..Pace::default() }
    }

    fn sign_of_life(&mut self, _: bool) -> Option<Get> {
        self.session.is_open().then(|| self.ask(What::Pulse))
    }

    fn farewell(&mut self) -> Option<Get> {
        let path = if self.way == Way::Firmware { DISCONNECT } else { BOARD_DISCONNECT };
        self.session.is_open().then(|| self.session.sign(Get::new(path)))
    }
}

impl Duet {
    fn ask(&mut self, what: What) -> Get {
        self.open = Some(what);
        let model = Get::new(MODEL);
        self.session.sign(match what {
            What::Pulse if self.way != Way::Firmware => Get::new(self.computer().pulse),
            What::Live => model.word("flags", "d99fn"),
            What::Key(key, 0) => model.word("key", key.name()).word("flags", "d99n"),
            What::Key(key, from) => model.word("key", key.name()).numbered("flags", "d99na", from),
            What::Pulse => model.word("key", "state.upTime").word("flags", "f"),
            What::Whole => Get::new(self.computer().model),
        })
    }

    fn take(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        if got.status != 503 {
            self.busy = 0;
        }
        if [BOARD_CONNECT, BOARD_MODEL, BOARD_STATUS, BOARD_NOOP].contains(&got.path) {
            return self.board(got, now, found);
        }
        match (got.path, got.status) {
            (path, 200) if path == CONNECT => {
                let login: Login = got.json()?;
                if right(&login.is_emulated) == Some(&true) {
                    // What it answers here it has the printer's firmware say by G-code; its own model costs that nothing.
                    self.way = Way::Board(Computer::default());
                    return Ok(Verdict::Alive);
                }
                Ok(self.session.login(&login))
            }
            // An older one, that does not answer for the firmware.
            (path, 404) if path == CONNECT => {
                self.way = Way::Board(Computer::default());
                Ok(Verdict::Alive)
            }
            (path, 200) if path == MODEL => {
                self.session.prove();
                let Some(what) = self.open.take() else {
                    return Err(Verdict::nonsense("an answer to nothing that was asked"));
                };
                self.read(what, got, now, found)
            }
            (path, 401 | 403) if path == MODEL => {
                // The printer was started anew, or we were too slow: the same question in a new session.
                self.again();
                Ok(self.session.lost())
            }
            (_, 503) => Err(self.no_memory(got)),
            _ => Err(got.unusual()),
        }
    }

    /// It answers what no Duet does. It may be another by now, with the other interface or a version before: after a few of these
    /// all is found out anew, with a login. Gives how long not to ask: each login is a line in its log, and only the first
    /// may be worth it.
    fn doubt(&mut self) -> Duration {
        self.odd = self.odd.saturating_add(1);
        if !self.odd.is_multiple_of(ODD_MAX) {
            return Duration::ZERO;
        }
        let again =
            if self.odd > ODD_MAX && self.session.is_open() { PASSWORD_AGAIN } else { Duration::ZERO };
        self.way = Way::Firmware;
        self.session.forget();
        again
    }

    /// The open question is asked once more.
    fn again(&mut self) {
        if let Some(what) = self.open.take() {
            self.todo.push_front(what);
        }
    }

    /// It has no memory left for the answer, as when its own web page asks for much: a moment later it has.
    fn no_memory(&mut self, got: &Got) -> Verdict {
        self.busy += 1;
        if self.busy >= BUSY_MAX {
            self.busy = 0;
            return got.unusual();
        }
        self.again();
        Verdict::Wait(got.retry_after.unwrap_or(BUSY_PAUSE))
    }

    fn read(&mut self, what: What, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        match what {
            What::Pulse | What::Whole => return Ok(Verdict::Alive),
            What::Live => {
                let live: Live =
                    result(got)?.ok_or_else(|| Verdict::nonsense("an object model with nothing in it"))?;
                self.restarted(&live, now, found);
                self.todo = self.model.due(&live, now.mono).map(|key| What::Key(key, 0)).collect();
                self.live = Some(live);
            }
            What::Key(key, from) => {
                match key {
                    // Only the first board says who the printer is.
                    Key::Boards => identity(&result::<Vec<Option<Board>>>(got)?.unwrap_or_default(), found),
                    Key::Heat => self.model.heat(result(got)?.unwrap_or_default()),
                    Key::Tools => {
                        if let Some(next) = self.tools(from, got, found)? {
                            self.todo.push_front(What::Key(key, next));
                            return Ok(Verdict::Alive);
                        }
                    }
                    Key::Job => self.model.job(&result::<Job>(got)?.unwrap_or_default()),
                }
                if let Some(live) = &self.live {
                    self.model.was_read(key, live, now.mono);
                }
            }
        }
        if !self.todo.is_empty() {
            return Ok(Verdict::Alive);
        }
        Ok(self.live.take().map_or(Verdict::Alive, |live| self.say(&live, found)))
    }

    /// A part of the tools, which stands at this element of the list; gives the element that the next part begins with. Of a
    /// list that does not end, what came so far is read.
    fn tools(&mut self, from: u64, got: &Got, found: &mut Found<'_>) -> Result<Option<u64>, Verdict> {
        let Reply { result, next } = got.json::<Reply<Vec<Option<Tool>>>>()?;
        self.model.more_tools(from, result.unwrap_or_default());
        let next = right(&next).and_then(|next| u64::try_from(*next).ok()).filter(|next| *next > 0);
        let goes_on = next.filter(|next| *next > from && *next < TOOLS_MAX);
        if next.is_some() && goes_on.is_none() {
            found.refuse(None, "the rest of a list in parts that does not go on, or does not end");
        }
        if goes_on.is_none() {
            self.model.tools_end();
        }
        Ok(goes_on)
    }

    /// Proves from its uptime that the printer was started anew: then nothing that was read of it is sure any more.
    fn restarted(&mut self, live: &Live, now: Now, found: &mut Found<'_>) {
        let Some(up) = right(&live.state.up_time).copied() else { return };
        if let Some((was, then)) = self.up.replace((up, now.mono)) {
            let expected = was + now.mono.saturating_duration_since(then).as_secs_f64();
            if up + UPTIME_SLACK_S < expected && expected < UPTIME_WRAPS_S {
                (self.model, self.jobs) = (Model::default(), Jobs::default());
                found.proved(&items::INTERFACE_EVENT).code("restarted");
            }
        }
    }

    fn say(&mut self, live: &Live, found: &mut Found<'_>) -> Verdict {
        values::say(live, &self.model, found);
        let word = given(&live.state.status, Some(&items::PRINTER_STATE), found).map(String::as_str);
        match word.map(state::of) {
            Some(Some(code)) => found.of(&items::PRINTER_STATE).code(code),
            Some(None) => {
                found.refuse(Some(&items::PRINTER_STATE), "a state that a Duet is not known to have")
            }
            None => {}
        }
        fault::say(fault::PRINTER, (word == Some("halted")).then_some(fault::HALTED), found);
        let build = &self.model.job;
        self.jobs.follow(build, word);
        // A simulation is of a file, and builds nothing.
        if word != Some("simulating") && !self.jobs.is_simulation(build) {
            values::job(&live.job, build, self.jobs.ended(build), found);
        }
        match word {
            Some("off" | "disconnected") => {
                Verdict::Shows(Trouble::Off("its controller has power and the rest of it has not".into()))
            }
            Some("halted") => {
                Verdict::Shows(Trouble::Failed("it was stopped in an emergency, or by a fault".into()))
            }
            _ => Verdict::Works,
        }
    }
}

fn result<T: serde::de::DeserializeOwned>(got: &Got) -> Result<Option<T>, Verdict> {
    got.json::<Reply<T>>().map(|reply| reply.result)
}

/// The board that the others hang on: it is all that a Duet knows of the printer.
fn identity(boards: &[Option<Board>], found: &mut Found<'_>) {
    let Some(board) = model::first(boards) else { return };
    for (item, field) in [
        (&items::IDENTITY_MODEL, &board.name),
        (&items::IDENTITY_SERIAL, &board.unique_id),
        (&items::IDENTITY_FIRMWARE, &board.firmware_version),
    ] {
        if let Some(text) = given(field, Some(item), found) {
            found.of(item).identity(text);
        }
    }
}
