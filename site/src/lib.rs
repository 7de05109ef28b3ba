//! What a site stick says, and whether a box may take it: the configuration of one adapter and perhaps its one-time code,
//! signed by a key of the platform. Bytes, a time and what the box has taken before go in; a document or a refusal comes
//! out. `docs/site-stick.md` has the format and the attacks.
//!
//! It has no socket, no file, no clock, no randomness and no tokio, and it cannot sign: the platform does.
//!
//! A stick says what a person fills in for a site: where the platform is, how the two plugs are set up, which printers
//! there are, and perhaps where releases are served. It names no path, no user, no program and no rule of the firewall, so a signed stick can do no more than
//! point the box's queries at other addresses, and its look for releases, which others sign.

mod document;
mod envelope;
mod fuzz;
pub mod limits;
mod refusal;
mod take;
mod text;
mod trust;

pub use document::{
    Address, Document, INTERVAL_MIN_HTTP, INTERVAL_MIN_PIP, Interface, Listener, Mistake, Network, Platform,
    Plug, Prefix, Printer, Query, Sender, Serial, Target, Tls, Updates, decode, encode,
};
pub use envelope::{Envelope, EnvelopeError, message};
pub use fuzz::fuzz_body;
pub use refusal::Why;
pub use take::{Before, Floor, Offer, open, take};
pub use text::{
    AdapterName, Authority, CertificateName, Code, Family, Interval, Key, Model, Plain, PlatformUrl,
    PlugName, PrinterId, ReleasesUrl, Secret, ServerName, TimeServer, User, Zone,
};
pub use trust::{Trust, TrustError, line};
