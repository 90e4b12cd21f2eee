//! `recording redact`: a recording without what must not be handed on.

use super::super::pump::redacted;
use super::output::{Output, header_of, open, warned};
use crate::config::{self, Diagnostics, Overrides, RedactTask};
use crate::decode::{Reader, Schema, StreamSpec, TopicPattern};
use crate::model::{Input, OwnedInput};
use regex::Regex;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Writes the recording anew with the fields replaced by `[redacted]` in every record.
///
/// # Errors
/// Why the recording cannot be read, or which field is none.
pub fn redact(task: &RedactTask) -> anyhow::Result<()> {
    let mut recording = open::<&str>(&task.file, &[])?;
    let header = header_of(&recording);
    let specs = config::load(&header.config, "header", &Overrides::default()).map(|l| l.plan.streams).unwrap_or_default();
    let mut readers: BTreeMap<Arc<str>, Reader> = BTreeMap::new();
    // A path that is none is told before anything is written.
    reader(task, &specs, "")?;
    let mut out = Output::create(&task.output, task.force)?;
    out.header(&header)?;
    let (mut records, mut changed) = (0u64, 0u64);
    while let Some(input) = recording.next() {
        let OwnedInput::Records(batch) = input else {
            if let OwnedInput::Ended(_) = input {
                out.input(&Input::End, &[])?;
            }
            let mut outcome = Ok(());
            input.each(|i| outcome = out.input(&i, recording.sources()));
            outcome?;
            continue;
        };
        for record in batch.iter() {
            if !readers.contains_key(record.topic) {
                readers.insert(Arc::clone(record.topic), reader(task, &specs, record.topic)?);
            }
            let Some(reader) = readers.get(record.topic) else { continue };
            let without = redacted(&record, reader);
            let Some(kept) = without.get(0) else { continue };
            records += 1;
            changed += u64::from(kept.payload != record.payload || kept.key != record.key || !kept.headers().eq(record.headers()));
            out.input(&Input::Record(kept), recording.sources())?;
        }
        recording.recycle(batch);
    }
    warned(&task.file, recording.warnings(), recording.error())?;
    out.finish()?;
    writeln!(io::stderr().lock(), "{}: {records} records, {changed} of them redacted", task.output.display())?;
    Ok(())
}

/// The reader that redacts a topic: in the format its stream says, as JSON where no stream reads it.
fn reader(task: &RedactTask, specs: &[StreamSpec], topic: &str) -> Result<Reader, Diagnostics> {
    let reads = |s: &&StreamSpec| match &s.topic {
        TopicPattern::Name(name) => **name == *topic,
        TopicPattern::Regex(text) => Regex::new(text).is_ok_and(|r| r.is_match(topic)),
    };
    let mut spec = specs.iter().find(reads).cloned().unwrap_or_else(|| StreamSpec::new("redacted", TopicPattern::Name(topic.into())));
    spec.redact.extend(task.fields.iter().map(|f| f.as_str().into()));
    Reader::new(&spec, Schema::new())
        .map_err(|e| Diagnostics::of_file("--field", e.to_string(), "write card, user.email, @key or @header.NAME"))
}
