use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::normalise::testing::Authority;

/// What a listener's files hold, as another authority or another time would have made them.
fn files(authority: &Authority) -> ListenerTls {
    authority.listener("localhost")
}

/// Two looks, as are needed for a change to be taken.
fn look(watched: &Watched) {
    watched.look();
    watched.look();
}

#[test]
fn files_that_do_not_change_are_not_loaded_anew() {
    let authority = Authority::new();
    let watched = Watched::load(&files(&authority)).unwrap();
    look(&watched);
    assert_eq!((watched.reloads(), watched.problem()), (0, None));
    assert!(watched.expiry().is_some());
}

#[test]
fn a_change_is_taken_when_it_has_settled() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (used, renewed) = (files(&ours), files(&other));
    let watched = Watched::load(&used).unwrap();
    let copy = |from: &Path, to: &Path| fs::write(to, fs::read(from).unwrap()).unwrap();
    copy(&renewed.key_file, &used.key_file);
    // The key without its certificate: no fault yet.
    watched.look();
    assert_eq!((watched.reloads(), watched.problem()), (0, None));
    copy(&renewed.certificate_file, &used.certificate_file);
    watched.look();
    assert_eq!((watched.reloads(), watched.problem()), (0, None));
    watched.look();
    assert_eq!((watched.reloads(), watched.problem()), (1, None));
    look(&watched);
    assert_eq!(watched.reloads(), 1);
}

#[test]
fn files_that_are_swapped_by_a_symbolic_link_are_seen() {
    let [old, new] = [Authority::new(), Authority::new()];
    let directory = tempfile::tempdir().unwrap();
    let current = directory.path().join("current");
    let [old, new] = [files(&old), files(&new)];
    symlink(old.key_file.parent().unwrap(), &current).unwrap();
    let name = |file: &Path| current.join(file.file_name().unwrap());
    let used = ListenerTls {
        certificate_file: name(&old.certificate_file),
        key_file: name(&old.key_file),
        client_ca_file: old.client_ca_file.as_deref().map(name),
        only_13: false,
    };
    let watched = Watched::load(&used).unwrap();
    let next = directory.path().join("next");
    symlink(new.key_file.parent().unwrap(), &next).unwrap();
    fs::rename(&next, &current).unwrap();
    look(&watched);
    assert_eq!((watched.reloads(), watched.problem()), (1, None));
}

/// A pipe that nobody ends stands for a file on a network share that does not answer.
#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_holds_up_neither_others_nor_a_stop() {
    let authority = Authority::new();
    let used = files(&authority);
    let (watched, stop) = (Arc::new(Watched::load(&used).unwrap()), CancellationToken::new());
    fs::remove_file(&used.certificate_file).unwrap();
    assert!(Command::new("mkfifo").arg(&used.certificate_file).status().unwrap().success());
    let running = tokio::spawn(watched.run(stop.clone()));
    // Comes back when the look has opened the other end.
    let end = tokio::task::spawn_blocking(move || File::options().write(true).open(used.certificate_file));
    let end = end.await.unwrap().unwrap();
    stop.cancel();
    running.await.unwrap();
    drop(end);
}

#[test]
fn what_cannot_be_used_leaves_the_old_set_in_use_and_says_what_and_where() {
    let authority = Authority::new();
    let used = files(&authority);
    let watched = Watched::load(&used).unwrap();
    let (expiry, good) = (watched.expiry(), fs::read(&used.certificate_file).unwrap());
    let mode = |mode| fs::set_permissions(&used.key_file, Permissions::from_mode(mode)).unwrap();
    let write = |text: &[u8]| fs::write(&used.certificate_file, text).unwrap();
    let stranger = fs::read(Authority::new().pair("localhost").certificate_file).unwrap();
    for (spoil, file, why) in [
        (&(|| write(b"nothing")) as &dyn Fn(), &used.certificate_file, "holds no certificate"),
        (&|| write(&good[..good.len() / 2]), &used.certificate_file, "holds no certificate"),
        (&|| write(&stranger), &used.certificate_file, "cannot be used for TLS"),
        (&|| fs::remove_file(&used.certificate_file).unwrap(), &used.certificate_file, "cannot be read"),
        (&|| mode(0o644), &used.key_file, "others can read this secret"),
    ] {
        spoil();
        look(&watched);
        let problem = watched.problem().unwrap();
        assert!(problem.contains(why) && problem.contains(file.to_str().unwrap()), "{problem}");
        assert_eq!((watched.reloads(), watched.expiry()), (0, expiry));
        write(&good);
        mode(0o600);
        watched.look();
        assert_eq!(watched.problem(), None, "{why}");
    }
}
