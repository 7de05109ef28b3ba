//! Where the groups of a pattern stand in a line that fits it.

use std::fmt;

use regex_automata::dfa::onepass;
use regex_automata::nfa::thompson::NFA;
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};

use crate::limits::{PROFILE_LINE_BYTES_MAX, PROFILE_TABLE_BYTES_MAX, PROFILE_WAYS_BYTES_MAX};

/// How they are found.
pub(super) enum Groups {
    /// There are none.
    None,
    /// Each character leaves one way to go on: one step a byte.
    OneWay(Box<onepass::DFA>),
    /// There are several ways. Each is gone once for each byte at most, and a bit is kept of each for it.
    SeveralWays(Box<BoundedBacktracker>),
}

impl Groups {
    /// For a pattern; nothing where it has too many ways.
    pub(super) fn of(nfa: &NFA) -> Option<Self> {
        if nfa.group_info().explicit_slot_len() == 0 {
            return Some(Self::None);
        }
        let config = onepass::Config::new().size_limit(Some(PROFILE_TABLE_BYTES_MAX));
        if let Ok(table) = onepass::Builder::new().configure(config).build_from_nfa(nfa.clone()) {
            return Some(Self::OneWay(Box::new(table)));
        }
        let config = backtrack::Config::new().visited_capacity(PROFILE_WAYS_BYTES_MAX);
        let ways = BoundedBacktracker::builder().configure(config).build_from_nfa(nfa.clone()).ok()?;
        (ways.max_haystack_len() >= PROFILE_LINE_BYTES_MAX).then(|| Self::SeveralWays(Box::new(ways)))
    }

    /// What they take in memory.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::OneWay(table) => table.memory_usage(),
            Self::SeveralWays(ways) => ways.get_nfa().memory_usage(),
        }
    }

    /// Finds them in a text that fits, of at most [`PROFILE_LINE_BYTES_MAX`] bytes.
    pub(super) fn find(&self, text: &[u8], found: &mut Found) -> bool {
        let input = Input::new(text).anchored(Anchored::Yes);
        let Found { places, slots, one_way, several_ways } = found;
        places.clear();
        let fits = match self {
            Self::None => return true,
            Self::OneWay(table) => {
                let cache = one_way.get_or_insert_with(|| table.create_cache());
                table.reset_cache(cache);
                slots.resize(table.get_nfa().group_info().slot_len(), None);
                table.try_search_slots(cache, &input, slots)
            }
            Self::SeveralWays(ways) => {
                let cache = several_ways.get_or_insert_with(|| ways.create_cache());
                ways.reset_cache(cache);
                slots.resize(ways.get_nfa().group_info().slot_len(), None);
                ways.try_search_slots(cache, &input, slots)
            }
        };
        let place = |slot: Option<NonMaxUsize>| slot.map(NonMaxUsize::get);
        places.extend(slots.as_chunks().0.iter().map(|[begin, end]| place(*begin).zip(place(*end))));
        fits.is_ok_and(|fits| fits.is_some())
    }
}

/// Where the groups of a line stand, and the memory that finding them takes: kept from line to line, so that a line costs
/// no allocation.
#[derive(Default)]
pub(super) struct Found {
    places: Vec<Option<(usize, usize)>>,
    slots: Vec<Option<NonMaxUsize>>,
    one_way: Option<onepass::Cache>,
    several_ways: Option<backtrack::Cache>,
}

// Written by hand: the memory is thousands of numbers that say nothing.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Found {
    /// Forgets the places of the line before.
    pub(super) fn clear(&mut self) {
        self.places.clear();
    }

    /// Adds the place of the next group.
    pub(super) fn push(&mut self, begin: usize, end: usize) {
        self.places.push(Some((begin, end)));
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The text of a group, if it took part.
    pub(super) fn get<'a>(&self, group: usize, text: &'a [u8]) -> Option<&'a [u8]> {
        let (begin, end) = self.places.get(group).copied().flatten()?;
        text.get(begin..end)
    }
}
