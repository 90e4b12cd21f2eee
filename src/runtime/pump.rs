//! The machine with what surrounds it: inputs are recorded and handed in, effects carried out.

use super::lines;
use super::notifier::Notifier;
use crate::engine::{Effect, Engine};
use crate::history;
use crate::model::{Flow, Input, LinkState, OwnedInput, SourceId};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex};

/// Wishes to the sources, by source.
pub(super) type Flows = Vec<Arc<Mutex<Vec<Flow>>>>;

/// Where a recording goes.
pub(super) struct Recorder {
    file: BufWriter<File>,
    line: Vec<u8>,
    names: Vec<Arc<str>>,
}

impl Recorder {
    /// A recording into `file`, beginning with `header` (a whole line).
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn new(file: File, header: &[u8], names: Vec<Arc<str>>) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        file.write_all(header)?;
        file.flush()?;
        Ok(Self { file, line: Vec::new(), names })
    }

    fn write(&mut self, input: &Input<'_>) -> io::Result<()> {
        self.line.clear();
        let names = &self.names;
        history::write_input(input, &|id: SourceId| names.get(id.0 as usize).map_or("?", |n| &**n), &mut self.line);
        self.file.write_all(&self.line)?;
        if matches!(input, Input::Tick(_) | Input::End) { self.file.flush() } else { Ok(()) }
    }
}

/// The machine with its recorder, its log, its channels.
pub(super) struct Pump {
    pub engine: Engine,
    pub recorder: Option<Recorder>,
    /// The log of a headless run.
    pub out: Option<Box<dyn Write + Send>>,
    pub notifier: Option<Notifier>,
    pub flows: Flows,
    /// Whether anything changed since the last frame.
    pub dirty: bool,
    /// Anomalies and firing alerts since it was last set to zero: seeking looks for these.
    pub found: u64,
    /// What is handed in was told before, to the machine that stood in: sources are not spoken of twice.
    pub retelling: bool,
    /// Nobody reads the log any more.
    pub closed: bool,
    line: Vec<u8>,
}

impl Pump {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            recorder: None,
            out: None,
            notifier: None,
            flows: Vec::new(),
            dirty: true,
            found: 0,
            retelling: false,
            closed: false,
            line: Vec::new(),
        }
    }

    /// Hands one input to the recorder and to the machine, and carries out what follows.
    pub(super) fn feed(&mut self, input: Input<'_>) {
        if self.recorder.is_some() {
            self.record(&input);
        }
        self.engine.handle(input);
        while let Some(effect) = self.engine.poll_effect() {
            self.carry_out(&effect);
        }
    }

    /// Hands over all that is in `input`.
    pub(super) fn feed_owned(&mut self, input: &OwnedInput) {
        self.dirty = true;
        input.each(|i| self.feed(i));
    }

    fn record(&mut self, input: &Input<'_>) {
        let Some(recorder) = &mut self.recorder else { return };
        let written = match input {
            Input::Record(record) => {
                let redacted = record.payload.and_then(|p| self.engine.redact(record.source, record.topic, p));
                match redacted {
                    Some(payload) => recorder.write(&Input::Record(record.with_payload(Some(&payload)))),
                    None => recorder.write(input),
                }
            }
            other => recorder.write(other),
        };
        if let Err(error) = written {
            tracing::error!("recording stopped: {error}");
            self.recorder = None;
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Flow(flow) => {
                if let Some(Ok(mut wishes)) = self.flows.get(flow.source.0 as usize).map(|f| f.lock()) {
                    wishes.push(flow.clone());
                }
            }
            Effect::TestFire => {
                if let Some(notifier) = &self.notifier {
                    notifier.test();
                }
            }
            Effect::Alert(transition) => {
                if transition.alert.state == crate::alert::AlertState::Firing {
                    self.found += 1;
                }
                if let Some(notifier) = &self.notifier {
                    notifier.tell(transition);
                }
            }
            Effect::Anomaly(_) => self.found += 1,
            Effect::Source(_) if self.retelling => {}
            Effect::Source(change) => {
                let text = describe(change);
                match change.state() {
                    Some(LinkState::Up | LinkState::Connecting | LinkState::Ended) => tracing::info!("{text}"),
                    _ => tracing::warn!("{text}"),
                }
            }
        }
        self.log(effect);
    }

    fn log(&mut self, effect: &Effect) {
        let Some(out) = &mut self.out else { return };
        self.line.clear();
        if !lines::write(effect, &mut self.line) {
            return;
        }
        self.line.push(b'\n');
        if out.write_all(&self.line).and_then(|()| out.flush()).is_err() {
            self.closed = true;
            self.out = None;
        }
    }

    /// Writes one more line to the log.
    pub(super) fn line(&mut self, line: &impl serde::Serialize) {
        let Some(out) = &mut self.out else { return };
        self.line.clear();
        if serde_json::to_writer(&mut self.line, line).is_err() {
            return;
        }
        self.line.push(b'\n');
        if out.write_all(&self.line).and_then(|()| out.flush()).is_err() {
            self.closed = true;
            self.out = None;
        }
    }
}

fn describe(change: &crate::engine::SourceChange) -> String {
    let topic = change.topic.as_ref().map_or(String::new(), |t| format!(" {t}"));
    let partition = change.partition.map_or(String::new(), |p| format!("[{p}]"));
    format!("{}{topic}{partition} {} -> {}: {}", change.name, change.from, change.to, change.why)
}
