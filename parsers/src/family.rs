//! The log families by their names in the configuration.

use std::fmt;
use std::str::FromStr;

use crate::{Context, Line, Output, projet};

/// A family of log formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `docs/projet-log.md`: stereolithography printers of the ProJet 6000 and 7000 class.
    Projet,
}

impl Family {
    /// Every family, for error messages and documents.
    pub const ALL: &[Self] = &[Self::Projet];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Projet => "projet",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No family has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no log family has this name: write `projet`")]
pub struct UnknownFamily;

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL.iter().copied().find(|family| family.name() == name).ok_or(UnknownFamily)
    }
}

/// The parser of one file of one printer, of any family.
#[derive(Debug)]
pub enum LogParser {
    /// The `projet` log.
    Projet(projet::Parser),
}

impl LogParser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(family: Family, context: Context) -> Self {
        match family {
            Family::Projet => Self::Projet(projet::Parser::new(context)),
        }
    }

    /// Adds what the next line of the file says.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        match self {
            Self::Projet(parser) => parser.line(line, output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_its_name_only() {
        assert_eq!("projet".parse(), Ok(Family::Projet));
        assert_eq!("ProJet".parse::<Family>(), Err(UnknownFamily));
    }
}
