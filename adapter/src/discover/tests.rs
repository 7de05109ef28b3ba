use std::collections::HashMap;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::prelude::*;
use protocol::mdns::{Name, Wanted, question};

use super::kinds::KINDS;
use super::limits::{
    LISTEN_DEFAULT, NAME_SHOWN_MAX, NAMES_MAX, PACKETS_MAX, PREFIX_BYTES_MAX, QUESTIONS_MAX,
};
use super::page::Page;
use super::seen::Seen;
use super::{Heard, page, printers};
use crate::config::{self, Config};

const PRINTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const OTHER: Ipv4Addr = Ipv4Addr::new(172, 17, 0, 1);
const BASE: &str =
    "[platform]\nurl = \"https://platform.example.com\"\ncredentials_file = \"credentials.toml\"\n";

fn label(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

fn name(dotted: &str) -> Vec<u8> {
    dotted.split('.').flat_map(|part| label(part.as_bytes())).chain([0]).collect()
}

fn record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [name, &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 120], &length, data].concat()
}

fn packet(records: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(records.len()).unwrap();
    [&[0, 0, 0x84, 0, 0, 0, 0, count, 0, 0, 0, 0][..], &records.concat()].concat()
}

/// What a service announces.
#[derive(Clone)]
struct Announced {
    service: &'static str,
    name: String,
    host: &'static str,
    port: u16,
    txt: Vec<String>,
    addresses: Vec<Ipv4Addr>,
}

impl Announced {
    fn new(service: &'static str) -> Self {
        let (name, host, addresses) = ("Anna's printer".to_owned(), "octopi.local", vec![PRINTER]);
        Self { service, name, host, port: 80, txt: Vec::new(), addresses }
    }

    fn txt(self, pairs: &[&str]) -> Self {
        Self { txt: pairs.iter().map(|pair| (*pair).to_owned()).collect(), ..self }
    }

    fn instance(&self) -> Vec<u8> {
        [label(self.name.as_bytes()), name(self.service)].concat()
    }

    fn service(&self) -> Vec<u8> {
        record(&name(self.service), 12, &self.instance())
    }

    fn place(&self) -> Vec<u8> {
        let place = [&[0, 0, 0, 0][..], &self.port.to_be_bytes(), &name(self.host)].concat();
        record(&self.instance(), 33, &place)
    }

    fn said(&self) -> Vec<u8> {
        let strings: Vec<u8> = self.txt.iter().flat_map(|pair| label(pair.as_bytes())).collect();
        record(&self.instance(), 16, &strings)
    }

    fn packet(&self) -> Vec<u8> {
        let addresses = self.addresses.iter().map(|one| record(&name(self.host), 1, &one.octets()));
        // In the order of python-zeroconf, which need not be this.
        packet(
            &[self.place()]
                .into_iter()
                .chain(addresses)
                .chain([self.said(), self.service()])
                .collect::<Vec<_>>(),
        )
    }
}

fn of_kind(index: usize) -> Announced {
    let kind = &KINDS[index];
    let product = kind.products.first().map(|word| format!("product={}", word.to_uppercase()));
    Announced { txt: product.into_iter().collect(), ..Announced::new(kind.service) }
}

fn heard(packets: &[(Ipv4Addr, Vec<u8>)]) -> Heard {
    let mut seen = Seen::default();
    packets.iter().for_each(|(from, packet)| seen.take(*from, packet));
    let (answers, unreadable, overrun) = (seen.answers, seen.unreadable, seen.overrun);
    let printers = printers::of(&[seen]);
    Heard { printers, asked: vec!["eth0".into()], failed: Vec::new(), answers, unreadable, overrun }
}

fn one(announced: &Announced) -> Heard {
    heard(&[(PRINTER, announced.packet())])
}

fn said(heard: &Heard, config: Option<&Config>) -> Page {
    page(heard, config, LISTEN_DEFAULT)
}

/// The configuration of a file with these lines behind what every one has, and with each key file that they name.
fn configured(directory: &Path, lines: &str) -> Result<Config, String> {
    for word in lines.split('"').filter(|word| word.ends_with(".key")) {
        fs::write(directory.join(word), "0123456789\n").unwrap();
        fs::set_permissions(directory.join(word), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let file = directory.join("adapter.toml");
    fs::write(&file, format!("{BASE}{lines}")).unwrap();
    config::load(&file, &HashMap::new()).map(|whole| whole.config).map_err(|error| error.to_string())
}

/// Every kind that the configuration knows: one that it comes to know is taken in by itself.
fn known() -> Vec<usize> {
    let known = (0..KINDS.len()).filter(|index| config::can_query(KINDS[*index].interface));
    let known: Vec<usize> = known.collect();
    assert!(!known.is_empty());
    known
}

#[test]
fn each_kind_that_can_be_queried_gives_lines_that_are_a_configuration() {
    let directory = tempfile::tempdir().unwrap();
    for index in known() {
        let (kind, announced) = (&KINDS[index], of_kind(index));
        for secret in [false, true] {
            let page = said(&one(&announced), None);
            // A person who needs the key takes the line that is offered for it.
            let offered = format!("{} = \"{}.key\"", kind.secret, kind.interface);
            assert!(page.lines.contains(&offered), "{}", page.lines);
            let lines = match secret && !kind.needs_secret {
                true => page.lines.replace("\" }\n", &format!("\", {offered} }}\n")),
                false => page.lines,
            };
            let config =
                configured(directory.path(), &lines).unwrap_or_else(|error| panic!("{error}\n{lines}"));
            let [printer] = &config.printers[..] else { panic!("{lines}") };
            let interface = printer.interface.as_ref().unwrap();
            assert_eq!(interface.name(), kind.name);
            assert_eq!(interface.address().to_string(), "10.0.0.9:80");
            assert!(crate::intake::poll::check(interface).is_ok(), "{lines}");
            let again = said(&one(&announced), Some(&config));
            assert_eq!(again.lines, "", "it is offered though it is configured");
            assert!(again.text.contains(printer.id.as_str()), "{}", again.text);
        }
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(kind.doc).is_file(), "{}", kind.doc);
    }
}

#[test]
fn each_kind_is_told_from_the_others_and_those_that_cannot_be_queried_are_named() {
    for (index, kind) in KINDS.iter().enumerate() {
        assert!(Name::parse(kind.service).is_some(), "{}", kind.service);
        let page = said(&one(&of_kind(index)), None);
        assert!(page.text.contains(kind.name), "{}", page.text);
        assert_eq!(page.text.contains("cannot be queried"), page.lines.is_empty(), "{}", page.text);
    }
    let server = Announced::new("_http._tcp.local").txt(&["path=/", "product=NAS"]);
    assert!(one(&server).printers.is_empty(), "any web server is a printer");
}

#[test]
fn a_prusalink_that_says_it_is_an_octoprint_too_is_one_printer() {
    let kinds = ["_octoprint._tcp.local", "_http._tcp.local", "_prusalink._tcp.local"];
    for order in [[0, 1, 2], [2, 1, 0]] {
        let packets = order.map(|index| (PRINTER, Announced::new(kinds[index]).packet()));
        let heard = heard(&packets);
        let [found] = &heard.printers[..] else { panic!("{heard:?}") };
        assert_eq!(found.kind.name, "PrusaLink");
    }
}

#[test]
fn what_is_missing_is_asked_for_and_nothing_else() {
    let announced = Announced::new("_octoprint._tcp.local");
    let instance = Name::parse("Anna's printer._octoprint._tcp.local").unwrap();
    let host = Name::parse("octopi.local").unwrap();
    let mut seen = Seen::default();
    let services: Vec<_> =
        KINDS.iter().map(|kind| question(&Name::parse(kind.service).unwrap(), Wanted::Services)).collect();
    assert_eq!(seen.questions(), services);
    seen.take(PRINTER, &packet(&[announced.service()]));
    let missing = [question(&instance, Wanted::Place), question(&instance, Wanted::Txt)];
    assert_eq!(seen.questions()[services.len()..], missing);
    seen.take(PRINTER, &packet(&[announced.place(), announced.said()]));
    assert_eq!(seen.questions()[services.len()..], [question(&host, Wanted::Address)]);
    seen.take(PRINTER, &announced.packet());
    assert_eq!(seen.questions(), services);
}

#[test]
fn the_address_is_the_hosts_own_word_or_who_told_of_it() {
    let loopback = Ipv4Addr::LOCALHOST;
    for (addresses, from, expected) in [
        (vec![PRINTER], PRINTER, PRINTER),
        // One of several: the one that it has on this network.
        (vec![OTHER, PRINTER], PRINTER, PRINTER),
        // Passed on by a repeater between two networks.
        (vec![PRINTER], OTHER, PRINTER),
        // PrusaLink leaves its address to another responder.
        (vec![], PRINTER, PRINTER),
        // No printer is there.
        (vec![loopback, Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST], PRINTER, PRINTER),
    ] {
        let announced = Announced { addresses: addresses.clone(), ..Announced::new("_octoprint._tcp.local") };
        let heard = heard(&[(from, announced.packet())]);
        assert_eq!(heard.printers[0].address, expected, "{addresses:?} from {from}");
    }
}

#[test]
fn a_path_stands_in_the_url_where_it_can_and_is_mentioned_where_it_cannot() {
    let long = "/x".repeat(PREFIX_BYTES_MAX);
    for (path, url) in [
        ("/", Some("http://10.0.0.9\"")),
        ("", Some("http://10.0.0.9\"")),
        ("/octoprint/", Some("http://10.0.0.9/octoprint\"")),
        ("octoprint", None),
        ("//evil.example.com", None),
        ("/../x", None),
        ("/a b", None),
        ("/x\" }\nevil = 1", None),
        (&long, None),
    ] {
        let announced = Announced::new("_octoprint._tcp.local").txt(&[&format!("path={path}")]);
        let lines = said(&one(&announced), None).lines;
        assert!(lines.contains(url.unwrap_or("http://10.0.0.9\"")), "{lines}");
        assert_eq!(lines.contains("names a path"), url.is_none(), "{lines}");
        assert!(!lines.contains("evil"), "{lines}");
    }
}

#[test]
fn what_is_there_already_is_told_from_what_is_new() {
    let directory = tempfile::tempdir().unwrap();
    for (url, new, words) in [
        ("http://10.0.0.9", false, " p03"),
        ("http://OctoPi.local", false, " p03"),
        ("http://10.0.0.9:5000", true, "p03, by port 5000?"),
        ("http://10.0.0.10", true, " no"),
    ] {
        let lines = format!(
            "[[printers]]\nid = \"p03\"\noctoprint = {{ url = \"{url}\", key_file = \"p03.key\" }}\n"
        );
        let config = configured(directory.path(), &lines).unwrap();
        let page = said(&one(&Announced::new("_octoprint._tcp.local")), Some(&config));
        assert!(page.text.contains(words), "{words}: {}", page.text);
        assert_eq!(!page.lines.is_empty(), new, "{}", page.lines);
    }
}

#[test]
fn ids_are_not_taken_twice_and_say_nothing_of_who_or_where() {
    let directory = tempfile::tempdir().unwrap();
    let lines = "[[printers]]\nid = \"octoprint\"\nmtconnect = { url = \"http://10.0.0.7:5000\" }\n";
    let config = configured(directory.path(), lines).unwrap();
    let announced = Announced::new("_octoprint._tcp.local");
    let two =
        [5000, 5001].map(|port| (PRINTER, Announced { port, name: format!("{port}"), ..announced.clone() }));
    let page = said(&heard(&two.map(|(from, announced)| (from, announced.packet()))), Some(&config));
    let both = configured(directory.path(), &format!("{lines}{}", page.lines)).unwrap();
    let ids: Vec<_> = both.printers.iter().map(|printer| printer.id.as_str()).collect();
    assert_eq!(ids, ["octoprint", "octoprint-2", "octoprint-3"]);
}

#[test]
fn a_password_that_is_announced_is_not_shown() {
    let announced = Announced::new("_octoprint._tcp.local").txt(&["u=anna", "p=hunter2", "version=1.11.8"]);
    let (heard, page) = (one(&announced), said(&one(&announced), None));
    assert!(page.text.contains("OctoPrint 1.11.8"), "{}", page.text);
    assert!(!format!("{heard:?}{page:?}").contains("hunter2"));
}

#[test]
fn what_cannot_be_read_is_counted_and_harms_nothing_else() {
    let good = Announced::new("_octoprint._tcp.local").packet();
    let bad = good[..good.len() - 1].to_vec();
    let own = question(&Name::parse("_octoprint._tcp.local").unwrap(), Wanted::Services);
    let heard =
        heard(&[(OTHER, bad.clone()), (OTHER, own), (PRINTER, good), (OTHER, bad), (OTHER, Vec::new())]);
    assert_eq!((heard.answers, heard.unreadable, heard.printers.len()), (1, 3, 1));
    assert!(said(&heard, None).text.contains("3 answers could not be read"));
}

#[test]
fn a_flood_ends_the_listening_and_is_said() {
    let mut seen = Seen::default();
    for number in 0..2 * NAMES_MAX {
        let announced = Announced { name: number.to_string(), ..Announced::new("_octoprint._tcp.local") };
        seen.take(PRINTER, &announced.packet());
    }
    assert_eq!((seen.services.len(), seen.overrun), (NAMES_MAX, true));
    assert!(seen.questions().len() <= QUESTIONS_MAX);
    let mut seen = Seen::default();
    (0..PACKETS_MAX).for_each(|_| seen.take(PRINTER, b"x"));
    assert!(seen.overrun && seen.unreadable == PACKETS_MAX);
    let overrun = Heard { overrun: true, ..heard(&[]) };
    assert!(said(&overrun, None).text.contains("some printers may be missing"));
}

#[test]
fn with_nothing_heard_it_says_what_to_do() {
    let page = said(&heard(&[]), None);
    assert_eq!(page.lines, "");
    for words in ["asked on eth0 for 5s: 0 printers", "VLAN", "--interface", "--for", "MTConnect", "docs/"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[test]
fn a_name_moves_no_cursor_and_ends_no_line() {
    for name in ["a\nurl = \"x\"", "\u{1b}[2Ja", "a\u{202e}b", "a\u{200b}b", "\r", &"x".repeat(60), "\u{7}\\"]
    {
        let page =
            said(&one(&Announced { name: name.to_owned(), ..Announced::new("_octoprint._tcp.local") }), None);
        assert_plain(&page);
        assert_eq!(page.lines.lines().count(), 6, "{}", page.lines);
    }
}

fn assert_plain(page: &Page) {
    let all = format!("{}{}", page.text, page.lines);
    let moves = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}\u{2066}\u{feff}".contains(c);
    assert!(!all.contains(moves), "{all:?}");
    assert!(all.lines().all(|line| line.chars().count() < 200), "{all}");
    assert!(page.lines.is_empty() || toml::from_str::<toml::Table>(&page.lines).is_ok(), "{}", page.lines);
}

proptest! {
    /// Whatever a printer calls itself and says of itself, what is to be pasted is a configuration.
    #[test]
    fn whatever_is_announced_can_be_pasted(
        kind in any::<prop::sample::Index>(), name in "\\PC{1,15}|[\\x00-\\x7f]{1,63}", path in "[ -~]{0,40}|\\PC{0,20}",
        version in "\\PC{0,20}|[\\x00-\\x7f]{0,60}", port in any::<u16>(), address in any::<[u8; 4]>(),
    ) {
        let known = known();
        let announced = of_kind(*kind.get(&known));
        let txt = [announced.txt.clone(), vec![format!("path={path}"), format!("version={version}")]].concat();
        let announced = Announced { name, txt, port, addresses: vec![address.into()], ..announced };
        let (heard, directory) = (one(&announced), tempfile::tempdir().unwrap());
        let page = said(&heard, None);
        assert_plain(&page);
        prop_assert_eq!(page.lines.is_empty(), port == 0);
        let config = configured(directory.path(), &page.lines);
        prop_assert!(config.is_ok(), "{config:?}\n{}", page.lines);
        prop_assert!(heard.printers.iter().all(|found| found.name.chars().count() <= NAME_SHOWN_MAX));
    }
}
