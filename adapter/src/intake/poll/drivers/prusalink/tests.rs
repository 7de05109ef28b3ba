use bytes::Bytes;
use proptest::prelude::*;

use super::{PATHS, PrusaLink};
use crate::intake::poll::driver::{Driver as _, Next};
use crate::intake::poll::found::{Found, Words};
use crate::intake::poll::tests::{beginning, conversation, memory};
use crate::intake::poll::transport::http::Got;

#[test]
fn each_conversation_comes_to_what_it_says() {
    conversation::each_case("prusalink-api", PrusaLink::default);
}

/// Bytes, and JSON that begins as PrusaLink's does and goes on as it likes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = r#"(null|true|-?[0-9]{1,9}(\.[0-9])?|"[^"\\]{0,12}"|\[\]|\{\})"#;
    let printer = format!(
        r#"\{{"printer":\{{"state":("(IDLE|PRINTING|ERROR|ATTENTION|[A-Z]{{1,9}})"|{value}),"(temp_bed|axis_z|fan_print|status_printer)":{value}\}},"job":(\{{"id":{value},"progress":{value}\}}|{value})\}}"#
    );
    let job = format!(r#"\{{"id":{value},"file":(\{{"path":{value},"name":{value}\}}|{value})\}}"#);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        proptest::string::string_regex(&printer).unwrap().prop_map(String::into_bytes),
        proptest::string::string_regex(&job).unwrap().prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever is answered, it asks on, and what it found is of the catalogue.
    #[test]
    fn no_answer_stops_it(answers in proptest::collection::vec((0..PATHS.len(), 0u16..600, body()), 1..20)) {
        let (mut driver, mut memory, now) = (PrusaLink::default(), memory(std::time::Duration::from_secs(5)), beginning());
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
