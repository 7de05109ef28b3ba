//! `adapter parse`: line by line, what a profile or a family makes of a log and what it leaves. It opens no connection
//! and nothing of it leaves: it is for the person who holds the log and writes the profile.

mod lines;
mod summary;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use catalog::{Quality, Reading, Salt, Timestamp, Value};
use jiff::tz::TimeZone;
use parsers::profile::{self, Made, Profile};
use parsers::{Context, Family, Line, LogParser, Output};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{Failure, fault, usage};
use crate::config::{ConfigError, ProfileError, read_profile};
use lines::Lines;
use summary::Summary;

/// The time of a line that says none: the adapter would take the time at which it reads it.
const NO_TIME: Timestamp = Timestamp(i64::MIN / 4);

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    how: How,
    /// The log.
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// The zone of stamps that do not say their own, such as `Europe/Oslo`.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// Leave the log's own text out, so that the output can be passed on.
    #[arg(long)]
    without_text: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct How {
    /// Read it as this profile says.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Read it as this family of logs.
    #[arg(long, value_name = "NAME")]
    family: Option<Family>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let zone = TimeZone::get(&arguments.zone)
        .with_context(|| format!("`{}` is not a time zone; write one such as `Europe/Oslo`", arguments.zone));
    let context = Context { salt: salt()?, zone: zone.map_err(Failure::Usage)? };
    let reader = match (&arguments.how.profile, arguments.how.family) {
        (Some(file), _) => Reader::Profile(profile(file, context.clone())?),
        (None, Some(family)) => Reader::Family(LogParser::new(family, context.clone())),
        // The command line has refused this already.
        (None, None) => return Ok(ExitCode::from(super::USAGE)),
    };
    let log = File::open(&arguments.log).with_context(|| arguments.log.display().to_string());
    let lines = Lines::new(BufReader::new(log.map_err(Failure::Usage)?));
    let out = BufWriter::new(io::stdout().lock());
    match show(lines, reader, &context.salt, arguments.without_text, out) {
        // Who looks at the first lines only, as `head` does, has seen what was wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(fault(error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// A salt of this run alone: what is hashed can be told apart here, and means nothing anywhere else.
fn salt() -> Result<Salt, Failure> {
    let mut bytes = [0; 16];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| fault(anyhow::anyhow!("the system gives no random bytes")))?;
    Ok(Salt::new(bytes))
}

fn profile(file: &Path, context: Context) -> Result<(Arc<Profile>, profile::Parser), Failure> {
    let profile = match read_profile(file) {
        Ok(profile) => Arc::new(profile),
        Err(ProfileError::Read(source)) => {
            return Err(usage(anyhow::Error::from(source).context(file.display().to_string())));
        }
        Err(ProfileError::Wrong(problems)) => return Err(usage(ConfigError::Invalid { problems })),
    };
    let parser = profile::Parser::new(Arc::clone(&profile), context);
    Ok((profile, parser))
}

enum Reader {
    Profile((Arc<Profile>, profile::Parser)),
    Family(LogParser),
}

impl Reader {
    /// What became of the line, in a word or two.
    fn line(&mut self, line: &Line<'_>, output: &mut Output) -> String {
        match self {
            Self::Profile((profile, parser)) => match parser.line(line, output) {
                Made::Blank => "blank".into(),
                Made::Rule(number) => format!("rule {}", profile.rule(number).unwrap_or_default()),
                Made::Anchor => "anchor".into(),
                Made::Ignored => "ignored".into(),
                Made::Continuation => "continuation".into(),
                Made::Unmatched => "unmatched".into(),
                Made::TooLong => "too long".into(),
            },
            Self::Family(parser) => {
                parser.line(line, output);
                let kept = output.readings.len() + output.refused.len();
                match (kept, output.unmatched.len()) {
                    (0, 0) => "nothing".into(),
                    (0, _) => "unmatched".into(),
                    _ => "read".into(),
                }
            }
        }
    }
}

fn show(
    mut lines: Lines<impl io::BufRead>,
    mut reader: Reader,
    salt: &Salt,
    without_text: bool,
    mut out: impl Write,
) -> io::Result<()> {
    if !without_text {
        writeln!(
            out,
            "This holds the log's own text: keep it with the log, and do not pass it on (--without-text leaves the text out).\n"
        )?;
    }
    let source = salt.source(&[b"parse"]);
    let mut output = Output::default();
    let mut summary = Summary::default();
    let mut number = 0u64;
    while let Some(text) = lines.next()? {
        number += 1;
        output.clear();
        let place = source.place(number, salt.check(text));
        let made = reader.line(&Line { text, place, fallback_time: NO_TIME }, &mut output);
        let shown = if without_text { String::new() } else { plain(text) };
        writeln!(out, "{}", format!("{number:>6} {made:<20} {shown}").trim_end())?;
        for reading in &output.readings {
            writeln!(out, "{:>8}{}", "", described(reading))?;
        }
        for refused in &output.refused {
            let item = refused.item.map_or("the line", catalog::Item::id);
            writeln!(out, "{:>8}refused: {item}: {}", "", refused.why)?;
        }
        for unmatched in &output.unmatched {
            writeln!(out, "{:>8}unmatched, shape {:016x}", "", unmatched.shape)?;
        }
        summary.add(number, made, &output);
    }
    summary.write(&mut out)?;
    out.flush()
}

/// `item part value unit time quality`, and what the maker wrote.
fn described(reading: &Reading) -> String {
    let value = match reading.value() {
        Value::Number(number) => format!("{number} {}", reading.item().unit().ucum()),
        Value::Code(code) => (*code).to_owned(),
        Value::Hash(hash) => format!("hash {hash}"),
        Value::Identity(identity) => identity.as_str().to_owned(),
    };
    let time = match jiff::Timestamp::from_millisecond(reading.time().0) {
        Ok(time) if reading.time() != NO_TIME => time.to_string(),
        _ => "no time of its own".to_owned(),
    };
    let quality = match reading.quality() {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    };
    let native = reading.native().map(|native| format!(" (written {})", native.text())).unwrap_or_default();
    format!("{} part {}: {value}{native}, {time}, {quality}", reading.item().id(), reading.part())
}

/// A line as a terminal can show it: what would steer the terminal is written out.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        if c.is_control() && c != '\t' {
            plain.extend(c.escape_default())
        } else {
            plain.push(c)
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_cannot_steer_the_terminal() {
        assert_eq!(plain(b"a\x1b[2Jb\tc\r\xff"), "a\\u{1b}[2Jb\tc\\r\u{fffd}");
    }
}
