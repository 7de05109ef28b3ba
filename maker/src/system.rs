//! Which system the folder holds that `ubuntu-image/build` has put out: a root, its hashes and a signed kernel image of one
//! version, which belong together or are refused here. A box would notice as well, after three tries to start it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use release::{Architecture, Kernel, Length, Partition, ReleaseVersion, RootHash, System};

use crate::folder::{Copied, Folder};
use crate::limits;

/// What stands at the beginning of an erofs file system, behind room for a boot sector.
const EROFS: (u64, &[u8]) = (1024, &[0xe2, 0xe1, 0xf5, 0xe0]);
/// What stands at the beginning of dm-verity's hashes.
const VERITY: (u64, &[u8]) = (0, b"verity\0\0");
/// What stands at the beginning of a program for the firmware, which a kernel image is.
const PE: (u64, &[u8]) = (0, b"MZ");
/// Where the place of its header stands, and what that begins with: behind it is the kind of machine.
const HEADER_AT: u64 = 0x3c;
const HEADER: &[u8] = b"PE\0\0";

/// The files of one version.
struct Output {
    root: PathBuf,
    hashes: PathBuf,
    kernel: PathBuf,
    root_hash: RootHash,
}

/// Copies a system's files into the folder, under the names that their bytes give them.
pub(crate) fn add(folder: &Folder, output: &Path, version: ReleaseVersion) -> Result<(System, Architecture)> {
    let Output { root, hashes, kernel, root_hash } = find(output, version)?;
    begins(&root, EROFS, "a file system of the kind erofs")?;
    begins(&hashes, VERITY, "the hashes of dm-verity")?;
    begins(&kernel, PE, "a kernel image")?;
    let architecture = machine(&kernel)?;
    names_root(&kernel, root_hash)?;
    let system = System {
        root_hash,
        root: partition(folder, &root, "root")?,
        hashes: partition(folder, &hashes, "hashes")?,
        kernel: {
            let name = |copied: &Copied| format!("{}.efi", copied.sha256);
            let Copied { length, sha256 } =
                folder.copy(&kernel, release::limits::KERNEL_BYTES_MAX, u64::MAX, name)?;
            Kernel { length: length_of(&kernel, length)?, sha256 }
        },
    };
    Ok((system, architecture))
}

/// Finds the files by their names, which say the version, and of the partitions the halves of the root hash.
fn find(output: &Path, version: ReleaseVersion) -> Result<Output> {
    let failed = || format!("{}: cannot be read", output.display());
    let (before, kernel_name) = (format!("oneway_{version}."), format!("oneway_{version}.efi"));
    let (mut root, mut hashes, mut kernel) = (Vec::new(), Vec::new(), None);
    for entry in fs::read_dir(output).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = output.join(name);
        if name == kernel_name {
            kernel = Some(path);
            continue;
        }
        let Some(words) = name.strip_prefix(&before).and_then(|name| name.strip_suffix(".raw")) else {
            continue;
        };
        match words.split_once('.') {
            Some(("root", uuid)) => root.push((uuid.to_owned(), path)),
            Some(("verity", uuid)) => hashes.push((uuid.to_owned(), path)),
            _ => {}
        }
    }
    let wanted = |what: &str| {
        format!(
            "{}: holds not one {what} of version {version}; the image's version is the release's: \
             `ubuntu-image/build --version {version}` puts out all three files",
            output.display()
        )
    };
    let (Ok([(root_uuid, root)]), Ok([(hashes_uuid, hashes)])) =
        (<[_; 1]>::try_from(root), <[_; 1]>::try_from(hashes))
    else {
        bail!(wanted("root and one file of hashes"));
    };
    let kernel = kernel.with_context(|| wanted("kernel image"))?;
    let root_hash = RootHash::of_uuids(&root_uuid, &hashes_uuid).with_context(|| {
        format!("{}: {root_uuid} and {hashes_uuid} are no halves of a root hash", output.display())
    })?;
    Ok(Output { root, hashes, kernel, root_hash })
}

/// What becomes a partition: the zeros at its end stay behind, since of a gigabyte they are two thirds.
fn partition<const MAX: u64>(folder: &Folder, path: &Path, kind: &str) -> Result<Partition<MAX>> {
    let failed = || format!("{}: cannot be read", path.display());
    let file = File::open(path).with_context(failed)?;
    let size = file.metadata().with_context(failed)?.len();
    let used = used(&file, size).with_context(failed)?;
    let name = |copied: &Copied| format!("{}.{kind}", copied.sha256);
    let Copied { length, sha256 } = folder.copy(path, MAX, used, name)?;
    Partition::new(size, length, sha256).map_err(anyhow::Error::msg).context(path.display().to_string())
}

/// Bytes up to the end of the last block that is not all zeros.
fn used(file: &File, size: u64) -> std::io::Result<u64> {
    let (step, mut end) = (limits::COPY_BYTES, size);
    let mut buffer = vec![0; step];
    while end > 0 {
        let start = (end - 1) / step as u64 * step as u64;
        let part = buffer.get_mut(..usize::try_from(end - start).unwrap_or(step)).unwrap_or_default();
        file.read_exact_at(part, start)?;
        if let Some(last) = part.iter().rposition(|byte| *byte != 0) {
            let block = release::limits::BLOCK_BYTES;
            return Ok((start + last as u64 + 1).next_multiple_of(block).min(size));
        }
        end = start;
    }
    Ok(0)
}

fn begins(path: &Path, (at, wanted): (u64, &[u8]), what: &str) -> Result<()> {
    let mut found = vec![0; wanted.len()];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut found, at));
    ensure!(read.is_ok() && found == wanted, "{}: is not {what}", path.display());
    Ok(())
}

/// The kind of machine that a program for the firmware is for.
fn machine(kernel: &Path) -> Result<Architecture> {
    let failed = || format!("{}: is no program for the firmware", kernel.display());
    let file = File::open(kernel).with_context(failed)?;
    let mut at = [0; 4];
    file.read_exact_at(&mut at, HEADER_AT).with_context(failed)?;
    let mut header = [0; 6];
    file.read_exact_at(&mut header, u32::from_le_bytes(at).into()).with_context(failed)?;
    match header.strip_prefix(HEADER) {
        Some([0x64, 0x86]) => Ok(Architecture::Amd64),
        Some([0x64, 0xaa]) => Ok(Architecture::Arm64),
        Some(other) => bail!("{}: is for machines of the kind {other:02x?}", kernel.display()),
        None => bail!(failed()),
    }
}

/// The kernel image has the root's hash on its command line, so it starts this root and no other.
fn names_root(kernel: &Path, root_hash: RootHash) -> Result<()> {
    let failed = || format!("{}: cannot be read", kernel.display());
    let length = fs::metadata(kernel).with_context(failed)?.len();
    length_of::<{ release::limits::KERNEL_BYTES_MAX }>(kernel, length)?;
    let bytes = fs::read(kernel).with_context(failed)?;
    let wanted = format!("roothash={root_hash}");
    let found = bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes());
    ensure!(
        found,
        "{}: does not start this root: `{wanted}` is not on its command line; take the three files of one build",
        kernel.display()
    );
    Ok(())
}

fn length_of<const MAX: u64>(path: &Path, length: u64) -> Result<Length<MAX>> {
    Length::try_from(length).map_err(anyhow::Error::msg).context(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_are_left_out_in_whole_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let size = 3 * limits::COPY_BYTES as u64;
        for (last, used_bytes) in [
            (None, 0),
            (Some(0), 4096),
            (Some(4095), 4096),
            (Some(4096), 8192),
            (Some(limits::COPY_BYTES as u64), limits::COPY_BYTES as u64 + 4096),
            (Some(size - 1), size),
        ] {
            let file = File::create(&path).unwrap();
            file.set_len(size).unwrap();
            if let Some(last) = last {
                file.write_all_at(b"x", last).unwrap();
            }
            assert_eq!(used(&File::open(&path).unwrap(), size).unwrap(), used_bytes, "{last:?}");
        }
    }
}
