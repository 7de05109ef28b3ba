//! The supervisor's own directory, in memory: the account, and what the service manager handed over, for each half its own.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::topology::{Places, Role};
use super::verify::is_in_memory;
use crate::config::{CREDENTIALS_NAME, IDENTITY_NAME, handed_over_directory};

/// Named by the service manager (systemd.exec(5), `RuntimeDirectory=`).
const VARIABLE: &str = "RUNTIME_DIRECTORY";
const DIRECTORY: &str = "/run/oneway-supervisor";
/// What begins the name of a key or password that is handed over; the intake's all.
const SECRET: &str = "secret_";

/// Why there is no such directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacesError {
    /// It would be on a disk.
    #[error("{}: is not in memory; name a directory that is in RUNTIME_DIRECTORY", .0.display())]
    OnDisk(PathBuf),
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

/// Where all that would be, where nothing was handed over. Nothing is made.
pub(crate) fn named() -> Places {
    Places { account: directory().join("account"), intake: None, uplink: None }
}

fn directory() -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(|| DIRECTORY.into(), PathBuf::from)
}

/// Makes what is missing, and puts there what was handed over. What is there stays the same directory, which containers
/// that run still see.
pub(crate) fn make() -> Result<Places, PlacesError> {
    let directory = directory();
    make_directory(&directory, 0o711)?;
    if !is_in_memory(&directory).map_err(failed(&directory))? {
        return Err(PlacesError::OnDisk(directory));
    }
    let account = directory.join("account");
    make_directory(&account, 0o755)?;
    let Some(handed_over) = handed_over_directory() else {
        return Ok(Places { account, intake: None, uplink: None });
    };
    let give = |role: Role| give(&handed_over, &directory.join(role.name()), role);
    let (intake, uplink) = (give(Role::Intake)?, give(Role::Uplink)?);
    Ok(Places { account, intake: Some(intake), uplink: Some(uplink) })
}

/// Each half gets its own files and none of the other's: the key is the uplink's.
fn is_for(role: Role, name: &str) -> bool {
    match role {
        Role::Intake => name == IDENTITY_NAME || name.starts_with(SECRET),
        Role::Uplink => name == CREDENTIALS_NAME,
    }
}

fn give(from: &Path, to: &Path, role: Role) -> Result<PathBuf, PlacesError> {
    let (user, group) = role.user();
    make_directory(to, 0o500)?;
    chown(to, Some(user), Some(group)).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| is_for(role, name)) {
            continue;
        }
        let (new, file) = (to.join(".new"), to.join(&name));
        let put = || {
            // Nobody's to read before it is its owner's alone.
            let _ = fs::remove_file(&new);
            fs::write(&new, "")?;
            fs::set_permissions(&new, fs::Permissions::from_mode(0o400))?;
            chown(&new, Some(user), Some(group))?;
            fs::write(&new, fs::read(entry.path())?)?;
            fs::rename(&new, &file)
        };
        put().map_err(failed(&file))?;
    }
    Ok(to.to_owned())
}

fn make_directory(path: &Path, mode: u32) -> Result<(), PlacesError> {
    fs::create_dir_all(path).map_err(failed(path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> PlacesError {
    let path = path.to_owned();
    move |source| PlacesError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
