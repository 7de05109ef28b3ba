//! An agent for tests: a ring of observations behind a small HTTP server on the loopback, with the faults that real ones
//! have.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

/// How the agent behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Well,
    /// Each answer has 50 MB.
    FiftyMegabytes,
    /// Each answer comes a byte a second.
    Slowly,
}

#[derive(Debug)]
pub(super) struct Ring {
    pub(super) instance: u64,
    pub(super) size: usize,
    pub(super) next: u64,
    pub(super) manner: Manner,
    observations: VecDeque<(u64, f64)>,
    /// Every request line that came.
    pub(super) asked: Vec<String>,
    /// Bytes of answers that were taken off us.
    pub(super) written: u64,
}

/// The agent, which ends when it is dropped.
pub(super) struct Agent {
    pub(super) port: u16,
    ring: Arc<Mutex<Ring>>,
    _serving: JoinSet<()>,
}

impl Agent {
    pub(super) async fn start() -> Self {
        let ring = Ring {
            instance: 7,
            size: 100,
            next: 1,
            manner: Manner::Well,
            observations: VecDeque::new(),
            asked: Vec::new(),
            written: 0,
        };
        let ring = Arc::new(Mutex::new(ring));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::clone(&ring)));
        Self { port, ring, _serving: serving }
    }

    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Ring) -> T) -> T {
        change(&mut self.ring.lock().unwrap())
    }

    pub(super) fn observe(&self, values: impl IntoIterator<Item = f64>) {
        self.with(|ring| values.into_iter().for_each(|value| ring.observe(value)));
    }

    /// Another instance, with an empty ring.
    pub(super) fn restart(&self) {
        self.with(|ring| {
            ring.instance += 1;
            ring.next = 1;
            ring.observations.clear();
        });
    }
}

async fn accept(listener: TcpListener, ring: Arc<Mutex<Ring>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&ring)));
    }
}

async fn serve(stream: TcpStream, ring: Arc<Mutex<Ring>>) {
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    while let Ok(Some(request)) = lines.next_line().await {
        while let Ok(Some(line)) = lines.next_line().await
            && !line.is_empty()
        {}
        let (status, document, manner) = {
            let mut ring = ring.lock().unwrap();
            ring.asked.push(request.clone());
            let (status, document) = ring.answer(&request);
            (status, document, ring.manner)
        };
        let head = |length: usize| {
            format!("HTTP/1.1 {status} OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n")
        };
        let written = match manner {
            Manner::Well => output.write_all(format!("{}{document}", head(document.len())).as_bytes()).await,
            Manner::FiftyMegabytes => flood(&mut output, &head(50_000_000), &ring).await,
            Manner::Slowly => drip(&mut output, &format!("{}{document}", head(document.len()))).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn flood(
    output: &mut (impl AsyncWriteExt + Unpin),
    head: &str,
    ring: &Mutex<Ring>,
) -> std::io::Result<()> {
    output.write_all(head.as_bytes()).await?;
    output.write_all(b"<MTConnectStreams><Header instanceId='7' nextSequence='1'/><Streams>").await?;
    let piece = "<!-- a comment of sixty-four bytes, of which nobody keeps any -->".repeat(1_000);
    for _ in 0..50_000_000 / piece.len() {
        output.write_all(piece.as_bytes()).await?;
        ring.lock().unwrap().written += piece.len() as u64;
    }
    Ok(())
}

async fn drip(output: &mut (impl AsyncWriteExt + Unpin), text: &str) -> std::io::Result<()> {
    for byte in text.as_bytes() {
        output.write_all(&[*byte]).await?;
        output.flush().await?;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

impl Ring {
    fn observe(&mut self, value: f64) {
        self.observations.push_back((self.next, value));
        self.next += 1;
        if self.observations.len() > self.size {
            self.observations.pop_front();
        }
    }

    fn first(&self) -> u64 {
        self.observations.front().map_or(self.next, |(sequence, _)| *sequence)
    }

    fn answer(&self, request: &str) -> (u16, String) {
        let target = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match path {
            "/probe" => (200, self.devices()),
            "/current" => {
                let last = self.observations.back().copied();
                (200, self.streams(last.into_iter(), self.next))
            }
            "/sample" => {
                let number = |name: &str| {
                    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.parse().unwrap())
                };
                self.sample(number("from").unwrap(), number("count").unwrap())
            }
            _ => (404, self.error("INVALID_URI")),
        }
    }

    fn sample(&self, from: u64, count: u64) -> (u16, String) {
        if !(self.first()..=self.next).contains(&from) || count > self.size as u64 {
            return (404, self.error("OUT_OF_RANGE"));
        }
        let next = self.next.min(from + count);
        let asked = self.observations.iter().filter(|(sequence, _)| (from..next).contains(sequence));
        (200, self.streams(asked.copied(), next))
    }

    fn header(&self, more: &str) -> String {
        format!(
            "<Header creationTime=\"2026-11-18T11:06:40Z\" sender=\"edge\" instanceId=\"{}\" bufferSize=\"{}\"{more}/>",
            self.instance, self.size
        )
    }

    fn devices(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <MTConnectDevices xmlns=\"urn:mtconnect.org:MTConnectDevices:2.0\">{}<Devices>\
             <Device id=\"d\" name=\"Melter\" uuid=\"u\"><DataItems><DataItem id=\"a\" category=\"EVENT\" type=\"AVAILABILITY\"/>\
             </DataItems><Components><Systems id=\"s\"><Components><Heating id=\"h\" name=\"plate\"><DataItems>\
             <DataItem id=\"t\" category=\"SAMPLE\" type=\"TEMPERATURE\" units=\"CELSIUS\"/></DataItems></Heating></Components>\
             </Systems></Components></Device></Devices></MTConnectDevices>",
            self.header("")
        )
    }

    fn streams(&self, observations: impl Iterator<Item = (u64, f64)>, next: u64) -> String {
        let numbers = format!(
            " firstSequence=\"{}\" lastSequence=\"{}\" nextSequence=\"{next}\"",
            self.first(),
            self.next - 1
        );
        let mut samples = String::new();
        for (sequence, value) in observations {
            // Each at its own moment, a millisecond apart.
            let (seconds, rest) = (sequence / 1_000, sequence % 1_000);
            let _ = write!(
                samples,
                "<Temperature dataItemId=\"t\" sequence=\"{sequence}\" timestamp=\"2026-11-18T10:{:02}:{:02}.{rest:03}Z\">\
                 {value}</Temperature>",
                self.instance,
                seconds % 60
            );
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <MTConnectStreams xmlns=\"urn:mtconnect.org:MTConnectStreams:2.0\">{}<Streams><DeviceStream name=\"Melter\" \
             uuid=\"u\"><ComponentStream component=\"Heating\" componentId=\"h\"><Samples>{samples}</Samples>\
             </ComponentStream></DeviceStream></Streams></MTConnectStreams>",
            self.header(&numbers)
        )
    }

    fn error(&self, code: &str) -> String {
        format!(
            "<MTConnectError xmlns=\"urn:mtconnect.org:MTConnectError:2.0\">{}<Errors><Error errorCode=\"{code}\">no\
             </Error></Errors></MTConnectError>",
            self.header("")
        )
    }
}
