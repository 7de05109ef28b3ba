//! `adapter site enrol`: exchanges the code that a stick brought, once the network is there.

use std::collections::HashMap;
use std::path::Path;

use secrecy::SecretString;

use super::state::State;
use super::{CODE, CONFIGURATION, CREDENTIALS, IDENTITY, SiteError, files, limits, take};
use crate::config::{self, Platform};
use crate::enrol::{self, EnrolError, Enrolled, Keeping};
use crate::files::if_there;

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// A key was had for the code; whether what was there could not be opened and was moved aside.
    Enrolled(Enrolled, bool),
    /// There is no code, and a key is there already.
    Before,
    /// There is neither code nor key.
    NoCode,
    /// The platform does not take the code; whether an older key is there.
    Refused(bool),
}

/// What is added to the name of what was sealed for another machine.
const FOREIGN: &str = ".foreign";

/// Enrols, if a code waits.
pub(crate) async fn enrol(state: &Path, to: &Path, keeping: Keeping) -> Result<Ended, SiteError> {
    let path = to.join(CODE);
    let credentials = state.join(CREDENTIALS);
    let is_enrolled = || credentials.is_file();
    let Some((code, serial)) = code(&path)? else {
        return Ok(if is_enrolled() { Ended::Before } else { Ended::NoCode });
    };
    let configuration = to.join(CONFIGURATION);
    let sections = config::load_sections(&configuration, &HashMap::new())?;
    let platform =
        sections.platform.ok_or(SiteError::NoSection { file: configuration, section: "[platform]" })?;
    // Where it persists; what is in memory is a copy of it.
    let platform = Platform { credentials_file: credentials.clone(), ..platform };
    let moved = set_aside(state, &credentials).await?;
    let ended = match enrol::enrol(&platform, Some(&state.join(IDENTITY)), &code, keeping).await {
        Ok(enrolled) => Ended::Enrolled(enrolled, moved),
        Err(error) => {
            // What does not open now may open at the next start: a TPM can be busy, or locked for a while.
            if moved {
                rename(state, FOREIGN, "")?;
            }
            match error {
                EnrolError::CodeRefused => Ended::Refused(is_enrolled()),
                error => return Err(error.into()),
            }
        }
    };
    // The platform has had its say on this code: it is not asked again at the next boot.
    State::new(state, keeping).spend(serial)?;
    take::copy_enrolled(state, to)?;
    files::remove(&path).map_err(SiteError::write(&path))?;
    Ok(ended)
}

// What was sealed for another machine, or before its TPM changed, is of no use here and would be in the way for ever. It stays beside
// what comes in its place: somebody may have the machine that opens it.
async fn set_aside(state: &Path, credentials: &Path) -> Result<bool, SiteError> {
    match enrol::salt(credentials).await {
        Ok(_) => return Ok(false),
        Err(EnrolError::Foreign { .. } | EnrolError::Credentials(_)) => {}
        Err(error) => return Err(error.into()),
    }
    rename(state, "", FOREIGN)?;
    Ok(true)
}

// Of both files, those that are there.
fn rename(state: &Path, from: &str, to: &str) -> Result<(), SiteError> {
    for name in [CREDENTIALS, IDENTITY] {
        let (from, to) = (state.join(format!("{name}{from}")), state.join(format!("{name}{to}")));
        if_there(std::fs::rename(&from, &to)).map_err(SiteError::write(&to))?;
    }
    Ok(())
}

fn code(path: &Path) -> Result<Option<(SecretString, u64)>, SiteError> {
    let bytes = files::read(path, limits::NOTE_BYTES_MAX).map_err(SiteError::read(path))?;
    let text = String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
    let mut lines = text.lines();
    let code = lines.next().map(SecretString::from);
    Ok(code.zip(lines.next().and_then(|serial| serial.parse().ok())))
}
