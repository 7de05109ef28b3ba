//! `[link]`: where the two halves meet, when each is a process of its own.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::Text;

/// The longest path that a socket's address holds, in bytes: `sun_path` of unix(7) without the zero at its end.
const SOCKET_BYTES_MAX: usize = 107;

/// Where the two halves meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The socket, in a directory that is in memory and this link's alone.
    pub socket: PathBuf,
    /// Name and salt of the adapter, without its key: all that the intake knows of it.
    pub identity_file: Option<PathBuf>,
    /// The one user that the uplink answers, where it is not enough that the socket let it in.
    pub intake_user: Option<u32>,
    /// The one user that the intake gives data to.
    pub uplink_user: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    socket: Text<PathBuf>,
    identity_file: Option<Text<PathBuf>>,
    intake_user: Option<u32>,
    uplink_user: Option<u32>,
}

impl Raw {
    pub(super) fn check(self, directory: &Path, path: &KeyPath, problems: &mut Problems) -> Option<Link> {
        let socket = directory.join(self.socket.0);
        let length = socket.as_os_str().as_bytes().len();
        if length > SOCKET_BYTES_MAX {
            let text = format!(
                "a path of {length} bytes; a socket's has at most {SOCKET_BYTES_MAX}: choose a shorter directory"
            );
            problems.add(path.key("socket"), text);
            return None;
        }
        Some(Link {
            socket,
            identity_file: self.identity_file.map(|file| directory.join(file.0)),
            intake_user: self.intake_user,
            uplink_user: self.uplink_user,
        })
    }
}
