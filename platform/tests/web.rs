//! The dashboard over a seeded store, without a network: every page, and what guards it.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use platform::identity::{Role, add_user, make_setup_link};
use platform::{App, Clock, Settings};
use tower::ServiceExt as _;

mod seed;

const NOW: i64 = 1_795_323_600_000;
const PASSWORD: &str = "correct horse battery";

struct House {
    app: Arc<App>,
    router: Router,
    // Removed when the test ends.
    _directory: tempfile::TempDir,
}

/// What a test looks at of an answer.
struct Answer {
    status: StatusCode,
    head: axum::http::HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn empty_house() -> House {
    let directory = tempfile::tempdir().unwrap();
    let store = platform::store::Store::open(&directory.path().join("store.db")).unwrap();
    house_of(directory, store)
}

async fn house() -> House {
    let directory = tempfile::tempdir().unwrap();
    let past = seed::Past { hours: 1, step_ms: 5 * seed::MINUTE };
    let store = seed::store(&directory.path().join("store.db"), NOW, past).await.unwrap();
    let house = house_of(directory, store);
    for (name, role) in [("anna", Role::Admin), ("bert", Role::Technician)] {
        add_user(&house.app, name, role, PASSWORD.to_owned().into(), "test").await.unwrap();
    }
    house
}

fn house_of(directory: tempfile::TempDir, store: platform::store::Store) -> House {
    let settings = Settings { public_url: "https://platform.example".into() };
    let app = App::new(store, Clock::from_fn(|| catalog::Timestamp(NOW)), settings);
    House { router: platform::web::routes().with_state(app.clone()), app, _directory: directory }
}

impl House {
    async fn send(&self, request: Request<Body>) -> Answer {
        let answer: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, 4 << 20).await.unwrap();
        Answer { status: head.status, head: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn log_in(&self, name: &str) -> String {
        let answer = self.post("/login", "", &format!("name={name}&password=correct+horse+battery")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.header("set-cookie");
        for word in ["__Host-session=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    }
}

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
const ADMIN_PAGES: [(&str, &str); 3] =
    [("/adapters", "stavanger-1"), ("/audit", "Created an adapter"), ("/keys/1/revoke", "Revoke the key")];

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
async fn who_is_not_logged_in_is_led_to_the_log_in_and_back() {
    let house = house().await;
    for path in ["/", "/alarms?show=open", "/adapters", "/printers/oslo-1.p03", "/live", "/audit"] {
        let answer = house.get(path, "__Host-session=wrong").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.header("location").starts_with("/login"), "{path}");
    }
    assert_eq!(house.get("/alarms?show=open", "").await.header("location"), "/login?next=/alarms?show=open");
    let script = Request::get("/").header("hx-request", "true").body(Body::empty()).unwrap();
    let answer = house.send(script).await;
    assert_eq!((answer.status, answer.header("hx-redirect")), (StatusCode::UNAUTHORIZED, "/login"));
    let form = "name=bert&password=correct+horse+battery&next=";
    for (next, expected) in
        [("/alarms%3Fshow%3Dopen", "/alarms?show=open"), ("//evil.example", "/"), ("https://evil", "/")]
    {
        assert_eq!(house.post("/login", "", &format!("{form}{next}")).await.header("location"), expected);
    }
}

#[tokio::test]
async fn a_wrong_log_in_keeps_the_name_and_says_no_more_than_it_must() {
    let house = house().await;
    let known = house.post("/login", "", "name=anna&password=not+the+password").await;
    let unknown = house.post("/login", "", "name=nobody&password=not+the+password").await;
    for (answer, name) in [(known, "anna"), (unknown, "nobody")] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("The name or the password is wrong"));
        assert!(answer.text.contains(&format!("value=\"{name}\"")));
        assert!(!answer.text.contains("not the password"));
    }
}

#[tokio::test]
async fn a_technician_neither_sees_nor_does_what_is_the_admins() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    for (path, _) in ADMIN_PAGES {
        let answer = house.get(path, &cookie).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text.contains("for admins"), "{path}");
    }
    for path in ["/adapters", "/adapters/1/code", "/keys/1/revoke"] {
        let answer = house.post(path, &cookie, "name=oslo-2&site=Oslo").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!house.get("/", &cookie).await.text.contains("href=\"/adapters\""));
}

#[tokio::test]
async fn a_post_from_another_sites_page_is_refused() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "platform.example")],
        &[("origin", "null"), ("host", "platform.example")],
        &[("host", "platform.example")],
    ];
    for headers in foreign {
        for path in ["/alarms/5/acknowledge", "/adapters", "/logout", "/login"] {
            let mut request = Request::post(path).header("cookie", &cookie);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = house.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        }
    }
    let own = Request::post("/logout")
        .header("origin", "https://platform.example")
        .header("host", "platform.example");
    assert_eq!(house.send(own.body(Body::empty()).unwrap()).await.status, StatusCode::SEE_OTHER);
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
async fn an_admin_creates_an_adapter_sees_its_code_once_and_revokes_a_key() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let made = house.post("/adapters", &cookie, "name=oslo-2&site=Oslo+%3Cb%3Ehall%3C%2Fb%3E").await;
    assert_eq!(made.status, StatusCode::CREATED);
    let code = made.text.split("id=\"enrolment-code\">").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(code.len(), 29, "{code}");
    assert!(made.text.contains("adapter enrol --config"), "{}", made.text);
    let list = house.get("/adapters", &cookie).await.text;
    assert!(!list.contains(code));
    assert!(list.contains("Oslo &#60;b&#62;hall") && !list.contains("<b>hall"), "{list}");

    let again = house.post("/adapters", &cookie, "name=oslo-2&site=Elsewhere").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("value=\"Elsewhere\"") && again.text.contains("role=\"alert\""));

    assert!(list.contains("id=\"revoke-1\""));
    assert_eq!(house.post("/keys/1/revoke", &cookie, "").await.header("location"), "/adapters");
    let list = house.get("/adapters", &cookie).await.text;
    assert!(!list.contains("id=\"revoke-1\"") && list.contains("shut out: no valid key"));
    assert!(house.get("/audit", &cookie).await.text.contains("Revoked a key"));

    let rotated = house.post("/adapters/3/code", &cookie, "").await;
    assert!(rotated.text.contains("The old key stays valid"), "{}", rotated.text);
    assert_eq!(house.post("/adapters/99/code", &cookie, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn logging_out_ends_the_session_for_whoever_kept_the_cookie() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let out = house.post("/logout", &cookie, "").await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(house.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_admin_once() {
    let house = empty_house().await;
    let now = catalog::Timestamp(NOW);
    let token = house.app.store.write(move |conn| make_setup_link(conn, now)).await.unwrap().unwrap();
    let path = format!("/setup/{}", token.expose());
    assert!(house.get(&path, "").await.text.contains("id=\"setup\""));
    let differ = house.post(&path, "", "name=anna&password=correct+horse+battery&again=other").await;
    assert_eq!(differ.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(differ.text.contains("not the same") && differ.text.contains("value=\"anna\""));
    let short = house.post(&path, "", "name=anna&password=short&again=short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = "name=anna&password=correct+horse+battery&again=correct+horse+battery";
    assert_eq!(house.post(&path, "", form).await.header("location"), "/login");
    assert_eq!(house.post(&path, "", form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get(&path, "").await.status, StatusCode::NOT_FOUND);
    assert!(
        house.get("/", &house.log_in("anna").await).await.text.contains("No printer has sent anything yet")
    );
}

#[tokio::test]
async fn the_series_is_thinned_and_carries_setpoint_limits_and_alarms() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let answer = house.get("/printers/oslo-1.p03/series?item=vat.temperature&part=0&range=1h", &cookie).await;
    let json: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(json["unit"], "°C");
    let points = &json["points"];
    let number = points["time"].as_array().unwrap().len();
    assert!((10..=13).contains(&number), "{json}");
    for i in 0..number {
        let [min, last, max] = ["min", "last", "max"].map(|column| points[column][i].as_f64().unwrap());
        assert!(min <= last && last <= max);
    }
    assert_eq!(json["setpoint"][0][1], 28.0);
    assert!(json["limits"].as_array().unwrap().iter().any(|limit| limit["bound"] == 40.0));
    assert!(json["alarms"].as_array().unwrap().iter().any(|alarm| alarm["severity"] == 1));
    for wrong in
        ["item=vat.temperature&from=5&to=1", "item=vat.temperature&from=5", "item=vat.temperature&part=x"]
    {
        let answer = house.get(&format!("/printers/oslo-1.p03/series?{wrong}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for missing in
        ["/printers/oslo-1.p03/series?item=door.state", "/printers/oslo-1.p99/series?item=vat.temperature"]
    {
        assert_eq!(house.get(missing, &cookie).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn the_ribbon_tells_the_states_and_where_nothing_is_known() {
    let house = house().await;
    let cookie = house.log_in("bert").await;
    let words = async |path: &str| -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(&house.get(path, &cookie).await.text).unwrap();
        json["stretches"].as_array().unwrap().iter().map(|s| s["word"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("/printers/oslo-1.p03/ribbon?range=1h").await, ["building", "error"]);
    assert_eq!(words("/printers/bergen-1.p04/ribbon?range=1h").await, ["warming", "unknown"]);
    assert_eq!(words("/printers/oslo-1.p06/ribbon?range=1h").await, ["off"]);
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
