//! Looks whether a package that is locked has a known fault, is unsound or is no longer kept. It is what `cargo audit` does, on the same
//! library; that program's other three hundred packages would be the longest step of a run on a bare machine.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use rustsec::advisory::{Informational, Metadata};
use rustsec::package::Package;
use rustsec::report::{Report, Settings};
use rustsec::{Database, Lockfile};

fn main() -> Result<()> {
    let usage = "usage: advisories LOCKFILE DATABASE, where the database is a copy of RustSec's";
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let (lockfile, database) = (paths.next().context(usage)?, paths.next().context(usage)?);
    let lock = Lockfile::load(&lockfile).with_context(|| format!("{} cannot be read", lockfile.display()))?;
    let known =
        Database::open(&database).with_context(|| format!("{} cannot be read", database.display()))?;
    // By an empty directory nothing would be wrong.
    ensure!(known.iter().next().is_some(), "{} has no advisory in it", database.display());
    // What has to be lived with goes into `ignore`, each with its reason.
    let informational_warnings =
        vec![Informational::Notice, Informational::Unmaintained, Informational::Unsound];
    let report = Report::generate(&known, &lock, &Settings { informational_warnings, ..Settings::default() });
    let faults = report.vulnerabilities.list.iter().map(|fault| line(&fault.package, Some(&fault.advisory)));
    let warnings = report.warnings.values().flatten();
    let warnings = warnings.map(|warning| line(&warning.package, warning.advisory.as_ref()));
    let found: String = faults.chain(warnings).collect();
    ensure!(found.is_empty(), "take a version or a package without these (`cargo update`):{found}");
    Ok(())
}

fn line(package: &Package, advisory: Option<&Metadata>) -> String {
    let why = advisory.map(|advisory| format!(": {}, {}", advisory.id, advisory.title)).unwrap_or_default();
    format!("\n  {} {}{why}", package.name, package.version)
}
