mod half_open;
mod listed;
mod talk;

use proptest::prelude::*;

use super::{METHODS, Moonraker, PATHS, SOCKET};
use crate::intake::poll::driver::{Driver as _, Next};
use crate::intake::poll::found::{Found, Words};
use crate::intake::poll::tests::{beginning, memory};
use crate::intake::poll::transport::http::Got;
use crate::intake::poll::transport::rpc::{Answer, Query};

/// Bytes, and JSON that begins as Moonraker's does and goes on as it likes.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let value = r#"(null|-?[0-9]{1,4}(\.[0-9])?|"[^"\\]{0,9}"|\[\]|1e9{1,3}|\{"(mcu_awake|total_layer)":[0-9]{1,9}\})"#;
    let fields =
        format!(r#"\{{"(temperature|target|power|progress|state|filename|info|last_stats|rpm)":{value}\}}"#);
    let status =
        format!(r#"\{{"(extruder|heater_generic chamber|print_stats|display_status|mcu)":{fields}\}}"#);
    let told = format!(r#"\{{"method":"notify_status_update","params":\[{status},1\.5\]\}}"#);
    let answered = format!(r#"\{{"id":[0-9],"result":\{{"status":{status}\}}\}}"#);
    let info = r#"\{"(id":[0-9],")?result":\{"state":"(ready|shutdown|error|startup|x)","state_message":"[^"\\]{0,30}"\}\}"#;
    let list = r#"\{"(id":[0-9],")?result":\{"objects":\["extruder","heater_generic chamber","print_stats","display_status","mcu"\]\}\}"#;
    let notice = r#"\{"method":"notify_(klippy_ready|klippy_disconnected|klippy_shutdown|gcode_response)"\}"#;
    let of =
        |pattern: &str| proptest::string::string_regex(pattern).unwrap().prop_map(String::into_bytes).boxed();
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        of(&told),
        of(&answered),
        of(info),
        of(list),
        of(notice),
        of(r#"\{"(id":[0-9],")?error":\{"code":-?[0-9]{1,5}\}\}"#),
    ]
}

proptest! {
    /// Whatever is answered and told, it asks on, and what it found is of the catalogue.
    #[test]
    fn no_answer_stops_it(answers in proptest::collection::vec((0..4u8, 0u16..600, message()), 1..40)) {
        let (mut driver, mut memory, now) = (Moonraker::default(), memory(std::time::Duration::from_secs(5)), beginning());
        let mut words = Words::default();
        driver.begin(now);
        for (kind, status, body) in answers {
            let status = if status < 400 { 200 } else { status };
            let mut found = Found::new(&mut memory, now, &mut words);
            let query = loop {
                match driver.next(now) {
                    Next::Ask(query) => break query,
                    Next::Tell(_) => panic!("there are no acknowledgements"),
                    Next::Rest => driver.round(now, &mut found),
                }
            };
            let body = bytes::Bytes::from(body);
            if kind == 0 {
                driver.answer(Answer::Said(body.clone()), now, &mut found);
            }
            match query {
                Query::Get(get) => {
                    let got = Got { path: get.path(), status, retry_after: None, date: None, body };
                    driver.answer(Answer::Got(got), now, &mut found);
                }
                Query::Call(_) if kind == 1 => {
                    driver.answer(Answer::NoSocket, now, &mut found);
                }
                Query::Call(call) => {
                    let id = call.json().split("\"id\":").nth(1).unwrap().split([',', '}']).next().unwrap().to_owned();
                    let text = String::from_utf8_lossy(&body).into_owned();
                    let numbered = text.replacen('{', &format!("{{\"id\":{id},"), 1);
                    driver.answer(Answer::Said(numbered.into_bytes().into()), now, &mut found);
                }
            }
        }
    }
}
