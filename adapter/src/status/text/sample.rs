//! Documents as four adapters would write them: the examples of `docs/status.md`.

use crate::counters::Counters;
use crate::half::Half;
use crate::status::document::{
    BufferPart, Document, LinkPart, ListenerPart, PlatformPart, PrinterPart, ProcessPart, PushPart,
    QueriesPart, ReasonsPart, RefusedPart, StrangerPart, StrangersPart, SystemPart, TroublePart, UnreadPart,
    WaysPart,
};

/// All is well.
pub(crate) fn healthy() -> Document {
    Document {
        half: Half::Whole,
        adapter: "oslo-1".into(),
        version: "0.1.0".into(),
        uptime_s: 275_000.0,
        process: ProcessPart {
            memory_bytes: Some(14_889_779),
            memory_peak_bytes: Some(18_769_510),
            cpu_s: Some(1_312.0),
        },
        platform: PlatformPart {
            url: "https://platform.example.com/".into(),
            stored_s_ago: Some(0.213),
            trouble: None,
            retry_in_s: None,
            parked: [].into(),
        },
        link: None,
        buffer: BufferPart { readings: 12, bytes: 1_440, bytes_max: 64 << 20, oldest_s: Some(0.062) },
        listener: Some(ListenerPart {
            address: "0.0.0.0:5044".into(),
            tls: true,
            client_certificates: true,
            certificate_days: Some(58.2),
            reloads: 1,
            reload_problem: None,
        }),
        push_listener: None,
        printers: vec![
            printer("p01", Some(2), None, Some("available")),
            printer("p02", Some(1), None, Some("available")),
            printer("p03", None, Some("/srv/p03/logs"), None),
        ],
        system: None,
        strangers: StrangersPart { shown: Vec::new(), forgotten: 0 },
        counters: Counters::default().snapshot(),
        reasons: ReasonsPart {
            senders_refused: [].into(),
            frames_refused: [].into(),
            lines_unmatched: [("unknown_format".into(), 3)].into(),
        },
    }
}

/// The platform has been away for a while, and much besides is not as it should be.
pub(crate) fn in_trouble() -> Document {
    let mut document = healthy();
    document.platform.trouble = Some(TroublePart {
        why: "the platform is out of reach: Connection refused (os error 111); the data is kept".into(),
        since_s_ago: 754.0,
    });
    document.platform.stored_s_ago = Some(756.3);
    document.platform.retry_in_s = Some(8.2);
    let why = "the platform does not know it, or this adapter's key is not for it".into();
    document.platform.parked = [("oslo-1.p02".into(), TroublePart { why, since_s_ago: 9_000.0 })].into();
    document.buffer =
        BufferPart { readings: 120_341, bytes: 14_440_920, bytes_max: 64 << 20, oldest_s: Some(756.4) };
    document.counters.readings_given_up = 1_204;
    document.counters.readings_thinned = 86_331;
    document.counters.readings_refused = 7;
    document.listener = Some(ListenerPart {
        address: "0.0.0.0:5044".into(),
        tls: true,
        client_certificates: false,
        certificate_days: Some(3.4),
        reloads: 0,
        reload_problem: Some("adapter.key: holds no private key".into()),
    });
    document.printers = vec![
        PrinterPart {
            readings_refused: 7,
            refused: vec![
                refused(Some("laser.power"), "no_unit", 5),
                refused(Some("door.state"), "unknown_code", 1),
                refused(None, "too_long", 1),
            ],
            ..printer("p01", Some(2), None, Some("printer_off"))
        },
        PrinterPart {
            heard_s_ago: None,
            lines_read: 0,
            readings_made: 0,
            ..printer("p02", Some(0), None, None)
        },
        PrinterPart {
            lines_unmatched: 12_034,
            unmatched: [("unknown_format".into(), 12_034)].into(),
            unread: vec![unread("file", 2, 1), unread("old_files", 31, 1)],
            ..printer("p03", None, Some("/srv/p03/logs"), None)
        },
    ];
    document.reasons.frames_refused = [("tls_hello".into(), 2), ("inflate_corrupt".into(), 1)].into();
    document
}

/// Printers call by themselves: one is connected, one was, one never has, and one is nobody's.
pub(crate) fn with_callers() -> Document {
    let mut document = healthy();
    document.push_listener = document.listener.take().map(|listener| ListenerPart {
        address: "0.0.0.0:7881".into(),
        reloads: 0,
        ..listener
    });
    let push = PushPart {
        connected_s: Some(75_600.0),
        address: Some([10, 0, 0, 4].into()),
        acknowledged: Some(120_442),
        gaps: 0,
        lost: 0,
        refused: [].into(),
        reachability: Some("available".into()),
        since_s_ago: Some(75_600.0),
    };
    let caller = |id: &str, push: PushPart| {
        let mut caller = printer(id, None, None, None);
        caller.ways.push = Some(push);
        (caller.lines_read, caller.lines_unmatched, caller.unmatched) = (0, 0, [].into());
        caller
    };
    document.printers = vec![
        caller("p04", push.clone()),
        caller(
            "p05",
            PushPart {
                connected_s: None,
                address: Some([10, 0, 0, 5].into()),
                acknowledged: Some(881),
                gaps: 1,
                lost: 311,
                refused: [("a frame was refused".into(), 2)].into(),
                reachability: Some("printer_off".into()),
                since_s_ago: Some(1_260.0),
            },
        ),
        PrinterPart {
            heard_s_ago: None,
            readings_made: 0,
            ..caller(
                "p06",
                PushPart {
                    connected_s: None,
                    address: None,
                    acknowledged: None,
                    reachability: Some("network_unreachable".into()),
                    since_s_ago: Some(9_000.0),
                    ..push
                },
            )
        },
    ];
    document.strangers.shown = vec![StrangerPart {
        certificate: Some("p07".into()),
        address: [10, 0, 0, 7].into(),
        reason: "unknown printer".into(),
        why: "p07".into(),
        times: 3,
        first_s_ago: 252.0,
        last_s_ago: 3.1,
        lines: Some("[[printers]]\nid = \"p07\"\npush = { certificate = \"p07\" }\n".into()),
    }];
    document.reasons.lines_unmatched = [].into();
    document.reasons.senders_refused = [("unknown printer".into(), 3)].into();
    document.reasons.frames_refused = [("checksum".into(), 2)].into();
    document
}

/// Some senders are not known.
pub(crate) fn with_strangers() -> Document {
    let mut document = healthy();
    let lines = "[[printers]]\nid = \"p07\"\nfamily = \"projet\"\nbeats = { certificate = \"p07\" }\n";
    document.strangers.shown = vec![
        StrangerPart {
            certificate: Some("p07".into()),
            address: [10, 0, 0, 7].into(),
            reason: "unknown sender".into(),
            why: "p07".into(),
            times: 12,
            first_s_ago: 252.0,
            last_s_ago: 3.1,
            lines: Some(lines.into()),
        },
        StrangerPart {
            certificate: None,
            address: [10, 0, 0, 99].into(),
            reason: "TLS handshake".into(),
            why: "peer sent no certificates".into(),
            times: 1,
            first_s_ago: 4_000.0,
            last_s_ago: 4_000.0,
            lines: None,
        },
    ];
    document.reasons.senders_refused = [("unknown sender".into(), 12), ("TLS handshake".into(), 1)].into();
    document
}

/// The half on the printers' network, while the uplink is away.
pub(crate) fn intake() -> Document {
    let mut document = healthy();
    document.half = Half::Intake;
    document.platform.url = "unix:/run/oneway/link.sock".into();
    document.platform.trouble = Some(TroublePart {
        why:
            "no uplink is there: Connection refused (os error 111); does `adapter uplink` run? (the link at \
              /run/oneway/link.sock); the data is kept"
                .into(),
        since_s_ago: 12.4,
    });
    document.platform.stored_s_ago = Some(12.9);
    document.platform.retry_in_s = Some(2.1);
    document.link = Some(LinkPart {
        socket: "/run/oneway/link.sock".into(),
        connected_s: None,
        heard_s_ago: Some(12.9),
        batches: 12_041,
        frames_refused: [].into(),
        peers_refused: [].into(),
    });
    document
}

/// The half on the way out.
pub(crate) fn uplink() -> Document {
    let mut document = healthy();
    document.half = Half::Uplink;
    document.buffer = BufferPart { readings: 0, bytes: 0, bytes_max: 1 << 20, oldest_s: None };
    (document.listener, document.printers) = (None, Vec::new());
    document.reasons.lines_unmatched = [].into();
    document.link = Some(LinkPart {
        socket: "/run/oneway/link.sock".into(),
        connected_s: Some(75_600.0),
        heard_s_ago: Some(0.3),
        batches: 12_041,
        frames_refused: [("unknown_code".into(), 1)].into(),
        peers_refused: [("a second intake".into(), 2)].into(),
    });
    document.system = Some(SystemPart {
        version: "1.4.0".into(),
        state: "went_back".into(),
        newest: Some("1.5.0".into()),
        refused: [("forged".into(), 1), ("older".into(), 2)].into(),
        last: Some("1.5.0 is the newest that there is, and was taken before".into()),
    });
    document
}

fn refused(item: Option<&str>, reason: &str, times: u64) -> RefusedPart {
    RefusedPart { item: item.map(str::to_owned), reason: reason.into(), times }
}

fn unread(reason: &str, now: u64, times: u64) -> UnreadPart {
    UnreadPart { reason: reason.into(), now, times }
}

fn printer(id: &str, beats: Option<usize>, logs: Option<&str>, reach: Option<&str>) -> PrinterPart {
    let queries = beats.map(|_| QueriesPart {
        interface: "PIP".into(),
        address: format!("{id}.lan:7881"),
        reachability: reach.map(ToOwned::to_owned),
        since_s_ago: reach.map(|_| 190.0),
        connections_lost: 0,
        clock_ahead_s: None,
    });
    PrinterPart {
        id: id.into(),
        ways: WaysPart { beats_connections: beats, logs: logs.map(ToOwned::to_owned), push: None, queries },
        heard_s_ago: Some(0.41),
        lines_read: 12_034,
        lines_unmatched: if id == "p03" { 3 } else { 0 },
        unmatched: if id == "p03" { [("unknown_format".into(), 3)].into() } else { [].into() },
        readings_refused: 0,
        refused: Vec::new(),
        texts_redacted: 118,
        unread: Vec::new(),
        readings_made: 1_036_102,
        readings_waiting: 4,
    }
}
