//! What stands before every page: the security headers on each answer, and the refusal of a POST that another
//! site's page sent.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;

/// Nothing inline, nothing evaluated, nothing from elsewhere; no page of ours in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// Strict-Transport-Security is left out on purpose: it binds every port of the host name, and the name of a
// machine on a company's network often has other services in clear. This server has no port in clear that
// a browser could be led to, and the session's cookie is `Secure`, so it would add little.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Puts the security headers on an answer; a page is not kept by any cache, since it says who is logged in.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a request that changes something unless it comes from one of our own pages. The cookie is
/// `SameSite=Strict` as well; this holds where a browser is old or another port of the same host is hostile.
pub(super) async fn own_pages_only(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || from_own_page(&request) {
        next.run(request).await
    } else {
        Problem::ForeignPage.into_response()
    }
}

fn from_own_page(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = text(headers, "sec-fetch-site") {
        return site == "same-origin";
    }
    // A browser that says neither is refused too: each one in use sends an origin with a POST.
    let host = request.uri().authority().map(|a| a.as_str()).or_else(|| text(headers, HOST.as_str()));
    let origin = text(headers, ORIGIN.as_str()).and_then(|origin| origin.strip_prefix("https://"));
    origin.is_some() && origin == host
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
