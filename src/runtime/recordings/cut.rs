//! `recording cut`: a part of a recording as a recording of its own.

use super::super::part::Part;
use super::output::{Output, header_of, open, warned};
use crate::config::{CutTask, Diagnostics};
use crate::history::{Header, Moment};
use crate::model::{Input, OwnedInput};
use crate::source::ReplayFeed;
use jiff::tz::TimeZone;

/// Writes the part. How the sources stood goes before it, so that it replays on its own.
///
/// # Errors
/// Why the recording cannot be read or the part not be written.
pub fn cut(task: &CutTask) -> anyhow::Result<()> {
    let recording = open::<&str>(&task.file, &[])?;
    let header = header_of(&recording);
    let span = recording.span().ok_or_else(|| Diagnostics::of_file(&task.file.display().to_string(), "there is no moment in it", ""))?;
    let zone = TimeZone::get(&header.tz).unwrap_or_else(|_| TimeZone::system());
    let (from, to) = (task.from.resolve(span, &zone), task.to.resolve(span, &zone));
    if to < from || to < span.0 || from > span.1 {
        let shown = |at: crate::model::Timestamp| super::info::moment(at, &zone);
        let message = format!("nothing of it lies from {} to {}", shown(from), shown(to));
        let hint = format!("it goes from {} to {}", shown(span.0), shown(span.1));
        return Err(Diagnostics::of_file(&task.file.display().to_string(), message, hint).into());
    }
    let mut out = Output::create(&task.output, task.force)?;
    out.header(&Header { started: from.max(span.0).as_millis(), ..header })?;
    let to = if task.to == Moment::END { crate::model::Timestamp::MAX } else { to };
    let mut part = Part::new(ReplayFeed::new(recording), from, to);
    while let Some((_, input)) = part.next() {
        let mut outcome = Ok(());
        if let OwnedInput::Ended(_) = input {
            continue;
        }
        input.each(|i| {
            if outcome.is_ok() {
                outcome = out.input(&i, part.feed().sources());
            }
        });
        outcome?;
        if let OwnedInput::Records(batch) = input {
            part.recycle(batch);
        }
    }
    out.input(&Input::End, &[])?;
    warned(&task.file, part.feed().warnings(), part.feed().error())?;
    Ok(out.finish()?)
}
