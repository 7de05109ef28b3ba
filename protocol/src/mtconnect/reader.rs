//! Reads a document as it comes, and gives what it says one by one.

use super::error::{Error, Wrong};
use super::markup::{Found, Markup};
use super::model::{AgentError, Component, DataItem, Description, Device, Document, Header};
use super::observation::Observation;
use super::place::{Bound, Place};
use super::tag::{self, Attributed, Tag};
use super::text::Text;
use crate::limits::{
    MTCONNECT_CONSTRAINT_VALUES_MAX, MTCONNECT_DATA_ITEMS_MAX, MTCONNECT_DEPTH_MAX,
    MTCONNECT_OBSERVATIONS_MAX, MTCONNECT_TEXT_BYTES_MAX,
};

/// Something that a document says.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Its head, before anything else.
    Header(Header),
    /// A device begins; what follows is about it.
    Device(Device),
    /// Who made the device.
    Description(Description),
    /// What the device can say.
    DataItem(DataItem),
    /// What the device has said.
    Observation(Observation),
    /// The agent did not answer what was asked.
    Error(AgentError),
    /// A data item or an observation that cannot be taken, to be counted.
    Unfit(Unfit),
}

/// Why a data item or an observation cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A data item without an id, a type or a category.
    DataItem,
    /// An observation without a data item's id or a sequence number, or a condition of an unknown level.
    Observation,
}

/// A reader of one document.
#[derive(Debug)]
pub struct Reader {
    markup: Markup,
    open: Vec<Open>,
    root: Option<Document>,
    headed: bool,
    /// The device and the components around where the document is read.
    components: Vec<Component>,
    item: Option<DataItem>,
    observation: Option<Observation>,
    /// The text of the element that is open, where it is of use; `None` where it is too long.
    text: Option<String>,
    items: usize,
    observations: usize,
    failed: Option<Error>,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: Box<str>,
    place: Place,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader of a document that is still to come.
    pub fn new() -> Self {
        Self {
            markup: Markup::default(),
            open: Vec::new(),
            root: None,
            headed: false,
            components: Vec::new(),
            item: None,
            observation: None,
            text: None,
            items: 0,
            observations: 0,
            failed: None,
        }
    }

    /// The next event; `None` when the input is used up. What is used is taken off the input.
    ///
    /// # Errors
    /// What is wrong with the document, again and again: nothing more can be read of it.
    pub fn next_event(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Error> {
        match self.failed {
            Some(error) => Err(error),
            None => self.read(input).inspect_err(|error| self.failed = Some(*error)),
        }
    }

    /// The document has no more bytes.
    ///
    /// # Errors
    /// It is not whole.
    pub fn finish(&self) -> Result<(), Error> {
        let whole = self.root.is_some() && self.open.is_empty() && self.markup.is_between();
        match self.failed {
            Some(error) => Err(error),
            None if whole => Ok(()),
            None => Err(self.markup.error(Wrong::Unfinished)),
        }
    }

    /// Memory held, in bytes.
    #[doc(hidden)]
    pub fn room(&self) -> usize {
        let open: usize = self.open.iter().map(|open| open.name.len()).sum();
        let text = self.text.as_ref().map_or(0, String::capacity);
        let components = |components: &[Component]| -> usize { components.iter().map(Component::room).sum() };
        let item =
            self.item.as_ref().map_or(0, |item| components(&item.components) + item.constraints.room());
        self.markup.room() + open + text + components(&self.components) + item
    }

    fn read(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Error> {
        while let Some(found) = self.markup.next(input)? {
            // Taken out, so that it can be read while the rest of the reader changes.
            let markup = std::mem::take(&mut self.markup);
            let event = markup.content().and_then(|content| {
                self.take(found, content, markup.is_cut()).map_err(|wrong| markup.error(wrong))
            });
            self.markup = markup;
            if let Some(event) = event? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn take(&mut self, found: Found, content: &str, cut: bool) -> Result<Option<Event>, Wrong> {
        if found != Found::Tag {
            return self.take_text(found, content, cut).map(|()| None);
        }
        match tag::parse(content)? {
            Tag::End { name } => self.end(name),
            Tag::Start { name, attributes, empty } => {
                let event = self.start(name, &attributes)?;
                // No element gives an event at both of its ends.
                if empty { self.end(name).map(|ended| event.or(ended)) } else { Ok(event) }
            }
        }
    }

    fn take_text(&mut self, found: Found, content: &str, cut: bool) -> Result<(), Wrong> {
        let content = match found {
            Found::Cdata => content.into(),
            _ => quick_xml::escape::unescape(content).map_err(|_| Wrong::Entity)?,
        };
        let Some(open) = self.open.last() else {
            let blank = found == Found::Text && content.trim_ascii().is_empty() && !cut;
            let wrong = if self.root.is_some() { Wrong::Trailing } else { Wrong::NotXml };
            return if blank { Ok(()) } else { Err(wrong) };
        };
        if open.place.has_text() {
            let fits = |text: &String| !cut && text.len() + content.len() <= MTCONNECT_TEXT_BYTES_MAX;
            self.text = self.text.take().filter(fits).map(|text| text + &content);
        }
        Ok(())
    }

    fn start(&mut self, name: &str, attributes: &Attributed<'_>) -> Result<Option<Event>, Wrong> {
        let local = tag::local(name);
        let place = match self.open.last() {
            Some(open) => open.place.of(local),
            None if self.root.is_some() => return Err(Wrong::Trailing),
            None => Place::root(local).ok_or(Wrong::Root)?,
        };
        if self.open.len() == MTCONNECT_DEPTH_MAX {
            return Err(Wrong::TooDeep);
        }
        self.open.push(Open { name: name.into(), place });
        if place.has_text() {
            self.text = Some(String::new());
        }
        self.begin(place, local, attributes)
    }

    fn begin(
        &mut self,
        place: Place,
        name: &str,
        attributes: &Attributed<'_>,
    ) -> Result<Option<Event>, Wrong> {
        match place {
            Place::Root(document) => self.root = Some(document),
            Place::Devices | Place::Streams if !self.headed => return Err(Wrong::NoHeader),
            Place::Header => {
                self.headed = true;
                let header = |document| Header::read(document, attributes).map(Event::Header);
                return self.root.map(header).transpose();
            }
            Place::Component => {
                self.components.push(Component::read(name, attributes)?);
                let is_device = self.components.len() == 1;
                return is_device.then(|| Device::read(name, attributes).map(Event::Device)).transpose();
            }
            Place::DeviceStream => return Device::read(name, attributes).map(Event::Device).map(Some),
            Place::Description if self.components.len() == 1 => {
                return Description::read(attributes).map(Event::Description).map(Some);
            }
            Place::DataItem => {
                count(&mut self.items, MTCONNECT_DATA_ITEMS_MAX, Wrong::TooManyDataItems)?;
                self.item = DataItem::read(attributes, &self.components)?;
            }
            Place::Observation(category) => {
                count(&mut self.observations, MTCONNECT_OBSERVATIONS_MAX, Wrong::TooManyObservations)?;
                self.observation = Observation::read(name, category, attributes)?;
            }
            Place::Entry => {
                if let Some(observation) = &mut self.observation {
                    observation.unread();
                }
            }
            Place::Error => return AgentError::read(name, attributes).map(Event::Error).map(Some),
            _ => {}
        }
        Ok(None)
    }

    fn end(&mut self, name: &str) -> Result<Option<Event>, Wrong> {
        let open = self.open.pop().filter(|open| *open.name == *name).ok_or(Wrong::Mismatched)?;
        Ok(match open.place {
            Place::Component => {
                self.components.pop();
                None
            }
            Place::Constraint(bound) => {
                self.constrain(bound);
                None
            }
            Place::DataItem => Some(self.item.take().map_or(Event::Unfit(Unfit::DataItem), Event::DataItem)),
            Place::Observation(_) => Some(self.observed()),
            _ => None,
        })
    }

    fn constrain(&mut self, bound: Bound) {
        let (Some(text), Some(item)) = (self.text.take(), &mut self.item) else { return };
        let Ok(text) = Text::attribute(&text) else { return };
        let constraints = &mut item.constraints;
        match bound {
            Bound::Minimum => constraints.minimum = text.number(),
            Bound::Maximum => constraints.maximum = text.number(),
            Bound::Nominal => constraints.nominal = text.number(),
            Bound::Value if constraints.values.len() < MTCONNECT_CONSTRAINT_VALUES_MAX => {
                constraints.values.push(text);
            }
            Bound::Value => {}
        }
    }

    fn observed(&mut self) -> Event {
        let text = self.text.take();
        let Some(mut observation) = self.observation.take() else { return Event::Unfit(Unfit::Observation) };
        observation.complete(text.as_deref());
        Event::Observation(observation)
    }
}

fn count(so_far: &mut usize, max: usize, over: Wrong) -> Result<(), Wrong> {
    *so_far += 1;
    if *so_far > max { Err(over) } else { Ok(()) }
}
