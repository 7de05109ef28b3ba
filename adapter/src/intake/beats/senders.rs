//! Who sends: by the name in its certificate, else by its address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use tokio::time::Instant;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::seats::{Seat, Seats};
use crate::config::{Printer, Sender};
use crate::counters::{OneConnection, PrinterCounters};
use crate::intake::IntakeContext;
use crate::normalise::{Normaliser, Way};

/// Names of one certificate that are looked at; one is usual.
const NAMES_MAX: usize = 16;
/// Characters of a stranger's name that are logged.
const LOGGED_MAX: usize = 64;

/// The senders that the configuration knows.
#[derive(Debug)]
pub(super) struct Senders(HashMap<Sender, Known>);

/// A printer that ships.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) normaliser: Arc<Normaliser>,
    seats: Arc<Seats>,
    counters: Arc<PrinterCounters>,
}

impl Senders {
    pub(super) fn new(printers: &[Printer], context: &IntakeContext) -> Self {
        let known = printers.iter().filter_map(|printer| {
            let normaliser = Arc::new(Normaliser::new(printer, Way::Beats, context));
            let counters = context.counters.printer(&printer.id);
            Some((printer.beats.clone()?, Known { normaliser, seats: Arc::default(), counters }))
        });
        Self(known.collect())
    }

    /// The printer behind a connection. A certificate's word comes before an address, which anyone on the LAN
    /// can take.
    pub(super) fn find(&self, names: &[String], peer: IpAddr) -> Option<&Known> {
        let by_name = names.iter().find_map(|name| self.0.get(&Sender::Certificate(name.clone())));
        by_name.or_else(|| self.0.get(&Sender::Address(peer)))
    }
}

impl Known {
    /// A place among the printer's own connections.
    pub(super) fn connection(&self) -> Option<(Seat, OneConnection)> {
        Some((self.seats.take(Instant::now())?, self.counters.connected()))
    }
}

/// The common names and the DNS names of a peer's certificate.
pub(in crate::intake) fn names(chain: Option<&[CertificateDer<'_>]>) -> Vec<String> {
    let certificate = chain.and_then(<[_]>::first).and_then(|der| X509Certificate::from_der(der).ok());
    let Some((_, certificate)) = certificate else { return Vec::new() };
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let alternative =
        alternative.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        });
    common.chain(alternative).take(NAMES_MAX).map(ToOwned::to_owned).collect()
}

/// A stranger's names as they may stand in the log: short, and without control characters.
pub(in crate::intake) fn logged(names: &[String]) -> String {
    let name = names.first().map_or("no certificate", String::as_str);
    name.chars().take(LOGGED_MAX).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PrinterId;
    use crate::normalise::testing;

    fn senders() -> Senders {
        let known = |id, sender| Printer {
            id: PrinterId::parse(id).unwrap(),
            beats: Some(sender),
            ..testing::printer()
        };
        let printers = [
            known("p01", Sender::Certificate("p01".into())),
            known("p02", Sender::Address([10, 0, 0, 2].into())),
            testing::printer(),
        ];
        Senders::new(&printers, &testing::bench().context)
    }

    #[test]
    fn a_name_comes_before_an_address() {
        let senders = senders();
        let find = |names: &[&str], peer: [u8; 4]| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            senders.find(&names, peer.into()).map(|known| known.normaliser.printer().as_str().to_owned())
        };
        for (names, peer, printer) in [
            (&["p01"][..], [10, 0, 0, 9], Some("p01")),
            (&["p01"], [10, 0, 0, 2], Some("p01")),
            (&["x", "p01"], [10, 0, 0, 9], Some("p01")),
            (&[], [10, 0, 0, 2], Some("p02")),
            (&["P01"], [10, 0, 0, 9], None),
            (&["p02"], [10, 0, 0, 9], None),
            (&[], [10, 0, 0, 9], None),
        ] {
            assert_eq!(find(names, peer).as_deref(), printer, "{names:?} {peer:?}");
        }
    }

    #[test]
    fn a_certificates_names_are_read() {
        let mut params = rcgen::CertificateParams::new(vec!["p01.lan".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "p01");
        let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let names = names(Some(&[certificate.der().clone()]));
        assert!(names.contains(&"p01".to_owned()) && names.contains(&"p01.lan".to_owned()), "{names:?}");
        assert!(super::names(Some(&[CertificateDer::from(vec![1, 2, 3])])).is_empty());
    }

    #[test]
    fn a_strangers_name_cannot_write_lines_into_the_log() {
        assert_eq!(logged(&["a\nb\u{1b}[0m".into()]), "a\\nb\\u{1b}[0m");
        assert_eq!(logged(&["x".repeat(500)]).len(), LOGGED_MAX);
    }
}
