//! `adapter check`: what is configured, as a person reads it, and what of it will not work.

use std::fmt::Write as _;
use std::path::Path;

use catalog::{Item, Kind, items};
use serde_json::{Value, json};

use crate::config::{
    AdapterIdentity, Config, Credentials, CredentialsError, IdentityFileError, Lan, Link, Listener, Platform,
    Printer, Sections, Sender, Supervise, Updates, WhenFull,
};
use crate::intake::poll;
use crate::supervise::named_by_address;
use crate::{handles, tls};

/// What `check` has to say.
pub(super) struct Report {
    text: String,
    problems: Vec<String>,
}

impl Report {
    /// Looks at the configuration and at every file that it names; opens no connection.
    pub(super) fn of(sections: &Sections) -> Self {
        let mut report = Self { text: String::new(), problems: Vec::new() };
        let Sections { platform, link, supervise, updates, config, .. } = sections;
        if let Some(link) = link {
            report.link(link, platform.is_some());
        }
        match platform {
            Some(platform) => report.platform(platform),
            None if link.is_some() => report.line("platform", "not in this file: it is the uplink's affair"),
            None => report.problems.push("write a section `[platform]`, or `[link]` for an intake".into()),
        }
        report.intake(config);
        if let Some(supervise) = supervise {
            report.supervise(supervise);
            if supervise.printers_network.is_some() {
                report.problems.extend(named_by_address(sections).err().map(|error| error.to_string()));
            }
        }
        if let Some(updates) = updates {
            report.updates(updates, supervise.is_some());
        }
        report.printers(&config.printers);
        report.problems.extend(handles::of_each_printer(config).err().map(|error| error.to_string()));
        report
    }

    /// The same of what the uplink uses, and nothing else.
    pub(super) fn of_uplink(platform: &Platform, link: &Link) -> Self {
        let mut report = Self { text: String::new(), problems: Vec::new() };
        report.line("link", &link.socket.display().to_string());
        report.platform(platform);
        report
    }

    pub(super) fn good(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.text.clone();
        for problem in &self.problems {
            let _ = write!(text, "\nwrong: {problem}");
        }
        if !self.good() {
            text.push('\n');
        }
        text.push_str(if self.good() {
            "\nall is well\n"
        } else {
            "\nthe adapter will not start like this\n"
        });
        text
    }

    fn link(&mut self, link: &Link, with_platform: bool) {
        self.line("link", &link.socket.display().to_string());
        match link.identity_file.as_deref().map(AdapterIdentity::load) {
            None => self.line("intake", "not from this file: `link.identity_file` is missing"),
            Some(Ok(identity)) => {
                let uses = "[link], [buffer], [beats], [push], [pip] and [[printers]]";
                self.line("intake", &format!("runs as {}, and uses {uses}", identity.adapter));
            }
            Some(Err(error @ IdentityFileError::Missing { .. })) => {
                self.line("intake", &format!("not yet enrolled ({error})"));
            }
            Some(Err(IdentityFileError::Sealed { .. })) => {
                self.line("intake", "enrolled, and its identity is sealed for this machine");
            }
            Some(Err(error)) => self.problems.push(format!("{:#}", anyhow::Error::from(error))),
        }
        let uplink = if with_platform { "uses [platform] and [link]" } else { "not from this file" };
        self.line("uplink", uplink);
    }

    /// What a supervisor would run. That the engine has the images is its own affair, at its start.
    fn supervise(&mut self, supervise: &Supervise) {
        self.line("engine", &supervise.engine.display().to_string());
        for (name, image) in
            [("intake image", &supervise.intake_image), ("uplink image", &supervise.uplink_image)]
        {
            self.line(name, &image.to_string());
        }
        let lan = |lan: &Lan| format!("{} on {} ({})", lan.address, lan.interface, lan.subnet);
        let printers = supervise.printers_network.as_ref().map(lan);
        self.line("printers", printers.as_deref().unwrap_or("containers of this machine alone"));
        let out = supervise.uplink_network.as_ref().map(lan);
        self.line("way out", out.as_deref().unwrap_or("through this machine"));
        let files = supervise.intake_files.iter().chain(&supervise.uplink_files).chain(&supervise.archives);
        for missing in files.filter(|file| !file.exists()) {
            self.problems.push(format!("{}: there is no such file", missing.display()));
        }
    }

    /// Where a supervisor would look for releases, or a box for its system. A folder that is not there may be a stick that is
    /// not in.
    fn updates(&mut self, updates: &Updates, supervised: bool) {
        let text = match (supervised, &updates.releases) {
            (true, None) => Some("`[updates]` of a supervisor says in `releases` where a release is kept"),
            (false, Some(_)) => Some(
                "`[updates]` with `releases` is the supervisor's: write a section `[supervise]` as well, or leave it out",
            ),
            _ => None,
        };
        self.problems.extend(text.map(str::to_owned));
        let places = updates.folders.iter().map(|folder| folder.display().to_string());
        let url = updates
            .url
            .iter()
            .map(|url| format!("{url} every {}", humantime::format_duration(updates.every)));
        let places: Vec<String> = places.chain(url).collect();
        let said = match &updates.releases {
            Some(releases) => format!("from {}, kept in {}", places.join(" and "), releases.display()),
            None => format!("from {}", [vec!["a stick".to_owned()], places].concat().join(" and ")),
        };
        self.line("releases", &said);
        if updates.releases.is_some() && !updates.root.is_file() {
            self.problems.push(format!("{}: there is no root of releases", updates.root.display()));
        }
        self.hold(tls::client(updates.ca_file.as_deref(), None));
    }

    fn platform(&mut self, platform: &Platform) {
        let adapter = match Credentials::load(&platform.credentials_file) {
            Ok(credentials) => credentials.adapter.to_string(),
            // Not yet a mistake: this is how it is before `enrol`.
            Err(error @ CredentialsError::NotEnrolled { .. }) => format!("not yet enrolled ({error})"),
            Err(CredentialsError::Sealed { .. }) => "enrolled, and sealed for this machine".into(),
            Err(error) => {
                self.problems.push(error.to_string());
                "credentials that cannot be used".into()
            }
        };
        self.line("adapter", &adapter);
        self.line("platform", platform.url.as_str());
        self.line("checked by", &file_or(platform.ca_file.as_deref(), "the public roots"));
        self.line(
            "exactly once",
            if platform.with_origin { "yes, by origin" } else { "no: rows carry no origin" },
        );
        self.hold(tls::client(platform.ca_file.as_deref(), None));
    }

    fn intake(&mut self, config: &Config) {
        let when_full = match config.buffer.when_full {
            WhenFull::Thin => "older numbers lose resolution",
            WhenFull::DropOldest => "the oldest readings are given up",
        };
        self.line("buffer", &format!("{} MiB; when full, {when_full}", config.buffer.bytes_max >> 20));
        match &config.beats {
            None => self.line("beats", "does not listen"),
            Some(Listener { listen, tls: None }) => self.line("beats", &format!("{listen}, IN CLEAR")),
            Some(Listener { listen, tls: Some(tls) }) => {
                let senders =
                    if tls.client_ca_file.is_some() { "mutual TLS" } else { "TLS, senders by address" };
                self.line("beats", &format!("{listen}, {senders}"));
                self.hold(tls::server(tls));
            }
        }
        match &config.push {
            None => {}
            Some(Listener { listen, tls: None }) => self.line("push", &format!("{listen}, IN CLEAR")),
            Some(Listener { listen, tls: Some(tls) }) => {
                self.line("push", &format!("{listen}, mutual TLS 1.3"));
                self.hold(tls::server(tls));
            }
        }
        if let Some(pip) = &config.pip {
            self.line("queries", &format!("TLS, checked by {}", pip.ca_file.display()));
            self.hold(tls::client(Some(&pip.ca_file), pip.pair.as_ref()));
        }
    }

    fn printers(&mut self, printers: &[Printer]) {
        let _ = writeln!(
            self.text,
            "\n{:<16} {:<14} {:<16} {:<24} {:<28} queried at",
            "printer", "family", "zone", "sender", "logs"
        );
        for printer in printers {
            let zone = printer.zone.iana_name().unwrap_or("UTC");
            let sender = match &printer.beats {
                None => "-".to_owned(),
                Some(Sender::Certificate(name)) => format!("certificate {name}"),
                Some(Sender::Address(address)) => format!("address {address}"),
            };
            let logs = printer
                .logs
                .as_ref()
                .map_or("-".into(), |logs| format!("{}/{}", logs.directory.display(), logs.pattern.glob()));
            let queried = printer.interface.as_ref().map_or("-".into(), |interface| {
                let clear = if interface.in_clear() { ", IN CLEAR" } else { "" };
                let every = humantime::format_duration(interface.interval());
                format!("{} {} every {every}{clear}", interface.name(), interface.address())
            });
            let _ = writeln!(
                self.text,
                "{:<16} {:<14} {zone:<16} {sender:<24} {logs:<28} {queried}",
                printer.id.as_str(),
                family(printer)
            );
            if let Some(Err(error)) = printer.interface.as_ref().map(poll::check) {
                self.problems.push(format!("{}: {:#}", printer.id, anyhow::Error::from(error)));
            }
            if let Some(logs) = printer.logs.as_ref().filter(|logs| !logs.directory.is_dir()) {
                self.problems.push(format!(
                    "{}: {}: there is no such directory",
                    printer.id,
                    logs.directory.display()
                ));
            }
        }
    }

    fn line(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.text, "{name:<14} {value}");
    }

    fn hold<T>(&mut self, result: Result<T, tls::TlsError>) {
        if let Err(error) = result {
            self.problems.push(format!("{:#}", anyhow::Error::from(error)));
        }
    }
}

fn family(printer: &Printer) -> String {
    let has_logs = printer.beats.is_some() || printer.logs.is_some();
    let recognised = if has_logs { "auto" } else { "-" };
    printer.format.as_ref().map_or(recognised.to_owned(), ToString::to_string)
}

fn file_or(file: Option<&Path>, otherwise: &str) -> String {
    file.map_or(otherwise.to_owned(), |file| file.display().to_string())
}

/// The catalogue for programs.
pub(super) fn catalog_json() -> String {
    let list: Vec<_> = items::all().map(item_json).collect();
    json!({ "items": list }).to_string()
}

fn item_json(item: &Item) -> Value {
    let mut value = json!({
        "id": item.id(), "property": item.property(), "kind": item.kind().name(),
        "unit": item.unit().ucum(), "text": item.text(),
        "mtconnect": item.mtconnect(), "otel": item.otel(), "source": item.source(),
    });
    if let Kind::Gauge(range) | Kind::Counter(range) = item.kind() {
        value["range"] = json!([range.low, range.high]);
    }
    if !item.codes().is_empty() {
        value["codes"] = json!(item.codes());
    }
    value
}
