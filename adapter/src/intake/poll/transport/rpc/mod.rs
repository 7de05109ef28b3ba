//! HTTP by GET, and JSON-RPC 2.0 over a WebSocket of the same site: for printers that tell of changes by themselves. The
//! first call opens the socket, which takes the place of the connection over HTTP, as a GET takes that of the socket: there
//! is never more than one connection to a printer. Of the socket too, there is no way to send anything but calls of the methods that the driver lists.

mod query;
mod socket;
#[cfg(test)]
mod tests;

use hyper::Uri;
use tokio_tungstenite::tungstenite::handshake::client::{Request, generate_key};

pub use query::{Answer, Call, Method, Query};

use super::http::{Get, Http, Site};
use super::{Loss, Transport};
use crate::intake::poll::trouble::Trouble;
use socket::{Heard, Socket};

/// A way to one printer that answers over HTTP and opens a WebSocket.
pub(in crate::intake::poll) struct Rpc {
    site: Site,
    /// Where the socket is, such as `/websocket`.
    path: &'static str,
    /// The methods that the driver lists.
    methods: &'static [Method],
    http: Http<Get>,
    socket: Socket,
}

impl Rpc {
    pub(in crate::intake::poll) fn new(site: Site, path: &'static str, methods: &'static [Method]) -> Self {
        Self { http: Http::new(site.clone()), site, path, methods, socket: Socket::Closed }
    }

    async fn call(&mut self, call: &Call) -> Result<(), Loss> {
        if !self.methods.contains(call.method()) {
            // As with a path: by type a driver can only call a `Method`, and by this only one that it lists.
            let trouble = Trouble::Nonsense("a method that the driver does not list".into());
            return Err(Loss { trouble: Some(trouble), refused: None });
        }
        if let Socket::Open(_) = self.socket {
            return self.socket.send(call.json()).await;
        }
        let request =
            self.upgrade().ok_or_else(|| Loss::nonsense("a question that HTTP has no form for", "http"))?;
        self.http.close();
        self.socket = Socket::Opening(Box::pin(socket::open(self.site.dial.clone(), request, call.json())));
        Ok(())
    }

    /// RFC 6455, section 4.1. The scheme is for the library: the connection is made by then.
    fn upgrade(&self) -> Option<Request> {
        let (host, site) = (self.site.dial.address.as_str(), &self.site);
        let target = format!("{}{}", site.prefix, self.path);
        let uri: Uri = format!("ws://{host}{target}").parse().ok()?;
        let mut request = Request::get(uri)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key())
            .body(())
            .ok()?;
        site.introduce(&target, request.headers_mut())?;
        Some(request)
    }
}

impl Transport for Rpc {
    type Query = Query;
    type Answer = Answer;

    async fn connect(&mut self) -> Result<(), Trouble> {
        self.http.connect().await
    }

    async fn ask(&mut self, query: Query) -> Result<(), Loss> {
        match query {
            Query::Get(get) => {
                self.socket = Socket::Closed;
                self.http.ask(get).await
            }
            Query::Call(call) => self.call(&call).await,
        }
    }

    async fn heard(&mut self) -> Result<Answer, Loss> {
        loop {
            let heard = tokio::select! {
                got = self.http.heard() => return got.map(Answer::Got),
                heard = self.socket.heard() => heard?,
            };
            match heard {
                Heard::Said(message) => return Ok(Answer::Said(message)),
                Heard::Refused => return Ok(Answer::NoSocket),
                Heard::Opened => {}
            }
        }
    }

    fn close(&mut self) {
        self.http.close();
        self.socket = Socket::Closed;
    }
}
