//! Who asks for a page: taken from the session's cookie before any handler runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use catalog::Timestamp;

use super::problem::Problem;
use crate::App;
use crate::identity::{self, Role, SessionToken, User};

/// `__Host-` makes the browser take the cookie from this host over TLS only, for the whole host and no other.
const COOKIE_NAME: &str = "__Host-session";

/// Longest cookie that is looked at; a token has 43 characters.
const TOKEN_LENGTH_MAX: usize = 128;

/// Somebody who is logged in, and the moment of the request.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) user: User,
    pub(super) now: Timestamp,
    /// Path and query of the request.
    pub(super) path: String,
}

/// An admin who is logged in.
#[derive(Clone, Debug)]
pub(super) struct Admin(pub(super) Visitor);

impl Visitor {
    pub(super) fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = requested(parts);
        let user = match token(&parts.headers) {
            Some(token) => identity::current(app, &token).await?,
            None => None,
        };
        match user {
            Some(user) => Ok(Self { user, now: app.clock.now(), path }),
            None => {
                // A form that was sent cannot be sent again by a link, so only what was looked at is kept.
                let next = if parts.method.is_safe() { path } else { "/".into() };
                let page = parts.headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
                Err(Problem::NotLoggedIn {
                    next,
                    by_script: parts.headers.contains_key("hx-request") || !page,
                })
            }
        }
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        if visitor.is_admin() { Ok(Self(visitor)) } else { Err(Problem::AdminsOnly) }
    }
}

fn requested(parts: &Parts) -> String {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    uri.path_and_query().map_or_else(|| "/".into(), ToString::to_string)
}

/// The session's token, if the request has one.
pub(super) fn token(headers: &HeaderMap) -> Option<SessionToken> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE_NAME && (1..=TOKEN_LENGTH_MAX).contains(&value.len()))
        .map(|(_, value)| SessionToken::new(value))
}

/// The header that gives the browser its session. It has no age: it ends with the browser, or with the session.
pub(super) fn cookie(token: &SessionToken) -> Option<HeaderValue> {
    let text = format!("{COOKIE_NAME}={}; Path=/; Secure; HttpOnly; SameSite=Strict", token.expose());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The header that takes the session from the browser.
pub(super) fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// A path of ours to go on to; anything else leads to the fleet, so that no link of ours leads away.
pub(super) fn own_path(path: &str) -> &str {
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_gone_on_to() {
        for path in ["/", "/alarms?show=open", "/printers/oslo-1.p03?range=1h"] {
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nset-cookie: x",
            "javascript:x",
        ] {
            assert_eq!(own_path(path), "/", "{path}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; session=no; __Host-session=yes"));
        assert_eq!(token(&headers).map(|token| token.expose().to_owned()), Some("yes".into()));
    }
}
