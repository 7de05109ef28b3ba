//! A reader's place in the log.

use catalog::Timestamp;

use super::super::*;

/// Events from the first to the last of `said`, or none for 0, of a log that holds from the first to the last of `held`.
fn list(held: (u64, u64), said: std::ops::RangeInclusive<u64>) -> EventList {
    let event =
        |sequence| Event { sequence, time: Timestamp(0), mono_ms: sequence * 100, what: Occurrence::Other };
    EventList::new(
        Held::new(held.0, held.1).unwrap(),
        said.filter(|sequence| *sequence > 0).map(event).collect(),
    )
    .unwrap()
}

#[test]
fn what_is_new_is_taken_and_what_is_missing_is_told() {
    for (had, held, said, expected, gap) in [
        // In order, and nothing new.
        (4, (1, 9), 5..=9, vec![5, 6, 7, 8, 9], None),
        (4, (1, 4), 0..=0, vec![], None),
        (0, (1, 0), 0..=0, vec![], None),
        // Sent again.
        (4, (1, 6), 3..=6, vec![5, 6], None),
        (4, (1, 6), 3..=4, vec![], None),
        // The printer had no room for some.
        (4, (7, 9), 7..=9, vec![7, 8, 9], Some(Gap::Lost { first: 5, last: 6 })),
        (0, (2, 2), 2..=2, vec![2], Some(Gap::Lost { first: 1, last: 1 })),
        // It had room for none, and there is nothing to show.
        (4, (10, 9), 0..=0, vec![], Some(Gap::Lost { first: 5, last: 9 })),
        // It left some out though it holds them: missing all the same.
        (4, (1, 9), 8..=9, vec![8, 9], Some(Gap::Lost { first: 5, last: 7 })),
        // It counts anew without a new instance.
        (9, (1, 3), 1..=3, vec![1, 2, 3], Some(Gap::WentBack)),
        (9, (1, 0), 0..=0, vec![], Some(Gap::WentBack)),
    ] {
        let mut cursor = Cursor::after(had);
        let taken = cursor.take(list(held, said.clone()));
        let sequences: Vec<_> = taken.events.iter().map(|event| event.sequence).collect();
        assert_eq!((sequences, taken.gap), (expected, gap), "had {had}, {held:?} {said:?}");
    }
}

#[test]
fn a_gap_is_told_once_and_counted() {
    let mut cursor = Cursor::after(4);
    let lost = cursor.meet(Held::new(7, 9).unwrap());
    assert_eq!(lost.and_then(Gap::count), Some(2));
    assert_eq!(cursor.take(list((7, 9), 7..=8)).gap, None);
    assert_eq!(cursor.take(list((7, 9), 9..=9)).gap, None);
    assert_eq!((cursor.next(), Gap::WentBack.count()), (Some(10), None));
}

#[test]
fn who_has_had_nothing_begins_where_the_log_begins() {
    let mut cursor = Cursor::default();
    assert_eq!(cursor.next(), None);
    let taken = cursor.take(list((40, 42), 40..=41));
    assert_eq!((taken.gap, taken.events.len(), cursor.next()), (None, 2, Some(42)));
}
