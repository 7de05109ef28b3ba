//! The scripts of a box's services that decide something, with doubles of what they call: what each does with what it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tests::booted::Booted;
use tests::repository;

const EXTRA: &str = "ubuntu-image/mkosi.extra/usr/lib";
const ADAPTER: &str = "oneway-adapter";
/// Says which units run, by a list; and starts nothing again.
const SYSTEMCTL: &str = r#"case "$1 $2" in
    '--quiet is-active') exec grep -qx "${3%.service}" "$BENCH/active" ;;
    '--no-block reboot') touch "$BENCH/again" ;;
    *) exit 9 ;;
esac"#;
const NETWORK: [&str; 3] = ["oneway-firewall", "oneway-state", "systemd-networkd"];
const HALVES: [&str; 2] = ["oneway-uplink", "oneway-intake"];

/// What there is, by what a script asks for.
struct Bench(TempDir);

impl Bench {
    fn new() -> Result<Self> {
        let bench = Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?);
        for folder in ["doubles", "site", "state"] {
            fs::create_dir(bench.path().join(folder))?;
        }
        bench.double("systemctl", SYSTEMCTL)?;
        bench.double("sleep", "")?;
        Ok(bench)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn double(&self, name: &str, script: &str) -> Result<()> {
        let path = self.path().join("doubles").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
    }

    /// Gives the exit code, and what was said.
    fn run(&self, script: &str, arguments: &[&str]) -> Result<(Option<i32>, String)> {
        let mut command = Command::new("sh");
        command.arg(repository().join(EXTRA).join("oneway").join(script)).args(arguments);
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path().join("doubles").display());
        let output = command.current_dir(self.path()).env("PATH", path).env("BENCH", self.path()).output()?;
        Ok((output.status.code(), String::from_utf8(output.stderr)?))
    }
}

/// A version that runs and has lost what the box had is one that has not started well.
#[test]
fn a_version_that_has_not_started_well_is_started_again_while_its_tries_are_counted() -> Result<()> {
    let enrolled = ["state/taken", "state/credentials"];
    let all = [&NETWORK[..], &HALVES].concat();
    let but = |gone: &str| all.iter().copied().filter(|unit| *unit != gone).collect::<Vec<_>>();
    for (there, runs, adapter, says) in [
        // A new box, and one whose code is not exchanged yet, have no halves that could run.
        (&[][..], NETWORK.to_vec(), "", ""),
        (&["state/taken"], NETWORK.to_vec(), "", ""),
        (&["state/taken", "state/credentials", "site/code"], NETWORK.to_vec(), "", ""),
        (&enrolled, all.clone(), "", ""),
        // What this version has made of what is kept says nothing: here it could not read it.
        (&enrolled, NETWORK.to_vec(), "", "oneway-intake does not run"),
        (&enrolled, but("oneway-uplink"), "", "oneway-uplink does not run"),
        (&[], but("oneway-firewall"), "", "oneway-firewall does not run"),
        (&[], but("oneway-state"), "", "oneway-state does not run"),
        (&[], but("systemd-networkd"), "", "systemd-networkd does not run"),
        (&enrolled, all.clone(), "exit 126", "the adapter does not run"),
    ] {
        for counted in [true, false] {
            let bench = Bench::new()?;
            for file in there.iter().chain(counted.then_some(&"counted")) {
                fs::write(bench.path().join(file), "")?;
            }
            fs::write(bench.path().join("active"), runs.join("\n"))?;
            bench.double(ADAPTER, adapter)?;
            let (code, said) = bench.run("started-well", &["site", "state", "counted"])?;
            let again = !says.is_empty() && counted;
            let case = format!("{there:?} {runs:?} {adapter:?} {counted}: {code:?} {said}");
            assert_eq!(code, Some(i32::from(again)), "{case}");
            assert_eq!(bench.path().join("again").exists(), again, "{case}");
            assert!(said.contains(says) && said.is_empty() == says.is_empty(), "{case}");
        }
    }
    Ok(())
}

/// The service manager starts it whatever became of what it looks at.
#[tokio::test]
async fn it_is_looked_at_although_what_it_waits_for_has_failed() -> Result<()> {
    let booted = Booted::start(env!("CARGO_TARGET_TMPDIR"), repository()).await?;
    let prepare = r#"
extra=REPOSITORY/ubuntu-image/mkosi.extra/usr/lib
install -D $extra/oneway/started-well /usr/lib/oneway/started-well
cp $extra/systemd/system/oneway-started-well.service /run/systemd/system/
mkdir -p /srv/doubles /srv/state /run/systemd/system/oneway-started-well.service.d /run/systemd/system/boot-complete.target.requires
printf '#!/bin/sh\n' | tee /srv/doubles/oneway-adapter /srv/doubles/sleep >/dev/null
printf '#!/bin/sh\n[ "$2" != reboot ] || exec touch /srv/again\nexec /usr/bin/systemctl "$@"\n' >/srv/doubles/systemctl
chmod +x /srv/doubles/*
touch /srv/counted
ln -s ../oneway-started-well.service /run/systemd/system/boot-complete.target.requires/
for unit in oneway-firewall:true oneway-state:false; do
    printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/%s\n' "${unit#*:}" >"/run/systemd/system/${unit%:*}.service"
done
printf '[Service]\nEnvironment=PATH=/srv/doubles:/usr/bin:/bin\nExecStart=\nExecStart=/usr/lib/oneway/started-well /etc/oneway /srv/state /srv/counted\n' \
    >/run/systemd/system/oneway-started-well.service.d/doubles.conf
systemctl daemon-reload
"#;
    let repository = repository().canonicalize()?;
    booted.run(&prepare.replace("REPOSITORY", &repository.display().to_string())).await?;
    booted.fails("systemctl start boot-complete.target").await?;
    booted.run("test -e /srv/again").await.context("it was not started again")?;
    let said = booted.run("journalctl --boot --output cat --unit oneway-started-well").await?;
    ensure!(said.contains("this version has not started well: "), "{said}");
    Ok(())
}

/// A code is thrown away when the platform has said no to it, and not because the program was killed.
#[tokio::test]
async fn a_code_waits_until_it_is_exchanged_or_refused() -> Result<()> {
    let booted = Booted::start(env!("CARGO_TARGET_TMPDIR"), repository()).await?;
    let script = repository().join(EXTRA).join("oneway/enrol-site").canonicalize()?;
    booted.run("mkdir -p /etc/oneway /run/oneway-enrol /srv/doubles").await?;
    for (ends, code, waits) in [
        ("exit 0", 0, true),
        ("exit 1", 1, true),
        ("exit 2", 0, false),
        ("exit 3", 0, false),
        ("exit 101", 1, true),
        ("kill -9 $$", 1, true),
    ] {
        let run = format!(
            "printf '#!/bin/sh\\n%s\\n' '{ends}' >/srv/doubles/oneway-adapter; chmod +x /srv/doubles/oneway-adapter
            touch /etc/oneway/code; outcome=0
            PATH=/srv/doubles:$PATH sh {} >&2 || outcome=$?
            echo $outcome $(ls /etc/oneway | grep -c -x code)",
            script.display()
        );
        assert_eq!(booted.run(&run).await?, format!("{code} {}", i32::from(waits)), "{ends}");
    }
    Ok(())
}
