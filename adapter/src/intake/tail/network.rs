//! Which file systems are on another machine: a change that is made there is told to nobody here.

/// The name of a network file system, by the kernel's number for it (`statfs(2)`, `linux/magic.h`). A file system
/// that runs as a program (FUSE) may be a share as well, as `sshfs` and `virtiofs` are, and tells of no change that
/// it did not make.
pub(super) fn name(number: i128) -> Option<&'static str> {
    // The kernel's word is signed or not, and its upper half means nothing.
    let name = match number & 0xffff_ffff {
        0x6969 => "nfs",
        0xff53_4d42 => "cifs",
        0xfe53_4d42 => "smb2",
        0x517b => "smb",
        0x6573_5546 => "fuse",
        0x0102_1997 => "9p",
        0x00c3_6400 => "ceph",
        0x5346_414f | 0x6b41_4653 => "afs",
        0x7375_7245 => "coda",
        0x0bd0_0bd0 => "lustre",
        0x0116_1970 => "gfs2",
        0x7461_636f => "ocfs2",
        0x564c => "ncp",
        0x786f_4256 => "vboxsf",
        0xbacb_acbc => "vmhgfs",
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_known_however_the_kernel_writes_the_number() {
        let cases = [
            (0x6969, Some("nfs")),
            (0xff53_4d42, Some("cifs")),
            (i128::from(0xff53_4d42_u32.cast_signed()), Some("cifs")),
            (0xfe53_4d42, Some("smb2")),
            (0x6573_5546, Some("fuse")),
            (0x0102_1997, Some("9p")),
            // ext4, xfs, btrfs, tmpfs, overlay.
            (0xef53, None),
            (0x5846_5342, None),
            (0x9123_683e, None),
            (0x0102_1994, None),
            (0x794c_7630, None),
        ];
        for (number, expected) in cases {
            assert_eq!(name(number), expected, "{number:x}");
        }
    }
}
