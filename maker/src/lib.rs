//! The program of whoever makes releases, `release`: keys, roots, bundles and signatures (`docs/updates.md`). It runs on
//! the makers' machines and on the server that renews the timestamp, never on a box: what can sign is in no crate that
//! the adapter is built of.
//!
//! A bundle is a folder of files. Each command reads that folder, writes one file in one step, and says what it did. A
//! private key is read from a file that nobody else can read or from standard input, and never printed.

mod bundle;
pub mod cli;
mod clock;
mod folder;
mod image;
mod keys;
mod limits;
mod renew;
mod root;
mod show;
mod sign;
mod system;
mod verify;
