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
const RESOLVER: u32 = 903;
const CLOCK: u32 = 904;
const NETWORK: u32 = 905;
const NOBODY: u32 = 906;
const UPDATE: u32 = 907;
const EVERYBODY: [u32; 8] = [INTAKE, UPLINK, RESOLVER, CLOCK, NETWORK, UPDATE, NOBODY, 0];

/// What is knocked at: its kind, address and port.
type Door = (&'static str, &'static str, u16);

const CONFIGURATION: &str = r#"
[platform]
url = "https://10.20.0.1:8443"
credentials_file = "credentials"

[updates]
url = "https://10.20.0.1:8444/oneway/"

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

[[printers]]
id = "p04"
mtconnect = { url = "http://192.168.77.10:5001" }
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

    /// Knocks at each door as this user. Open are those of these indices, and no other.
    async fn knock(&self, user: u32, doors: &[Door], open: &[usize]) -> Result<()> {
        let word = |index: usize| if open.contains(&index) { "open" } else { "shut" };
        let words = doors
            .iter()
            .enumerate()
            .map(|(index, (kind, address, port))| format!("{} {kind} {address} {port}", word(index)));
        let words: Vec<String> = words.collect();
        let said = self.run(&format!("python3 {KNOCK} try {user} {}", words.join(" ")), "").await?;
        let said: Vec<&str> = said.lines().collect();
        ensure!(said.len() == doors.len(), "user {user}: {said:?}");
        for (index, (door, said)) in doors.iter().zip(said).enumerate() {
            ensure!(said == word(index), "user {user}: {door:?} is {said}, and should be {}", word(index));
        }
        Ok(())
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
    let users = [
        ("intake", INTAKE),
        ("uplink", UPLINK),
        ("resolver", RESOLVER),
        ("clock", CLOCK),
        ("network", NETWORK),
        ("update", UPDATE),
    ];
    let words: Vec<String> =
        users.iter().flat_map(|(who, number)| [format!("--{who}-user"), number.to_string()]).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    adapter(&[&["site", "firewall"], &words[..], more].concat()).await
}

/// How many packets each of a table's counters has.
async fn counters<const N: usize>(host: &Host, table: &str, names: [&str; N]) -> Result<[u64; N]> {
    let listed = host.run(&format!("nft --json list counters table inet {table}"), "").await?;
    let listed: Value = serde_json::from_str(&listed)?;
    let listed = listed["nftables"].as_array().context("no counters")?;
    let mut packets = [0; N];
    for (packets, name) in packets.iter_mut().zip(names) {
        let found = listed.iter().find(|it| it["counter"]["name"] == name);
        let found = found.and_then(|it| it["counter"]["packets"].as_u64());
        *packets = found.with_context(|| format!("no counter {name}"))?;
    }
    Ok(packets)
}

async fn dropped(host: &Host) -> Result<[u64; 3]> {
    counters(host, "oneway", ["refused_input", "refused_forward", "refused_output"]).await
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
    // Any of them may send from the port of a DHCP client.
    the_box.run("echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start", "").await?;
    let at_printers = ["tcp:5000", "tcp:22", "udp:53", "tcp:8443", "tcp:8444", "held:5001", "udp:67"];
    let _at_printers = printers.serve(&at_printers).await?;
    let outside_doors =
        ["tcp:8443", "held:8444", "tcp:22", "tcp:5000", "udp:53", "tcp:53", "udp:123", "tcp:4460", "udp:67"];
    let _outside = outside.serve(&outside_doors).await?;
    let _on_the_box = the_box.serve(&["tcp:5044", "tcp:22", "udp:53"]).await?;

    // Before: everything is open, so that what is shut below is the firewall's doing.
    let every: Vec<usize> = (0..DOORS.len()).collect();
    the_box.knock(NOBODY, &DOORS, &every).await?;
    printers.knock(NOBODY, &FROM_PRINTERS, &[0, 1, 2, 3]).await?;
    outside.knock(NOBODY, &FROM_OUTSIDE, &[0, 1, 2]).await?;

    let closed = firewall(&["--closed"]).await?;
    let whole = firewall(&["--config", &file_name]).await?;
    for rules in [&closed, &whole] {
        the_box.run("nft --check --file -", rules).await?;
    }
    the_box.run("nft --file -", &closed).await?;
    let all = [
        ("tcp", "192.168.77.10", 5000),
        ("tcp", "10.20.0.1", 8443),
        ("tcp", "10.20.0.1", 8444),
        ("udp", "10.20.0.1", 53),
    ];
    for user in EVERYBODY {
        the_box.knock(user, &all, &[]).await.context("before there is a configuration")?;
    }

    // The elements alone, as onto rules that are part of an image; and then both at once, over what is there.
    the_box.run("nft --file -", &firewall(&["--config", &file_name, "--elements"]).await?).await?;
    the_box.run("nft --file -", &whole).await?;
    from_the_box(&the_box).await?;
    towards_the_box(&the_box, &printers, &outside).await?;
    what_is_closed_is_closed_for_both(&the_box, INTAKE, &printers, ("held", "192.168.77.10", 5001)).await?;
    what_is_closed_is_closed_for_both(&the_box, UPDATE, &outside, ("held", "10.20.0.1", 8444)).await?;
    who_enrols_gets_out_while_a_code_waits(&the_box, &file).await?;
    who_updates_gets_out_to_what_is_configured(&the_box, &file).await?;

    // A lease is asked for where there is one to have.
    fs::write(&file, by_dhcp(CONFIGURATION))?;
    the_box.run("nft --file -", &firewall(&["--config", &file_name, "--elements"]).await?).await?;
    the_box.knock(NETWORK, &LEASES, &[0, 1]).await?;
    the_box.knock(INTAKE, &LEASES, &[]).await?;
    the_box.knock(UPLINK, &LEASES, &[]).await
}

/// What is tried from the box, by each of its users.
const DOORS: [Door; 20] = [
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
    LEASES[0],
    LEASES[1],
    ("tcp", "10.20.0.1", 8444),
    ("tcp", "192.168.77.10", 8444),
];
const LEASES: [Door; 2] = [("lease", "192.168.77.10", 67), ("lease", "10.20.0.1", 67)];
const FROM_PRINTERS: [Door; 4] = [
    ("tcp", "192.168.77.1", 5044),
    ("tcp", "192.168.77.1", 22),
    ("udp", "192.168.77.1", 53),
    ("tcp", "10.20.0.1", 8443),
];
const FROM_OUTSIDE: [Door; 3] =
    [("tcp", "10.20.0.5", 5044), ("tcp", "10.20.0.5", 22), ("tcp", "192.168.77.10", 5000)];

/// Each user's doors: open are those that are its own, on its own side. Each that is shut was shut here, and counted.
async fn from_the_box(the_box: &Host) -> Result<()> {
    for (user, open) in [
        (INTAKE, vec![0, 1]),
        (UPLINK, vec![6, 15]),
        (RESOLVER, vec![10, 11, 15]),
        (CLOCK, vec![13, 14, 15]),
        (NETWORK, vec![15]),
        (UPDATE, vec![15, 18]),
        (NOBODY, vec![15]),
        (0, vec![15]),
    ] {
        let [.., before] = dropped(the_box).await?;
        the_box.knock(user, &DOORS, &open).await?;
        let [.., after] = dropped(the_box).await?;
        let shut = (DOORS.len() - open.len()) as u64;
        ensure!(after - before >= shut, "user {user}: {} of {shut} were counted", after - before);
    }
    Ok(())
}

async fn towards_the_box(the_box: &Host, printers: &Host, outside: &Host) -> Result<()> {
    let before = dropped(the_box).await?;
    printers.knock(NOBODY, &FROM_PRINTERS, &[0]).await?;
    outside.knock(NOBODY, &FROM_OUTSIDE, &[]).await?;
    let after = dropped(the_box).await?;
    // Two doors each on the box, and one each beyond it.
    let counted = [after[0] - before[0], after[1] - before[1]];
    ensure!(counted[0] >= 4 && counted[1] >= 2, "of what came in, and would have gone through: {counted:?}");
    Ok(())
}

/// What is sent to these two doors, counted before the firewall and behind it: a namespace's kernel sends packets of its own meanwhile,
/// which are refused as well.
const WATCHED: &str = "
table inet watched
delete table inet watched
table inet watched {
    counter sent { }
    counter passed { }
    chain before { type filter hook output priority filter - 1; tcp dport { 5001, 8444 } counter name sent; }
    chain behind { type filter hook output priority filter + 1; tcp dport { 5001, 8444 } counter name passed; }
}
";

/// The end of a connection that its user has closed is sent by the kernel, for nobody: it arrives all the same.
async fn what_is_closed_is_closed_for_both(
    the_box: &Host,
    user: u32,
    other: &Host,
    door: Door,
) -> Result<()> {
    the_box.run("nft --file -", WATCHED).await?;
    the_box.knock(user, &[door], &[0]).await?;
    tests::until("the other end of the connection to go", async || {
        let (_, _, port) = door;
        let there = other.run(&format!("ss --no-header --tcp --all --numeric 'sport = :{port}'"), "").await?;
        Ok(there.lines().all(|line| line.starts_with("LISTEN")).then_some(()))
    })
    .await?;
    let [sent, passed] = counters(the_box, "watched", ["sent", "passed"]).await?;
    ensure!(sent > 0 && passed == sent, "of {sent} packets that were sent {passed} passed");
    Ok(())
}

async fn who_enrols_gets_out_while_a_code_waits(the_box: &Host, file: &Path) -> Result<()> {
    let doors = [("tcp", "10.20.0.1", 8443), ("tcp", "10.20.0.1", 22), ("tcp", "192.168.77.10", 5000)];
    let (code, file) = (file.with_file_name("code"), file.display().to_string());
    fs::write(&code, "ABCD\n1\n")?;
    the_box.run("nft --file -", &firewall(&["--config", &file, "--elements"]).await?).await?;
    the_box.knock(0, &doors, &[0]).await?;
    fs::remove_file(code)?;
    the_box.run("nft --file -", &firewall(&["--config", &file, "--elements"]).await?).await?;
    the_box.knock(0, &doors, &[]).await
}

/// Where releases are served by a name it is any address at that port, as for the platform, and on that side alone. Where there is no such
/// address, or no such user, nobody gets out.
async fn who_updates_gets_out_to_what_is_configured(the_box: &Host, file: &Path) -> Result<()> {
    let doors = [
        ("tcp", "10.20.0.1", 8444),
        ("tcp", "10.20.0.2", 8444),
        ("tcp", "10.20.0.1", 8443),
        ("tcp", "192.168.77.10", 8444),
    ];
    let name = file.display().to_string();
    let by_name = CONFIGURATION.replace("https://10.20.0.1:8444", "https://updates.example.com:8444");
    let without = CONFIGURATION.replace("url = \"https://10.20.0.1:8444/oneway/\"", "restart = \"03:00\"");
    for (configuration, open) in [(by_name.as_str(), &[0, 1][..]), (&without, &[]), (CONFIGURATION, &[0])] {
        fs::write(file, configuration)?;
        the_box.run("nft --file -", &firewall(&["--config", &name, "--elements"]).await?).await?;
        the_box.knock(UPDATE, &doors, open).await?;
        the_box.knock(NOBODY, &doors, &[]).await?;
    }
    // Users by their names, as on a box; a server has no such user, and then the text is still one that `nft` takes.
    for (user, expected) in
        [("root", "add element inet oneway updates_users { \"root\" }"), ("oneway-no-one", "")]
    {
        let text =
            adapter(&["site", "firewall", "--config", &name, "--elements", "--update-user", user]).await?;
        let found = text.lines().find(|line| line.starts_with("add element inet oneway updates_users"));
        ensure!(found.unwrap_or_default() == expected, "{user}: {text}");
        the_box.run("nft --check --file -", &text).await?;
    }
    Ok(())
}

/// As an image has it: users by their names, which are the packages' and systemd's, on whatever machine the text is made.
#[tokio::test]
async fn the_text_of_an_image_names_users_and_is_the_same_everywhere() -> Result<()> {
    let text = adapter(&["site", "firewall", "--closed"]).await?;
    for line in [
        "define intake_user = \"oneway-intake\"",
        "define uplink_user = \"oneway-uplink\"",
        "define resolver_user = \"systemd-resolve\"",
        "define clock_user = \"_chrony\"",
        "define network_user = \"systemd-network\"",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
    }
    assert!(!text.contains("add element"), "{text}");
    Ok(())
}

/// The same site, with both addresses by DHCP.
fn by_dhcp(configuration: &str) -> String {
    configuration
        .replace("address = \"192.168.77.1/24\", gateway = \"192.168.77.254\"", "address = \"dhcp\"")
        .replace("address = \"10.20.0.5/24\", gateway = \"10.20.0.1\"", "address = \"dhcp\"")
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
    fs::write(&file, by_dhcp(CONFIGURATION))?;
    let page = adapter(&["site", "network", "--config", &text(&file)]).await?;
    let (printers, uplink) = page.split_once("10-oneway-uplink").context("the uplink's file is missing")?;
    for (side, lines) in [
        // Nothing of what DHCP says on the printers' side leads anywhere.
        (printers, ["UseGateway=no", "UseDNS=no", "UseMTU=no"]),
        // And on the other one, the way to everywhere; name servers are those that are named.
        (uplink, ["UseGateway=yes", "UseDNS=no", "UseNTP=no"]),
    ] {
        // The same box for DHCP at each start, and no address, route or name server of whoever announces one.
        let both = ["ClientIdentifier=mac", "UseRoutes=no", "IPv6AcceptRA=no", "LinkLocalAddressing=no"];
        for line in lines.into_iter().chain(both) {
            assert!(side.lines().any(|other| other == line), "{line} is not in {side}");
        }
    }
    Ok(())
}
