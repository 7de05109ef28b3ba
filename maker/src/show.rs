//! Shows a document to a person who is asked to sign it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use release::{Role, Root, Snapshot, Targets, Timestamp, encode};

use crate::folder::{self, Document, Folder};
use crate::sign;

/// What it says, who signed it, and what is wrong with it. Nothing of it is shown that this program does not understand.
pub(crate) fn page(path: &Path) -> Result<String> {
    let document = folder::read(path)?;
    let role = document.envelope.role();
    let says = says(&document)?;
    let mut page = format!("{}: {role}\n", document.name);
    for root in roots(&document, &Folder::of(path))? {
        let _ = writeln!(page, "has {}", sign::count(&document.envelope, &root));
    }
    for (key, _) in document.envelope.signatures() {
        let _ = writeln!(page, "  {key}");
    }
    page.push_str(&says);
    Ok(page)
}

/// What a document says, as its role's: one that cannot be read as that is refused.
pub(crate) fn says(document: &Document) -> Result<String> {
    let says = match document.envelope.role() {
        Role::Root => encode(&document.decode::<Root>()?)?,
        Role::Targets => {
            let targets: Targets = document.decode()?;
            let (is, says) = (targets.release.form().number(), document.envelope.form().number());
            ensure!(is == says, "{}: is written in form {is}, and its first line says {says}", document.name);
            encode(&targets)?
        }
        Role::Snapshot => encode(&document.decode::<Snapshot>()?)?,
        Role::Timestamp => encode(&document.decode::<Timestamp>()?)?,
    };
    Ok(String::from_utf8_lossy(&says).trim_end().to_owned())
}

fn roots(document: &Document, beside: &Folder) -> Result<Vec<Root>> {
    if document.envelope.role() == Role::Root {
        return sign::roots_of(document, beside);
    }
    beside.newest(Role::Root)?.map(|root| root.decode()).into_iter().collect()
}
