//! Names that the configuration knows, but not for this listener: for the person who must see which line is wrong.

use std::collections::HashMap;

use crate::config::{Printer, PrinterId, Sender};

/// The printers by the names that they have elsewhere in the configuration.
#[derive(Debug)]
pub(in crate::intake) struct Otherwise(HashMap<String, PrinterId>);

impl Otherwise {
    /// Of these printers: their ids, and the certificates by which they are known at the other listener.
    pub(in crate::intake) fn of<'p>(
        printers: &'p [Printer],
        there: impl Fn(&'p Printer) -> Option<&'p Sender>,
    ) -> Self {
        let mut names = HashMap::new();
        for printer in printers {
            names.insert(printer.id.to_string(), printer.id.clone());
            if let Some(Sender::Certificate(name)) = there(printer) {
                names.insert(name.clone(), printer.id.clone());
            }
        }
        Self(names)
    }

    /// The printer that one of these names is of, and the name.
    pub(in crate::intake) fn find<'n>(&self, names: &'n [String]) -> Option<(&PrinterId, &'n str)> {
        names.iter().find_map(|name| Some((self.0.get(name)?, name.as_str())))
    }
}
