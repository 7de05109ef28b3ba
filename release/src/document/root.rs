//! The root: which keys are whose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Role, RoleKeys, Time, Version};

/// Which keys are whose. A box trusts one from the start, and each that follows from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Counts up by one: each is signed by the keys of the one before.
    pub version: Version,
    /// When it was made.
    pub made: Time,
    /// From when on nothing is taken by it.
    pub expires: Time,
    /// Each role's keys.
    pub roles: Roles,
}

/// Each role's keys. A key has one role: the thief of a key that is used every day gets nothing that counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Roles(Unchecked);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    root: RoleKeys,
    targets: RoleKeys,
    snapshot: RoleKeys,
    timestamp: RoleKeys,
}

impl Roles {
    /// Gives each role the keys that the function says.
    ///
    /// # Errors
    /// What the function says, or which key has two roles.
    pub fn new<E: From<String>>(mut keys: impl FnMut(Role) -> Result<RoleKeys, E>) -> Result<Self, E> {
        let roles = Unchecked {
            root: keys(Role::Root)?,
            targets: keys(Role::Targets)?,
            snapshot: keys(Role::Snapshot)?,
            timestamp: keys(Role::Timestamp)?,
        };
        Ok(Self::try_from(roles)?)
    }

    /// The keys of a role.
    pub fn keys(&self, role: Role) -> &RoleKeys {
        self.0.keys(role)
    }
}

impl Unchecked {
    fn keys(&self, role: Role) -> &RoleKeys {
        match role {
            Role::Root => &self.root,
            Role::Targets => &self.targets,
            Role::Snapshot => &self.snapshot,
            Role::Timestamp => &self.timestamp,
        }
    }
}

impl TryFrom<Unchecked> for Roles {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        let mut of = BTreeMap::new();
        for role in Role::ALL {
            for key in unchecked.keys(role).keys() {
                if let Some(other) = of.insert(key.public, role) {
                    return Err(format!(
                        "the key {} of {} has the role {role} and the role {other}: a key has one role",
                        key.public, key.holder
                    ));
                }
            }
        }
        Ok(Self(unchecked))
    }
}

impl From<Roles> for Unchecked {
    fn from(roles: Roles) -> Self {
        roles.0
    }
}
