use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Request, Response, StatusCode};
use axum::{Router, body};
use catalog::items;
use protocol::thingworx::{Row, encode_update};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::keys;
use crate::testing::{Bench, START, number};

struct Api {
    bench: Bench,
    router: Router,
    key: String,
}

impl Api {
    /// A platform with the adapters `oslo`, whose key it holds, and `rome`.
    async fn new() -> Self {
        let bench = Bench::new();
        let router = crate::server::router(bench.app.clone())
            .layer(MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 5000))));
        let mut api = Self { bench, router, key: String::new() };
        api.code("rome").await;
        let code = api.code("oslo").await;
        let (status, answer) = api.send(enrolment(&code)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer["adapter"], "oslo");
        api.key = answer["key"].as_str().unwrap().to_owned();
        api
    }

    async fn code(&self, adapter: &'static str) -> String {
        let now = self.bench.app.clock.now();
        let made =
            self.bench.app.store.write(move |conn| keys::create_adapter(conn, adapter, "Oslo", "test", now));
        made.await.unwrap().expose().to_owned()
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A good post, to be spoilt by the caller.
    fn post(&self) -> Post<'_> {
        Post {
            uri: path("oslo.p01"),
            headers: vec![
                ("appKey", &self.key),
                ("content-type", "application/json; charset=utf-8"),
                ("accept", "application/json"),
            ],
            body: good_body(),
        }
    }

    async fn stored(&self) -> i64 {
        let count = "SELECT count(*) FROM readings";
        self.bench.app.store.read(move |conn| Ok(conn.query_row(count, [], |row| row.get(0))?)).await.unwrap()
    }
}

struct Post<'a> {
    uri: String,
    headers: Vec<(&'static str, &'a str)>,
    body: Vec<u8>,
}

impl<'a> Post<'a> {
    fn to(self, thing: &str) -> Self {
        Self { uri: path(thing), ..self }
    }

    fn query(self, query: &str) -> Self {
        Self { uri: format!("{}?{query}", self.uri), ..self }
    }

    fn header(mut self, name: &'static str, value: Option<&'a str>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.extend(value.map(|value| (name, value)));
        self
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn request(self) -> Request<Body> {
        let request = Request::post(self.uri);
        let request =
            self.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(self.body.into()).unwrap()
    }
}

fn path(thing: &str) -> String {
    format!("/Thingworx/Things/{thing}/Services/UpdatePropertyValues")
}

fn good_body() -> Vec<u8> {
    let rows: Vec<_> =
        (0..3).map(|n| Row::from_reading(&number(&items::LASER_POWER, START + n, 500.0))).collect();
    encode_update(&rows, true)
}

fn rows(rows: &Value) -> Vec<u8> {
    json!({ "values": { "rows": rows } }).to_string().into_bytes()
}

fn enrolment(code: &str) -> Request<Body> {
    let body = json!({ "code": code }).to_string();
    Request::post("/api/enrol").header("content-type", "application/json").body(body.into()).unwrap()
}

#[tokio::test]
async fn a_post_is_stored_once_and_answered_with_nothing() {
    let api = Api::new().await;
    for _ in 0..2 {
        assert_eq!(api.send(api.post().request()).await, (StatusCode::OK, Value::Null));
        assert_eq!(api.stored().await, 3);
    }
    // The adapter's own thing, and a table without origins, as another edge sends it.
    let good = json!([{ "name": "adapter_uptime", "time": "2026-11-22T10:00:00Z", "quality": "GOOD",
                        "value": { "value": 5, "baseType": "NUMBER" } }]);
    for _ in 0..2 {
        assert_eq!(api.send(api.post().to("oslo").body(rows(&good)).request()).await.0, StatusCode::OK);
        assert_eq!(api.stored().await, 4);
    }
}

#[tokio::test]
async fn each_bad_post_gets_its_status_and_a_text_and_stores_nothing() {
    let api = Api::new().await;
    let row = |name: &str, value: Value, quality: &str| {
        rows(&json!([
            { "name": "laser_power", "time": 1, "value": 500, "quality": "GOOD" },
            { "name": name, "time": 2, "value": value, "quality": quality },
        ]))
    };
    let other = "x".repeat(43);
    let post = || api.post();
    let cases = [
        (post().header("appKey", None), 401, "appKey is missing"),
        (post().header("appKey", Some(&other)), 401, "unknown or revoked"),
        (post().header("appKey", Some("")), 401, "appKey"),
        (post().query(&format!("appKey={}", api.key)), 400, "header appKey instead"),
        (post().query("a=b&APPKEY=x").header("appKey", None), 400, "header appKey instead"),
        (post().header("content-type", None), 403, "Content-Type must be application/json"),
        (post().header("content-type", Some("text/plain")), 403, "Content-Type"),
        (post().header("accept", Some("text/html")), 406, "Accept"),
        (post().to("rome.p01"), 404, "no thing of that name"),
        (post().to("rome"), 404, "no thing of that name"),
        (post().to("oslo.P01"), 404, "no thing of that name"),
        (post().to("oslo.p01.x"), 404, "no thing of that name"),
        (post().body("not json"), 400, "values"),
        (post().body("{}"), 400, "values"),
        (post().body(row("laser_colour", json!(1), "GOOD")), 400, "laser_colour"),
        (post().body(row("laser_current", json!("free text"), "GOOD")), 400, "laser_current"),
        (post().body(row("door_state", json!("ajar"), "GOOD")), 400, "door_state"),
        (post().body(row("laser_current", json!(1), "FINE")), 400, "laser_current"),
        (
            post().body(rows(&json!([{ "name": "laser_power", "time": -1, "value": 1, "quality": "GOOD" }]))),
            400,
            "time",
        ),
        (post().body(vec![b' '; (2 << 20) + 1]), 413, "send fewer rows"),
    ];
    for (post, status, text) in cases {
        let shown = format!("{} {:?}", post.uri, post.headers);
        let (found, answer) = api.send(post.request()).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert_eq!(found.as_u16(), status, "{shown}: {error}");
        assert!(error.contains(text), "{shown}: {error}");
        assert!(
            !error.contains(&api.key) && !error.contains("free text") && !error.contains("ajar"),
            "{error}"
        );
    }
    assert_eq!(api.stored().await, 0);
    let get = Request::get(path("oslo.p01")).body(Body::empty()).unwrap();
    assert_eq!(api.send(get).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn too_many_printers_are_refused() {
    let api = Api::new().await;
    for n in 0..crate::store::things::PRINTERS_MAX {
        let thing = format!("oslo.p{n}");
        assert_eq!(api.send(api.post().to(&thing).request()).await.0, StatusCode::OK);
    }
    assert_eq!(api.send(api.post().to("oslo.one-more").request()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(api.send(api.post().to("oslo.p1").request()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_key_is_refused_with_the_next_request() {
    let api = Api::new().await;
    assert_eq!(api.send(api.post().request()).await.0, StatusCode::OK);
    let now = api.bench.app.clock.now();
    api.bench.app.store.write(move |conn| keys::revoke(conn, 1, "anna", now)).await.unwrap();
    assert_eq!(api.send(api.post().request()).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_is_exchanged_once_in_time_and_nothing_else_is() {
    let api = Api::new().await;
    let code = api.code("bern").await;
    let (status, answer) = api.send(enrolment(&code.to_lowercase())).await;
    assert_eq!((status, answer["adapter"].as_str()), (StatusCode::OK, Some("bern")));
    assert_eq!(api.send(enrolment(&code)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(api.send(enrolment("WRON-GCOD-E")).await.0, StatusCode::FORBIDDEN);
    let late = api.code("nice").await;
    api.bench.wait(15 * 60_000);
    assert_eq!(api.send(enrolment(&late)).await.0, StatusCode::FORBIDDEN);
    let plain = Request::post("/api/enrol").body(Body::from("{}")).unwrap();
    assert_eq!(api.send(plain).await.0, StatusCode::FORBIDDEN);
    let secret = Request::post("/api/enrol").header("content-type", "application/json");
    let (status, answer) = api.send(secret.body(Body::from("{\"code\": 12345678}")).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!answer.to_string().contains("12345678"));
}

#[tokio::test]
async fn of_many_that_exchange_one_code_at_once_one_gets_a_key() {
    let api = Api::new().await;
    let code = api.code("bern").await;
    let answers = futures::future::join_all((0..8).map(|_| api.send(enrolment(&code)))).await;
    let keys = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    assert_eq!(keys, 1, "{answers:?}");
}

#[tokio::test]
async fn guessing_at_codes_is_slowed() {
    let api = Api::new().await;
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(api.send(enrolment("WRON-GCOD-E")).await.0);
    }
    assert_eq!(statuses.first(), Some(&StatusCode::FORBIDDEN));
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn twenty_printers_that_post_at_once_are_all_stored() {
    let api = Api::new().await;
    let posts = (0..20).map(|n| api.send(api.post().to(&format!("oslo.p{n}")).request()));
    let answers = futures::future::join_all(posts).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "{answers:?}");
    assert_eq!(api.stored().await, 60);
}

#[tokio::test]
async fn a_post_is_answered_while_pages_hold_every_reader_of_theirs() {
    let api = Api::new().await;
    let store = &api.bench.app.store;
    let (begun, mut all_begun) = tokio::sync::mpsc::channel(16);
    let (release, released) = std::sync::mpsc::sync_channel::<()>(1);
    let released = std::sync::Arc::new(std::sync::Mutex::new(released));
    let pages: Vec<_> = (0..4)
        .map(|_| {
            let (store, begun, released) = (store.clone(), begun.clone(), released.clone());
            tokio::spawn(async move {
                let hold = store.read(move |_| {
                    begun.blocking_send(()).unwrap();
                    // Over as soon as the sender is gone.
                    let _ = released.lock().unwrap().recv();
                    Ok(())
                });
                hold.await.unwrap();
            })
        })
        .collect();
    for _ in 0..4 {
        all_begun.recv().await.unwrap();
    }
    // Without a reader of its own it would wait for a page; the wait ends the test only if that is so.
    let answered =
        tokio::time::timeout(std::time::Duration::from_secs(5), api.send(api.post().request())).await;
    drop(release);
    for page in pages {
        page.await.unwrap();
    }
    assert_eq!(answered.expect("a page kept the post waiting").0, StatusCode::OK);
}
