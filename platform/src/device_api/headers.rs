//! The rules of ThingWorx's REST interface about headers (`reference/thingworx.md`).

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use secrecy::SecretString;

use super::refused::Refused;

/// Longest key, in bytes; ours have 43.
const KEY_LENGTH_MAX: usize = 128;

/// The key from its header.
pub(super) fn key(headers: &HeaderMap, uri: &Uri) -> Result<SecretString, Refused> {
    if uri.query().is_some_and(names_key) {
        return Err(Refused::KeyInUrl);
    }
    let value = headers.get("appKey").and_then(|value| value.to_str().ok()).ok_or(Refused::Key)?;
    if value.is_empty() || value.len() > KEY_LENGTH_MAX { Err(Refused::Key) } else { Ok(value.into()) }
}

fn names_key(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("appkey")))
}

/// A body of anything but JSON could be a browser's form, forged by another site.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refused> {
    let content = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content.is_some_and(|content| is(content, &["application/json"])) {
        Ok(())
    } else {
        Err(Refused::ContentType)
    }
}

/// Refuses a caller that takes no JSON, before it is told something that it cannot read.
pub(super) fn require_accept(headers: &HeaderMap) -> Result<(), Refused> {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    let good =
        |value: &str| value.split(',').any(|kind| is(kind, &["application/json", "application/*", "*/*"]));
    if accepted.peek().is_none() || accepted.any(good) { Ok(()) } else { Err(Refused::Accept) }
}

fn is(value: &str, kinds: &[&str]) -> bool {
    let kind = value.split(';').next().unwrap_or_default().trim();
    kinds.iter().any(|known| kind.eq_ignore_ascii_case(known))
}
