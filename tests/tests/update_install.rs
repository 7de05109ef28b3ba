//! Releases on a box with a real engine: bad ones are refused and leave no trace, one that does not run never reaches the
//! printers, a good one goes in while data flows, with nothing lost and nothing stored twice, and one that ends while it is
//! watched goes again by itself, with nothing lost either.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use demo::program::Launcher;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tests::images::{built, run};
use tests::makers::Makers;
use tests::supervised::{PLUGGED_IN, Running, Site, distinct};
use tests::{number, until};

const BELOW: &str = env!("CARGO_TARGET_TMPDIR");
const DESK: &str = "desk";
const HALVES: [&str; 2] = ["intake", "uplink"];
/// A short watch: nothing is to be seen in a longer one that a test with a clock of its own does not show.
const SHORT: &str = "5s";
/// One that is not over before something happens in it.
const LONG: &str = "1h";

/// Makers with one key for each role, and a folder that stands for a stick.
struct Vendor {
    makers: Makers,
}

impl Vendor {
    fn new() -> Result<Self> {
        let makers = Makers::new(env!("CARGO_BIN_EXE_programs"), BELOW)?;
        let me = Self { makers };
        for folder in [DESK, "stick", "releases"] {
            me.makers.machine(folder)?;
        }
        me.root(DESK, "")?;
        Ok(me)
    }

    /// A first root; the holders' names begin so.
    fn root(&self, folder: &str, prefix: &str) -> Result<()> {
        self.makers.machine(folder)?;
        let mut words: Vec<String> = ["root", "new", folder].map(str::to_owned).to_vec();
        for role in ["root", "targets", "snapshot", "timestamp"] {
            let public = self.makers.key(&format!("{prefix}{role}"))?;
            words.extend(["--add".into(), format!("{role}={public}")]);
        }
        self.makers.release(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        self.sign(&format!("{folder}/1.root.signed"), &format!("{prefix}root"))
    }

    fn sign(&self, file: &str, holder: &str) -> Result<()> {
        self.makers.release(&["sign", file, "--key", &format!("{holder}/{holder}.key")]).map(drop)
    }

    /// Makes and publishes a release on a desk; `instead` of the halves, the images hold another program.
    fn release(&self, folder: &str, prefix: &str, version: &str, instead: Option<&str>) -> Result<()> {
        for half in HALVES {
            pack(&self.path("images")?, half, version, instead.unwrap_or(half))?;
        }
        let usual = ["bundle", folder, "--version", version, "--from", "0.1.0", "--configuration", "1-1"];
        let images = ["--intake", "images/intake.tar", "--uplink", "images/uplink.tar"];
        let said = self.makers.release(&[&usual[..], &images].concat())?;
        let targets = said.split(':').next().context("no name")?;
        self.sign(&format!("{folder}/{targets}"), &format!("{prefix}targets"))?;
        for role in ["snapshot", "timestamp"] {
            self.renew(folder, prefix, role, &[])?;
        }
        Ok(())
    }

    fn renew(&self, folder: &str, prefix: &str, role: &str, more: &[&str]) -> Result<()> {
        let key = format!("{prefix}{role}/{prefix}{role}.key");
        self.makers.release(&[more, &["renew", folder, role, "--key", &key]].concat()).map(drop)
    }

    /// Puts a folder onto the stick, with what changes it, as a whole: nothing is looked at that is half copied.
    fn put_in(&self, folder: &str, change: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let (from, to) = (self.path(folder)?, self.path("stick-next")?);
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            if entry.file_name() != "timestamp.signed" {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        let draft = to.join("draft");
        fs::copy(from.join("timestamp.signed"), &draft)?;
        change(&to)?;
        fs::rename(draft, to.join("timestamp.signed"))?;
        let (stick, gone) = (self.path("stick")?, to.with_file_name("stick-gone"));
        fs::rename(&stick, &gone)?;
        fs::rename(&to, &stick)?;
        fs::remove_dir_all(gone).map_err(Into::into)
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        self.makers.machine(name)
    }

    /// One whose box trusts this vendor, and watches a release for so long.
    async fn site(&self, watch: &str) -> Result<Site> {
        let place = |name: &str| -> Result<String> { Ok(self.path(name)?.display().to_string()) };
        let configuration = format!(
            "{PLUGGED_IN}\n\n[updates]\nreleases = \"{}\"\nroot = \"{}/1.root.signed\"\nfolders = [\"{}\"]\nwatch = \"{watch}\"\n",
            place("releases")?,
            place(DESK)?,
            place("stick")?,
        );
        Site::prepare(BELOW, Launcher::new(env!("CARGO_BIN_EXE_programs")), &configuration).await
    }
}

/// An image of a half, as `docker/build` makes it but for a file that says another version.
fn pack(folder: &Path, half: &str, version: &str, program: &str) -> Result<()> {
    let context = folder.join("context");
    fs::create_dir_all(&context)?;
    fs::copy(built()?.join("context").join(program), context.join("adapter"))?;
    fs::write(context.join("version"), version)?;
    let dockerfile = folder.join("Dockerfile");
    let user = if half == "intake" { "10001:10000" } else { "10002:10000" };
    let text = format!("FROM scratch AS {half}\nCOPY adapter /adapter\nCOPY version /version\nUSER {user}\n");
    fs::write(&dockerfile, text)?;
    let archive = folder.join(format!("{half}.tar"));
    let [dockerfile, context, archive] =
        [dockerfile, context, archive].map(|path| path.display().to_string());
    run("docker/pack", &[&dockerfile, &context, version, &archive, half]).map(drop)
}

/// The image of a half's container, and which image the engine knows by the name of this release.
async fn runs(site: &Site, half: &str) -> Result<String> {
    let found = site.engine.inspect(&format!("oneway-{half}")).await?;
    found["Image"].as_str().map(str::to_owned).context("no image")
}

async fn both(site: &Site) -> Result<[String; 2]> {
    Ok([runs(site, "intake").await?, runs(site, "uplink").await?])
}

async fn image(site: &Site, half: &str, version: &str) -> Result<String> {
    let tag = format!("oneway/{half}:{version}");
    let said = site.engine.docker(&["image", "inspect", "--format", "{{.Id}}", &tag]).await?;
    Ok(said.trim().to_owned())
}

/// What the platform knows of it.
async fn told(site: &Site) -> Result<()> {
    let highest = |store: &Connection, item: &str| -> rusqlite::Result<f64> {
        let words =
            "SELECT COALESCE(MAX(number), 0) FROM readings JOIN items ON items.id = item WHERE name = ?1";
        store.query_row(words, [item], |row| row.get(0))
    };
    let told = until("what became of releases, at the platform", async || {
        let store =
            Connection::open_with_flags(site.file("platform/platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let of = |what: &str| highest(&store, &format!("adapter.releases_{what}"));
        let found = [of("tried")?, of("installed")?, of("not_switched")?, of("went_back")?, of("refused")?];
        let wanted = [2.0, 1.0, 1.0, 0.0, 4.0];
        Ok(found.iter().zip(wanted).all(|(found, wanted)| *found >= wanted).then_some(()))
    });
    told.await.with_context(|| site.log())
}

/// Puts a bundle in and waits until it was refused for this reason, and nothing of it was kept. A look at the one before that was
/// under way may have been refused as well.
async fn refused(
    site: &Site,
    vendor: &Vendor,
    reason: &str,
    folder: &str,
    change: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let of = |said: &Value| said["updates"]["refused"][reason].as_u64().unwrap_or_default();
    let before = of(&site.until_said("any answer", |_| true).await?);
    vendor.put_in(folder, change)?;
    site.until_said(&format!("a refusal, {reason}"), |said| of(said) > before).await?;
    let left: Vec<_> = fs::read_dir(vendor.path("releases")?)?.collect::<Result<_, _>>()?;
    ensure!(left.iter().all(|entry| entry.file_name() == "installed"), "{reason}: {left:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_release_goes_in_while_data_flows_and_no_other() -> Result<()> {
    let vendor = Vendor::new()?;
    let site = vendor.site(SHORT).await?;
    let Running { platform, mut supervisor, printers } = site.start(100).await?;
    let before = both(&site).await?;

    // Bad ones, each for its own reason.
    vendor.makers.carry(DESK, "older")?;
    vendor.release(DESK, "", "0.2.0", None)?;
    vendor.root("theirs", "their-")?;
    vendor.release("theirs", "their-", "0.9.0", None)?;
    refused(&site, &vendor, "forged", "theirs", |_| Ok(())).await?;
    let other_role =
        |stick: &Path| Ok(fs::copy(stick.join("1.targets.signed"), stick.join("draft")).map(drop)?);
    refused(&site, &vendor, "wrong_role", DESK, other_role).await?;
    let image_file = |stick: &Path| -> Result<PathBuf> {
        let mut files = fs::read_dir(stick)?.flatten().map(|entry| entry.path());
        files.find(|file| file.extension().is_some_and(|end| end == "tar")).context("no image")
    };
    let cut =
        |stick: &Path| Ok(fs::OpenOptions::new().write(true).open(image_file(stick)?)?.set_len(1000)?);
    refused(&site, &vendor, "partial", DESK, cut).await?;
    vendor.makers.carry(DESK, "frozen")?;
    vendor.renew("frozen", "", "timestamp", &["--now", "2020-01-01T00:00:00Z"])?;
    refused(&site, &vendor, "expired", "frozen", |_| Ok(())).await?;

    // Signed by the right people, and it does not run: it is found out beside the running halves.
    vendor.makers.carry(DESK, "early")?;
    vendor.release("early", "", "0.2.1", Some("simulator"))?;
    vendor.put_in("early", |_| Ok(()))?;
    let said =
        site.until_said("a release that does not run", |said| said["updates"]["not_switched"] == 1).await?;
    let last = said["updates"]["last"].as_str().unwrap_or_default();
    assert!(last.contains("beside the running halves the new"), "{said}");
    assert_eq!(both(&site).await?, before);
    let gone = image(&site, "intake", "0.2.1").await;
    assert!(gone.is_err(), "an image of a release that was not taken is still there: {gone:?}");

    // The good one.
    let started = number(&site.report().await?, "/records/distinct")?;
    vendor.put_in(DESK, |_| Ok(()))?;
    site.until_said("a release that is tried", |said| said["updates"]["tried"] == 2).await?;
    let said =
        site.until_said("a release that is installed", |said| said["updates"]["installed"] == 1).await?;
    assert_eq!(said["updates"]["went_back"], 0, "{said}");
    for half in HALVES {
        assert_eq!(runs(&site, half).await?, image(&site, half, "0.2.0").await?, "{half}");
    }
    let left = site.engine.docker(&["image", "ls", "--quiet", "--no-trunc"]).await?;
    assert!(
        before.iter().all(|image| left.contains(image)),
        "the configuration names it, and it is gone: {left}"
    );
    let names = site.engine.docker(&["ps", "--all", "--format", "{{.Names}}"]).await?;
    assert!(!names.contains("-next"), "{names}");
    site.until_stored("more lines", distinct(started + 100)).await?;

    told(&site).await?;

    // A supervisor that is killed starts what is installed, whatever its configuration names, and takes nothing older.
    supervisor.kill().await?;
    supervisor = site.start_supervisor()?;
    supervisor.ready().await.with_context(|| site.log())?;
    for half in HALVES {
        assert_eq!(runs(&site, half).await?, image(&site, half, "0.2.0").await?, "{half} after a restart");
    }
    vendor.release("older", "", "0.1.5", None)?;
    refused(&site, &vendor, "older", "older", |_| Ok(())).await?;

    site.nothing_lost(printers).await?;
    supervisor.stop().await?;
    platform.stop().await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_ends_while_it_is_watched_goes_back_by_itself() -> Result<()> {
    let vendor = Vendor::new()?;
    let site = vendor.site(LONG).await?;
    let Running { platform, supervisor, printers } = site.start(100).await?;
    let before = both(&site).await?;

    vendor.release(DESK, "", "0.2.0", None)?;
    vendor.put_in(DESK, |_| Ok(()))?;
    let watched = |said: &Value| said["updates"]["under_way"]["stage"] == "watched";
    site.until_said("a release that is watched", watched).await?;
    for half in HALVES {
        assert_eq!(runs(&site, half).await?, image(&site, half, "0.2.0").await?, "{half}");
    }
    let page = site.status("text").await?;
    assert!(page.contains("release 0.2.0 runs and is watched, for another "), "{page}");
    let started = number(&site.report().await?, "/records/distinct")?;

    let pid = site.engine.pid("oneway-intake").await?;
    site.engine.beside(&["kill", "-KILL", &pid]).await?;
    let said = site.until_said("it to go back", |said| said["updates"]["went_back"] == 1).await?;
    let last = said["updates"]["last"].as_str().unwrap_or_default();
    assert!(last.ends_with("taken back: while it was watched, a half has ended by itself"), "{said}");
    assert!(said["updates"]["under_way"].is_null(), "{said}");
    assert_eq!(both(&site).await?, before);
    let gone = image(&site, "intake", "0.2.0").await;
    assert!(gone.is_err(), "an image of a release that did not hold is still there: {gone:?}");
    let left: Vec<_> = fs::read_dir(vendor.path("releases")?)?.collect::<Result<_, _>>()?;
    ensure!(left.iter().all(|entry| entry.file_name() == "tried"), "{left:?}");

    site.until_stored("more lines", distinct(started + 100)).await?;
    site.nothing_lost(printers).await?;
    supervisor.stop().await?;
    platform.stop().await.map(drop)
}
