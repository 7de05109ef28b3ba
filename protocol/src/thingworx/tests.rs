//! Tests both ways: the cases of `fixtures/thingworx/`, and properties.

use std::borrow::Cow;

use catalog::{Identity, Item, Kind, Mark, Origin, Quality, Reading, Salt, Timestamp, Unit, items};
use data_encoding::BASE64URL_NOPAD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::{fixtures, limits};

/// What the platform makes of a body, in the form of `expected.json`.
fn outcome(body: &[u8]) -> Value {
    match decode_update(body) {
        Ok(rows) => json!({ "rows": rows.iter().map(described).collect::<Vec<_>>() }),
        Err(error) => json!({ "error": error.name() }),
    }
}

fn described(row: &Row) -> Value {
    let reading = match row.reading() {
        Ok(reading) => reading,
        Err(error) => {
            assert!(error.to_string().contains(&format!("{:?}", row.name)), "{error}");
            return json!({ "refused": error.name(), "name": row.name });
        }
    };
    let sent = Row::from_reading(&reading);
    let mut out = json!({
        "item": reading.item().id(),
        "part": reading.part(),
        "time": reading.time().0,
        "value": serde_json::to_value(&sent.value).unwrap(),
        "quality": sent.quality,
    });
    if let Some(native) = reading.native() {
        out["native"] = native.text().into();
    }
    if let Some(origin) = row.origin {
        out["origin"] = BASE64URL_NOPAD.encode(&origin.to_bytes()).into();
    }
    out
}

fn mark(part: u8, time: i64, quality: Quality) -> Mark {
    let origin = Salt::new([9; 16]).source(&[b"test"]).place(u64::from(part), 7).origin(3);
    Mark { part, time: Timestamp(time), quality, origin }
}

/// A reading of any item of the catalogue, from a number that chooses its value.
fn reading_of(item: &'static Item, choice: u32, mark: Mark) -> Reading {
    let made = match item.kind() {
        Kind::Gauge(range) | Kind::Counter(range) => {
            item.number(range.low + (range.high - range.low) * f64::from(choice) / f64::from(u32::MAX), mark)
        }
        Kind::State(codes) | Kind::Event(codes) => {
            item.code(codes[usize::try_from(choice).unwrap() % codes.len()], mark)
        }
        Kind::Hash => item.hash(Salt::new([1; 16]).hash(&choice.to_be_bytes()), mark),
        Kind::Identity => item.identity(Identity::from_interface(&format!("SN-{choice}")).unwrap(), mark),
    };
    made.unwrap()
}

#[test]
fn every_case_comes_out_as_expected() {
    for case in fixtures::cases("thingworx") {
        let body = case.file("input.json");
        assert_eq!(outcome(&body), case.expected, "{}", case.name);
        fuzz_body(&body);
    }
}

#[test]
fn every_beginning_of_a_body_is_malformed() {
    for case in fixtures::cases("thingworx").into_iter().filter(|case| case.expected.get("rows").is_some()) {
        let body = case.file("input.json");
        let whole = body.trim_ascii_end().len();
        for cut in fixtures::cuts(whole).into_iter().filter(|cut| *cut < whole) {
            assert!(
                matches!(decode_update(&body[..cut]), Err(Error::Malformed { .. })),
                "{} at {cut}",
                case.name
            );
        }
    }
}

#[test]
fn every_item_of_the_catalogue_survives_the_wire() {
    let choices = [0, 1, u32::MAX / 3, u32::MAX];
    let readings: Vec<Reading> = items::all()
        .flat_map(|item| {
            choices.map(|choice| reading_of(item, choice, mark(2, 1_795_342_530_123, Quality::Good)))
        })
        .collect();
    let rows: Vec<Row> = readings.iter().map(Row::from_reading).collect();
    let back = decode_update(&encode_update(&rows, true)).unwrap();
    let back: Vec<Reading> = back.iter().map(|row| row.reading().unwrap()).collect();
    assert_eq!(back, readings);
}

#[test]
fn what_the_maker_wrote_stands_beside_the_value_and_only_beside_an_origin() {
    let watt = Unit::by_ucum("W").unwrap();
    let reading = items::LASER_POWER.measured(0.5, watt, mark(0, 7, Quality::Good)).unwrap();
    let rows = [Row::from_reading(&reading)];
    let back = decode_update(&encode_update(&rows, true)).unwrap();
    assert_eq!(back[0].reading(), Ok(reading));
    assert_eq!(decode_update(&encode_update(&rows, false)).unwrap()[0].native, None);
    for wrong in ["", "0.5", "0.5 Cel", "0.5 mW", "inf W", "x W", "0.5 W W", "0,5 W"] {
        let row = Row { native: Some(wrong.into()), ..rows[0].clone() };
        assert_eq!(row.reading(), Err(RowError::Native { name: "laser_power".into() }), "{wrong:?}");
    }
}

#[test]
fn the_body_is_what_thingworx_takes() {
    let reading = items::LASER_POWER.number(512.3, mark(2, 1_795_342_530_123, Quality::Good)).unwrap();
    let body: Value = serde_json::from_slice(&encode_update(&[Row::from_reading(&reading)], false)).unwrap();
    let row =
        json!({ "name": "laser_power_2", "time": 1_795_342_530_123_i64, "value": 512.3, "quality": "GOOD" });
    assert_eq!(body["values"]["rows"], json!([row]));
    let fields = body["values"]["dataShape"]["fieldDefinitions"].as_object().unwrap();
    let types: Vec<_> =
        fields.iter().map(|(name, field)| (name.as_str(), field["baseType"].as_str().unwrap())).collect();
    let expected = [("name", "STRING"), ("quality", "STRING"), ("time", "DATETIME"), ("value", "VARIANT")];
    assert_eq!(types, expected);
    let with_origin: Value =
        serde_json::from_slice(&encode_update(&[Row::from_reading(&reading)], true)).unwrap();
    assert_eq!(with_origin["values"]["dataShape"]["fieldDefinitions"]["origin"]["baseType"], "STRING");
    assert_eq!(with_origin["values"]["rows"][0]["origin"].as_str().map(str::len), Some(30));
}

#[test]
fn without_an_origin_the_name_and_time_are_one() {
    let row = |name: &str, time| Row {
        name: name.into(),
        time: Timestamp(time),
        value: Scalar::Number(1.0),
        quality: Cow::Borrowed("GOOD"),
        origin: None,
        native: None,
    };
    let origin = |row: Row| -> Origin { row.reading().unwrap().origin() };
    let first = origin(row("laser_power", 5));
    assert_eq!(origin(Row { value: Scalar::Number(2.0), ..row("laser_power", 5) }), first);
    assert_ne!(origin(row("laser_power_2", 5)), first);
    assert_ne!(origin(row("laser_power", 6)), first);
    assert_ne!(origin(row("vat_temperature", 5)), first);
}

#[test]
fn the_limits_hold() {
    let row = r#"{"name":"laser_power","time":0,"value":1,"quality":"GOOD"}"#;
    let body = |rows: usize| format!(r#"{{"values":{{"rows":[{}]}}}}"#, vec![row; rows].join(","));
    assert_eq!(decode_update(body(limits::ROWS_MAX).as_bytes()).map(|rows| rows.len()), Ok(limits::ROWS_MAX));
    assert_eq!(decode_update(body(limits::ROWS_MAX + 1).as_bytes()), Err(Error::TooManyRows));
    let long = vec![b' '; limits::UPDATE_BYTES_MAX + 1];
    assert_eq!(decode_update(&long), Err(Error::TooLarge { length: long.len() }));
    assert!(Error::TooManyRows.is_too_large());
}

#[test]
fn a_full_table_of_our_own_is_within_the_limit() {
    let longest = items::all().max_by_key(|item| item.property().len()).unwrap();
    let reading = reading_of(longest, 1, mark(255, -1_795_342_530_123, Quality::Uncertain));
    let rows = vec![Row::from_reading(&reading); limits::ROWS_MAX];
    assert_eq!(decode_update(&encode_update(&rows, true)).map(|back| back == rows), Ok(true));
}

fn arbitrary_reading() -> impl Strategy<Value = Reading> {
    let item = select(items::all().collect::<Vec<_>>());
    let quality = select(vec![Quality::Good, Quality::Uncertain, Quality::Bad]);
    (item, any::<u32>(), any::<u8>(), any::<i64>(), quality)
        .prop_map(|(item, choice, part, time, quality)| reading_of(item, choice, mark(part, time, quality)))
}

proptest! {
    #[test]
    fn readings_survive_the_wire(readings in vec(arbitrary_reading(), 0..8)) {
        let rows: Vec<Row> = readings.iter().map(Row::from_reading).collect();
        let back = decode_update(&encode_update(&rows, true)).unwrap();
        let back: Vec<Reading> = back.iter().map(|row| row.reading().unwrap()).collect();
        prop_assert_eq!(back, readings);
    }

    #[test]
    fn a_number_arrives_to_the_last_bit(number in prop::num::f64::NORMAL) {
        let row = Row {
            name: "x".into(),
            time: Timestamp(0),
            value: Scalar::Number(number),
            quality: Cow::Borrowed("GOOD"),
            origin: None,
            native: None,
        };
        prop_assert_eq!(decode_update(&encode_update(std::slice::from_ref(&row), true)), Ok(vec![row]));
    }

    #[test]
    fn no_bytes_harm_the_decoder(bytes in vec(any::<u8>(), 0..200)) {
        fuzz_body(&bytes);
    }

    #[test]
    fn nothing_that_is_nearly_right_harms_the_decoder(row in "[\\[\\]{}\":,0-9a-z.]{0,60}") {
        fuzz_body(format!(r#"{{"values":{{"rows":[{row}]}}}}"#).as_bytes());
        fuzz_body(format!(r#"{{"values":{{"rows":[{{"name":"a","time":0,"quality":"GOOD","value":{row}}}]}}}}"#).as_bytes());
    }
}
