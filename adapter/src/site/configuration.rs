//! What a stick says, as the adapter's configuration file and the files that it names. A stick has no paths: they are all made
//! here.

use ::site::{Document, Interface, Listener, Printer, Query, Sender, Updates};
use toml::{Table, Value};

use super::{CREDENTIALS, IDENTITY, SiteError};

/// What the file's first lines say.
const HEAD: &str =
    "# Made of a site stick at boot, and made again at the next: a change here is lost. docs/site-stick.md\n";

/// How the configuration names a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    /// As the service manager hands it over.
    HandedOver,
    /// As a file beside the configuration.
    InClear,
}

/// A configuration, ready to be written.
#[derive(Debug)]
pub(super) struct Configuration {
    /// The text of the configuration file.
    pub(super) text: String,
    /// Certificates: the name of a file and its text.
    pub(super) certificates: Vec<(&'static str, String)>,
    /// Secrets: the name of a file and what is in it.
    pub(super) secrets: Vec<(String, secrecy::SecretString)>,
}

/// The directory of secrets, by how they are kept.
impl Secrets {
    pub(super) fn directory(self) -> &'static str {
        match self {
            Self::HandedOver => "sealed",
            Self::InClear => "secrets",
        }
    }

    fn path(self, name: &str) -> String {
        match self {
            Self::HandedOver => format!("$CREDENTIALS_DIRECTORY/{}", self.sealed_as(name)),
            Self::InClear => format!("{}/{name}", self.directory()),
        }
    }

    /// The name that it is sealed under: the unit's `LoadCredentialEncrypted=secret:DIRECTORY` puts `secret_` before a file's.
    pub(super) fn sealed_as(self, name: &str) -> String {
        format!("secret_{name}")
    }
}

pub(super) const PLATFORM_AUTHORITY: &str = "platform-ca.pem";
pub(super) const PRINTERS_AUTHORITY: &str = "printers-ca.pem";
pub(super) const UPDATES_AUTHORITY: &str = "updates-ca.pem";
pub(super) const CERTIFICATE: &str = "adapter.pem";
const KEY: &str = "adapter.key";

/// Every certificate's file, so that one that a newer stick has not is removed.
pub(super) const CERTIFICATES: [&str; 4] =
    [PLATFORM_AUTHORITY, PRINTERS_AUTHORITY, UPDATES_AUTHORITY, CERTIFICATE];

/// Makes the configuration.
pub(super) fn of(document: &Document, socket: &str, kept: Secrets) -> Result<Configuration, SiteError> {
    let mut made = Maker { kept, certificates: Vec::new(), secrets: Vec::new() };
    let mut root = Table::new();
    root.insert("platform".into(), made.platform(document).into());
    root.insert("link".into(), table([("socket", socket.into()), ("identity_file", IDENTITY.into())]).into());
    root.insert("network".into(), Value::try_from(&document.network)?);
    if let Some(updates) = &document.updates {
        root.insert("updates".into(), made.updates(updates).into());
    }
    made.tls(document, &mut root);
    let printers: Vec<Value> = document.printers.iter().map(|printer| made.printer(printer).into()).collect();
    if !printers.is_empty() {
        root.insert("printers".into(), printers.into());
    }
    let text = format!("{HEAD}{}", toml::to_string(&root)?);
    Ok(Configuration { text, certificates: made.certificates, secrets: made.secrets })
}

struct Maker {
    kept: Secrets,
    certificates: Vec<(&'static str, String)>,
    secrets: Vec<(String, secrecy::SecretString)>,
}

fn table<const N: usize>(pairs: [(&str, Value); N]) -> Table {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

impl Maker {
    fn platform(&mut self, document: &Document) -> Table {
        let url = document.platform.url.to_string();
        let mut section = table([("url", url.into()), ("credentials_file", CREDENTIALS.into())]);
        if let Some(authority) = &document.platform.authority {
            self.certificates.push((PLATFORM_AUTHORITY, authority.to_string()));
            section.insert("ca_file".into(), PLATFORM_AUTHORITY.into());
        }
        section
    }

    fn updates(&mut self, updates: &Updates) -> Table {
        let mut section = table([("url", updates.url.to_string().into())]);
        if let Some(authority) = &updates.authority {
            self.certificates.push((UPDATES_AUTHORITY, authority.to_string()));
            section.insert("ca_file".into(), UPDATES_AUTHORITY.into());
        }
        section
    }

    // What is shown and believed on the printers' network, in the sections that want it.
    fn tls(&mut self, document: &Document, root: &mut Table) {
        let tls = &document.tls;
        if let Some(authority) = &tls.authority {
            self.certificates.push((PRINTERS_AUTHORITY, authority.to_string()));
        }
        let mut own = Table::new();
        if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
            self.certificates.push((CERTIFICATE, certificate.to_string()));
            own.insert("certificate_file".into(), CERTIFICATE.into());
            own.insert("key_file".into(), self.secret(KEY.to_owned(), key.expose()).into());
        }
        let printers = &document.printers;
        let by_certificate = printers.iter().any(|it| matches!(it.beats, Some(Sender::Certificate(_))));
        if let Some(beats) = &document.beats {
            root.insert("beats".into(), listener(beats, &own, by_certificate).into());
        }
        if let Some(push) = &document.push {
            root.insert("push".into(), listener(push, &own, true).into());
        }
        let pip = |printer: &Printer| printer.query.as_ref().is_some_and(|it| it.interface == Interface::Pip);
        if printers.iter().any(pip) {
            own.insert("ca_file".into(), PRINTERS_AUTHORITY.into());
            root.insert("pip".into(), own.into());
        }
    }

    fn printer(&mut self, printer: &Printer) -> Table {
        let mut section = table([("id", printer.id.to_string().into())]);
        let texts = [
            ("family", printer.family.as_ref().map(ToString::to_string)),
            ("zone", printer.zone.as_ref().map(ToString::to_string)),
            ("model", printer.model.as_ref().map(ToString::to_string)),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                section.insert(key.into(), text.into());
            }
        }
        for (key, sender) in [("beats", &printer.beats), ("push", &printer.push)] {
            if let Some(sender) = sender {
                section.insert(key.into(), known_by(sender).into());
            }
        }
        if let Some(query) = &printer.query {
            section.insert(query.interface.name().into(), self.query(printer, query).into());
        }
        section
    }

    fn query(&mut self, printer: &Printer, query: &Query) -> Table {
        let at = &query.at;
        let host = std::net::SocketAddr::new(at.address, query.port());
        let mut section = if query.interface == Interface::Pip {
            table([("address", host.to_string().into())])
        } else {
            let scheme = if at.https { "https" } else { "http" };
            table([("url", format!("{scheme}://{host}{}", at.prefix).into())])
        };
        if let Some(name) = &query.server_name {
            section.insert("server_name".into(), name.to_string().into());
        }
        if let Some(interval) = &query.interval {
            section.insert("interval".into(), interval.to_string().into());
        }
        if let Some(user) = &query.user {
            section.insert("user".into(), user.to_string().into());
        }
        if let Some(secret) = &query.secret {
            let path = self.secret(format!("{}.key", printer.id), secret.expose());
            section.insert(secret_key(query).into(), path.into());
        }
        section
    }

    fn secret(&mut self, name: String, text: &str) -> String {
        let path = self.kept.path(&name);
        self.secrets.push((name, text.into()));
        path
    }
}

fn listener(listener: &Listener, own: &Table, callers: bool) -> Table {
    // Behind the firewall, which lets callers in on the printers' side alone.
    let mut section = table([("listen", format!("0.0.0.0:{}", listener.port).into())]);
    if listener.in_clear {
        section.insert("in_clear".into(), true.into());
        return section;
    }
    section.extend(own.clone());
    if callers {
        section.insert("client_ca_file".into(), PRINTERS_AUTHORITY.into());
    }
    section
}

fn known_by(sender: &Sender) -> Table {
    match sender {
        Sender::Certificate(name) => table([("certificate", name.to_string().into())]),
        Sender::Address(address) => table([("address", address.to_string().into())]),
    }
}

// What the configuration calls the file with the secret.
fn secret_key(query: &Query) -> &'static str {
    match query.interface {
        Interface::Duet => "password_file",
        Interface::PrusaLink if query.user.is_some() => "password_file",
        Interface::PrusaLink => "api_key_file",
        Interface::Moonraker | Interface::MtConnect | Interface::OctoPrint | Interface::Pip => "key_file",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;
    use crate::config;

    fn fixture(name: &str) -> Document {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/site");
        let mut base: Json = serde_json::from_slice(&fs::read(folder.join("base.json")).unwrap()).unwrap();
        let case = fs::read(folder.join(name).join("case.json")).unwrap();
        let case: Json = serde_json::from_slice(&case).unwrap();
        merge(&mut base, &case["document"]);
        ::site::decode(base.to_string().as_bytes()).unwrap()
    }

    fn merge(value: &mut Json, patch: &Json) {
        match (value.as_object_mut(), patch.as_object()) {
            (Some(object), Some(patch)) => {
                patch.iter().for_each(|(key, patch)| merge(object.entry(key).or_insert(Json::Null), patch));
            }
            _ if patch.is_null() => {}
            _ => *value = patch.clone(),
        }
    }

    /// As the adapter reads it at its start.
    fn read(directory: &Path, made: &Configuration) -> Result<config::Sections, config::ConfigError> {
        let file = directory.join("adapter.toml");
        fs::write(&file, &made.text).unwrap();
        config::load_sections(&file, &HashMap::new())
    }

    /// What is made of every good stick is a configuration that the adapter reads, and says what the stick said.
    #[test]
    fn a_sticks_configuration_is_one_that_the_adapter_reads() {
        for name in ["good", "good-everything", "good-updates", "good-without-code"] {
            let document = fixture(name);
            for kept in [Secrets::HandedOver, Secrets::InClear] {
                let made = of(&document, "/run/oneway/link.sock", kept).unwrap();
                let directory = tempfile::tempdir().unwrap();
                let read = read(directory.path(), &made);
                let read = read.unwrap_or_else(|error| panic!("{error}\n{}", made.text));
                assert_eq!(read.config.printers.len(), document.printers.len());
                assert_eq!(read.network.as_ref(), Some(&document.network));
                let (host, port) = document.platform.url.host_and_port();
                let url = read.platform.unwrap().url;
                assert_eq!((url.host_str(), url.port_or_known_default()), (Some(host), Some(port)));
                let releases = |document: &Document| {
                    let updates = document.updates.as_ref()?;
                    let file = updates.authority.as_ref().map(|_| directory.path().join(UPDATES_AUTHORITY));
                    Some((Some(updates.url.to_string()), file))
                };
                assert_eq!(read.updates.map(|updates| (updates.url, updates.ca_file)), releases(&document));
                for (printer, said) in read.config.printers.iter().zip(&document.printers) {
                    let asked = printer
                        .interface
                        .as_ref()
                        .map(|it| (it.name().to_lowercase(), it.address().to_string()));
                    let wanted = said.query.as_ref().map(|it| {
                        let address = std::net::SocketAddr::new(it.at.address, it.port());
                        (it.interface.name().to_owned(), address.to_string())
                    });
                    assert_eq!(asked, wanted);
                }
                for secret in &made.secrets {
                    use secrecy::ExposeSecret as _;
                    assert!(!made.text.contains(secret.1.expose_secret()), "{}", made.text);
                }
            }
        }
    }

    /// Texts that look like what belongs there, and some that do not.
    fn text() -> impl Strategy<Value = String> {
        let words = [
            "p01",
            "1234567",
            "p01.7",
            "10.20.3",
            "10.20.0.300",
            "xn--a",
            "xn--bcher-kva",
            "fd00::7",
            "[fd00::7]:5000",
            "192.168.77.20:1",
            "https://192.168.77.20/a//b",
            "https://192.168.77.20/%2e/..",
            "https://platform.example.com",
            "https://PLATFORM.example:8443",
            "https://10.20.3",
            "https://0x7f.1",
            "https://xn--a",
            "https://[fd00::1]:1",
            "https://updates.example.com:8443/oneway/box",
            "https://updates.example.com/a/../b",
            "0h",
            "100ms",
            "3600000ms",
            "61m",
            "Europe/Oslo",
            "ProJet 7000 (HD)",
            "a \\ b",
            "$CREDENTIALS_DIRECTORY/x",
            "projet",
            "klippy",
        ];
        prop_oneof![
            4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
            1 => "[ -~]{1,12}",
            1 => "[a-z0-9.-]{1,20}",
        ]
    }

    /// A value for one field of the good document, by its place in it.
    fn change() -> impl Strategy<Value = (&'static str, Json)> {
        let places = proptest::sample::select(vec![
            "/platform/url",
            "/updates/url",
            "/network/printers/interface",
            "/printers/0/id",
            "/printers/0/zone",
            "/printers/0/model",
            "/printers/0/family",
            "/printers/0/query/at",
            "/printers/0/query/server_name",
            "/printers/0/query/user",
            "/printers/0/query/secret",
            "/printers/0/query/interval",
            "/printers/0/query/interface",
        ]);
        let interfaces =
            proptest::sample::select(::site::Interface::ALL.map(::site::Interface::name).to_vec());
        (places, text(), interfaces).prop_map(|(place, text, interface)| {
            (
                place,
                if place.ends_with("/interface") && place.contains("query") {
                    interface.into()
                } else {
                    text.into()
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        /// What passes the page is what the box takes: whatever is a document without a mistake is a configuration that is read.
        #[test]
        fn a_document_without_a_mistake_is_one_that_the_adapter_reads(
            base in proptest::sample::select(vec!["good", "good-everything"]),
            changes in proptest::collection::vec(change(), 1..4),
        ) {
            let mut json = serde_json::to_value(fixture(base)).unwrap();
            for (place, value) in changes {
                if let Some(field) = json.pointer_mut(place) {
                    *field = value;
                }
            }
            if let Ok(document) = ::site::decode(json.to_string().as_bytes()) {
                let made = of(&document, "/run/oneway/link.sock", Secrets::HandedOver).unwrap();
                let directory = tempfile::tempdir().unwrap();
                let read = read(directory.path(), &made);
                prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), made.text);
                let read = read.unwrap();
                let url = read.platform.unwrap().url;
                let (host, port) = document.platform.url.host_and_port();
                let (found, wanted) = (url.host_str().unwrap().trim_matches(['[', ']']), host.to_lowercase());
                prop_assert_eq!((found.to_owned(), url.port_or_known_default()), (wanted, Some(port)));
                if let Some(said) = &document.updates {
                    let address = read.updates.unwrap().url.unwrap();
                    let asked: reqwest::Url = address.parse().unwrap();
                    let found = (asked.host_str().unwrap().trim_matches(['[', ']']), asked.port_or_known_default());
                    let (host, port) = said.url.host_and_port();
                    let host = host.to_lowercase();
                    prop_assert_eq!(found, (host.as_str(), Some(port)));
                    // What is typed is what is asked: no program makes another folder of it.
                    let folder = address.splitn(4, '/').nth(3).unwrap_or_default();
                    prop_assert_eq!(asked.path(), format!("/{folder}"));
                    prop_assert!(crate::update::can_ask(&address, None).is_ok());
                }
            }
        }
    }

    #[test]
    fn a_stick_knows_the_families_that_the_parsers_know() {
        let names: Vec<&str> = parsers::Family::ALL.iter().map(|family| family.name()).collect();
        assert_eq!(names, ::site::Family::ALL);
    }
}
