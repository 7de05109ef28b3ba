//! Klipper's half of its API socket, for a Moonraker that is real: what `klippy/webhooks.py` answers, and its pushes of what
//! has changed, four times a second. No printer is moved: Klipper itself wants a microcontroller to talk to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::UnixListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Every message ends with it.
const END: u8 = 0x03;
/// `SUBSCRIPTION_REFRESH_TIME`.
const PUSHED_EVERY: Duration = Duration::from_millis(250);
/// Its host's name, which is nobody's business.
pub const HOST_NAME: &str = "torvalds-voron";

/// A Klipper that answers until it is dropped.
pub struct Klippy {
    socket: PathBuf,
    printer: Arc<Mutex<Printer>>,
    task: JoinHandle<()>,
}

struct Printer {
    started: Instant,
    state: &'static str,
    message: String,
    objects: BTreeMap<String, Map<String, Value>>,
    /// The methods that were ever called.
    called: Vec<String>,
}

/// What one client subscribed to, and what it was last told.
struct Subscription {
    template: Map<String, Value>,
    objects: Map<String, Value>,
    told: Map<String, Value>,
}

impl Klippy {
    /// Starts one on this socket, whose printer has these objects and is ready.
    pub fn start(socket: &Path, objects: &[(&str, Value)]) -> Result<Self> {
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket)?;
        let mut printer = Printer {
            started: Instant::now(),
            state: "ready",
            message: "Printer is ready".to_owned(),
            objects: BTreeMap::new(),
            called: Vec::new(),
        };
        printer.merge("configfile", &json!({"config": {}, "settings": {}, "warnings": []}));
        for (name, fields) in objects {
            printer.merge(name, fields);
        }
        let printer = Arc::new(Mutex::new(printer));
        let task = tokio::spawn(serve(listener, Arc::clone(&printer)));
        Ok(Self { socket: socket.to_owned(), printer, task })
    }

    /// An object's fields are these from now on; the others stay.
    pub fn set(&self, name: &str, fields: &Value) {
        lock(&self.printer).merge(name, fields);
    }

    /// It stops everything, for this reason, and answers on.
    pub fn shut_down(&self, reason: &str) {
        let help = "\nOnce the underlying issue is corrected, use the\n\"FIRMWARE_RESTART\" command to reset the firmware, \
                    reload the\nconfig, and restart the host software.\nPrinter is shutdown\n";
        let mut printer = lock(&self.printer);
        (printer.state, printer.message) = ("shutdown", format!("{reason}{help}"));
    }

    /// The methods that were called since it started, each once.
    pub fn called(&self) -> Vec<String> {
        let mut called = lock(&self.printer).called.clone();
        called.sort();
        called.dedup();
        called
    }
}

impl Drop for Klippy {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn lock(printer: &Mutex<Printer>) -> MutexGuard<'_, Printer> {
    printer.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: UnixListener, printer: Arc<Mutex<Printer>>) {
    // They end with it.
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (input, output) = stream.into_split();
        clients.spawn(client(input, output, Arc::clone(&printer)));
    }
}

/// One connection: its requests, and the pushes to it.
async fn client(
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    printer: Arc<Mutex<Printer>>,
) -> Result<()> {
    let mut input = BufReader::new(input);
    let mut request = Vec::new();
    let mut subscription: Option<Subscription> = None;
    let mut pushes = interval(PUSHED_EVERY);
    pushes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            // What was read of a request stays in the buffer when a push comes first.
            read = input.read_until(END, &mut request) => {
                if read? == 0 || request.pop() != Some(END) {
                    return Ok(());
                }
                let asked = serde_json::from_slice(&request)?;
                request.clear();
                lock(&printer).answer(&asked, &mut subscription)
            }
            _ = pushes.tick() => lock(&printer).push(&mut subscription),
        };
        if let Some(message) = message {
            let mut bytes = serde_json::to_vec(&message)?;
            bytes.push(END);
            output.write_all(&bytes).await?;
        }
    }
}

impl Printer {
    fn merge(&mut self, name: &str, fields: &Value) {
        let object = self.objects.entry(name.to_owned()).or_default();
        object.extend(
            fields.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())),
        );
    }

    fn answer(&mut self, asked: &Value, subscription: &mut Option<Subscription>) -> Option<Value> {
        let (method, params) = (asked["method"].as_str().unwrap_or_default(), &asked["params"]);
        self.called.push(method.to_owned());
        let result = match method {
            "info" => self.info(),
            "list_endpoints" => json!({"endpoints": [
                "list_endpoints", "info", "emergency_stop", "register_remote_method", "objects/list", "objects/query",
                "objects/subscribe", "gcode/help", "gcode/script", "gcode/restart", "gcode/firmware_restart",
                "gcode/subscribe_output"
            ]}),
            "objects/list" => {
                let names: Vec<_> = self.objects.keys().map(String::as_str).chain(["webhooks"]).collect();
                json!({"objects": names})
            }
            "objects/query" => self.values(params["objects"].as_object()?),
            "objects/subscribe" => {
                let objects = params["objects"].as_object()?.clone();
                let values = self.values(&objects);
                let told = values["status"].as_object()?.clone();
                let template = params["response_template"].as_object().cloned().unwrap_or_default();
                *subscription = Some(Subscription { template, objects, told });
                values
            }
            "gcode/help" | "gcode/subscribe_output" | "register_remote_method" => json!({}),
            _ => {
                let message = format!("webhooks: No registered callback for path '{method}'");
                return answered(asked, "error", &json!({"error": "WebRequestError", "message": message}));
            }
        };
        answered(asked, "result", &result)
    }

    fn info(&self) -> Value {
        json!({
            "state": self.state, "state_message": self.message, "hostname": HOST_NAME,
            "klipper_path": "/home/torvald/klipper", "python_path": "/home/torvald/klippy-env/bin/python",
            "process_id": std::process::id(), "user_id": 1000, "group_id": 1000,
            "log_file": "/home/torvald/klippy.log", "config_file": "/home/torvald/printer.cfg",
            "software_version": "v0.12.0-272-g13c75ea87", "cpu_info": "4 core ARMv7",
        })
    }

    /// The values of these objects: of an unknown one, nothing, and of an unknown field, null.
    fn values(&self, objects: &Map<String, Value>) -> Value {
        let mut all = self.objects.clone();
        let webhooks = json!({"state": self.state, "state_message": self.message});
        all.insert("webhooks".to_owned(), webhooks.as_object().cloned().unwrap_or_default());
        let values = objects.iter().map(|(name, wanted)| {
            let fields = all.get(name).cloned().unwrap_or_default();
            let fields = match wanted.as_array() {
                None => fields,
                Some(wanted) => {
                    let wanted = wanted.iter().filter_map(Value::as_str);
                    wanted.map(|field| (field.to_owned(), fields.get(field).cloned().into())).collect()
                }
            };
            (name.clone(), Value::Object(fields))
        });
        json!({"eventtime": self.started.elapsed().as_secs_f64(), "status": values.collect::<Map<_, _>>()})
    }

    /// What of the subscribed objects has changed since it was last told.
    fn push(&self, subscription: &mut Option<Subscription>) -> Option<Value> {
        let subscription = subscription.as_mut()?;
        let values = self.values(&subscription.objects);
        let now = values["status"].as_object()?;
        let mut changed = Map::new();
        for (name, fields) in now {
            let before = subscription.told.get(name);
            let differs =
                |field: &str, value: &Value| before.and_then(|before| before.get(field)) != Some(value);
            let fields = fields.as_object().into_iter().flatten();
            let fields = fields.filter(|(field, value)| differs(field, value));
            let fields: Map<_, _> = fields.map(|(field, value)| (field.clone(), value.clone())).collect();
            if !fields.is_empty() {
                changed.insert(name.clone(), Value::Object(fields));
            }
        }
        subscription.told = now.clone();
        if changed.is_empty() {
            return None;
        }
        let mut message = subscription.template.clone();
        message.insert("params".to_owned(), json!({"eventtime": values["eventtime"], "status": changed}));
        Some(Value::Object(message))
    }
}

/// Nobody waits for the answer of a request without a number.
fn answered(asked: &Value, kind: &str, what: &Value) -> Option<Value> {
    let id = asked.get("id").filter(|id| !id.is_null())?;
    Some(json!({"id": id, kind: what}))
}
