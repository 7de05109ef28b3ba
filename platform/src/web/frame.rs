//! What every page has around it.

use askama::Template;
use axum::response::Html;
use catalog::Timestamp;

use super::assets;
use super::problem::Problem;
use super::visitor::Visitor;

/// The frame of a page: its title, who looks, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) user: Option<Viewer>,
    /// Path and query of this page, by which it is fetched again.
    pub(super) path: String,
    pub(super) now: Timestamp,
    /// Whether the page keeps itself fresh.
    pub(super) live: bool,
}

/// Who looks.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) name: String,
    pub(super) admin: bool,
}

impl Viewer {
    pub(super) fn role(&self) -> &'static str {
        if self.admin { "admin" } else { "technician" }
    }
}

impl Frame {
    /// The frame of a page for nobody in particular.
    pub(super) fn bare(title: impl Into<String>, now: Timestamp) -> Self {
        Self { title: title.into(), user: None, path: "/".into(), now, live: false }
    }

    /// The frame of a visitor's page.
    pub(super) fn of(visitor: &Visitor, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            user: Some(Viewer { name: visitor.user.name.clone(), admin: visitor.is_admin() }),
            path: visitor.path.clone(),
            now: visitor.now,
            live: false,
        }
    }

    /// The same, for a page that keeps itself fresh.
    pub(super) fn live(self) -> Self {
        Self { live: true, ..self }
    }

    pub(super) fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether the page is this one of the navigation.
    pub(super) fn at(&self, path: &str) -> bool {
        self.path.split('?').next() == Some(path)
    }

    pub(super) fn admin(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.admin)
    }
}

/// Renders a page.
pub(super) fn render(page: &impl Template) -> Result<Html<String>, Problem> {
    Ok(Html(page.render()?))
}
