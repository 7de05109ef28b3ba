//! A failed request in words that tell a technician what to do.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// What went wrong, without the address and never with the key (it is in no error of reqwest's: it travels in
/// a header that is marked sensitive).
pub(super) fn explain(error: &reqwest::Error) -> String {
    explain_with(error, Named { ca_file: "platform.ca_file", address: "platform.url" })
}

/// What a person wrote, by the names under which they wrote it.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    /// The certificate authority's file.
    pub(crate) ca_file: &'static str,
    /// The server's address.
    pub(crate) address: &'static str,
}

/// The same of another server than the platform.
pub(crate) fn explain_with(error: &reqwest::Error, named: Named) -> String {
    if let Some(tls) = tls_error(error) {
        return explain_tls(tls, named);
    }
    if error.is_timeout() {
        return "it did not answer in time".into();
    }
    deepest(error)
}

fn explain_tls(error: &rustls::Error, Named { ca_file, address }: Named) -> String {
    use rustls::Error::InvalidCertificate;
    match error {
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            format!("its certificate has expired, or this machine's clock is wrong ({error})")
        }
        InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            format!("its certificate is not valid yet, or this machine's clock is wrong ({error})")
        }
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            format!(
                "its certificate is of an issuer that is not trusted; is {ca_file} the right one? ({error})"
            )
        }
        InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!("its certificate is for another name than {address} has ({error})")
        }
        other => format!("TLS failed: {other}"),
    }
}

// `io::Error` hides what it wraps from `source`, so the chain alone does not lead there.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
