//! The kernel images on the disk, by their names: the loader counts in them how often it may still try a version that has not
//! started well yet (UAPI Group Specifications, Boot Loader Specification, section "Boot counting").

use release::ReleaseVersion;

use super::State;

/// How a name begins and ends. Between them are the version and, while it is counted, `+LEFT` or `+LEFT-DONE`.
const NAME: [&str; 2] = ["oneway_", ".efi"];

/// One for each name that is a kernel image's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kernels(Vec<Kernel>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Kernel {
    version: ReleaseVersion,
    /// Tries that are left; nothing where it has started well.
    left: Option<u32>,
}

impl Kernels {
    /// Of a list of names, one on a line. Others may lie there, and are passed over.
    pub(crate) fn parse(names: &str) -> Self {
        Self(names.lines().filter_map(kernel).collect())
    }

    /// How the newest version does, seen from the one that runs.
    pub(crate) fn state(&self, running: ReleaseVersion) -> State {
        let newest =
            self.0.iter().filter(|kernel| kernel.version > running).max_by_key(|kernel| kernel.version);
        match newest {
            None => State::Current,
            Some(Kernel { left: Some(0), version }) => State::WentBack(*version),
            Some(Kernel { version, .. }) => State::Waiting(*version),
        }
    }

    /// Whether this version was tried as often as it may be, and is not what runs.
    pub(crate) fn went_back(&self, version: ReleaseVersion) -> bool {
        self.0.iter().any(|kernel| kernel.version == version && kernel.left == Some(0))
    }
}

fn kernel(name: &str) -> Option<Kernel> {
    let [before, behind] = NAME;
    let words = name.strip_prefix(before)?.strip_suffix(behind)?;
    let (version, left) = match words.split_once('+') {
        None => (words, None),
        Some((version, tries)) => {
            let left = tries.split_once('-').map_or(tries, |(left, _)| left);
            (version, Some(left.parse().ok()?))
        }
    };
    Some(Kernel { version: ReleaseVersion::parse(version)?, left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaders_names_say_what_became_of_a_version() {
        let version = |text| ReleaseVersion::parse(text).unwrap();
        for (names, expected) in [
            ("", State::Current),
            ("oneway_1.4.0.efi", State::Current),
            ("oneway_1.3.0.efi\noneway_1.4.0+2-1.efi", State::Current),
            ("oneway_1.4.0.efi\noneway_1.5.0+3-0.efi", State::Waiting(version("1.5.0"))),
            ("oneway_1.4.0.efi\noneway_1.5.0+3.efi", State::Waiting(version("1.5.0"))),
            ("oneway_1.4.0.efi\noneway_1.5.0+1-2.efi", State::Waiting(version("1.5.0"))),
            ("oneway_1.4.0.efi\noneway_1.5.0.efi", State::Waiting(version("1.5.0"))),
            ("oneway_1.4.0.efi\noneway_1.5.0+0-3.efi", State::WentBack(version("1.5.0"))),
            (
                "oneway_1.10.0+0-3.efi\noneway_1.9.0+3-0.efi\noneway_1.4.0.efi",
                State::WentBack(version("1.10.0")),
            ),
            (
                "oneway_1.5.0+0-3.efi.old\nsystemd-bootx64.efi\noneway_1.5.efi\noneway_1.5.0+x.efi",
                State::Current,
            ),
        ] {
            let kernels = Kernels::parse(names);
            assert_eq!(kernels.state(version("1.4.0")), expected, "{names}");
            let back = matches!(expected, State::WentBack(_));
            assert_eq!(
                kernels.went_back(version("1.5.0")) || kernels.went_back(version("1.10.0")),
                back,
                "{names}"
            );
        }
    }
}
