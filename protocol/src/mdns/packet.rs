//! An answer: a header, and records of which those four types are read that a service is made of.

use std::net::Ipv4Addr;

use super::question::{A, IN, PTR, SRV, TXT};
use super::{Error, Name};
use crate::limits::{MDNS_PACKET_BYTES_MAX, MDNS_RECORDS_MAX};

const HEADER_BYTES: usize = 12;
/// In the flags: this is an answer.
const ANSWER_BIT: u16 = 1 << 15;
/// In the flags: an error, which a responder never has (RFC 6762, section 18.11).
const ERROR_BITS: u16 = 0b1111;
/// In a record's class: what was heard before of this name and type is no longer so. It matters to those who keep it.
const FLUSH_BIT: u16 = 1 << 15;

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is about.
    pub name: Name,
    /// What it says.
    pub data: Data,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// This one offers the service.
    Service(Name),
    /// It is at this port of this host.
    Place {
        /// The port.
        port: u16,
        /// The host.
        host: Name,
    },
    /// It says this of itself.
    Txt(Txt),
    /// The host has this address.
    Address(Ipv4Addr),
}

/// `key=value` strings. One may be a password (OctoPrint's `p`), so that they are not to be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Txt(Vec<Vec<u8>>);

impl Txt {
    /// The value of a key, of which case does not matter and the first one counts (RFC 6763, section 6.4). What is no
    /// text in it is replaced.
    pub fn value(&self, key: &str) -> Option<String> {
        self.0.iter().find_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let (found, value) = (pair.get(..at)?, pair.get(at + 1..)?);
            found.eq_ignore_ascii_case(key.as_bytes()).then(|| String::from_utf8_lossy(value).into_owned())
        })
    }
}

impl std::fmt::Debug for Txt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Txt({} strings)", self.0.len())
    }
}

/// The records of an answer, as far as they are of the four types and still hold; `None` of a question, which anybody on
/// the network may ask.
///
/// # Errors
/// What is wrong with the packet. Nothing of it is taken then.
pub fn answer(packet: &[u8]) -> Result<Option<Vec<Record>>, Error> {
    if packet.len() > MDNS_PACKET_BYTES_MAX {
        return Err(Error::PacketTooLong);
    }
    let flags = short(packet, 2)?;
    let counts = [short(packet, 4)?, short(packet, 6)?, short(packet, 8)?, short(packet, 10)?];
    if flags & ANSWER_BIT == 0 || flags & ERROR_BITS != 0 {
        return Ok(None);
    }
    let [questions, records @ ..] = counts.map(usize::from);
    let records = records.iter().sum::<usize>();
    if questions + records > MDNS_RECORDS_MAX {
        return Err(Error::TooManyRecords);
    }
    let mut at = HEADER_BYTES;
    for _ in 0..questions {
        at = Name::read(packet, at)?.1 + 4;
    }
    let mut found = Vec::new();
    for _ in 0..records {
        let (record, end) = record(packet, at)?;
        found.extend(record);
        at = end;
    }
    Ok(Some(found))
}

/// The record that begins here, if it is one of the four types, and where it ends.
fn record(packet: &[u8], at: usize) -> Result<(Option<Record>, usize), Error> {
    let (name, at) = Name::read(packet, at)?;
    let (kind, class) = (short(packet, at)?, short(packet, at + 2)?);
    let lives = short(packet, at + 4)? != 0 || short(packet, at + 6)? != 0;
    let begin = at + 10;
    let end = begin + usize::from(short(packet, at + 8)?);
    let data = packet.get(begin..end).ok_or(Error::Truncated)?;
    // One that lives for no time is a farewell (RFC 6762, section 10.1).
    if class & !FLUSH_BIT != IN || !lives {
        return Ok((None, end));
    }
    let data = match kind {
        PTR => Data::Service(name_to(packet, begin, end)?),
        SRV => Data::Place { port: short(packet, begin + 4)?, host: name_to(packet, begin + 6, end)? },
        TXT => Data::Txt(txt(data)?),
        A => Data::Address(<[u8; 4]>::try_from(data).map_err(|_| Error::Record)?.into()),
        _ => return Ok((None, end)),
    };
    Ok((Some(Record { name, data }), end))
}

/// The name that ends a record.
fn name_to(packet: &[u8], at: usize, end: usize) -> Result<Name, Error> {
    let (name, ended) = Name::read(packet, at)?;
    if ended == end { Ok(name) } else { Err(Error::Record) }
}

fn txt(mut data: &[u8]) -> Result<Txt, Error> {
    let mut strings = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let (string, rest) = rest.split_at_checked(usize::from(*length)).ok_or(Error::Record)?;
        strings.push(string.to_vec());
        data = rest;
    }
    Ok(Txt(strings))
}

fn short(packet: &[u8], at: usize) -> Result<u16, Error> {
    let bytes = packet.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u16::from_be_bytes).ok_or(Error::Truncated)
}
