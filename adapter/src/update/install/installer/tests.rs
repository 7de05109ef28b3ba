//! The whole of it but the engine: bundles in a folder, signed by keys of this test, and hands that only note what they are
//! told.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use release::{Envelope, ImageDigest, PublicKey, Role, Sha256};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;
use crate::update::install::hands::{Rehearsal, Sight};
use crate::update::install::limits::ATTEMPTS_MAX;

/// Each role has one key.
fn key(role: Role) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&Sha256::of(role.name().as_bytes()).to_string().as_bytes()[..32])
        .unwrap()
}

fn signed(role: Role, by: Role, mut document: Value) -> Vec<u8> {
    let dated = json!({"made": "2026-11-01T00:00:00Z", "expires": "2199-01-01T00:00:00Z"});
    for (name, value) in dated.as_object().unwrap() {
        document.as_object_mut().unwrap().entry(name.clone()).or_insert(value.clone());
    }
    let mut envelope = Envelope::unsigned(release::Form::One, role, document.to_string().into_bytes());
    let key = key(by);
    let signature = key.sign(&envelope.message()).as_ref().try_into().unwrap();
    envelope.sign(PublicKey::from_bytes(key.public_key().as_ref()).unwrap(), signature);
    envelope.to_bytes()
}

fn image(of: &str) -> ImageDigest {
    ImageDigest::parse(&format!("sha256:{}", Sha256::of(of.as_bytes()))).unwrap()
}

fn pair(version: &str) -> Pair {
    Pair { intake: image(&format!("intake {version}")), uplink: image(&format!("uplink {version}")) }
}

struct Box {
    folder: tempfile::TempDir,
    told: Arc<Mutex<Told>>,
}

/// What the hands are told, and what is wrong with the release.
#[derive(Default)]
struct Told {
    done: Vec<&'static str>,
    running: Option<Pair>,
    other_digest: bool,
    never_healthy: bool,
    mute: bool,
}

struct Noted(Arc<Mutex<Told>>);

impl Noted {
    fn note(&self, what: &'static str) -> std::sync::MutexGuard<'_, Told> {
        let mut told = self.0.lock().unwrap();
        told.done.push(what);
        told
    }
}

impl Hands for Noted {
    async fn load(&mut self, archive: &Path, image: &Image) -> Result<ImageDigest, Trouble> {
        assert!(
            fs::read(archive).unwrap().len() as u64 == u64::from(image.length),
            "it is whole on the disk"
        );
        let told = self.note("load");
        if told.other_digest { Err(Trouble::Failed("another image".into())) } else { Ok(image.image.clone()) }
    }

    async fn rehearse(&mut self, _: &Pair) -> Result<(), Trouble> {
        drop(self.note("rehearse"));
        Ok(())
    }

    async fn rehearsal(&mut self) -> Result<Rehearsal, Trouble> {
        let told = self.0.lock().unwrap();
        Ok(if told.never_healthy { Rehearsal::Starting } else { Rehearsal::Well })
    }

    async fn end_rehearsal(&mut self) -> Result<(), Trouble> {
        drop(self.note("end"));
        Ok(())
    }

    async fn switch(&mut self, pair: &Pair) -> Result<(), Trouble> {
        self.note("switch").running = Some(pair.clone());
        Ok(())
    }

    async fn look(&mut self) -> Result<Sight, Trouble> {
        let told = self.0.lock().unwrap();
        let sound = [pair("0.1.0"), pair("0.2.1")];
        let mute = told.mute && told.running.as_ref().is_some_and(|running| !sound.contains(running));
        let stored_ago = (!mute).then_some(Duration::ZERO);
        Ok(Sight { well: true, stored_ago, heard: BTreeMap::new(), runs: [1, 1] })
    }

    async fn remove(&mut self, _: &ImageDigest) -> Result<(), Trouble> {
        drop(self.note("remove"));
        Ok(())
    }
}

impl Box {
    fn new() -> Self {
        let me = Self { folder: tempfile::tempdir().unwrap(), told: Arc::default() };
        fs::create_dir(me.path("releases")).unwrap();
        let roles: serde_json::Map<String, Value> = Role::ALL
            .into_iter()
            .map(|role| {
                let public = PublicKey::from_bytes(key(role).public_key().as_ref()).unwrap().to_string();
                let keys = json!([{"holder": role.name(), "public": public}]);
                (role.name().to_owned(), json!({"threshold": 1, "keys": keys}))
            })
            .collect();
        let root = signed(Role::Root, Role::Root, json!({"version": 1, "roles": roles}));
        fs::write(me.path("root.signed"), root).unwrap();
        me
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a bundle onto the stick; what it says can be changed, and who signs the targets.
    fn stick(&self, number: u64, version: &str, targets_by: Role, timestamp: &Value) {
        let stick = self.path("stick");
        let _ = fs::remove_dir_all(&stick);
        fs::create_dir(&stick).unwrap();
        let images = ["intake", "uplink"].map(|half| {
            let bytes = format!("{half} {version}");
            let file = Sha256::of(bytes.as_bytes());
            fs::write(stick.join(format!("{file}.tar")), &bytes).unwrap();
            let name = image(&bytes).to_string();
            (half.to_owned(), json!({"image": name, "manifest": name, "length": bytes.len(), "sha256": file}))
        });
        let pointer =
            |bytes: &[u8]| json!({"version": number, "length": bytes.len(), "sha256": Sha256::of(bytes)});
        let release = json!({
            "version": version, "from": "0.1.0", "configuration": {"oldest": 1, "newest": 1},
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
            "images": images.into_iter().collect::<serde_json::Map<_, _>>(),
        });
        let targets = signed(Role::Targets, targets_by, json!({"version": number, "release": release}));
        let snapshot = json!({"version": number, "targets": pointer(&targets)});
        let snapshot = signed(Role::Snapshot, Role::Snapshot, snapshot);
        let mut newest = json!({"version": number, "snapshot": pointer(&snapshot)});
        for (name, value) in timestamp.as_object().into_iter().flatten() {
            newest[name] = value.clone();
        }
        fs::write(stick.join(format!("{number}.targets.signed")), targets).unwrap();
        fs::write(stick.join(format!("{number}.snapshot.signed")), snapshot).unwrap();
        fs::write(stick.join("timestamp.signed"), signed(Role::Timestamp, Role::Timestamp, newest)).unwrap();
    }

    async fn start(&self) -> Start {
        start(&self.path("releases"), &self.path("root.signed"), |why| panic!("{why}")).await.unwrap()
    }

    async fn installer(&self) -> Installer<Noted> {
        let places =
            Places { folders: vec![self.path("stick")], url: None, every: Duration::from_secs(3600) };
        let start = self.start().await;
        let version = start.known.release().map(|release| release.version.to_string());
        let running = pair(version.as_deref().unwrap_or("0.1.0"));
        self.told.lock().unwrap().running = Some(running.clone());
        let hands = Noted(Arc::clone(&self.told));
        let images = [pair("0.1.0"), running];
        Installer::new(start, &places, Duration::from_secs(10), images, hands).unwrap()
    }

    /// Lets it run for so long, of a time that passes by itself.
    async fn run(&self, time: Duration) -> super::super::account::Counts {
        let installer = self.installer().await;
        let account = installer.account();
        let stop = CancellationToken::new();
        tokio::join!(installer.run(stop.clone()), async {
            sleep(time).await;
            stop.cancel();
        });
        account.counts()
    }

    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("releases")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

const SHORT: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn a_good_release_is_taken_from_a_stick_and_starts_again() {
    let me = Box::new();
    me.stick(1, "0.2.0", Role::Targets, &json!({}));
    let counts = me.run(SHORT).await;
    assert_eq!((counts.tried, counts.installed, counts.refused.len()), (1, 1, 0));
    assert_eq!(me.told.lock().unwrap().running, Some(pair("0.2.0")));
    // What the configuration names is not removed.
    let steps = ["end", "load", "load", "rehearse", "end", "switch", "switch"];
    assert_eq!(me.told.lock().unwrap().done, steps);
    assert_eq!(me.left(), ["installed"]);
    // The next start knows it, and what is older is refused; so is another with the same number.
    let images = me.start().await.images().unwrap();
    assert_eq!(
        images.each_ref().map(|(image, _)| image.image.clone()),
        [pair("0.2.0").intake, pair("0.2.0").uplink]
    );
    assert!(images.iter().all(|(_, file)| file.is_file()));
    me.stick(2, "0.1.5", Role::Targets, &json!({}));
    assert_eq!(me.run(SHORT).await.refused, [("older".to_owned(), 1)].into());
    me.stick(3, "0.2.1", Role::Targets, &json!({}));
    me.told.lock().unwrap().done.clear();
    assert_eq!(me.run(SHORT).await.installed, 1);
    assert_eq!(me.told.lock().unwrap().done.iter().filter(|word| **word == "remove").count(), 2);
    // One that does not hold: the engine is given what ran before, before it runs again.
    me.told.lock().unwrap().done.clear();
    me.told.lock().unwrap().mute = true;
    me.stick(4, "0.2.2", Role::Targets, &json!({}));
    assert_eq!(me.run(SHORT).await.went_back, 1);
    let done = me.told.lock().unwrap().done.clone();
    let steps =
        ["end", "load", "load", "rehearse", "end", "switch", "load", "load", "switch", "remove", "remove"];
    assert_eq!(done, steps);
    assert_eq!(me.told.lock().unwrap().running, Some(pair("0.2.1")));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_the_engine_cannot_be_given_is_taken_again() {
    let me = Box::new();
    me.stick(1, "0.2.0", Role::Targets, &json!({}));
    assert_eq!(me.run(SHORT).await.installed, 1);
    let start = me.start().await.without("no such image");
    assert!(start.known.release().is_none());
    let places = Places { folders: Vec::new(), url: None, every: Duration::from_secs(3600) };
    let images = [pair("0.1.0"), pair("0.1.0")];
    let installer =
        Installer::new(start, &places, Duration::from_secs(10), images, Noted(Arc::clone(&me.told))).unwrap();
    let last = installer.account().counts().last.unwrap();
    assert!(last.contains("release 0.2.0 is installed and cannot be started: no such image"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_good_is_counted_once_and_nothing_of_it_stays() {
    let me = Box::new();
    let expired = json!({"made": "2026-01-01T00:00:00Z", "expires": "2026-02-01T00:00:00Z"});
    for (reason, by, timestamp) in [
        ("forged", Role::Snapshot, json!({})),
        ("expired", Role::Targets, expired),
        ("partial", Role::Targets, json!({})),
        ("other_file", Role::Targets, json!({})),
        ("wrong_role", Role::Targets, json!({})),
        ("malformed", Role::Targets, json!({})),
    ] {
        me.stick(1, "0.2.0", by, &timestamp);
        let image = fs::read_dir(me.path("stick")).unwrap().map(|entry| entry.unwrap().path());
        let image = image.into_iter().find(|path| path.extension().is_some_and(|end| end == "tar")).unwrap();
        match reason {
            "partial" => fs::remove_file(image).unwrap(),
            "other_file" => fs::write(&image, vec![b'x'; fs::read(&image).unwrap().len()]).unwrap(),
            "wrong_role" => {
                fs::copy(
                    me.path("stick").join("1.targets.signed"),
                    me.path("stick").join("timestamp.signed"),
                )
                .unwrap();
            }
            "malformed" => fs::write(me.path("stick").join("timestamp.signed"), "x").unwrap(),
            _ => {}
        }
        // It is looked at again and again, and said once.
        let counts = me.run(SHORT).await;
        assert_eq!((counts.refused, counts.tried), ([(reason.to_owned(), 1)].into(), 0), "{reason}");
        assert!(me.left().is_empty(), "{reason}");
        assert!(me.told.lock().unwrap().done.iter().all(|word| *word == "end"), "{reason}");
    }
    // Not refused, and nothing for this box: the number that it has.
    me.stick(1, "0.1.0", Role::Targets, &json!({}));
    let counts = me.run(SHORT).await;
    assert!(counts.refused.is_empty() && counts.tried == 0 && me.left().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_release_that_does_not_hold_is_tried_some_times_and_no_more() {
    for wrong in [
        |told: &mut Told| told.other_digest = true,
        |told: &mut Told| told.never_healthy = true,
        |told: &mut Told| told.mute = true,
    ] {
        let me = Box::new();
        wrong(&mut me.told.lock().unwrap());
        me.stick(1, "0.2.0", Role::Targets, &json!({}));
        let counts = me.run(Duration::from_secs(24 * 3600)).await;
        assert_eq!((counts.tried, counts.installed), (u64::from(ATTEMPTS_MAX), 0));
        assert_eq!(counts.not_switched + counts.went_back, u64::from(ATTEMPTS_MAX));
        assert_eq!(me.left(), ["tried"]);
        assert_eq!(me.told.lock().unwrap().running, Some(pair("0.1.0")));
        // And not after a restart either, but another release is.
        assert_eq!(me.run(SHORT).await.tried, 0);
        me.told.lock().unwrap().mute = false;
        me.stick(2, "0.2.1", Role::Targets, &json!({}));
        assert_eq!(me.run(SHORT).await.tried, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_on_the_disk_is_not_started() {
    let me = Box::new();
    me.stick(1, "0.2.0", Role::Targets, &json!({}));
    me.run(SHORT).await;
    let [(_, file), _] = me.start().await.images().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::write(file, bytes).unwrap();
    // Whoever looks on is told so, since older programs run from now on.
    let last = me.installer().await.account().counts().last.unwrap();
    assert!(last.contains("is not what was signed"), "{last}");
    assert!(me.start().await.images().is_none());
    assert!(start(&me.path("nowhere"), &me.path("none"), |_| ()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_removed_holds_nobody_up() {
    let me = Box::new();
    me.stick(1, "0.2.0", Role::Targets, &json!({}));
    me.run(SHORT).await;
    // As on a disk that came up read-only.
    fs::write(me.path("releases").join("next"), "x").unwrap();
    assert!(me.start().await.images().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_for_now_is_waited_for_and_not_left_for_what_is_older() {
    let me = Box::new();
    me.stick(1, "0.2.0", Role::Targets, &json!({}));
    me.run(SHORT).await;
    let (folder, root) = (me.path("releases"), me.path("root.signed"));
    let (timestamp, aside) = (folder.join("installed/timestamp.signed"), me.path("aside"));
    fs::rename(&timestamp, &aside).unwrap();
    fs::create_dir(&timestamp).unwrap();
    let mut said = Vec::new();
    let waits = |why: &str| {
        said.push(why.to_owned());
        if said.len() == 3 {
            fs::remove_dir(&timestamp).unwrap();
            fs::rename(&aside, &timestamp).unwrap();
        }
    };
    let start = start(&folder, &root, waits).await.unwrap();
    assert!(start.images().is_some() && start.fallen.is_none());
    assert!(said.len() == 3 && said[0].contains("timestamp.signed: cannot be read"), "{said:?}");
}

/// It ends at any moment, and the next start finds all of one release.
#[tokio::test(start_paused = true)]
async fn whenever_it_is_ended_the_next_start_has_a_whole_release() {
    for seconds in 0..30 {
        let me = Box::new();
        me.stick(1, "0.2.0", Role::Targets, &json!({}));
        me.run(SHORT).await;
        me.stick(2, "0.3.0", Role::Targets, &json!({}));
        me.run(Duration::from_secs(seconds)).await;
        let start = me.start().await;
        let version = start.known.release().unwrap().version.to_string();
        assert!(["0.2.0", "0.3.0"].contains(&version.as_str()), "{version} after {seconds} s");
        assert!(!me.path("releases").join("next").exists());
    }
}
