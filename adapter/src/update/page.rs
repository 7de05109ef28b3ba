//! What is said of a bundle, for people and for programs.

use release::{Images, Refusal, Running, Unfit, Verified};
use serde_json::{Value, json};

/// What comes of looking at a bundle.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It would be taken.
    Taken(Box<Verified>, Running),
    /// It is good and not for this box.
    Unfit(Box<Verified>, Running, Unfit),
    /// It is what the box has.
    Same(Running),
    /// It is not good.
    Refused(Refusal),
}

impl Verdict {
    /// The page for people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Taken(verified, running) => about(verified, *running) + "\nit would be taken",
            Self::Unfit(verified, running, unfit) => {
                format!("{}\nit would not be taken: {unfit}", about(verified, *running))
            }
            Self::Same(running) => format!("release {} is what this box has", running.version),
            Self::Refused(refusal) => format!("refused: {refusal}"),
        }
    }

    /// The document for programs.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Taken(verified, _) => described("taken", verified, None),
            Self::Unfit(verified, _, unfit) => described("unfit", verified, Some(unfit)),
            Self::Same(running) => json!({"verdict": "same", "release": {"version": running.version}}),
            Self::Refused(Refusal { file, why }) => {
                json!({"verdict": "refused", "file": file, "why": why.to_string()})
            }
        }
    }
}

fn about(verified: &Verified, running: Running) -> String {
    let release = verified.release();
    let mut text = format!("release {}, signed, whole and in time\n", release.version);
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<14} {value}\n"));
    let root = verified.known().root().version;
    line("signed by", format!("{}, by root {root}", holders(verified).join(" and ")));
    line("until", verified.expires().to_string());
    line("for boxes from", format!("{}; this one has {}", release.from, running.version));
    line("configuration", format!("form {}; this one's is {}", release.configuration, running.configuration));
    line("machines", format!("{}; this one is {}", release.architecture, running.architecture));
    for (name, image) in release.images.iter().flat_map(Images::each) {
        line(name, format!("{}, {} bytes", image.image, image.length));
    }
    if let Some(system) = &release.system {
        let bytes: u64 = system.files(release.version).iter().map(|file| file.length).sum();
        line("system", format!("root hash {}, {bytes} bytes", system.root_hash));
    }
    text
}

fn described(verdict: &str, verified: &Verified, unfit: Option<&Unfit>) -> Value {
    let mut described = json!({
        "verdict": verdict,
        "release": verified.release(),
        "signed_by": holders(verified),
        "root": verified.known().root().version,
        "expires": verified.expires(),
    });
    if let (Some(unfit), Some(fields)) = (unfit, described.as_object_mut()) {
        fields.insert("why".into(), unfit.to_string().into());
    }
    described
}

fn holders(verified: &Verified) -> Vec<String> {
    verified.signed_by().iter().map(ToString::to_string).collect()
}
