//! The firewall of a site, in a network of its own: what a configuration names passes, by whom and which way it names; everything
//! else is dropped and counted. And the network's files are as systemd reads them. Wants root, as the namespaces do.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tests::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

const KNOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/knock.py");
const INTAKE: u32 = 901;
const UPLINK: u32 = 902;
const CLOCK: u32 = 903;
const NOBODY: u32 = 904;

const CONFIGURATION: &str = r#"
[platform]
url = "https://10.20.0.1:8443"
credentials_file = "credentials"

[link]
socket = "/run/oneway/link.sock"
identity_file = "identity"

[network]
dns = ["10.20.0.1"]
nts = ["time.example.com"]
printers = { interface = "enp2s0", address = "192.168.77.1/24", gateway = "192.168.77.254" }
uplink = { interface = "enp1s0", address = "10.20.0.5/24", gateway = "10.20.0.1" }

[beats]
listen = "0.0.0.0:5044"
in_clear = true

[[printers]]
id = "p01"
mtconnect = { url = "http://192.168.77.10:5000" }

[[printers]]
id = "p02"
mtconnect = { url = "http://[fd00::10]:5000" }

[[printers]]
id = "p03"
mtconnect = { url = "http://192.168.78.10" }
"#;

/// A host: a network namespace, which goes with its holder.
struct Host(Child);

impl Host {
    async fn new() -> Result<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        said_up(&mut holder).await.context("no network namespace can be made here: run this as root")?;
        Ok(Self(holder))
    }

    fn pid(&self) -> Result<String> {
        Ok(self.0.id().context("the host has gone")?.to_string())
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid()?, "--net", "--"]).args(words).kill_on_drop(true);
        Ok(command)
    }

    async fn run(&self, script: &str, input: &str) -> Result<String> {
        let mut command = self.command(&["sh", "-c", script])?;
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no input")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        let output = soon(script, child.wait_with_output()).await?;
        ensure!(output.status.success(), "`{script}`: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    async fn serve(&self, doors: &[&str]) -> Result<Child> {
        let mut command = self.command(&[&["python3", KNOCK, "serve"], doors].concat())?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        said_up(&mut child).await?;
        Ok(child)
    }

    /// Whether each door is open to this user.
    async fn knock(&self, user: u32, doors: &[(&str, &str, u16)]) -> Result<Vec<bool>> {
        let words: Vec<String> = doors
            .iter()
            .flat_map(|(kind, address, port)| [(*kind).to_owned(), (*address).to_owned(), port.to_string()])
            .collect();
        let said = self.run(&format!("python3 {KNOCK} try {user} {}", words.join(" ")), "").await?;
        Ok(said.lines().map(|line| line == "open").collect())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // `kill_on_drop` would do it as well, but only while the runtime lives.
        if let Some(pid) = self.0.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

async fn said_up(child: &mut Child) -> Result<()> {
    let mut said = [0; 3];
    child.stdout.as_mut().context("no output")?.read_exact(&mut said).await?;
    Ok(())
}

/// A cable from the box to another host.
async fn cable(the_box: &Host, name: &str, addresses: &[&str], to: &Host, others: &[&str]) -> Result<()> {
    let pid = to.pid()?;
    the_box.run(&format!("ip link add {name} type veth peer name eth0 netns {pid}"), "").await?;
    for (host, device, addresses) in [(the_box, name, addresses), (to, "eth0", others)] {
        for address in addresses {
            host.run(&format!("ip address add {address} dev {device} nodad"), "").await?;
        }
        host.run(&format!("ip link set {device} up"), "").await?;
    }
    Ok(())
}

async fn adapter(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_programs")).arg("adapter").args(arguments).output().await?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

async fn firewall(more: &[&str]) -> Result<String> {
    let (intake, uplink, clock) = (INTAKE.to_string(), UPLINK.to_string(), CLOCK.to_string());
    let users =
        ["site", "firewall", "--intake-user", &intake, "--uplink-user", &uplink, "--system-user", &clock];
    adapter(&[&users, more].concat()).await
}

async fn dropped(host: &Host) -> Result<[u64; 3]> {
    let listed: Value =
        serde_json::from_str(&host.run("nft --json list counters table inet oneway", "").await?)?;
    let counters = listed["nftables"].as_array().context("no counters")?;
    let packets = |name: &str| {
        let found = counters.iter().find(|it| it["counter"]["name"] == name)?;
        found["counter"]["packets"].as_u64()
    };
    let of = |name| packets(name).with_context(|| format!("no counter {name}"));
    Ok([of("refused_input")?, of("refused_forward")?, of("refused_output")?])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_configuration_names_passes_and_everything_else_is_dropped_and_counted() -> Result<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = directory.path().join("adapter.toml");
    fs::write(&file, CONFIGURATION)?;
    let file_name = file.display().to_string();

    let (the_box, printers, outside) = (Host::new().await?, Host::new().await?, Host::new().await?);
    let printers_addresses = ["192.168.77.10/24", "192.168.77.11/24", "fd00::10/64"];
    cable(&the_box, "enp2s0", &["192.168.77.1/24", "fd00::1/64"], &printers, &printers_addresses).await?;
    cable(&the_box, "enp1s0", &["10.20.0.5/24"], &outside, &["10.20.0.1/24", "10.20.0.2/24"]).await?;
    // It would pass packets on, were it not for the firewall.
    the_box.run("echo 1 > /proc/sys/net/ipv4/ip_forward", "").await?;
    printers.run("ip route add default via 192.168.77.1", "").await?;
    outside.run("ip route add default via 10.20.0.5", "").await?;
    let _at_printers = printers.serve(&["tcp:5000", "tcp:22", "udp:53", "tcp:8443"]).await?;
    let _outside =
        outside.serve(&["tcp:8443", "tcp:22", "tcp:5000", "udp:53", "tcp:53", "udp:123", "tcp:4460"]).await?;
    let _on_the_box = the_box.serve(&["tcp:5044", "tcp:22", "udp:53"]).await?;

    // Before: everything is open, so that what is shut below is the firewall's doing.
    assert_eq!(
        the_box.knock(NOBODY, &[("tcp", "192.168.77.10", 22), ("tcp", "10.20.0.2", 22)]).await?,
        [true, true]
    );
    assert_eq!(
        printers.knock(NOBODY, &[("tcp", "192.168.77.1", 22), ("tcp", "10.20.0.1", 22)]).await?,
        [true, true]
    );

    let closed = firewall(&["--closed"]).await?;
    let whole = firewall(&["--config", &file_name]).await?;
    for rules in [&closed, &whole] {
        the_box.run("nft --check --file -", rules).await?;
    }
    the_box.run("nft --file -", &closed).await?;
    let all = [("tcp", "192.168.77.10", 5000), ("tcp", "10.20.0.1", 8443), ("udp", "10.20.0.1", 53)];
    for user in [INTAKE, UPLINK, CLOCK, 0] {
        assert_eq!(
            the_box.knock(user, &all).await?,
            [false; 3],
            "user {user} before there is a configuration"
        );
    }

    // The elements alone, as onto rules that are part of an image; and then both at once, over what is there.
    the_box.run("nft --file -", &firewall(&["--config", &file_name, "--elements"]).await?).await?;
    the_box.run("nft --file -", &whole).await?;
    from_the_box(&the_box).await?;
    towards_the_box(&printers, &outside).await?;
    let refused = dropped(&the_box).await?;
    assert!(refused.iter().all(|packets| *packets > 0), "what was dropped was not counted: {refused:?}");

    // Who enrols gets out as long as a code waits, and to the platform alone.
    fs::write(directory.path().join("code"), "ABCD\n1\n")?;
    the_box.run("nft --file -", &firewall(&["--config", &file_name, "--elements"]).await?).await?;
    let doors = [("tcp", "10.20.0.1", 8443), ("tcp", "10.20.0.1", 22), ("tcp", "192.168.77.10", 5000)];
    assert_eq!(the_box.knock(0, &doors).await?, [true, false, false]);
    fs::remove_file(directory.path().join("code"))?;
    the_box.run("nft --file -", &firewall(&["--config", &file_name, "--elements"]).await?).await?;
    assert_eq!(the_box.knock(0, &doors).await?, [false; 3]);
    Ok(())
}

/// Each user's doors: open are those that are its own, on its own side.
async fn from_the_box(the_box: &Host) -> Result<()> {
    let doors = [
        ("tcp", "192.168.77.10", 5000),
        ("tcp", "fd00::10", 5000),
        ("tcp", "192.168.77.10", 22),
        ("tcp", "192.168.77.11", 5000),
        ("tcp", "192.168.77.10", 8443),
        ("udp", "192.168.77.10", 53),
        ("tcp", "10.20.0.1", 8443),
        ("tcp", "10.20.0.2", 8443),
        ("tcp", "10.20.0.1", 5000),
        ("tcp", "10.20.0.1", 22),
        ("udp", "10.20.0.1", 53),
        ("tcp", "10.20.0.1", 53),
        ("udp", "10.20.0.2", 53),
        ("tcp", "10.20.0.1", 4460),
        ("udp", "10.20.0.1", 123),
        ("udp", "127.0.0.1", 53),
    ];
    let open =
        |indices: &[usize]| -> Vec<bool> { (0..doors.len()).map(|index| indices.contains(&index)).collect() };
    for (user, expected) in [
        (INTAKE, open(&[0, 1])),
        (UPLINK, open(&[6, 10, 11, 13, 14, 15])),
        (CLOCK, open(&[10, 11, 13, 14, 15])),
        (NOBODY, open(&[15])),
        (0, open(&[15])),
    ] {
        let found = the_box.knock(user, &doors).await?;
        let differ: Vec<_> =
            doors.iter().zip(found.iter().zip(&expected)).filter(|(_, (a, b))| a != b).collect();
        assert!(differ.is_empty(), "user {user}: (door, (open, should be)): {differ:?}");
    }
    Ok(())
}

async fn towards_the_box(printers: &Host, outside: &Host) -> Result<()> {
    let from_printers = [
        ("tcp", "192.168.77.1", 5044),
        ("tcp", "192.168.77.1", 22),
        ("udp", "192.168.77.1", 53),
        ("tcp", "10.20.0.1", 8443),
    ];
    assert_eq!(printers.knock(NOBODY, &from_printers).await?, [true, false, false, false]);
    let from_outside = [("tcp", "10.20.0.5", 5044), ("tcp", "10.20.0.5", 22), ("tcp", "192.168.77.10", 5000)];
    assert_eq!(outside.knock(NOBODY, &from_outside).await?, [false; 3]);
    Ok(())
}

#[tokio::test]
async fn the_networks_files_say_which_way_leads_where() -> Result<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = directory.path().join("adapter.toml");
    fs::write(&file, CONFIGURATION)?;
    let (to, sources) = (directory.path().join("network"), directory.path().join("oneway.sources"));
    let text = |path: &Path| path.display().to_string();
    adapter(&["site", "network", "--config", &text(&file), "--to", &text(&to), "--sources", &text(&sources)])
        .await?;
    let printers = fs::read_to_string(to.join("10-oneway-printers.network"))?;
    let uplink = fs::read_to_string(to.join("10-oneway-uplink.network"))?;
    assert_eq!(fs::read_to_string(&sources)?, "server time.example.com iburst nts\n");
    for line in [
        "Name=enp2s0",
        "Address=192.168.77.1/24",
        "DNSDefaultRoute=no",
        "Destination=192.168.78.10/32",
        "Gateway=192.168.77.254",
    ] {
        assert!(printers.lines().any(|other| other == line), "{line} is not in {printers}");
    }
    assert!(!printers.contains("DNS=10") && !printers.contains("Destination=192.168.77"), "{printers}");
    for line in
        ["Name=enp1s0", "Address=10.20.0.5/24", "DNS=10.20.0.1", "Gateway=10.20.0.1", "RequiredForOnline=yes"]
    {
        assert!(uplink.lines().any(|other| other == line), "{line} is not in {uplink}");
    }
    let dhcp = CONFIGURATION
        .replace("address = \"192.168.77.1/24\", gateway = \"192.168.77.254\"", "address = \"dhcp\"")
        .replace("address = \"10.20.0.5/24\", gateway = \"10.20.0.1\"", "address = \"dhcp\"");
    fs::write(&file, dhcp)?;
    let page = adapter(&["site", "network", "--config", &text(&file)]).await?;
    // Nothing of what DHCP says on the printers' side leads anywhere.
    assert!(
        page.contains("UseRoutes=no\nUseGateway=no\nUseDNS=no") && page.contains("UseDNS=no\nUseNTP=no"),
        "{page}"
    );
    Ok(())
}
