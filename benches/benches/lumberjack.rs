//! Decoding Filebeat's window of 2,048 events, compressed and plain, as it comes from a socket.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use protocol::lumberjack::{Decoder, Step, encode_window};

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

/// What one read of a socket brings.
const READ_BYTES: usize = 16 << 10;

fn main() {
    divan::main();
}

#[divan::bench]
fn window_compressed(bencher: Bencher<'_, '_>) {
    decode_windows(bencher, Some(3));
}

#[divan::bench]
fn window_plain(bencher: Bencher<'_, '_>) {
    decode_windows(bencher, None);
}

#[divan::bench]
fn window_encoded_compressed(bencher: Bencher<'_, '_>) {
    let events = benches::filebeat_events();
    bencher.counter(ItemsCount::new(events.len())).bench(|| encode_window(1, black_box(&events), Some(3)));
}

fn decode_windows(bencher: Bencher<'_, '_>, compression: Option<u32>) {
    let events = benches::filebeat_events();
    let stream = encode_window(1, &events, compression);
    let inflated: usize = events.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(events.len()))
        .counter(BytesCount::new(inflated))
        .bench(|| decode(black_box(&stream)));
}

/// Bytes of the events, so that each is had.
fn decode(stream: &[u8]) -> usize {
    let (mut decoder, mut bytes) = (Decoder::new(), 0);
    for read in stream.chunks(READ_BYTES) {
        decoder.push(read);
        while let Ok(Some(step)) = decoder.next_step() {
            if let Step::Event { json, .. } = step {
                bytes += black_box(json).len();
            }
        }
    }
    bytes
}
