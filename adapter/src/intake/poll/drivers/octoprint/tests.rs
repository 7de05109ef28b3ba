use bytes::Bytes;
use proptest::prelude::*;

use super::{OctoPrint, PATHS};
use crate::intake::poll::driver::{Driver as _, Next};
use crate::intake::poll::found::{Found, Words};
use crate::intake::poll::tests::{beginning, conversation, memory};
use crate::intake::poll::transport::http::Got;

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
        let (mut driver, mut memory, now) = (OctoPrint::default(), memory(std::time::Duration::from_secs(5)), beginning());
        let mut words = Words::default();
        driver.begin(now);
        for (path, status, body) in answers {
            let status = if status < 400 { 200 } else { status };
            let mut found = Found::new(&mut memory, now, &mut words);
            driver.round(now, &mut found);
            prop_assert!(matches!(driver.next(now), Next::Ask(_)));
            let got = Got { path: &PATHS[path], status, retry_after: None, date: None, body: Bytes::from(body) };
            driver.answer(got, now, &mut found);
        }
    }
}
