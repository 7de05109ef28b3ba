use super::*;
use crate::intake::beats::limits::{CONNECTIONS_PER_PRINTER_MAX, STALL_MAX};
use crate::intake::listener::Senders;
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;

/// Printers p01 to p20, each known by its certificate.
fn bench() -> (Bench, Senders<Known>) {
    let ids: Vec<_> = (1..=20).map(|number| PrinterId::parse(&format!("p{number:02}")).unwrap()).collect();
    let bench = testing::bench_of(&ids);
    let printer = |id: PrinterId| {
        let beats = Some(Sender::Certificate(id.as_str().to_owned()));
        Printer { id, beats, ..testing::printer() }
    };
    let printers: Vec<_> = ids.into_iter().map(printer).collect();
    let senders = senders::senders(&printers, &bench.context);
    (bench, senders)
}

/// A connection of this printer, served until it ends.
fn connect(bench: &Bench, senders: &Senders<Known>, printer: &str) -> (DuplexStream, JoinHandle<End>) {
    let (ours, theirs) = duplex(64 << 10);
    let known = senders.find(&[printer.to_owned()], [127, 0, 0, 1].into()).unwrap().clone();
    let seat = known.connection().unwrap().0;
    let context = bench.context.clone();
    let serve = async move { Connection::new(theirs, known, &context, seat).serve().await };
    (ours, tokio::spawn(serve))
}

/// The sequence of the next acknowledgement that is no keep-alive, and how many keep-alives came before.
async fn acknowledged(stream: &mut DuplexStream) -> (u32, usize) {
    let (mut decoder, mut waits) = (AckDecoder::new(), 0);
    loop {
        let mut bytes = [0; 6];
        stream.read_exact(&mut bytes).await.unwrap();
        decoder.push(&bytes);
        match decoder.next() {
            Some(0) => waits += 1,
            Some(sequence) => return (sequence, waits),
            None => {}
        }
    }
}

/// Events without readings, of so many bytes.
fn blank(bytes: usize, count: usize) -> Vec<Vec<u8>> {
    vec![vec![b' '; bytes]; count]
}

#[tokio::test(start_paused = true)]
async fn half_windows_are_given_up_as_stalled_and_nobody_else_notices() {
    let (bench, senders) = bench();
    let large = encode_window(1, &blank(100 << 10, 300), None);
    let mut stuck = Vec::new();
    for _ in 0..CONNECTIONS_PER_PRINTER_MAX - 1 {
        let (mut ours, served) = connect(&bench, &senders, "p01");
        let large = large[..large.len() - 1].to_vec();
        stuck.push((tokio::spawn(async move { ours.write_all(&large).await.map(|()| ours) }), served));
    }
    // All have come as far as they come.
    testing::pass(STALL_MAX / 2).await;
    for (printer, events) in [("p01", 10), ("p02", 2048), ("p20", 2048)] {
        let (mut client, _served) = connect(&bench, &senders, printer);
        client.write_all(&encode_window(1, &blank(800, events), Some(3))).await.unwrap();
        assert_eq!(acknowledged(&mut client).await, (u32::try_from(events).unwrap(), 0), "{printer}");
    }
    for (_, served) in stuck {
        let end = served.await.unwrap();
        assert!(matches!(end, End::Decided(Why::Stalled)), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn windows_of_any_size_come_through_at_the_same_time() {
    let (bench, senders) = bench();
    let windows = [None, Some(9)].map(|level| encode_window(1, &blank(100 << 10, 200), level));
    let mut clients = Vec::new();
    for (number, printer) in ["p01", "p02", "p03", "p01", "p02", "p03"].into_iter().enumerate() {
        let (mut ours, served) = connect(&bench, &senders, printer);
        let window = windows[number % 2].clone();
        clients.push(tokio::spawn(async move {
            ours.write_all(&window).await.unwrap();
            let answer = acknowledged(&mut ours).await;
            drop(ours);
            (answer, served.await.unwrap())
        }));
    }
    for client in clients {
        let ((sequence, _), end) = client.await.unwrap();
        assert_eq!(sequence, 200);
        assert!(matches!(end, End::Decided(Why::Ended)), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_held_up_in_the_middle_of_a_window_is_told_so_and_goes_on() {
    let (bench, senders) = bench();
    // More than the buffer takes.
    let (count, (mut client, _served)) = (60_000, connect(&bench, &senders, "p01"));
    let window = encode_window(1, &events(0..count), None);
    let (mut acks, mut frames) = tokio::io::split(&mut client);
    let write = async { frames.write_all(&window).await.unwrap() };
    let told = async {
        let mut bytes = [0; 18];
        acks.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes.to_vec(), protocol::lumberjack::ack(0).repeat(3));
        bench.store_records(usize::try_from(count).unwrap()).await
    };
    let ((), numbers) = both(write, told).await;
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    assert_eq!(acknowledged(&mut client).await.0, u32::try_from(count).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_gives_its_place_to_a_new_one_of_its_printer() {
    let (bench, senders) = bench();
    let mut left_behind: Vec<_> =
        (0..CONNECTIONS_PER_PRINTER_MAX).map(|_| connect(&bench, &senders, "p01")).collect();
    testing::pass(Duration::from_secs(40)).await;
    // This one is not silent: its window waits.
    left_behind[0].0.write_all(&encode_window(1, &events([1]), None)).await.unwrap();
    // Until it has been read.
    testing::pass(Duration::from_millis(1)).await;
    let (mut client, _served) = connect(&bench, &senders, "p01");
    client.write_all(&encode_window(9, &events([2]), None)).await.unwrap();
    let (_, (sequence, _)) = both(bench.store_records(2), acknowledged(&mut client)).await;
    assert_eq!(sequence, 9);
    assert_eq!(acknowledged(&mut left_behind[0].0).await.0, 1);
    let ended = left_behind.iter().filter(|(_, served)| served.is_finished()).count();
    assert_eq!(ended, 1);
}
