//! The fields of the form: what each is called, how it is filled in, and the hint below it.

use site::{Family, Interface};

use crate::sticks::{self, Form, LIVES, Wrong};

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line.
    Line,
    /// A line that is not shown as it is typed, and not kept: the page carries it on until the file is made.
    Secret,
    /// Several lines.
    Lines,
    /// Several lines that are not kept.
    SecretLines,
    /// One of these: value and label.
    Choice(Vec<(String, String)>),
    /// A box to tick.
    Tick,
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) id: String,
    label: &'static str,
    /// Whose field it is, where there are several of one label.
    of: String,
    pub(super) hint: &'static str,
    pub(super) example: &'static str,
    pub(super) kind: Kind,
    pub(super) value: String,
    pub(super) wrong: Option<String>,
}

/// Fields that belong together.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: Vec<Field>,
}

impl Field {
    pub(super) fn label(&self) -> &'static str {
        self.label
    }

    /// What it is called where it stands alone.
    pub(super) fn title(&self) -> String {
        if self.of.is_empty() {
            self.label.to_owned()
        } else {
            format!("{}: {}", self.of, self.label.to_lowercase())
        }
    }

    pub(super) fn chosen(&self, value: &str) -> bool {
        self.value == value
    }

    pub(super) fn is_line(&self) -> bool {
        matches!(self.kind, Kind::Line | Kind::Secret)
    }

    pub(super) fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    pub(super) fn is_lines(&self) -> bool {
        matches!(self.kind, Kind::Lines | Kind::SecretLines)
    }

    pub(super) fn is_tick(&self) -> bool {
        self.kind == Kind::Tick
    }

    pub(super) fn options(&self) -> &[(String, String)] {
        match &self.kind {
            Kind::Choice(options) => options,
            _ => &[],
        }
    }
}

/// Label, hint, example and kind of a field.
type Described = (&'static str, &'static str, &'static str, &'static str, Kind);

struct Maker<'a> {
    form: &'a Form,
    wrong: &'a Wrong,
}

impl Maker<'_> {
    fn field(&self, name: String, of: &str, described: Described) -> Field {
        let (_, label, hint, example, kind) = described;
        Field {
            id: name.replace(['[', ']', '.', '_'], "-").replace("--", "-"),
            label,
            of: of.to_owned(),
            hint,
            example,
            kind,
            value: self.form.text(&name).to_owned(),
            wrong: self.wrong.get(&name).cloned(),
            name,
        }
    }

    fn part(&self, title: &'static str, about: &'static str, of: &str, fields: Vec<Described>) -> Part {
        let fields = fields.into_iter().map(|it| self.field(it.0.to_owned(), of, it)).collect();
        Part { title, about, fields }
    }
}

fn listens() -> Kind {
    choice(&[("off", "Off"), ("tls", "With TLS"), ("clear", "Without TLS, in clear")])
}

fn choice(options: &[(&str, &str)]) -> Kind {
    Kind::Choice(options.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect())
}

/// Everything but the printers.
pub(super) fn parts(form: &Form, wrong: &Wrong) -> Vec<Part> {
    let maker = Maker { form, wrong };
    vec![
        stick(&maker),
        platform(&maker),
        printers_side(&maker),
        uplink(&maker),
        listeners(&maker),
        certificates(&maker),
        updates(&maker),
    ]
}

fn stick(maker: &Maker<'_>) -> Part {
    let lives: Vec<(&str, &str)> = LIVES.iter().map(|(value, label, _)| (*value, *label)).collect();
    maker.part(
        "The stick",
        "",
        "",
        vec![
            ("expires", "Can be used for", "Then neither the file nor its code is taken. What a box has taken stays.", "", choice(&lives)),
            ("code", "Bring a new one-time code", "For a new box, or one that was set up anew. It ends codes that are out, and the first data that comes with its key ends the key that the adapter has now.", "", Kind::Tick),
        ],
    )
}

fn platform(maker: &Maker<'_>) -> Part {
    maker.part(
        "Platform",
        "",
        "",
        vec![
            ("platform.url", "Address", "As the box reaches it.", "https://platform.example.com", Kind::Line),
            (
                "platform.authority",
                "Authority of its certificate (PEM)",
                "Empty where a public authority has certified it.",
                "-----BEGIN CERTIFICATE-----",
                Kind::Lines,
            ),
        ],
    )
}

fn printers_side(maker: &Maker<'_>) -> Part {
    maker.part(
        "Plug towards the printers",
        "The box asks printers here, and goes nowhere else this way.",
        "Printers' plug",
        vec![
            (
                "network.printers.interface",
                "Interface",
                "Its name, as the box shows it on a screen.",
                "enp2s0",
                Kind::Line,
            ),
            (
                "network.printers.address",
                "Address",
                "dhcp, or an address with the length of its network.",
                "192.168.77.1/24",
                Kind::Line,
            ),
            ("network.printers.gateway", "Router to printers elsewhere", "Mostly empty.", "", Kind::Line),
        ],
    )
}

fn uplink(maker: &Maker<'_>) -> Part {
    maker.part(
        "Plug towards the platform",
        "The way out: to the platform, a name server and time servers, to releases where their address is filled in below, and nowhere else.",
        "Platform's plug",
        vec![
            ("network.uplink.interface", "Interface", "Another than the printers'.", "enp1s0", Kind::Line),
            (
                "network.uplink.address",
                "Address",
                "dhcp, or an address with the length of its network.",
                "10.20.0.5/24",
                Kind::Line,
            ),
            ("network.uplink.gateway", "Router", "Empty with dhcp.", "10.20.0.1", Kind::Line),
            (
                "network.dns",
                "Name servers",
                "Addresses. Empty: those that DHCP names.",
                "10.20.0.53",
                Kind::Line,
            ),
            (
                "network.nts",
                "Time servers (NTS)",
                "Names. Empty: those that the box's image was made with, if any; else the box's clock is never set.",
                "time.example.com",
                Kind::Line,
            ),
        ],
    )
}

fn listeners(maker: &Maker<'_>) -> Part {
    maker.part(
        "What printers may call",
        "Off, unless printers send by themselves. These are the only ports that the box opens, on the printers' side alone.",
        "",
        vec![
            ("beats", "Filebeat and Metricbeat", "", "", listens()),
            ("beats.port", "Port for Beats", "", "5044", Kind::Line),
            ("push", "PIP, the printer calls", "", "", listens()),
            ("push.port", "Port for PIP", "", "7881", Kind::Line),
        ],
    )
}

fn certificates(maker: &Maker<'_>) -> Part {
    maker.part(
        "Certificates on the printers' side",
        "Needed for PIP and for listening with TLS. They come from whoever certifies the printers.",
        "",
        vec![
            (
                "tls.authority",
                "Authority of the printers (PEM)",
                "Whose certificates are believed.",
                "-----BEGIN CERTIFICATE-----",
                Kind::Lines,
            ),
            (
                "tls.certificate",
                "The adapter's certificate (PEM)",
                "What printers are shown.",
                "-----BEGIN CERTIFICATE-----",
                Kind::Lines,
            ),
            (
                "tls.key",
                "Its private key (PEM)",
                "It goes onto the stick and is not kept here: paste it for each stick.",
                "-----BEGIN PRIVATE KEY-----",
                Kind::SecretLines,
            ),
        ],
    )
}

fn updates(maker: &Maker<'_>) -> Part {
    maker.part(
        "New systems",
        "A box takes a signed release from a stick; with an address here it asks there as well, every six hours. It starts with a new one by \
         itself, when nothing waits for the platform. A box whose program is older than this field refuses a stick on which it is filled in.",
        "Releases",
        vec![
            (
                "updates.url",
                "Address of their folder",
                "Empty: from a stick alone.",
                "https://updates.example.com/oneway",
                Kind::Line,
            ),
            (
                "updates.authority",
                "Authority of its certificate (PEM)",
                "Empty where a public authority has certified it.",
                "-----BEGIN CERTIFICATE-----",
                Kind::Lines,
            ),
        ],
    )
}

/// The fields of a printer: those that are always shown, and the others.
pub(super) fn printer(form: &Form, wrong: &Wrong, index: usize) -> (Vec<Field>, Vec<Field>) {
    let maker = Maker { form, wrong };
    let of = match form.text(&sticks::field(index, "id")) {
        "" => format!("Printer {}", index + 1),
        id => format!("Printer {id}"),
    };
    let make = |described: Vec<Described>| {
        described.into_iter().map(|it| maker.field(sticks::field(index, it.0), &of, it)).collect()
    };
    (make(always()), make(more()))
}

fn always() -> Vec<Described> {
    let interfaces = Interface::ALL.map(|it| (it.name(), it.title()));
    let mut interfaces = interfaces.to_vec();
    interfaces.push(("none", "Not queried"));
    vec![
        ("id", "Id", "Its name on the platform.", "p01", Kind::Line),
        ("query", "Queried over", "", "", choice(&interfaces)),
        (
            "at",
            "Address",
            "An address, and a port where it is not the usual one.",
            "192.168.77.10",
            Kind::Line,
        ),
        (
            "secret",
            "Key or password",
            "Status-only, if it can be. Not kept here: type it for each stick.",
            "",
            Kind::Secret,
        ),
    ]
}

fn more() -> Vec<Described> {
    let mut families = vec![("", "None")];
    families.extend(Family::ALL.map(|name| (name, name)));
    vec![
        ("user", "User (PrusaLink)", "With a password in place of an API key.", "maker", Kind::Line),
        ("server_name", "Name in its certificate (PIP)", "Where that is not its address.", "p01", Kind::Line),
        ("interval", "Asked every", "Empty: 1s for PIP, 5s for others.", "5s", Kind::Line),
        ("model", "Model", "For one that cannot say so itself.", "ProJet 7000 HD", Kind::Line),
        ("zone", "Time zone", "Of times in its logs that name none.", "Europe/Oslo", Kind::Line),
        ("family", "Logs are written by", "For printers that ship them.", "", choice(&families)),
        ("beats", "Ships logs as", "Its certificate's common name, or its address.", "p01", Kind::Line),
        ("push", "Calls as", "Its certificate's common name.", "p01", Kind::Line),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A field that is not shown could never be filled in, and one that is not known would be thrown away.
    #[test]
    fn the_page_has_every_field_that_the_form_knows() {
        let form = Form::suggested("https://platform.test", false);
        let shown: BTreeSet<String> = parts(&form, &Wrong::new())
            .into_iter()
            .flat_map(|part| part.fields)
            .map(|field| field.name)
            .collect();
        assert_eq!(shown, sticks::FIELDS.iter().map(|name| (*name).to_owned()).collect());
        let (fields, more) = printer(&form, &Wrong::new(), 0);
        let shown: BTreeSet<String> = fields.into_iter().chain(more).map(|field| field.name).collect();
        assert_eq!(shown, sticks::PRINTER_FIELDS.iter().map(|name| sticks::field(0, name)).collect());
    }
}
