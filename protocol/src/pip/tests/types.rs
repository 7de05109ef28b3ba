//! Every value of the type byte: what a reader can send, and what a printer refuses.

use super::super::*;
use super::{raw, text};

/// Each variant that there is, in the order of the match below. A new variant does not compile until it stands here,
/// and [`every_request`] fails until it is made there.
const VARIANTS: usize = 8;

fn variant(request: &Request) -> usize {
    match request {
        Request::Hello(_) => 0,
        Request::Describe => 1,
        Request::Read(_) => 2,
        Request::Alarms => 3,
        Request::Events(_) => 4,
        Request::Subscribe(_) => 5,
        Request::NotifyAck(_) => 6,
        Request::Ping => 7,
    }
}

/// One request of each variant.
fn every_request() -> Vec<Request> {
    let hello = Hello { version_min: 1, version_max: 1, client: text("test"), payload_bytes_max: 65_536 };
    let credits = Credits::MAX;
    let requests = vec![
        Request::Hello(hello),
        Request::Describe,
        Request::Read(Read::Ids(vec![text("laser.power")])),
        Request::Alarms,
        Request::Events(EventsFrom { from: Some(1), events_max: None }),
        Request::Subscribe(Subscribe { from: None, credits, interval_ms: 0 }),
        Request::NotifyAck(NotifyAck { sequence: 1, credits }),
        Request::Ping,
    ];
    assert!(requests.iter().map(variant).eq(0..VARIANTS));
    requests
}

/// The queries, and the one acknowledgement: all that may ever go to a printer.
const SENT_TO_PRINTERS: [u8; 8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10];

#[test]
fn of_all_256_types_only_the_queries_and_the_acknowledgement_can_be_sent_to_a_printer() {
    for code in 0..=u8::MAX {
        // The type stands in the fifth byte, and nothing but the variant chooses it.
        let sent = every_request().iter().filter(|request| request.encode(7)[5] == code).count();
        assert_eq!(sent, usize::from(SENT_TO_PRINTERS.contains(&code)), "{}", FrameType(code));
        if FrameType(code).is_write() {
            assert_eq!(sent, 0, "{}", FrameType(code));
        }
    }
}

#[test]
fn no_payload_makes_a_frame_of_another_type_into_a_request() {
    for code in 0..=u8::MAX {
        for request in every_request() {
            match Request::parse(&raw(code, request.frame(1).payload())) {
                Ok(parsed) => assert_eq!((parsed.kind().0, SENT_TO_PRINTERS.contains(&code)), (code, true)),
                Err(Error::Unsupported(kind)) => {
                    assert_eq!((kind.0, SENT_TO_PRINTERS.contains(&code)), (code, false));
                }
                Err(error) => assert_eq!(error.name(), "payload", "{code:#04x}"),
            }
        }
    }
}

#[test]
fn every_type_that_is_no_request_is_refused_and_named() {
    for code in (0..=u8::MAX).filter(|code| !SENT_TO_PRINTERS.contains(code)) {
        let error = Request::parse(&raw(code, b"{}")).unwrap_err();
        assert_eq!(error, Error::Unsupported(FrameType(code)));
        assert_eq!((error.code(), error.closes()), (ErrorCode::UNSUPPORTED, false));
        let named = error.to_string().contains("reserved for writes");
        assert_eq!(named, (0x80..=0xBF).contains(&code), "{error}");
    }
}

#[test]
fn a_reader_takes_nothing_that_only_a_reader_sends() {
    for code in 0..=u8::MAX {
        let known = !matches!(Reply::parse(&raw(code, b"{}")), Err(Error::Unsupported(_)));
        assert!(!known || (0x41..0x80).contains(&code), "{}", FrameType(code));
    }
}
