//! A network namespace with nothing but loopback: for third-party programs that would otherwise call home.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

/// The namespace. It goes when this is dropped, and everything that still runs in it with it.
pub struct Namespace {
    holder: Child,
}

impl Namespace {
    /// Makes one, as root or, where the kernel lets it, as anybody.
    pub async fn new() -> Result<Self> {
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "sh", "-c"])
            .arg("ip link set lo up && echo up && exec cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("`unshare` (Debian's util-linux) cannot be started")?;
        let mut said = [0; 3];
        let output = holder.stdout.as_mut().context("no output")?;
        output.read_exact(&mut said).await.context("no network namespace can be made here")?;
        Ok(Self { holder })
    }

    /// Gives it a network interface of this name, which takes multicast, with this address and 24 bits of network.
    pub async fn add_interface(&self, name: &str, address: &str) -> Result<()> {
        // Two ends of a cable, of which the other leads nowhere.
        let add = format!(
            "ip link add {name} type veth peer name {name}-end && ip address add {address}/24 dev {name} && \
             ip link set {name} up && ip link set {name}-end up"
        );
        let words = self.enter().await?;
        let [program, arguments @ ..] = &words[..] else { bail!("nothing to enter with") };
        let status = Command::new(program).args(arguments).args(["sh", "-c", &add]).status().await?;
        ensure!(status.success(), "no network interface can be made here: {status}");
        Ok(())
    }

    /// What to put before a command so that it runs inside.
    pub async fn enter(&self) -> Result<Vec<String>> {
        let holder = self.holder.id().context("the namespace has gone")?;
        // `unshare --fork` waits outside the new process namespace; its child is inside.
        let children = tokio::fs::read_to_string(format!("/proc/{holder}/task/{holder}/children")).await?;
        let inside = children.split_whitespace().next().context("the namespace is empty")?;
        let words = ["nsenter", "--target", inside, "--user", "--net", "--preserve-credentials", "--"];
        Ok(words.map(str::to_owned).to_vec())
    }
}
