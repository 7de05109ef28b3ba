//! Valid streams, built from the input together with what must come of them.

use super::super::{Event, Window};
use super::{Cut, decode};
use crate::inflate::deflate;
use crate::limits;

/// A stream that is right, whatever mixture of frames it is, comes out as it was built, however it is cut.
#[doc(hidden)]
pub fn fuzz_windows(input: &[u8]) {
    let Some(cut) = Cut::of(input) else { return };
    let mut built = Built::default();
    let mut seed = Seed(cut.stream);
    while built.step(&mut seed).is_some() {}
    let (stream, expected) = built.finish();
    let (windows, error) = decode(&cut.pieces(&stream));
    assert_eq!(error, None);
    assert_eq!(windows.len(), expected.len(), "windows");
    for (window, expected) in windows.iter().zip(&expected) {
        compare(window, expected);
    }
}

fn compare(window: &Window, expected: &Sent) {
    assert_eq!(window.last_sequence, expected.0.last().map_or(0, |(sequence, _)| *sequence));
    assert_eq!(window.events.len(), expected.0.len(), "events");
    for (event, (sequence, body)) in window.events.iter().zip(&expected.0) {
        assert_eq!(event.sequence, *sequence);
        match body {
            Body::Json(json) => assert_eq!(&event.json, json),
            Body::Pairs(pairs) => assert_eq!(read_pairs(event), lossy(pairs)),
        }
    }
}

/// The pairs as any JSON parser reads them back, in order of their keys.
fn read_pairs(event: &Event) -> Vec<(String, String)> {
    let object: serde_json::Result<std::collections::BTreeMap<String, String>> =
        serde_json::from_str(&String::from_utf8_lossy(&event.json));
    assert!(object.is_ok(), "{object:?} of {:?}", event.json);
    object.into_iter().flatten().collect()
}

fn lossy(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    pairs.iter().map(|(key, value)| (text(key), text(value))).collect()
}

enum Body {
    Json(Vec<u8>),
    Pairs(Vec<(Vec<u8>, Vec<u8>)>),
}

/// A window's events as they were sent.
#[derive(Default)]
struct Sent(Vec<(u32, Body)>);

/// A stream under construction.
#[derive(Default)]
struct Built {
    /// The stream, and on top of it the compressed frames that are being filled.
    layers: Vec<Vec<u8>>,
    below: Vec<u8>,
    open: Option<(usize, Sent)>,
    done: Vec<Sent>,
    sequence: u32,
}

impl Built {
    /// One more frame, as the seed says; `None` when it says no more.
    fn step(&mut self, seed: &mut Seed<'_>) -> Option<()> {
        match seed.byte()? % 8 {
            0 => self.window(usize::from(seed.byte()? % 8)),
            1 => self.begin_compressed(),
            2 => self.end_compressed(u32::from(seed.byte()? % 10)),
            // Where the sequence goes on: at 1, just before it rolls over, or anywhere.
            3 => self.sequence = seed.sequence()?,
            4 | 5 => {
                let pairs = seed.pairs()?;
                self.event(Body::Pairs(pairs));
            }
            _ => {
                let length = seed.byte()?;
                self.event(Body::Json(seed.take(length)));
            }
        }
        Some(())
    }

    fn window(&mut self, count: usize) {
        self.put(b'W', &[count], b"");
        if let Some((_, sent)) = self.open.take()
            && !sent.0.is_empty()
        {
            self.done.push(sent);
        }
        self.open = Some((count, Sent::default()));
        self.close_if_full();
    }

    fn event(&mut self, body: Body) {
        if self.open.is_none() {
            self.window(2);
        }
        let sequence = self.sequence as usize;
        match &body {
            Body::Json(json) => self.put(b'J', &[sequence, json.len()], json),
            Body::Pairs(pairs) => {
                let texts = pairs.iter().flat_map(|(key, value)| [key, value]);
                let body: Vec<u8> =
                    texts.flat_map(|text| [&number(text.len()), &text[..]].concat()).collect();
                self.put(b'D', &[sequence, pairs.len()], &body);
            }
        }
        if let Some((_, sent)) = &mut self.open {
            sent.0.push((self.sequence, body));
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.close_if_full();
    }

    fn close_if_full(&mut self) {
        if let Some((_, sent)) = self.open.take_if(|(count, sent)| sent.0.len() == *count) {
            self.done.push(sent);
        }
    }

    fn begin_compressed(&mut self) {
        if self.layers.len() < limits::COMPRESSED_DEPTH_MAX {
            self.layers.push(Vec::new());
        }
    }

    fn end_compressed(&mut self, level: u32) {
        if let Some(frames) = self.layers.pop() {
            let body = deflate(&frames, level);
            self.put(b'C', &[body.len()], &body);
        }
    }

    fn put(&mut self, kind: u8, numbers: &[usize], body: &[u8]) {
        let out = self.layers.last_mut().unwrap_or(&mut self.below);
        out.extend_from_slice(&[b'2', kind]);
        out.extend(numbers.iter().flat_map(|value| number(*value)));
        out.extend_from_slice(body);
    }

    /// The stream and its windows; what was begun is ended, so that everything is expected.
    fn finish(mut self) -> (Vec<u8>, Vec<Sent>) {
        self.window(0);
        while !self.layers.is_empty() {
            self.end_compressed(3);
        }
        (self.below, self.done)
    }
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

/// The rest of the input, from which choices are taken.
struct Seed<'a>(&'a [u8]);

impl Seed<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// As many bytes as there are, up to this length.
    fn take(&mut self, length: u8) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(usize::from(length).min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    fn sequence(&mut self) -> Option<u32> {
        let byte = self.byte()?;
        Some(if byte < 128 { u32::from(byte) } else { u32::MAX - u32::from(byte - 128) })
    }

    // A digit first, so that no key stands twice and their order is kept.
    fn pairs(&mut self) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let count = self.byte()? % 10;
        let mut pairs = Vec::new();
        for digit in b'0'..b'0' + count {
            let (key, value) = (self.byte()? % 16, self.byte()?);
            pairs.push(([vec![digit], self.take(key)].concat(), self.take(value)));
        }
        Some(pairs)
    }
}
