//! What of the machine a half may be shown: directories with its own files, and none with the machine's sockets or devices in
//! them. A socket is connected to through a mount that cannot be written to, and no look over TCP sees it.

use std::path::{Path, PathBuf};

/// Directories that are not shown, nor anything in them.
const NEVER_WITHIN: [&str; 3] = ["/proc", "/sys", "/dev"];
/// Directories that are not shown whole, nor anything that contains them.
const NEVER_WHOLE: [&str; 6] = ["/run", "/var/run", "/etc", "/proc", "/sys", "/dev"];

/// Why a directory is not shown to a half.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceError {
    /// It is the machine's.
    #[error("{}: is not shown to a half, since the machine's own sockets, devices or keys are in it; name a directory with the half's files alone", .0.display())]
    Machines(PathBuf),
    /// The engine's socket is in it.
    #[error("{}: the engine's socket {} is in it; name a directory with the half's files alone", .0.display(), .1.display())]
    Engine(PathBuf, PathBuf),
    /// The other half would see it.
    #[error("supervise.intake_files {} and supervise.uplink_files {}: one is in the other; name two directories", .0.display(), .1.display())]
    Shared(PathBuf, PathBuf),
}

/// Judges what one half is to see. Symbolic links are followed as far as they are there.
pub(super) fn check(source: &Path, engine: &Path) -> Result<(), SourceError> {
    for path in [source.to_owned(), real(source)] {
        let machines = path.parent().is_none()
            || NEVER_WITHIN.iter().any(|never| path.starts_with(never))
            || NEVER_WHOLE.iter().any(|never| Path::new(never).starts_with(&path));
        if machines {
            return Err(SourceError::Machines(source.to_owned()));
        }
        if engine.starts_with(&path) || real(engine).starts_with(&path) {
            return Err(SourceError::Engine(source.to_owned(), engine.to_owned()));
        }
    }
    Ok(())
}

/// The key is in the uplink's files, and whatever the printers ask of the intake is in the intake's.
pub(super) fn apart(intake: &Path, uplink: &Path) -> Result<(), SourceError> {
    let (one, other) = (real(intake), real(uplink));
    if one.starts_with(&other) || other.starts_with(&one) {
        return Err(SourceError::Shared(intake.to_owned(), uplink.to_owned()));
    }
    Ok(())
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_the_machine_are_not_shown() {
        let engine = Path::new("/run/docker.sock");
        for (source, expected) in [
            ("/etc/oneway/intake", true),
            ("/var/log/printers", true),
            ("/srv/runs", true),
            ("/run/oneway-files", true),
            ("/", false),
            ("/run", false),
            ("/run/", false),
            ("/var", false),
            ("/var/run", false),
            ("/etc", false),
            ("/proc", false),
            ("/proc/1/root", false),
            ("/sys/fs", false),
            ("/dev/shm", false),
        ] {
            let checked = check(Path::new(source), engine);
            assert_eq!(checked.is_ok(), expected, "{source}: {checked:?}");
        }
        let engine = Path::new("/srv/engine/docker.sock");
        for source in ["/srv", "/srv/engine", "/srv/engine/docker.sock"] {
            assert!(matches!(check(Path::new(source), engine), Err(SourceError::Engine(..))), "{source}");
        }
        assert!(check(Path::new("/srv/other"), engine).is_ok());
    }

    #[test]
    fn a_link_does_not_hide_where_it_leads() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("files");
        std::os::unix::fs::symlink("/proc", &link).unwrap();
        assert!(check(&link, Path::new("/run/docker.sock")).is_err());
    }

    #[test]
    fn the_files_of_the_two_halves_are_two_directories() {
        for (intake, uplink, expected) in [
            ("/srv/a", "/srv/b", true),
            ("/srv/a", "/srv/ab", true),
            ("/srv/a", "/srv/a", false),
            ("/srv", "/srv/a", false),
            ("/srv/a/b", "/srv/a", false),
        ] {
            assert_eq!(apart(Path::new(intake), Path::new(uplink)).is_ok(), expected, "{intake} {uplink}");
        }
    }
}
