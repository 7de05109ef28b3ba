//! A site with one configured printer, beside which stands a second one that nobody has configured: it has a
//! certificate of the same authority, and is a stranger all the same.

use anyhow::Result;
use demo::program::{Launcher, Program};
use demo::site::{Plan, Site};
use serde_json::json;

use crate::Bench;

/// The site, in a directory below `directory`, with its programs in the binary `programs`.
pub fn bench(directory: &str, programs: &str) -> Result<Bench> {
    let plan = Plan { printers: 2, lines_per_second: 1.0, tailed_every: 0, faults: Vec::new(), port: None };
    let bench = Bench::new(directory, Launcher::new(programs), plan)?;
    bench.site.configure_adapter(&json!({"printers": [{"id": "p01"}]}))?;
    Ok(bench)
}

/// Starts its platform and its adapter.
pub async fn start(site: &Site) -> Result<(Program, Program)> {
    let platform = site.start_platform().await?;
    site.enrol().await?;
    Ok((platform, site.start_adapter().await?))
}

/// A log line as Filebeat ships it; `record` is the printer's number for it.
pub fn event(record: u64, message: &str) -> String {
    json!({
        "@timestamp": "2026-11-22T10:15:30.000Z",
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "8.1.3"},
        "agent": {"id": "5f3c", "type": "filebeat", "version": "8.1.3"},
        "log": {"offset": record * 100, "file": {"path": "/var/log/laser.log"}},
        "message": message,
    })
    .to_string()
}

/// One in the printer's own format.
pub fn good_event(record: u64) -> String {
    event(record, &format!("2026-11-22T10:15:30.{record:03}Z laser #{record:09} INFO power=512.0mW"))
}
