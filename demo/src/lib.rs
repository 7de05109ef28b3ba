//! Platform, adapter and simulated printers on one machine, each a process of its own, over real TLS on
//! loopback: what the README's first command starts, and the site that the whole-program tests run against.
//!
//! It takes no shortcut: keys are enrolled, certificates are checked, and every figure of its report was
//! counted by the program that it speaks of.

pub mod certificates;
pub mod cli;
pub mod port;
pub mod prepare;
pub mod program;
pub mod progress;
pub mod report;
pub mod site;
