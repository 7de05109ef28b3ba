//! The lines in the head of a signed file, as all signed files of ours have them.

use crate::{PublicKey, hex};

/// The first word of a signature's line.
pub const ALGORITHM: &str = "ed25519";

/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// A line without its end, and what follows.
pub fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

/// Who signed, and the signature, of a line without its end.
pub fn signature(line: &str) -> Option<(PublicKey, Signature)> {
    let (key, signature) = line.strip_prefix(ALGORITHM)?.strip_prefix(' ')?.split_once(' ')?;
    Some((PublicKey::parse(key)?, hex::bytes(signature)?))
}

/// The line of a signature, with its end.
pub fn signature_line(key: &PublicKey, signature: &Signature) -> String {
    format!("{ALGORITHM} {key} {}\n", hex::digits(signature))
}
