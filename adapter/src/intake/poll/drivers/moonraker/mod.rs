//! Moonraker, the API server before Klipper (`docs/printers/moonraker.md`). Moonraker being there says nothing of Klipper,
//! and Klipper being there says nothing of the printer: `printer.info` is Klipper's own word for that, and is asked at
//! each interval. The values come by themselves over the WebSocket once they were subscribed to, as they change, and are
//! said when that word has come: so a silent line never makes old values look new.
//!
//! Where no WebSocket is to be had, such as behind a proxy that lets nothing through but GET, the values are asked for.

mod api;
mod fault;
mod held;
mod job;
mod limits;
mod objects;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use catalog::items;
use tokio::time::Instant;

use self::api::{Info, List, Message, Server, Totals, Values};
use self::held::Held;
use self::limits::{HEARTBEAT, LISTED_EVERY};
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Pace, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Get, Got, Path};
use crate::intake::poll::transport::rpc::{Answer, Call, Method, Query};
use crate::intake::poll::trouble::Trouble;

/// Everything that is ever asked of a Moonraker by GET.
pub(in crate::intake::poll) static PATHS: &[Path] = &[
    Path::new("/server/info", 64 << 10),
    Path::new("/printer/info", 64 << 10),
    // A configuration with some hundred macros.
    Path::new("/printer/objects/list", 256 << 10),
    Path::new("/printer/objects/query", 256 << 10),
    Path::new("/server/history/totals", 64 << 10),
];
const SERVER: &Path = &PATHS[0];
const INFO: &Path = &PATHS[1];
const LIST: &Path = &PATHS[2];
const VALUES: &Path = &PATHS[3];
const TOTALS: &Path = &PATHS[4];

/// Where its WebSocket is.
pub(in crate::intake::poll) const SOCKET: &str = "/websocket";
/// Everything that is ever called over it.
pub(in crate::intake::poll) static METHODS: &[Method] = &[
    Method::new("printer.info"),
    Method::new("printer.objects.list"),
    Method::new("printer.objects.subscribe"),
    Method::new("server.history.totals"),
    Method::new("server.info"),
];

/// The conversation with one printer.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct Moonraker {
    /// What is still to be asked, by its path, over whichever way.
    todo: VecDeque<&'static Path>,
    asked: Option<&'static Path>,
    /// What is asked is of a Klipper that is gone.
    is_void: bool,
    /// The number of the last call.
    calls: u32,
    way: Way,
    /// It was asked what it is on this connection.
    greeted: bool,
    has_history: bool,
    klippy: Klippy,
    /// When the values of all objects were last given.
    listed: Option<Instant>,
    held: Held,
}

/// Whether what Klipper says of its objects is how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Klippy {
    #[default]
    Up,
    /// It has shut down, and answers on: it still measures, and drives nothing.
    Down,
    /// It has shut down since a controller does not answer. It repeats the last values of that one without a word of
    /// their age: only what changes is measured.
    Cut,
}

/// How questions are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    /// By GET, until there is something to subscribe to.
    #[default]
    Untried,
    Socket,
    /// By GET: there is no WebSocket to be had.
    Http,
}

impl Driver for Moonraker {
    const NAME: &'static str = "moonraker";
    type Query = Query;
    type Answer = Answer;

    fn begin(&mut self, _: Now) {
        *self = Self::default();
    }

    fn round(&mut self, _: Now, _: &mut Found<'_>) {
        if !self.greeted {
            self.want(SERVER);
        }
        self.want(INFO);
    }

    fn next(&mut self, _: Now) -> Next<Query> {
        self.todo.pop_front().map_or(Next::Rest, |path| Next::Ask(self.ask(path)))
    }

    fn answer(&mut self, answer: Answer, now: Now, found: &mut Found<'_>) -> Verdict {
        match answer {
            Answer::Got(got) => self.take(&got, now, found).unwrap_or_else(|verdict| verdict),
            Answer::NoSocket => {
                self.way = Way::Http;
                self.todo.push_front(VALUES);
                Verdict::Alive
            }
            Answer::Said(message) => match Message::read(&message) {
                Some(Message::Answer { id, status }) if id == self.calls => match self.asked {
                    Some(path) => {
                        self.way = Way::Socket;
                        let got = Got { path, status, retry_after: None, date: None, body: message };
                        self.take(&got, now, found).unwrap_or_else(|verdict| verdict)
                    }
                    None => Verdict::nonsense("an answer to nothing that was asked"),
                },
                Some(Message::Answer { .. }) => Verdict::nonsense("an answer to nothing that was asked"),
                Some(notice) => self.notice(notice),
                None => Verdict::nonsense("a message that is none of Moonraker's"),
            },
        }
    }

    /// Over the socket it tells of its computer each second: silence is a sign that it is gone, however seldom it is asked.
    fn pace(&self) -> Pace {
        Pace { heartbeat: (self.way == Way::Socket).then_some(HEARTBEAT), ..Pace::default() }
    }

    fn sign_of_life(&mut self, _: bool) -> Option<Query> {
        (self.way == Way::Socket).then(|| self.ask(SERVER))
    }
}

impl Moonraker {
    fn ask(&mut self, path: &'static Path) -> Query {
        (self.asked, self.is_void) = (Some(path), false);
        self.query(path)
    }

    fn want(&mut self, path: &'static Path) {
        if !self.todo.contains(&path) {
            self.todo.push_back(path);
        }
    }

    fn query(&mut self, path: &'static Path) -> Query {
        let is_followed = path == VALUES && self.way != Way::Http;
        if !is_followed && self.way != Way::Socket {
            let get = Get::new(path);
            let objects = self.held.wanted().filter(|_| path == VALUES);
            // Its own separator of fields is a comma.
            return Query::Get(objects.fold(get, |get, (name, fields)| get.words(name, fields)));
        }
        self.calls = self.calls.wrapping_add(1);
        let call = |method: usize| Call::new(&METHODS[method], self.calls);
        Query::Call(match path {
            _ if path == INFO => call(0),
            _ if path == LIST => call(1),
            _ if path == VALUES => call(2).objects(self.held.wanted().collect()),
            _ if path == TOTALS => call(3),
            _ => call(4),
        })
    }

    /// Something that nobody asked for. What it shows is asked for at once, and said as the answer to that.
    fn notice(&mut self, notice: Message) -> Verdict {
        match notice {
            Message::Changed(status) => self.held.take(&status),
            Message::Host(host) => self.held.take_host(host),
            Message::KlippyAnew => {
                self.forget();
                self.want(INFO);
            }
            Message::KlippyStopped => self.want(INFO),
            Message::Answer { .. } | Message::Other => {}
        }
        Verdict::Noted
    }

    /// Nothing is known of the printer any more.
    fn forget(&mut self) {
        (self.listed, self.held, self.klippy) = (None, Held::default(), Klippy::Up);
        self.is_void = self.asked.is_some();
        self.todo.clear();
    }

    fn take(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        self.asked = None;
        match (got.path, got.status) {
            (path, 200) if path == SERVER => {
                let server: Server = api::result(got)?;
                self.greeted = true;
                self.has_history = server.components.iter().any(|component| component == "history");
                Ok(Verdict::Alive)
            }
            (path, 200) if path == INFO => Ok(self.info(&api::result(got)?, now, found)),
            (path, 200) if self.is_void && (path == LIST || path == VALUES) => Ok(Verdict::Alive),
            (path, 200) if path == LIST => {
                self.held = Held::of(&api::result::<List>(got)?.objects);
                Ok(Verdict::Alive)
            }
            (path, 200) if path == VALUES => {
                self.held.take(&api::result::<Values>(got)?.status);
                if self.klippy == Klippy::Cut {
                    self.held.forget_numbers();
                }
                self.listed = self.listed.or(Some(now.mono));
                Ok(self.say(found))
            }
            (path, 200) if path == TOTALS => {
                if let Some(seconds) = api::result::<Totals>(got)?.job_totals.total_print_time {
                    let seen = found.of(&items::PRINTER_PRINTING_HOURS).every(LISTED_EVERY);
                    seen.unit("s").number(seconds);
                }
                Ok(Verdict::Alive)
            }
            // A history that cannot be read is none.
            (path, 400 | 404 | 500..) if path == TOTALS && api::is_refusal(got) => {
                self.has_history = false;
                Ok(Verdict::Alive)
            }
            // Klipper was never there since Moonraker started, or is there no more.
            (path, 404 | 503) if path != SERVER && api::is_refusal(got) => {
                self.forget();
                found.of(&items::PRINTER_STATE).code("offline");
                Ok(Verdict::Shows(Trouble::Off("no Klipper is connected to its Moonraker".into())))
            }
            _ => {
                // It may be another one by then.
                (self.listed, self.greeted) = (None, false);
                self.todo.clear();
                Err(got.unusual())
            }
        }
    }

    /// Klipper's own word of itself.
    fn info(&mut self, info: &Info, now: Now, found: &mut Found<'_>) -> Verdict {
        // It gives a question mark where it was not installed from its repository.
        if let Some(version) = info.software_version.as_deref().filter(|version| !["", "?"].contains(version))
        {
            found.of(&items::IDENTITY_FIRMWARE).identity(version);
        }
        match info.state.as_str() {
            "ready" => {
                self.klippy = Klippy::Up;
                self.ready(now, found)
            }
            "shutdown" => {
                found.of(&items::PRINTER_STATE).code("error");
                let is_cut = fault::say(&info.state_message, found) == "communication";
                let klippy = if is_cut { Klippy::Cut } else { Klippy::Down };
                if std::mem::replace(&mut self.klippy, klippy) != klippy && is_cut {
                    self.held.forget_numbers();
                }
                // How hot it is matters now more than ever.
                self.ready(now, found);
                Verdict::Shows(Trouble::Failed("its Klipper has shut down".into()))
            }
            "error" => {
                self.forget();
                found.of(&items::PRINTER_STATE).code("error");
                fault::say(&info.state_message, found);
                Verdict::Shows(Trouble::Failed("its Klipper cannot start".into()))
            }
            "startup" => {
                self.forget();
                found.of(&items::PRINTER_STATE).code("preparing");
                Verdict::Alive
            }
            _ => {
                self.forget();
                found.refuse(Some(&items::PRINTER_STATE), "a state that Klipper does not have");
                Verdict::Alive
            }
        }
    }

    /// Klipper has its objects: says what it last told of them, or asks.
    fn ready(&mut self, now: Now, found: &mut Found<'_>) -> Verdict {
        if self.listed.is_none_or(|at| at + LISTED_EVERY <= now.mono) {
            self.listed = None;
            self.want(LIST);
            if self.has_history {
                self.want(TOTALS);
            }
        } else if self.way != Way::Http {
            return self.say(found);
        }
        self.want(VALUES);
        Verdict::Alive
    }

    /// Says all values.
    fn say(&mut self, found: &mut Found<'_>) -> Verdict {
        self.held.say(self.klippy, found);
        match self.klippy {
            Klippy::Up => {}
            Klippy::Down => return Verdict::Alive,
            Klippy::Cut => {
                self.held.forget_numbers();
                return Verdict::Alive;
            }
        }
        self.held.job.say_printer(found);
        Verdict::Works
    }
}
