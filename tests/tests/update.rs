//! A release from its makers' machines to a box: keys, roots, signatures and verdicts by the real programs, and what goes
//! wrong on the way.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use demo::certificates::{Authority, Validity};
use serde_json::Value;
use tests::box_desk::{DESK, MACHINE};
use tests::https_folder::HttpsFolder;
use tests::makers::{FAILED, Makers, NOTHING, REFUSED, TAKEN, USAGE, save_image};
use tests::repository;

const TRUSTS_1: [&str; 2] = ["--root", "box/1.root.signed"];

/// A desk with a root that Anna and Ben have signed, on a box as well; Dora and Emil sign releases.
fn with_root() -> Result<Makers> {
    let makers = Makers::new(env!("CARGO_BIN_EXE_programs"), env!("CARGO_TARGET_TMPDIR"))?;
    makers.machine(DESK)?;
    let mut arguments: Vec<String> = ["root", "new", DESK].map(str::to_owned).to_vec();
    for (role, holders) in [
        ("root", &["anna", "ben", "cara"][..]),
        ("targets", &["dora", "emil", "finn"]),
        ("snapshot", &["gwen"]),
        ("timestamp", &["server-1"]),
    ] {
        for holder in holders {
            arguments.extend(["--add".into(), format!("{role}={}", makers.key(holder)?)]);
        }
    }
    let plain: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let undecided = makers.program("release", &plain, "")?;
    assert!(undecided.text.contains("say how many must sign: `--threshold root=NUMBER`"), "{undecided:?}");
    let thresholds = ["--threshold", "root=2", "--threshold", "targets=2"];
    makers.release(&[&plain[..], &thresholds].concat())?;

    let first = makers.sign("anna", DESK, "1.root.signed")?;
    assert!(first.text.contains("signed as anna; it has 1 of 2 signatures"), "{first:?}");
    to_box(&makers, "1.root.signed")?;
    let draft = makers.check(DESK, &TRUSTS_1)?;
    assert_eq!(draft.code, USAGE, "{draft:?}");
    assert!(draft.text.contains("has 1 of 2 signatures that root 1 wants for the role root"), "{draft:?}");

    let wrong = makers.sign("dora", DESK, "1.root.signed")?;
    assert!(wrong.code == FAILED && wrong.text.contains("the role root"), "{wrong:?}");
    makers.sign("ben", DESK, "1.root.signed")?;
    to_box(&makers, "1.root.signed")?;
    Ok(makers)
}

fn to_box(makers: &Makers, name: &str) -> Result<()> {
    fs::copy(makers.machine(DESK)?.join(name), makers.machine("box")?.join(name))?;
    Ok(())
}

/// Makes a release's targets on the desk; gives their file's name and the names of the intake's image.
fn bundle(makers: &Makers, version: &str, more: &[&str]) -> Result<(String, [String; 2])> {
    bundle_for(makers, MACHINE, version, more)
}

/// The same for another kind of machine.
fn bundle_for(makers: &Makers, machine: &str, version: &str, more: &[&str]) -> Result<(String, [String; 2])> {
    let images = makers.machine("images")?;
    let intake = save_image(&images.join("intake.tar"), &format!("intake of {version}"), machine)?;
    save_image(&images.join("uplink.tar"), &format!("uplink of {version}"), machine)?;
    let usual = [
        "bundle",
        DESK,
        "--version",
        version,
        "--intake",
        "images/intake.tar",
        "--uplink",
        "images/uplink.tar",
    ];
    let said = makers.release(&[&usual[..], more].concat())?;
    let name = said.split(':').next().context("no name")?.to_owned();
    Ok((name, intake))
}

/// What the online machines do when the people have signed.
fn publish(makers: &Makers, server: &str) -> Result<()> {
    makers.release(&["renew", DESK, "snapshot", "--key", "gwen/gwen.key"])?;
    let key = fs::read_to_string(makers.machine(server)?.join(format!("{server}.key")))?;
    let said = makers.program("release", &["renew", DESK, "timestamp", "--key", "-"], &key)?;
    ensure!(said.code == Some(0), "{said:?}");
    Ok(())
}

const FROM_1: [&str; 4] = ["--from", "0.1.0", "--configuration", "1-1"];

/// A desk with release 0.2.0.
fn with_release() -> Result<Makers> {
    let makers = with_root()?;
    let (targets, intake) = bundle(&makers, "0.2.0", &FROM_1)?;
    assert_eq!(targets, "1.targets.signed");
    let shown = makers.release(&["show", "desk/1.targets.signed"])?;
    assert!(
        intake.iter().all(|name| shown.contains(name)) && shown.contains("has 0 of 2 signatures"),
        "{shown}"
    );
    makers.sign("dora", DESK, &targets)?;
    let early = makers.program("release", &["renew", DESK, "snapshot", "--key", "gwen/gwen.key"], "")?;
    assert!(early.code == FAILED && early.text.contains("by dora; it must be signed before"), "{early:?}");
    makers.sign("emil", DESK, &targets)?;
    publish(&makers, "server-1")?;
    Ok(makers)
}

#[test]
fn a_release_goes_from_its_makers_to_a_box_and_the_keys_change() -> Result<()> {
    let makers = with_release()?;
    let verified = makers.release(&["verify", DESK])?;
    assert!(verified.contains("release 0.2.0 is signed, whole and in time"), "{verified}");
    makers.carry(DESK, "stick")?;
    let checked = makers.check("stick", &TRUSTS_1)?;
    assert_eq!(checked.code, TAKEN, "{checked:?}");
    assert!(
        checked.text.contains("dora and emil, by root 1") && checked.text.contains("would be taken"),
        "{checked:?}"
    );
    makers.carry("stick", "installed")?;
    let box_1 = [&TRUSTS_1[..], &["--installed", "installed"]].concat();
    let same = makers.check("stick", &box_1)?;
    assert_eq!((same.code, same.text.as_str()), (NOTHING, "release 0.2.0 is what this box has\n"));

    // Cara leaves the root, Dora the releases, and the server is another one.
    makers.carry(DESK, "older")?;
    let change = [
        "root",
        "change",
        DESK,
        "--remove",
        "root=cara",
        "--add",
        &format!("root={}", makers.key("carl")?),
        "--remove",
        "targets=dora",
        "--add",
        &format!("targets={}", makers.key("hal")?),
        "--remove",
        "timestamp=server-1",
        "--add",
        &format!("timestamp={}", makers.key("server-2")?),
    ]
    .map(str::to_owned);
    makers.release(&change.each_ref().map(String::as_str))?;
    let half = makers.sign("carl", DESK, "2.root.signed")?;
    assert!(half.text.contains("has 0 of 2 signatures that root 1 wants"), "{half:?}");
    let refused = makers.check(DESK, &box_1)?;
    assert!(refused.code == REFUSED && refused.text.contains("2.root.signed: has 0 of 2"), "{refused:?}");
    makers.sign("anna", DESK, "2.root.signed")?;
    makers.sign("ben", DESK, "2.root.signed")?;

    let (targets, _) = bundle(&makers, "0.3.0", &FROM_1)?;
    let gone = makers.sign("dora", DESK, &targets)?;
    assert!(gone.code == FAILED && gone.text.contains("root 2 does not give the key"), "{gone:?}");
    makers.sign("hal", DESK, &targets)?;
    makers.sign("emil", DESK, &targets)?;
    let stolen =
        makers.program("release", &["renew", DESK, "timestamp", "--key", "server-1/server-1.key"], "")?;
    assert!(stolen.code == FAILED && stolen.text.contains("the role timestamp"), "{stolen:?}");
    publish(&makers, "server-2")?;
    for known in [&TRUSTS_1[..], &box_1] {
        let newer = makers.check(DESK, known)?;
        assert!(newer.code == TAKEN && newer.text.contains("hal and emil, by root 2"), "{newer:?}");
    }

    // A box that has it is shown what was before.
    makers.carry(DESK, "installed")?;
    let older = makers.check("older", &box_1)?;
    assert!(
        older.code == REFUSED && older.text.contains("that root 2 wants for the role timestamp"),
        "{older:?}"
    );

    // A year without a release.
    makers.release(&["renew", DESK, "targets"])?;
    makers.sign("hal", DESK, "3.targets.signed")?;
    makers.sign("finn", DESK, "3.targets.signed")?;
    publish(&makers, "server-2")?;
    let same = makers.check(DESK, &box_1)?;
    assert_eq!((same.code, same.text.as_str()), (NOTHING, "release 0.3.0 is what this box has\n"));
    no_secret_is_in(&makers, &[DESK, "stick", "installed"])
}

#[test]
fn what_is_not_as_it_was_signed_is_refused() -> Result<()> {
    let makers = with_release()?;
    makers.carry(DESK, "stick")?;
    makers.harmed(
        "stick",
        |name| name.ends_with(".root.signed"),
        |name| {
            let said = makers.check("stick", &TRUSTS_1)?;
            assert!(said.code == REFUSED && said.text.starts_with(&format!("refused: {name}: ")), "{said:?}");
            Ok(())
        },
    )?;
    assert_eq!(makers.check("stick", &TRUSTS_1)?.code, TAKEN);

    // The stick is gone, and it was no stick.
    assert_eq!(makers.check("nowhere", &TRUSTS_1)?.code, FAILED);
    assert_eq!(makers.check("stick", &["--root", "stick/timestamp.signed"])?.code, USAGE);
    assert_eq!(makers.check("stick", &[])?.code, USAGE);

    // Nothing was signed since, and a mirror holds it back.
    makers.release(&[
        "--now",
        "2020-01-01T00:00:00Z",
        "renew",
        DESK,
        "timestamp",
        "--key",
        "server-1/server-1.key",
    ])?;
    let frozen = makers.check(DESK, &[&TRUSTS_1[..], &["--format", "json"]].concat())?;
    let said: Value = serde_json::from_str(&frozen.text)?;
    assert_eq!(
        (frozen.code, &said["verdict"], &said["file"]),
        (REFUSED, &"refused".into(), &"timestamp.signed".into())
    );
    assert!(
        said["why"].as_str().is_some_and(|why| why.starts_with("expired at 2020-01-31T00:00:00Z")),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_good_release_can_be_for_other_boxes() -> Result<()> {
    let makers = with_release()?;
    for (version, more, expected) in [
        (
            "0.3.0",
            ["--from", "0.2.0", "--configuration", "1-1"],
            "takes boxes from 0.2.0 on, and this one runs 0.1.0",
        ),
        ("0.4.0", ["--from", "0.1.0", "--configuration", "2-3"], "reads configurations of the form 2 to 3"),
    ] {
        let (targets, _) = bundle(&makers, version, &more)?;
        makers.sign("finn", DESK, &targets)?;
        makers.sign("emil", DESK, &targets)?;
        publish(&makers, "server-1")?;
        let said = makers.check(DESK, &TRUSTS_1)?;
        assert!(said.code == NOTHING && said.text.contains(expected), "{said:?}");
    }
    let lower = [
        "bundle",
        DESK,
        "--version",
        "0.3.9",
        "--intake",
        "images/intake.tar",
        "--uplink",
        "images/uplink.tar",
    ];
    let lower = makers.program("release", &[&lower[..], &FROM_1].concat(), "")?;
    assert!(lower.code == FAILED && lower.text.contains("must be higher"), "{lower:?}");
    Ok(())
}

/// A release for other machines is signed by the right people all the same.
#[test]
fn a_release_is_for_one_kind_of_machine() -> Result<()> {
    let makers = with_release()?;
    let (other, images) = (if MACHINE == "amd64" { "arm64" } else { "amd64" }, makers.machine("images")?);
    let (targets, _) = bundle_for(&makers, other, "0.3.0", &FROM_1)?;
    makers.sign("dora", DESK, &targets)?;
    makers.sign("emil", DESK, &targets)?;
    publish(&makers, "server-1")?;
    let said = makers.check(DESK, &TRUSTS_1)?;
    let expected = format!("is for {other} machines, and this one is {MACHINE}");
    assert!(said.code == NOTHING && said.text.contains(&expected), "{said:?}");

    let paths = ["--intake", "images/intake.tar", "--uplink", "images/uplink.tar"];
    let words = [&["bundle", DESK, "--version", "0.4.0"], &paths[..], &FROM_1].concat();
    save_image(&images.join("uplink.tar"), "uplink", MACHINE)?;
    let mixed = makers.program("release", &words, "")?;
    assert!(mixed.code == FAILED && mixed.text.contains("a release is for one kind"), "{mixed:?}");
    save_image(&images.join("uplink.tar"), "uplink", "s390x")?;
    let unknown = makers.program("release", &words, "")?;
    assert!(unknown.code == FAILED && unknown.text.contains("is for linux on s390x"), "{unknown:?}");
    Ok(())
}

/// What nobody could read is signed by nobody, and whoever signs is shown what.
#[test]
fn what_is_signed_is_shown_and_is_what_its_name_says() -> Result<()> {
    let makers = with_root()?;
    let (targets, [intake, _]) = bundle(&makers, "0.2.0", &FROM_1)?;
    let signed = makers.sign("dora", DESK, &targets)?;
    assert!(signed.text.contains(&intake) && signed.text.contains("signed as dora"), "{signed:?}");
    let path = makers.machine(DESK)?.join(&targets);
    let good = fs::read_to_string(&path)?;
    for (name, from, to, expected) in [
        (targets.as_str(), "\"from\"", "\"command\"", "unknown field `command`"),
        (&targets, "0.2.0", "newest", "a release's version is three numbers"),
        ("9.targets.signed", "", "", "9.targets.signed: holds what belongs into 1.targets.signed"),
        ("1.snapshot.signed", "", "", "holds what belongs into 1.targets.signed"),
        (
            "1.snapshot.signed",
            "oneway-release/1 targets",
            "oneway-release/1 snapshot",
            "unknown field `release`",
        ),
    ] {
        fs::write(makers.machine(DESK)?.join(name), good.replacen(from, to, 1))?;
        let refused = makers.sign("emil", DESK, name)?;
        assert!(refused.code == FAILED && refused.text.contains(expected), "{name}: {refused:?}");
        assert!(!fs::read_to_string(makers.machine(DESK)?.join(name))?.contains(&public(&makers, "emil")?));
    }
    Ok(())
}

/// The public key of a holder.
fn public(makers: &Makers, holder: &str) -> Result<String> {
    let line = fs::read_to_string(makers.machine(holder)?.join(format!("{holder}.pub")))?;
    Ok(line.split(' ').nth(1).context("no key")?.to_owned())
}

/// What boxes would refuse is not made anew, and a root that is not signed is nothing to build on.
#[test]
fn what_has_expired_or_was_not_signed_is_nothing_to_build_on() -> Result<()> {
    let makers = with_release()?;
    let renew = |now: &str, role: &str, key: &str| {
        makers.program("release", &["--now", now, "renew", DESK, role, "--key", key], "")
    };
    let (gwen, server) = ("gwen/gwen.key", "server-1/server-1.key");
    let far = "2200-01-01T00:00:00Z";
    for (role, key) in [("snapshot", gwen), ("timestamp", server)] {
        let refused = renew(far, role, key)?;
        assert!(refused.code == FAILED && refused.text.contains("1.root.signed: expired at"), "{refused:?}");
    }
    // With a root that is good for longer, what has expired is what comes next.
    let now = "2100-01-01T00:00:00Z";
    makers.release(&["root", "change", DESK, "--for", "90000days"])?;
    let draft = makers.program("release", &["root", "change", DESK], "")?;
    assert!(draft.code == FAILED && draft.text.contains("2.root.signed: has 0 of 2"), "{draft:?}");
    let draft = renew(now, "timestamp", server)?;
    assert!(draft.code == FAILED && draft.text.contains("2.root.signed: has 0 of 2"), "{draft:?}");
    makers.sign("anna", DESK, "2.root.signed")?;
    makers.sign("ben", DESK, "2.root.signed")?;
    let refused = renew(now, "timestamp", server)?;
    assert!(refused.code == FAILED && refused.text.contains("1.targets.signed: expired at"), "{refused:?}");
    makers.release(&["renew", DESK, "targets", "--for", "90000days"])?;
    makers.sign("dora", DESK, "2.targets.signed")?;
    makers.sign("emil", DESK, "2.targets.signed")?;
    makers.release(&["renew", DESK, "snapshot", "--key", gwen])?;
    let refused = renew(now, "timestamp", server)?;
    assert!(refused.code == FAILED && refused.text.contains("2.snapshot.signed: expired at"), "{refused:?}");
    makers.release(&["renew", DESK, "snapshot", "--for", "90000days", "--key", gwen])?;
    assert_eq!(renew(now, "timestamp", server)?.code, Some(0));
    Ok(())
}

/// Two online keys were stolen, and what the thief made with them lies in the folder.
#[test]
fn a_thiefs_files_in_the_folder_do_not_stand_in_the_way() -> Result<()> {
    let makers = with_release()?;
    makers.carry(DESK, "theirs")?;
    let (gwen, server) = ("gwen/gwen.key", "server-1/server-1.key");
    // They count up; the last number takes a file of their own making, which nobody checks until it is read.
    makers.release(&["renew", "theirs", "snapshot", "--key", gwen])?;
    makers.release(&["renew", "theirs", "timestamp", "--key", server])?;
    for (from, to) in [
        ("2.snapshot.signed", "2.snapshot.signed"),
        ("2.snapshot.signed", "999999999.snapshot.signed"),
        ("timestamp.signed", "timestamp.signed"),
    ] {
        fs::copy(makers.machine("theirs")?.join(from), makers.machine(DESK)?.join(to))?;
    }
    let theirs = fs::read(makers.machine(DESK)?.join("2.snapshot.signed"))?;
    let (greta, other) = (makers.key("greta")?, makers.key("server-2")?);
    let (greta, other) = (format!("snapshot={greta}"), format!("timestamp={other}"));
    let change = ["root", "change", DESK, "--remove", "snapshot=gwen", "--remove", "timestamp=server-1"];
    makers.release(&[&change[..], &["--add", &greta, "--add", &other]].concat())?;
    makers.sign("anna", DESK, "2.root.signed")?;
    makers.sign("ben", DESK, "2.root.signed")?;
    let early =
        makers.program("release", &["renew", DESK, "timestamp", "--key", "server-2/server-2.key"], "")?;
    assert!(early.code == FAILED && early.text.contains("is not signed as root 2 wants"), "{early:?}");
    let said = makers.release(&["renew", DESK, "snapshot", "--key", "greta/greta.key"])?;
    assert!(said.contains("3.snapshot.signed: signed"), "{said}");
    assert!(said.contains("999999999.snapshot.signed: is not signed as the newest root wants"), "{said}");
    makers.release(&["renew", DESK, "timestamp", "--key", "server-2/server-2.key"])?;
    assert_eq!(fs::read(makers.machine(DESK)?.join("2.snapshot.signed"))?, theirs, "evidence was lost");
    let taken = makers.check(DESK, &TRUSTS_1)?;
    assert!(taken.code == TAKEN && taken.text.contains("by root 2"), "{taken:?}");
    // And a box that was shown the thief's state and took the release then goes on, whatever root its system has.
    makers.carry("theirs", "installed")?;
    to_box(&makers, "2.root.signed")?;
    for root in ["box/1.root.signed", "box/2.root.signed"] {
        let same = makers.check(DESK, &["--root", root, "--installed", "installed"])?;
        assert_eq!(
            (same.code, same.text.as_str()),
            (NOTHING, "release 0.2.0 is what this box has\n"),
            "{root}"
        );
    }
    Ok(())
}

/// Two of three root keys are lost: no root can follow, and a person has to bring the boxes a new one.
#[test]
fn lost_root_keys_need_a_new_root_on_the_box() -> Result<()> {
    let makers = with_release()?;
    for lost in ["anna", "ben"] {
        fs::remove_file(makers.machine(lost)?.join(format!("{lost}.key")))?;
    }
    let (nina, olga) = (makers.key("nina")?, makers.key("olga")?);
    let change = ["root", "change", DESK, "--remove", "root=anna", "--remove", "root=ben"];
    let (nina, olga) = (format!("root={nina}"), format!("root={olga}"));
    makers.release(&[&change[..], &["--add", &nina, "--add", &olga]].concat())?;
    for holder in ["cara", "nina", "olga"] {
        makers.sign(holder, DESK, "2.root.signed")?;
    }
    let old = makers.check(DESK, &TRUSTS_1)?;
    assert!(
        old.code == REFUSED && old.text.contains("2.root.signed: has 1 of 2 signatures that root 1"),
        "{old:?}"
    );
    // On the box, and not in the bundle: now both the old boxes and the new ones go on.
    to_box(&makers, "2.root.signed")?;
    fs::remove_file(makers.machine(DESK)?.join("2.root.signed"))?;
    for (root, words) in [("box/1.root.signed", "by root 1"), ("box/2.root.signed", "by root 2")] {
        let said = makers.check(DESK, &["--root", root])?;
        assert!(said.code == TAKEN && said.text.contains(words), "{said:?}");
    }
    Ok(())
}

/// The document shows a real file, and its lines for OpenSSL, another maker's program, find the signatures good.
#[test]
fn what_the_document_shows_is_so() -> Result<()> {
    let document = fs::read_to_string(repository().join("docs/updates.md"))?;
    let bundle = repository().join("fixtures/release/good/bundle");
    assert!(document.contains(&fs::read_to_string(bundle.join("timestamp.signed"))?));
    let blocks = document.split("```").skip(1).step_by(2);
    let script = blocks
        .filter_map(|block| block.strip_prefix("sh\n"))
        .find(|script| script.contains("openssl pkeyutl"));
    let script = script.context("no lines for OpenSSL")?;
    let folder = tempfile::tempdir()?;
    let run = |file: &str| -> Result<String> {
        let script = script.replace("timestamp.signed", file);
        let output =
            std::process::Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output()?;
        Ok(String::from_utf8(output.stdout)?)
    };
    for entry in fs::read_dir(&bundle)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".signed") {
            continue;
        }
        let text = fs::read_to_string(bundle.join(&name))?;
        fs::write(folder.path().join(&name), &text)?;
        assert_eq!(run(&name)?, "Signature Verified Successfully\n", "{name}");
        fs::write(folder.path().join(&name), text.replacen("2026", "2027", 1))?;
        assert_eq!(run(&name)?, "Signature Verification Failure\n", "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_release_is_looked_at_on_a_web_server_by_get_alone() -> Result<()> {
    let makers = with_release()?;
    let web = makers.machine("web")?;
    let authority = Authority::new("updates")?;
    authority.write(&web.join("ca.pem"))?;
    let pair = authority.issue(&web, &["localhost"], Validity::Current)?;
    let known = [&TRUSTS_1[..], &["--ca-file", "web/ca.pem"]].concat();

    let mut server = HttpsFolder::start(&makers.machine(DESK)?, &pair, &["plain"]).await?;
    let trace = web.join("trace").display().to_string();
    let strace = ["strace", "-f", "-qq", "-e", "trace=%file", "-o", &trace];
    let arguments = [&["update", "check", &server.address], &known[..]].concat();
    let taken = makers.program_within(&strace, "adapter", &arguments)?;
    assert_eq!(taken.code, TAKEN, "{taken:?}");
    writes_nothing(Path::new(&trace))?;
    let mut asked = Vec::new();
    while asked.len() < 6 {
        asked.push(server.asked.next_line().await?.context("the server ended")?);
    }
    let documents = ["2.root.signed", "timestamp.signed", "1.snapshot.signed", "1.targets.signed"];
    assert_eq!(asked[..4], documents.map(|name| format!("GET /{name} HTTP/1.1")), "{asked:?}");
    assert!(asked.iter().all(|line| line.starts_with("GET /")), "{asked:?}");

    // Without the authority's certificate nobody is asked anything.
    let stranger = makers.check(&server.address, &TRUSTS_1)?;
    assert!(
        stranger.code == FAILED
            && stranger.text.contains("is the authority that was named for it the right one?"),
        "{stranger:?}"
    );
    let clear = makers.check(&server.address.replace("https", "http"), &known)?;
    assert_eq!(clear.code, USAGE, "{clear:?}");

    for (manner, code, words) in [
        (&["endless", "timestamp.signed"][..], REFUSED, "is longer than 65536 bytes"),
        (&["endless", "1.targets.signed"], REFUSED, "is longer than"),
        (&["page"], REFUSED, "2.root.signed: line 1 is not `oneway-release/1 ROLE`"),
        (&["elsewhere"], FAILED, "it answers 302"),
    ] {
        let server = HttpsFolder::start(&makers.machine(DESK)?, &pair, manner).await?;
        let said = makers.check(&server.address, &known)?;
        assert!(said.code == code && said.text.contains(words), "{manner:?} {said:?}");
    }
    let gone = server.address.clone();
    drop(server);
    let said = makers.check(&gone, &known)?;
    assert_eq!(said.code, FAILED, "{said:?}");
    Ok(())
}

fn writes_nothing(trace: &Path) -> Result<()> {
    let trace = fs::read_to_string(trace)?;
    assert!(trace.contains("openat("), "the trace is empty: strace cannot trace here");
    for call in ["O_WRONLY", "O_RDWR", "O_CREAT", "unlink", "rename", "mkdir"] {
        let calls: Vec<&str> = trace.lines().filter(|line| line.contains(call)).collect();
        assert!(calls.is_empty(), "{calls:#?}");
    }
    Ok(())
}

/// No part of a private key is in what goes round.
fn no_secret_is_in(makers: &Makers, folders: &[&str]) -> Result<()> {
    for holder in ["anna", "dora", "gwen", "server-1"] {
        let key = fs::read_to_string(makers.machine(holder)?.join(format!("{holder}.key")))?;
        let secret = key.lines().nth(1).context("no line")?.to_owned();
        for folder in folders {
            for entry in fs::read_dir(makers.machine(folder)?)? {
                let bytes = fs::read(entry?.path())?;
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "the key of {holder} is in {folder}");
            }
        }
    }
    Ok(())
}
