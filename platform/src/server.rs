//! The HTTPS server: TLS, limits on connections, time and bodies, and the routes of both callers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::connections::Bounded;
use crate::{device_api, health, web};

/// Bytes of a request's body where a route does not say otherwise: a form.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Time for a request's head to arrive, and so also for an idle connection.
const HEAD_TIME: Duration = Duration::from_secs(60);

/// Time for a TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Time from a request's head to its answer's head. A stream of events may go on for longer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Requests of one HTTP/2 connection at the same time.
const STREAMS_MAX: u32 = 64;

/// Bytes of a request's headers.
const HEADERS_BYTES_MAX: u32 = 32 << 10;

/// All routes over one state.
pub fn router(app: Arc<App>) -> Router {
    device_api::routes()
        .merge(health::routes())
        .merge(web::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIME))
        .with_state(app)
}

/// Binds the address.
///
/// # Errors
/// When it is taken or not of this machine.
pub fn bind(address: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until the handle says stop and the last request is answered.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: Arc<App>,
    listener: std::net::TcpListener,
    tls: Arc<ServerConfig>,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let tls = RustlsAcceptor::new(RustlsConfig::from_config(tls)).handshake_timeout(HANDSHAKE_TIME);
    let mut server =
        axum_server::from_tcp(listener)?.acceptor(tls.acceptor(Bounded::default())).handle(handle);
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEADERS_BYTES_MAX as usize);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIME)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX);
    server.serve(router(app).into_make_service_with_connect_info::<SocketAddr>()).await
}
