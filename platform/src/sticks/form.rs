//! What an admin types for a stick: a text for each field, by the field's name. The names are those that a mistake of the
//! document is told by, so that each can be shown where it belongs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use release::Time;
use serde::{Deserialize, Serialize};
use site::{
    AdapterName, Address, Code, Document, Interface, Listener, Mistake, Network, Plain, Platform, Plug,
    Printer, Query, Sender, Serial, Target, Tls, Updates, limits,
};

use super::certificates;

/// Every field that is not of a printer.
pub const FIELDS: [&str; 21] = [
    "expires",
    "code",
    "platform.url",
    "platform.authority",
    "network.printers.interface",
    "network.printers.address",
    "network.printers.gateway",
    "network.uplink.interface",
    "network.uplink.address",
    "network.uplink.gateway",
    "network.dns",
    "network.nts",
    "beats",
    "beats.port",
    "push",
    "push.port",
    "tls.authority",
    "tls.certificate",
    "tls.key",
    "updates.url",
    "updates.authority",
];

/// Every field of a printer.
pub const PRINTER_FIELDS: [&str; 12] = [
    "id",
    "query",
    "at",
    "secret",
    "user",
    "server_name",
    "interval",
    "family",
    "zone",
    "model",
    "beats",
    "push",
];

/// How long a stick may be good: its name in the form, for people, and how long that is.
pub const LIVES: [(&str, &str, Duration); 3] = [
    ("1", "1 day", Duration::from_secs(24 * 3600)),
    ("3", "3 days", Duration::from_secs(3 * 24 * 3600)),
    ("7", "7 days", limits::LIFE_MAX),
];

/// What is wrong, by the name of its field.
pub type Wrong = BTreeMap<String, String>;

/// What was typed. `Debug` shows no text: there are secrets among them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Form(BTreeMap<String, String>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Form {
    /// A form of which nothing was typed yet: what suits most sites.
    pub fn suggested(public_url: &str, enrolled: bool) -> Self {
        let texts = [
            ("expires", "3"),
            ("code", if enrolled { "" } else { "on" }),
            ("platform.url", public_url),
            ("network.printers.interface", "enp2s0"),
            ("network.printers.address", "dhcp"),
            ("network.uplink.interface", "enp1s0"),
            ("network.uplink.address", "dhcp"),
            ("beats", "off"),
            ("beats.port", "5044"),
            ("push", "off"),
            ("push.port", "7881"),
        ];
        let mut form = Self(texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
        form.add_printer();
        form
    }

    /// What a browser sent: fields that there are, and no other.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let known = |name: &str| FIELDS.contains(&name) || printer_field(name).is_some();
        // A browser ends the lines of a text with CR LF.
        let plain = |text: String| text.replace("\r\n", "\n").trim().to_owned();
        Self(
            pairs
                .into_iter()
                .filter(|(name, _)| known(name))
                .map(|(name, text)| (name, plain(text)))
                .collect(),
        )
    }

    /// The text of a field, empty where nothing was typed.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same, without what is kept nowhere: keys and passwords. The code is made anew for each stick.
    pub fn without_secrets(&self) -> Self {
        let secret = |name: &str| name == "tls.key" || name == "code" || name.ends_with(".secret");
        Self(
            self.0
                .iter()
                .filter(|(name, _)| !secret(name))
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect(),
        )
    }

    /// The same with or without a code: a box that has no key yet needs one of every stick, one that has it of none.
    #[must_use]
    pub fn with_code(&self, code: bool) -> Self {
        let mut form = self.clone();
        form.0.insert("code".into(), if code { "on" } else { "" }.into());
        form
    }

    /// How many printers it has.
    pub fn printers(&self) -> usize {
        self.0.keys().filter_map(|name| printer_field(name)).map(|(index, _)| index + 1).max().unwrap_or(0)
    }

    /// Adds an empty printer with the next id, if there may be one more.
    pub fn add_printer(&mut self) {
        let index = self.printers();
        if index < limits::PRINTERS_MAX {
            let ids: Vec<&str> = (0..index).map(|other| self.text(&field(other, "id"))).collect();
            let number = (index + 1..).find(|number| !ids.contains(&format!("p{number:02}").as_str()));
            let id = format!("p{:02}", number.unwrap_or(index + 1));
            self.0.insert(field(index, "id"), id);
            self.0.insert(field(index, "query"), "octoprint".into());
        }
    }

    /// Takes a printer out; those behind it move up.
    pub fn remove_printer(&mut self, removed: usize) {
        let texts = std::mem::take(&mut self.0);
        for (name, text) in texts {
            match printer_field(&name) {
                Some((index, _)) if index == removed => {}
                Some((index, rest)) if index > removed => {
                    self.0.insert(field(index - 1, rest), text);
                }
                _ => {
                    self.0.insert(name, text);
                }
            }
        }
    }

    /// How long the stick shall be good.
    pub fn life(&self) -> Option<Duration> {
        LIVES.iter().find(|(name, _, _)| *name == self.text("expires")).map(|(_, _, life)| *life)
    }

    /// Whether the stick shall bring a new code.
    pub fn wants_code(&self) -> bool {
        !self.text("code").is_empty()
    }

    /// What is wrong with a stick without a code for a box that has no key: it would have neither, and take no older stick either.
    pub fn without_its_code(&self, enrolled: bool) -> Option<(String, String)> {
        let text = "this adapter has no key yet, and a box takes no older stick for its code: tick this";
        (!enrolled && !self.wants_code()).then(|| ("code".into(), text.into()))
    }

    /// The document that was typed, or what is wrong with it.
    ///
    /// # Errors
    /// Each mistake by its field.
    pub fn document(
        &self,
        adapter: &AdapterName,
        serial: Serial,
        made: Time,
        code: Option<Code>,
    ) -> Result<Document, Wrong> {
        let mut reading = Reading { form: self, wrong: Wrong::new() };
        let document = reading.document(adapter, serial, made, code);
        let mut wrong = reading.wrong;
        let of = |it: &Document| [it.mistakes(), it.unreachable(), certificates::mistakes(it)].concat();
        for Mistake { field, text } in document.iter().flat_map(of) {
            wrong.entry(field).or_insert(text);
        }
        match document {
            Some(document) if wrong.is_empty() => Ok(document),
            _ => Err(wrong),
        }
    }
}

/// The name of a printer's field.
pub(crate) fn field(index: usize, name: &str) -> String {
    format!("printers[{index}].{name}")
}

fn printer_field(name: &str) -> Option<(usize, &str)> {
    let (index, rest) = name.strip_prefix("printers[")?.split_once("].")?;
    let index = index.parse().ok().filter(|index| *index < limits::PRINTERS_MAX)?;
    PRINTER_FIELDS.contains(&rest).then_some((index, rest))
}

struct Reading<'a> {
    form: &'a Form,
    wrong: Wrong,
}

impl Reading<'_> {
    fn wrong(&mut self, name: &str, text: impl Into<String>) {
        self.wrong.insert(name.to_owned(), text.into());
    }

    /// A field that may be empty.
    fn maybe<T: Plain>(&mut self, name: &str) -> Option<T> {
        let text = self.form.text(name);
        if text.is_empty() {
            return None;
        }
        let read = T::parse(text);
        if read.is_none() {
            self.wrong(name, format!("this is not {}", T::EXPECTED));
        }
        read
    }

    /// A field that may not be.
    fn needed<T: Plain>(&mut self, name: &str) -> Option<T> {
        if self.form.text(name).is_empty() {
            self.wrong(name, format!("fill in {}", T::EXPECTED));
        }
        self.maybe(name)
    }

    fn address(&mut self, name: &str) -> Option<IpAddr> {
        let text = self.form.text(name);
        let read = text.parse().ok();
        if read.is_none() && !text.is_empty() {
            self.wrong(name, "this is not an address, such as 10.0.0.1");
        }
        read
    }

    /// Several, with spaces or commas between them.
    fn list<T>(&mut self, name: &str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let words = self.form.text(name).split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty());
        let (mut all, mut bad) = (Vec::new(), None);
        for word in words {
            match read(word) {
                Some(one) => all.push(one),
                None => bad = Some(word.to_owned()),
            }
        }
        if let Some(bad) = bad {
            self.wrong(name, format!("{bad} is not {expected}"));
        }
        all
    }

    fn document(
        &mut self,
        adapter: &AdapterName,
        serial: Serial,
        made: Time,
        code: Option<Code>,
    ) -> Option<Document> {
        let life = self.form.life();
        if life.is_none() {
            self.wrong("expires", "choose how long the stick is good");
        }
        let platform =
            Platform { url: self.needed("platform.url")?, authority: self.maybe("platform.authority") };
        let updates = self.updates();
        let network = self.network();
        let (beats, push) = (self.listener("beats"), self.listener("push"));
        let tls = Tls {
            authority: self.maybe("tls.authority"),
            certificate: self.maybe("tls.certificate"),
            key: self.maybe("tls.key"),
        };
        let printers: Vec<Option<Printer>> =
            (0..self.form.printers()).map(|index| self.printer(index)).collect();
        Some(Document {
            serial,
            made,
            expires: made.after(life?),
            adapter: adapter.clone(),
            code,
            platform,
            updates,
            network: network?,
            beats,
            push,
            tls,
            printers: printers.into_iter().collect::<Option<_>>()?,
        })
    }

    // Nothing, where no address was typed.
    fn updates(&mut self) -> Option<Updates> {
        let (url, authority) = (self.maybe("updates.url"), self.maybe("updates.authority"));
        if self.form.text("updates.url").is_empty() && !self.form.text("updates.authority").is_empty() {
            self.wrong(
                "updates.url",
                "fill in the address that this authority certifies, or empty its field",
            );
        }
        Some(Updates { url: url?, authority })
    }

    fn network(&mut self) -> Option<Network> {
        let (printers, uplink) = (self.plug("network.printers"), self.plug("network.uplink"));
        let dns = self.list("network.dns", "an address, such as 10.0.0.53", |word| word.parse().ok());
        let nts = self.list("network.nts", site::TimeServer::EXPECTED, site::TimeServer::parse);
        Some(Network { printers: printers?, uplink: uplink?, dns, nts })
    }

    fn plug(&mut self, name: &str) -> Option<Plug> {
        let interface = self.needed(&format!("{name}.interface"));
        let address = self.needed::<Address>(&format!("{name}.address"));
        let gateway = self.address(&format!("{name}.gateway"));
        Some(Plug { interface: interface?, address: address?, gateway })
    }

    fn listener(&mut self, name: &str) -> Option<Listener> {
        let in_clear = match self.form.text(name) {
            "tls" => false,
            "clear" => true,
            _ => return None,
        };
        let port_name = format!("{name}.port");
        let port = self.form.text(&port_name).parse().ok();
        if port.is_none() {
            self.wrong(&port_name, "this is not a port: a number from 1024 to 65535");
        }
        Some(Listener { port: port?, in_clear })
    }

    fn printer(&mut self, index: usize) -> Option<Printer> {
        let name = |rest: &str| field(index, rest);
        let id = self.needed(&name("id"));
        let (family, zone, model) =
            (self.maybe(&name("family")), self.maybe(&name("zone")), self.maybe(&name("model")));
        let (beats, push) = (self.sender(&name("beats")), self.sender(&name("push")));
        let query = match Interface::parse(self.form.text(&name("query"))) {
            None => None,
            Some(interface) => Some(self.query(index, interface)?),
        };
        Some(Printer { id: id?, family, zone, model, query, beats, push })
    }

    fn query(&mut self, index: usize, interface: Interface) -> Option<Query> {
        let name = |rest: &str| field(index, rest);
        let at = self.needed::<Target>(&name("at"));
        let (server_name, user) = (self.maybe(&name("server_name")), self.maybe(&name("user")));
        let (secret, interval) = (self.maybe(&name("secret")), self.maybe(&name("interval")));
        Some(Query { interface, at: at?, server_name, user, secret, interval })
    }

    // An address, or else the name of a certificate.
    fn sender(&mut self, name: &str) -> Option<Sender> {
        match self.form.text(name).parse() {
            Ok(address) => Some(Sender::Address(address)),
            Err(_) => self.maybe(name).map(Sender::Certificate),
        }
    }
}
