//! What a bundle is looked at for: to take it, or to start what was taken before. The types keep the two apart, since only
//! the first asks what time it is.

use super::Checked;
use crate::{Files, Holder, Known, Release, Time};

/// What a bundle is looked at for.
pub trait Purpose: sealed::Sealed + Sized {
    /// What comes of it.
    type Outcome;

    /// The time that nothing may have expired at, if it matters.
    #[doc(hidden)]
    fn now(&self) -> Option<Time>;

    /// Which of the release's files are looked at.
    #[doc(hidden)]
    fn files(&self) -> Files;

    /// What comes of it already when the documents are good.
    #[doc(hidden)]
    fn settled(&self, known: &Known, checked: &Checked) -> Option<Self::Outcome>;

    /// What comes of it when the files are, too.
    #[doc(hidden)]
    fn outcome(self, known: &Known, checked: &Checked) -> Self::Outcome;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Take {}
    impl Sealed for super::Start {}
}

/// To take it, at this time, and these files of it.
#[derive(Clone, Copy, Debug)]
pub struct Take(pub Time, pub Files);

/// To start what was taken before, or only to know what it was. It may have expired since: a box goes on with what it has.
#[derive(Clone, Copy, Debug)]
pub struct Start(pub Files);

/// What is offered.
#[derive(Clone, PartialEq, Debug)]
pub enum Offer {
    /// A release that the box has not.
    Newer(Box<Verified>),
    /// The release that it has. Its files were not looked at again.
    Same(Box<Known>),
}

/// A bundle in which all is signed, in time, whole, and no step back. There is no other way to one than
/// [`begin`](crate::begin).
#[derive(Clone, PartialEq, Debug)]
pub struct Verified {
    release: Release,
    expires: Time,
    signed_by: Vec<Holder>,
    known: Known,
    anew: bool,
}

impl Verified {
    /// What may be installed.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// When the first of its documents expires.
    pub fn expires(&self) -> Time {
        self.expires
    }

    /// Who holds the keys that signed the release.
    pub fn signed_by(&self) -> &[Holder] {
        &self.signed_by
    }

    /// Whether the keys that sign releases were replaced since the box took its own. Then that one may be a thief's, and
    /// its number binds nobody.
    pub fn anew(&self) -> bool {
        self.anew
    }

    /// What a box knows that has installed it.
    pub fn known(&self) -> &Known {
        &self.known
    }
}

/// What is installed: all of it is signed and whole, as it was when it was taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Installed {
    release: Release,
    known: Known,
}

impl Installed {
    /// What may be started.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// What the box knows that has it.
    pub fn known(&self) -> &Known {
        &self.known
    }
}

impl Purpose for Take {
    type Outcome = Offer;

    fn now(&self) -> Option<Time> {
        Some(self.0)
    }

    fn files(&self) -> Files {
        self.1
    }

    fn settled(&self, known: &Known, checked: &Checked) -> Option<Offer> {
        let same = known.release() == Some(&checked.targets.release);
        same.then(|| Offer::Same(Box::new(Known::after(checked))))
    }

    fn outcome(self, known: &Known, checked: &Checked) -> Offer {
        let Checked { root, targets, signed_by, .. } = checked;
        Offer::Newer(Box::new(Verified {
            release: targets.release.clone(),
            expires: expires(checked),
            signed_by: signed_by.clone(),
            known: Known::after(checked),
            anew: known.release().is_some() && known.release_by(root).is_none(),
        }))
    }
}

fn expires(checked: &Checked) -> Time {
    let Checked { root, timestamp, snapshot, targets, .. } = checked;
    root.expires.min(timestamp.document.expires).min(snapshot.document.expires).min(targets.expires)
}

impl Purpose for Start {
    type Outcome = Installed;

    fn now(&self) -> Option<Time> {
        None
    }

    fn files(&self) -> Files {
        self.0
    }

    fn settled(&self, _: &Known, _: &Checked) -> Option<Installed> {
        None
    }

    fn outcome(self, _: &Known, checked: &Checked) -> Installed {
        Installed { release: checked.targets.release.clone(), known: Known::after(checked) }
    }
}
