//! When each printer was read, for whoever measures the reader: a file with a line for each READ as it came in,
//! `MICROSECONDS PRINTER`, the microseconds counted from the start of the fleet by a clock that never steps.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// The file. Its lines are whole at any moment, in the order of their times.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: Mutex<File>,
    started: Instant,
}

impl Trace {
    /// A new file, or an emptied one.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner { file: Mutex::new(File::create(path)?), started: Instant::now() })))
    }

    /// This printer was asked for values just now. A disk that is full costs the measurement and not the fleet.
    pub(crate) fn read(&self, printer: &str) {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{} {printer}\n", self.0.started.elapsed().as_micros());
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "a READ is missing in the trace");
        }
    }
}

/// The times of the READs of each printer in a trace, by printer, in microseconds. A last line that is not whole is left
/// out.
pub fn parse(text: &str) -> std::collections::BTreeMap<String, Vec<u64>> {
    let mut reads = std::collections::BTreeMap::<_, Vec<u64>>::new();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in whole.lines() {
        if let Some((time, printer)) = line.split_once(' ')
            && let Ok(time) = time.parse()
        {
            reads.entry(printer.to_owned()).or_default().push(time);
        }
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_traced_is_read_back_by_printer() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("reads");
        let trace = Trace::create(&path).unwrap();
        ["p01", "p02", "p01"].into_iter().for_each(|printer| trace.read(printer));
        let text = std::fs::read_to_string(&path).unwrap();
        let reads = parse(&(text + "123 p0"));
        let counts: Vec<_> = reads.iter().map(|(printer, times)| (printer.as_str(), times.len())).collect();
        assert_eq!(counts, [("p01", 2), ("p02", 1)]);
        assert!(reads["p01"].is_sorted());
    }
}
