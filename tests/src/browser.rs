//! A real Chromium, driven over WebDriver.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::repository;

/// What Chromium must not do in a test: call its maker.
const QUIET: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A width and height, as a person has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A laptop: 1280×800.
    Desktop,
    /// A phone: 390×844.
    Phone,
}

/// The browser's driver; every browser that it started ends with it.
pub struct Driver {
    url: String,
    _process: Child,
}

/// One browser window.
pub struct Browser {
    /// The WebDriver client.
    pub page: Client,
    screen: Screen,
    profile: TempDir,
}

impl Driver {
    /// Starts `chromedriver` on a port that it chooses.
    pub async fn start() -> Result<Self> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver cannot be started; run tests/set-up")?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                return Ok(Self { url, _process: process });
            }
        }
        anyhow::bail!("chromedriver ended before it listened")
    }

    /// Opens a browser with a profile of its own.
    pub async fn open(&self, screen: Screen) -> Result<Browser> {
        let profile = tempfile::tempdir()?;
        let mut arguments = QUIET.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push("--window-size=1280,943".to_owned());
        let downloads = profile.path().join("downloads");
        let mut options = json!({
            "args": arguments,
            "binary": "/usr/bin/chromium",
            "prefs": { "download.default_directory": downloads, "download.prompt_for_download": false },
        });
        if screen == Screen::Phone {
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true } });
        }
        let mut capabilities: Map<String, Value> = Map::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        // The site's authority is a minute old, and no browser knows it.
        capabilities.insert("acceptInsecureCerts".into(), true.into());
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .context("Chromium cannot be started")?;
        Ok(Browser { page, screen, profile })
    }
}

impl Browser {
    /// Waits for an element.
    pub async fn wait_for(&self, selector: &str) -> Result<Element> {
        let found =
            self.page.wait().at_most(Duration::from_secs(30)).for_element(Locator::Css(selector)).await;
        if found.is_err() {
            let picture = self.picture("failure").await?;
            let url = self.page.current_url().await?;
            anyhow::bail!("{selector} did not appear at {url}; see {}", picture.display());
        }
        found.map_err(Into::into)
    }

    /// Types into a field.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.with(selector, async |field| {
            field.clear().await?;
            field.send_keys(text).await
        })
        .await
    }

    /// Presses a button or follows a link.
    pub async fn click(&self, selector: &str) -> Result<()> {
        self.with(selector, async |button| button.click().await).await
    }

    /// Chooses from a list, by the value.
    pub async fn choose(&self, selector: &str, value: &str) -> Result<()> {
        self.with(selector, async |list| list.select_by_value(value).await).await
    }

    /// A file that was downloaded, when all of it has come. It is taken away, so that the next of its name is another.
    pub async fn downloaded(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.profile.path().join("downloads").join(name);
        crate::until("the downloaded file", async || {
            if !path.exists() {
                return Ok(None);
            }
            let bytes = std::fs::read(&path)?;
            // Its place is taken before its bytes come.
            if bytes.is_empty() {
                return Ok(None);
            }
            std::fs::remove_file(&path)?;
            Ok(Some(bytes))
        })
        .await
    }

    /// The text of an element.
    pub async fn text(&self, selector: &str) -> Result<String> {
        self.with(selector, async |element| element.text().await).await
    }

    // A live page may put a new element in the place of the one that was found, before anything was done with it:
    // then it is the new one that is meant.
    async fn with<T>(&self, selector: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> Result<T> {
        loop {
            match act(self.wait_for(selector).await?).await {
                Err(error) if error.is_stale_element_reference() => {}
                done => return done.with_context(|| format!("cannot use {selector}")),
            }
        }
    }

    /// Keeps a picture of the page under `target/screenshots`.
    pub async fn picture(&self, name: &str) -> Result<PathBuf> {
        let directory = repository().join("target/screenshots");
        std::fs::create_dir_all(&directory)?;
        let width = if self.screen == Screen::Phone { "phone" } else { "desktop" };
        let path = directory.join(format!("{name}-{width}.png"));
        std::fs::write(&path, self.page.screenshot().await?)?;
        Ok(path)
    }

    /// Keeps a picture of one element for a document, and writes it into the repository when `PICTURES_WRITE` is set.
    pub async fn document_picture(&self, name: &str, selector: &str) -> Result<()> {
        let element = self.wait_for(selector).await?;
        // What the browser scrolls to by itself may end at the edge, with a part of it outside.
        let middle = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
        self.page.execute(middle, vec![serde_json::to_value(&element)?]).await?;
        let bytes = element.screenshot().await?;
        let mut directories = vec![repository().join("target/screenshots")];
        if std::env::var_os("PICTURES_WRITE").is_some() {
            directories.push(repository().join("docs/pictures"));
        }
        for directory in directories {
            std::fs::create_dir_all(&directory)?;
            std::fs::write(directory.join(format!("{name}.png")), &bytes)?;
        }
        Ok(())
    }

    /// Whether the page is wider than the screen: a phone's reader would have to push it about.
    pub async fn overflows(&self) -> Result<bool> {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth + 1";
        Ok(self.page.execute(script, Vec::new()).await?.as_bool().unwrap_or(true))
    }
}
