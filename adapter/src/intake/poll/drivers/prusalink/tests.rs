use proptest::prelude::*;

use super::{PATHS, PrusaLink};
use crate::intake::poll::tests::conversation;

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
        conversation::takes_any(PrusaLink::default(), PATHS, answers);
    }
}
