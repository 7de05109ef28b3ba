//! The catalogue's entry: one thing that may be said about a printer.

use crate::unit::Unit;

/// One data item that may leave the adapter. Made only from the catalogue's files.
#[derive(Debug)]
pub struct Item {
    pub(crate) id: &'static str,
    pub(crate) property: &'static str,
    pub(crate) family: Family,
    pub(crate) said_by: SaidBy,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static Unit,
    pub(crate) text: &'static str,
    pub(crate) mtconnect: &'static str,
    pub(crate) otel: &'static str,
    pub(crate) source: &'static str,
}

impl Item {
    /// The stable id, `subsystem.item`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The name on the wire of part 0: ThingWorx takes letters, digits and underscores.
    pub fn property(&self) -> &'static str {
        self.property
    }

    /// The name on the wire of a numbered part: `laser_power`, `laser_power_2`.
    pub fn property_of(&self, part: u8) -> String {
        if part == 0 { self.property.to_owned() } else { format!("{}_{part}", self.property) }
    }

    /// The family of printers, or the machine, that it belongs to.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Who can know it. Where something from outside names an item, such as a printer or a profile, this is what decides
    /// whether it may.
    pub fn said_by(&self) -> SaidBy {
        self.said_by
    }

    /// What kind of values it takes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The unit of its numbers; `1` where it has none.
    pub fn unit(&self) -> &'static Unit {
        self.unit
    }

    /// A sentence for a technician and for the customer's IT officer.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The type that it corresponds to in MTConnect, `TYPE` or `TYPE/SUBTYPE`; `x:` marks an extension, where the
    /// standard has no name.
    pub fn mtconnect(&self) -> &'static str {
        self.mtconnect
    }

    /// The name that it corresponds to in OpenTelemetry: of the semantic conventions where they have one, else
    /// `oneway.` and the id.
    pub fn otel(&self) -> &'static str {
        self.otel
    }

    /// Where its range or its vocabulary comes from; `estimate` where no public source gives it.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Whether it is the state that says what its subsystem has, `none` where it has nothing.
    pub fn is_fault(&self) -> bool {
        matches!(self.kind, Kind::State(codes) if self.id.ends_with(".fault") && codes.contains(&"none"))
    }

    /// The vocabulary of a state or an event; empty for anything else.
    pub fn codes(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::State(codes) | Kind::Event(codes) => codes,
            _ => &[],
        }
    }
}

// An item is one of the catalogue's statics: its id says everything about it.
impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Item {}

/// A family of printers, or the machine that an item speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Every printer.
    Common,
    /// Laser stereolithography.
    Stereolithography,
    /// Laser sintering and melting in a powder bed.
    PowderBed,
    /// Material and binder jetting.
    Jetting,
    /// Extrusion of filament.
    Extrusion,
    /// The printer's computer.
    Host,
    /// The adapter about itself.
    Adapter,
}

/// Who can know what an item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// The printer, over its interface or in its logs.
    Printer,
    /// The printer's logs alone: it numbers what stands in them.
    Log,
    /// The adapter alone: it is about its own work, or what it has proved.
    Adapter,
}

/// What kind of values an item takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A number that goes up and down, with its plausible range.
    Gauge(Range),
    /// A number that only goes up, with its plausible range.
    Counter(Range),
    /// One code of a vocabulary that holds until the next.
    State(&'static [&'static str]),
    /// One code of a vocabulary that happened at a moment.
    Event(&'static [&'static str]),
    /// Model, serial or firmware: the one bounded text.
    Identity,
    /// A salted hash.
    Hash,
}

impl Kind {
    /// The kind's name in documents and on PIP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gauge(_) => "gauge",
            Self::Counter(_) => "counter",
            Self::State(_) => "state",
            Self::Event(_) => "event",
            Self::Identity => "identity",
            Self::Hash => "hash",
        }
    }
}

/// What a sensor can plausibly say; a number outside is kept, with bad quality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lowest plausible value.
    pub low: f64,
    /// Highest plausible value.
    pub high: f64,
}

impl Range {
    /// Whether the value is plausible.
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
