//! PrusaLink's half over TCP, as it is in a printer's own firmware (`lib/WUI` of Prusa-Firmware-Buddy): digest without `qop`, a
//! nonce that is good for one question only here and for five seconds there, or the password as an API key.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

const PASSWORD: &str = "open sesame";
const KEY: &str = "0123456789abcdef";
const VERSION: &str = r#"{"api":"2.0.0","server":"2.1.2","nozzle_diameter":0.40,"text":"PrusaLink","hostname":"annas-mk4","firmware":"5.1.2","capabilities":{"upload-by-put":true}}"#;
const INFO: &str = r#"{"nozzle_diameter":0.40,"mmu":false,"serial":"10589-3742441631234567","hostname":"annas-mk4","min_extrusion_temp":170}"#;
const STATUS: &str = r#"{"job":{"id":42,"progress":12.00,"time_remaining":3540,"time_printing":1260},"storage":{"path":"/usb/","name":"usb","read_only":false},"printer":{"state":"PRINTING","temp_bed":60.0,"target_bed":60.0,"temp_nozzle":214.9,"target_nozzle":215.0,"axis_z":2.4,"flow":100,"speed":100,"fan_hotend":4012,"fan_print":2964}}"#;
const JOB: &str = r#"{"id":42,"state":"PRINTING","progress":12.00,"time_remaining":3540,"time_printing":1260,"file":{"refs":{"download":"/usb/BRACKE~1.GCO"},"name":"BRACKE~1.GCO","display_name":"bracket for acme.gcode","path":"/usb","size":14689870,"m_timestamp":1794913600}}"#;

/// A printer that runs until the test ends.
#[derive(Clone)]
pub(crate) struct PrusaLink {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

/// What the printer remembers.
#[derive(Default)]
pub(crate) struct State {
    nonce: u64,
    /// Questions that were challenged, and that were answered.
    pub(crate) challenged: u64,
    pub(crate) answered: u64,
    /// Answers the status with so many bytes more than it has.
    pub(crate) status_bytes_more: usize,
}

impl PrusaLink {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let link = Self { port, state: Arc::default() };
        let serving = link.clone();
        // One thread a connection; a client that hangs up is its own affair.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        Ok(link)
    }

    /// Does something with what the printer remembers.
    pub(crate) fn with<T>(&self, of: impl FnOnce(&mut State) -> T) -> T {
        of(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        while let Some(question) = lines.next().transpose()? {
            let mut headers = Vec::new();
            while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
                headers.push(line);
            }
            let target = question.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
            let answer = self.with(|state| state.answer(target.unwrap_or_default(), &headers));
            stream.write_all(answer.as_bytes())?;
        }
        Ok(())
    }
}

impl State {
    fn answer(&mut self, target: &str, headers: &[String]) -> String {
        let header = |name: &str| headers.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let by_key = header("x-api-key:").map(|key| key == KEY);
        let proof = header("authorization:").unwrap_or_default();
        let known = by_key.unwrap_or_else(|| proves(proof, target, &format!("{:016x}", self.nonce)));
        if !known {
            self.challenged += 1;
            self.nonce += 1;
            let stale = proves(proof, target, &format!("{:016x}", self.nonce - 1));
            let challenge = match by_key {
                Some(_) => "X-Api-Key realm=\"Printer API\"".to_owned(),
                None => format!("Digest realm=\"Printer API\", nonce=\"{:016x}\", stale={stale}", self.nonce),
            };
            return format!(
                "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\
                 WWW-Authenticate: {challenge}\r\n\r\n401: Unauthorized"
            );
        }
        self.answered += 1;
        // The next question with this nonce finds it stale.
        self.nonce += u64::from(by_key.is_none());
        let mut body = match target {
            "/api/version" => VERSION,
            "/api/v1/info" => INFO,
            "/api/v1/status" => STATUS,
            "/api/v1/job" => JOB,
            _ => return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        }
        .to_owned();
        if target == "/api/v1/status" {
            body += &" ".repeat(self.status_bytes_more);
        }
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// Whether the header proves the password by this nonce (RFC 2069).
fn proves(header: &str, target: &str, nonce: &str) -> bool {
    use md5::{Digest as _, Md5};
    let hash = |text: String| {
        Md5::digest(text).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let who = hash(format!("maker:Printer API:{PASSWORD}"));
    let proof = hash(format!("{who}:{nonce}:{}", hash(format!("GET:{target}"))));
    header.contains(&format!("nonce=\"{nonce}\"")) && header.contains(&format!("response=\"{proof}\""))
}
