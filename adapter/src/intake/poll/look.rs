//! One look at a printer, for `adapter check --live`: its driver over its transport, without the poller's patience.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use catalog::{Item, Reading, Salt};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::Now;
use super::driver::{Driver, Next, Verdict};
use super::found::{Found, Words};
use super::limits::{FAREWELL_MAX, LOOK_LISTENS, LOOK_MAX, LOOK_QUESTIONS_MAX};
use super::memory::Memory;
use super::reach::UNKNOWN;
use super::start::{StartError, Ways, With};
use super::transport::{Loss, Transport};
use super::trouble::Trouble;
use crate::clock::Clock;
use crate::config::{self, Interface, Printer};

/// What one look at a printer has shown. Nothing of it leaves the machine.
#[derive(Debug)]
pub struct Look {
    /// The code of `printer.reachability`.
    pub code: &'static str,
    /// Why it is that, in this program's words.
    pub why: String,
    /// What the printer said.
    pub readings: Vec<Reading>,
    /// What of it was not taken.
    pub refused: Vec<(Option<&'static Item>, &'static str)>,
}

/// Looks at every printer that is queried, all at once, in the order of the configuration.
///
/// # Errors
/// See [`StartError`].
pub async fn look<'a>(
    printers: &'a [Printer],
    pip: Option<&config::Pip>,
    clock: Clock,
) -> Result<Vec<(&'a Printer, &'a Interface, Look)>, StartError> {
    let ways = Ways::new(pip, Arc::default())?;
    let mut looks = Vec::new();
    for printer in printers {
        let Some(interface) = &printer.interface else { continue };
        if let Some(look) = ways.with(interface, Looking { printer, interface, clock })? {
            looks.push(async move { (printer, interface, look.await) });
        }
    }
    Ok(futures::future::join_all(looks).await)
}

struct Looking<'a> {
    printer: &'a Printer,
    interface: &'a Interface,
    clock: Clock,
}

impl With for Looking<'_> {
    type Output = Pin<Box<dyn Future<Output = Look> + Send>>;

    fn with<D, T>(self, driver: D, transport: T) -> Self::Output
    where
        D: Driver,
        T: Transport<Query = D::Query, Answer = D::Answer>,
    {
        let interval = self.interface.interval();
        // Nothing leaves, so nothing has to be told from what left before.
        let memory = Memory::new(D::NAME, self.printer.id.clone(), Salt::new([0; 16]), interval);
        let (words, until) = (Words::default(), Instant::now() + LOOK_MAX);
        let (clock, trouble, heard, busy) = (self.clock, None, false, None);
        let visit = Visit { driver, transport, memory, clock, words, until, trouble, heard, busy };
        Box::pin(visit.run())
    }
}

struct Visit<D, T> {
    driver: D,
    transport: T,
    memory: Memory,
    clock: Clock,
    words: Words,
    until: Instant,
    /// What has been shown so far: nothing yet, that it works, or not.
    trouble: Option<Result<(), Trouble>>,
    /// It has said something at all.
    heard: bool,
    /// It asks for a pause of this length, and a look has no time for one.
    busy: Option<Duration>,
}

impl<D, T> Visit<D, T>
where
    D: Driver,
    T: Transport<Query = D::Query, Answer = D::Answer>,
{
    async fn run(mut self) -> Look {
        let talked = match self.transport.connect().await {
            Ok(()) => timeout_at(self.until, self.talk()).await,
            Err(trouble) => {
                self.trouble = Some(Err(trouble));
                Ok(())
            }
        };
        if let Some(query) = self.driver.farewell() {
            let farewell = async {
                if self.transport.ask(query).await.is_ok() {
                    let _ = self.transport.heard().await;
                }
            };
            let _ = timeout(FAREWELL_MAX, farewell).await;
        }
        self.transport.close();
        let silent = || {
            Trouble::Failed(match self.heard {
                true => "it does not answer what it is asked".into(),
                false => "it takes a connection and does not answer".into(),
            })
        };
        let (code, why) = match (self.trouble, talked) {
            (None, Ok(())) if self.busy.is_some() => {
                let pause = humantime::format_duration(self.busy.unwrap_or_default());
                (UNKNOWN, format!("it answers, and asks for a pause of {pause}: look again when it is over"))
            }
            (Some(Ok(())), _) => ("available", "it answers".to_owned()),
            (None, Ok(())) => ("available", "it answers, and gave no value yet".to_owned()),
            (Some(Err(trouble)), _) => (trouble.code(), trouble.to_string()),
            (None, Err(_)) => (silent().code(), silent().to_string()),
        };
        Look { code, why, readings: self.words.readings, refused: self.words.refused }
    }

    fn now(&self) -> Now {
        Now { mono: Instant::now(), wall: self.clock.now() }
    }

    /// What must be known first, and one round; a second one where a printer tells without being asked.
    async fn talk(&mut self) {
        self.driver.begin(self.now());
        let mut rounds = 0;
        for _ in 0..LOOK_QUESTIONS_MAX {
            let (query, answered) = match self.driver.next(self.now()) {
                Next::Ask(query) => (query, true),
                Next::Tell(query) => (query, false),
                Next::Rest if rounds == 0 || (rounds == 1 && self.has_no_value()) => {
                    if rounds == 1 {
                        let _ = timeout(LOOK_LISTENS, self.hear()).await;
                    }
                    rounds += 1;
                    let now = self.now();
                    self.driver.round(now, &mut Found::new(&mut self.memory, now, &mut self.words));
                    continue;
                }
                Next::Rest => return,
            };
            if let Err(loss) = self.transport.ask(query).await {
                self.lost(loss);
                return;
            }
            if !answered {
                continue;
            }
            if !self.hear().await {
                return;
            }
        }
    }

    fn has_no_value(&self) -> bool {
        !self.words.readings.iter().any(|reading| !matches!(reading.value(), catalog::Value::Identity(_)))
    }

    /// Hears one word beside those that show nothing by themselves, and says whether there is use in going on.
    async fn hear(&mut self) -> bool {
        loop {
            let answer = match self.transport.heard().await {
                Ok(answer) => answer,
                Err(loss) => {
                    self.lost(loss);
                    return false;
                }
            };
            self.heard = true;
            let now = self.now();
            let mut found = Found::new(&mut self.memory, now, &mut self.words);
            let verdict = self.driver.answer(answer, now, &mut found);
            if verdict != Verdict::Noted {
                return self.judge(verdict);
            }
        }
    }

    /// The connection ended in the middle of a question.
    fn lost(&mut self, loss: Loss) {
        let hung_up = || match self.heard {
            true => Trouble::Failed("it ends the connection before it gives a value".into()),
            false => Trouble::Refused("it hangs up before it says a word".into()),
        };
        self.trouble = Some(Err(loss.trouble.unwrap_or_else(hung_up)));
    }

    fn judge(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Works | Verdict::Pushed => self.trouble = Some(Ok(())),
            Verdict::Alive | Verdict::Noted => {}
            Verdict::Shows(trouble) => self.trouble = Some(Err(trouble)),
            Verdict::Cannot(trouble, _) => {
                self.trouble = Some(Err(trouble));
                return false;
            }
            Verdict::Close(trouble, _) => {
                self.trouble = trouble.map(Err).or(self.trouble.take());
                return false;
            }
            Verdict::Wait(pause) => {
                self.busy = Some(pause);
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;
    use crate::intake::poll::tests::memory;

    /// Asks twice, and learns this from each answer.
    struct Curious {
        asked: u32,
        learns: Verdict,
    }

    impl Driver for Curious {
        const NAME: &'static str = "curious";
        type Query = ();
        type Answer = ();

        fn begin(&mut self, _: Now) {}

        fn round(&mut self, _: Now, _: &mut Found<'_>) {}

        fn next(&mut self, _: Now) -> Next<()> {
            self.asked += 1;
            if self.asked > 2 { Next::Rest } else { Next::Ask(()) }
        }

        fn answer(&mut self, (): (), _: Now, _: &mut Found<'_>) -> Verdict {
            self.learns.clone()
        }
    }

    /// A line that answers everything, but for the question of this number, which it loses.
    struct Line(u32, Option<Loss>);

    impl Transport for Line {
        type Query = ();
        type Answer = ();

        async fn connect(&mut self) -> Result<(), Trouble> {
            Ok(())
        }

        async fn ask(&mut self, (): ()) -> Result<(), Loss> {
            self.0 = self.0.saturating_sub(1);
            self.1.take_if(|_| self.0 == 0).map_or(Ok(()), Err)
        }

        async fn heard(&mut self) -> Result<(), Loss> {
            Ok(())
        }

        fn close(&mut self) {}
    }

    #[tokio::test]
    async fn what_one_look_shows_is_said_and_no_more() {
        let pause = "it answers, and asks for a pause of 20s: look again when it is over";
        let wait = Verdict::Wait(Duration::from_secs(20));
        let cases = [
            (
                1,
                Some(Loss::nonsense("no question of ours", "odd")),
                Verdict::Alive,
                "nonsense",
                "no question of ours",
            ),
            (1, Some(Loss::ENDED), Verdict::Alive, "refused", "it hangs up before it says a word"),
            (
                2,
                Some(Loss::ENDED),
                Verdict::Alive,
                "printer_failed",
                "it ends the connection before it gives a value",
            ),
            (0, None, Verdict::Alive, "available", "it answers, and gave no value yet"),
            (0, None, Verdict::Works, "available", "it answers"),
            (0, None, wait, "starting", pause),
        ];
        for (number, loss, learns, code, why) in cases {
            let visit = Visit {
                driver: Curious { asked: 0, learns },
                transport: Line(number, loss),
                memory: memory(Duration::from_secs(1)),
                clock: Clock::system(),
                words: Words::default(),
                until: Instant::now() + LOOK_MAX,
                trouble: None,
                heard: false,
                busy: None,
            };
            let look = visit.run().await;
            assert_eq!((look.code, look.why.as_str()), (code, why));
        }
    }
}
