//! What an element means, by what it lies in.

use super::model::{Category, Document};

/// Where in a document an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root(Document),
    Header,
    Devices,
    /// A device, or a component of one.
    Component,
    Components,
    Description,
    DataItems,
    DataItem,
    Constraints,
    Constraint(Bound),
    Streams,
    DeviceStream,
    ComponentStream,
    Observations(Category),
    Observation(Category),
    /// Within an observation: the entries of a data set or a table.
    Entry,
    Errors,
    Error,
    /// Something that we do not read, and all that lies in it.
    Other,
}

/// Which constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Value,
    Minimum,
    Maximum,
    Nominal,
}

impl Place {
    /// The place of a root with this name.
    pub(super) fn root(name: &str) -> Option<Self> {
        Some(Self::Root(match name {
            "MTConnectDevices" => Document::Devices,
            "MTConnectStreams" => Document::Streams,
            "MTConnectError" => Document::Error,
            _ => return None,
        }))
    }

    /// The place of an element with this name in this one.
    pub(super) fn of(self, name: &str) -> Self {
        match (self, name) {
            (Self::Root(_), "Header") => Self::Header,
            (Self::Root(Document::Devices), "Devices") => Self::Devices,
            (Self::Root(Document::Streams), "Streams") => Self::Streams,
            (Self::Root(Document::Error), "Errors") => Self::Errors,
            // In MTConnect 1.0 the error stands alone; from 2.6 on it has the name of what is wrong.
            (Self::Root(Document::Error), "Error") | (Self::Errors, _) => Self::Error,
            (Self::Devices | Self::Components, _) => Self::Component,
            (Self::Component, "Components") => Self::Components,
            (Self::Component, "Description") => Self::Description,
            (Self::Component, "DataItems") => Self::DataItems,
            (Self::DataItems, "DataItem") => Self::DataItem,
            (Self::DataItem, "Constraints") => Self::Constraints,
            (Self::Constraints, "Value") => Self::Constraint(Bound::Value),
            (Self::Constraints, "Minimum") => Self::Constraint(Bound::Minimum),
            (Self::Constraints, "Maximum") => Self::Constraint(Bound::Maximum),
            (Self::Constraints, "Nominal") => Self::Constraint(Bound::Nominal),
            (Self::Streams, "DeviceStream") => Self::DeviceStream,
            (Self::DeviceStream, "ComponentStream") => Self::ComponentStream,
            (Self::ComponentStream, "Samples") => Self::Observations(Category::Sample),
            (Self::ComponentStream, "Events") => Self::Observations(Category::Event),
            (Self::ComponentStream, "Condition") => Self::Observations(Category::Condition),
            (Self::Observations(category), _) => Self::Observation(category),
            (Self::Observation(_) | Self::Entry, _) => Self::Entry,
            _ => Self::Other,
        }
    }

    /// Whether an element's text is of use.
    pub(super) fn has_text(self) -> bool {
        matches!(self, Self::Observation(_) | Self::Constraint(_))
    }
}
