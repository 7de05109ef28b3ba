//! The first start: whoever holds the one-time link becomes the first admin.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::frame::{Frame, render};
use super::problem::Problem;
use crate::App;
use crate::identity::{self, IdentityError, SetupToken};

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    frame: Frame,
    complaint: Option<String>,
    name: String,
    token: String,
}

/// The form, as long as the link works.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let (asked, now) = (SetupToken::new(token.clone()), app.clock.now());
    if !app.store.read(move |conn| identity::setup_link_works(conn, &asked, now)).await? {
        return Err(Problem::Link);
    }
    let frame = Frame::bare("Set up", now);
    Ok(render(&Page { frame, complaint: None, name: String::new(), token })?.into_response())
}

#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
    password: SecretString,
    again: SecretString,
}

/// Takes the form. What cannot be taken comes back with its name kept; the link stays usable then.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let name = typed.name.trim().to_owned();
    let same = typed.password.expose_secret() == typed.again.expose_secret();
    let complaint = if same {
        match identity::use_setup_link(&app, &SetupToken::new(token.clone()), &name, typed.password).await {
            Ok(()) => return Ok(Redirect::to("/login").into_response()),
            Err(IdentityError::Link) => return Err(Problem::Link),
            Err(error @ (IdentityError::Name | IdentityError::Taken(_) | IdentityError::Password)) => {
                error.to_string()
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        "the two passwords are not the same".to_owned()
    };
    let frame = Frame::bare("Set up", app.clock.now());
    let page = Page { frame, complaint: Some(super::words::capital(&complaint) + "."), name, token };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
}
