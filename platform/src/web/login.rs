//! Logging in and out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use secrecy::SecretString;
use serde::Deserialize;

use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::{cookie, no_cookie, own_path, token};
use super::words;
use crate::App;
use crate::identity::{self, LogIn};

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    frame: Frame,
    complaint: Option<String>,
    name: String,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

/// The form.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let frame = Frame::bare("Log in", app.clock.now());
    let next = own_path(&wanted.next).to_owned();
    Ok(render(&Page { frame, complaint: None, name: String::new(), next })?.into_response())
}

#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// Takes the form. A wrong one comes back with its name kept.
pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    // Without a peer's address (only in tests) all attempts count as one address's.
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(ConnectInfo(peer))| peer.ip());
    let next = own_path(&typed.next).to_owned();
    let name = typed.name.trim().to_owned();
    let again = |complaint: String| {
        let frame = Frame::bare("Log in", app.clock.now());
        render(&Page { frame, complaint: Some(complaint), name: name.clone(), next: next.clone() })
    };
    match identity::log_in(&app, &name, typed.password, address).await? {
        LogIn::In(token) => {
            let cookie = cookie(&token).ok_or(Problem::Failed)?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&next)).into_response())
        }
        LogIn::Wrong => {
            let page = again("The name or the password is wrong.".into())?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        LogIn::TooMany { retry_after } => {
            let ms = i64::try_from(retry_after.as_millis()).unwrap_or(i64::MAX);
            let page = again(format!("Too many wrong attempts. Try again in {}.", words::duration(ms)))?;
            let wait = [(RETRY_AFTER, retry_after.as_secs().to_string())];
            Ok((StatusCode::TOO_MANY_REQUESTS, wait, page).into_response())
        }
    }
}

/// Ends the session, here and in the store.
pub(super) async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = token(&headers) {
        app.store.write(move |conn| identity::log_out(conn, &token)).await?;
    }
    Ok(([(SET_COOKIE, no_cookie())], Redirect::to("/login")).into_response())
}
