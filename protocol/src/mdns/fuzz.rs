//! The body of the fuzz target, called by a unit test as well.

use super::{Data, Name, Record, Wanted, answer, question};
use crate::limits;

/// Whatever the bytes are: no panic, no more than the limits, and each name that was read can be asked for, and is read
/// from the question as the same.
#[doc(hidden)]
pub fn fuzz_body(packet: &[u8]) {
    let Ok(Some(records)) = answer(packet) else { return };
    assert!(records.len() <= limits::MDNS_RECORDS_MAX);
    for Record { name, data } in &records {
        survives(name);
        match data {
            Data::Service(name) | Data::Place { host: name, .. } => survives(name),
            Data::Txt(_) | Data::Address(_) => {}
        }
    }
}

fn survives(name: &Name) {
    assert!(name.length() <= limits::MDNS_NAME_BYTES_MAX);
    let packet = question(name, Wanted::Place);
    assert_eq!(Name::read(&packet, 12), Ok((name.clone(), packet.len() - 4)));
    assert_eq!(answer(&packet), Ok(None), "a question is no answer");
}
