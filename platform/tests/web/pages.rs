//! Every page: what it shows, and what none may hold.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::house::house;

const PAGES: [(&str, &str); 8] = [
    ("/", "alarms to acknowledge"),
    ("/printers/oslo-1.p03", "Vat temperature"),
    ("/printers/oslo-1.p03?range=7d&item=vat.level", "id=\"plot-vat_level\""),
    ("/printers/bergen-1.p04", "Adapter bergen-1 is not heard"),
    ("/printers/oslo-1", "Reporting"),
    ("/alarms", "Laser power is low"),
    ("/alarms?show=past&severity=2&q=vat", "Resin in the vat is too hot"),
    ("/collected-data", "laser.power_setpoint"),
];
pub(crate) const ADMIN_PAGES: [(&str, &str); 5] = [
    ("/adapters", "stavanger-1"),
    ("/adapters/1/stick", "Site stick for bergen-1"),
    ("/audit", "Created an adapter"),
    ("/keys/1/revoke", "Revoke the key"),
    ("/printers/oslo-1.p03/retire", "Take it out"),
];

#[tokio::test]
async fn every_page_shows_what_is_in_the_store() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    for (path, word) in PAGES.into_iter().chain(ADMIN_PAGES) {
        let answer = house.get(path, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains(word), "{path} lacks {word:?}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn nothing_inline_stands_in_any_page_and_every_answer_forbids_it() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let others = [("/login", ""), ("/nowhere", ""), ("/keys/999/revoke", ""), ("/assets/x/app.css", "")];
    for (path, _) in PAGES.into_iter().chain(ADMIN_PAGES).chain(others) {
        let answer = house.get(path, &cookie).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        for inline in [" style=", "<style", " onclick=", " hx-on", "javascript:", "<script>"] {
            assert!(!answer.text.contains(inline), "{path} has {inline:?}");
        }
    }
}

#[tokio::test]
async fn one_press_acknowledges_and_leads_back() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let button = "id=\"acknowledge-5\"";
    assert!(house.get("/", &cookie).await.text.contains(button));
    let answer = house.post("/alarms/5/acknowledge", &cookie, "back=%2Fprinters%2Foslo-1.p03").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/printers/oslo-1.p03"));
    let page = house.get("/", &cookie).await.text;
    assert!(!page.contains(button) && page.contains("bert, <time"), "{page}");
    for id in ["999", "x"] {
        let answer = house.post(&format!("/alarms/{id}/acknowledge"), &cookie, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_alarm_of_the_printers_own_says_what_it_is_about() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    for page in ["/", "/alarms?show=open"] {
        let page = house.get(page, &cookie).await.text;
        assert!(page.contains("Bed: thermal, failed"), "{page}");
    }
}

#[tokio::test]
async fn the_queue_stands_worst_first_and_a_silent_adapter_paints_nothing_green_or_red() {
    let house = house().await;
    let page = house.get("/", &house.log_in("bert").await).await.text;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text:?} is not in {page}"));
    assert!(place("id=\"alarm-5\"") < place("id=\"alarm-8\""), "critical before medium");
    assert!(place("id=\"alarm-8\"") < place("id=\"alarm-6\""), "acknowledged last");
    assert!(place("id=\"printer-oslo-1.p03\"") < place("id=\"printer-bergen-1.p01\""));
    assert!(place("id=\"printer-bergen-1.p01\"") < place("id=\"printer-oslo-1.p01\""));
    place("stale, last known: active");
    place("its 5 printers are unknown, not well and not ill");
    place("switched off");
    place("failed");
}

#[tokio::test]
async fn files_are_kept_by_their_hash() {
    let house = house().await;
    let page = house.get("/login", "").await.text;
    let address =
        page.split("href=\"").find(|part| part.contains("app.css")).unwrap().split('"').next().unwrap();
    let file = house.get(address, "").await;
    assert!(file.header("cache-control").contains("immutable"));
    let tag = file.header("etag").to_owned();
    let again = Request::get(address).header("if-none-match", &tag).body(Body::empty()).unwrap();
    assert_eq!(house.send(again).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(house.get("/assets/0000/app.css", "").await.header("cache-control"), "no-cache");
    assert_eq!(house.get("/assets/0000/other.css", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_live_stream_says_at_once_that_it_is_there_and_is_over_when_the_program_stops() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    house.app.stop.cancel();
    let answer = house.get("/live", &cookie).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(answer.text.starts_with("event: change\ndata: "), "{}", answer.text);
    assert_eq!(answer.text.matches("event: change").count(), 1);
}
