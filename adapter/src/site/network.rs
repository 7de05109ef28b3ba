//! The operating system's network of a configuration: a file for each plug, as systemd-networkd reads it (systemd.network(5)), and
//! the servers that are asked for the time, as chrony reads them. What no file matches stays down.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use ::site::{Address, Network, Plug};

use super::{SiteError, files};
use crate::config::{Config, Interface, Sections};

/// The files by their names, which sort before any other's.
pub(crate) const PRINTERS: &str = "10-oneway-printers.network";
/// See [`PRINTERS`].
pub(crate) const UPLINK: &str = "10-oneway-uplink.network";

/// What is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) printers: String,
    pub(crate) uplink: String,
    pub(crate) sources: String,
}

impl Files {
    /// Of this configuration.
    pub(crate) fn of(file: &Path, sections: &Sections) -> Result<Self, SiteError> {
        let missing = || SiteError::NoSection { file: file.to_owned(), section: "[network]" };
        let network = sections.network.as_ref().ok_or_else(missing)?;
        Ok(Self {
            printers: printers(network, &sections.config),
            uplink: uplink(network),
            sources: network.nts.iter().map(|name| format!("server {name} iburst nts\n")).collect(),
        })
    }

    /// Writes them into directories that are in memory.
    pub(crate) fn write(&self, to: &Path, sources: Option<&Path>) -> Result<(), SiteError> {
        let files = [(to.join(PRINTERS), &self.printers), (to.join(UPLINK), &self.uplink)];
        let sources = sources.map(|path| (path.to_owned(), &self.sources));
        for (path, text) in files.into_iter().chain(sources) {
            let directory = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(directory).map_err(SiteError::write(directory))?;
            files::put(&path, 0o644, text.as_bytes()).map_err(SiteError::write(&path))?;
        }
        Ok(())
    }

    /// All of them, for people.
    pub(crate) fn page(&self) -> String {
        let part = |name: &str, text: &str| format!("# ---- {name}\n{text}\n");
        [part(PRINTERS, &self.printers), part(UPLINK, &self.uplink), part("oneway.sources", &self.sources)]
            .concat()
    }
}

/// Neither side may name us, discover us, or be told of the other.
const QUIET: &str = "LLMNR=no\nMulticastDNS=no\nLLDP=no\nEmitLLDP=no\n";
/// An address is what the stick says, or DHCP's, which is IPv4: no host on the wire adds one, nor a route or a name server.
const NO_OTHER_ADDRESS: &str = "LinkLocalAddressing=no\nIPv6AcceptRA=no\n";
/// The box is known to DHCP by its plug. What else there is, the machine's identity, is another at each start of an image that
/// keeps nothing: each would take a new address out of the pool. Nobody is told its name, and nobody names it.
const LEASE: &str = "\n[DHCPv4]\nClientIdentifier=mac\nUseRoutes=no\nUseNTP=no\nUseDomains=no\nUseHostname=no\nSendHostname=no\n";
/// DHCP towards the printers gives an address and nothing else: no route, no name server, no time.
const ADDRESS_ONLY: &str = "UseGateway=no\nUseDNS=no\nUseMTU=no\n";

fn printers(network: &Network, config: &Config) -> String {
    let plug = &network.printers;
    let mut text = head(plug, "no");
    let _ = writeln!(text, "{}{NO_OTHER_ADDRESS}DNSDefaultRoute=no", own(plug));
    if plug.address == Address::Dhcp {
        let _ = write!(text, "{LEASE}{ADDRESS_ONLY}");
    }
    // There is no default route this way: a printer behind a router has a route of its own.
    if let (Some(gateway), Address::Static(prefix)) = (plug.gateway, plug.address) {
        for address in addresses(config).into_iter().filter(|address| !prefix.holds(*address)) {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            let _ = write!(text, "\n[Route]\nDestination={address}/{bits}\nGateway={gateway}\n");
        }
    }
    text
}

fn uplink(network: &Network) -> String {
    let plug = &network.uplink;
    let mut text = head(plug, "yes");
    text.push_str(&own(plug));
    for server in &network.dns {
        let _ = writeln!(text, "DNS={server}");
    }
    let _ = writeln!(text, "{NO_OTHER_ADDRESS}DNSDefaultRoute=yes");
    match (plug.address, plug.gateway) {
        (Address::Dhcp, _) => {
            // Who has named name servers wants these and no other. The one route that is taken is the one to everywhere: another
            // could lead to a printer's address.
            let dns = if network.dns.is_empty() { "yes" } else { "no" };
            let _ = write!(text, "{LEASE}UseGateway=yes\nUseDNS={dns}\n");
        }
        (Address::Static(_), Some(gateway)) => {
            let _ = write!(text, "\n[Route]\nGateway={gateway}\n");
        }
        (Address::Static(_), None) => {}
    }
    text
}

fn head(plug: &Plug, needed: &str) -> String {
    format!("[Match]\nName={}\n\n[Link]\nRequiredForOnline={needed}\n\n[Network]\n{QUIET}", plug.interface)
}

fn own(plug: &Plug) -> String {
    match plug.address {
        Address::Dhcp => "DHCP=ipv4\n".to_owned(),
        Address::Static(prefix) => format!("Address={prefix}\n"),
    }
}

/// Where the printers are that are queried, each address once.
pub(super) fn addresses(config: &Config) -> Vec<IpAddr> {
    let queried = config.printers.iter().filter_map(|printer| printer.interface.as_ref());
    let mut addresses: Vec<IpAddr> =
        queried.map(Interface::address).filter_map(|it| it.host().parse().ok()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
