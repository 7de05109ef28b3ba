//! What an answer shows of the printer, and what follows on it.

use super::super::model::why;
use catalog::items;

use super::*;

fn devices(contents: &str) -> String {
    format!(
        "<MTConnectDevices><Header instanceId='1'/><Devices><Agent id='x'/>{contents}</Devices></MTConnectDevices>"
    )
}

fn device() -> String {
    devices(
        "<Device id='d' name='M'><DataItems><DataItem id='a' category='EVENT' type='AVAILABILITY'/>\
         <DataItem id='c' category='CONDITION' type='TEMPERATURE'/>\
         <DataItem id='e' category='EVENT' type='EXECUTION'/></DataItems></Device>",
    )
}

fn streams(next: u64, contents: &str) -> String {
    format!(
        "<MTConnectStreams><Header instanceId='1' firstSequence='1' lastSequence='{}' nextSequence='{next}'/><Streams>\
         <DeviceStream><ComponentStream>{contents}</ComponentStream></DeviceStream></Streams></MTConnectStreams>",
        next - 1
    )
}

fn known() -> Talk {
    let mut talk = Talk::new();
    talk.answer(200, &device());
    let (_, verdict, _) = talk.answer(200, &streams(1, ""));
    assert_eq!(verdict, Verdict::Works);
    talk
}

fn codes(words: &Words, id: &str) -> Vec<String> {
    let of = words.readings.iter().filter(|reading| reading.item().id() == id);
    of.map(|reading| text(reading).split(' ').nth(3).unwrap().to_owned()).collect()
}

#[test]
fn an_agent_for_several_devices_or_none_is_refused_and_says_what_to_write() {
    for (contents, words) in [
        ("", "the agent has no device"),
        (
            "<Device id='a'/><Device id='b'/>",
            "the agent speaks for several devices: write the name of one behind the url",
        ),
    ] {
        let mut talk = Talk::new();
        for _ in 0..2 {
            let (asked, verdict, _) = talk.answer(200, &devices(contents));
            assert_eq!(asked, Ask::Probe);
            assert_eq!(verdict, Verdict::Cannot(Trouble::Refused(words.into()), Duration::ZERO));
        }
    }
}

#[test]
fn a_printer_that_its_agent_does_not_hear_is_off() {
    let mut talk = known();
    let event = |sequence: u64, word| {
        let event = format!(
            "<Events><Availability dataItemId='a' sequence='{sequence}'>{word}</Availability></Events>"
        );
        streams(sequence + 1, &event)
    };
    let (_, verdict, _) = talk.answer(200, &event(1, "UNAVAILABLE"));
    assert!(matches!(verdict, Verdict::Shows(Trouble::Off(_))), "{verdict:?}");
    let (_, verdict, _) = talk.answer(200, &streams(2, ""));
    assert!(matches!(verdict, Verdict::Shows(Trouble::Off(_))), "{verdict:?}");
    assert_eq!(talk.answer(200, &event(2, "AVAILABLE")).1, Verdict::Works);
}

#[test]
fn a_condition_is_an_alarm_until_each_of_its_codes_is_normal_again() {
    let mut talk = known();
    let condition = |sequence, level, code| {
        let time = format!("timestamp='2026-11-18T11:00:00.{sequence:03}Z'");
        format!(
            "<Condition><{level} dataItemId='c' sequence='{sequence}' {time} type='TEMPERATURE' nativeCode='{code}' qualifier='HIGH'/></Condition>"
        )
    };
    for (sequence, level, code, active) in [
        (1, "Fault", "E-1", "yes"),
        (2, "Warning", "E-2", "yes"),
        (3, "Normal", "E-1", "yes"),
        (4, "Normal", "E-2", "no"),
        (5, "Fault", "E-1", "yes"),
        (6, "Warning", "E-2", "yes"),
        (7, "Normal", "", "no"),
    ] {
        let (_, _, words) = talk.answer(200, &streams(sequence + 1, &condition(sequence, level, code)));
        assert_eq!(codes(&words, "alarm.active"), [active], "{sequence}");
        if level != "Normal" {
            assert_eq!(codes(&words, "alarm.class"), ["thermal"]);
            assert_eq!(codes(&words, "alarm.qualifier"), ["high"]);
            assert_eq!(codes(&words, "alarm.native_code"), [&code[2..]]);
        }
    }
    // Silence is no health.
    let (_, _, words) = talk.answer(200, &streams(9, &condition(8, "Unavailable", "")));
    assert_eq!(codes(&words, "alarm.active"), [] as [&str; 0]);
}

#[test]
fn observations_are_said_in_the_order_of_their_numbers() {
    let mut talk = known();
    let event = |sequence: u64, word: &str| {
        format!(
            "<Execution dataItemId='e' sequence='{sequence}' timestamp='2026-11-18T11:00:00Z'>{word}</Execution>"
        )
    };
    let events = [event(2, "READY"), event(3, "FEED_HOLD"), event(1, "ACTIVE")].concat();
    let (_, _, words) = talk.answer(200, &streams(4, &format!("<Events>{events}</Events>")));
    assert_eq!(codes(&words, "printer.state"), ["building", "ready", "paused"]);
}

#[test]
fn a_wrapped_ring_is_said_exactly() {
    let mut talk = known();
    let error = "<MTConnectError><Header instanceId='1'/><Errors><Error errorCode='OUT_OF_RANGE'/></Errors></MTConnectError>";
    let (asked, verdict, _) = talk.answer(404, error);
    assert_eq!((asked, verdict), (Ask::Sample { from: 1, count: 500 }, Verdict::Alive));
    let wrapped = "<MTConnectStreams><Header instanceId='1' firstSequence='4096' lastSequence='5000' nextSequence='5001'/><Streams/></MTConnectStreams>";
    let (asked, _, words) = talk.answer(200, wrapped);
    assert_eq!(asked, Ask::Current);
    assert_eq!(codes(&words, "interface.event"), ["gap"]);
    assert_eq!(codes(&words, "interface.lost"), ["4095"]);
    let (asked, ..) = talk.answer(200, wrapped);
    assert_eq!(asked, Ask::Sample { from: 4096, count: 500 });
}

/// Else one that counts up as fast as it is asked would take a core of the adapter.
#[test]
fn an_agent_that_always_has_more_is_asked_so_often_in_an_interval() {
    let mut talk = known();
    let (begun, mut questions) = (talk.now.mono, 0);
    while talk.now.mono < begun + Duration::from_secs(3) {
        let next = questions + 2;
        let more = streams(u64::MAX, "")
            .replace(&format!("nextSequence='{}'", u64::MAX), &format!("nextSequence='{next}'"));
        talk.answer(200, &more);
        questions += 1;
    }
    // Of the first interval two were asked before, and the last answer is that of the fourth.
    assert_eq!(questions, u64::from(2 * ROUND_QUESTIONS_MAX + 1));
}

#[test]
fn what_the_adapter_itself_proves_is_not_the_agents_to_say() {
    let (mut talk, mut items) = (Talk::new(), String::new());
    for kind in
        ["INTERFACE_LOST", "INTERFACE_EVENT", "LOG_RECORD", "LOG_EVENT", "ALARM_SHAPE", "NOBODY_KNOWS"]
    {
        let item = format!("<DataItem id='{kind}' category='EVENT' type='x:{kind}'/>");
        items += &item;
    }
    let device = devices(&format!("<Device id='d'><DataItems>{items}</DataItems></Device>"));
    let (_, _, words) = talk.answer(200, &device);
    assert_eq!(words.refused, [(None, why::NO_ROW); 6]);
}

#[test]
fn a_number_without_a_unit_is_taken_where_it_is_a_count_only() {
    let item = |kind: &str, more: &str| {
        let id = kind.len();
        format!("<DataItem id='i{id}' category='SAMPLE' type='{kind}' {more}/>")
    };
    for (items, refused) in [
        (item("WATTAGE", "units='WATT'"), vec![]),
        (item("WATTAGE", ""), vec![(Some(&items::FUSION_LASER_POWER), why::UNIT)]),
        (item("WATTAGE", "units='COUNT'"), vec![(Some(&items::FUSION_LASER_POWER), why::UNIT)]),
        (item("MATERIAL_LAYER", "subType='ACTUAL'"), vec![]),
        (item("MATERIAL_LAYER", "subType='ACTUAL' units='COUNT'"), vec![]),
        (item("PROCESS_TIME", "subType='START'"), vec![]),
        (item("PART_COUNT", "subType='GOOD'"), vec![]),
    ] {
        let device = format!(
            "<Device id='d'><Components><Auxiliary id='l' name='laser'><DataItems>{items}</DataItems></Auxiliary></Components></Device>"
        );
        let (_, _, words) = Talk::new().answer(200, &devices(&device));
        assert_eq!(words.refused, refused, "{items}");
    }
}

#[test]
fn an_alarm_is_not_taken_for_that_of_another_condition_after_the_model_has_changed() {
    let condition =
        |id: &str, kind: &str| format!("<DataItem id='{id}' category='CONDITION' type='{kind}'/>");
    let model = |version: u8, conditions: &str| {
        devices(&format!("<Device id='d'><DataItems>{conditions}</DataItems></Device>"))
            .replace("instanceId='1'", &format!("instanceId='1' deviceModelChangeTime='{version}'"))
    };
    let current = |version: u8, level: &str, id: &str| {
        let condition = format!("<Condition><{level} dataItemId='{id}' sequence='1' type='T'/></Condition>");
        streams(2, &condition)
            .replace("instanceId='1'", &format!("instanceId='1' deviceModelChangeTime='{version}'"))
    };
    let mut talk = Talk::new();
    talk.answer(200, &model(1, &condition("c", "TEMPERATURE")));
    let (_, _, words) = talk.answer(200, &current(1, "Fault", "c"));
    assert_eq!(codes(&words, "alarm.class"), ["thermal"]);
    // Seen in an answer's header, which is still read by the old model.
    let (asked, ..) = talk.answer(200, &current(2, "Fault", "c"));
    assert_eq!(asked, Ask::Sample { from: 2, count: 500 });
    let (asked, ..) = talk.answer(200, &model(2, &condition("p", "POSITION")));
    assert_eq!(asked, Ask::Probe);
    let (asked, _, words) = talk.answer(200, &current(2, "Fault", "p"));
    assert_eq!((asked, codes(&words, "alarm.class")), (Ask::Current, vec!["motion".to_owned()]));
}

#[test]
fn whose_fault_it_is_is_told_by_the_agents_code() {
    for (status, code, expected) in [
        (200, "UNAUTHORIZED", "refused"),
        (404, "NO_DEVICE", "refused"),
        (404, "INVALID_URI", "refused"),
        (500, "INTERNAL_ERROR", "printer_failed"),
        (200, "SOMETHING_NEW", "printer_failed"),
    ] {
        let document = format!(
            "<MTConnectError><Header/><Errors><Error errorCode='{code}'>Anna</Error></Errors></MTConnectError>"
        );
        let (_, verdict, _) = Talk::new().answer(status, &document);
        let Verdict::Cannot(trouble, _) = verdict else { panic!("{verdict:?}") };
        assert_eq!(trouble.code(), expected, "{code}");
        assert!(!trouble.to_string().contains("Anna"));
    }
    // No agent at all.
    for (status, document) in [(200, "<html>"), (200, "{}"), (200, "")] {
        let (_, verdict, words) = Talk::new().answer(status, document);
        assert!(matches!(verdict, Verdict::Close(Some(Trouble::Nonsense(_)), _)), "{verdict:?}");
        assert_eq!(words.refused.len(), 1);
    }
    let (_, verdict, _) = Talk::new().answer(404, "no such page");
    assert!(matches!(verdict, Verdict::Cannot(Trouble::Nonsense(_), _)), "{verdict:?}");
}
