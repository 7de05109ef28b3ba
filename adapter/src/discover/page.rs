//! What a person is shown, and the lines to paste.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Found, Heard};
use crate::config::{self, Config, Interface, PrinterId};

/// What is said.
#[derive(Debug)]
pub(crate) struct Page {
    /// For a person.
    pub(crate) text: String,
    /// For the configuration: what is new, in TOML.
    pub(crate) lines: String,
}

/// Says what was heard, and what of it this configuration has not.
pub(crate) fn page(heard: &Heard, config: Option<&Config>, listened: Duration) -> Page {
    let mut page = Page { text: String::new(), lines: String::new() };
    let listened = humantime::format_duration(listened);
    let _ = writeln!(page.text, "asked on {} for {listened}: {}", heard.asked.join(", "), count(heard));
    for (interface, why) in &heard.failed {
        let _ = writeln!(page.text, "{interface} could not be asked: {why}");
    }
    if heard.unreadable > 0 {
        let _ = writeln!(page.text, "{} could not be read", answers(heard.unreadable));
    }
    if heard.overrun {
        page.text.push_str("more came than is looked at: some printers may be missing\n");
    }
    if heard.printers.is_empty() {
        page.text.push_str(NOTHING);
        return page;
    }
    let known: Vec<(&PrinterId, &Interface)> = config
        .iter()
        .flat_map(|config| &config.printers)
        .filter_map(|printer| Some((&printer.id, printer.interface.as_ref()?)))
        .collect();
    let mut taken: HashSet<PrinterId> =
        config.iter().flat_map(|config| &config.printers).map(|printer| printer.id.clone()).collect();
    let named = if config.is_some() { "configured" } else { "" };
    row(&mut page.text, ["name", "it is", "address", named]);
    for found in &heard.printers {
        let (have, configured) = known_as(found, &known);
        let can = config::can_query(found.kind.interface);
        let note = match (&have, config.is_some()) {
            _ if !can => "cannot be queried".to_owned(),
            (Some(id), _) => id.clone(),
            (None, true) => "no".to_owned(),
            (None, false) => String::new(),
        };
        let it_is = match &found.version {
            None => found.kind.name.to_owned(),
            Some(version) => format!("{} {version}", found.kind.name),
        };
        row(&mut page.text, [&found.name, &it_is, &format!("{}:{}", found.address, found.port), &note]);
        if can && !configured {
            page.lines.push_str(&lines(found, have.as_deref(), &mut taken));
        }
    }
    page.text.push_str(if page.lines.is_empty() { NO_LINES } else { LINES });
    page
}

const NOTHING: &str = "
No printer announced itself. That does not say that there is none:
- Multicast stays within one network. Ask on a machine, or an interface, of the printers' own network or VLAN
  (--interface), not across a router.
- Switches and Wi-Fi access points can hold multicast back (IGMP snooping, client isolation). Ask the network's keeper.
- This machine's own firewall must let UDP in at port 5353.
- Printers that are off, or whose announcement is switched off, say nothing; some take longer: --for 30s.
- MTConnect agents and printers that speak PIP announce nothing at all.
Any printer can be configured by hand: docs/configuration.md, docs/printers/.
";
const NO_LINES: &str = "\nNames are shown here only. Nothing new is to be configured.\n";
const LINES: &str = "
Names are shown here only; what leaves is the id, so choose one that names no person, place or computer.
MTConnect agents and printers that speak PIP announce nothing: configure them by hand.
To configure what is new, add these lines, then run `adapter check --live`:
";

/// The one that has this printer already: as it will be shown, and whether it is so for certain.
fn known_as(found: &Found, known: &[(&PrinterId, &Interface)]) -> (Option<String>, bool) {
    let at_host = known.iter().filter(|(_, interface)| {
        let host = interface.address().host();
        host == found.address.to_string() || host.eq_ignore_ascii_case(&found.host)
    });
    let mut near = None;
    for (id, interface) in at_host {
        let port = interface.address().as_str().rsplit(':').next().unwrap_or_default();
        if port == found.port.to_string() {
            return (Some(id.to_string()), true);
        }
        near.get_or_insert_with(|| format!("{id}, by port {port}?"));
    }
    (near, false)
}

/// The lines for a printer, with an id that is not taken and from then on is. It is made of what the printer is and not
/// of its name: the id leaves, and a name may be that of a person or of a computer.
fn lines(found: &Found, near: Option<&str>, taken: &mut HashSet<PrinterId>) -> String {
    let kind = found.kind;
    let Some(id) = PrinterId::unused(kind.interface, taken) else { return String::new() };
    taken.insert(id.clone());
    let port = if found.port == 80 { String::new() } else { format!(":{}", found.port) };
    let prefix = found.prefix.as_deref().unwrap_or_default();
    let url = format!("http://{}{port}{prefix}", found.address);
    let secret = format!("{} = \"{id}.key\"", kind.secret);
    let mut lines = format!("\n# It calls itself: {}\n[[printers]]\nid = \"{id}\"\n", found.name);
    if kind.needs_secret {
        let _ = writeln!(lines, "# Missing: the file {id}.key. {} says how to make the key.", kind.doc);
        let _ = writeln!(lines, "{} = {{ url = \"{url}\", {secret} }}", kind.interface);
    } else {
        let _ = writeln!(lines, "# Where it asks for a key or a password ({}): {secret}", kind.doc);
        let _ = writeln!(lines, "{} = {{ url = \"{url}\" }}", kind.interface);
    }
    if let Some(port) = found.https_port {
        let _ = writeln!(
            lines,
            "# It speaks TLS too: https://{}:{port}, with its root in ca_file.",
            found.address
        );
    }
    if found.prefix.is_none() {
        lines.push_str("# It names a path that cannot stand in a url here: look it up in its settings.\n");
    }
    if let Some(near) = near {
        let _ = writeln!(lines, "# Perhaps it is there already: {near}");
    }
    lines
}

fn row(text: &mut String, [name, it_is, address, note]: [&str; 4]) {
    let line = format!("{name:<34} {it_is:<26} {address:<22} {note}");
    let _ = writeln!(text, "{}", line.trim_end());
}

fn count(heard: &Heard) -> String {
    let printers = match heard.printers.len() {
        1 => "1 printer announces itself".to_owned(),
        several => format!("{several} printers announce themselves"),
    };
    format!("{printers}, {} heard", answers(heard.answers))
}

fn answers(count: u64) -> String {
    if count == 1 { "1 answer".to_owned() } else { format!("{count} answers") }
}
