use proptest::prelude::*;

use super::{OctoPrint, PATHS};
use crate::intake::poll::tests::conversation;

#[test]
fn each_conversation_comes_to_what_it_says() {
    conversation::each_case("octoprint-api", OctoPrint::default);
}

/// Bytes, and JSON that begins as OctoPrint's does and goes on as it likes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let heater = r#"\{"(actual|target|time)":(null|-?[0-9]{1,4}(\.[0-9])?|"x"|\[\]|1e9{1,3})\}"#;
    let temperatures = format!(
        r#"\{{"state":\{{"flags":\{{"(error|printing|ready)":(true|false|1)\}}\}},"temperature":\{{"(tool[0-9]{{1,3}}|bed|history)":({heater}|\[{heater}\])\}}\}}"#
    );
    let job = r#"\{"job":\{"file":\{"path":"[^"\\]{0,20}"\}\},"progress":\{"completion":-?[0-9]{1,9}\},"state":"[A-Z][a-z]{3,9}"\}"#;
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        proptest::string::string_regex(&temperatures).unwrap().prop_map(String::into_bytes),
        job.prop_map(String::into_bytes),
        r#"\{"error":"[^"\\]{0,60}","reason":"(firmware|connection|x)?"\}"#.prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever is answered, it asks on, and what it found is of the catalogue.
    #[test]
    fn no_answer_stops_it(answers in proptest::collection::vec((0..PATHS.len(), 0u16..600, body()), 1..20)) {
        conversation::takes_any(OctoPrint::default(), PATHS, answers);
    }
}
