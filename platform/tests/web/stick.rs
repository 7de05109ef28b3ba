//! The form of a site stick, without a script: buttons, mistakes, the file, and what is kept.

use axum::http::StatusCode;
use site::{Before, Offer, Trust};

use crate::house::{NOW, house};

const GOOD: &str = "expires=3&code=on&platform.url=https%3A%2F%2Fplatform.example&network.printers.interface=enp2s0\
    &network.printers.address=192.168.77.1%2F24&network.uplink.interface=enp1s0&network.uplink.address=dhcp&beats=off&push=off\
    &printers%5B0%5D.id=p01&printers%5B0%5D.query=octoprint&printers%5B0%5D.at=192.168.77.10&printers%5B0%5D.secret=hunter-2";

#[tokio::test]
async fn a_stick_is_downloaded_and_its_key_goes_with_it() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let keys = house.get("/site.keys", &cookie).await;
    assert_eq!(keys.header("content-disposition"), "attachment; filename=\"site.keys\"");
    let trust = Trust::parse(&keys.text).unwrap();

    let fresh = house.get("/adapters/1/stick", &cookie).await.text;
    assert!(
        fresh.contains("value=\"https://platform.example\"") && fresh.contains("value=\"enp1s0\""),
        "{fresh}"
    );
    let made = house.post("/adapters/1/stick", &cookie, &format!("{GOOD}&do=make")).await;
    assert_eq!(
        (made.status, made.header("content-disposition")),
        (StatusCode::OK, "attachment; filename=\"oneway.site\"")
    );
    assert_eq!(made.header("cache-control"), "no-store");
    let now = release::Time::from_seconds(NOW / 1000);
    let Ok(Offer::New(document)) = site::take(made.text.as_bytes(), &trust, Before::Nothing, now) else {
        panic!("{}", made.text)
    };
    assert_eq!(document.adapter.as_str(), "bergen-1");
    let code = document.code.unwrap();

    let again = house.get("/adapters/1/stick", &cookie).await.text;
    assert!(again.contains("value=\"192.168.77.10\"") && again.contains("by anna"), "{again}");
    for secret in ["hunter-2", code.expose()] {
        assert!(!again.contains(secret) && !house.get("/audit", &cookie).await.text.contains(secret));
    }
    assert!(house.get("/audit", &cookie).await.text.contains("bergen-1, with a new code, good until"));
}

#[tokio::test]
async fn a_form_with_mistakes_keeps_what_was_typed_and_says_what_to_write() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let wrong = GOOD
        .replace("192.168.77.10", "octopi.local")
        .replace("enp1s0", "enp2s0")
        .replace("=dhcp", "=10.0.0.0%2F24");
    let answer = house.post("/adapters/1/stick", &cookie, &format!("{wrong}&do=make")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "role=\"alert\"",
        "value=\"octopi.local\"",
        "the box asks no name server",
        "href=\"#printers-0-at\"",
        "aria-invalid",
    ] {
        assert!(answer.text.contains(words), "{words} is not in {}", answer.text);
    }
    let fixed = GOOD.replace("enp1s0", "enp2s0");
    let answer = house.post("/adapters/1/stick", &cookie, &format!("{fixed}&do=check")).await;
    assert!(answer.text.contains("both plugs have one name"), "{}", answer.text);
    let checked = house.post("/adapters/1/stick", &cookie, &format!("{GOOD}&do=check")).await;
    assert!(
        checked.text.contains("Everything fits")
            && !house.get("/audit", &cookie).await.text.contains("Made a site stick")
    );
}

/// The corrected stick of a box that has no key yet needs a code as the first one did, which is refused from then on.
#[tokio::test]
async fn an_adapter_without_a_key_gets_no_stick_without_a_code() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    house.post("/adapters", &cookie, "name=oslo-2&site=Oslo").await;
    let list = house.get("/adapters", &cookie).await.text;
    let place = list.find("id=\"stick-oslo-2\"").unwrap();
    let tag = &list[list[..place].rfind('<').unwrap()..];
    let path = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let made = house.post(path, &cookie, &format!("{GOOD}&do=make")).await;
    assert_eq!(made.header("content-disposition"), "attachment; filename=\"oneway.site\"");
    let again = house.get(path, &cookie).await.text;
    let tick = again.split("name=\"code\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    assert!(tick.contains("checked"), "the next one would have no code: {tick}");
    let without = GOOD.replace("&code=on", "");
    for button in ["check", "make"] {
        let answer = house.post(path, &cookie, &format!("{without}&do={button}")).await;
        assert!(answer.text.contains("href=\"#code\""), "{}", answer.text);
    }
}

/// Where nothing is typed the stick says nothing of it, so that every box reads it.
#[tokio::test]
async fn an_address_of_releases_goes_onto_the_stick_if_one_is_typed() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let made = house
        .post("/adapters/1/stick", &cookie, &format!("{GOOD}&updates.url=&updates.authority=&do=make"))
        .await;
    assert!(made.status == StatusCode::OK && !made.text.contains("updates"), "{}", made.text);
    let typed = format!("{GOOD}&updates.url=https%3A%2F%2Fupdates.example%3A8443%2Foneway");
    let made = house.post("/adapters/1/stick", &cookie, &format!("{typed}&do=make")).await;
    let body = site::Envelope::parse(made.text.as_bytes()).unwrap().body;
    let updates = site::decode(&body).unwrap().updates.unwrap();
    assert_eq!(
        (updates.url.as_str(), updates.authority.is_none()),
        ("https://updates.example:8443/oneway", true)
    );
    let again = house.get("/adapters/1/stick", &cookie).await.text;
    assert!(again.contains("value=\"https://updates.example:8443/oneway\""), "{again}");
    for (typed, words) in [
        (
            "updates.url=http%3A%2F%2Fupdates.example",
            "this is not an address such as https://updates.example.com/oneway",
        ),
        ("updates.url=https%3A%2F%2F192.168.77.50%2F", "this is on the printers&#39; side (192.168.77.1/24)"),
        ("updates.authority=-----BEGIN", "fill in the address that this authority certifies"),
        ("updates.url=https%3A%2F%2Fa&updates.authority=x", "this is not one to four certificates"),
    ] {
        let answer = house.post("/adapters/1/stick", &cookie, &format!("{GOOD}&{typed}&do=make")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.text.contains(words), "{words} is not in {}", answer.text);
    }
}

#[tokio::test]
async fn printers_are_added_and_taken_out_by_buttons() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let added = house.post("/adapters/1/stick", &cookie, &format!("{GOOD}&do=add")).await.text;
    assert!(added.contains("Printer p02") && added.contains("hunter-2"), "{added}");
    let removed = house.post("/adapters/1/stick", &cookie, &format!("{GOOD}&do=remove-0")).await.text;
    assert!(removed.contains("None yet.") && !removed.contains("Printer p01"), "{removed}");
    for (path, form) in [("/adapters/99/stick", "do=make"), ("/adapters/x/stick", "do=make")] {
        assert_eq!(house.post(path, &cookie, form).await.status, StatusCode::NOT_FOUND);
    }
    let long = format!("{GOOD}&platform.authority={}", "x".repeat(600 << 10));
    assert_eq!(house.post("/adapters/1/stick", &cookie, &long).await.status, StatusCode::BAD_REQUEST);
}
