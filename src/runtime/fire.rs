//! `fire`: a test notification over one channel, to see that it reaches somebody.

use super::notifier::{self, Ring};
use super::watch;
use crate::config::{self, FireTask, Overrides};
use std::io::Write;
use std::sync::Arc;

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
    let ring: Ring = Arc::new(|| {
        let mut err = std::io::stderr();
        // Nobody to hear it is what the receipt is for.
        let _ = err.write_all(b"\x07").and_then(|()| err.flush());
    });
    let detail = watch::runtime()?.block_on(notifier::test_fire_channel(spec, &ring))?;
    writeln!(std::io::stdout(), "{}: {detail}", spec.name)?;
    Ok(0)
}
