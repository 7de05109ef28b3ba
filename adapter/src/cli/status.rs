//! `adapter status`: asks the running adapter, and shows what it says.

use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;

use super::{Failure, File, drive, fault, say, usage};
use crate::status::{Answer, AskError, Document, Source, ask_all, text};
use crate::supervise::page;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: File,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How it is shown.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (config, format) = (&arguments.file.config, arguments.format);
    let answers = drive(async {
        ask_all(config).await.map_err(|error| match error {
            // The command line names no configuration.
            AskError::Name(error) => usage(error),
            error => fault(error),
        })
    })?;
    let shown = answers.into_iter().map(|answer| match format {
        Format::Json => Ok(format!("{:#}", answer.document)),
        Format::Text => for_people(config, answer).map_err(fault),
    });
    // The halves one below the other.
    let shown = shown.collect::<Result<Vec<_>, _>>()?.join("\n");
    say(shown.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn for_people(config: &Path, answer: Answer) -> Result<String, AskError> {
    let Answer { document, user, process } = answer;
    let process = process.map_or_else(|| "a process".to_owned(), |process| format!("process {process}"));
    let process = format!("{process} of user {user}");
    if document["half"] == "supervisor" {
        let document = serde_json::from_value(document).map_err(|_| AskError::NoDocument)?;
        return Ok(page(&document, &process));
    }
    let document = of_this_version(document)?;
    let config = config.display().to_string();
    Ok(text(&document, Source { process: &process, config: &config }))
}

fn of_this_version(document: Value) -> Result<Document, AskError> {
    serde_json::from_value(document).map_err(|_| AskError::NoDocument)
}
