//! A platform over a seeded store, and somebody who looks at its pages.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use platform::identity::{Role, add_user};
use platform::sticks::SiteKey;
use platform::{App, Clock, Settings};
use tower::ServiceExt as _;

use crate::seed;

pub(crate) const NOW: i64 = 1_795_323_600_000;
const PASSWORD: &str = "correct horse battery";

pub(crate) struct House {
    pub(crate) app: Arc<App>,
    router: Router,
    // Removed when the test ends.
    _directory: tempfile::TempDir,
}

/// What a test looks at of an answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    head: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn empty_house() -> House {
    let directory = tempfile::tempdir().unwrap();
    let store = platform::store::Store::open(&directory.path().join("store.db")).unwrap();
    house_of(directory, store)
}

pub(crate) async fn house() -> House {
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
    let key = SiteKey::make_beside(&directory.path().join("store.db")).unwrap();
    let settings = Settings { public_url: "https://platform.example".into(), site_key: Some(Arc::new(key)) };
    let app = App::new(store, Clock::from_fn(|| catalog::Timestamp(NOW)), settings);
    House { router: platform::web::routes().with_state(app.clone()), app, _directory: directory }
}

impl House {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, 4 << 20).await.unwrap();
        Answer { status: head.status, head: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(crate) async fn log_in(&self, name: &str) -> String {
        let answer = self.post("/login", "", &format!("name={name}&password=correct+horse+battery")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.header("set-cookie");
        for word in ["__Host-session=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    }
}
