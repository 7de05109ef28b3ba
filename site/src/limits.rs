//! Every bound on a site stick, with its reason. A length is compared with its limit before anything is kept for it.

use std::time::Duration;

/// Bytes of the whole file. Sixty-four printers of 300 bytes, each with a key of [`SECRET_BYTES_MAX`], and four PEM texts of
/// [`PEM_BYTES_MAX`] fit; a file system's or a service manager's largest credential (1 MiB) is far away.
pub const FILE_BYTES_MAX: usize = 256 << 10;

/// Printers of one adapter, as the adapter and the platform have it.
pub const PRINTERS_MAX: usize = 64;

/// Bytes of one PEM text: a chain of four certificates of 3 KiB.
pub const PEM_BYTES_MAX: usize = 16 << 10;

/// Bytes of a printer's key or password.
pub const SECRET_BYTES_MAX: usize = 256;

/// Characters of a one-time code; the platform's have 29.
pub const CODE_CHARS_MAX: usize = 64;

/// Characters of an adapter's name, and of a printer's id: they become names on the wire.
pub const ID_CHARS_MAX: usize = 32;

/// Characters of an interface's name: the kernel's `IFNAMSIZ` without the zero at its end.
pub const PLUG_CHARS_MAX: usize = 15;

/// Characters of a host's name (RFC 1035, section 2.3.4).
pub const HOST_CHARS_MAX: usize = 253;

/// Characters of a common name in a certificate (RFC 5280, appendix A.1: `ub-common-name`).
pub const COMMON_NAME_CHARS_MAX: usize = 64;

/// Characters of a user's name at a printer.
pub const USER_CHARS_MAX: usize = 64;

/// Characters of what stands before each path of a printer's interface.
pub const PREFIX_CHARS_MAX: usize = 64;

/// Characters of the folder behind the host where releases are served: a name or three.
pub const PATH_CHARS_MAX: usize = 128;

/// Name servers, and time servers: more than three are never asked.
pub const SERVERS_MAX: usize = 4;

/// How long a stick may be good: a technician's week of travel. A code in clear should not lie about for longer.
pub const LIFE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// The highest serial number: it counts seconds since 1970, and this is in the year 2286.
pub const SERIAL_MAX: u64 = 9_999_999_999;

/// Keys of platforms that one box trusts: the present one, the next one, and one of a platform that is moved to.
pub const TRUSTED_KEYS_MAX: usize = 8;

/// Bytes of the file with these keys: each has a line of 72 characters, and there is room for a comment to each.
pub const TRUST_BYTES_MAX: usize = 8 << 10;

/// Bytes of what a JSON parser says about a document: it may quote it.
pub const REASON_BYTES_MAX: usize = 200;
