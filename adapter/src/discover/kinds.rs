//! What printers announce themselves as. The one table of it: what it names and the configuration knows is offered to be
//! pasted, and a test takes each such line through `adapter check`.

/// A kind of printer interface that announces itself.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name, for people.
    pub(super) name: &'static str,
    /// The key of `[[printers]]` that queries it.
    pub(super) interface: &'static str,
    /// The service that it announces.
    pub(super) service: &'static str,
    /// Where others announce the same service: words of which one stands in its own word for its product.
    pub(super) products: &'static [&'static str],
    /// The key of its interface that names the file of its secret.
    pub(super) secret: &'static str,
    /// Whether it answers nothing without that.
    pub(super) needs_secret: bool,
    /// Where it is said how to make one.
    pub(super) doc: &'static str,
}

/// In the order of who is believed, where one port announces itself as several. Each was read in its maker's source:
/// Prusa-Link `prusa/link/service_discovery.py` (which also says that it is an OctoPrint, for old slicers), Moonraker
/// `moonraker/components/zeroconf.py`, OctoPrint `octoprint/plugins/discovery`, RepRapFirmware
/// `src/Networking/LwipEthernet/LwipEthernetInterface.cpp` and DuetWiFiSocketServer `src/SocketServer.cpp`.
pub(super) static KINDS: [Kind; 4] = [
    Kind {
        name: "PrusaLink",
        interface: "prusalink",
        service: "_prusalink._tcp.local",
        products: &[],
        secret: "api_key_file",
        needs_secret: true,
        doc: "docs/printers/prusalink.md",
    },
    Kind {
        name: "Moonraker",
        interface: "moonraker",
        service: "_moonraker._tcp.local",
        products: &[],
        secret: "key_file",
        needs_secret: false,
        doc: "docs/printers/moonraker.md",
    },
    Kind {
        name: "OctoPrint",
        interface: "octoprint",
        service: "_octoprint._tcp.local",
        products: &[],
        secret: "key_file",
        needs_secret: true,
        doc: "docs/printers/octoprint.md",
    },
    Kind {
        name: "Duet",
        interface: "duet",
        service: "_http._tcp.local",
        products: &["duet", "reprapfirmware"],
        secret: "password_file",
        needs_secret: false,
        doc: "docs/printers/duet.md",
    },
];
