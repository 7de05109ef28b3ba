//! The scanner beside `serde_json`: what is JSON, and what its fields say.

use std::borrow::Cow;
use std::fmt;

use parsers::beats::{Event, EventError, File};
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// JSON as a tree that keeps the order of fields and those that stand there twice.
#[derive(Debug)]
enum Json {
    Null,
    Bool,
    /// As a shipper's number is written.
    Number(String),
    Text(String),
    Array,
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number.to_string()))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<Json>()?.is_some() {}
        Ok(Json::Array)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}

impl Json {
    fn field(&self, path: &[&str]) -> &Json {
        let [key, deeper @ ..] = path else { return self };
        let Json::Object(fields) = self else { return &Json::Null };
        fields.iter().find(|(name, _)| name == key).map_or(&Json::Null, |(_, value)| value.field(deeper))
    }

    fn text(&self, path: &[&str]) -> Option<String> {
        match self.field(path) {
            Json::Text(text) | Json::Number(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether a field that is read, at this place, stands there twice.
    fn doubled(&self, place: &str) -> bool {
        let Json::Object(fields) = self else { return false };
        let read = |key: &str| READ.contains(&format!("{place}.{key}").as_str());
        fields.iter().enumerate().any(|(n, (key, value))| {
            read(key)
                && (fields.iter().skip(n + 1).any(|(other, _)| other == key)
                    || value.doubled(&format!("{place}.{key}")))
        })
    }
}

/// Every field that is read.
const READ: &[&str] = &[
    ".@timestamp",
    ".@metadata",
    ".@metadata.beat",
    ".agent",
    ".agent.id",
    ".agent.type",
    ".beat",
    ".beat.hostname",
    ".beat.name",
    ".message",
    ".log",
    ".log.offset",
    ".log.file",
    ".log.file.path",
    ".log.file.fingerprint",
    ".log.file.device_id",
    ".log.file.inode",
    ".source",
    ".offset",
    ".event",
    ".event.dataset",
    ".metricset",
    ".metricset.module",
    ".metricset.name",
    ".line",
    ".file",
    ".host",
    ".system",
    ".system.load",
    ".system.load.1",
    ".system.filesystem",
    ".system.filesystem.mount_point",
    ".system.filesystem.used",
    ".system.network",
];

/// What an event is, as far as it can be seen from outside.
#[derive(Debug, PartialEq)]
struct Seen {
    beat: String,
    time_ms: Option<i64>,
    agent: String,
    message: Option<Vec<u8>>,
    offset: Option<u64>,
    file: Option<String>,
    dataset: Option<String>,
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn seen(event: &Event<'_>) -> Seen {
    Seen {
        beat: format!("{:?}", event.beat),
        time_ms: event.timestamp.map(|time| time.0),
        agent: lossy(&event.agent_id).into_owned(),
        message: event.message.as_deref().map(<[u8]>::to_vec),
        offset: event.offset,
        file: event.file.as_ref().map(|file| match file {
            File::Fingerprint(print) => format!("print {}", lossy(print)),
            File::Inode { device, inode } => format!("inode {} {}", lossy(device), lossy(inode)),
            File::Path(path) => format!("path {}", lossy(path)),
        }),
        dataset: event.dataset.as_deref().map(str::to_owned),
    }
}

/// The same from the tree; nothing where it is no event.
fn expected(json: &Json) -> Option<Seen> {
    let message = match (json, json.field(&["message"])) {
        (Json::Object(_), Json::Text(text)) => Some(text.clone()),
        (Json::Object(_), Json::Null) => None,
        _ => return None,
    };
    if json.doubled("") {
        return None;
    }
    let line = json.text(&["line"]).filter(|_| message.is_none());
    let pairs = |field: &str| json.text(&[field]).filter(|_| line.is_some());
    let kind = json.text(&["@metadata", "beat"]).or(json.text(&["agent", "type"]));
    let agents = [["agent", "id"], ["beat", "hostname"], ["beat", "name"]];
    let agent = agents.iter().find_map(|path| json.text(path)).or_else(|| pairs("host"));
    let in_file = |field| json.text(&["log", "file", field]);
    let inode = in_file("device_id")
        .zip(in_file("inode"))
        .map(|(device, inode)| format!("inode {} {}", device, inode));
    let path = in_file("path").or(json.text(&["source"])).or_else(|| pairs("file"));
    let name = json.text(&["metricset", "name"]);
    let module = json.text(&["metricset", "module"]).map_or(String::new(), |module| module + ".");
    let time = json.text(&["@timestamp"]).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Some(Seen {
        beat: match kind.as_deref() {
            Some("filebeat") => "Filebeat",
            Some("metricbeat") => "Metricbeat",
            _ => "Other",
        }
        .to_owned(),
        time_ms: time.map(jiff::Timestamp::as_millisecond),
        agent: agent.unwrap_or_default(),
        message: message.or(line).map(String::into_bytes),
        offset: json
            .text(&["log", "offset"])
            .or(json.text(&["offset"]))
            .and_then(|offset| offset.parse().ok()),
        file: in_file("fingerprint")
            .map(|print| format!("print {}", print))
            .or(inode)
            .or(path.map(|path| format!("path {}", path))),
        dataset: json.text(&["event", "dataset"]).or(name.map(|name| module + &name)),
    })
}

fn key() -> impl Strategy<Value = String> {
    let keys: Vec<_> = READ.iter().filter_map(|path| path.rsplit('.').next()).collect();
    prop_oneof![
        6 => proptest::sample::select(keys).prop_map(|key| format!("\"{key}\"")),
        1 => Just(r#""me\u0073sage""#.to_owned()),
        2 => text(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let known = vec![
        "filebeat",
        "metricbeat",
        "2026-11-22T10:15:31.000Z",
        "2026-02-30T10:15:31.000Z",
        "17",
        "a.log.1",
    ];
    let pieces = vec![
        "x",
        "Jörg",
        "\\n",
        "\\\\",
        "\\\"",
        "\\/",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\b\\f\\r\\t",
        "a long piece of text that fills more than one window of the scanner ",
    ];
    prop_oneof![
        proptest::sample::select(known).prop_map(|text| format!("\"{text}\"")),
        proptest::collection::vec(proptest::sample::select(pieces), 0..5)
            .prop_map(|all| format!("\"{}\"", all.concat())),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let scalars =
        vec!["null", "true", "false", "0", "-0", "7", "-7", "4096.0", "1e3", "0.5", "18446744073709551616"];
    let leaf = prop_oneof![proptest::sample::select(scalars).prop_map(str::to_owned), text()];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let field = (key(), inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec(field, 0..8).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}

/// An event with a few fields of any kind among those of a real one.
fn event() -> impl Strategy<Value = String> {
    let field = (key(), value()).prop_map(|(key, value)| format!("{key}:{value}"));
    let real = Just(r#""log":{"offset":7,"file":{"path":"a"}}"#.to_owned());
    proptest::collection::vec(prop_oneof![4 => field, 1 => real], 0..8)
        .prop_map(|fields| format!("{{{}}}", fields.join(" ,\n")))
}

/// Compares the two on bytes that may be anything.
fn compare(bytes: &[u8]) -> Result<(), TestCaseError> {
    let found = Event::parse(bytes);
    let tree: Result<Json, _> = serde_json::from_slice(bytes);
    match tree {
        // In these they differ on purpose: a number that is not read may be of any size, and half of a surrogate
        // pair may stand in a text.
        Err(error)
            if ["number out", "lone", "unexpected end of hex"]
                .iter()
                .any(|one| error.to_string().starts_with(one)) => {}
        Err(error) => {
            prop_assert!(
                matches!(found, Err(EventError::Syntax { .. } | EventError::NoEvent { .. })),
                "{error}: {found:?}"
            );
        }
        Ok(tree) => match (expected(&tree), found) {
            (Some(expected), Err(EventError::NoTime)) => {
                prop_assert_eq!((expected.beat.as_str(), expected.time_ms), ("Metricbeat", None));
            }
            (Some(expected), found) => prop_assert_eq!(found.map(|event| seen(&event)), Ok(expected)),
            (None, found) => prop_assert!(matches!(found, Err(EventError::NoEvent { .. })), "{found:?}"),
        },
    }
    Ok(())
}

proptest! {
    // A failure becomes a case of `fixtures/`, by hand.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_as_serde_json_reads_it(json in prop_oneof![event(), value()]) {
        compare(json.as_bytes())?;
    }

    #[test]
    fn json_with_a_wrong_byte_is_refused_where_serde_json_refuses_it(
        json in event(), at in any::<prop::sample::Index>(), byte in proptest::sample::select(b"\"\\{}[],:0-.eE+ tnu\x01\n/".to_vec()), how in 0..3,
    ) {
        let mut bytes = json.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => { bytes.remove(at); }
        }
        // Half a letter is taken here and not there.
        prop_assume!(std::str::from_utf8(&bytes).is_ok());
        compare(&bytes)?;
    }

    #[test]
    fn half_an_event_is_none(json in event(), at in any::<prop::sample::Index>()) {
        let half = &json.as_bytes()[..at.index(json.len())];
        prop_assert!(Event::parse(half).is_err());
    }
}

#[test]
fn depth_is_bounded_exactly() {
    use parsers::limits::JSON_DEPTH_MAX;
    let deep = |levels: u32| {
        let levels = levels as usize - 1;
        format!("{{\"message\":\"x\",\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
    };
    assert!(Event::parse(deep(JSON_DEPTH_MAX).as_bytes()).is_ok());
    let error = Event::parse(deep(JSON_DEPTH_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(error, EventError::TooDeep { column: 19 + JSON_DEPTH_MAX as usize });
    assert!(matches!(Event::parse(deep(5000).as_bytes()), Err(EventError::TooDeep { .. })));
}
