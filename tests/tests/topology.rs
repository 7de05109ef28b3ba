//! `docker/compose.yaml` and what `adapter supervise` asks of the engine say the same of the two halves: what hardens a
//! container in one and not in the other is a mistake in one of them.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::images::run;
use tests::repository;

const CONFIGURATION: &str = r#"
[supervise]
intake_image = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
uplink_image = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
"#;

/// What the supervisor asks for, with the evaluation's configuration.
fn described() -> Result<Value> {
    let directory = tempfile::tempdir()?;
    let of = |half: &str| fs::read_to_string(repository().join(format!("docker/evaluation/{half}.toml")));
    let uplink = of("uplink")?;
    let (platform, _) = uplink.split_once("[link]").context("no [link]")?;
    let file = directory.path().join("adapter.toml");
    fs::write(&file, [platform, &of("intake")?, CONFIGURATION].concat())?;
    let file = file.display().to_string();
    let said = run(env!("CARGO_BIN_EXE_programs"), &["adapter", "supervise", "--print", "--config", &file])?;
    Ok(serde_json::from_str(&said)?)
}

/// What compose makes of its file.
fn composed() -> Result<Value> {
    let file = repository().join("docker/compose.yaml");
    let output = Command::new("docker")
        .env("DOCKER_CONFIG", repository().join("target/peers/docker"))
        .args(["compose", "--file"])
        .arg(&file)
        .args(["config", "--format", "json"])
        .output()?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn compose_and_the_supervisor_hold_the_halves_alike() -> Result<()> {
    let (described, composed) = (described()?, composed()?);
    for half in ["intake", "uplink"] {
        let (ours, theirs) =
            (&described["containers"][format!("oneway-{half}")], &composed["services"][half]);
        let host = &ours["HostConfig"];
        assert_eq!(host["ReadonlyRootfs"], theirs["read_only"], "{half}");
        assert_eq!(host["CapDrop"], theirs["cap_drop"], "{half}");
        assert_eq!((&host["CapAdd"], &theirs["cap_add"]), (&Value::Null, &Value::Null), "{half}");
        assert_eq!((&host["Privileged"], &theirs["privileged"]), (&json!(false), &Value::Null), "{half}");
        assert_eq!((&host["IpcMode"], &theirs["ipc"]), (&json!("none"), &json!("none")), "{half}");
        for (ours, theirs) in
            [("Memory", "mem_limit"), ("MemorySwap", "memswap_limit"), ("PidsLimit", "pids_limit")]
        {
            let limit = &composed["services"][half][theirs];
            let limit = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
            assert_eq!(host[ours].to_string(), limit, "{half} {theirs}");
        }
        assert_eq!(security(&host["SecurityOpt"])?, security(&theirs["security_opt"])?, "{half}");
        for nothing in ["Devices", "PortBindings", "Tmpfs", "GroupAdd", "Sysctls", "ExtraHosts", "PidMode"] {
            assert_eq!(host[nothing], Value::Null, "{half} {nothing}");
        }
        for nothing in ["devices", "ports", "tmpfs", "group_add", "sysctls", "extra_hosts", "pid"] {
            assert_eq!(theirs[nothing], Value::Null, "{half} {nothing}");
        }
        let theirs_is =
            |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
        let environment: Vec<_> =
            theirs["environment"].as_object().into_iter().flatten().map(theirs_is).collect();
        assert_eq!(ours["Env"], json!(environment), "{half}");
        writable(half, host, theirs);
        user(half, ours)?;
        // The supervisor starts again what may be started again.
        assert_eq!(host["RestartPolicy"]["Name"], "no");
    }
    let intake = &described["containers"]["oneway-intake"]["HostConfig"];
    assert_eq!(intake["Dns"], composed["services"]["intake"]["dns"]);
    networks(&described, &composed)
}

/// The options, and of the profile what it says.
fn security(options: &Value) -> Result<Vec<Value>> {
    let of = |option: &str| match option.split_once("seccomp=") {
        None => Ok(json!(option)),
        Some((_, profile)) if profile.trim_start().starts_with('{') => Ok(serde_json::from_str(profile)?),
        Some((_, file)) => {
            Ok(serde_json::from_str(&fs::read_to_string(repository().join("docker").join(file))?)?)
        }
    };
    options.as_array().into_iter().flatten().filter_map(Value::as_str).map(of).collect()
}

/// The one place that can be written to is the uplink's, in memory.
fn writable(half: &str, host: &Value, theirs: &Value) {
    let ours = host["Mounts"].as_array().into_iter().flatten().filter(|mount| mount["ReadOnly"] != true);
    let ours: Vec<_> = ours.map(|mount| mount["Target"].clone()).collect();
    let theirs =
        theirs["volumes"].as_array().into_iter().flatten().filter(|mount| mount["read_only"] != true);
    let theirs: Vec<_> = theirs.map(|mount| mount["target"].clone()).collect();
    assert_eq!(ours, theirs, "{half}");
    assert_eq!(ours, if half == "uplink" { vec![json!("/run/oneway")] } else { Vec::new() });
}

/// Compose leaves user, command and health to the image.
fn user(half: &str, ours: &Value) -> Result<()> {
    let stages = fs::read_to_string(repository().join("docker/Dockerfile"))?;
    let stage = stages.split("\nFROM ").find(|stage| stage.starts_with(&format!("scratch AS {half}\n")));
    let stage = stage.context("no such image")?;
    let user = ours["User"].as_str().context("no user")?;
    assert!(stage.contains(&format!("\nUSER {user}\n")), "{half}: {user}");
    assert!(stage.contains(&format!("ENTRYPOINT [\"/adapter\", \"{half}\"]")));
    assert_eq!((&ours["Entrypoint"], &ours["Cmd"][0]), (&json!(["/adapter"]), &json!(half)));
    assert_eq!(ours["Healthcheck"]["Test"][2], "status");
    Ok(())
}

/// The printers' network and the socket's place are the same. The way out is not: an evaluation has none.
fn networks(described: &Value, composed: &Value) -> Result<()> {
    let ours = described["networks"].as_array().into_iter().flatten();
    let ours = ours.clone().find(|network| network["Name"] == "oneway-printers").context("no network")?;
    let theirs = &composed["networks"]["printers"];
    assert_eq!((&ours["Internal"], &ours["Options"]), (&theirs["internal"], &theirs["driver_opts"]));
    assert_eq!(described["volumes"][0]["DriverOpts"], composed["volumes"]["link"]["driver_opts"]);
    Ok(())
}
