//! What the system's own trace of a program's calls (`strace`) says of it.

use std::path::Path;

/// Calls that make, change, move or remove something on a filesystem, besides opening for writing.
const CHANGING: [&str; 17] = [
    "creat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "truncate",
    "ftruncate",
    "mknod",
    "mknodat",
];

/// The words that put a trace before a program: of what it does to files, and whom it connects to and listens to.
pub fn strace(into: &Path) -> Vec<String> {
    let into = into.display().to_string();
    // `-D`: the program stays our child, so that it is the one that is asked to stop.
    let traced = "trace=%file,ftruncate,fchmod,connect,bind,sendto,sendmsg";
    ["strace", "-D", "-f", "-qq", "-e", traced, "-o", &into].map(str::to_owned).to_vec()
}

/// Whether a line of the trace, `PID call(arguments) = result`, opens for writing or changes a filesystem.
pub fn writes(line: &str) -> bool {
    let Some((name, arguments)) = call(line) else { return false };
    let for_writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    let opens = ["open", "openat", "openat2"].contains(&name);
    (opens && for_writing.iter().any(|flag| arguments.contains(flag))) || CHANGING.contains(&name)
}

/// Calls that fill what their first argument is.
const FILLING: [&str; 5] = ["write", "writev", "pwrite64", "pwritev", "pwritev2"];
/// Calls that are made of files alone.
const OF_FILES: [&str; 9] = [
    "sendfile",
    "copy_file_range",
    "fallocate",
    "msync",
    "fsync",
    "fdatasync",
    "sync",
    "syncfs",
    "sync_file_range",
];
/// How `strace -y` begins what is no file: a socket, a pipe, an event.
const NO_FILES: [&str; 4] = ["socket:", "pipe:", "anon_inode:", "/dev/null"];

/// Whether a line of a trace that names descriptors (`strace -y`), `PID call(5<what it is>, …) = result`, puts something into a
/// file, or maps one so that what is written there goes into it.
pub fn stores(line: &str) -> bool {
    let Some((name, arguments)) = call(line) else { return false };
    let into_a_file = || {
        let what = arguments.split_once('<').map_or("", |(_, what)| what);
        !NO_FILES.iter().any(|no_file| what.starts_with(no_file))
    };
    let shared =
        || arguments.contains("MAP_SHARED") && arguments.contains("PROT_WRITE") && arguments.contains('<');
    match name {
        "mmap" | "mmap2" => shared(),
        name if FILLING.contains(&name) => into_a_file(),
        name => OF_FILES.contains(&name),
    }
}

/// Where a line of the trace leads to, if it connects, binds or sends to an address.
pub fn address<'a>(line: &'a str, calls: &[&str]) -> Option<Address<'a>> {
    let (_, arguments) = call(line).filter(|(name, _)| calls.contains(name))?;
    if let Some((_, path)) = arguments.split_once("sun_path=") {
        return Some(Address::Path(path.trim_start_matches('@').trim_start_matches('"').split('"').next()?));
    }
    let (_, port) = arguments.split_once("_port=htons(")?;
    port.split(')').next()?.parse().ok().map(Address::Port)
}

/// An address in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address<'a> {
    /// A Unix socket's path or name.
    Path(&'a str),
    /// A port of the network.
    Port(u16),
}

fn call(line: &str) -> Option<(&str, &str)> {
    line.split_once(' ').map_or("", |(_, call)| call.trim_start()).split_once('(')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_is_read_right() {
        for line in [
            "7 openat(AT_FDCWD, \"a\", O_RDWR|O_CLOEXEC) = 3",
            "7 unlink(\"a\") = 0",
            "7 creat(\"a\", 0600) = 3",
        ] {
            assert!(writes(line), "{line}");
        }
        for line in [
            "7 openat(AT_FDCWD, \"a\", O_RDONLY) = 3",
            "7 readlinkat(4, \"a\", \"b\", 256) = 5",
            "7 +++ exited",
        ] {
            assert!(!writes(line), "{line}");
        }
        for line in [
            "7 write(5</var/lib/a>, \"\"..., 12) = 12",
            "7 pwrite64(5</var/lib/a>, \"\"..., 12, 0 <unfinished ...>",
            "7 fsync(5</var/lib/a>) = 0",
            "7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5</var/lib/a>, 0) = 0x7f0000000000",
        ] {
            assert!(stores(line), "{line}");
        }
        for line in [
            "7 write(5<socket:[77]>, \"\"..., 12) = 12",
            "7 write(5<anon_inode:[eventfd]>, \"\"..., 8) = 8",
            "7 writev(1<pipe:[7]>, [{iov_base=\"\"..., iov_len=3}], 1) = 3",
            "7 read(5</var/lib/a>, \"\"..., 12) = 12",
            "7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
        ] {
            assert!(!stores(line), "{line}");
        }
        for (line, expected) in [
            (
                "7 connect(9, {sa_family=AF_INET, sin_port=htons(7881), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0",
                Some(Address::Port(7881)),
            ),
            (
                "7 connect(9, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0)}, 28) = 0",
                Some(Address::Port(443)),
            ),
            (
                "7 connect(9, {sa_family=AF_UNIX, sun_path=\"/run/link.sock\"}, 17) = 0",
                Some(Address::Path("/run/link.sock")),
            ),
            ("7 connect(9, {sa_family=AF_UNIX, sun_path=@\"oneway\"}, 9) = 0", Some(Address::Path("oneway"))),
            ("7 bind(9, {sa_family=AF_INET, sin_port=htons(5044)}, 16) = 0", None),
            ("7 openat(AT_FDCWD, \"connect(\", O_RDONLY) = 3", None),
        ] {
            assert_eq!(address(line, &["connect"]), expected, "{line}");
        }
    }
}
