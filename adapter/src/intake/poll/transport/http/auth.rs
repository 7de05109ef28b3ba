//! How a question shows that we may ask it.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

/// How a question shows that we may ask it.
#[derive(Clone, Debug)]
pub enum Auth {
    /// It need not, or the driver puts the key where it belongs ([`super::Get::secret`]).
    None,
    /// By the key in this header, such as `X-Api-Key`.
    Header(HeaderName),
}

impl Auth {
    /// Adds what the question needs. A key that no header can carry was refused with the configuration.
    pub(super) fn apply(&self, key: Option<&SecretString>, headers: &mut HeaderMap) {
        let (Self::Header(name), Some(key)) = (self, key) else { return };
        if let Ok(mut value) = HeaderValue::from_str(key.expose_secret()) {
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
    }
}
