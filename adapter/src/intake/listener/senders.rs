//! Whose a connection is: by the name in its certificate, else by its address.

use std::collections::HashMap;
use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::Sender;

/// Names of one certificate that are looked at; one is usual.
const NAMES_MAX: usize = 16;
/// Characters of a stranger's name that are logged.
const LOGGED_MAX: usize = 64;

/// The printers that the configuration knows by what they show of themselves.
#[derive(Debug)]
pub(in crate::intake) struct Senders<P>(HashMap<Sender, P>);

impl<P> FromIterator<(Sender, P)> for Senders<P> {
    fn from_iter<I: IntoIterator<Item = (Sender, P)>>(known: I) -> Self {
        Self(known.into_iter().collect())
    }
}

impl<P> Senders<P> {
    /// The printer behind a connection. A certificate's word comes before an address, which anyone on the LAN
    /// can take.
    pub(in crate::intake) fn find(&self, names: &[String], peer: IpAddr) -> Option<&P> {
        let by_name = names.iter().find_map(|name| self.0.get(&Sender::Certificate(name.clone())));
        by_name.or_else(|| self.0.get(&Sender::Address(peer)))
    }
}

/// The common names and the DNS names of a peer's certificate.
pub(super) fn names(chain: Option<&[CertificateDer<'_>]>) -> Vec<String> {
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
pub(super) fn logged(names: &[String]) -> String {
    let name = names.first().map_or("no certificate", String::as_str);
    name.chars().take(LOGGED_MAX).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders() -> Senders<&'static str> {
        let known =
            [(Sender::Certificate("p01".into()), "p01"), (Sender::Address([10, 0, 0, 2].into()), "p02")];
        known.into_iter().collect()
    }

    #[test]
    fn a_name_comes_before_an_address() {
        let senders = senders();
        let find = |names: &[&str], peer: [u8; 4]| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            senders.find(&names, peer.into()).copied()
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
            assert_eq!(find(names, peer), printer, "{names:?} {peer:?}");
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
