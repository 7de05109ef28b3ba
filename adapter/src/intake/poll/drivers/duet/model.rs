//! What changes seldom: which heater is what, which file is printed. It is read again only when the Duet's own number of it
//! is another one, so that a round is one question.

use tokio::time::Instant;

use super::api::{Board, File, Heat, Job, Live, Seqs, Tool};
use super::limits::{TOOLS_MAX, UNNUMBERED_AGAIN};
use crate::intake::poll::drivers::field::{Maybe, right};

/// A key of the object model that is read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Boards,
    Heat,
    Tools,
    Job,
}

impl Key {
    const ALL: [Self; 4] = [Self::Boards, Self::Heat, Self::Tools, Self::Job];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boards => "boards",
            Self::Heat => "heat",
            Self::Tools => "tools",
            Self::Job => "job",
        }
    }

    fn seq(self, seqs: &Seqs) -> Option<i64> {
        let field = match self {
            Self::Boards => &seqs.boards,
            Self::Heat => &seqs.heat,
            Self::Tools => &seqs.tools,
            Self::Job => &seqs.job,
        };
        right(field).copied()
    }
}

/// What was read of the keys, and the numbers that they had then.
#[derive(Default)]
pub(super) struct Model {
    read: [Option<Read>; Key::ALL.len()],
    heat: Heat,
    tools: Vec<Tool>,
    /// What came of them so far, while they come in parts.
    parts: Vec<Tool>,
    pub(super) job: Build,
}

/// When a key was read, and the number that it had then.
#[derive(Clone, Copy, Debug)]
struct Read {
    seq: Option<i64>,
    at: Instant,
}

/// The file that is printed, or was last.
#[derive(Default, PartialEq)]
pub(super) struct Build {
    /// What is printed now.
    pub(super) printing: Option<Printing>,
    /// What was printed last, while nothing is.
    pub(super) last: Option<String>,
    /// Whether that was stopped before its end, where the Duet says so.
    pub(super) last_aborted: Option<bool>,
    /// Whether it was only simulated, where the Duet says so.
    pub(super) last_simulated: Option<bool>,
}

/// The file that is printed.
#[derive(Default, PartialEq)]
pub(super) struct Printing {
    pub(super) file: String,
    pub(super) size: Option<f64>,
    pub(super) layers: Option<f64>,
    pub(super) layer_height_mm: Option<f64>,
}

// By hand, as for all of it: a file's name must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("read", &self.read).finish_non_exhaustive()
    }
}

/// What a heater is, and which of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Bed(u8),
    Chamber(u8),
    /// The first heater of the tool of this number.
    Extruder(u8),
    /// No tool's first, by its own number.
    Other(u8),
}

impl Model {
    /// The keys that have changed since they were read. Of one without a number nobody says whether it has: it is read now and
    /// then, and the job each time, since what is printed goes with how far it is.
    pub(super) fn due(&self, live: &Live, now: Instant) -> impl Iterator<Item = Key> {
        let seqs = right(&live.seqs);
        let read = self.read;
        let numbers = Key::ALL.map(|key| seqs.and_then(|seqs| key.seq(seqs)));
        let is_due = move |key: Key, read: Option<Read>, number: Option<i64>| {
            let Some(read) = read else { return true };
            let again = number.is_none() && (key == Key::Job || now >= read.at + UNNUMBERED_AGAIN);
            read.seq != number || again
        };
        let all = Key::ALL.into_iter().zip(read).zip(numbers);
        all.filter(move |((key, read), number)| is_due(*key, *read, *number)).map(|((key, _), _)| key)
    }

    /// The key was read, when this was what the Duet said.
    pub(super) fn was_read(&mut self, key: Key, live: &Live, now: Instant) {
        let seq = right(&live.seqs).and_then(|seqs| key.seq(seqs));
        if let Some(read) =
            Key::ALL.iter().position(|known| *known == key).and_then(|at| self.read.get_mut(at))
        {
            *read = Some(Read { seq, at: now });
        }
    }

    pub(super) fn heat(&mut self, heat: Heat) {
        self.heat = heat;
    }

    /// A part of the tools, which stands at this element of the list.
    pub(super) fn more_tools(&mut self, from: u64, part: Vec<Option<Tool>>) {
        if from == 0 {
            self.parts.clear();
        }
        let room = usize::try_from(TOOLS_MAX).unwrap_or(usize::MAX).saturating_sub(self.parts.len());
        self.parts.extend(part.into_iter().flatten().take(room));
    }

    /// There are no more: from now on the tools are those.
    pub(super) fn tools_end(&mut self) {
        self.tools = std::mem::take(&mut self.parts);
    }

    pub(super) fn job(&mut self, job: &Job) {
        let is = |flag: &Maybe<bool>| right(flag).copied();
        self.job = Build {
            printing: right(&job.file).and_then(printing),
            last: right(&job.last_file_name).filter(|name| !name.is_empty()).cloned(),
            last_aborted: match (is(&job.last_file_aborted), is(&job.last_file_cancelled)) {
                (None, None) => None,
                (aborted, cancelled) => Some(aborted == Some(true) || cancelled == Some(true)),
            },
            last_simulated: is(&job.last_file_simulated),
        };
    }

    /// What the heater of this number is.
    pub(super) fn place(&self, heater: u8) -> Place {
        let at = |heaters: &Maybe<Vec<i64>>| {
            right(heaters)?.iter().position(|number| *number == i64::from(heater))?.try_into().ok()
        };
        let of_tool = |tool: &Tool| {
            let first = *right(&tool.heaters)?.first()?;
            (first == i64::from(heater)).then_some(())?;
            right(&tool.number).copied()
        };
        if let Some(bed) = at(&self.heat.bed_heaters) {
            return Place::Bed(bed);
        }
        if let Some(chamber) = at(&self.heat.chamber_heaters) {
            return Place::Chamber(chamber);
        }
        self.tools.iter().find_map(of_tool).map_or(Place::Other(heater), Place::Extruder)
    }
}

fn printing(file: &File) -> Option<Printing> {
    let name = right(&file.file_name).filter(|name| !name.is_empty())?;
    Some(Printing {
        file: name.clone(),
        size: right(&file.size).copied().filter(|size| *size > 0.0),
        layers: right(&file.num_layers).copied().filter(|layers| *layers > 0.0),
        layer_height_mm: right(&file.layer_height).copied().filter(|height| *height > 0.0),
    })
}

/// The board that the others hang on.
pub(super) fn first(boards: &[Option<Board>]) -> Option<&Board> {
    boards.first()?.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heater_is_what_bed_chamber_and_tools_say_that_it_is() {
        let model = |heat: &str, tools: &str| {
            let mut model = Model::default();
            model.heat(serde_json::from_str(heat).unwrap());
            model.more_tools(0, serde_json::from_str(tools).unwrap());
            model.tools_end();
            model
        };
        let heat = r#"{"bedHeaters":[0,-1,7],"chamberHeaters":[-1,3],"coldExtrudeTemperature":160}"#;
        let tools = r#"[{"number":0,"heaters":[1,4]},null,{"number":2,"heaters":[2]},{"number":3,"heaters":[1]},{"number":4,"heaters":[]}]"#;
        let placed = model(heat, tools);
        let places = [
            (0, Place::Bed(0)),
            (1, Place::Extruder(0)),
            (2, Place::Extruder(2)),
            (3, Place::Chamber(1)),
            (4, Place::Other(4)),
            (5, Place::Other(5)),
            (7, Place::Bed(2)),
        ];
        for (heater, place) in places {
            assert_eq!(placed.place(heater), place, "{heater}");
        }
        let odd = model(
            r#"{"bedHeaters":"0","chamberHeaters":[1.5]}"#,
            r#"[{"number":"0","heaters":[0]},{"number":300,"heaters":[1]}]"#,
        );
        assert_eq!((odd.place(0), odd.place(1)), (Place::Other(0), Place::Other(1)));
    }
}
