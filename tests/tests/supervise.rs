//! The supervisor with a real engine: it brings the adapter up from nothing, shows that it is separated, refuses to run it
//! otherwise, and loses nothing whatever is killed.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use demo::program::{Launcher, Program};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tests::engine::{MACHINE, OUTSIDE};
use tests::supervised::{INTAKE, PLUGGED_IN, PRINTERS, Running, Site, distinct};
use tests::{number, until};
use tokio::process::Command;

const BELOW: &str = env!("CARGO_TARGET_TMPDIR");
const REACH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/reach.py");

/// The uplink's network is the one that the machine is plugged into.
const WAY_OUT: &str = "uplink_network = { interface = \"out\", subnet = \"198.51.100.0/24\", gateway = \"198.51.100.1\", \
                       address = \"198.51.100.9\" }";

async fn site(printers_network: &str) -> Result<Site> {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    Site::prepare(BELOW, launcher, printers_network).await
}

fn verified(said: &Value) -> bool {
    said["separation"] == "verified"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_data_and_through_twenty_kills_nothing_is_lost() -> Result<()> {
    const KILLS: usize = 20;
    const LINES_BETWEEN: u64 = 60;
    let site = site(PLUGGED_IN).await?;
    let Running { platform, mut supervisor, printers } = site.start(200).await?;
    let report = site.report().await?;
    assert_eq!(number(&report, "/printers")?, 20, "{report}");
    said_to_people(&site).await?;
    only_what_must_be_is_reached(&site).await?;
    only_the_printers_port_is_open(&site).await?;

    for kill in 0..KILLS {
        let before = number(&site.report().await?, "/records/distinct")?;
        match (kill, kill % 3) {
            // The next engine gives each container its ten seconds to end before it does anything else.
            (6 | 13 | 19, _) => {
                site.engine.kill().await?;
                site.engine.again().await?;
            }
            (_, 0) => kill_container(&site, "oneway-intake").await?,
            (_, 1) => kill_container(&site, "oneway-uplink").await?,
            _ => {
                supervisor.kill().await?;
                supervisor = site.start_supervisor()?;
            }
        }
        let what = format!("more lines after kill {kill}");
        site.until_stored(&what, distinct(before + LINES_BETWEEN)).await?;
    }
    hangs_and_comes_back(&site).await?;
    reported(&site).await?;

    let counted = site.nothing_lost(printers).await?;
    assert!(number(&counted, "/lines_acknowledged")? > 0);
    ends_in_order(&site, supervisor).await?;
    platform.stop().await.map(drop)
}

/// `adapter status` shows it.
async fn said_to_people(site: &Site) -> Result<()> {
    site.until_said("the health of both", |said| {
        said["containers"].as_array().is_some_and(|all| all.iter().all(|part| part["health"] == "healthy"))
    })
    .await?;
    let page = site.status("text").await?;
    for words in ["separation     verified", "intake     healthy", "uplink     healthy", "sha256:", "MiB"] {
        assert!(page.contains(words), "{page}");
    }
    Ok(())
}

/// Tried by a program that is none of ours, from within each container's network.
async fn only_what_must_be_is_reached(site: &Site) -> Result<()> {
    let enter = site.engine.enter()?;
    let [program, arguments @ ..] = &enter[..] else { bail!("nothing to enter with") };
    let mut machine = Command::new(program)
        .args(arguments)
        .args(["python3", REACH, "listen"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = [0; 9];
    let output = machine.stdout.as_mut().context("no output")?;
    tokio::io::AsyncReadExt::read_exact(output, &mut said).await?;
    let bridges = site.engine.beside(&["ip", "-json", "-4", "address", "show", "type", "bridge"]).await?;
    let bridges: Value = serde_json::from_str(&bridges)?;
    let bridges = bridges.as_array().into_iter().flatten();
    let bridges = bridges.filter_map(|bridge| bridge["addr_info"][0]["local"].as_str());
    let uplink = address(site, "oneway-uplink").await?;
    let platform = format!("tcp:{OUTSIDE}:8443");
    let printer = format!("tcp:{PRINTERS}:7901");
    let intake = format!("tcp:{INTAKE}:5044");
    let machine: Vec<_> = bridges.chain([MACHINE]).map(|ip| format!("tcp:{ip}:9999")).collect();
    assert!(machine.len() >= 3, "the machine has bridges: {machine:?}");
    let targets = [&machine[..], &[platform.clone(), printer.clone(), intake.clone()]].concat();
    let from_intake = reached(site, "oneway-intake", &targets).await?;
    assert_eq!(from_intake, BTreeSet::from([printer, intake]), "from the intake; the uplink is {uplink}");
    let from_uplink = reached(site, "oneway-uplink", &targets).await?;
    // The machine is its router, and what listens on it is the machine's own affair.
    let beyond: BTreeSet<_> = from_uplink.into_iter().filter(|target| !machine.contains(target)).collect();
    assert_eq!(beyond, BTreeSet::from([platform]), "from the uplink");
    Ok(())
}

async fn reached(site: &Site, container: &str, targets: &[String]) -> Result<BTreeSet<String>> {
    let pid = site.engine.pid(container).await?;
    let mut words = vec!["nsenter", "--target", &pid, "--net", "python3", REACH, "try"];
    words.extend(targets.iter().map(String::as_str));
    let said = site.engine.beside(&words).await?;
    Ok(said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

async fn address(site: &Site, container: &str) -> Result<String> {
    let said = site.engine.inspect(container).await?;
    let networks = said["NetworkSettings"]["Networks"].as_object().context("no networks")?;
    ensure!(networks.len() == 1, "{container} is on {networks:?}");
    let network = networks.values().next().context("no network")?;
    network["IPAddress"].as_str().map(str::to_owned).context("no address")
}

/// From a printer's place, and for the uplink from the machine's.
async fn only_the_printers_port_is_open(site: &Site) -> Result<()> {
    assert_eq!(open_ports(&site.lan, INTAKE).await?, ["5044/tcp"]);
    let uplink = address(site, "oneway-uplink").await?;
    assert!(open_ports(&site.engine.enter()?, &uplink).await?.is_empty());
    Ok(())
}

async fn open_ports(within: &[String], address: &str) -> Result<Vec<String>> {
    let [program, arguments @ ..] = within else { bail!("nothing to enter with") };
    let scan = ["nmap", "-sT", "-n", "-Pn", "-p-", "-T5", "--min-rate", "5000", "--open", address];
    let output = Command::new(program).args(arguments).args(scan).kill_on_drop(true).output().await?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success() && text.contains("Nmap done"), "{text}");
    let open = text.lines().filter(|line| line.contains("/tcp ") || line.contains("/udp "));
    Ok(open.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

async fn kill_container(site: &Site, name: &str) -> Result<()> {
    let running = until("a container to kill", async || Ok(site.engine.pid(name).await.ok()));
    let pid = running.await.with_context(|| site.log())?;
    site.engine.beside(&["kill", "-KILL", &pid]).await.map(drop)
}

/// One that is there and does nothing is found by its health, and is started anew.
async fn hangs_and_comes_back(site: &Site) -> Result<()> {
    site.until_said("all well before one hangs", verified).await?;
    let pid = site.engine.pid("oneway-intake").await?;
    site.engine.beside(&["kill", "-STOP", &pid]).await?;
    let another = until("another intake in the place of the one that hangs", async || {
        Ok(site.engine.pid("oneway-intake").await.ok().filter(|now| *now != pid))
    });
    another.await.with_context(|| site.log())?;
    site.until_said("it to be verified again", verified).await.map(drop)
}

/// What the platform was told of the containers.
async fn reported(site: &Site) -> Result<()> {
    let wanted = [
        ("adapter.container_memory", 2),
        ("adapter.container_cpu", 2),
        ("adapter.container_restarts", 2),
        ("adapter.container_health", 2),
        ("adapter.container_image", 2),
        ("adapter.separation", 1),
        ("adapter.separation_breaches", 1),
    ];
    let told = until("what is told of the containers", async || {
        let store =
            Connection::open_with_flags(site.file("platform/platform.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let counts =
            "SELECT COUNT(DISTINCT part) FROM readings JOIN items ON items.id = item WHERE name = ?1";
        for (item, parts) in wanted {
            let count: i64 = store.query_row(counts, [item], |row| row.get(0))?;
            if count != parts {
                return Ok(None);
            }
        }
        Ok(Some(()))
    });
    told.await.with_context(|| site.log())
}

/// Told to stop, it stops what it started.
async fn ends_in_order(site: &Site, supervisor: Program) -> Result<()> {
    supervisor.stop().await.with_context(|| site.log())?;
    for name in ["oneway-intake", "oneway-uplink"] {
        let state = site.engine.inspect(name).await?["State"].clone();
        assert_eq!((&state["Running"], &state["ExitCode"]), (&false.into(), &0.into()), "{name}: {state}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_separated_does_not_run() -> Result<()> {
    let site = site(WAY_OUT).await?;
    let platform = site.start_platform().await?;
    let supervisor = site.start_supervisor()?;
    site.until_said("a first proof", verified).await?;
    let first = site.engine.inspect("oneway-intake").await?["Id"].clone();

    // Somebody gives a container more than it was described with: it is made anew.
    site.engine.docker(&["network", "connect", "bridge", "oneway-intake"]).await?;
    let anew = until("another intake", async || {
        let Ok(said) = site.engine.inspect("oneway-intake").await else { return Ok(None) };
        let networks = said["NetworkSettings"]["Networks"].as_object().map_or(0, serde_json::Map::len);
        Ok((said["Id"] != first && networks == 1).then_some(()))
    });
    anew.await.with_context(|| site.log())?;
    let before = site.until_said("it to be verified again", verified).await?;

    // And behind the engine's back, which goes on saying that all is as it was described.
    let network = site
        .engine
        .docker(&[
            "network",
            "inspect",
            "--format",
            "{{.Id}} {{(index .IPAM.Config 0).Subnet}}",
            "oneway-printers",
        ])
        .await?;
    let (id, subnet) = network.trim().split_once(' ').context("no network")?;
    let bridge = format!("br-{}", id.get(..12).context("no id")?);
    let (prefix, _) = subnet.rsplit_once(".0/").context("no subnet")?;
    let address = format!("{prefix}.99/24");
    site.engine.beside(&["ip", "address", "add", &address, "dev", &bridge]).await?;
    // A share among the files of a half, and somebody else on the way out. (An engine that speaks 1.44 makes shares read-only
    // itself.)
    let share = site.file("intake/share").display().to_string();
    std::fs::create_dir(&share)?;
    site.engine.beside(&["mount", "-t", "tmpfs", "-o", "mode=777", "share", &share]).await?;
    let image = tests::images::tag("uplink");
    let stranger =
        ["run", "--detach", "--name", "stranger", "--network", "oneway-out", "--entrypoint", "/adapter"];
    site.engine.docker(&[&stranger[..], &[&image, "probe", "hold"]].concat()).await?;
    let api = site.engine.docker(&["version", "--format", "{{.Server.APIVersion}}"]).await?;
    let shares = api
        .trim()
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse::<u32>().ok())
        .is_some_and(|minor| minor < 44);
    let writes = format!("the intake can write to {share} (tmpfs)");
    let reaches = format!("the intake reaches this machine at {prefix}.99");
    let stranger = "the container stranger is on oneway-out";
    let said = site
        .until_said("the breaches", |said| {
            let trouble = said["trouble"].to_string();
            let all = trouble.contains(&reaches)
                && trouble.contains(stranger)
                && trouble.contains(&writes) == shares;
            said["separation"] == "broken" && all
        })
        .await?;
    assert!(number(&said, "/breaches")? > number(&before, "/breaches")?, "{said}");
    for name in ["oneway-intake", "oneway-uplink"] {
        assert_eq!(site.engine.inspect(name).await?["State"]["Running"], false, "{name} runs");
    }

    // Mended, it comes back by itself.
    site.engine.beside(&["ip", "address", "del", &address, "dev", &bridge]).await?;
    site.engine.docker(&["rm", "--force", "stranger"]).await?;
    site.engine.beside(&["umount", "--lazy", &share]).await?;
    std::fs::remove_dir(&share)?;
    site.until_said("it to be verified again", verified).await?;

    // A second one touches nothing of the first one's.
    let second = site.supervise(&[], &[]).await.err().map(|error| format!("{error:#}")).unwrap_or_default();
    assert!(second.contains("another supervisor runs (process "), "{second}");
    site.until_said("the first one to be well", verified).await?;

    // Killed, it leaves them running for the next one. Where there is none, the service manager has them stopped.
    supervisor.kill().await?;
    site.supervise(&["SERVICE_RESULT=signal", "EXIT_STATUS=KILL"], &["--end"]).await?;
    for name in ["oneway-intake", "oneway-uplink"] {
        assert_eq!(site.engine.inspect(name).await?["State"]["Running"], true, "{name} was stopped");
    }
    site.supervise(&["SERVICE_RESULT=timeout", "EXIT_STATUS=KILL"], &["--end"]).await?;
    for name in ["oneway-intake", "oneway-uplink"] {
        let state = site.engine.inspect(name).await?["State"].clone();
        assert_eq!((&state["Running"], &state["ExitCode"]), (&false.into(), &0.into()), "{name}: {state}");
    }

    // What is somebody else's is left alone.
    site.engine.docker(&["rm", "--force", "oneway-intake"]).await?;
    let image = tests::images::tag("simulator");
    site.engine.docker(&["create", "--name", "oneway-intake", &image]).await?;
    let supervisor = site.start_supervisor()?;
    site.until_said("whose it is", |said| said["trouble"].to_string().contains("did not make it")).await?;
    assert_eq!(site.engine.inspect("oneway-intake").await?["Config"]["Image"], image);
    supervisor.stop().await?;
    platform.stop().await.map(drop)
}
