//! The files that pages refer to, inside the binary. Their address holds a hash of their content, so that a
//! browser keeps them for ever and an update is seen at once.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use super::problem::Problem;

struct Asset {
    content: &'static str,
    kind: &'static str,
    hash: String,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

static FILES: [(&str, &str, &str); 7] = [
    ("app.css", STYLE, include_str!("../../assets/app.css")),
    ("app.js", SCRIPT, include_str!("../../assets/app.js")),
    ("plot.js", SCRIPT, include_str!("../../assets/plot.js")),
    ("favicon.svg", "image/svg+xml", include_str!("../../assets/favicon.svg")),
    ("htmx.min.js", SCRIPT, include_str!("../../assets/vendor/htmx.min.js")),
    ("uplot.min.js", SCRIPT, include_str!("../../assets/vendor/uplot.min.js")),
    ("uplot.min.css", STYLE, include_str!("../../assets/vendor/uplot.min.css")),
];

static ASSETS: LazyLock<HashMap<&str, Asset>> = LazyLock::new(|| {
    let asset = |content: &'static str, kind| {
        let hash = HEXLOWER.encode(&digest(&SHA256, content.as_bytes()).as_ref()[..8]);
        Asset { content, kind, hash }
    };
    FILES.iter().map(|(name, kind, content)| (*name, asset(content, kind))).collect()
});

/// The address of a file; of one that does not exist, an address that answers 404.
pub(crate) fn url(name: &str) -> String {
    let hash = ASSETS.get(name).map_or("none", |asset| asset.hash.as_str());
    format!("/assets/{hash}/{name}")
}

/// Answers with a file. An old hash gets the new content, but nothing that keeps it.
pub(super) async fn serve(
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.get(name.as_str()).ok_or(Problem::NotFound)?;
    let cache = if hash == asset.hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", asset.hash);
    let known = headers.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let head = [(CONTENT_TYPE, asset.kind.to_owned()), (CACHE_CONTROL, cache.into()), (ETAG, tag)];
    Ok(if known {
        (StatusCode::NOT_MODIFIED, head).into_response()
    } else {
        (head, asset.content).into_response()
    })
}
