//! What a whole log came to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use parsers::Output;

/// How many shapes are told apart: of a log in another format every line may have its own.
const SHAPES_MAX: usize = 10_000;
/// How many of them are listed.
const SHAPES_LISTED: usize = 20;

/// What a whole log came to.
#[derive(Default)]
pub(super) struct Summary {
    lines: u64,
    /// By what became of them.
    made: BTreeMap<String, u64>,
    readings: BTreeMap<&'static str, u64>,
    refused: BTreeMap<(&'static str, String), u64>,
    /// By shape: how many, and the first line.
    unmatched: BTreeMap<u64, (u64, u64)>,
    /// What there was no more room for.
    unmatched_others: u64,
}

impl Summary {
    pub(super) fn add(&mut self, number: u64, made: String, output: &Output) {
        self.lines += 1;
        *self.made.entry(made).or_default() += 1;
        for reading in &output.readings {
            *self.readings.entry(reading.item().id()).or_default() += 1;
        }
        for refused in &output.refused {
            let item = refused.item.map_or("the line", catalog::Item::id);
            *self.refused.entry((item, refused.why.to_string())).or_default() += 1;
        }
        for unmatched in &output.unmatched {
            if self.unmatched.len() == SHAPES_MAX && !self.unmatched.contains_key(&unmatched.shape) {
                self.unmatched_others += 1;
                continue;
            }
            self.unmatched.entry(unmatched.shape).or_insert((0, number)).0 += 1;
        }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nlines {}", self.lines)?;
        for (made, count) in &self.made {
            writeln!(out, "{count:>8} {made}")?;
        }
        writeln!(out, "readings {}", self.readings.values().sum::<u64>())?;
        for (item, count) in &self.readings {
            writeln!(out, "{count:>8} {item}")?;
        }
        writeln!(out, "refused {}", self.refused.values().sum::<u64>())?;
        for ((item, why), count) in &self.refused {
            writeln!(out, "{count:>8} {item}: {why}")?;
        }
        let counted: u64 = self.unmatched.values().map(|(count, _)| count).sum();
        writeln!(out, "unmatched {}", counted + self.unmatched_others)?;
        let mut shapes: Vec<_> = self.unmatched.iter().collect();
        shapes.sort_by_key(|(_, (count, first))| (std::cmp::Reverse(*count), *first));
        for (shape, (count, first)) in shapes.iter().take(SHAPES_LISTED) {
            writeln!(out, "{count:>8} of shape {shape:016x}, first in line {first}")?;
        }
        let more = shapes.len().saturating_sub(SHAPES_LISTED);
        if more > 0 {
            writeln!(out, "         and {more} shapes more")?;
        }
        Ok(())
    }
}
