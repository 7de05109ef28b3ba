//! A network of hosts on one machine: each a network namespace of its own with an address of its own, all on one switch,
//! and the line to one of them as bad as it is told.
//!
//! The bad line is the kernel's own where it has one (`tc netem`). Where it has not, a program carries each frame between
//! two interfaces, and loses it or holds it back (`wire.py`): on both, what TCP meets with is frames that are lost and
//! late. Which one it was is said by [`Network::line`].

use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::namespace::Namespace;
use crate::soon;

/// What carries the frames of a bad line where the kernel cannot.
const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wire.py");

/// How often a host asks who has an address, once a second.
const ADDRESS_PROBES: u8 = 30;

/// The switch. It goes when this is dropped, and its hosts with it.
pub struct Network {
    switch: Namespace,
    line: Option<Line>,
}

/// A host. Its namespace goes when this is dropped and no program runs in it any more.
pub struct Host {
    /// Its address.
    pub address: String,
    number: u8,
    holder: Child,
}

/// In each direction.
#[derive(Clone, Copy, Debug)]
pub struct Badness {
    /// Frames of a hundred that are lost.
    pub loss_percent: u8,
    /// How late each of the others comes.
    pub delay_ms: u16,
}

/// What makes a line bad.
enum Line {
    /// The kernel, at both ends of this host's line.
    Netem { number: u8, within: Vec<String> },
    /// The program.
    Wire(Box<Wire>),
}

/// The program that carries the frames.
struct Wire {
    program: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Network {
    /// A switch without hosts.
    pub async fn new() -> Result<Self> {
        let network = Self { switch: Namespace::new().await?, line: None };
        network.run("ip link add switch type bridge && ip link set switch up").await?;
        Ok(network)
    }

    /// A host with this number, on the switch.
    pub async fn host(&self, number: u8) -> Result<Host> {
        let host = self.unplugged(number).await?;
        let pid = host.pid()?;
        self.run(&format!(
            "ip link add h{number} type veth peer name eth0 netns {pid} && \
             ip link set h{number} master switch up"
        ))
        .await?;
        host.up().await?;
        Ok(host)
    }

    /// A host with this number, on the switch by a bad line.
    pub async fn host_by_a_bad_line(&mut self, number: u8, badness: Badness) -> Result<Host> {
        let Badness { loss_percent, delay_ms } = badness;
        let netem = format!("root netem loss {loss_percent}% delay {delay_ms}ms");
        let known =
            self.run(&format!("tc qdisc add dev lo {netem} && tc qdisc del dev lo root")).await.is_ok();
        if known {
            let host = self.host(number).await?;
            let within = host.enter()?;
            self.run(&format!("tc qdisc add dev h{number} {netem}")).await?;
            shell(&within, &format!("tc qdisc add dev eth0 {netem}")).await?;
            self.line = Some(Line::Netem { number, within });
            return Ok(host);
        }
        let host = self.unplugged(number).await?;
        let mut program = command(&self.switch.enter().await?, "python3")
            .args([WIRE, &loss_percent.to_string(), &delay_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(program.stdout.take().context("no output")?).lines();
        let up = soon("the bad line's first word", said.next_line()).await?;
        ensure!(
            up.as_deref() == Some("up"),
            "no bad line can be made here: neither `tc netem` nor /dev/net/tun"
        );
        let pid = host.pid()?;
        self.run(&format!("ip link set wire1 netns {pid} name eth0 && ip link set wire0 master switch up"))
            .await?;
        host.up().await?;
        self.line = Some(Line::Wire(Box::new(Wire { program, said })));
        Ok(host)
    }

    /// Takes the host's plug out of the switch, or puts it in again.
    pub async fn plug(&self, host: &Host, into: bool) -> Result<()> {
        let state = if into { "up" } else { "down" };
        self.run(&format!("ip link set h{} {state}", host.number)).await
    }

    /// Ends the bad line, and gives what made it and how many frames it lost.
    pub async fn line(&mut self) -> Result<(&'static str, u64)> {
        match self.line.take().context("there is no bad line")? {
            Line::Netem { number, within } => {
                let switch = self.switch.enter().await?;
                let mut lost = 0;
                for (within, device) in [(switch, format!("h{number}")), (within, "eth0".to_owned())] {
                    let said = shell(&within, &format!("tc -s -j qdisc show dev {device}")).await?;
                    let said: Value = serde_json::from_str(&said)?;
                    lost += said[0]["drops"].as_u64().context("netem does not say what it dropped")?;
                }
                Ok(("netem", lost))
            }
            Line::Wire(wire) => {
                let Wire { mut program, mut said } = *wire;
                drop(program.stdin.take());
                let said = soon("what the bad line has lost", said.next_line()).await?;
                let said = said.context("the line says nothing of what it lost")?;
                soon("the end of the bad line", program.wait()).await?;
                let said: Value = serde_json::from_str(&said)?;
                Ok(("wire.py", said["lost"].as_u64().context("no count")?))
            }
        }
    }

    /// A host that nothing is plugged into.
    async fn unplugged(&self, number: u8) -> Result<Host> {
        let mut holder = command(&self.switch.enter().await?, "unshare")
            .args(["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = [0; 3];
        let output = holder.stdout.as_mut().context("no output")?;
        output.read_exact(&mut said).await.context("no namespace within a namespace can be made here")?;
        Ok(Host { address: address(number), number, holder })
    }

    async fn run(&self, script: &str) -> Result<()> {
        shell(&self.switch.enter().await?, script).await.map(drop)
    }
}

impl Host {
    /// What to put before a command so that it runs there.
    pub fn enter(&self) -> Result<Vec<String>> {
        let holder = self.pid()?.to_string();
        let words = ["nsenter", "--target", &holder, "--user", "--net", "--preserve-credentials", "--"];
        Ok(words.map(str::to_owned).to_vec())
    }

    fn pid(&self) -> Result<u32> {
        self.holder.id().context("the host has gone")
    }

    /// A host asks three times who has an address, and then says that there is no way to it. Of what a bad line loses that
    /// happens to one asker in a thousand, and what is tested here is what TCP makes of lost frames: it asks more often.
    async fn up(&self) -> Result<()> {
        let script = format!(
            "ip ntable change name arp_cache dev eth0 mcast_probes {ADDRESS_PROBES} && \
             ip addr add {}/24 dev eth0 && ip link set eth0 up",
            self.address
        );
        shell(&self.enter()?, &script).await.map(drop)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // `kill_on_drop` would do it as well, but only while the runtime lives.
        if let Some(pid) = self.holder.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The address of the host with this number.
pub fn address(number: u8) -> String {
    format!("10.77.0.{number}")
}

async fn shell(within: &[String], script: &str) -> Result<String> {
    let output = command(within, "sh").args(["-c", script]).output().await?;
    if !output.status.success() {
        bail!("`{script}`: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn command(within: &[String], program: &str) -> Command {
    let mut words = within.iter().map(String::as_str).chain([program]);
    let mut command = Command::new(words.next().unwrap_or(program));
    command.args(words).kill_on_drop(true);
    command
}
