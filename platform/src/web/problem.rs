//! What a person sees when something did not work: what happened, and what to do.

use askama::Template;
use axum::http::header::{HeaderName, LOCATION};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use catalog::Timestamp;

use super::frame::Frame;
use crate::identity::IdentityError;
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Problem {
    /// Nobody is logged in; `next` is where they wanted to go.
    NotLoggedIn { next: String, by_script: bool },
    /// There is no such page, or no such thing to show.
    NotFound,
    /// The page is for admins.
    AdminsOnly,
    /// A form that another site's page sent.
    ForeignPage,
    /// A set-up link that does not work any more.
    Link,
    /// The request makes no sense.
    Malformed(&'static str),
    /// Too many streams of live updates.
    Full,
    /// The key that signs site sticks is gone, or another one.
    NoSiteKey,
    /// A fault of ours; its cause is in the log.
    Failed,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page {
    frame: Frame,
    what: &'static str,
    advice: String,
    back: &'static str,
    back_title: &'static str,
    status: StatusCode,
}

/// The page for an address that is none.
pub(super) async fn not_found() -> Problem {
    Problem::NotFound
}

impl Problem {
    fn words(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::NotLoggedIn { .. } => (StatusCode::UNAUTHORIZED, "You are not logged in", "Log in and try again.".into()),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is no such page",
                "The link may be old, or a printer may have another name now. Find it from the fleet.".into(),
            ),
            Self::AdminsOnly => (
                StatusCode::FORBIDDEN,
                "This page is for admins",
                "Adapters, keys and the audit are kept by admins. Ask one, or log in as one.".into(),
            ),
            Self::ForeignPage => (
                StatusCode::FORBIDDEN,
                "This did not come from our own page",
                "Your browser says that the form was sent from another site, so nothing was done. Open the \
                 dashboard itself and do it there."
                    .into(),
            ),
            Self::Link => (
                StatusCode::NOT_FOUND,
                "This set-up link does not work",
                "It is used, expired, or not whole. If nobody has been set up yet, start the platform again: it \
                 prints a new link. Otherwise log in, or add a user with `platform user add`."
                    .into(),
            ),
            Self::NoSiteKey => (
                StatusCode::SERVICE_UNAVAILABLE,
                "No site stick can be made",
                "The key that signs site sticks is gone, or is not the one that signed them before, and boxes would refuse \
                 what another one signs. The platform's log names the file, `site.key` beside the store: put the one of a backup \
                 there, and start the platform again."
                    .into(),
            ),
            Self::Malformed(what) => {
                (StatusCode::BAD_REQUEST, "This request makes no sense", format!("{what} Go back and try again."))
            }
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many pages are open",
                "No further page can be kept live. Close some, or reload this one by hand.".into(),
            ),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The platform could not do this",
                "It is our fault, not yours, and the cause is in the platform's log. Try again in a minute; if it \
                 stays, tell the admin the time of it."
                    .into(),
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::NotLoggedIn { next, by_script } = &self {
            return to_login(next, *by_script);
        }
        let (status, what, advice) = self.words();
        let (back, back_title) =
            if matches!(self, Self::Link) { ("/login", "To the log-in") } else { ("/", "To the fleet") };
        let page = Page { frame: Frame::bare(what, Timestamp(0)), what, advice, back, back_title, status };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, what).into_response(),
        }
    }
}

/// A page is led to the log-in; a script is told to lead its page there.
fn to_login(next: &str, by_script: bool) -> Response {
    let next: String = Uri::try_from(next).map(|uri| uri.to_string()).unwrap_or_default();
    let encoded = next.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23");
    let target =
        if encoded.is_empty() || encoded == "/" { "/login".into() } else { format!("/login?next={encoded}") };
    let target = HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static("/login"));
    if by_script {
        (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-redirect"), target)]).into_response()
    } else {
        (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::NotFound(_) = error {
            return Self::NotFound;
        }
        tracing::error!(%error, "a page failed");
        Self::Failed
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        tracing::error!(%error, "a page failed");
        Self::Failed
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a template failed");
        Self::Failed
    }
}
