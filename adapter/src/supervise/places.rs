//! The supervisor's own directory, in memory: the account, and what the service manager handed over, for each half its own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tokio::time::sleep;

use super::StartError;
use super::hold::Held;
use super::limits::PASS_INTERVAL;
use super::put::{put, remove};
use super::state::State;
use super::topology::{LOOKER, Places, Role};
use super::verify::is_in_memory;
use crate::config::{CREDENTIALS_NAME, IDENTITY_NAME, handed_over_directory};

/// Named by the service manager (systemd.exec(5), `RuntimeDirectory=`).
const VARIABLE: &str = "RUNTIME_DIRECTORY";
const DIRECTORY: &str = "/run/oneway-supervisor";
/// What begins the names of the users that the package makes.
const OUR_USERS: &str = "oneway-";
/// Where this machine's own users are.
pub(super) const USERS: &str = "/etc/passwd";
/// What begins the name of a key or password that is handed over; the intake's all.
const SECRET: &str = "secret_";

/// Why there is no such directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacesError {
    /// It would be on a disk.
    #[error("{}: is not in memory; name a directory that is in RUNTIME_DIRECTORY", .0.display())]
    OnDisk(PathBuf),
    /// A user of a half is somebody.
    #[error("the user {user}, as which a half runs, is {name} on this machine: give that one another number")]
    User {
        /// The number.
        user: u32,
        /// Whose it is, by name.
        name: String,
    },
    /// It cannot be made.
    #[error("{}: cannot be made or written to", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl PlacesError {
    /// Whether the machine has no room for it now, or does not do it, whatever is configured.
    pub(super) fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

/// Where all that would be, where nothing was handed over. Nothing is made.
pub(crate) fn named() -> Places {
    Places { account: directory().join("account"), intake: None, uplink: None }
}

fn directory() -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(|| DIRECTORY.into(), PathBuf::from)
}

/// The directory, if a supervisor has ever made it.
pub(super) fn existing() -> Option<PathBuf> {
    Some(directory()).filter(|directory| directory.is_dir())
}

/// Makes the directory itself, and holds it.
pub(super) fn hold() -> Result<Held, StartError> {
    let directory = directory();
    make_directory(&directory, 0o711)?;
    if !is_in_memory(&directory).map_err(failed(&directory))? {
        return Err(PlacesError::OnDisk(directory).into());
    }
    Ok(Held::take(&directory)?)
}

/// Makes what is missing, and puts there what was handed over. What is there stays the same directory, which containers
/// that run still see.
pub(crate) fn make() -> Result<Places, PlacesError> {
    let directory = directory();
    let account = directory.join("account");
    make_directory(&account, 0o755)?;
    let Some(handed_over) = handed_over_directory() else {
        return Ok(Places { account, intake: None, uplink: None });
    };
    let give = |role: Role| give(&handed_over, &directory.join(role.name()), role);
    let (intake, uplink) = (give(Role::Intake)?, give(Role::Uplink)?);
    Ok(Places { account, intake: Some(intake), uplink: Some(uplink) })
}

/// What `make` makes, as soon as it can. Whoever gave up here instead would leave what a killed supervisor left running to
/// nobody, or have it stopped for a memory that is full for a minute.
pub(super) async fn made(
    state: &State,
    make: impl Fn() -> Result<Places, PlacesError>,
) -> Result<Places, PlacesError> {
    let mut said = String::new();
    loop {
        match make() {
            Err(error) if error.is_of_the_machine() => {
                let why = format!("{:#}", anyhow::Error::from(error));
                if said != why {
                    tracing::warn!(why, "the supervisor waits for its directory");
                    state.waits(&why);
                    said = why;
                }
                sleep(PASS_INTERVAL).await;
            }
            made => return made,
        }
    }
}

/// Each half gets its own files and none of the other's: the key is the uplink's.
fn is_for(role: Role, name: &str) -> bool {
    match role {
        Role::Intake => name == IDENTITY_NAME || name.starts_with(SECRET),
        Role::Uplink => name == CREDENTIALS_NAME,
    }
}

fn give(from: &Path, to: &Path, role: Role) -> Result<PathBuf, PlacesError> {
    make_directory(to, 0o711)?;
    give_all(from, to, |name| is_for(role, name), role.user())?;
    Ok(to.to_owned())
}

/// The users that the halves run as are nobody else's: theirs would be the key, and the socket between the halves. Those that
/// this machine's own list does not name, such as of a directory service, are reserved by the package's `sysusers.d` alone.
pub(super) fn reserved(passwd: &str) -> Result<(), PlacesError> {
    for user in [Role::Intake.user().0, Role::Uplink.user().0, LOOKER] {
        let taken = passwd.lines().find_map(|line| {
            let mut words = line.split(':');
            let (name, id) = (words.next()?, words.nth(1)?);
            (id == user.to_string() && !name.starts_with(OUR_USERS)).then(|| name.to_owned())
        });
        if let Some(name) = taken {
            return Err(PlacesError::User { user, name });
        }
    }
    Ok(())
}

/// Puts there what was handed over, and takes away what is not handed over any more.
fn give_all(
    from: &Path,
    to: &Path,
    is_for: impl Fn(&str) -> bool,
    owner: (u32, u32),
) -> Result<(), PlacesError> {
    let mut given = Vec::new();
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(&is_for) {
            continue;
        }
        let bytes = fs::read(entry.path()).map_err(failed(&entry.path()))?;
        put(to, Path::new(&name), &bytes, 0o400, Some(owner)).map_err(failed(&to.join(&name)))?;
        given.push(name);
    }
    clear(to, &given).map_err(failed(to))
}

/// Takes what was handed over out of memory: nothing that runs needs it any more.
pub(super) fn forget(places: &Places) -> Result<(), PlacesError> {
    for directory in places.intake.iter().chain(&places.uplink) {
        clear(directory, &[]).map_err(failed(directory))?;
    }
    Ok(())
}

/// The same, by where it is.
pub(super) fn forget_in(directory: &Path) -> Result<(), PlacesError> {
    for role in [Role::Intake, Role::Uplink] {
        let of_half = directory.join(role.name());
        if of_half.is_dir() {
            clear(&of_half, &[]).map_err(failed(&of_half))?;
        }
    }
    Ok(())
}

/// Removes every file but these.
fn clear(directory: &Path, but: &[OsString]) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !but.contains(&entry.file_name()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// It is root's, and so is all that is done in it: the half whose files are in it may go through it and no more.
fn make_directory(path: &Path, mode: u32) -> Result<(), PlacesError> {
    fs::create_dir_all(path).map_err(failed(path))?;
    let own = fs::metadata(path).map_err(failed(path))?.uid() == rustix::process::geteuid().as_raw();
    if !own {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        chown(path, Some(user.as_raw()), Some(group.as_raw())).map_err(failed(path))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> PlacesError {
    let path = path.to_owned();
    move |source| PlacesError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_user_of_a_half_is_nobody_else() {
        let users =
            |id: &str, name: &str| format!("root:x:0:0:root:/root:/bin/sh\n{name}:x:{id}:10000:::/bin/sh\n");
        for (id, name, expected) in [
            ("10001", "oneway-box-intake", true),
            ("10001", "anna", false),
            ("10002", "anna", false),
            ("10003", "anna", false),
            ("1000", "anna", true),
            ("100010", "anna", true),
        ] {
            assert_eq!(reserved(&users(id, name)).is_ok(), expected, "{id} {name}");
        }
        assert!(reserved("10001").is_ok() && reserved("").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_memory_that_is_full_is_waited_for_and_a_disk_is_refused() {
        let (state, tries) = (State::new(), Cell::new(0));
        let there = || Places { account: "/run/account".into(), intake: None, uplink: None };
        let full = || {
            tries.set(tries.get() + 1);
            let full = || failed(Path::new("/run/x"))(io::ErrorKind::StorageFull.into());
            if tries.get() < 3 { Err(full()) } else { Ok(there()) }
        };
        assert_eq!(made(&state, full).await.unwrap().account, there().account);
        assert_eq!(tries.get(), 3);
        let said = state.document().trouble.concat();
        assert!(said.starts_with("/run/x: cannot be made or written to: "), "{said}");
        let disk = || Err(PlacesError::OnDisk("/var".into()));
        assert!(matches!(made(&state, disk).await, Err(PlacesError::OnDisk(_))));
    }

    #[test]
    fn the_key_is_given_to_the_uplink_alone_and_the_printers_secrets_to_the_intake() {
        for (name, intake, uplink) in [
            ("oneway-credentials", false, true),
            ("oneway-identity", true, false),
            ("secret_p03.key", true, false),
            ("secrets", false, false),
            ("something", false, false),
        ] {
            assert_eq!((is_for(Role::Intake, name), is_for(Role::Uplink, name)), (intake, uplink), "{name}");
        }
    }

    #[test]
    fn what_is_not_handed_over_any_more_is_taken_away_and_at_the_end_all() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("intake"));
        fs::create_dir(&from).unwrap();
        let own = fs::metadata(&from).unwrap();
        // Whoever may gives it to the half's own user, as the service does.
        let owner = if own.uid() == 0 { Role::Intake.user() } else { (own.uid(), own.gid()) };
        let give = || {
            make_directory(&to, 0o711).unwrap();
            give_all(&from, &to, |name| is_for(Role::Intake, name), owner).unwrap();
            let names = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
            names.sort();
            names
        };
        for name in ["secret_p03.key", "secret_p04.key", "oneway-identity", "oneway-credentials"] {
            fs::write(from.join(name), name).unwrap();
        }
        assert_eq!(give(), ["oneway-identity", "secret_p03.key", "secret_p04.key"]);
        let file = fs::metadata(to.join("secret_p03.key")).unwrap();
        assert_eq!((file.uid(), file.gid(), file.mode() & 0o777), (owner.0, owner.1, 0o400));
        assert_eq!(fs::metadata(&to).unwrap().uid(), own.uid(), "the directory is not given away");
        fs::remove_file(from.join("secret_p03.key")).unwrap();
        fs::write(to.join(".new"), "half").unwrap();
        assert_eq!(give(), ["oneway-identity", "secret_p04.key"]);
        forget(&Places { account: to.clone(), intake: Some(to.clone()), uplink: None }).unwrap();
        assert!(fs::read_dir(&to).unwrap().next().is_none());
    }
}
