//! Replay: a recording as a source of inputs, each with the machine's time when it was handed over.
//!
//! A recording holds the inputs of all sources in their one order, so it takes the place of them
//! all: the shell pulls from it at the pace a person asks for, and hands the machine what comes.

use super::spec::ReplaySpec;
use crate::history::{Header, Recording, RecordingError, Warnings};
use crate::model::{Batch, OwnedInput, Timestamp};
use std::io;
use std::sync::Arc;

/// A recording with the recorded clock: the last tick before each input.
#[derive(Debug)]
pub struct ReplayFeed {
    recording: Recording,
    now: Timestamp,
    ahead: Option<OwnedInput>,
}

impl ReplayFeed {
    /// Opens the recording. `sources` are the names of the configuration's sources, by id.
    ///
    /// # Errors
    /// See [`Recording::open`].
    pub fn open<S: AsRef<str>>(spec: &ReplaySpec, sources: &[S]) -> Result<Self, RecordingError> {
        Ok(Self::new(Recording::open(&spec.path, sources)?))
    }

    /// A feed from the beginning of `recording`.
    pub fn new(recording: Recording) -> Self {
        let now = start_of(&recording);
        Self { recording, now, ahead: None }
    }

    /// The recorded time of the next input; `None` at the end. Pacing waits for it.
    pub fn due(&mut self) -> Option<Timestamp> {
        if self.ahead.is_none() {
            self.ahead = self.recording.next();
        }
        match self.ahead.as_ref()? {
            OwnedInput::Tick(at) => Some((*at).max(self.now)),
            _ => Some(self.now),
        }
    }

    /// The recorded time of the last input handed over.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The header.
    pub fn header(&self) -> Option<&Header> {
        self.recording.header()
    }

    /// The sources by id.
    pub fn sources(&self) -> &[Arc<str>] {
        self.recording.sources()
    }

    /// The first and the last moment.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.recording.span()
    }

    /// What was wrong with its lines so far.
    pub fn warnings(&self) -> &Warnings {
        self.recording.warnings()
    }

    /// Why it ended before its end, if it did.
    pub fn error(&self) -> Option<&io::Error> {
        self.recording.error()
    }

    /// How far it has been read, 0…1.
    pub fn progress(&self) -> f64 {
        self.recording.progress()
    }

    /// Takes an emptied batch back.
    pub fn recycle(&mut self, batch: Batch) {
        self.recording.recycle(batch);
    }

    /// Goes back to the beginning.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.recording.rewind()?;
        self.ahead = None;
        self.now = start_of(&self.recording);
        Ok(())
    }
}

fn start_of(recording: &Recording) -> Timestamp {
    recording.span().map_or(Timestamp::default(), |(first, _)| first)
}

/// Input after input with the recorded time of each.
impl Iterator for ReplayFeed {
    type Item = (Timestamp, OwnedInput);

    fn next(&mut self) -> Option<Self::Item> {
        self.now = self.due()?;
        Some((self.now, self.ahead.take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_with_the_clock_of_the_tick_before_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        let text = concat!(
            "{\"recording\":1,\"started\":500}\n",
            "{\"topic\":\"a\",\"partition\":0,\"offset\":0,\"payload\":\"x\"}\n",
            "{\"tick\":1000}\n{\"tick\":2000}\n",
            "{\"source\":\"mark\",\"text\":\"here\"}\n",
            "{\"ended\":true}\n",
        );
        #[expect(clippy::disallowed_methods, reason = "a test makes the file it reads")]
        std::fs::write(&path, text).unwrap();
        let mut feed = ReplayFeed::open::<&str>(&ReplaySpec { path }, &[]).unwrap();
        for _ in 0..2 {
            let times: Vec<i64> = feed.by_ref().map(|(at, _)| at.as_millis()).collect();
            assert_eq!(times, [500, 1000, 2000, 2000, 2000]);
            assert_eq!(feed.due(), None);
            feed.rewind().unwrap();
            assert_eq!(feed.due(), Some(Timestamp::from_millis(500)));
        }
    }
}
