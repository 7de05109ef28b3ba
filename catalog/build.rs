//! Turns `items/*.toml` into Rust, and fails the build on a duplicate id, an unknown unit or name of a standard, or a missing
//! text.

#[path = "build/names.rs"]
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

use serde::Deserialize;

use names::Names;

/// The order in which a person reads them.
const FAMILIES: [&str; 7] =
    ["common", "stereolithography", "powder_bed", "jetting", "extrusion", "host", "adapter"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    unit: Vec<Unit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    ucum: String,
    symbol: String,
    dimension: String,
    #[serde(default)]
    zero: f64,
    #[serde(default = "one")]
    factor: f64,
    #[serde(default = "one")]
    per: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    family: String,
    title: String,
    item: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    kind: String,
    unit: Option<String>,
    range: Option<[f64; 2]>,
    said_by: Option<String>,
    codes: Option<Vec<String>>,
    text: String,
    mtconnect: String,
    otel: Option<String>,
    source: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=items");
    println!("cargo::rerun-if-changed=build");
    let out = env::var("OUT_DIR")?;
    let (units, names) = (units(Path::new(&out))?, Names::read()?);
    let mut seen = BTreeSet::new();
    let mut code = String::new();
    let mut families = String::new();
    for name in FAMILIES {
        let path = format!("items/{name}.toml");
        let family: Family =
            toml::from_str(&fs::read_to_string(&path)?).map_err(|error| format!("{path}: {error}"))?;
        let mut listed = String::new();
        for item in &family.item {
            check(item, &mut seen, &units, &names)
                .map_err(|error| format!("{path}: {}: {error}", item.id))?;
            write_item(&mut code, &family.family, item, &units)?;
            write!(listed, "&{}, ", constant(&item.id))?;
        }
        writeln!(families, "    (Family::{}, {:?}, &[{listed}]),", camel(&family.family), family.title)?;
    }
    writeln!(code, "/// Every family in reading order: its title and its items.")?;
    writeln!(code, "pub static FAMILIES: &[(Family, &str, &[&Item])] = &[\n{families}];")?;
    fs::write(Path::new(&out).join("items.rs"), code)?;
    Ok(())
}

/// Writes the units, and gives the place of each in their list.
fn units(out: &Path) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    let units: Units = toml::from_str(&fs::read_to_string("items/units.toml")?)
        .map_err(|error| format!("items/units.toml: {error}"))?;
    let mut code = String::from("pub(crate) static UNITS: &[Unit] = &[\n");
    let mut places = BTreeMap::new();
    for (place, Unit { ucum, symbol, dimension, zero, factor, per }) in units.unit.into_iter().enumerate() {
        if !([factor, per].iter().all(|number| number.is_finite() && *number > 0.0) && zero.is_finite()) {
            return Err(format!("items/units.toml: {ucum}: factor and per must be over 0").into());
        }
        writeln!(
            code,
            "Unit {{ ucum: {ucum:?}, symbol: {symbol:?}, dimension: {dimension:?}, zero: {zero:?}, factor: {factor:?}, per: {per:?} }},"
        )?;
        if places.insert(ucum.clone(), place).is_some() {
            return Err(format!("items/units.toml: {ucum} stands twice").into());
        }
    }
    fs::write(out.join("units.rs"), code + "];\n")?;
    Ok(places)
}

fn check(
    item: &Item,
    seen: &mut BTreeSet<String>,
    units: &BTreeMap<String, usize>,
    names: &Names,
) -> Result<(), String> {
    let well_formed = item.id.split('.').count() == 2
        && item.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
    if !well_formed {
        return Err("an id is `subsystem.item`, in lower case".into());
    }
    if item.id.ends_with(|c: char| c.is_ascii_digit()) {
        return Err("an id must not end in a digit: a part's number is written there on the wire".into());
    }
    if !seen.insert(item.id.replace('.', "_")) {
        return Err("this id, or its name on the wire, stands twice".into());
    }
    if item.text.trim().is_empty() {
        return Err("`text` is empty: say what a technician should know".into());
    }
    if item.source.trim().is_empty() {
        return Err(
            "`source` is empty: say where the range or the vocabulary comes from, or `estimate`".into()
        );
    }
    if item.said_by.as_ref().is_some_and(|said_by| !["log", "adapter"].contains(&said_by.as_str())) {
        return Err("`said_by` is `log` or `adapter`; an item without it is the printer's to say".into());
    }
    names.check_mtconnect(&item.mtconnect)?;
    if let Some(otel) = &item.otel {
        names.check_otel(otel)?;
    }
    let numeric = matches!(item.kind.as_str(), "gauge" | "counter");
    let coded = matches!(item.kind.as_str(), "state" | "event");
    if !numeric && !coded && !matches!(item.kind.as_str(), "identity" | "hash") {
        return Err(format!("unknown kind {:?}", item.kind));
    }
    if numeric != (item.unit.is_some() && item.range.is_some()) {
        return Err("a gauge or counter has a unit and a range, and nothing else has".into());
    }
    if coded != item.codes.as_ref().is_some_and(|codes| !codes.is_empty()) {
        return Err("a state or event has codes, and nothing else has".into());
    }
    if let Some(unit) = &item.unit
        && !units.contains_key(unit)
    {
        return Err(format!("unknown unit {unit:?}: add it to items/units.toml, as UCUM writes it"));
    }
    match item.range {
        Some([low, high]) if low >= high => Err("the range is empty".into()),
        _ => Ok(()),
    }
}

fn write_item(
    out: &mut String,
    family: &str,
    item: &Item,
    units: &BTreeMap<String, usize>,
) -> Result<(), Box<dyn Error>> {
    let kind = match (item.kind.as_str(), item.range, &item.codes) {
        ("gauge", Some([low, high]), _) => format!("Kind::Gauge(Range {{ low: {low:?}, high: {high:?} }})"),
        ("counter", Some([low, high]), _) => {
            format!("Kind::Counter(Range {{ low: {low:?}, high: {high:?} }})")
        }
        ("state", _, Some(codes)) => format!("Kind::State(&{codes:?})"),
        ("event", _, Some(codes)) => format!("Kind::Event(&{codes:?})"),
        ("identity", ..) => "Kind::Identity".into(),
        _ => "Kind::Hash".into(),
    };
    let unit = units.get(item.unit.as_deref().unwrap_or("1")).ok_or("there is no unit 1")?;
    let said_by = if family == "adapter" { family } else { item.said_by.as_deref().unwrap_or("printer") };
    let otel = item.otel.clone().unwrap_or_else(|| format!("oneway.{}", item.id));
    writeln!(out, "/// {}.", item.text)?;
    writeln!(
        out,
        "pub static {}: Item = Item {{ id: {:?}, property: {:?}, family: Family::{}, said_by: SaidBy::{}, \
         kind: {kind}, unit: &UNITS[{unit}], text: {:?}, mtconnect: {:?}, otel: {otel:?}, source: {:?} }};",
        constant(&item.id),
        item.id,
        item.id.replace('.', "_"),
        camel(family),
        camel(said_by),
        item.text,
        item.mtconnect,
        item.source,
    )?;
    Ok(())
}

fn constant(id: &str) -> String {
    id.replace('.', "_").to_uppercase()
}

fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}
