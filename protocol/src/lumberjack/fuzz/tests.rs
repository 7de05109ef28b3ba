use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fixtures;

#[test]
fn any_bytes_of_the_corpus_do_no_harm() {
    for input in fixtures::corpus("lumberjack_frames") {
        fuzz_frames(&input);
    }
}

#[test]
fn any_bytes_of_the_cases_do_no_harm() {
    for case in fixtures::cases("lumberjack") {
        for cut in [&[0][..], &[1, 0], &[2, 2, 255]] {
            fuzz_frames(&[cut, &case.input()].concat());
        }
    }
}

#[test]
fn windows_built_from_the_corpus_come_out_as_built() {
    for input in fixtures::corpus("lumberjack_windows") {
        fuzz_windows(&input);
    }
}

#[test]
fn a_stream_is_cut_as_the_input_says() {
    let cut = Cut::of(&[2, 0, 1, b'a', b'b', b'c', b'd', b'e']).unwrap();
    assert_eq!(cut.pieces(cut.stream), [&b"a"[..], b"bc", b"d", b"e"]);
    let whole = Cut::of(&[0, b'a', b'b']).unwrap();
    assert_eq!(whole.pieces(whole.stream), [b"ab"]);
    assert!(Cut::of(&[3, 0]).is_none());
}

proptest! {
    #[test]
    fn no_bytes_do_harm(input in vec(any::<u8>(), 0..200)) {
        fuzz_frames(&input);
    }

    #[test]
    fn any_valid_stream_comes_out_as_built_however_it_is_cut(input in vec(any::<u8>(), 0..600)) {
        fuzz_windows(&input);
    }
}
