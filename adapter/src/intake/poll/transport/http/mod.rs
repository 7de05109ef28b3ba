//! HTTP/1.1 by GET on one connection of its own. The host is the configuration's, the path one of those that the driver
//! lists, no redirect is followed, no cookie kept, no proxy asked, no encoding taken: none of that is built in.

mod auth;
mod body;
#[cfg(test)]
mod challenged;
mod digest;
mod query;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::Fuse;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use tokio::time::Duration;

pub use auth::{Auth, Proof};
pub use body::{Body, Question, Whole};
pub use query::{Get, Got, NO_HEAD, Path, SessionKey};

use super::dial::{Dial, Stream};
use super::{Loss, Transport};
use crate::clock;
use crate::intake::poll::limits::{HTTP_BODY_BYTES_OTHER, HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX};
use crate::intake::poll::trouble::Trouble;

const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const SESSION: HeaderName = HeaderName::from_static("x-session-key");
const CLIENT: HeaderValue = HeaderValue::from_static(concat!("oneway-adapter/", env!("CARGO_PKG_VERSION")));

/// A way to one printer that answers over HTTP.
pub(in crate::intake::poll) struct Http<Q: Question = Get> {
    site: Site,
    connection: Option<Connection>,
    open: Option<Open<<Q::Body as Body>::Read>>,
}

/// Who is asked, what may be asked, and how.
#[derive(Clone)]
pub(in crate::intake::poll) struct Site {
    pub(in crate::intake::poll) dial: Dial,
    /// What stands before each path, such as `/octoprint`; mostly nothing.
    pub(in crate::intake::poll) prefix: String,
    /// The paths that the driver lists.
    pub(in crate::intake::poll) paths: &'static [Path],
    pub(in crate::intake::poll) auth: Auth,
    pub(in crate::intake::poll) key: Option<SecretString>,
}

/// A connection, and what moves its bytes as long as somebody waits for it: not a task of its own, which would have to be woken
/// for each question and would have to wake us for each answer.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    moves: Moves,
}

type Moves = Fuse<http1::Connection<TokioIo<Stream>, Empty<Bytes>>>;

/// A question that is being answered. The connection comes back with the answer, if it can serve again.
type Open<B> = Pin<Box<dyn Future<Output = Ended<B>> + Send>>;
type Ended<B> = (Result<Got<B>, Loss>, Option<Connection>);

impl<Q: Question> Http<Q> {
    pub(in crate::intake::poll) fn new(site: Site) -> Self {
        Self { site, connection: None, open: None }
    }
}

impl<Q: Question> Transport for Http<Q> {
    type Query = Q;
    type Answer = Got<<Q::Body as Body>::Read>;

    async fn connect(&mut self) -> Result<(), Trouble> {
        self.connection = Some(self.site.connect().await?);
        Ok(())
    }

    async fn ask(&mut self, question: Q) -> Result<(), Loss> {
        if !self.site.paths.contains(question.get().path()) {
            // By type a driver can only ask for a `Path`, and by this only for one that it lists.
            return Err(Loss {
                trouble: Some(Trouble::Nonsense("a path that the driver does not list".into())),
                refused: None,
            });
        }
        let (site, connection) = (self.site.clone(), self.connection.take());
        self.open = Some(Box::pin(async move { site.get(&question, connection).await }));
        Ok(())
    }

    async fn heard(&mut self) -> Result<Self::Answer, Loss> {
        let Some(open) = &mut self.open else {
            // One that the printer ends is let go at once, and not only when there is a question.
            if let Some(connection) = &mut self.connection {
                let _ = (&mut connection.moves).await;
                self.connection = None;
            }
            return std::future::pending().await;
        };
        let (got, connection) = open.await;
        (self.open, self.connection) = (None, connection);
        got
    }

    fn close(&mut self) {
        (self.open, self.connection) = (None, None);
    }
}

impl Site {
    async fn connect(&self) -> Result<Connection, Trouble> {
        let stream = TokioIo::new(self.dial.connect().await?);
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HTTP_HEAD_BYTES_MAX).max_headers(HTTP_HEADERS_MAX);
        builder.http09_responses(self.paths.iter().any(|path| path.bare));
        let made = builder.handshake(stream).await;
        let (sender, connection) =
            made.map_err(|_| Trouble::Refused("it hangs up before it says a word".into()))?;
        Ok(Connection { sender, moves: connection.fuse() })
    }

    /// Asks, and once more where the answer was a challenge: a second one is the answer that our password gets.
    async fn get<Q: Question>(
        &self,
        question: &Q,
        connection: Option<Connection>,
    ) -> Ended<<Q::Body as Body>::Read> {
        match self.get_once(question, connection).await {
            (Ok(got), connection) if got.status == UNAUTHORIZED && self.auth.is_challenged() => {
                self.get_once(question, connection).await
            }
            other => other,
        }
    }

    /// Asks, on the connection that stands or on a new one: many printers hang up after each answer, or after a while.
    async fn get_once<Q: Question>(
        &self,
        question: &Q,
        connection: Option<Connection>,
    ) -> Ended<<Q::Body as Body>::Read> {
        let standing = match connection {
            Some(mut connection) => {
                let Connection { sender, moves } = &mut connection;
                moving(moves, sender.ready()).await.is_ok().then_some(connection)
            }
            None => None,
        };
        if let Some(connection) = standing {
            match self.get_on(question, connection).await {
                // It hung up while we asked. A GET can be asked twice.
                (Err(Loss { trouble: None, refused: None }), _) => {}
                other => return other,
            }
        }
        match self.connect().await {
            Ok(connection) => self.get_on(question, connection).await,
            Err(trouble) => (Err(Loss { trouble: Some(trouble), refused: None }), None),
        }
    }

    async fn get_on<Q: Question>(
        &self,
        question: &Q,
        mut connection: Connection,
    ) -> Ended<<Q::Body as Body>::Read> {
        let Connection { sender, moves } = &mut connection;
        let got = async {
            let request = self
                .request(question.get())
                .ok_or_else(|| Loss::nonsense("a question that HTTP has no form for", "http"))?;
            let response = sender.send_request(request).await.map_err(|error| loss(&error))?;
            if response.status() == UNAUTHORIZED {
                self.auth.challenged(response.headers());
            }
            read(question, response).await
        };
        match moving(moves, got).await {
            Ok((got, whole)) => (Ok(got), whole.then_some(connection)),
            Err(loss) => (Err(loss), None),
        }
    }

    fn request(&self, get: &Get) -> Option<Request<Empty<Bytes>>> {
        let target = get.target(&self.prefix, self.key.as_ref());
        let mut request = Request::get(&target).body(Empty::new()).ok()?;
        let headers = request.headers_mut();
        self.introduce(&target, headers)?;
        if let Some(session) = get.session_key() {
            let mut session = HeaderValue::from_str(session.as_str()).ok()?;
            session.set_sensitive(true);
            headers.insert(SESSION, session);
        }
        Some(request)
    }

    /// Who is asked, who asks, and by what right this path and query.
    pub(super) fn introduce(&self, target: &str, headers: &mut HeaderMap) -> Option<()> {
        headers.insert(HOST, HeaderValue::from_str(self.dial.address.as_str()).ok()?);
        headers.insert(USER_AGENT, CLIENT);
        self.auth.apply(self.key.as_ref(), target, headers);
        Some(())
    }
}

/// Waits for what needs the bytes of a connection moved.
async fn moving<T>(moves: &mut Moves, wanted: impl Future<Output = T>) -> T {
    let mut wanted = pin!(wanted);
    tokio::select! {
        biased;
        done = &mut wanted => done,
        // Whatever came before the end is there, and an error comes to who waits for the answer.
        _ = moves => wanted.await,
    }
}

/// The answer, and whether all of it was read, so that the connection can serve again.
async fn read<Q: Question>(
    question: &Q,
    response: Response<Incoming>,
) -> Result<(Got<<Q::Body as Body>::Read>, bool), Loss> {
    let (head, mut incoming) = response.into_parts();
    let path = question.get().path();
    let bytes_max = if head.status == StatusCode::OK { path.body_bytes_max } else { HTTP_BODY_BYTES_OTHER };
    let (mut body, mut bytes, mut wanted) = (question.body(), 0, true);
    while wanted && let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| loss(&error))?;
        let Some(piece) = frame.data_ref() else { continue };
        bytes += piece.len();
        if bytes > bytes_max {
            return Err(Loss::nonsense("an answer that is longer than any of its kind", "body_too_long"));
        }
        wanted = body.take(piece);
    }
    let got = Got {
        path,
        status: if head.version == Version::HTTP_09 { NO_HEAD } else { head.status.as_u16() },
        retry_after: retry_after(&head.headers),
        date: clock::http_date(&head.headers),
        body: body.done(),
    };
    Ok((got, wanted))
}

fn loss(error: &hyper::Error) -> Loss {
    if error.is_parse() {
        return Loss::nonsense("what it answers is not HTTP", "http");
    }
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.map_or(Loss::ENDED, Loss::of)
}

/// In seconds; the other form, a date, is not worth a printer's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
