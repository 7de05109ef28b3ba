//! What each service of `docker/compose.yaml` can reach, tried from within its own network and not asked of the engine; and
//! that the half that faces the printers has nothing of the key.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests::engine::{Engine, MACHINE, OUTSIDE};
use tests::evaluation::{Evaluation, SERVICES, container};
use tests::images::tag;
use tests::repository;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A name that was asked for is heard at once.
const PATIENCE: Duration = Duration::from_secs(30);
const BELOW: &str = env!("CARGO_TARGET_TMPDIR");
const REACH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/reach.py");

/// Waits for whoever comes, on every address of a network.
struct Listener {
    _program: Child,
    heard: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    async fn start(within: Vec<String>) -> Result<Self> {
        let [program, arguments @ ..] = &within[..] else { anyhow::bail!("nothing to enter with") };
        let mut program = Command::new(program)
            .args(arguments)
            .args(["python3", REACH, "listen"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut heard = BufReader::new(program.stdout.take().context("no output")?).lines();
        ensure!(heard.next_line().await?.as_deref() == Some("listening"), "nobody can listen there");
        Ok(Self { _program: program, heard })
    }

    /// The names that it was asked for before this one.
    async fn asked_before(&mut self, name: &str) -> Result<Vec<String>> {
        let mut before = Vec::new();
        loop {
            let next = timeout(PATIENCE, self.heard.next_line())
                .await
                .with_context(|| format!("nobody asked for {name}"));
            match next??.context("the listener has ended")? {
                asked if asked == name => return Ok(before),
                asked => before.push(asked),
            }
        }
    }
}

/// What of these a process's network reaches.
async fn reached(engine: &Engine, pid: &str, targets: &[String]) -> Result<BTreeSet<String>> {
    let mut words = vec!["nsenter", "--target", pid, "--net", "python3", REACH, "try"];
    words.extend(targets.iter().map(String::as_str));
    Ok(engine.beside(&words).await?.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The addresses of a container, one for each of its networks.
async fn addresses(engine: &Engine, container: &str) -> Result<Vec<(String, String)>> {
    let said = engine.inspect(container).await?;
    let networks = said["NetworkSettings"]["Networks"].as_object().context("no networks")?;
    let address =
        |(name, network): (&String, &Value)| Some((name.clone(), network["IPAddress"].as_str()?.to_owned()));
    Ok(networks.iter().filter_map(address).collect())
}

/// A service, the network and the place where it listens or might.
struct Place {
    service: &'static str,
    network: String,
    target: String,
}

/// Every service's own ports on each of its networks, and for the uplink, which has none, those of others.
async fn places(engine: &Engine) -> Result<Vec<Place>> {
    let ports: [(&str, &[u16]); 4] =
        [("intake", &[5044]), ("uplink", &[5044, 8443]), ("platform", &[8443]), ("simulator", &[7901, 7920])];
    let mut places = Vec::new();
    for (service, ports) in ports {
        for (network, address) in addresses(engine, &container(service)).await? {
            places.extend(ports.iter().map(|port| {
                let target = format!("tcp:{address}:{port}");
                Place { service, network: network.clone(), target }
            }));
        }
    }
    Ok(places)
}

/// The machine beyond, and this one by each of its addresses: those of its bridges as well, and by IPv6 for either interface
/// that a container may have.
async fn ways_out(engine: &Engine) -> Result<Vec<String>> {
    let mut ways = vec![format!("tcp:{OUTSIDE}:9999"), format!("tcp:{MACHINE}:9999")];
    let bridges = engine.beside(&["ip", "-json", "address", "show", "type", "bridge"]).await?;
    let bridges: Value = serde_json::from_str(&bridges)?;
    for bridge in bridges.as_array().into_iter().flatten() {
        for address in bridge["addr_info"].as_array().into_iter().flatten() {
            match address["local"].as_str().context("no address")? {
                local if local.starts_with("fe80:") => {
                    ways.extend(["eth0", "eth1"].map(|eth| format!("tcp:{local}%{eth}:9999")));
                }
                local => ways.push(format!("tcp:{local}:9999")),
            }
        }
    }
    Ok(ways)
}

/// A container as anybody would start it, for comparison: what is forbidden the others, it reaches.
async fn start_ordinary(engine: &Engine) -> Result<String> {
    let simulator = repository().join("docker/evaluation/simulator.toml").display().to_string();
    let configuration = format!("{simulator}:/etc/oneway/simulator.toml:ro");
    let logs = "/var/log/printers:uid=10004,gid=10004";
    engine.docker(&["network", "create", "ordinary"]).await?;
    let run = ["run", "--detach", "--name", "ordinary", "--network", "ordinary", "--tmpfs", logs];
    let mounts = ["--volume", &configuration, "--volume", "oneway_simulator:/var/lib/oneway/simulator:ro"];
    engine.docker(&[&run[..], &mounts, &[&tag("simulator")]].concat()).await?;
    engine.pid("ordinary").await
}

/// What a service may reach: whoever listens on a network of its own.
fn neighbours(from: &str, places: &[Place]) -> BTreeSet<String> {
    let shared = |network: &str| match from {
        "intake" | "simulator" => network == "oneway_printers",
        "uplink" => network == "oneway_cloud",
        _ => network != "oneway_printers",
    };
    let listening = places.iter().filter(|place| shared(&place.network) && place.service != "uplink");
    listening.map(|place| place.target.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reaches_its_own_neighbours_and_nothing_else() -> Result<()> {
    let evaluation = Evaluation::up(BELOW).await?;
    evaluation.until_stored(100).await?;
    let engine = &evaluation.engine;
    let _machine = Listener::start(engine.enter()?).await?;
    let mut outside = Listener::start(engine.enter_outside()?).await?;
    let ordinary = start_ordinary(engine).await?;
    let (ways_out, places) = (ways_out(engine).await?, places(engine).await?);

    // The machine and what is beyond it, by a connection and by a name: all of it can be reached, if nobody forbids it.
    let asked = [&ways_out[..2], &["name:127.0.0.11:ordinary.example".to_owned()]].concat();
    let found = reached(engine, &ordinary, &asked).await?;
    assert_eq!(found, asked.into_iter().collect(), "nothing is shown by this test");
    outside.asked_before("ordinary.example").await?;

    let targets: Vec<_> =
        ways_out.iter().cloned().chain(places.iter().map(|place| place.target.clone())).collect();
    for service in SERVICES {
        let pid = evaluation.pid(service).await?;
        let mut found = reached(engine, &pid, &targets).await?;
        if service == "platform" {
            // Its published port is on a network that the machine is on as well; nothing beyond the machine is.
            found.retain(|target| target.contains(OUTSIDE) || !ways_out.contains(target));
        }
        assert_eq!(found, neighbours(service, &places), "from {service}");
        let name = format!("name:127.0.0.11:{service}.example");
        let found = reached(engine, &pid, &[name]).await?;
        assert!(found.is_empty(), "{service} has a name resolved outside");
    }
    // A last question, which comes after all that could have got out.
    reached(engine, &ordinary, &["name:127.0.0.11:last.example".into()]).await?;
    let asked = outside.asked_before("last.example").await?;
    let of_services: Vec<_> = asked.iter().filter(|name| name.ends_with(".example")).collect();
    assert!(of_services.is_empty(), "asked outside: {of_services:?}");
    no_key(&evaluation).await
}

/// The key is in the uplink's file, and nowhere else.
async fn no_key(evaluation: &Evaluation) -> Result<()> {
    let engine = &evaluation.engine;
    let within = |pid: &str, path: &str| format!("/proc/{pid}/root{path}");
    let uplink = evaluation.pid("uplink").await?;
    let credentials =
        engine.beside(&["cat", &within(&uplink, "/var/lib/oneway/uplink/credentials.toml")]).await?;
    let key = credentials.lines().find_map(|line| line.strip_prefix("key = \"")?.strip_suffix('"'));
    let key = key.context("no key in the credentials")?;

    let intake = evaluation.pid("intake").await?;
    let root = within(&intake, "/");
    let files = engine.beside(&["find", &root, "-xdev", "-type", "f", "-printf", "%P\n"]).await?;
    // What the engine puts there, and the configuration.
    let theirs = [".dockerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/oneway/intake.toml"];
    let own = |file: &&str| !theirs.contains(file);
    assert_eq!(
        files.lines().filter(own).collect::<BTreeSet<_>>(),
        BTreeSet::from(["adapter", "sbom.cdx.json"])
    );
    let (own, run) = (within(&intake, "/var/lib/oneway"), within(&intake, "/run"));
    let files = engine.beside(&["find", &own, &run, "-type", "f", "-printf", "%f\n"]).await?;
    let expected = ["ca.pem", "identity.toml", "intake.key", "intake.pem"];
    assert_eq!(files.lines().collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    for service in SERVICES.iter().filter(|service| **service != "uplink") {
        let pid = evaluation.pid(service).await?;
        for place in ["/var/lib/oneway", "/etc", "/run"] {
            // It ends with 1 where nothing is found.
            let found = engine.beside(&search(key, &within(&pid, place))).await;
            ensure!(found.is_err(), "the key is in {service} below {place}");
        }
        let all = engine.inspect(&container(service)).await?.to_string();
        ensure!(!all.contains(key), "the key is in what the engine says of {service}");
    }
    let logs = evaluation.compose(&["logs", "--no-color"]).await?;
    ensure!(!logs.contains(key), "the key is in a log");
    // The search does find what is there.
    engine.beside(&search(key, &within(&uplink, "/var/lib/oneway"))).await?;
    Ok(())
}

fn search<'a>(key: &'a str, place: &'a str) -> [&'a str; 6] {
    ["grep", "--recursive", "--quiet", "--no-messages", key, place]
}
