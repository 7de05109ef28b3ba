//! An admin takes out of the fleet what is gone for good.

use axum::http::StatusCode;

use crate::house::house;

#[tokio::test]
async fn an_admin_takes_a_printer_out_of_the_fleet() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    let printer = "/printers/oslo-1.p03";
    assert!(house.get("/", &cookie).await.text.contains("id=\"printer-oslo-1.p03\""));
    assert!(house.get(printer, &cookie).await.text.contains("href=\"/printers/oslo-1.p03/retire\""));
    let ask = house.get(&format!("{printer}/retire"), &cookie).await.text;
    assert!(
        ask.contains("Take oslo-1.p03 out of the fleet?") && ask.contains("wait end, acknowledged by you"),
        "{ask}"
    );
    assert_eq!(house.post(&format!("{printer}/retire"), &cookie, "").await.header("location"), "/");
    let fleet = house.get("/", &cookie).await.text;
    assert!(
        !fleet.contains("id=\"printer-oslo-1.p03\"") && fleet.contains("Out of the fleet: <a"),
        "{fleet}"
    );
    assert_eq!(
        fleet.matches("/printers/oslo-1.p03\"").count(),
        1,
        "only where it is said to be out: {fleet}"
    );
    let page = house.get(printer, &cookie).await.text;
    assert!(page.contains("id=\"retired\"") && !page.contains("id=\"retire\""), "{page}");
    assert!(page.contains("No alarm of this printer waits"), "{page}");
    assert!(
        house.get("/alarms?thing=oslo-1.p03", &cookie).await.text.contains("Resin in the vat is too hot")
    );
    assert!(house.get("/audit", &cookie).await.text.contains("Took out of the fleet"));
    let technician = house.log_in("bert").await;
    assert!(!house.get("/printers/oslo-1.p04", &technician).await.text.contains("id=\"retire\""));
    assert_eq!(house.post("/printers/oslo-1.p99/retire", &cookie, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_adapter_that_is_taken_out_is_not_missed() {
    let house = house().await;
    let cookie = house.log_in("anna").await;
    assert!(house.get("/", &cookie).await.text.contains("Adapters that are not heard"));
    let ask = house.get("/printers/bergen-1/retire", &cookie).await.text;
    assert!(ask.contains("with 5 printers behind it") && ask.contains("Its keys stay valid"), "{ask}");
    house.post("/printers/bergen-1/retire", &cookie, "").await;
    let fleet = house.get("/", &cookie).await.text;
    assert!(
        !fleet.contains("Adapters that are not heard") && !fleet.contains("id=\"printer-bergen"),
        "{fleet}"
    );
    assert!(fleet.contains(">bergen-1.p05</a>"), "{fleet}");
}
