//! Whether a release suits a box: a good one can be for others.

use crate::{Architecture, Files, Release, ReleaseVersion, Verified};

/// What a box runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Running {
    /// The version of its release.
    pub version: ReleaseVersion,
    /// The version of the form of its configuration.
    pub configuration: u32,
    /// What kind of machine it is.
    pub architecture: Architecture,
    /// What it needs of a release.
    pub files: Files,
}

/// Why a good release is not for this box. Another release may be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// It is not newer.
    #[error("release {offered} is not newer than {running}, which this box runs")]
    NotNewer {
        /// What is offered.
        offered: ReleaseVersion,
        /// What runs.
        running: ReleaseVersion,
    },
    /// It is for the others.
    #[error("release {offered} has {}, and this machine takes {}", other(*.wants), named(*.wants))]
    Without {
        /// What is offered.
        offered: ReleaseVersion,
        /// What is wanted of it.
        wants: Files,
    },
    /// There has to be one between.
    #[error(
        "release {offered} takes boxes from {from} on, and this one runs {running}: take one between them first"
    )]
    TooFar {
        /// What is offered.
        offered: ReleaseVersion,
        /// The lowest that it takes.
        from: ReleaseVersion,
        /// What runs.
        running: ReleaseVersion,
    },
    /// It would not run here.
    #[error("release {offered} is for {wants} machines, and this one is {has}: take the bundle for {has}")]
    Architecture {
        /// What is offered.
        offered: ReleaseVersion,
        /// What it runs on.
        wants: Architecture,
        /// What there is.
        has: Architecture,
    },
    /// It would not understand the configuration.
    #[error(
        "release {offered} reads configurations of the form {reads}, and this box has one of the form {has}: change the \
         configuration as the release's notes say, or take another release first"
    )]
    Configuration {
        /// What is offered.
        offered: ReleaseVersion,
        /// What it reads.
        reads: String,
        /// What there is.
        has: u32,
    },
}

impl Running {
    /// Whether what was verified suits.
    ///
    /// # Errors
    /// See [`Unfit`].
    pub fn takes(&self, verified: &Verified) -> Result<(), Unfit> {
        // The loader of a box takes the highest number that there is, whoever signed it.
        let anew = verified.anew() && self.files != Files::System;
        self.suits(verified.release(), anew)
    }

    /// Whether a release suits of which only the documents were seen; `anew` as in [`Verified::anew`].
    ///
    /// # Errors
    /// See [`Unfit`].
    pub fn suits(&self, release: &Release, anew: bool) -> Result<(), Unfit> {
        let Release { version: offered, from, configuration, architecture, .. } = release;
        let (offered, from, running) = (*offered, *from, self.version);
        if *architecture != self.architecture {
            return Err(Unfit::Architecture { offered, wants: *architecture, has: self.architecture });
        }
        if !release.has(self.files) {
            return Err(Unfit::Without { offered, wants: self.files });
        }
        if offered <= running && !anew {
            return Err(Unfit::NotNewer { offered, running });
        }
        if from > running {
            return Err(Unfit::TooFar { offered, from, running });
        }
        if !configuration.reads(self.configuration) {
            let reads = configuration.to_string();
            return Err(Unfit::Configuration { offered, reads, has: self.configuration });
        }
        Ok(())
    }
}

fn named(files: Files) -> &'static str {
    match files {
        Files::Images => "images of containers",
        Files::System => "the system of a box",
        Files::All | Files::None => "any release",
    }
}

fn other(wants: Files) -> &'static str {
    match wants {
        Files::Images => "the system of a box alone",
        Files::System => "images of containers alone",
        Files::All | Files::None => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_suits_by_its_version_and_by_the_configuration() {
        let zeros = "0".repeat(64);
        let image = format!(
            r#"{{"image": "sha256:{zeros}", "manifest": "sha256:{zeros}", "length": 1, "sha256": "{zeros}"}}"#
        );
        let release: Release = serde_json::from_str(&format!(
            r#"{{"version": "1.4.0", "from": "1.2.0", "configuration": {{"oldest": 2, "newest": 3}},
                "architecture": "amd64",
                "images": {{"intake": {image}, "uplink": {image}}}}}"#
        ))
        .unwrap();
        let box_of = |version: &str, configuration, architecture| Running {
            version: ReleaseVersion::parse(version).unwrap(),
            configuration,
            architecture,
            files: Files::Images,
        };
        let of_a_box = Running { files: Files::System, ..box_of("1.3.0", 2, Architecture::Amd64) };
        let said = of_a_box.suits(&release, false).unwrap_err().to_string();
        assert_eq!(
            said,
            "release 1.4.0 has images of containers alone, and this machine takes the system of a box"
        );
        let elsewhere = box_of("1.3.0", 2, Architecture::Arm64);
        for anew in [false, true] {
            let said = elsewhere.suits(&release, anew).unwrap_err().to_string();
            assert!(said.contains("is for amd64 machines, and this one is arm64"), "{said}");
        }
        for (version, configuration, expected) in [
            ("1.2.0", 2, None),
            ("1.3.9", 3, None),
            ("1.4.0", 3, Some("not newer")),
            ("2.0.0", 3, Some("not newer")),
            ("1.1.9", 3, Some("from 1.2.0 on")),
            ("1.3.0", 1, Some("the form 2 to 3")),
            ("1.3.0", 4, Some("of the form 4")),
        ] {
            let running = box_of(version, configuration, Architecture::Amd64);
            let said = running.suits(&release, false).err().map(|unfit| unfit.to_string());
            let not_newer = expected == Some("not newer");
            assert_eq!(running.suits(&release, true).is_ok(), said.is_none() || not_newer, "{version} anew");
            assert_eq!(said.is_some(), expected.is_some(), "{version} {configuration}");
            assert!(
                said.unwrap_or_default().contains(expected.unwrap_or_default()),
                "{version} {configuration}"
            );
        }
    }
}
