//! The Debian packages: what is in them, and a machine on which they are installed, configured, enrolled, run, upgraded,
//! removed and purged, by its own package manager and under its own service manager. The programs in them are those of
//! this build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use demo::program::Launcher;
use demo::site::Plan;
use serde_json::Value;
use tempfile::TempDir;
use tests::booted::{Booted, Chip, DISK};
use tests::{Bench, number, repository, until};

/// `systemd-analyze security` counts what a service is exposed to, from 0 to 10. What is left is what it is for: the network.
const EXPOSURE_MAX: [(&str, &str); 2] = [("adapter", "1.2"), ("platform", "1.2")];
/// The supervisor is root, for the container engine's socket, and may ask a server for updates.
const SUPERVISOR_EXPOSURE_MAX: (&str, &str) = ("oneway-supervisor.service", "2.2");
/// The services of the adapter.
const HALVES: [&str; 2] = ["oneway-uplink", "oneway-intake"];
const SERVICES: [&str; 4] = ["oneway-uplink", "oneway-intake", "oneway-supervisor", "oneway-platform"];
/// Lines of log from a printer.
const ENOUGH: u64 = 50;

/// Both packages, in a directory of their own.
struct Packages {
    directory: TempDir,
}

impl Packages {
    /// Builds them from the programs of this build. The compression is the quickest, but for that they are as shipped.
    fn build() -> Result<Self> {
        let directory =
            tempfile::Builder::new().prefix("packages-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let programs = Path::new(env!("CARGO_BIN_EXE_programs")).parent().context("no directory")?;
        let mut build = Command::new(repository().join("packages/build"));
        build.env("DPKG_DEB_COMPRESSOR_LEVEL", "0").arg("--programs").arg(programs);
        run(build.arg("--output").arg(directory.path()))?;
        Ok(Self { directory })
    }

    fn file(&self, name: &str) -> Result<PathBuf> {
        let files = fs::read_dir(self.directory.path())?.filter_map(Result::ok).map(|entry| entry.path());
        let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "deb"));
        let mut named = files.filter(|file| file.to_string_lossy().contains(&format!("/oneway-{name}_")));
        named.next().with_context(|| format!("there is no package of the {name}"))
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

fn tool(words: &[&str], file: &Path) -> Result<String> {
    run(Command::new(words[0]).args(&words[1..]).arg(file))
}

#[test]
fn the_packages_hold_what_they_say_and_the_same_programs_give_the_same_bytes() -> Result<()> {
    let (first, second) = (Packages::build()?, Packages::build()?);
    for (name, exposure) in EXPOSURE_MAX {
        let package = first.file(name)?;
        assert!(fs::read(&package)? == fs::read(second.file(name)?)?, "{name}: two builds differ");
        // As strict as it can be: a warning fails as an error does.
        tool(&["lintian", "--allow-root", "--fail-on", "error,warning"], &package)?;
        let listed = tool(&["dpkg-deb", "--contents"], &package)?;
        for line in listed.lines().filter(|line| !line.starts_with("drwxr-xr-x root/root")) {
            let runs = [" ./usr/bin/oneway-", " ./usr/lib/oneway/"].iter().any(|place| line.contains(place));
            let mode = if runs { "-rwxr-xr-x" } else { "-rw-r--r--" };
            assert!(line.starts_with(&format!("{mode} root/root ")), "{line}");
        }
        let tree = first.directory.path().join(name);
        run(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(&tree))?;
        assert_eq!(fs::read_to_string(tree.join("DEBIAN/conffiles"))?, format!("/etc/oneway/{name}.toml\n"));
        let crates = tree.join(format!("usr/share/doc/oneway-{name}/linked-crates.gz"));
        let crates = tool(&["gzip", "--decompress", "--stdout"], &crates)?;
        for words in
            ["\nring 0.", "\nrustls 0.", "\ntokio 1.", "Permission is hereby granted", "Apache License"]
        {
            assert!(
                crates.contains(words),
                "{name}: {words:?} is not in the licences of what it is linked of"
            );
        }
        let units = tree.join("usr/lib/systemd/system");
        let units = fs::read_dir(units)?.filter_map(Result::ok).map(|unit| unit.path());
        for unit in units.filter(|unit| unit.extension().is_some_and(|is| is == "service")) {
            let security = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold"];
            let supervisor = unit.ends_with(SUPERVISOR_EXPOSURE_MAX.0);
            let exposure = if supervisor { SUPERVISOR_EXPOSURE_MAX.1 } else { exposure };
            // Tenths, and the tool wants whole hundredths of ten: 1.2 is 12.
            let threshold = exposure.replace('.', "");
            tool(&[&security[..], &[&threshold]].concat(), &unit)?;
        }
    }
    // The adapter's example is one that it accepts, and it says that it is not enrolled.
    let tree = first.directory.path().join("adapter");
    let example = tree.join("etc/oneway/adapter.toml");
    let said =
        tool(&[&tree.join("usr/bin/oneway-adapter").to_string_lossy(), "check", "--config"], &example)?;
    assert!(said.contains("not yet enrolled") && said.contains("all is well"), "{said}");
    Ok(())
}

/// A booted machine with the packages installed, and the site whose printers are plugged into its network.
struct Machine {
    booted: Booted,
    bench: Bench,
    packages: Packages,
}

impl Machine {
    async fn start() -> Result<Self> {
        let below = env!("CARGO_TARGET_TMPDIR");
        let packages = Packages::build()?;
        let booted = Booted::start(below, Path::new(below)).await?;
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs")).within(booted.enter_network());
        let plan =
            Plan { printers: 2, lines_per_second: 20.0, tailed_every: 2, faults: Vec::new(), port: None };
        let bench = Bench::new(below, launcher, plan)?;
        let machine = Self { booted, bench, packages };
        machine.install("adapter").await?;
        machine.install("platform").await?;
        Ok(machine)
    }

    async fn run(&self, script: &str) -> Result<String> {
        self.booted.run(script).await.with_context(|| self.bench.logs())
    }

    async fn install(&self, name: &str) -> Result<String> {
        let package = self.packages.file(name)?;
        // The index of the manual is this machine's own affair, and takes it some seconds.
        self.run(&format!("dpkg --force-unsafe-io --no-triggers --install {} 2>&1", package.display())).await
    }

    /// A file of the site, by what it is called where the services see it.
    async fn put(&self, name: &str, owner: &str, mode: &str) -> Result<()> {
        let text = fs::read_to_string(self.bench.site.file(name))?;
        let there = self.bench.site.directory.display().to_string();
        let text = text
            .replace(&format!("{there}/printers"), "/srv/printers")
            .replace(&format!("{there}/platform.db"), "/var/lib/oneway-platform/platform.db")
            .replace(&format!("{there}/credentials.toml"), "/etc/oneway/credentials")
            .replace(&format!("{there}/identity.toml"), "/etc/oneway/identity")
            .replace(&format!("{there}/link/"), "/run/oneway/")
            .replace(&format!("{there}/adapter.key"), "$CREDENTIALS_DIRECTORY/secret_adapter.key")
            .replace(&there, "/etc/oneway");
        let script = format!(
            "umask 077; cat > /etc/oneway/{name}; chown {owner} /etc/oneway/{name}; chmod {mode} /etc/oneway/{name}"
        );
        self.booted.feed(&script, &text).await.map(drop)
    }

    /// A question to the platform, as its own user.
    async fn ask_platform(&self, words: &str, input: &str) -> Result<String> {
        let words = format!(
            "runuser -u oneway-platform -- oneway-platform {words} --config /etc/oneway/platform.toml"
        );
        self.booted.feed(&words, input).await
    }

    async fn until_stored(&self, enough: u64) -> Result<Value> {
        until(&format!("{enough} lines at the platform"), async || {
            let report: Value = serde_json::from_str(&self.ask_platform("report", "").await?)?;
            Ok(number(&report, "/records/distinct")
                .is_ok_and(|distinct| distinct >= enough)
                .then_some(report))
        })
        .await
    }

    /// Whether a service runs, in the service manager's word.
    async fn state(&self, service: &str) -> Result<String> {
        self.run(&format!("systemctl is-active {service} || true")).await
    }

    async fn main_process(&self, service: &str) -> Result<String> {
        self.run(&format!("systemctl show --property MainPID --value {service}")).await
    }

    /// The platform runs, and the printers.
    async fn configure_platform(&self) -> Result<()> {
        self.put("platform.toml", "root:root", "644").await?;
        self.put("platform.pem", "root:root", "644").await?;
        self.put("platform.key", "root:oneway-platform", "640").await?;
        self.ask_platform("user add demo --role admin", "a long enough password\n").await?;
        self.run("systemctl enable --now oneway-platform").await.map(drop)
    }

    async fn configure_adapter(&self) -> Result<()> {
        let printers = self.bench.site.directory.join("printers");
        self.run(&format!("mkdir /srv/printers; mount --bind {} /srv/printers", printers.display())).await?;
        for name in ["adapter.toml", "ca.pem", "adapter.pem"] {
            self.put(name, "root:root", "644").await?;
        }
        // The listener's key is sealed as well.
        let key = fs::read_to_string(self.bench.site.file("adapter.key"))?;
        let seal = "systemd-creds encrypt --with-key=host+tpm2 --name=secret_adapter.key - /etc/oneway/sealed/adapter.key";
        self.booted.feed(seal, &key).await.map(drop)
    }

    async fn enrol(&self, name: &str) -> Result<String> {
        let code = self.ask_platform(&format!("adapter create {name} --site Here"), "").await?;
        let enrol = "oneway-adapter enrol --with-key host+tpm2 --config /etc/oneway/adapter.toml";
        self.booted.feed(enrol, &code).await
    }
}

#[tokio::test]
async fn a_machine_on_which_they_are_installed_enrolled_run_upgraded_and_purged() -> Result<()> {
    let machine = Machine::start().await?;
    for service in SERVICES {
        assert_eq!(machine.state(service).await?, "inactive", "{service} was started by its installation");
    }
    // Without being enrolled it is not even tried.
    machine.run("systemctl start oneway-adapter.target").await?;
    for service in HALVES {
        assert_eq!(machine.state(service).await?, "inactive", "{service} runs without being enrolled");
    }

    let chip = machine.booted.plug_in(env!("CARGO_TARGET_TMPDIR"), None).await?;
    machine.configure_platform().await?;
    let mut simulator = machine.bench.site.start_simulator().await?;
    machine.configure_adapter().await?;
    let said = machine.enrol("bench-1").await?;
    assert!(said.contains(r#""sealed_with":"host+tpm2""#), "{said}");
    let checked = machine.run("oneway-adapter check --config /etc/oneway/adapter.toml || true").await?;
    assert!(checked.contains("enrolled, and sealed for this machine"), "{checked}");

    machine.run("systemctl enable --now oneway-adapter.target").await?;
    machine.until_stored(ENOUGH).await?;
    let status = machine.run("oneway-adapter status --config /etc/oneway/adapter.toml").await?;
    assert!(status.contains("ADAPTER"), "{status}");
    it_can_write_nowhere_else(&machine, "oneway-intake", "oneway", None).await?;
    // Where the halves meet, in memory.
    it_can_write_nowhere_else(&machine, "oneway-uplink", "oneway", Some("/run/oneway")).await?;
    let store = Some("/var/lib/oneway-platform");
    it_can_write_nowhere_else(&machine, "oneway-platform", "oneway-platform", store).await?;
    neither_half_reaches_the_others_network(&machine).await?;
    let chip = a_stolen_disk_gives_nothing(&machine, chip).await?;
    an_upgrade_keeps_what_was_configured(&machine).await?;
    the_supervisor_runs_under_its_unit(&machine).await?;
    removing_keeps_it_as_well_and_purging_nothing(&machine).await?;

    simulator.send("stop").await?;
    simulator.ended().await?;
    drop(chip);
    Ok(())
}

/// Looks for the key and the salt, as the running service has them, in all that was ever written to the disk; and at what
/// the disk opens without the chip, and the chip without the disk. Gives back the chip, plugged in.
async fn a_stolen_disk_gives_nothing(machine: &Machine, chip: Chip) -> Result<Chip> {
    let handed_over = "/run/credentials";
    let credentials =
        machine.run(&format!("cat {handed_over}/oneway-uplink.service/oneway-credentials")).await?;
    let value = |name: &str| {
        let line = credentials.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned).context("no such credential")
    };
    let listener =
        machine.run(&format!("sed -n 2p {handed_over}/oneway-intake.service/secret_adapter.key")).await?;
    // The intake is not even given the key.
    machine
        .booted
        .fails(&format!("grep -r -e '{}' {handed_over}/oneway-intake.service", value("key")?))
        .await?;
    for secret in [value("key")?, value("salt")?, listener] {
        assert!(secret.len() >= 32, "{secret}");
        machine
            .booted
            .fails(&format!("grep --recursive --fixed-strings --text --quiet -e {secret} {DISK}"))
            .await?;
    }
    // The search finds what is there: what the adapter is called is in the platform's store.
    machine
        .run(&format!(
            "grep --recursive --fixed-strings --text --quiet -e bench-1 {DISK}/var/lib/oneway-platform"
        ))
        .await?;

    let open = "systemd-creds decrypt --name=oneway-credentials /etc/oneway/credentials -";
    let host_key = "/var/lib/systemd/credential.secret";
    assert!(machine.run(open).await?.contains(&value("key")?));
    // The chip in a machine with another disk, which has another key of the machine.
    machine.run(&format!("mv {host_key} /run/its-key; systemd-creds setup 2>&1")).await?;
    machine.booted.fails(open).await?;
    machine.run(&format!("mv -f /run/its-key {host_key}")).await?;
    // The whole disk in a machine with another chip, and in one without any.
    let below = env!("CARGO_TARGET_TMPDIR");
    let state = chip.pull().await?;
    machine.booted.fails(open).await?;
    let other = machine.booted.plug_in(below, None).await?;
    machine.booted.fails(open).await?;
    other.pull().await?;
    let chip = machine.booted.plug_in(below, Some(state)).await?;
    assert!(machine.run(open).await?.contains(&value("key")?));
    // A new key keeps the salt that only this machine can open.
    machine.enrol("bench-2").await?;
    let again = machine.run(open).await?;
    assert!(
        again.contains(&value("salt")?) && !again.contains(&value("key")?),
        "the salt is another, or the key is not"
    );
    Ok(chip)
}

/// The next version of a package, with nothing new in it.
fn next_version(package: &Path) -> Result<PathBuf> {
    let (tree, next) = (package.with_extension("tree"), package.with_extension("next.deb"));
    run(Command::new("dpkg-deb").arg("--raw-extract").arg(package).arg(&tree))?;
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let version = text.lines().find(|line| line.starts_with("Version: ")).context("no version")?;
    fs::write(&control, text.replace(version, &format!("{version}+next")))?;
    run(Command::new("dpkg-deb").args(["--root-owner-group", "-Znone", "--build"]).arg(&tree).arg(&next))?;
    Ok(next)
}

async fn an_upgrade_keeps_what_was_configured(machine: &Machine) -> Result<()> {
    let kept =
        "sha256sum /etc/oneway/* /etc/oneway/sealed/* /var/lib/systemd/credential.secret 2>/dev/null || true";
    let before = machine.run(kept).await?;
    for (name, services) in [("adapter", &HALVES[..]), ("platform", &["oneway-platform"])] {
        let mut before = Vec::new();
        for service in services {
            before.push(machine.main_process(service).await?);
        }
        let next = next_version(&machine.packages.file(name)?)?;
        machine
            .run(&format!("dpkg --force-unsafe-io --no-triggers --install {} 2>&1", next.display()))
            .await?;
        for (service, process) in services.iter().zip(before) {
            assert_eq!(machine.state(service).await?, "active", "{service}");
            assert_ne!(machine.main_process(service).await?, process, "{service} is still the old one");
        }
    }
    assert_eq!(machine.run(kept).await?, before);
    // And it goes on as before, with the new key.
    let stored = number(&machine.until_stored(ENOUGH).await?, "/records/distinct")?;
    machine.until_stored(stored + ENOUGH).await.map(drop)
}

/// The machine's own container engine, as the supervisor's unit wants it started.
const DOCKER: &str = "
    mkdir -p /run/systemd/system
    cat > /run/engine.sh
    ln -sf /dev/null /run/systemd/system/docker.socket
    ln -sf /dev/null /run/systemd/system/containerd.service
    printf '[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/bin/unshare --mount sh /run/engine.sh\nDelegate=yes\nKillMode=process\n' \
        > /run/systemd/system/docker.service
    systemctl daemon-reload
    mkdir -p /etc/oneway/intake /etc/oneway/uplink
    cp /etc/oneway/ca.pem /etc/oneway/uplink
    cp /etc/oneway/ca.pem /etc/oneway/adapter.pem /etc/oneway/intake
    mv /etc/oneway/adapter.toml /etc/oneway/halves.toml";
/// After it: nothing of it is the packages'.
const NO_DOCKER: &str = "
    docker rm --force oneway-intake oneway-uplink
    systemctl stop docker
    rm -r /etc/oneway/intake /etc/oneway/uplink /srv/images
    mv /etc/oneway/halves.toml /etc/oneway/adapter.toml";
const IN_CONTAINERS: &str = r#"
[platform]
url = "https://198.51.100.1:8443"
ca_file = "/etc/oneway/uplink/ca.pem"
credentials_file = "/etc/oneway/credentials"

[link]
socket = "/run/oneway/link.sock"
identity_file = "/etc/oneway/identity"

[beats]
listen = "0.0.0.0:5044"
certificate_file = "/etc/oneway/intake/adapter.pem"
key_file = "$CREDENTIALS_DIRECTORY/secret_adapter.key"
client_ca_file = "/etc/oneway/intake/ca.pem"

[[printers]]
id = "p01"
family = "projet"
beats = { certificate = "p01" }

[supervise]
intake_files = "/etc/oneway/intake"
uplink_files = "/etc/oneway/uplink"
"#;

/// By its service manager, with its rights, its sandbox and what is sealed for it, and with a real engine: it starts, is killed and
/// started again while both halves run on, and leaves none of them running that nobody watches.
async fn the_supervisor_runs_under_its_unit(machine: &Machine) -> Result<()> {
    machine.run("systemctl stop oneway-adapter.target oneway-intake oneway-uplink").await?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/booted_engine.sh");
    machine.booted.feed(DOCKER, &fs::read_to_string(script)?).await?;
    // The images, which the engine does not have yet.
    let built = tests::images::built()?;
    let digests = fs::read_to_string(built.join("digests"))?;
    let mut text = IN_CONTAINERS.to_owned();
    let mut archives = Vec::new();
    for half in ["intake", "uplink"] {
        let line = digests.lines().find(|line| line.starts_with(&format!("oneway/{half}:")));
        let image = line.and_then(|line| line.split('\t').nth(1)).context("no such image")?;
        let archive = machine.packages.directory.path().join(format!("{half}.tar"));
        fs::copy(built.join(format!("{half}.tar")), &archive)?;
        let there = format!("/srv/images/{half}.tar");
        machine.run(&format!("install -D --mode 600 {} {there}", archive.display())).await?;
        text += &format!("{half}_image = \"{image}\"\n");
        archives.push(there);
    }
    text += &format!("archives = {archives:?}\n");
    let configure = "cat > /etc/oneway/adapter.toml; chmod 644 /etc/oneway/adapter.toml";
    machine.booted.feed(configure, &text).await?;

    // It is ready when both run and are shown to be separated.
    machine.run("systemctl start oneway-supervisor").await?;
    let status = machine.run("oneway-adapter status --config /etc/oneway/adapter.toml").await?;
    assert!(status.contains("separation     verified") && status.contains("breaches       0"), "{status}");
    let process = machine.main_process("oneway-supervisor").await?;
    let of_kernel = machine.run(&format!("cat /proc/{process}/status")).await?;
    // CAP_CHOWN and CAP_DAC_READ_SEARCH.
    for line in ["CapBnd:\t0000000000000005", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(of_kernel.contains(line), "{line}: {of_kernel}");
    }
    // To a service that is shown nothing but processes, the machine's ways are not hidden: those to the engine's networks.
    let sandbox =
        "unshare --mount sh -euc 'mount -t proc -o subset=pid proc /proc; exec oneway-adapter probe look'";
    let seen: Value = serde_json::from_str(&machine.run(sandbox).await?)?;
    let mut ways = seen["routes"].as_array().into_iter().flatten().filter_map(|route| route["to"].as_str());
    assert!(ways.any(|to| to.starts_with("172.")), "{seen}");
    let handed_over = machine.run("cd /run/oneway-supervisor; stat --format '%a %u %n' */*").await?;
    let expected = [
        "444 0 account/account.json",
        "400 10001 intake/oneway-identity",
        "400 10001 intake/secret_adapter.key",
        "400 10002 uplink/oneway-credentials",
    ];
    assert_eq!(handed_over.lines().collect::<Vec<_>>(), expected);

    let running =
        "docker inspect --format '{{.State.Running}} {{.State.StartedAt}}' oneway-intake oneway-uplink";
    let before = machine.run(running).await?;
    assert!(before.lines().all(|line| line.starts_with("true ")), "{before}");
    machine.run("systemctl kill --kill-whom=main --signal=KILL oneway-supervisor").await?;
    let again = until("the supervisor again", async || {
        let status = machine.run("oneway-adapter status --config /etc/oneway/adapter.toml || true").await?;
        Ok(status.contains("separation     verified").then_some(()))
    });
    again.await?;
    assert_ne!(machine.main_process("oneway-supervisor").await?, process);
    assert_eq!(machine.run(running).await?, before, "they were not left running");

    // Killed, and started again with a configuration that is wrong, it is not started a third time.
    machine.run("echo nonsense >> /etc/oneway/adapter.toml").await?;
    machine.run("systemctl kill --kill-whom=main --signal=KILL oneway-supervisor").await?;
    let failed = until("the supervisor to have failed", async || {
        Ok((machine.state("oneway-supervisor").await? == "failed").then_some(()))
    });
    failed.await?;
    let after = machine.run(running).await?;
    assert!(
        after.lines().all(|line| line.starts_with("false ")),
        "nobody watches them, and they run: {after}"
    );
    machine.run("! ls /run/oneway-supervisor/*/oneway-* 2>/dev/null").await?;

    // Told to stop, it stops them.
    machine.booted.feed(configure, &text).await?;
    machine.run("systemctl reset-failed oneway-supervisor; systemctl start oneway-supervisor").await?;
    machine.run("systemctl stop oneway-supervisor").await?;
    let after = machine.run(running).await?;
    assert!(after.lines().all(|line| line.starts_with("false ")), "it left them running: {after}");

    // It never becomes ready with an image that nothing brings, and who upgrades does not wait for that.
    let no_image = format!("intake_image = \"sha256:{}\"", "0".repeat(64));
    let lines = text.lines().map(|line| if line.starts_with("intake_image") { &no_image } else { line });
    machine.booted.feed(configure, &lines.collect::<Vec<_>>().join("\n")).await?;
    machine.run("systemctl start --no-block oneway-supervisor").await?;
    let waiting = async |but: &str| {
        until("the supervisor to wait for its image", async || {
            let waits = machine.state("oneway-supervisor").await? == "activating";
            let process = machine.main_process("oneway-supervisor").await?;
            Ok((waits && process != but && process != "0").then_some(process))
        })
        .await
    };
    let process = waiting("").await?;
    let package = machine.packages.file("adapter")?;
    machine
        .run(&format!(
            "timeout 120 dpkg --force-unsafe-io --no-triggers --install {} 2>&1",
            package.display()
        ))
        .await?;
    waiting(&process).await.context("after the upgrade")?;
    machine.run("systemctl stop oneway-supervisor").await?;
    machine.run(NO_DOCKER).await.map(drop)
}

async fn removing_keeps_it_as_well_and_purging_nothing(machine: &Machine) -> Result<()> {
    let ours = "find /etc /opt /srv /usr /var -name '*oneway*' -not -path '/var/lib/dpkg/*' | sort";
    machine.run("dpkg --no-triggers --remove oneway-adapter oneway-platform 2>&1").await?;
    for service in SERVICES {
        assert_eq!(machine.state(service).await?, "inactive", "{service} runs on without its package");
    }
    let kept = "test -s /etc/oneway/credentials -a -s /etc/oneway/identity -a -s /etc/oneway/adapter.toml -a -s /etc/oneway/sealed/adapter.key";
    machine
        .run(&format!("{kept} -a -s /etc/oneway/platform.toml -a -s /var/lib/oneway-platform/platform.db"))
        .await?;
    machine.run("dpkg --no-triggers --purge oneway-adapter oneway-platform 2>&1").await?;
    // What this test put there is not the packages'.
    machine
        .run("cd /etc/oneway && rm ca.pem adapter.pem platform.pem platform.key && cd / && rmdir /etc/oneway")
        .await?;
    let left = machine.run(ours).await?;
    assert!(left.is_empty(), "{left}");
    Ok(())
}

/// Looks at the running service from within: where its user could keep something, and what the kernel says of it.
async fn it_can_write_nowhere_else(
    machine: &Machine,
    service: &str,
    group: &str,
    its_own: Option<&str>,
) -> Result<()> {
    let process = machine.main_process(service).await?;
    let look = concat!(env!("CARGO_MANIFEST_DIR"), "/src/writable.py");
    let writable = format!("python3 - {process} {service} {group}");
    let writable = machine.booted.feed(&writable, &fs::read_to_string(look)?).await?;
    let elsewhere: Vec<&str> =
        writable.lines().filter(|path| !its_own.is_some_and(|its| path.starts_with(its))).collect();
    assert!(elsewhere.is_empty() && writable.is_empty() == its_own.is_none(), "{service}: {writable}");

    let status = machine.run(&format!("cat /proc/{process}/status")).await?;
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    Ok(())
}

/// Sends a datagram from within each service's group of processes, which is what the kernel judges by.
async fn neither_half_reaches_the_others_network(machine: &Machine) -> Result<()> {
    let (printer, internet, resolver) = ("192.168.77.1", "203.0.113.9", "127.0.0.53");
    machine.run(&format!("ip address add {printer}/32 dev lo; ip address add {internet}/32 dev lo")).await?;
    for (half, reached, denied) in [
        ("oneway-intake", printer, internet),
        ("oneway-intake", "127.0.0.1", resolver),
        ("oneway-uplink", internet, printer),
        ("oneway-uplink", resolver, printer),
    ] {
        let group = machine.run(&format!("systemctl show --property ControlGroup --value {half}")).await?;
        let send = |to: &str| {
            format!("bash -euc 'echo $$ > /sys/fs/cgroup{group}/cgroup.procs; echo hello > /dev/udp/{to}/9'")
        };
        machine.run(&send(reached)).await.with_context(|| format!("{half} to {reached}"))?;
        let said =
            machine.booted.fails(&send(denied)).await.with_context(|| format!("{half} to {denied}"))?;
        assert!(said.contains("Operation not permitted"), "{half} to {denied}: {said}");
    }
    Ok(())
}
