//! The system of a box, from its makers to the other pair of partitions: by the real programs, the image's own services on a machine that has
//! booted, and the real systemd-sysupdate.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests::booted::Booted;
use tests::box_desk::{self, DESK, MACHINE, RUNS, bundle, publish, ready};
use tests::box_system::{BoxSystem, HASHES_BYTES, Partition, ROOT_BYTES, partitions};
use tests::makers::{FAILED, Makers, NOTHING, REFUSED, Said, TAKEN};
use tests::{repository, until};

const OTHER: &str = if cfg!(target_arch = "aarch64") { "amd64" } else { "arm64" };
/// A desk with a root, and a box that trusts it.
fn desk() -> Result<Makers> {
    box_desk::desk(env!("CARGO_BIN_EXE_programs"), env!("CARGO_TARGET_TMPDIR"))
}

/// What a box makes of a bundle.
fn take(makers: &Makers, from: &str) -> Result<Said> {
    box_desk::take(makers, &["--from", from])
}

fn account(makers: &Makers) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(makers.machine("box")?.join("account.json"))?)?)
}

/// The box has written it to its disk.
fn remember(makers: &Makers) -> Result<()> {
    let words = ["update", "system", "remember", "--from", "box/take/ready", "--state", "box/release"];
    let said = makers.program("adapter", &words, "")?;
    ensure!(said.code == TAKEN, "{said:?}");
    fs::remove_dir_all(makers.machine("box")?.join("take/ready"))?;
    Ok(())
}

#[test]
fn a_system_is_verified_and_lies_as_it_was_built_where_it_is_fetched() -> Result<()> {
    let makers = desk()?;
    let system = publish(&makers, "0.3.0", 'a', MACHINE)?;
    let shown = makers.release(&["verify", DESK])?;
    assert!(shown.contains("system         root hash aaaa"), "{shown}");
    // The zeros at a partition's end are not carried.
    let carried: u64 = fs::read_dir(makers.machine(DESK)?)?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum::<Result<u64>>()?;
    assert!(carried < 400_000, "{carried}");

    makers.carry(DESK, "stick")?;
    let taken = take(&makers, "stick")?;
    assert_eq!(
        (taken.code, taken.text.contains("0.3.0 is signed, whole and in time")),
        (TAKEN, true),
        "{taken:?}"
    );
    let at = makers.machine("box")?.join("take/ready");
    for file in [system.root(), system.hashes(), system.kernel()] {
        let name = file.file_name().context("no name")?;
        assert!(fs::read(at.join(name))? == fs::read(&file)?, "{name:?}");
    }
    let again = take(&makers, "stick")?;
    assert_eq!(again.code, NOTHING, "{again:?}");
    let good = ready(&makers)?;
    assert_eq!((good.code, good.text.as_str()), (TAKEN, "0.3.0\n"));

    // Whoever took it was a thief's: what lies there now is not what was signed.
    let root = at.join(system.root().file_name().context("no name")?);
    for (place, expected) in
        [(9000, "is not the file that `targets` names"), (ROOT_BYTES - 1, "is not filled with zeros")]
    {
        let file = File::options().read(true).write(true).open(&root)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, place)?;
        file.write_all_at(&[byte[0] ^ 1], place)?;
        let refused = ready(&makers)?;
        assert!(refused.code == REFUSED && refused.text.contains(expected), "{place}: {refused:?}");
        file.write_all_at(&byte, place)?;
    }
    let second = at.join("oneway_0.3.0.root.bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb.raw");
    fs::write(&second, "another root of the same version")?;
    let refused = ready(&makers)?;
    assert!(refused.code == REFUSED && refused.text.contains("does not belong there"), "{refused:?}");
    fs::remove_file(second)?;
    fs::rename(at.join("oneway_0.3.0.efi"), makers.machine("box")?.join("kernel"))?;
    let refused = ready(&makers)?;
    assert!(refused.code == REFUSED && refused.text.contains(".efi: is missing"), "{refused:?}");
    fs::rename(makers.machine("box")?.join("kernel"), at.join("oneway_0.3.0.efi"))?;
    assert_eq!(ready(&makers)?.code, TAKEN);

    // It is on the disk, and waits; then it did not start.
    remember(&makers)?;
    let names = fs::read_dir(makers.machine("box")?.join("release"))?.count();
    assert_eq!(names, 3, "a timestamp, a snapshot and targets, and nothing else");
    let same = take(&makers, "stick")?;
    assert!(same.code == NOTHING && same.text.contains("0.3.0 is the newest that there is"), "{same:?}");
    let kernels = makers.machine("box")?.join("kernels");
    fs::write(&kernels, format!("oneway_{RUNS}.efi\noneway_0.3.0+0-3.efi\n"))?;
    // Even a box that has lost what it knew does not take it again.
    for forget in [false, true] {
        if forget {
            fs::remove_dir_all(makers.machine("box")?.join("release"))?;
            fs::remove_dir_all(makers.machine("box")?.join("take/seen"))?;
        }
        let back = take(&makers, "stick")?;
        assert!(
            back.code == NOTHING && back.text.contains("0.3.0 was tried on this box and did not start well"),
            "{back:?}"
        );
        let said = account(&makers)?;
        assert_eq!(
            (&said["newest"]["state"], &said["newest"]["version"]),
            (&"went_back".into(), &"0.3.0".into())
        );
    }
    // The next one is taken.
    publish(&makers, "0.3.1", 'b', MACHINE)?;
    assert_eq!(take(&makers, DESK)?.code, TAKEN);
    assert_eq!(ready(&makers)?.text, "0.3.1\n");
    Ok(())
}

#[test]
fn what_is_forged_older_frozen_partial_or_for_others_is_refused_and_counted() -> Result<()> {
    let makers = desk()?;
    publish(&makers, "0.3.0", 'a', MACHINE)?;
    makers.carry(DESK, "older")?;
    publish(&makers, "0.4.0", 'b', MACHINE)?;
    makers.carry(DESK, "stick")?;
    let stick = makers.machine("stick")?;
    let memory = makers.machine("box")?.join("take");
    let holds = || -> Result<Vec<String>> {
        let names = fs::read_dir(&memory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    };
    let older = makers.machine("older")?;
    let is_older = |name: &str| {
        name.ends_with(".root.signed") || older.join(name).exists() && name != "timestamp.signed"
    };
    let counted = makers.harmed("stick", is_older, |name| {
        let said = take(&makers, "stick")?;
        assert!(said.code == REFUSED && said.text.starts_with(&format!("refused: {name}: ")), "{said:?}");
        assert!(holds()?.is_empty(), "{:?}", holds()?);
        Ok(())
    })?;
    assert_eq!(counted, 18, "a timestamp, a snapshot, targets and three files");
    let refused = account(&makers)?["refused"].clone();
    let sum: u64 = refused.as_object().context("no counts")?.values().filter_map(Value::as_u64).sum();
    assert!(sum == counted && refused["partial"].as_u64() >= Some(9), "{refused}");
    // Shown again, it is the same refusal.
    fs::remove_file(stick.join("timestamp.signed"))?;
    assert_eq!([take(&makers, "stick")?.code, take(&makers, "stick")?.code], [REFUSED; 2]);
    assert_eq!(
        account(&makers)?["refused"]["partial"].as_u64(),
        refused["partial"].as_u64().map(|count| count + 1)
    );

    // Taken, and then an older state: it is older also after a restart, by what the state partition has.
    makers.carry(DESK, "stick")?;
    assert_eq!(take(&makers, "stick")?.code, TAKEN);
    remember(&makers)?;
    let older = take(&makers, "older")?;
    assert!(older.code == REFUSED && older.text.contains("somebody shows an older state"), "{older:?}");
    assert_eq!(account(&makers)?["refused"]["older"], 1);
    // Without what it knew it goes by what runs.
    fs::remove_dir_all(makers.machine("box")?.join("release"))?;
    fs::write(makers.machine("box")?.join("os-release"), "IMAGE_VERSION=0.4.0\n")?;
    let older = take(&makers, "older")?;
    assert!(older.code == NOTHING && older.text.contains("0.3.0 is not newer than 0.4.0"), "{older:?}");
    assert!(holds()?.is_empty(), "{:?}", holds()?);

    // Nothing was signed since, and a mirror holds it back.
    let old = ["--now", "2020-01-01T00:00:00Z", "renew", DESK, "timestamp", "--key", "server/server.key"];
    makers.release(&old)?;
    let frozen = take(&makers, DESK)?;
    assert!(frozen.code == REFUSED && frozen.text.contains("expired at 2020-01-31T00:00:00Z"), "{frozen:?}");
    // For another kind of machine: not a byte of it is read.
    publish(&makers, "0.5.0", 'c', OTHER)?;
    let other = take(&makers, DESK)?;
    assert!(other.code == NOTHING && other.text.contains(&format!("is for {OTHER} machines")), "{other:?}");
    assert_eq!(take(&makers, "nowhere")?.code, FAILED);
    Ok(())
}

#[test]
fn a_key_is_replaced_and_a_lost_root_comes_with_a_system() -> Result<()> {
    let makers = desk()?;
    publish(&makers, "0.3.0", 'a', MACHINE)?;
    assert_eq!(take(&makers, DESK)?.code, TAKEN);
    remember(&makers)?;
    // Dora's key is replaced by Hal's: the box goes from root to root.
    let add = format!("targets={}", makers.key("hal")?);
    makers.release(&["root", "change", DESK, "--remove", "targets=dora", "--add", &add])?;
    makers.sign("anna", DESK, "2.root.signed")?;
    BoxSystem::make(&makers.machine("output")?.join("0.4.0"), "0.4.0", 'b', MACHINE)?;
    let said = bundle(&makers, "0.4.0", "output/0.4.0")?;
    let targets = said.text.split(':').next().context("no name")?.to_owned();
    assert_eq!(makers.sign("dora", DESK, &targets)?.code, FAILED);
    makers.sign("hal", DESK, &targets)?;
    makers.release(&["renew", DESK, "snapshot", "--key", "gwen/gwen.key"])?;
    makers.release(&["renew", DESK, "timestamp", "--key", "server/server.key"])?;
    assert_eq!(take(&makers, DESK)?.code, TAKEN);
    remember(&makers)?;
    assert!(makers.machine("box")?.join("release/2.root.signed").is_file(), "the way to root 2 is kept");

    // Anna's key, the only one of the root, is lost. The next root comes with a new system, and the documents of before still count.
    let nina = format!("root={}", makers.key("nina")?);
    makers.carry(DESK, "new")?;
    makers.release(&["root", "change", "new", "--remove", "root=anna", "--add", &nina])?;
    makers.sign("nina", "new", "3.root.signed")?;
    let old = take(&makers, "new")?;
    assert!(
        old.code == REFUSED && old.text.contains("3.root.signed: has 0 of 1 signatures that root 2 wants"),
        "{old:?}"
    );
    let root = makers.machine("box")?.join("root.signed");
    fs::rename(makers.machine("new")?.join("3.root.signed"), root)?;
    publish_newer(&makers, "new")?;
    let taken = take(&makers, "new")?;
    assert_eq!(taken.code, TAKEN, "{taken:?}");
    assert_eq!(ready(&makers)?.text, "0.5.0\n");
    Ok(())
}

fn publish_newer(makers: &Makers, folder: &str) -> Result<()> {
    BoxSystem::make(&makers.machine("output")?.join("0.5.0"), "0.5.0", 'c', MACHINE)?;
    let words = ["bundle", folder, "--version", "0.5.0", "--from", "0.1.0", "--configuration", "1-1"];
    let said = makers.release(&[&words[..], &["--system", "output/0.5.0"]].concat())?;
    makers.sign("hal", folder, said.split(':').next().context("no name")?)?;
    makers.release(&["renew", folder, "snapshot", "--key", "gwen/gwen.key"])?;
    makers.release(&["renew", folder, "timestamp", "--key", "server/server.key"])?;
    Ok(())
}

#[test]
fn files_that_do_not_belong_together_become_no_release() -> Result<()> {
    let makers = desk()?;
    let output = makers.machine("output")?;
    let make = |digit| BoxSystem::make(&output, "0.3.0", digit, MACHINE);
    let system = make('a')?;
    for (file, at, bytes, expected) in [
        (system.root(), 1024, &b"ext4"[..], "is not a file system of the kind erofs"),
        (system.hashes(), 0, b"VERITY", "is not the hashes of dm-verity"),
        (system.kernel(), 0, b"#!", "is not a kernel image"),
        (system.kernel(), 4096 + 21, b"roothash=b", "does not start this root"),
        (system.kernel(), 68, &[0x4c, 0x01], "is for machines of the kind [4c, 01]"),
    ] {
        make('a')?;
        File::options().write(true).open(&file)?.write_all_at(bytes, at)?;
        let said = bundle(&makers, "0.3.0", "output")?;
        assert!(said.code == FAILED && said.text.contains(expected), "{expected}: {said:?}");
    }
    make('a')?;
    let said = bundle(&makers, "0.3.1", "output")?;
    assert!(said.code == FAILED && said.text.contains("the image's version is the release's"), "{said:?}");
    let second = make('b')?;
    let said = bundle(&makers, "0.3.0", "output")?;
    assert!(
        said.code == FAILED && said.text.contains("holds not one root and one file of hashes"),
        "{said:?}"
    );
    fs::remove_file(second.root())?;
    fs::remove_file(second.hashes())?;
    // The kernel image is now the second's.
    let said = bundle(&makers, "0.3.0", "output")?;
    assert!(said.code == FAILED && said.text.contains("take the three files of one build"), "{said:?}");
    let nothing = makers.program(
        "release",
        &["bundle", DESK, "--version", "0.3.0", "--from", "0.1.0", "--configuration", "1-1"],
        "",
    )?;
    assert!(nothing.code == FAILED && nothing.text.contains("a system (`--system`) or both"), "{nothing:?}");
    Ok(())
}

/// Where the first version lies on the disk of the machine that has booted, and what stands in for a box's own disk.
const PREPARE: &str = r#"
extra=REPOSITORY/ubuntu-image/mkosi.extra/usr/lib
mkdir -p /usr/lib/oneway /srv/esp/EFI/Linux /srv/repart /srv/defs /srv/state /run/doubles
cp $extra/oneway/* /usr/lib/oneway/
cp -r $extra/systemd/system/oneway-update* $extra/systemd/system/oneway-release* $extra/systemd/system/run-oneway* /run/systemd/system/
cp $extra/sysusers.d/oneway-update.conf /usr/lib/sysusers.d/
systemd-sysusers oneway-update.conf
ln -sf /srv/programs /usr/bin/oneway-adapter
cp MAKERS/box/root.signed /usr/lib/oneway/root.signed
cp /etc/os-release /srv/os-release
{ grep -v IMAGE_VERSION /srv/os-release; echo IMAGE_VERSION=0.2.0; } >/usr/lib/os-release
ln -sf ../usr/lib/os-release /etc/os-release
echo kernel >/srv/esp/EFI/Linux/oneway_0.2.0.efi

# A disk with the image's own partitions, but for their sizes and what is in them.
for file in REPOSITORY/ubuntu-image/mkosi.repart/*.conf; do
    sed -e '/^CopyFiles/d;/^Format/d;/^Verity/d;/^Minimize/d;/^SplitName/d;s/%A/0.2.0/;s/=1G/=8M/;s/=16M/=4M/;s/=512M/=4M/;s/=64M/=4M/' \
        $file >/srv/repart/$(basename $file)
done
truncate -s 80M /srv/disk.raw
systemd-repart --definitions=/srv/repart --empty=force --dry-run=no --size=auto --seed=5b1d2e0c-6f0a-4f7c-9a55-0d1c6e3b7a10 /srv/disk.raw
for file in $extra/sysupdate.d/*; do
    sed -e 's#^Path=auto#Path=/srv/disk.raw#;s#%A#0.2.0#;s#^PathRelativeTo=esp##;s#^Path=/EFI/Linux#Path=/srv/esp/EFI/Linux#' \
        $file >/srv/defs/$(basename $file)
done
# The updater of the image's distribution, in a tree of its own.
cat >/usr/lib/systemd/systemd-sysupdate <<'END'
#!/bin/sh
exec unshare --mount sh -euc '
tree=REPOSITORY/target/peers/sysupdate
for place in proc sys dev run srv; do /usr/bin/mount --rbind /$place $tree/$place; done
exec chroot $tree /usr/lib/systemd/systemd-sysupdate --definitions=/srv/defs "$@"' sh "$@"
END
chmod +x /usr/lib/systemd/systemd-sysupdate
# Devices that are not here.
printf '#!/bin/sh\nmkdir -p /run/oneway-esp; exec /usr/bin/mount --bind /srv/esp /run/oneway-esp\n' >/usr/lib/oneway/mount-kernels
printf '#!/bin/sh\necho /dev/null\n' >/usr/lib/oneway/disk
printf '#!/bin/sh\n:\n' >/usr/lib/oneway/mount-state
printf '#!/bin/sh\nmkdir -p -m 0755 /run/oneway-release-stick; exec mount --bind /srv/stick /run/oneway-release-stick\n' >/usr/lib/oneway/mount-release-stick
cat >/run/doubles/mount <<'END'
#!/bin/sh
# The partition of the kernel images is a folder here, and that of the state is always writable.
case "$*" in *oneway-esp) mkdir -p /run/oneway-esp; exec /usr/bin/mount --bind /srv/esp /run/oneway-esp ;; esac
END
printf '#!/bin/sh\ncase "$*" in *oneway-esp) exec /usr/bin/umount "$@" ;; esac\n' >/run/doubles/umount
chmod +x /usr/lib/oneway/* /run/doubles/*
mkdir -p /var/lib/oneway-state
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' >/run/systemd/system/oneway-state.service
for unit in oneway-update oneway-update-account; do
    mkdir -p /run/systemd/system/$unit.service.d
    printf '[Service]\nEnvironment=PATH=/run/doubles:/usr/sbin:/usr/bin\n' >/run/systemd/system/$unit.service.d/doubles.conf
done
# Nothing here may end this machine, and each try may come at once.
mkdir -p /run/systemd/system/oneway-update-restart.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/touch /srv/restarted\n' >/run/systemd/system/oneway-update-restart.service.d/doubles.conf
printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nCapabilityBoundingSet=CAP_SYS_CHROOT\n' >/run/systemd/system/oneway-update.service.d/limit.conf
# The program is a script here.
printf '[Service]\nNoExecPaths=\nExecPaths=\n' >/run/systemd/system/oneway-update-stick.service.d/zz.conf
systemctl daemon-reload
systemctl start oneway-update-account.service oneway-update.path
"#;

/// A disk in memory: a digest of all that a box's updates could write.
const WRITTEN: &str = "cat /srv/disk.raw /srv/esp/EFI/Linux/* | sha256sum; ls /srv/esp/EFI/Linux; find /var/lib/oneway-state -type f";

#[tokio::test]
async fn a_verified_system_lands_in_the_other_pair_of_partitions_and_a_refused_one_writes_nothing()
-> Result<()> {
    let updater = repository().join("target/peers/sysupdate/usr/lib/systemd/systemd-sysupdate");
    ensure!(updater.is_file(), "systemd-sysupdate is not there; run tests/set-up");
    let makers = desk()?;
    let below = env!("CARGO_TARGET_TMPDIR");
    let booted = Booted::start(below, Path::new(below)).await?;
    let programs = Path::new(env!("CARGO_BIN_EXE_programs"));
    let script = "mkdir -p /srv/stick; touch /srv/oneway; mount --bind PROGRAMS /srv/oneway
        printf '#!/bin/sh\\nexec /srv/oneway adapter \"$@\"\\n' >/srv/programs; chmod +x /srv/programs";
    booted.run(&script.replace("PROGRAMS", &programs.display().to_string())).await?;
    let makers_at = makers.machine("box")?.parent().context("no folder")?.display().to_string();
    let prepare =
        PREPARE.replace("REPOSITORY", &repository().display().to_string()).replace("MAKERS", &makers_at);
    booted.run(&prepare).await?;

    // An older one, signed by the right people: nothing is written, and why is said.
    let plug_in = format!(
        "rm -rf /srv/stick/*; cp -r {makers_at}/STICK /srv/stick/release; chmod -R a+rX /srv/stick; systemctl start oneway-update-stick.service"
    );
    let before = booted.run(WRITTEN).await?;
    publish(&makers, "0.1.9", 'a', MACHINE)?;
    booted.run(&plug_in.replace("STICK", DESK)).await?;
    assert_eq!(booted.run(WRITTEN).await?, before);
    let said = booted.run("cat /run/oneway-update/said/account.json").await?;
    assert!(said.contains("0.1.9 is not newer than 0.2.0"), "{said}");
    // One that is changed on its way.
    let system = publish(&makers, "0.3.0", 'b', MACHINE)?;
    makers.carry(DESK, "bad")?;
    for entry in fs::read_dir(makers.machine("bad")?)? {
        let path = entry?.path();
        if path.extension().is_some_and(|is| is == "root") {
            let file = File::options().write(true).open(path)?;
            file.write_all_at(b"x", 9000)?;
        }
    }
    booted.run(&plug_in.replace("STICK", "bad")).await?;
    assert_eq!(booted.run(WRITTEN).await?, before);
    let said = booted.run("cat /run/oneway-update/said/account.json").await?;
    assert!(said.contains("\"other_file\":1"), "{said}");
    // One that a thief of the user who looks has put there.
    booted
        .run(&format!("cp -r {makers_at}/bad /run/oneway-update/take/theirs; chown -R oneway-update /run/oneway-update/take/theirs; \
             mv /run/oneway-update/take/theirs /run/oneway-update/take/ready"))
        .await?;
    until("it to be refused", async || {
        let failed = booted.run("systemctl show -p Result --value oneway-update.service").await?;
        Ok((failed == "exit-code").then_some(()))
    })
    .await?;
    booted.run("test ! -e /run/oneway-update/take/ready -a ! -e /run/oneway-update/next").await?;
    assert_eq!(booted.run(WRITTEN).await?, before);

    // And a good one, which nobody but the units does anything about.
    booted.run(&plug_in.replace("STICK", DESK)).await?;
    until("it to be on the disk", async || {
        let ended = booted
            .run("systemctl show -p ActiveState --value oneway-update.service; ls /run/oneway-update")
            .await?;
        Ok((ended.starts_with("inactive") && ended.contains("restart")).then_some(()))
    })
    .await?;
    let disk = makers.machine("disk")?.join("disk.raw");
    booted.run(&format!("cp --sparse=always /srv/disk.raw {}", disk.display())).await?;
    lies_in_the_other_pair(&disk, &system)?;
    let kernels = booted.run("ls /srv/esp/EFI/Linux").await?;
    assert_eq!(kernels, "oneway_0.2.0.efi\noneway_0.3.0+3-0.efi");
    let kept = booted.run("ls /var/lib/oneway-state/release").await?;
    assert_eq!(kept, "2.snapshot.signed\n2.targets.signed\ntimestamp.signed");
    let said = booted.run("cat /run/oneway-update/said/account.json").await?;
    assert!(said.contains(r#""state":"waiting","version":"0.3.0""#), "{said}");
    booted
        .run("test -z \"$(ls -A /run/oneway-update/take | grep -v asked)\" -a ! -e /run/oneway-update/next")
        .await?;
    // The same stick once more, by what the box has kept: there is nothing in it.
    booted.run("systemctl start oneway-update-stick.service").await?;
    let said = booted.run("cat /run/oneway-update/said/account.json; ls /run/oneway-update/take").await?;
    assert!(said.contains("0.3.0 is the newest that there is") && said.ends_with("seen"), "{said}");
    assert_eq!(booted.run("ls /srv/esp/EFI/Linux").await?, kernels);
    // Whoever looks at sticks has no network, sees no state, and writes nowhere else.
    let seen = booted.run("systemctl show -p User -p PrivateNetwork -p ProtectSystem -p CapabilityBoundingSet oneway-update-stick").await?;
    for line in ["User=oneway-update", "PrivateNetwork=yes", "ProtectSystem=strict", "CapabilityBoundingSet="]
    {
        assert!(seen.lines().any(|found| found == line), "{line}: {seen}");
    }
    Ok(())
}

fn lies_in_the_other_pair(disk: &Path, system: &BoxSystem) -> Result<()> {
    let found = partitions(disk)?;
    let labels: Vec<&str> = found.iter().map(|partition| partition.label.as_str()).collect();
    assert_eq!(
        labels,
        ["oneway-esp", "oneway_0.2.0", "oneway_0.2.0", "oneway_0.3.0", "oneway_0.3.0", "oneway-state"]
    );
    let file = File::open(disk)?;
    for (at, uuid, size, expected) in [
        (3, &system.uuids[0], ROOT_BYTES, system.root()),
        (4, &system.uuids[1], HASHES_BYTES, system.hashes()),
    ] {
        let Partition { uuid: found, place: (start, length), .. } = &found[at];
        assert_eq!((found, *length), (uuid, size));
        let mut bytes = vec![0; usize::try_from(size)?];
        file.read_exact_at(&mut bytes, *start)?;
        assert!(bytes == fs::read(&expected)?, "{}", expected.display());
    }
    Ok(())
}

/// When a box starts again. None of its halves runs here, so nothing is held.
#[test]
fn a_box_starts_again_at_its_hour() -> Result<()> {
    let makers = desk()?;
    let at = makers.machine("box")?;
    let example = fs::read_to_string(repository().join("packages/adapter/root/etc/oneway/adapter.toml"))?;
    let time = |when: &str| -> Result<String> {
        let said = Command::new("date").args(["-u", "-d", when, "+%H:%M"]).output()?;
        Ok(String::from_utf8(said.stdout)?.trim().to_owned())
    };
    let (now, later) = (time("now")?, time("2 hours")?);
    fs::write(at.join("restart"), "")?;
    for (updates, code) in [
        (String::new(), TAKEN),
        ("[updates]\n".to_owned(), TAKEN),
        (format!("[updates]\nrestart = \"{}\"\n", now), TAKEN),
        (format!("[updates]\nrestart = \"{}\"\n", later), NOTHING),
        ("[updates]\nrestart = \"3 o'clock\"\n".to_owned(), TAKEN),
    ] {
        fs::write(at.join("adapter.toml"), format!("{example}\n{updates}"))?;
        let words = ["update", "system", "restart", "--config", "box/adapter.toml", "--since", "box/restart"];
        let said = makers.program("adapter", &words, "")?;
        assert_eq!(said.code, code, "{updates}: {said:?}");
    }
    Ok(())
}
