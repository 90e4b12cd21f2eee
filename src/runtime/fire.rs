//! `fire`: a test notification over one channel, to see that it reaches somebody.

use super::notifier;
use super::telling;
use super::watch;
use crate::config::{self, FireTask, Overrides};
use std::io::{IsTerminal, Write};

/// Sends a test notification and says what became of it. Answers with the exit code.
///
/// # Errors
/// When there is no such channel, or it cannot deliver.
pub fn fire(task: FireTask) -> anyhow::Result<u8> {
    let loaded = match &task.config {
        Some(path) => config::load_file(path, &Overrides::default())?,
        None => config::load("", "the built-in configuration", &Overrides::default())?,
    };
    let names: Vec<&str> = loaded.channels.iter().map(|c| &*c.name).collect();
    let spec = loaded.channels.iter().find(|c| *c.name == *task.channel);
    let spec = spec.ok_or_else(|| anyhow::anyhow!("no channel {:?}; there are {}", task.channel, names.join(", ")))?;
    // Nobody to hear it is what the receipt is for.
    let ring = telling::ring(|bytes| {
        let mut err = std::io::stderr();
        err.is_terminal() && err.write_all(bytes).and_then(|()| err.flush()).is_ok()
    });
    let detail = watch::runtime()?.block_on(notifier::test_fire_channel(spec, &ring))?;
    writeln!(std::io::stdout(), "{}: {detail}", spec.name)?;
    Ok(0)
}
