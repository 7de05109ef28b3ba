//! The printers that ship.

use std::sync::Arc;

use tokio::time::Instant;

use super::seats::{Seat, Seats};
use crate::config::Printer;
use crate::counters::{OneConnection, PrinterCounters};
use crate::intake::IntakeContext;
use crate::intake::listener::Senders;
use crate::normalise::{Normaliser, Way};

/// A printer that ships.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) normaliser: Arc<Normaliser>,
    seats: Arc<Seats>,
    counters: Arc<PrinterCounters>,
}

/// The senders that the configuration knows.
pub(super) fn senders(printers: &[Printer], context: &IntakeContext) -> Senders<Known> {
    let known = printers.iter().filter_map(|printer| {
        let normaliser = Arc::new(Normaliser::new(printer, Way::Beats, context));
        let counters = context.counters.printer(&printer.id);
        Some((printer.beats.clone()?, Known { normaliser, seats: Arc::default(), counters }))
    });
    known.collect()
}

impl Known {
    /// A place among the printer's own connections.
    pub(super) fn connection(&self) -> Option<(Seat, OneConnection)> {
        Some((self.seats.take(Instant::now())?, self.counters.connected()))
    }
}
