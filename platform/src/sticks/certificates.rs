//! Whether the certificates that were typed can be used: a PEM file can hold anything, and what a box cannot use, it finds out at a
//! customer's.

use std::sync::Arc;

use jiff::Timestamp;
use release::Time;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use site::{Document, Mistake};
use x509_parser::parse_x509_certificate;

/// Every mistake of a document's certificates.
pub(super) fn mistakes(document: &Document) -> Vec<Mistake> {
    let updates = document.updates.as_ref().and_then(|updates| updates.authority.as_ref());
    let authorities = [
        ("platform.authority", document.platform.authority.as_ref()),
        ("tls.authority", document.tls.authority.as_ref()),
        ("updates.authority", updates),
    ];
    let mut found = Vec::new();
    let mut add = |field: &str, text: String| found.push(Mistake { field: field.into(), text });
    for (field, authority) in authorities {
        let Some(authority) = authority else { continue };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(authority.as_str()) {
            if roots.add(certificate.clone()).is_err() {
                add(
                    field,
                    "one of these is no certificate of an authority: ask whoever certifies for it".into(),
                );
            }
            if let Some(text) = expired(&certificate, document.expires) {
                add(field, text);
            }
        }
    }
    let (Some(certificate), Some(key)) = (&document.tls.certificate, &document.tls.key) else { return found };
    let chain = certificates(certificate.as_str());
    if let Some(text) = chain.first().and_then(|own| expired(own, document.expires)) {
        add("tls.certificate", text);
    }
    let Ok(key) = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()) else { return found };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    match CertifiedKey::from_der(chain, key, &provider) {
        Ok(_) => {}
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => add(
            "tls.key",
            "this key does not belong to the certificate above it, the first one if there are several: paste the one that does".into(),
        ),
        Err(Error::InvalidCertificate(_)) => {
            add("tls.certificate", "the first of these is no certificate that can be used with TLS".into());
        }
        Err(_) => add(
            "tls.key",
            "this key cannot be used: an ECDSA key of P-256 or P-384, Ed25519, or RSA of 2048 bits or more is needed".into(),
        ),
    }
    found
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    // That each is one in form was seen before.
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
}

// What ends before the stick does, ends a box that may have just been set up.
fn expired(certificate: &CertificateDer<'_>, expires: Time) -> Option<String> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let end = parsed.validity().not_after.timestamp();
    let day = Timestamp::from_second(end).ok()?.strftime("%Y-%m-%d");
    (end < expires.seconds()).then(|| {
        format!("a certificate here expires on {day}, which is before the stick does: ask whoever made it for a new one")
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use site::Plain as _;

    use super::*;

    fn certificate(authority: bool, last_year: i32) -> (String, KeyPair) {
        let mut params = CertificateParams::new(vec!["p01".into()]).unwrap();
        params.not_after = date_time_ymd(last_year, 1, 1);
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key)
    }

    fn document() -> Document {
        let base = include_bytes!("../../../fixtures/site/base.json");
        let mut document = site::decode(base).unwrap();
        let url = site::Plain::parse("https://updates.example.com").unwrap();
        document.updates = Some(site::Updates { url, authority: None });
        document
    }

    fn fields(document: &Document) -> Vec<String> {
        mistakes(document).into_iter().map(|mistake| mistake.field).collect()
    }

    #[test]
    fn what_a_box_could_not_use_is_said_where_it_was_typed() {
        let (authority, _) = certificate(true, 2100);
        let (old, _) = certificate(true, 2026);
        let (own, key) = certificate(false, 2100);
        let (old_own, old_key) = certificate(false, 2026);
        let (_, other_key) = certificate(false, 2100);
        let no_certificate =
            "-----BEGIN CERTIFICATE-----\nTm90IG9uZS4=\n-----END CERTIFICATE-----\n".to_owned();
        for ([platform, printers, updates], certificate, key, expected) in [
            ([&authority; 3], &own, &key, vec![]),
            ([&old, &authority, &authority], &own, &key, vec!["platform.authority"]),
            ([&authority, &old, &authority], &own, &key, vec!["tls.authority"]),
            ([&authority, &authority, &old], &own, &key, vec!["updates.authority"]),
            ([&no_certificate, &authority, &authority], &own, &key, vec!["platform.authority"]),
            ([&authority, &authority, &no_certificate], &own, &key, vec!["updates.authority"]),
            ([&authority; 3], &own, &other_key, vec!["tls.key"]),
            ([&authority; 3], &old_own, &old_key, vec!["tls.certificate"]),
            ([&authority; 3], &no_certificate, &key, vec!["tls.certificate"]),
        ] {
            let mut document = document();
            document.platform.authority = site::Authority::parse(platform);
            document.tls.authority = site::Authority::parse(printers);
            document.updates.as_mut().unwrap().authority = site::Authority::parse(updates);
            document.tls.certificate = site::Authority::parse(certificate);
            document.tls.key = site::Key::parse(&key.serialize_pem());
            assert!(document.tls.certificate.is_some() && document.tls.key.is_some());
            assert_eq!(fields(&document), expected);
        }
        assert_eq!(fields(&document()), Vec::<String>::new());
    }
}
