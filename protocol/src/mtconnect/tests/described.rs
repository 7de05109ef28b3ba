//! Events in the form of `expected.json`.

use serde_json::{Map, Value as Json, json};

use super::super::fuzz::Outcome;
use super::super::*;

pub(super) fn outcome((events, finished): &Outcome) -> Json {
    let events: Vec<Json> = events.iter().map(event).collect();
    match finished {
        Ok(()) => json!({ "events": events }),
        Err(error) => json!({ "events": events, "error": error.name(), "line": error.line }),
    }
}

fn event(event: &Event) -> Json {
    match event {
        Event::Header(header) => fields([
            ("header", json!(format!("{:?}", header.document))),
            ("instance", json!(header.instance)),
            ("created", json!(header.created.map(crate::time::format))),
            ("buffer", json!(header.buffer_size)),
            ("first", json!(header.first_sequence)),
            ("last", json!(header.last_sequence)),
            ("next", json!(header.next_sequence)),
            ("model_changed", text(header.model_changed.as_ref())),
        ]),
        Event::Device(device) => fields([
            ("device", text(device.name.as_ref())),
            ("uuid", text(device.uuid.as_ref())),
            ("agent", json!(device.is_agent.then_some(true))),
        ]),
        Event::Description(description) => fields([
            ("manufacturer", text(description.manufacturer.as_ref())),
            ("model", text(description.model.as_ref())),
            ("serial", text(description.serial.as_ref())),
        ]),
        Event::DataItem(item) => data_item(item),
        Event::Observation(observation) => observed(observation),
        Event::Error(error) => json!({ "agent_error": error.code.as_str() }),
        Event::Unfit(unfit) => json!({ "unfit": format!("{unfit:?}") }),
    }
}

fn data_item(item: &DataItem) -> Json {
    let constraints = &item.constraints;
    let values: Vec<&str> = constraints.values.iter().map(Text::as_str).collect();
    let component = |component: &Component| {
        let name = component.name.as_ref().map(|name| format!(" {}", name.as_str())).unwrap_or_default();
        format!("{}{name}", component.kind.as_str())
    };
    fields([
        ("item", json!(item.id.as_str())),
        ("category", json!(format!("{:?}", item.category))),
        ("type", json!(item.kind.as_str())),
        ("sub_type", text(item.sub_type.as_ref())),
        ("name", text(item.name.as_ref())),
        ("units", text(item.units.as_ref())),
        ("native_units", text(item.native_units.as_ref())),
        ("representation", text(item.representation.as_ref())),
        ("statistic", text(item.statistic.as_ref())),
        ("values", if values.is_empty() { Json::Null } else { json!(values) }),
        ("minimum", json!(constraints.minimum)),
        ("maximum", json!(constraints.maximum)),
        ("nominal", json!(constraints.nominal)),
        ("of", json!(item.components.iter().map(component).collect::<Vec<_>>())),
    ])
}

fn observed(observation: &Observation) -> Json {
    let value = match &observation.value {
        Value::Unavailable => json!({ "unavailable": true }),
        Value::Text(text) => json!(text.as_str()),
        Value::Empty => json!(""),
        Value::Unread => json!({ "unread": true }),
        Value::Condition { level, kind, native_code, qualifier } => fields([
            ("level", json!(format!("{level:?}"))),
            ("type", text(kind.as_ref())),
            ("native_code", text(native_code.as_ref())),
            ("qualifier", text(qualifier.as_ref())),
        ]),
    };
    fields([
        ("observed", json!(observation.data_item.as_str())),
        ("sequence", json!(observation.sequence)),
        ("time", json!(observation.time.map(crate::time::format))),
        ("value", value),
    ])
}

fn text(text: Option<&Text>) -> Json {
    json!(text.map(Text::as_str))
}

/// What is not there is left out.
fn fields<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let present = fields.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(present.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}
