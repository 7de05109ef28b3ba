//! A bundle behind a URL. It is asked by GET and for the names that are wanted; each answer is bounded in bytes, by what
//! was signed where something is, and in time.

use std::path::Path;
use std::time::Duration;

use release::{Purpose, Step, Wanted};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::time::timeout;

use super::{Keep, Stopped, UpdateError, limits};
use crate::tls;
use crate::uplink::failure::{Named, explain_with};

pub(super) struct Server {
    client: Client,
    folder: Url,
}

impl Server {
    /// Asks nothing yet.
    pub(super) fn new(address: &str, ca_file: Option<&Path>) -> Result<Self, UpdateError> {
        let folder = folder(address).ok_or_else(|| UpdateError::Address(address.to_owned()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client(ca_file, None)?)
            .https_only(true)
            // Where a release is asked for, its owner says and no server.
            .redirect(Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limits::CONNECT_TIMEOUT)
            .read_timeout(limits::SILENCE_MAX)
            .build()
            .map_err(UpdateError::Client)?;
        Ok(Self { client, folder })
    }

    /// Gives a file that is wanted, or says that it is not there.
    pub(super) async fn give<P: Purpose, K: Keep>(
        &self,
        wanted: Wanted<P>,
        keep: &mut K,
    ) -> Result<Step<P>, Stopped<K::No>> {
        let Ok(address) = self.folder.join(wanted.name()) else {
            return Err(UpdateError::Address(self.folder.to_string()).into());
        };
        let patience = patience(wanted.bytes_max());
        timeout(patience, self.fetch(&address, wanted, keep)).await.unwrap_or_else(|_| {
            let why = format!("it did not give all of it within {}", humantime::format_duration(patience));
            Err(failed(&address, why))
        })
    }

    async fn fetch<P: Purpose, K: Keep>(
        &self,
        address: &Url,
        mut wanted: Wanted<P>,
        keep: &mut K,
    ) -> Result<Step<P>, Stopped<K::No>> {
        let named = Named { ca_file: "the authority that was named for it", address: "the address" };
        let broken = |error: &reqwest::Error| failed(address, explain_with(error, named));
        let mut answer = self.client.get(address.clone()).send().await.map_err(|error| broken(&error))?;
        match answer.status() {
            StatusCode::OK => {}
            // Stores of files answer 403 for what is not there to whoever may not list it.
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => return Ok(wanted.missing()?),
            status => return Err(failed(address, format!("it answers {status}"))),
        }
        while let Some(part) = answer.chunk().await.map_err(|error| broken(&error))? {
            wanted = wanted.part(&part)?;
            keep.part(wanted.name(), &part).map_err(UpdateError::Keep)?;
        }
        Ok(wanted.end()?)
    }
}

fn failed<N>(address: &Url, why: String) -> Stopped<N> {
    Stopped::Failed(UpdateError::Fetch { address: address.to_string(), why })
}

/// How long a file of so many bytes is waited for.
fn patience(bytes_max: u64) -> Duration {
    limits::CONNECT_TIMEOUT + limits::SILENCE_MAX + Duration::from_secs(bytes_max / limits::PACE_BYTES_MIN)
}

/// The address of a folder: a name is put behind it.
fn folder(address: &str) -> Option<Url> {
    let mut url: Url = address.parse().ok()?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if url.scheme() != "https" || !plain {
        return None;
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_a_folder() {
        for (address, expected) in [
            ("https://u.example.com", Some("https://u.example.com/")),
            ("https://u.example.com/oneway", Some("https://u.example.com/oneway/")),
            ("https://u.example.com:8443/a/b/", Some("https://u.example.com:8443/a/b/")),
            ("http://u.example.com/", None),
            ("file:///etc/", None),
            ("https://anna:secret@u.example.com/", None),
            ("https://u.example.com/?a=b", None),
            ("https://u.example.com/#a", None),
            ("u.example.com", None),
        ] {
            assert_eq!(folder(address).map(|url| url.to_string()).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn a_large_file_may_take_longer() {
        assert_eq!(patience(0), Duration::from_secs(40));
        assert_eq!(patience(16 << 20), Duration::from_secs(40 + 1024));
    }
}
