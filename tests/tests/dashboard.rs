//! The dashboard in a real Chromium: the first admin comes by the one-time link, sees a printer's fault and
//! acknowledges it, creates an adapter and revokes a key; a phone shows the same pages.

use anyhow::Result;
use demo::program::Launcher;
use demo::site::{Fault, Plan, Site};
use tests::browser::{Browser, Driver, Screen};
use tests::{Bench, number, until};

const NAME: &str = "ingrid";
const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_the_fault_and_acknowledges_it_and_an_admin_gives_and_takes_keys() -> Result<()> {
    let fault = Fault { printer: 2, kind: "vat_overheat", after: 1 };
    let plan = Plan { printers: 6, lines_per_second: 4.0, tailed_every: 5, faults: vec![fault], port: None };
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    let bench = Bench::new(env!("CARGO_TARGET_TMPDIR"), launcher, plan)?;
    let site = &bench.site;
    let (platform, setup_link) = site.start_new_platform().await?;
    let simulator = site.start_simulator().await?;
    site.enrol().await?;
    let adapter = site.start_adapter().await?;
    bench
        .until_stored("the fault's alarm", |report| number(report, "/alarms_opened").is_ok_and(|n| n > 0))
        .await?;

    let driver = Driver::start().await?;
    let browser = driver.open(Screen::Desktop).await?;
    the_first_admin_comes_by_the_link(&browser, &setup_link).await?;
    log_in(&browser, site).await?;
    the_fault_is_seen_and_acknowledged(&browser, site).await?;
    every_page_is_looked_at(&browser, site).await?;
    an_admin_creates_an_adapter_and_revokes_a_key(&browser, site).await?;

    let phone = driver.open(Screen::Phone).await?;
    log_in(&phone, site).await?;
    every_page_is_looked_at(&phone, site).await?;

    phone.page.close().await?;
    browser.page.close().await?;
    adapter.kill().await?;
    simulator.kill().await?;
    platform.stop().await?;
    Ok(())
}

async fn the_first_admin_comes_by_the_link(browser: &Browser, link: &str) -> Result<()> {
    browser.page.goto(link).await?;
    browser.picture("setup").await?;
    browser.fill("#name", NAME).await?;
    browser.fill("#password", PASSWORD).await?;
    browser.fill("#again", PASSWORD).await?;
    browser.click("#setup-submit").await?;
    browser.wait_for("#login").await?;
    // It works once.
    browser.page.goto(link).await?;
    assert!(!browser.page.source().await?.contains("setup-submit"), "the link works twice");
    Ok(())
}

async fn log_in(browser: &Browser, site: &Site) -> Result<()> {
    browser.page.goto(&site.url()).await?;
    browser.wait_for("#login").await?;
    browser.picture("login").await?;
    browser.fill("#name", NAME).await?;
    browser.fill("#password", "not the password").await?;
    browser.click("#login-submit").await?;
    browser.wait_for("#complaint").await?;
    browser.fill("#password", PASSWORD).await?;
    browser.click("#login-submit").await?;
    browser.wait_for("#fleet").await?;
    Ok(())
}

async fn the_fault_is_seen_and_acknowledged(browser: &Browser, site: &Site) -> Result<()> {
    browser.page.goto(&site.url()).await?;
    // Asked in one breath: the page is live, and its rows may be replaced between two questions.
    let find = "return [...document.querySelectorAll('tr[data-alarm]')]
        .find((row) => /vat/i.test(row.innerText) && row.innerText.includes('p03'))?.dataset.alarm";
    let row = until("the vat's alarm on the first page", async || {
        let found = browser.page.execute(find, Vec::new()).await?;
        Ok(found.as_str().map(str::to_owned))
    })
    .await?;
    browser.picture("queue").await?;
    browser.click(&format!("#acknowledge-{row}")).await?;
    until("the acknowledgement in place", async || {
        let text = browser.text(&format!("#alarm-{row}")).await?;
        Ok(text.contains(NAME).then_some(()))
    })
    .await?;
    browser.picture("acknowledged").await.map(drop)
}

async fn every_page_is_looked_at(browser: &Browser, site: &Site) -> Result<()> {
    let printer = format!("/printers/{}.p03", demo::site::ADAPTER);
    let pages = [
        ("fleet", "/", "#fleet"),
        ("printer", printer.as_str(), ".uplot canvas"),
        ("alarms", "/alarms", "main table"),
        ("adapters", "/adapters", "#adapters"),
        ("audit", "/audit", "main table"),
        ("collected-data", "/collected-data", "main table"),
        ("not-found", "/printers/nobody.p99", "main h1"),
    ];
    for (name, path, landmark) in pages {
        browser.page.goto(&format!("{}{path}", site.url())).await?;
        browser.wait_for(landmark).await?;
        browser.picture(name).await?;
        assert!(!browser.overflows().await?, "{name} is wider than the screen");
    }
    Ok(())
}

async fn an_admin_creates_an_adapter_and_revokes_a_key(browser: &Browser, site: &Site) -> Result<()> {
    browser.page.goto(&format!("{}/adapters", site.url())).await?;
    browser.fill("#adapter-name", "oslo-2").await?;
    browser.fill("#adapter-site", "Oslo, hall 2").await?;
    browser.click("#create-adapter-submit").await?;
    let code = browser.text("#enrolment-code").await?;
    assert!(code.len() >= 16, "a code that can be guessed: {code}");
    browser.wait_for("#adapter-oslo-2").await?;
    browser.picture("adapter-created").await?;
    browser.page.goto(&format!("{}/adapters", site.url())).await?;
    assert!(!browser.page.source().await?.contains(&code), "the code is shown twice");

    browser.click(&format!("#adapter-{} .revoke", demo::site::ADAPTER)).await?;
    browser.wait_for("#revoke-confirm").await?;
    browser.picture("revoke").await?;
    browser.click("#revoke-confirm").await?;
    let row = format!("#adapter-{}", demo::site::ADAPTER);
    until("the key is revoked", async || Ok(browser.text(&row).await?.contains("revoked").then_some(())))
        .await?;
    until("the adapter is refused", async || {
        Ok(std::fs::read_to_string(site.file("adapter.log"))?.contains("refuses the key").then_some(()))
    })
    .await
}
