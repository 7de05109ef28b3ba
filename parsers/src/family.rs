//! The log families by their names in the configuration, and the parser of any of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::profile::{self, Profile};
use crate::{Context, Format, Line, Output, build_protocol, duet, klippy, marlin, octoprint, projet};

/// Declares the families: a name in the configuration and a module each.
macro_rules! families {
    ($($(#[doc = $doc:literal])* $variant:ident, $name:literal, $module:ident;)*) => {
        /// A family of log formats.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Family {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Family {
            /// Every family, for error messages and documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Whether a line is surely of this family: no line of another one is taken for it.
            fn recognises(self, line: &[u8]) -> bool {
                match self {
                    $(Self::$variant => $module::recognises(line),)*
                }
            }
        }

        /// The parser of one file of one printer, of any family.
        #[derive(Debug)]
        pub enum LogParser {
            $($(#[doc = $doc])* $variant($module::Parser),)*
            /// A format that a profile describes.
            Profile(Box<profile::Parser>),
        }

        impl LogParser {
            /// A parser for one file, from its beginning or from any line on.
            pub fn new(family: Family, context: Context) -> Self {
                match family {
                    $(Family::$variant => Self::$variant($module::Parser::new(context)),)*
                }
            }

            /// A parser for one file of a format that a profile describes.
            pub fn of_profile(profile: Arc<Profile>, context: Context) -> Self {
                Self::Profile(Box::new(profile::Parser::new(profile, context)))
            }

            /// How the file is written.
            pub fn format(&self) -> Format {
                match self {
                    $(Self::$variant(_) => Family::$variant.into(),)*
                    Self::Profile(parser) => Format::Profile(Arc::clone(parser.profile())),
                }
            }

            /// Adds what the next line of the file says.
            pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
                match self {
                    $(Self::$variant(parser) => parser.line(line, output),)*
                    Self::Profile(parser) => {
                        parser.line(line, output);
                    }
                }
            }
        }
    };
}

families! {
    /// `docs/projet-log.md`: stereolithography printers of the ProJet 6000 and 7000 class.
    Projet, "projet", projet;
    /// OctoPrint's `octoprint.log` and `serial.log`.
    Octoprint, "octoprint", octoprint;
    /// What a Marlin controller says on its serial line.
    Marlin, "marlin", marlin;
    /// A Duet controller's `eventlog.txt`.
    Duet, "duet", duet;
    /// The build protocol of a powder-bed machine.
    BuildProtocol, "build_protocol", build_protocol;
    /// Klipper's `klippy.log`.
    Klippy, "klippy", klippy;
}

impl Family {
    /// The family of the file that a line is from, where that is beyond doubt.
    pub fn of_line(line: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.recognises(line))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No family has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownFamily;

impl fmt::Display for UnknownFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no log family has this name: write ")?;
        let last = Family::ALL.len() - 1;
        Family::ALL.iter().enumerate().try_for_each(|(at, family)| match at {
            0 => write!(f, "`{family}`"),
            at if at == last => write!(f, " or `{family}`"),
            _ => write!(f, ", `{family}`"),
        })
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL.iter().copied().find(|family| family.name() == name).ok_or(UnknownFamily)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_its_name_only() {
        for family in Family::ALL {
            assert_eq!(family.name().parse(), Ok(*family));
        }
        assert_eq!("ProJet".parse::<Family>(), Err(UnknownFamily));
        let last = format!("or `{}`", Family::ALL[Family::ALL.len() - 1]);
        assert!(UnknownFamily.to_string().ends_with(&last), "{UnknownFamily}");
    }
}
