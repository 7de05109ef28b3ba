//! The evaluation in containers, from the first `docker compose up` to the end: data flows, each service is as hardened as
//! `docker/compose.yaml` says and the kernel confirms it, a service that hangs is called unhealthy, one that is killed comes
//! back, and all of them end in order.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::evaluation::{Evaluation, SERVICES, container};
use tests::number;

const BELOW: &str = env!("CARGO_TARGET_TMPDIR");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_brings_up_all_of_it_as_hard_as_it_is_said_to_be() -> Result<()> {
    let evaluation = Evaluation::up(BELOW).await?;
    let first = evaluation.until_stored(200).await?;
    assert_eq!(number(&first, "/printers")?, 20, "{first}");
    evaluation.until_all("healthy").await?;
    dashboard_opens(&evaluation).await?;
    for service in SERVICES {
        asked_for(&evaluation, service).await.with_context(|| service.to_owned())?;
        in_effect(&evaluation, service).await.with_context(|| service.to_owned())?;
    }

    evaluation.signal_all("STOP").await?;
    evaluation.until_all("unhealthy").await?;
    evaluation.signal_all("CONT").await?;
    evaluation.until_all("healthy").await?;

    // A restart by the engine, with whatever the killed ones left behind.
    let before = number(&evaluation.report().await?, "/readings_stored")?;
    evaluation.signal_all("KILL").await?;
    evaluation.until_all("healthy").await?;
    more_than(&evaluation, before).await?;

    // Away and back: the second time everything is there.
    evaluation.compose(&["stop"]).await?;
    for service in SERVICES {
        let state = evaluation.engine.inspect(&container(service)).await?["State"].clone();
        assert_eq!(
            (&state["ExitCode"], &state["OOMKilled"]),
            (&json!(0), &json!(false)),
            "{service}: {state}"
        );
    }
    evaluation.compose(&["up", "--detach"]).await?;
    evaluation.until_all("healthy").await?;
    let logs = evaluation.engine.docker(&["logs", &container("prepare")]).await?;
    assert!(logs.contains("are there."), "the second start made everything anew: {logs}");
    let before = number(&evaluation.report().await?, "/readings_stored")?;
    more_than(&evaluation, before).await?;
    evaluation.compose(&["down", "--volumes"]).await?;
    let left = evaluation.engine.docker(&["volume", "ls", "--quiet"]).await?;
    ensure!(left.is_empty(), "volumes are left: {left}");
    Ok(())
}

async fn more_than(evaluation: &Evaluation, before: u64) -> Result<()> {
    tests::until("more readings on the platform", async || {
        // One that is just being restarted says nothing.
        let Ok(report) = evaluation.report().await else { return Ok(None) };
        Ok((number(&report, "/readings_stored")? > before + 100).then_some(()))
    })
    .await
    .context(evaluation.logs().await)
}

/// A person on this machine, and no other, can open what the platform says.
async fn dashboard_opens(evaluation: &Evaluation) -> Result<()> {
    let logs = evaluation.engine.command(&["logs", &container("platform")]).output().await?;
    let logs = String::from_utf8([logs.stdout, logs.stderr].concat())?;
    let link = logs.split_whitespace().find(|word| word.starts_with("https://localhost:8443/setup/"));
    let link = link.with_context(|| format!("no link for the first admin: {logs}"))?;
    let authority = evaluation.engine.directory().join("ca.pem").display().to_string();
    let there = format!("{}:/var/lib/oneway/uplink/ca.pem", container("uplink"));
    evaluation.engine.docker(&["cp", &there, &authority]).await?;
    let open = "import ssl,sys,urllib.request as u\n\
                print(u.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2]), timeout=20).status)";
    let said = evaluation.engine.beside(&["python3", "-c", open, link, &authority]).await?;
    assert_eq!(said.trim(), "200");
    let ports =
        evaluation.engine.inspect(&container("platform")).await?["HostConfig"]["PortBindings"].clone();
    assert_eq!(ports, json!({"8443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8443"}]}));
    for service in ["intake", "uplink", "simulator"] {
        let ports =
            evaluation.engine.inspect(&container(service)).await?["HostConfig"]["PortBindings"].clone();
        assert!(ports.as_object().is_none_or(serde_json::Map::is_empty), "{service}: {ports}");
    }
    Ok(())
}

/// What the engine was asked for.
async fn asked_for(evaluation: &Evaluation, service: &str) -> Result<()> {
    let said = evaluation.engine.inspect(&container(service)).await?;
    let (host, config) = (&said["HostConfig"], &said["Config"]);
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(host["Privileged"], false);
    assert_eq!((&host["CapDrop"], &host["CapAdd"]), (&json!(["ALL"]), &Value::Null));
    let security: Vec<_> =
        host["SecurityOpt"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(security.contains(&"no-new-privileges:true"), "{security:?}");
    assert!(security.iter().any(|option| option.starts_with("seccomp={")), "{security:?}");
    for limit in ["PidsLimit", "Memory"] {
        assert!(host[limit].as_i64().is_some_and(|limit| limit > 0), "no {limit}");
    }
    assert_eq!(host["Memory"], host["MemorySwap"], "memory can be swapped out to a disk");
    assert!(host["Devices"].as_array().is_none_or(Vec::is_empty), "devices: {}", host["Devices"]);
    assert_eq!((&host["PidMode"], &host["IpcMode"]), (&json!(""), &json!("none")));
    // Nothing is handed over by the environment, but how memory is kept.
    let environment: Vec<_> = config["Env"].as_array().into_iter().flatten().collect();
    assert!(
        environment.iter().all(|one| {
            one.as_str().is_some_and(|one| {
                one.starts_with("PATH=") || one == "GLIBC_TUNABLES=glibc.malloc.arena_max=1"
            })
        }),
        "{environment:?}"
    );
    Ok(())
}

/// What the kernel says.
async fn in_effect(evaluation: &Evaluation, service: &str) -> Result<()> {
    let status = evaluation.proc(service, "status").await?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .with_context(|| format!("no {name}"))
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(set)?, "0000000000000000", "{set}");
    }
    assert_eq!((field("NoNewPrivs")?, field("Seccomp")?), ("1".to_owned(), "2".to_owned()));
    let (user, group) = match service {
        "intake" => (10001, 10000),
        "uplink" => (10002, 10000),
        "platform" => (10003, 10003),
        _ => (10004, 10004),
    };
    assert_eq!(
        (field("Uid")?, field("Gid")?),
        ([user; 4].map(|id| id.to_string()).join(" "), [group; 4].map(|id| id.to_string()).join(" "))
    );
    // An engine names the own group here, or nothing.
    assert!(
        ["".to_owned(), group.to_string()].contains(&field("Groups")?),
        "further groups: {}",
        field("Groups")?
    );

    // `ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS …`
    let mounts = evaluation.proc(service, "mountinfo").await?;
    let mut writable = BTreeSet::new();
    for mount in mounts.lines() {
        let words: Vec<_> = mount.split(' ').collect();
        let (Some(place), Some(options)) = (words.get(4), words.get(5)) else { continue };
        if options.split(',').any(|option| option == "rw") {
            writable.insert(*place);
        }
    }
    let own = match service {
        "uplink" => Some("/run/oneway"),
        "platform" => Some("/var/lib/oneway/platform"),
        "simulator" => Some("/var/log/printers"),
        _ => None,
    };
    // The engine's own, where everything belongs to root.
    let of_docker = ["/dev", "/dev/mqueue", "/dev/pts", "/proc", "/sys/fs/cgroup"];
    let expected: BTreeSet<_> = of_docker.into_iter().chain(own).collect();
    let more: Vec<_> = writable.difference(&expected).filter(|place| !place.starts_with("/proc/")).collect();
    assert!(more.is_empty() && own.is_none_or(|own| writable.contains(own)), "can be written: {writable:?}");

    let said = evaluation.engine.inspect(&container(service)).await?;
    for (limit, controller, names) in [
        ("PidsLimit", "pids", ["pids.max", "pids.max"]),
        ("Memory", "memory", ["memory.limit_in_bytes", "memory.max"]),
    ] {
        let kernel = of_group(evaluation, service, controller, names).await?;
        assert_eq!(kernel.trim(), said["HostConfig"][limit].to_string(), "{limit}");
    }
    Ok(())
}

/// A file of a service's control group, by its name in the first and in the second version of them.
async fn of_group(
    evaluation: &Evaluation,
    service: &str,
    controller: &str,
    names: [&str; 2],
) -> Result<String> {
    let groups = evaluation.proc(service, "cgroup").await?;
    let place = groups.lines().find_map(|line| {
        let [_, controllers, path] = line.splitn(3, ':').collect::<Vec<_>>().try_into().ok()?;
        match controllers {
            "" => Some(format!("/sys/fs/cgroup{path}/{}", names[1])),
            _ if controllers.split(',').any(|one| one == controller) => {
                Some(format!("/sys/fs/cgroup/{controllers}{path}/{}", names[0]))
            }
            _ => None,
        }
    });
    evaluation.engine.beside(&["cat", &place.with_context(|| format!("no group in {groups}"))?]).await
}
