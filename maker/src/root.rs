//! Makes the next root: which keys are whose.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use release::{Envelope, Form, Holder, Key, PublicKey, Role, RoleKeys, Roles, Root, Time, Version, encode};

use crate::bundle::next;
use crate::folder::Folder;
use crate::keys;

/// What is to be different in the next root.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) add: Vec<(Role, PathBuf)>,
    pub(crate) remove: Vec<(Role, String)>,
    pub(crate) threshold: Vec<(Role, usize)>,
}

/// Writes the first root, which nobody has signed; gives the file's name.
pub(crate) fn first(folder: &Folder, changes: &Changes, made: Time, expires: Time) -> Result<String> {
    if let Some(root) = folder.newest(Role::Root)? {
        bail!("{} is there already; change it with `release root change`", root.name);
    }
    write(folder, None, changes, made, expires)
}

/// Writes the root that follows the newest, which nobody has signed; gives the file's name.
pub(crate) fn change(folder: &Folder, changes: &Changes, made: Time, expires: Time) -> Result<String> {
    let root = folder.root()?;
    write(folder, Some(&root), changes, made, expires)
}

fn write(
    folder: &Folder,
    old: Option<&Root>,
    changes: &Changes,
    made: Time,
    expires: Time,
) -> Result<String> {
    let roles = Roles::new::<Wrong>(|role| {
        let old = old.map(|root| root.roles.keys(role));
        changed(role, old, changes).map_err(Wrong)
    });
    let roles = roles.map_err(|Wrong(error)| error)?;
    let version: Version = next(old.map(|root| root.version))?;
    let root = Root { version, made, expires, roles };
    let name = Role::Root.file(version);
    folder.write(&name, &Envelope::unsigned(Form::One, Role::Root, encode(&root)?).to_bytes())?;
    Ok(name)
}

/// What is wrong, in either way.
struct Wrong(anyhow::Error);

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self(anyhow::Error::msg(text))
    }
}

fn changed(role: Role, old: Option<&RoleKeys>, changes: &Changes) -> Result<RoleKeys> {
    let mut keys: Vec<Key> = old.map(|old| old.keys().to_vec()).unwrap_or_default();
    for (_, who) in changes.remove.iter().filter(|(of, _)| *of == role) {
        let before = keys.len();
        keys.retain(|key| !is(key, who));
        ensure!(
            keys.len() < before,
            "the role {role} has no key of `{who}`, by the holder's name or the key itself"
        );
    }
    for (_, file) in changes.add.iter().filter(|(of, _)| *of == role) {
        keys.push(keys::read_public(file)?);
    }
    let said = changes.threshold.iter().rfind(|(of, _)| *of == role).map(|(_, threshold)| *threshold);
    // With one key there is nothing to choose; with more, nobody shall get by leaving it out what they did not mean.
    let only = (keys.len() == 1).then_some(1);
    let threshold = said.or(old.map(RoleKeys::threshold)).or(only).with_context(|| match keys.len() {
        0 => format!("the role {role} has no key; give it one: `--add {role}=FILE.pub`"),
        many => {
            format!("the role {role} has {many} keys; say how many must sign: `--threshold {role}=NUMBER`")
        }
    })?;
    RoleKeys::new(threshold, keys).map_err(|wrong| anyhow::anyhow!("the role {role}: {wrong}"))
}

fn is(key: &Key, who: &str) -> bool {
    Holder::parse(who).as_ref() == Some(&key.holder) || PublicKey::parse(who) == Some(key.public)
}
