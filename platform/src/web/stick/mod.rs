//! "Make a site stick": the form by which an admin fills in what a box needs, and the file that comes of it. It works without a
//! script: a printer is added and taken out by buttons that send the form.

mod fields;

use std::sync::Arc;

use askama::Template;
use axum::Form as Sent;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use self::fields::{Field, Part};
use super::frame::{Frame, render};
use super::problem::Problem;
use super::visitor::Admin;
use super::words::Moment;
use crate::App;
use crate::sticks::{self, Form, Made, SiteKey, Stick, Wrong};
use crate::store::pages::adapters as stored;

/// Largest form: sixty-four printers of a dozen fields and four PEM texts, with the escapes of a form.
pub(super) const FORM_BYTES_MAX: usize = 512 << 10;
/// The button that was pressed; not a field of the form.
const BUTTON: &str = "do";

#[derive(Template)]
#[template(path = "stick.html")]
struct Page {
    frame: Frame,
    id: i64,
    adapter: String,
    enrolled: bool,
    last: Option<Last>,
    complaints: Vec<Complaint>,
    good: bool,
    top: Vec<Part>,
    printers: Vec<Row>,
    full: bool,
}

struct Last {
    made: Moment,
    by: String,
}

/// What is wrong, with a link to its field.
struct Complaint {
    id: String,
    label: String,
    text: String,
}

struct Row {
    index: usize,
    title: String,
    fields: Vec<Field>,
    more: Vec<Field>,
    /// Whether one of those behind "more" is wrong or filled in, so that they are shown.
    open: bool,
}

/// An adapter, and what was typed for it before.
struct Subject {
    id: i64,
    name: String,
    enrolled: bool,
    last: Option<Stick>,
}

impl Subject {
    async fn find(app: &App, id: &str) -> Result<Self, Problem> {
        let id: i64 = id.parse().map_err(|_| Problem::NotFound)?;
        let found = app.store.read(move |conn| {
            let name = stored::name(conn, id)?;
            Ok((name, stored::enrolled(conn, id)?, sticks::last(conn, id)?))
        });
        let (name, enrolled, last) = found.await?;
        Ok(Self { id, name: name.ok_or(Problem::NotFound)?, enrolled, last })
    }

    fn page(&self, admin: &Admin, form: &Form, wrong: &Wrong, good: bool) -> Page {
        let title = format!("Site stick for {}", self.name);
        let top = fields::parts(form, wrong);
        let printers: Vec<Row> = (0..form.printers()).map(|index| Row::of(form, wrong, index)).collect();
        let all = top.iter().flat_map(|part| &part.fields);
        let all = all.chain(printers.iter().flat_map(|row| row.fields.iter().chain(&row.more)));
        let complaint = |field: &Field| {
            let text = field.wrong.clone()?;
            Some(Complaint { id: field.id.clone(), label: field.title(), text })
        };
        let complaints = all.filter_map(complaint).collect();
        let last =
            self.last.as_ref().map(|stick| Last { made: Moment(stick.made), by: stick.made_by.clone() });
        Page {
            frame: Frame { path: "/adapters".into(), ..Frame::of(&admin.0, title) },
            id: self.id,
            adapter: self.name.clone(),
            enrolled: self.enrolled,
            last,
            complaints,
            good,
            top,
            full: printers.len() >= site::limits::PRINTERS_MAX,
            printers,
        }
    }
}

impl Row {
    fn of(form: &Form, wrong: &Wrong, index: usize) -> Self {
        let (fields, more) = fields::printer(form, wrong, index);
        let open = more.iter().any(|field| field.wrong.is_some() || !field.value.is_empty());
        let id = form.text(&sticks::field(index, "id"));
        let title = if id.is_empty() { format!("Printer {}", index + 1) } else { format!("Printer {id}") };
        Self { index, title, fields, more, open }
    }
}

/// The form, with what was typed for the last stick.
pub(super) async fn page(
    admin: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let subject = Subject::find(&app, &id).await?;
    let form = match &subject.last {
        Some(stick) => stick.form.with_code(!subject.enrolled),
        None => Form::suggested(&app.settings.public_url, subject.enrolled),
    };
    Ok(render(&subject.page(&admin, &form, &Wrong::new(), false))?.into_response())
}

/// A button of the form: make, check, add a printer, take one out.
pub(super) async fn act(
    admin: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    sent: Result<Sent<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Problem> {
    let Sent(pairs) = sent.map_err(|_| Problem::Malformed("The form cannot be read."))?;
    let button = pairs.iter().find(|(name, _)| name == BUTTON).map(|(_, button)| button.clone());
    let button = button.unwrap_or_default();
    let subject = Subject::find(&app, &id).await?;
    let mut form = Form::of(pairs);
    if button == "make" {
        return make(&admin, &app, &subject, form).await;
    }
    let mut checked = false;
    match button.strip_prefix("remove-").map(str::parse) {
        Some(Ok(index)) => form.remove_printer(index),
        _ if button == "add" => form.add_printer(),
        _ => checked = true,
    }
    let wrong = if checked { self::wrong(&subject, &form, &admin) } else { Wrong::new() };
    let good = checked && wrong.is_empty();
    Ok(render(&subject.page(&admin, &form, &wrong, good))?.into_response())
}

fn wrong(subject: &Subject, form: &Form, admin: &Admin) -> Wrong {
    use site::Plain as _;
    let seconds = admin.0.now.0.div_euclid(1000);
    let serial = site::Serial::next(None, seconds);
    let made = release::Time::from_seconds(seconds);
    let name = site::AdapterName::parse(&subject.name);
    let mut wrong = name.and_then(|name| form.document(&name, serial, made, None).err()).unwrap_or_default();
    wrong.extend(form.without_its_code(subject.enrolled));
    wrong
}

async fn make(admin: &Admin, app: &App, subject: &Subject, form: Form) -> Result<Response, Problem> {
    let (id, by, now) = (subject.id, admin.0.user.name.clone(), admin.0.now);
    let (key, typed) = (key(app)?, form.clone());
    match app.store.write(move |conn| sticks::make(conn, &key, id, &typed, &by, now)).await? {
        Made::File(bytes) => Ok(attachment("application/octet-stream", "oneway.site", bytes)),
        Made::Wrong(wrong) => {
            let page = subject.page(admin, &form, &wrong, false);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
    }
}

/// The public half of the key that signs sticks, for whoever makes boxes.
pub(super) async fn public_key(_: Admin, State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = format!("# The site key of {}\n{}\n", app.settings.public_url, key(&app)?.public_line());
    Ok(attachment("text/plain; charset=utf-8", "site.keys", text.into_bytes()))
}

fn key(app: &App) -> Result<Arc<SiteKey>, Problem> {
    app.settings.site_key.clone().ok_or(Problem::NoSiteKey)
}

fn attachment(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], bytes).into_response()
}
