//! An engine that keeps what it is told to make, runs nothing of it, and answers whoever looks around from within that nothing was
//! tried: that is a breach.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

const FINDINGS: &str = r#"{"addresses": [], "routes": [], "neighbours": [], "listens": [], "tried": [], "names": "held", "writable": []}"#;

pub(super) struct Double {
    directory: tempfile::TempDir,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    /// What it was told to do, without what it was only asked.
    done: Vec<String>,
    /// What it was told to make, by the kind and the name.
    made: BTreeMap<String, Value>,
    has_no_images: bool,
    refuses_archives: bool,
}

impl Double {
    pub(super) fn new() -> Self {
        let me = Self { directory: tempfile::tempdir().unwrap(), told: Arc::default() };
        let (listener, told) = (UnixListener::bind(me.socket()).unwrap(), Arc::clone(&me.told));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&told)));
            }
        });
        me
    }

    pub(super) fn without_images() -> Self {
        let me = Self::new();
        me.told.lock().unwrap().has_no_images = true;
        me
    }

    pub(super) fn refuses_archives(&self, refuses: bool) {
        self.told.lock().unwrap().refuses_archives = refuses;
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.directory().join("engine.sock")
    }

    /// Since it was last asked: what was done that begins and ends so, and what is between.
    pub(super) fn done(&self, begin: &str, end: &str) -> Vec<String> {
        let done = std::mem::take(&mut self.told.lock().unwrap().done);
        let between = |line: String| Some(line.strip_prefix(begin)?.strip_suffix(end)?.to_owned());
        done.into_iter().filter_map(between).collect()
    }
}

/// One question on each connection.
async fn answer(stream: UnixStream, told: Arc<Mutex<Told>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut head, mut body) = (Vec::new(), Vec::new());
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    if let Some((_, length)) = head.split_once("content-length: ") {
        body.resize(length.lines().next().unwrap().parse().unwrap(), 0);
        stream.read_exact(&mut body).await?;
    } else if head.contains("transfer-encoding: chunked") {
        while !body.ends_with(b"0\r\n\r\n") {
            body.push(stream.read_u8().await?);
        }
    }
    let (status, body) = told.lock().unwrap().hear(&head, &body);
    let headers = match status {
        101 => "Connection: Upgrade\r\nUpgrade: tcp".to_owned(),
        _ => format!("Connection: close\r\nContent-Length: {}", body.len()),
    };
    stream.write_all(format!("HTTP/1.1 {status} \r\n{headers}\r\n\r\n{body}").as_bytes()).await?;
    stream.shutdown().await
}

impl Told {
    fn hear(&mut self, head: &str, body: &[u8]) -> (u16, String) {
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path: Vec<_> =
            path.split('/').skip_while(|part| part.is_empty() || part.starts_with("v1.")).collect();
        if method != "get" {
            self.done.push(format!("{method} {}", path.join("/")));
        }
        let body = || serde_json::from_slice::<Value>(body).unwrap();
        match (method, &path[..]) {
            ("get", ["version"]) => (200, json!({"ApiVersion": "1.44"}).to_string()),
            ("post", ["images", "load"]) if self.refuses_archives => {
                (500, json!({"message": "no space left on device"}).to_string())
            }
            ("get", ["images", ..]) if self.has_no_images => (404, json!({"message": "none"}).to_string()),
            ("get", ["images", ..]) | ("post", ["images", "load"]) => (200, "{}".into()),
            ("get", ["containers", "json"]) => (200, "[]".into()),
            ("post", [kind, "create"]) => {
                let mut made = body();
                let name = query.split('&').find_map(|one| one.strip_prefix("name=")).map(str::to_owned);
                let name = name.unwrap_or_else(|| made["Name"].as_str().unwrap().to_owned());
                if *kind == "volumes" {
                    made["Options"] = made["DriverOpts"].clone();
                }
                for (field, value) in [
                    ("Id", json!(name)),
                    ("Warnings", json!([])),
                    ("Warning", json!("")),
                    ("Mountpoint", json!("")),
                    ("Scope", json!("local")),
                ] {
                    made[field] = value;
                }
                self.made.insert(format!("{kind}/{name}"), made.clone());
                (201, made.to_string())
            }
            ("post", ["containers", name, "exec"]) => (201, json!({"Id": name}).to_string()),
            ("post", ["exec", _, "start"]) => (101, FINDINGS.into()),
            ("get", ["exec", _, "json"]) => (200, json!({"ExitCode": 0}).to_string()),
            (_, [kind, name, rest @ ..]) => {
                let name = format!("{kind}/{name}");
                let Some(made) = self.made.get_mut(&name) else {
                    return (404, json!({"message": "there is no such thing"}).to_string());
                };
                match (method, rest) {
                    ("get", ["json"]) => return (200, inspected(made).to_string()),
                    ("get", []) => return (200, made.to_string()),
                    ("post", ["start"]) => made["runs"] = json!(true),
                    ("post", ["stop"]) => made["runs"] = json!(false),
                    ("delete", []) => drop(self.made.remove(&name)),
                    _ => return (500, json!({"message": "not by this one"}).to_string()),
                }
                (204, String::new())
            }
            _ => (500, json!({"message": "not by this one"}).to_string()),
        }
    }
}

/// A container, as an engine shows it.
fn inspected(made: &Value) -> Value {
    let (runs, mut host) = (made["runs"] == json!(true), made["HostConfig"].clone());
    host["MaskedPaths"] = json!(["/proc/kcore"]);
    host["ReadonlyPaths"] = json!(["/proc/sys"]);
    let mut networks = made["NetworkingConfig"]["EndpointsConfig"].clone();
    for (_, end) in networks.as_object_mut().unwrap() {
        end["IPAddress"] = json!(if runs { "192.0.2.77" } else { "" });
    }
    json!({
        "Id": made["Id"], "Image": made["Image"], "Config": made, "HostConfig": host,
        "State": {"Running": runs, "StartedAt": "then"}, "NetworkSettings": {"Networks": networks},
    })
}
