//! Writing the infotable: what the adapter sends.

use data_encoding::BASE64URL_NOPAD;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::row::Row;

const HEAD: &str = concat!(
    r#"{"values":{"dataShape":{"fieldDefinitions":{"#,
    r#""name":{"name":"name","baseType":"STRING","aspects":{"isPrimaryKey":true}},"#,
    r#""time":{"name":"time","baseType":"DATETIME"},"#,
    r#""value":{"name":"value","baseType":"VARIANT"},"#,
    r#""quality":{"name":"quality","baseType":"STRING"}"#,
);
const OWN_FIELDS: &str = concat!(
    r#","origin":{"name":"origin","baseType":"STRING"}"#,
    r#","native":{"name":"native","baseType":"STRING"}"#
);
const ROWS: &str = r#"}},"rows":"#;
const TAIL: &str = "}}";

/// The body of `UpdatePropertyValues` that carries these rows, at most [`crate::limits::ROWS_MAX`]. Without origins a
/// platform knows a row by its name and time alone, and two values in one millisecond become one; what the maker wrote
/// in its own unit goes with the origins or not at all.
pub fn encode_update(rows: &[Row], with_origin: bool) -> Vec<u8> {
    let mut body = HEAD.as_bytes().to_vec();
    if with_origin {
        body.extend_from_slice(OWN_FIELDS.as_bytes());
    }
    body.extend_from_slice(ROWS.as_bytes());
    // Writing our own rows to a vector cannot fail.
    let _ = serde_json::to_writer(&mut body, &RowsOut { rows, with_origin });
    body.extend_from_slice(TAIL.as_bytes());
    body
}

struct RowsOut<'a> {
    rows: &'a [Row],
    with_origin: bool,
}

impl Serialize for RowsOut<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.rows.iter().map(|row| RowOut { row, with_origin: self.with_origin }))
    }
}

struct RowOut<'a> {
    row: &'a Row,
    with_origin: bool,
}

impl Serialize for RowOut<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Row { name, time, value, quality, origin, native } = self.row;
        let mut out = to.serialize_struct("Row", 6)?;
        out.serialize_field("name", name)?;
        // Both forms of DATETIME are allowed, and this one has no calendar's bounds.
        out.serialize_field("time", &time.0)?;
        out.serialize_field("value", value)?;
        out.serialize_field("quality", quality)?;
        if let Some(origin) = origin.filter(|_| self.with_origin) {
            out.serialize_field("origin", &BASE64URL_NOPAD.encode(&origin.to_bytes()))?;
        }
        if let Some(native) = native.as_ref().filter(|_| self.with_origin) {
            out.serialize_field("native", native)?;
        }
        out.end()
    }
}
