//! From outcomes to exit codes: 0 done, 1 something else, 2 configuration, 4 source.

use crate::config::Diagnostics;
use crate::runtime::NoTerminal;
use crate::source::SourceError;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Something else went wrong.
const OTHER: u8 = 1;
/// The configuration or the arguments are wrong; clap's own code for arguments.
const CONFIGURATION: u8 = 2;
/// A source cannot be used.
const SOURCE: u8 = 4;

/// An end that has been explained already: only the code is left to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told(u8);

impl Told {
    /// The configuration is wrong, and all faults were shown.
    pub(super) const CONFIGURATION: Self = Self(CONFIGURATION);

    /// An end with this exit code.
    pub(super) const fn with(code: u8) -> Self {
        Self(code)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Told {}

/// Writing to a reader that has gone is no failure: `| head` ends us quietly. What was to be
/// written is lost, which is what the reader wanted.
pub(super) fn quiet(outcome: io::Result<()>) -> anyhow::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The exit code of an outcome; what went wrong is told on standard error.
pub(super) fn code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    let (code, words) = judge(&error);
    if !words.is_empty() {
        let _ = io::stderr().lock().write_all(words.as_bytes());
    }
    ExitCode::from(code)
}

fn judge(error: &anyhow::Error) -> (u8, String) {
    if error.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)) {
        return (0, String::new());
    }
    for cause in error.chain() {
        if let Some(Told(code)) = cause.downcast_ref::<Told>() {
            return (*code, String::new());
        }
        if let Some(faults) = cause.downcast_ref::<Diagnostics>() {
            return (CONFIGURATION, faults.to_string());
        }
        if cause.downcast_ref::<NoTerminal>().is_some() {
            return (CONFIGURATION, format!("bellwether: {error:#}\n"));
        }
        if cause.downcast_ref::<SourceError>().is_some() {
            return (SOURCE, format!("bellwether: {error:#}\n"));
        }
    }
    (OTHER, format!("bellwether: {error:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing the log").unwrap_err();
        assert_eq!(judge(&pipe), (0, String::new()));
        assert_eq!(judge(&Told::CONFIGURATION.into()), (2, String::new()));
        let faults = Diagnostics::of_file("f.toml", "is odd", "mend it");
        assert_eq!(judge(&faults.into()), (2, "f.toml: error: is odd\n  hint: mend it\n".to_owned()));
        assert_eq!(judge(&NoTerminal::NotATerminal.into()).0, 2);
        assert_eq!(judge(&anyhow::anyhow!("no luck").context("trying")), (1, "bellwether: trying: no luck\n".to_owned()));
    }
}
