//! What `ubuntu-image/build` puts out, in small: files that are of the right kind and name each other, and start nothing.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The partitions' sizes.
pub const ROOT_BYTES: u64 = 8 << 20;
/// The same, of the root's hashes.
pub const HASHES_BYTES: u64 = 4 << 20;
/// Where a kernel image says which root it starts, behind its header.
const COMMAND_LINE_AT: u64 = 4096;
/// The kinds of machine that a program for the firmware can be for.
const AMD64: [u8; 2] = [0x64, 0x86];
const ARM64: [u8; 2] = [0x64, 0xaa];

/// One version of the image.
pub struct BoxSystem {
    /// The folder that it lies in.
    pub output: PathBuf,
    /// Its version.
    pub version: String,
    /// The UUIDs of the root's partition and of its hashes'.
    pub uuids: [String; 2],
}

impl BoxSystem {
    /// Makes one of a digit, for machines of this kind.
    pub fn make(output: &Path, version: &str, digit: char, machine: &str) -> Result<Self> {
        fs::create_dir_all(output)?;
        let hash = format!("{}{}", digit.to_string().repeat(32), "0".repeat(31) + &digit.to_string());
        let uuid = |half: &str| {
            let mut uuid = half.to_owned();
            [20, 16, 12, 8].into_iter().for_each(|at| uuid.insert(at, '-'));
            uuid
        };
        let (root, hashes) = hash.split_at(32);
        let me = Self {
            output: output.to_owned(),
            version: version.to_owned(),
            uuids: [uuid(root), uuid(hashes)],
        };
        let file = File::create(me.root())?;
        file.write_all_at(&[0xe2, 0xe1, 0xf5, 0xe0], 1024)?;
        file.write_all_at(digit.to_string().repeat(300_000).as_bytes(), 8192)?;
        file.set_len(ROOT_BYTES)?;
        let file = File::create(me.hashes())?;
        file.write_all_at(b"verity\0\0", 0)?;
        file.write_all_at(digit.to_string().repeat(5000).as_bytes(), 4096)?;
        file.set_len(HASHES_BYTES)?;
        let file = File::create(me.kernel())?;
        file.write_all_at(b"MZ", 0)?;
        file.write_all_at(&64_u32.to_le_bytes(), 0x3c)?;
        file.write_all_at(b"PE\0\0", 64)?;
        file.write_all_at(if machine == "arm64" { &ARM64 } else { &AMD64 }, 68)?;
        file.write_all_at(format!("root=/dev/mapper/root roothash={hash} ro\0").as_bytes(), COMMAND_LINE_AT)?;
        Ok(me)
    }

    /// The file of the root.
    pub fn root(&self) -> PathBuf {
        self.output.join(format!("oneway_{}.root.{}.raw", self.version, self.uuids[0]))
    }

    /// The file of its hashes.
    pub fn hashes(&self) -> PathBuf {
        self.output.join(format!("oneway_{}.verity.{}.raw", self.version, self.uuids[1]))
    }

    /// The kernel image.
    pub fn kernel(&self) -> PathBuf {
        self.output.join(format!("oneway_{}.efi", self.version))
    }
}

/// A partition of a disk in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its label.
    pub label: String,
    /// Its UUID, in lower case.
    pub uuid: String,
    /// Where it begins, and how long it is, in bytes.
    pub place: (u64, u64),
}

/// Reads the partitions of a disk (GPT, sectors of 512 bytes).
pub fn partitions(disk: &Path) -> Result<Vec<Partition>> {
    let file = File::open(disk)?;
    let mut partitions = Vec::new();
    for number in 0..16 {
        let mut entry = [0; 128];
        file.read_exact_at(&mut entry, 1024 + number * 128)?;
        if entry[..16] == [0; 16] {
            continue;
        }
        let number = |at: usize| -> Result<u64> {
            Ok(u64::from_le_bytes(entry.get(at..at + 8).context("short")?.try_into()?))
        };
        let (first, last) = (number(32)?, number(40)?);
        let name: Vec<u16> = entry[56..].chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
        let label = String::from_utf16(&name)?.trim_end_matches('\0').to_owned();
        let of = |bytes: &[u8], backwards: bool| -> String {
            let digits = |byte: &u8| format!("{byte:02x}");
            if backwards {
                bytes.iter().rev().map(digits).collect()
            } else {
                bytes.iter().map(digits).collect()
            }
        };
        let uuid = [
            of(&entry[16..20], true),
            of(&entry[20..22], true),
            of(&entry[22..24], true),
            of(&entry[24..26], false),
            of(&entry[26..32], false),
        ]
        .join("-");
        partitions.push(Partition { label, uuid, place: (first * 512, (last + 1 - first) * 512) });
    }
    Ok(partitions)
}
