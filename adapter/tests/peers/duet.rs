//! A Duet's half over TCP, as RepRapFirmware 3.4 has it (`src/Networking/HttpResponder.cpp`): one question a connection, eight
//! sessions, an `err` in the answer to a login, 401 without a length to anything outside a session.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

const PASSWORD: &str = "open%20sesame%26more";
const SESSIONS_MAX: usize = 8;
const MODEL: &str = r#"{"key":"","flags":"d99fn","result":{"boards":[{"mcuTemp":{"current":38.9},"vIn":{"current":24.2}}],"fans":[{"actualValue":0.5,"rpm":-1}],"heat":{"heaters":[{"active":60.0,"current":60.1,"standby":0,"state":"active"},{"active":210.0,"current":209.8,"standby":170.0,"state":"active"}]},"job":{"duration":1260,"filePosition":500000,"layer":52,"timesLeft":{"filament":null,"file":4100,"slicer":4000}},"seqs":{"boards":1,"heat":2,"job":3,"tools":4},"state":{"status":"processing","upTime":UPTIME}}}"#;
const BOARDS: &str = r#"{"key":"boards","flags":"d99n","result":[{"firmwareName":"RepRapFirmware for Duet 2 WiFi/Ethernet","firmwareVersion":"3.4.5","name":"Duet 2 WiFi","uniqueId":"08DGM-956GU-DJMSN-6JKDL-3SD6T-1U3YB"}],"next":0}"#;
const HEAT: &str = r#"{"key":"heat","flags":"d99n","result":{"bedHeaters":[0,-1],"chamberHeaters":[-1,-1]}}"#;
const TOOLS: &str =
    r#"{"key":"tools","flags":"d99n","result":[{"heaters":[1],"name":"Anna's nozzle","number":0}],"next":0}"#;
const JOB: &str = r#"{"key":"job","flags":"d99n","result":{"file":{"fileName":"0:/gcodes/acme/bracket.gcode","layerHeight":0.2,"numLayers":201,"size":2000000}}}"#;

/// A printer that runs until the test ends.
#[derive(Clone)]
pub(crate) struct Duet {
    pub(crate) port: u16,
    shared: Arc<(Mutex<State>, Condvar)>,
}

/// What the printer remembers.
#[derive(Default)]
pub(crate) struct State {
    /// The keys of the sessions that are open.
    pub(crate) sessions: Vec<u64>,
    /// Logins that were taken.
    pub(crate) logins: u64,
    /// Questions to the object model that were answered.
    pub(crate) answered: u64,
    up_s: u64,
}

impl Duet {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let duet = Self { port, shared: Arc::default() };
        let serving = duet.clone();
        // A client that hangs up is its own affair.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serving.serve(&stream);
            }
        });
        Ok(duet)
    }

    /// Does something with what the printer remembers.
    pub(crate) fn with<T>(&self, of: impl FnOnce(&mut State) -> T) -> T {
        of(&mut self.shared.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the printer remembers this.
    pub(crate) fn wait_until(&self, mut is: impl FnMut(&State) -> bool) {
        let (state, changed) = &*self.shared;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(state, |state| !is(state)).unwrap_or_else(PoisonError::into_inner));
    }

    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let question = lines.next().transpose()?.unwrap_or_default();
        let mut session = None;
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            session = line.strip_prefix("x-session-key: ").and_then(|key| key.parse().ok()).or(session);
        }
        let target = question.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
        let answer = self.with(|state| state.answer(target.unwrap_or_default(), session));
        self.shared.1.notify_all();
        match answer {
            Some(json) => write!(
                stream,
                "HTTP/1.1 200 OK\r\nCache-Control: no-cache, no-store, must-revalidate\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{json}",
                json.len()
            ),
            None => write!(
                stream,
                "HTTP/1.1 401 Not authorized\r\nConnection: close\r\n\r\n<html>Not authorized</html>"
            ),
        }
    }
}

impl State {
    /// The printer is switched off and on.
    pub(crate) fn restart(&mut self) {
        (self.sessions, self.up_s) = (Vec::new(), 0);
    }

    fn answer(&mut self, target: &str, session: Option<u64>) -> Option<String> {
        if let Some(password) = target.strip_prefix("/rr_connect?password=") {
            return Some(self.login(password.strip_suffix("&sessionKey=yes")?));
        }
        let session = session.filter(|key| self.sessions.contains(key))?;
        if target == "/rr_disconnect" {
            self.sessions.retain(|key| *key != session);
            return Some(r#"{"err":0}"#.to_owned());
        }
        self.answered += 1;
        self.up_s += 1;
        Some(match target {
            "/rr_model?flags=d99fn" => MODEL.replace("UPTIME", &self.up_s.to_string()),
            "/rr_model?key=boards&flags=d99n" => BOARDS.to_owned(),
            "/rr_model?key=heat&flags=d99n" => HEAT.to_owned(),
            "/rr_model?key=tools&flags=d99n" => TOOLS.to_owned(),
            "/rr_model?key=job&flags=d99n" => JOB.to_owned(),
            "/rr_model?key=state.upTime&flags=f" => {
                r#"{"key":"state.upTime","flags":"f","result":7}"#.to_owned()
            }
            _ => return None,
        })
    }

    fn login(&mut self, password: &str) -> String {
        if password != PASSWORD {
            return r#"{"err":1}"#.to_owned();
        }
        if self.sessions.len() >= SESSIONS_MAX {
            return r#"{"err":2}"#.to_owned();
        }
        self.logins += 1;
        let key = 4_000_000_000 + self.logins;
        self.sessions.push(key);
        format!(
            r#"{{"err":0,"sessionTimeout":8000,"boardType":"duetwifi102","apiLevel":1,"sessionKey":{key}}}"#
        )
    }
}
