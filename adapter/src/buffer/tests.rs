use futures::{FutureExt as _, poll};
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Buffer, COALESCE, Load};
use crate::link::BATCH_READINGS_MAX;
use crate::receipt::{Outcome, Receipt};
use crate::testing::{buffer, number, printer, readings};

const MIB: usize = 1 << 20;

fn ripe() -> Instant {
    Instant::now() + COALESCE
}

fn numbers(load: &Load) -> Vec<i64> {
    load.batch().readings.iter().map(number).collect()
}

fn take_all(buffer: &Buffer) -> Vec<(String, Vec<i64>)> {
    let mut taken = Vec::new();
    while let Some((lane, load)) = buffer.take(ripe()) {
        taken.push((load.batch().thing.to_string(), numbers(&load)));
        buffer.finish(lane, load.kept_bytes, load.polled_bytes);
        load.accept();
    }
    taken
}

#[tokio::test]
async fn no_readings_are_accepted_at_once() {
    let (buffer, _) = buffer(MIB, &["p01"]);
    let (receipt, verdict) = Receipt::group();
    buffer.put_kept(&printer("p01"), Vec::new(), receipt).await;
    assert_eq!(verdict.await, Outcome::Accepted);
}

#[tokio::test]
async fn a_printer_that_is_not_configured_is_nacked() {
    let (buffer, counters) = buffer(MIB, &["p01"]);
    let (receipt, verdict) = Receipt::group();
    buffer.put_kept(&printer("p99"), readings(0..3), receipt).await;
    assert_eq!(verdict.await, Outcome::Nacked);
    buffer.put_polled(&printer("p99"), readings(0..3));
    assert_eq!(counters.readings_given_up.now(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_batch_waits_a_little_for_company_and_a_full_one_does_not() {
    let (buffer, _) = buffer(4 * MIB, &["p01"]);
    let start = Instant::now();
    assert_eq!(buffer.ripe_at(), None);
    buffer.put_polled(&printer("p01"), readings([1]));
    assert_eq!(buffer.ripe_at(), Some(start + COALESCE));
    assert!(buffer.take(start).is_none());
    buffer.put_polled(&printer("p01"), readings(2..=BATCH_READINGS_MAX as i64));
    assert_eq!(buffer.ripe_at(), Some(start));
    assert!(buffer.take(start).is_some());
}

#[tokio::test]
async fn lanes_take_turns() {
    let (buffer, _) = buffer(16 * MIB, &["p01", "p02", "p03"]);
    buffer.put_polled(&printer("p01"), readings(0..2000));
    buffer.put_polled(&printer("p03"), readings(0..600));
    buffer.put_own(readings([7]));
    let order: Vec<_> =
        take_all(&buffer).into_iter().map(|(thing, numbers)| (thing, numbers.len())).collect();
    let order: Vec<_> = order.iter().map(|(thing, count)| (thing.as_str(), *count)).collect();
    let expected = [
        ("oslo-1", 1),
        ("oslo-1.p01", 500),
        ("oslo-1.p03", 500),
        ("oslo-1.p01", 500),
        ("oslo-1.p03", 100),
        ("oslo-1.p01", 500),
        ("oslo-1.p01", 500),
    ];
    assert_eq!(order, expected);
    assert_eq!(buffer.bytes(), 0);
}

#[tokio::test]
async fn one_batch_of_a_lane_is_out_at_a_time() {
    let (buffer, _) = buffer(4 * MIB, &["p01"]);
    buffer.put_polled(&printer("p01"), readings(0..600));
    let (lane, load) = buffer.take(ripe()).unwrap();
    assert!(buffer.take(ripe()).is_none() && buffer.ripe_at().is_none());
    buffer.finish(lane, load.kept_bytes, load.polled_bytes);
    assert_eq!(buffer.take(ripe()).unwrap().1.len(), 100);
}

#[tokio::test]
async fn what_was_polled_goes_freshest_first_and_what_is_kept_in_order() {
    let (buffer, _) = buffer(16 * MIB, &["p01"]);
    let (receipt, _verdict) = Receipt::group();
    buffer.put_kept(&printer("p01"), readings(1000..1600), receipt).await;
    buffer.put_polled(&printer("p01"), readings(0..600));
    let batches: Vec<_> = take_all(&buffer).into_iter().map(|(_, numbers)| numbers).collect();
    let span = |numbers: std::ops::Range<i64>| numbers.collect::<Vec<_>>();
    assert_eq!(batches[0], [span(350..600), span(1000..1250)].concat());
    assert_eq!(batches[1], [span(100..350), span(1250..1500)].concat());
    assert_eq!(batches[2], [span(0..100), span(1500..1600)].concat());
}

#[tokio::test]
async fn what_was_put_in_at_once_stays_together_unless_the_batch_is_small_without_it() {
    for (puts, expected) in [
        ([300, 300, 10], vec![300, 310]),
        ([100, 480, 10], vec![500, 90]),
        ([500, 1, 499], vec![500, 500]),
        ([1200, 0, 0], vec![500, 500, 200]),
    ] {
        let (buffer, _) = buffer(16 * MIB, &["p01"]);
        let (receipt, verdict) = Receipt::group();
        let mut next = 0;
        for count in puts {
            buffer.put_kept(&printer("p01"), readings(next..next + count), receipt.share()).await;
            next += count;
        }
        receipt.accept();
        let batches: Vec<_> = take_all(&buffer).into_iter().map(|(_, numbers)| numbers).collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{puts:?}");
        assert_eq!(batches.concat(), (0..next).collect::<Vec<_>>(), "{puts:?}");
        assert_eq!((verdict.await, buffer.bytes()), (Outcome::Accepted, 0), "{puts:?}");
    }
}

#[tokio::test]
async fn a_source_that_keeps_its_data_waits_for_room_and_polled_data_gives_way_to_newer() {
    let (buffer, counters) = buffer(MIB / 4, &["p01"]);
    let id = printer("p01");
    let (receipt, mut verdict) = Receipt::group();
    let mut put = std::pin::pin!(buffer.put_kept(&id, readings(0..1000), receipt).fuse());
    assert!(poll!(&mut put).is_pending());

    buffer.put_polled(&id, readings(5000..9000));
    let given_up = counters.readings_given_up.now();
    assert!(given_up > 0 && buffer.bytes() <= MIB / 4);

    let mut taken = Vec::new();
    while poll!(&mut verdict).is_pending() {
        taken.extend(take_all(&buffer).into_iter().flat_map(|(_, numbers)| numbers));
        let _ = poll!(&mut put);
    }
    let kept: Vec<_> = taken.iter().copied().filter(|number| *number < 1000).collect();
    assert_eq!(kept, (0..1000).collect::<Vec<_>>());
    let mut polled: Vec<_> = taken.into_iter().filter(|number| *number >= 5000).collect();
    polled.sort_unstable();
    assert_eq!(polled, (5000 + i64::try_from(given_up).unwrap()..9000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_flooding_printer_leaves_the_others_their_room() {
    let (buffer, counters) = buffer(MIB, &["p01", "p02"]);
    buffer.put_polled(&printer("p02"), readings(0..100));
    let before = counters.readings_given_up.now();
    buffer.put_polled(&printer("p01"), readings(0..100_000));
    assert!(counters.readings_given_up.now() > before);
    let p02: usize =
        take_all(&buffer).iter().filter(|(thing, _)| thing == "oslo-1.p02").map(|(_, n)| n.len()).sum();
    assert_eq!(p02, 100);
}

#[tokio::test]
async fn closing_nacks_what_is_kept_and_counts_what_was_polled() {
    let (buffer, counters) = buffer(MIB / 4, &["p01"]);
    let id = printer("p01");
    let (receipt, verdict) = Receipt::group();
    let mut waiting = std::pin::pin!(buffer.put_kept(&id, readings(0..1000), receipt));
    assert!(poll!(&mut waiting).is_pending());
    buffer.put_polled(&id, readings(0..10));
    buffer.close();
    waiting.await;
    assert_eq!(verdict.await, Outcome::Nacked);
    buffer.put_polled(&id, readings(0..5));
    assert_eq!((counters.readings_given_up.now(), buffer.bytes()), (15, 0));
}

proptest! {
    #[test]
    fn what_sources_keep_is_under_the_ceiling_and_comes_in_order_however_it_is_cut(
        puts in prop::collection::vec(1i64..900, 1..30),
        polled in 0i64..700,
    ) {
        let (buffer, _) = buffer(MIB / 2, &["p01"]);
        let id = printer("p01");
        let (mut next, mut taken) = (0, Vec::new());
        for count in puts {
            let (receipt, _verdict) = Receipt::group();
            let mut put = std::pin::pin!(buffer.put_kept(&id, readings(next..next + count), receipt));
            next += count;
            while put.as_mut().now_or_never().is_none() {
                prop_assert!(buffer.bytes() <= MIB / 2);
                buffer.put_polled(&id, readings(-polled..0));
                taken.extend(take_all(&buffer));
            }
        }
        taken.extend(take_all(&buffer));
        let kept: Vec<_> = taken.into_iter().flat_map(|(_, numbers)| numbers).filter(|number| *number >= 0).collect();
        prop_assert_eq!(kept, (0..next).collect::<Vec<_>>());
        prop_assert_eq!(buffer.bytes(), 0);
    }

    #[test]
    fn it_never_holds_more_than_its_ceiling_and_loses_nothing_uncounted(
        puts in prop::collection::vec((0usize..3, 1i64..400), 1..60)
    ) {
        let (buffer, counters) = buffer(MIB / 4, &["p01", "p02", "p03"]);
        let mut put = 0;
        for (which, count) in puts {
            buffer.put_polled(&printer(["p01", "p02", "p03"][which]), readings(put..put + count));
            put += count;
            prop_assert!(buffer.bytes() <= MIB / 4);
        }
        let taken: usize = take_all(&buffer).iter().map(|(_, numbers)| numbers.len()).sum();
        let given_up = usize::try_from(counters.readings_given_up.now()).unwrap();
        prop_assert_eq!(taken + given_up, usize::try_from(put).unwrap());
        prop_assert_eq!(buffer.bytes(), 0);
    }
}
