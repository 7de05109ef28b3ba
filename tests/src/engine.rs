//! A real container engine for tests: in namespaces of its own, with its data in a directory of its own, so that it touches
//! nothing of the machine's and everything of it goes when its first process goes. Whatever becomes of the test, the
//! kernel closes that process's standard input, and it takes the engine and every container with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::{repository, until};

/// The first process of the namespaces. The mounts that it makes, and those of the engine, are seen by nobody else. Beyond the
/// engine's network stands a host that is the internet to it, and the machine's resolver: what reaches it has found a way out.
const FIRST: &str = r#"
set -e
resolver=$(readlink -f /etc/resolv.conf)
mount -t tmpfs -o mode=755 none /run
mkdir -p "$(dirname "$resolver")"
[ -e "$resolver" ] || : >"$resolver"
printf 'nameserver %s\n' "$4" >/run/engine-resolver
mount --bind /run/engine-resolver "$resolver"
ip link set lo up
ip netns add outside
ip link add out type veth peer name eth0 netns outside
ip address add "$5/24" dev out
ip link set out up
ip route add default via "$4"
ip -n outside address add "$4/24" dev eth0
ip -n outside link set eth0 up
of_tree=${6:+unshare --mount --propagation slave sh $7 $6 $1}
[ -z "$6" ] || mount --make-rshared /
$of_tree dockerd --data-root "$1/data" --exec-root "$1/exec" --host "unix://$1/s" --pidfile "$1/pid" \
    --cgroup-parent "$2" --config-file "$1/daemon.json" --log-level warn >"$3" 2>&1 &
echo up
cat >/dev/null
kill "$!"
wait
"#;

/// The engine alone, once more, where the first one was killed.
const AGAIN: &str = r#"
rm -f "$1/pid"
of_tree=${4:+unshare --mount --propagation slave sh $5 $4 $1}
$of_tree dockerd --data-root "$1/data" --exec-root "$1/exec" --host "unix://$1/s" --pidfile "$1/pid" \
    --cgroup-parent "$2" --config-file "$1/daemon.json" --log-level warn >>"$3" 2>&1 </dev/null &
"#;

/// A network of printers that the machine is plugged into by an interface without an address of its own.
const LAN: &str = r#"
ip netns add lan
ip link add lan0 type veth peer name eth0 netns lan
ip link set lan0 up
ip -n lan link set lo up
ip -n lan address add "$1/24" dev eth0
ip -n lan link set eth0 up
"#;

/// A host beyond the machine's own network (RFC 5737: nobody's address).
pub const OUTSIDE: &str = "198.51.100.1";
/// The machine's own address there.
pub const MACHINE: &str = "198.51.100.2";

/// Names a tree of another system, whose engine is started in the place of this machine's (`tests/engines`).
const TREE: &str = "TEST_ENGINE_TREE";
const OF_TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine_of_tree.sh");
/// What its configuration says, as JSON.
const CONFIGURATION: &str = "TEST_ENGINE_CONFIGURATION";

/// Engines of this process so far.
static ENGINES: AtomicU64 = AtomicU64::new(0);

/// A running engine.
pub struct Engine {
    holder: Child,
    cgroup: String,
    directory: TempDir,
}

impl Engine {
    /// Starts one in a directory below this one.
    pub async fn start(below: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("engine-").tempdir_in(below)?;
        let path = directory.path().display().to_string();
        let log = format!("{path}/log");
        // Two tests of one program have an engine each.
        let number = ENGINES.fetch_add(1, Ordering::Relaxed);
        let cgroup = format!("oneway-{}-{number}", std::process::id());
        let configuration = std::env::var(CONFIGURATION).unwrap_or_else(|_| "{}".to_owned());
        fs::write(directory.path().join("daemon.json"), configuration)?;
        let mut holder = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                FIRST,
                "sh",
            ])
            .args([&path, &cgroup, &log, OUTSIDE, MACHINE, &tree(), OF_TREE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("`unshare` (Debian's util-linux) cannot be started")?;
        let mut said = [0; 3];
        let output = holder.stdout.as_mut().context("no output")?;
        output.read_exact(&mut said).await.context("an engine needs root, to have namespaces of its own")?;
        let engine = Self { holder, cgroup, directory };
        let up = until("the engine", async || Ok(engine.docker(&["version"]).await.ok())).await;
        up.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(engine)
    }

    /// Runs `docker` with these words; gives what it printed.
    pub async fn docker(&self, arguments: &[&str]) -> Result<String> {
        said(self.command(arguments).output().await?, arguments)
    }

    /// `docker` with these words.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .env("DOCKER_HOST", format!("unix://{}/s", self.directory.path().display()))
            .env("DOCKER_CONFIG", repository().join("target/peers/docker"))
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// What the engine says of a container.
    pub async fn inspect(&self, container: &str) -> Result<Value> {
        let said: Value = serde_json::from_str(&self.docker(&["inspect", container]).await?)?;
        said.get(0).cloned().with_context(|| format!("no container {container}"))
    }

    /// The first process of a container, as the engine's own process namespace numbers it.
    pub async fn pid(&self, container: &str) -> Result<String> {
        let pid = self.inspect(container).await?["State"]["Pid"].as_u64().unwrap_or_default();
        ensure!(pid != 0, "{container} does not run");
        Ok(pid.to_string())
    }

    /// The same as it is numbered outside.
    pub async fn pid_outside(&self, container: &str) -> Result<i32> {
        let inside = self.pid(container).await?;
        let same = |pid: &String| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
            // Outside, in the engine's namespace, and in the container's own.
            numbers.split_whitespace().nth(1) == Some(&inside)
        };
        let found = self.processes()?.into_iter().find(same);
        Ok(found.with_context(|| format!("{container} has ended"))?.parse()?)
    }

    /// Runs a program of the machine beside the engine: with its processes, its mounts and its network.
    pub async fn beside(&self, words: &[&str]) -> Result<String> {
        let first = self.first()?;
        let enter = ["--target", &first, "--net", "--mount", "--pid"];
        said(Command::new("nsenter").args(enter).args(words).kill_on_drop(true).output().await?, words)
    }

    /// What to put before a command so that it runs in the engine's own network, outside all containers.
    pub fn enter(&self) -> Result<Vec<String>> {
        Ok(["nsenter", "--target", &self.first()?, "--net"].map(str::to_owned).to_vec())
    }

    /// The same for [`OUTSIDE`], the host beyond.
    pub fn enter_outside(&self) -> Result<Vec<String>> {
        let first = self.first()?;
        let words = ["nsenter", "--target", &first, "--mount", "--", "nsenter", "--net=/run/netns/outside"];
        Ok(words.map(str::to_owned).to_vec())
    }

    /// Plugs the machine into a network, by its interface `lan0`; whoever is there has this address.
    pub async fn plug_in(&self, address: &str) -> Result<Vec<String>> {
        self.beside(&["sh", "-ec", LAN, "sh", address]).await?;
        let first = self.first()?;
        let words = ["nsenter", "--target", &first, "--mount", "--", "nsenter", "--net=/run/netns/lan"];
        Ok(words.map(str::to_owned).to_vec())
    }

    /// The engine's socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Kills the engine, and nothing else of what runs there, as far as the engine lets it.
    pub async fn kill(&self) -> Result<()> {
        let pid = self.process("dockerd")?.parse()?;
        kill_process(Pid::from_raw(pid).context("no such process")?, Signal::KILL)?;
        // Its containers are not told; the next engine finds them.
        until("the killed engine's end", async || Ok(self.process("dockerd").is_err().then_some(()))).await
    }

    /// Starts the engine again.
    pub async fn again(&self) -> Result<()> {
        let path = self.directory.path().display().to_string();
        let log = format!("{path}/log");
        self.beside(&["sh", "-c", AGAIN, "sh", &path, &self.cgroup, &log, &tree(), OF_TREE]).await?;
        let up = until("the engine again", async || Ok(self.docker(&["version"]).await.ok())).await;
        up.with_context(|| fs::read_to_string(&log).unwrap_or_default()).map(drop)
    }

    /// A directory that goes with the engine.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The engine's process of this name, as it is numbered outside.
    pub fn process(&self, name: &str) -> Result<String> {
        let called = |pid: &String| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
        };
        self.processes()?.into_iter().find(called).with_context(|| format!("no {name} runs"))
    }

    /// All processes there, the engine's and the containers', as they are numbered outside.
    fn processes(&self) -> Result<Vec<String>> {
        let (mut open, mut found) = (vec![self.first()?], Vec::new());
        while let Some(pid) = open.pop() {
            for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                open.extend(children.split_whitespace().map(str::to_owned));
            }
            found.push(pid);
        }
        Ok(found)
    }

    /// The first process of the engine's process namespace, as it is numbered outside.
    fn first(&self) -> Result<String> {
        let holder = self.holder.id().context("the engine has gone")?;
        let children = fs::read_to_string(format!("/proc/{holder}/task/{holder}/children"))?;
        children.split_whitespace().next().map(str::to_owned).context("the engine has gone")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // With the first process the kernel ends all others of its namespace, before it reports its end; and then the holder
        // ends. Killed itself where there is no first one, it ends too.
        let pid = |pid: String| Pid::from_raw(pid.parse().ok()?);
        let holder = self.holder.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(last) = self.first().ok().and_then(pid).or(holder) {
            let _ = kill_process(last, Signal::KILL);
        }
        if let Some(holder) = holder {
            let _ = waitid(WaitId::Pid(holder), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        }
        // Empty now, and a directory of control groups is removed from its leaves up.
        for root in control_groups(&self.cgroup) {
            remove_groups(&root);
        }
    }
}

fn tree() -> String {
    std::env::var(TREE).unwrap_or_default()
}

/// Where the engine's control groups are: below our own in each hierarchy, or at the root of the one that there is.
fn control_groups(name: &str) -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        for hierarchy in [controllers, "unified", ""] {
            let root = Path::new("/sys/fs/cgroup").join(hierarchy.trim_start_matches("name="));
            found.push(root.join(path.trim_start_matches('/')).join(name));
            found.push(root.join(name));
        }
    }
    found
}

fn remove_groups(group: &Path) {
    for below in fs::read_dir(group).into_iter().flatten().flatten() {
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&below.path());
        }
    }
    let _ = fs::remove_dir(group);
}

fn said(output: Output, words: &[&str]) -> Result<String> {
    if !output.status.success() {
        bail!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
