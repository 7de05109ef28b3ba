//! The bounds, each at its edge.

use super::super::fuzz::read;
use super::super::*;
use crate::limits::*;

fn streams(contents: &str) -> String {
    format!(
        "<MTConnectStreams><Header instanceId='1' nextSequence='2'/><Streams><DeviceStream><ComponentStream>\
         {contents}</ComponentStream></DeviceStream></Streams></MTConnectStreams>"
    )
}

fn wrong(document: &str) -> Option<Wrong> {
    let whole = read([document.as_bytes()]);
    assert_eq!(read(document.as_bytes().chunks(4099)), whole);
    whole.1.err().map(|error| error.wrong)
}

fn message(text: &str) -> Value {
    let document =
        streams(&format!("<Events><Message dataItemId='m' sequence='1'>{text}</Message></Events>"));
    let (events, finished) = read([document.as_bytes()]);
    assert_eq!(finished, Ok(()));
    assert_eq!(read(document.as_bytes().chunks(1)).0, events);
    let Some(Event::Observation(observation)) = events.into_iter().next_back() else { panic!() };
    observation.value
}

#[test]
fn a_text_is_kept_to_its_bound_and_passed_over_beyond() {
    let long = "x".repeat(MTCONNECT_TEXT_BYTES_MAX);
    assert_eq!(message(&long), Value::Text(Text::content(&long)));
    assert_eq!(message(&format!("{long}y")), Value::Unread);
    assert_eq!(message(&format!("<![CDATA[{long}]]>")), Value::Text(Text::content(&long)));
    assert_eq!(message(&format!("<![CDATA[{long}]]]>")), Value::Unread);
    assert_eq!(message(&format!("<![CDATA[{long}{long}]]>")), Value::Unread);
    // Two pieces of text are one text.
    assert_eq!(message(&format!("{long}<!-- -->y")), Value::Unread);
    let many = format!("<!--{long}{long}--><![CDATA[a]]b]]]><?{long} ?>");
    assert_eq!(message(&many), Value::Text(Text::content("a]]b]")));
    // A letter of two bytes across the bound.
    assert_eq!(message(&format!("{}é", &long[1..])), Value::Unread);
}

#[test]
fn a_tag_and_its_names_and_attributes_are_bounded() {
    let header = |attributes: &str| format!("<MTConnectStreams><Header {attributes}/></MTConnectStreams>");
    let name = "n".repeat(MTCONNECT_NAME_BYTES_MAX);
    assert_eq!(wrong(&header(&format!("deviceModelChangeTime='{name}'"))), None);
    assert_eq!(wrong(&header(&format!("deviceModelChangeTime='{name}n'"))), Some(Wrong::NameTooLong));
    assert_eq!(wrong(&header(&format!("sender='{name}{name}'"))), None, "one that is not kept");
    assert_eq!(wrong(&streams(&format!("<{name}></{name}>"))), None);
    assert_eq!(wrong(&streams(&format!("<n{name}/>"))), Some(Wrong::NameTooLong));
    let rest = "x".repeat(MTCONNECT_TAG_BYTES_MAX - "Header sender=''/".len());
    assert_eq!(wrong(&header(&format!("sender='{rest}'"))), None);
    assert_eq!(wrong(&header(&format!("sender='{rest}x'"))), Some(Wrong::TagTooLong));
    let attributes = |count| (0..count).map(|n| format!("a{n}='' ")).collect::<String>();
    assert_eq!(wrong(&header(&attributes(MTCONNECT_ATTRIBUTES_MAX))), None);
    assert_eq!(wrong(&header(&attributes(MTCONNECT_ATTRIBUTES_MAX + 1))), Some(Wrong::TooManyAttributes));
}

#[test]
fn elements_lie_so_deep_and_no_deeper() {
    let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    // The root, Streams, DeviceStream and ComponentStream are around it.
    assert_eq!(wrong(&streams(&nested(MTCONNECT_DEPTH_MAX - 4))), None);
    assert_eq!(wrong(&streams(&nested(MTCONNECT_DEPTH_MAX - 3))), Some(Wrong::TooDeep));
}

#[test]
fn observations_and_data_items_are_counted() {
    let events = |count| streams(&format!("<Events>{}</Events>", "<A/>".repeat(count)));
    assert_eq!(wrong(&events(MTCONNECT_OBSERVATIONS_MAX)), None);
    assert_eq!(wrong(&events(MTCONNECT_OBSERVATIONS_MAX + 1)), Some(Wrong::TooManyObservations));
    let items = |count| {
        let items = "<DataItem/>".repeat(count);
        format!(
            "<MTConnectDevices><Header/><Devices><Device><DataItems>{items}</DataItems></Device></Devices></MTConnectDevices>"
        )
    };
    assert_eq!(wrong(&items(MTCONNECT_DATA_ITEMS_MAX)), None);
    assert_eq!(wrong(&items(MTCONNECT_DATA_ITEMS_MAX + 1)), Some(Wrong::TooManyDataItems));
}

#[test]
fn only_so_many_words_of_a_constraint_are_kept() {
    let words = "<Value>W</Value>".repeat(MTCONNECT_CONSTRAINT_VALUES_MAX + 9);
    let document = format!(
        "<MTConnectDevices><Header/><Devices><Device><DataItems><DataItem id='i' type='T' category='EVENT'>\
         <Constraints>{words}</Constraints></DataItem></DataItems></Device></Devices></MTConnectDevices>"
    );
    let (events, finished) = read([document.as_bytes()]);
    assert_eq!(finished, Ok(()));
    let Some(Event::DataItem(item)) = events.last() else { panic!("{events:?}") };
    assert_eq!(item.constraints.values.len(), MTCONNECT_CONSTRAINT_VALUES_MAX);
}

/// A document of 50 MB, given as pieces that are never whole in memory: refused at its bound, with one element held.
#[test]
fn fifty_megabytes_are_walked_to_the_bound_in_bounded_memory() {
    let head = b"<MTConnectStreams><Header instanceId='1' nextSequence='2'/><Streams><DeviceStream>";
    let one = b"<ComponentStream><Events><Message dataItemId='m' sequence='1'>a text</Message></Events></ComponentStream>";
    for filling in
        [&one[..], &b"<!-- a comment that is not kept -->"[..], &b"              \n"[..], &[b'x'; 99]]
    {
        let mut reader = Reader::new();
        let (mut fed, mut room) = (0, 0);
        let mut pieces = std::iter::once(&head[..]).chain(std::iter::repeat(filling));
        let error = 'document: loop {
            let piece = pieces.next().unwrap();
            let mut input = piece;
            loop {
                match reader.next_event(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => break 'document error,
                }
            }
            (fed, room) = (fed + piece.len(), room.max(reader.room()));
        };
        let expected = if filling == one { Wrong::TooManyObservations } else { Wrong::TooLong };
        assert_eq!(error.wrong, expected);
        assert!(error.is_too_large());
        assert!(fed <= MTCONNECT_DOCUMENT_BYTES_MAX, "{fed}");
        assert!(room <= 2 * MTCONNECT_TEXT_BYTES_MAX, "{room}");
    }
}
