//! Whether the platform serves: `platform health`, a process of its own beside it, asks as any client does, over TLS, and
//! the answer has gone through the store and back. So whatever hangs of the listener, the runtime, the store's writer
//! or the reader of the adapters' posts shows, which a process that is merely there would not. Pages that take long do not: a new
//! start would not make them shorter, and adapters are served.

mod ask;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::routing::get;

use crate::app::App;

pub(crate) use ask::ask;

/// Where it is asked.
const PATH: &str = "/health";

/// The route of the health check.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route(PATH, get(health))
}

/// 204 when the store can be written and read. Whoever asks from elsewhere is told what any unknown path tells: each
/// question is a turn of the store's writer, and nobody but this machine has to know.
async fn health(State(app): State<Arc<App>>, ConnectInfo(address): ConnectInfo<SocketAddr>) -> StatusCode {
    if !address.ip().to_canonical().is_loopback() {
        return StatusCode::NOT_FOUND;
    }
    let written = app.store.write(|_| Ok(())).await;
    let one = |conn: &rusqlite::Connection| Ok(conn.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?);
    let read = app.store.read_promptly(one).await;
    match (written, read) {
        (Ok(()), Ok(1)) => StatusCode::NO_CONTENT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use crate::testing::Bench;

    #[tokio::test]
    async fn only_this_machine_is_told() {
        let bench = Bench::new();
        for (from, expected) in [
            ("127.0.0.1:9", StatusCode::NO_CONTENT),
            ("[::1]:9", StatusCode::NO_CONTENT),
            ("[::ffff:127.0.0.1]:9", StatusCode::NO_CONTENT),
            ("10.0.0.7:9", StatusCode::NOT_FOUND),
        ] {
            let address: SocketAddr = from.parse().unwrap();
            let mut request = Request::get(PATH).body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(address));
            let answer = crate::server::router(bench.app.clone()).oneshot(request).await.unwrap();
            assert_eq!(answer.status(), expected, "{from}");
        }
    }
}
