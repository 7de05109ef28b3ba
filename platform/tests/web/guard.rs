//! Who may see and do what.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use platform::identity::make_setup_link;

use crate::house::{NOW, empty_house, house};
use crate::pages::ADMIN_PAGES;

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
    assert_eq!(house.get("/site.keys", &cookie).await.status, StatusCode::FORBIDDEN);
    for path in [
        "/adapters",
        "/adapters/1/code",
        "/adapters/1/stick",
        "/keys/1/revoke",
        "/printers/oslo-1.p03/retire",
    ] {
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
        for path in ["/alarms/5/acknowledge", "/adapters", "/adapters/1/stick", "/logout", "/login"] {
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
