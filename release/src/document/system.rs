//! The system of a box: the three files of one version of the appliance's image. As with the images of containers, nothing
//! here says how they are started: which partition takes which file, and what the kernel is told, is written in the image
//! itself, and signed there once more.

use serde::{Deserialize, Serialize};

use super::Length;
use crate::{ReleaseVersion, Sha256, hex, limits};

/// One version of the appliance's image. Its version is the release's: there is no second number that could be out of step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The root hash of dm-verity, which the kernel image has on its command line. The partitions of the root and of its
    /// hashes are known by it: its first half is the one's UUID, its second half the other's.
    pub root_hash: RootHash,
    /// The root file system.
    pub root: Partition<{ limits::ROOT_BYTES_MAX }>,
    /// The hashes of its blocks.
    pub hashes: Partition<{ limits::HASHES_BYTES_MAX }>,
    /// The signed kernel image.
    pub kernel: Kernel,
}

/// What becomes a partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "UncheckedPartition<MAX>", into = "UncheckedPartition<MAX>")]
pub struct Partition<const MAX: u64>(UncheckedPartition<MAX>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedPartition<const MAX: u64> {
    size: Length<MAX>,
    length: Length<MAX>,
    sha256: Sha256,
}

/// The kernel image.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Bytes of its file.
    pub length: Length<{ limits::KERNEL_BYTES_MAX }>,
    /// The SHA-256 of its file.
    pub sha256: Sha256,
}

/// The root hash of dm-verity, a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RootHash([u8; 32]);

/// One file of a system: as the bundle has it, and as the box's updater (systemd-sysupdate) wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemFile {
    /// Its name in the bundle.
    pub name: String,
    /// Bytes of it.
    pub length: u64,
    /// Its name on the box, which says the version and the partition.
    pub placed: String,
    /// Bytes that it has there: what is more than `length` is zeros.
    pub size: u64,
    sha256: Sha256,
}

impl SystemFile {
    /// The SHA-256 of the file in the bundle.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }
}

impl<const MAX: u64> Partition<MAX> {
    /// A file that fills a partition of this size: the zeros at its end are left out.
    ///
    /// # Errors
    /// The file is longer than the partition, or a length is out of its bounds.
    pub fn new(size: u64, length: u64, sha256: Sha256) -> Result<Self, String> {
        Self::try_from(UncheckedPartition { size: size.try_into()?, length: length.try_into()?, sha256 })
    }

    /// Bytes of the partition.
    pub fn size(&self) -> u64 {
        self.0.size.into()
    }

    /// Bytes of its file in the bundle.
    pub fn length(&self) -> u64 {
        self.0.length.into()
    }

    /// The SHA-256 of its file in the bundle.
    pub fn sha256(&self) -> Sha256 {
        self.0.sha256
    }
}

impl<const MAX: u64> TryFrom<UncheckedPartition<MAX>> for Partition<MAX> {
    type Error = String;

    fn try_from(partition: UncheckedPartition<MAX>) -> Result<Self, Self::Error> {
        let (size, length) = (u64::from(partition.size), u64::from(partition.length));
        if size % limits::BLOCK_BYTES != 0 {
            return Err(format!("a partition's size is a multiple of {} bytes", limits::BLOCK_BYTES));
        }
        if length > size {
            return Err(format!("a file of {length} bytes fills no partition of {size}"));
        }
        Ok(Self(partition))
    }
}

impl<const MAX: u64> From<Partition<MAX>> for UncheckedPartition<MAX> {
    fn from(partition: Partition<MAX>) -> Self {
        partition.0
    }
}

impl System {
    /// Its files, in the order in which they are asked for: the small ones first, so that a bundle of another state is
    /// noticed early. The names on the box are those of `ubuntu-image/mkosi.extra/usr/lib/sysupdate.d`.
    pub fn files(&self, version: ReleaseVersion) -> [SystemFile; 3] {
        let [root_uuid, hashes_uuid] = self.root_hash.uuids();
        let Self { root, hashes, kernel, .. } = self;
        let length = u64::from(kernel.length);
        let file = |kind: &str, placed: String, sha256: Sha256, length: u64, size: u64| {
            let placed = format!("oneway_{version}.{placed}");
            SystemFile { name: format!("{sha256}.{kind}"), length, placed, size, sha256 }
        };
        [
            file(
                "hashes",
                format!("verity.{hashes_uuid}.raw"),
                hashes.sha256(),
                hashes.length(),
                hashes.size(),
            ),
            file("efi", "efi".into(), kernel.sha256, length, length),
            file("root", format!("root.{root_uuid}.raw"), root.sha256(), root.length(), root.size()),
        ]
    }
}

impl RootHash {
    /// The one whose halves are these UUIDs, of the root's partition and of its hashes'.
    pub fn of_uuids(root: &str, hashes: &str) -> Option<Self> {
        let digits = [root, hashes].map(|uuid| uuid.replace('-', ""));
        (digits.iter().all(|half| half.len() == 32)).then(|| hex::bytes(&digits.concat()).map(Self))?
    }

    /// The UUIDs of the root's partition and of its hashes', as the Discoverable Partitions Specification makes them.
    pub fn uuids(self) -> [String; 2] {
        let (root, hashes) = self.0.split_at(16);
        [root, hashes].map(uuid)
    }
}

fn uuid(bytes: &[u8]) -> String {
    let mut text = hex::digits(bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

impl std::fmt::Display for RootHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::digits(&self.0))
    }
}

impl TryFrom<String> for RootHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::bytes(&text).map(Self).ok_or("a root hash is 64 lower-case hexadecimal digits")
    }
}

impl From<RootHash> for String {
    fn from(hash: RootHash) -> Self {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "00112233-4455-6677-8899-aabbccddeeff";
    const HASHES: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    #[test]
    fn a_root_hash_and_the_uuids_of_its_partitions_are_the_same() {
        let hash = RootHash::of_uuids(ROOT, HASHES).unwrap();
        assert_eq!(hash.to_string(), "00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0");
        assert_eq!(hash.uuids(), [ROOT, HASHES]);
        assert_eq!(RootHash::of_uuids(&ROOT.replace('-', ""), HASHES), Some(hash));
        for bad in ["", "00112233", &ROOT.to_uppercase(), "0011223344556677-8899-aabbccddeeff-00"] {
            assert_eq!(RootHash::of_uuids(bad, HASHES), None, "{bad}");
        }
    }

    #[test]
    fn files_have_the_names_that_the_updater_knows() {
        let partition = format!(r#"{{"size": 8192, "length": 4097, "sha256": "{}"}}"#, "a".repeat(64));
        let system: System = serde_json::from_str(&format!(
            r#"{{"root_hash": "{0}", "root": {partition}, "hashes": {partition},
                "kernel": {{"length": 5, "sha256": "{0}"}}}}"#,
            RootHash::of_uuids(ROOT, HASHES).unwrap()
        ))
        .unwrap();
        let files = system.files(ReleaseVersion::parse("1.4.0").unwrap());
        let said = files.map(|file| (file.placed, file.length, file.size, file.name.len()));
        let expected = [
            (format!("oneway_1.4.0.verity.{HASHES}.raw"), 4097, 8192, 64 + ".hashes".len()),
            ("oneway_1.4.0.efi".to_owned(), 5, 5, 64 + ".efi".len()),
            (format!("oneway_1.4.0.root.{ROOT}.raw"), 4097, 8192, 64 + ".root".len()),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_partition_holds_its_file_and_is_of_whole_blocks() {
        let sha256 = Sha256::of(b"");
        for (size, length, good) in [
            (4096, 4096, true),
            (8192, 1, true),
            (4096, 4097, false),
            (4095, 1, false),
            (0, 0, false),
            (4096, 0, false),
        ] {
            assert_eq!(Partition::<8192>::new(size, length, sha256).is_ok(), good, "{size} {length}");
        }
        assert!(Partition::<8192>::new(12288, 1, sha256).is_err());
    }
}
