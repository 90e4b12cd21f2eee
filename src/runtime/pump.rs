//! The machine with what surrounds it: inputs are recorded and handed in, effects carried out.

use super::lines;
use super::notifier::Notifier;
use super::past::{Past, Telling};
use super::recorder::Recorder;
use crate::alert::{AlertState, Transition};
use crate::decode::{REDACTED, Reader};
use crate::engine::{Effect, Engine, Plan};
use crate::model::{Batch, Command, Flow, Input, LinkState, OwnedInput, RecordRef};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Wishes to the sources, by source; each reader of a source hears them all.
pub(super) type Flows = Vec<Vec<Arc<Mutex<Vec<Flow>>>>>;

/// The machine with its recorder, its log, its channels.
pub(super) struct Pump {
    pub engine: Engine,
    pub recorder: Option<Recorder>,
    /// The log of a headless run.
    pub out: Option<Box<dyn Write + Send>>,
    pub notifier: Option<Notifier>,
    /// What is not told because it lies before the start; none of it does in a replay.
    pub past: Option<Past>,
    pub flows: Flows,
    /// Whether anything changed since the last frame.
    pub dirty: bool,
    /// Anomalies and firing alerts since it was last set to zero: seeking looks for these.
    pub found: u64,
    /// What is handed in was told before, to the machine that stood in: sources are not spoken of twice.
    pub retelling: bool,
    /// Nobody reads the log any more.
    pub closed: bool,
    /// What was lost on the way, though the run went on: its exit code tells of it.
    pub failed: Option<String>,
    /// The recording is what the run is for: it ends where that cannot be written.
    pub only_records: bool,
    line: Vec<u8>,
}

impl Pump {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            recorder: None,
            out: None,
            notifier: None,
            past: None,
            flows: Vec::new(),
            dirty: true,
            found: 0,
            retelling: false,
            closed: false,
            failed: None,
            only_records: false,
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

    /// Exchanges the plan of the machine, notes that in the recording, and carries out what follows. `sources` are the
    /// names of all sources so far, `config` is the configuration as recordings have it.
    ///
    /// # Errors
    /// What of the plan could not be compiled; then nothing has changed.
    pub(super) fn reconfigure(&mut self, plan: Plan, config: &str, sources: &[Arc<str>]) -> Result<Vec<String>, Vec<String>> {
        let waiting = self.engine.reconfigure(plan)?;
        if let Some(recorder) = &mut self.recorder {
            recorder.names = sources.to_vec();
            self.record(&Input::Command(&Command::Reload { config: config.into(), sources: sources.to_vec() }));
        }
        self.dirty = true;
        while let Some(effect) = self.engine.poll_effect() {
            self.carry_out(&effect);
        }
        Ok(waiting)
    }

    /// Hands over all that is in `input`.
    pub(super) fn feed_owned(&mut self, input: &OwnedInput) {
        self.dirty = true;
        input.each(|i| self.feed(i));
    }

    fn record(&mut self, input: &Input<'_>) {
        let Some(recorder) = &mut self.recorder else { return };
        let redacted = match input {
            Input::Record(record) => self.engine.redacting(record.source, record.topic).map(|reader| redacted(record, reader)),
            _ => None,
        };
        let written = match redacted.as_ref().and_then(|batch| batch.get(0)) {
            Some(record) => recorder.write(&Input::Record(record)),
            None => recorder.write(input),
        };
        if let Err(error) = written {
            self.recorder = None;
            self.lost(format!("recording stopped: {error}"));
            self.closed |= self.only_records;
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Flow(flow) => {
                for wishes in self.flows.get(usize::from(flow.source.0)).into_iter().flatten() {
                    if let Ok(mut wishes) = wishes.lock() {
                        wishes.push(flow.clone());
                    }
                }
            }
            Effect::TestFire => {
                if let Some(notifier) = &self.notifier {
                    notifier.test();
                }
            }
            Effect::Alert(transition) => {
                self.found += u64::from(transition.alert.state == AlertState::Firing);
                match self.telling(transition) {
                    Telling::Tell => self.tell(transition),
                    Telling::Anew => self.tell(&Transition { from: AlertState::Pending, ..(**transition).clone() }),
                    Telling::Hold => {}
                }
            }
            Effect::Anomaly(_) => self.found += 1,
            Effect::Note(text) => tracing::warn!("{text}"),
            Effect::Source(_) if self.retelling => {}
            Effect::Source(change) => {
                let text = describe(change);
                if let Some(LinkState::Up | LinkState::Connecting | LinkState::Ended) = change.state() {
                    tracing::info!("{text}");
                } else {
                    tracing::warn!("{text}");
                }
            }
        }
        self.log(effect);
    }

    /// Rings for an alert, where that is worth it, and keeps what was before it.
    pub(super) fn tell(&mut self, transition: &Transition) {
        if transition.alert.state == AlertState::Firing
            && let Some(recorder) = &mut self.recorder
        {
            recorder.keep(&format!("{} fires", transition.alert.rule));
        }
        if let Some(notifier) = &self.notifier {
            notifier.tell(transition);
        }
    }

    fn log(&mut self, effect: &Effect) {
        let Some(out) = &mut self.out else { return };
        self.line.clear();
        if !lines::write(effect, &mut self.line) {
            return;
        }
        self.line.push(b'\n');
        let written = out.write_all(&self.line).and_then(|()| out.flush());
        self.logged(written);
    }

    /// Writes one more line to the log.
    pub(super) fn line(&mut self, line: &impl serde::Serialize) {
        let Some(out) = &mut self.out else { return };
        self.line.clear();
        if serde_json::to_writer(&mut self.line, line).is_err() {
            return;
        }
        self.line.push(b'\n');
        let written = out.write_all(&self.line).and_then(|()| out.flush());
        self.logged(written);
    }

    /// A reader that has gone ends the run; a full disk is told, too.
    fn logged(&mut self, written: io::Result<()>) {
        let Err(error) = written else { return };
        self.closed = true;
        self.out = None;
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.lost(format!("the log cannot be written: {error}"));
        }
    }

    /// Something was lost: said now, and by the exit code in the end.
    pub(super) fn lost(&mut self, what: String) {
        tracing::error!("{what}");
        self.failed.get_or_insert(what);
    }
}

/// A copy of a record without what its stream keeps out: in its payload, its key and its headers.
pub(super) fn redacted(record: &RecordRef<'_>, reader: &Reader) -> Batch {
    let payload = record.payload.and_then(|p| reader.redact(p));
    let key = record.key.map(|key| if reader.redacts_key() { REDACTED.as_bytes() } else { key });
    let mut kept = record.with_payload(payload.as_deref().or(record.payload));
    kept.key = key;
    let mut batch = Batch::new(record.source);
    let headers =
        record.headers().map(|(name, value)| (name, value.map(|v| if reader.redacts_header(name) { REDACTED.as_bytes() } else { v })));
    batch.push(&kept, headers);
    batch
}

fn describe(change: &crate::engine::SourceChange) -> String {
    let topic = change.topic.as_ref().map_or(String::new(), |t| format!(" {t}"));
    let partition = change.partition.map_or(String::new(), |p| format!("[{p}]"));
    format!("{}{topic}{partition} {} -> {}: {}", change.name, change.from, change.to, change.why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides};
    use crate::history::{self, Header, Names, RECORDING_VERSION, RecordingReader};
    use crate::model::{SourceId, Timestamp};
    use std::fs::File;
    use std::io;

    /// Payload, key and a header hold what is to be kept out.
    const CONFIG: &str = r#"
        [[kafka]]
        brokers = ["localhost:9092"]
        [[stream]]
        name = "sales"
        topic = "sales"
        time = "ts"
        redact = ["card", "@key", "@header.auth"]
        [[detector]]
        name = "large"
        stream = "sales"
        field = ["amount"]
        by = ["shop"]
        show = ["amount"]
        kind = "threshold"
        above = 10
        [[rule]]
        name = "Large"
        when = "large"
    "#;

    /// What is kept out, wherever it stands.
    const SECRET: &str = "4111-2222";

    /// A pump of [`CONFIG`] that logs into a file.
    fn pump(log: &std::path::Path) -> Pump {
        let loaded = config::load(CONFIG, "test", &Overrides::default()).unwrap();
        let (engine, faults) = Engine::new(loaded.plan);
        assert_eq!(faults, Vec::<String>::new());
        let mut pump = Pump::new(engine);
        pump.out = Some(Box::new(File::create(log).unwrap()));
        pump
    }

    fn sales() -> OwnedInput {
        let topic: Arc<str> = "sales".into();
        let mut batch = Batch::new(SourceId(0));
        for offset in 0..20i64 {
            let amount = if offset % 7 == 3 { 50 } else { 1 };
            let text = match offset {
                5 => format!("card {SECRET}"),
                6 => format!("{{\"card\":\"{SECRET}\""),
                _ => {
                    format!("{{\"ts\":{},\"amount\":{amount},\"shop\":\"s\",\"card\":{{\"n\":\"{SECRET}\"}}}}", 1_764_000_000_000 + offset)
                }
            };
            let mut record = RecordRef::plain(SourceId(0), &topic, 0, offset, if offset == 9 { None } else { Some(text.as_bytes()) });
            record.key = (offset != 10).then_some(SECRET.as_bytes());
            batch.push(&record, [("auth", Some(SECRET.as_bytes())), ("auth", None), ("trace", Some(&b"\xff"[..]))]);
        }
        OwnedInput::Records(batch)
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test reads the files it wrote")]
    fn what_is_redacted_is_in_no_recording_and_the_replay_says_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (live_log, tape, replay_log) = (path("live"), path("tape"), path("replay"));
        let mut live = pump(&live_log);
        let mut header = Vec::new();
        history::write_header(
            &Header { recording: RECORDING_VERSION, sources: vec!["kafka".to_owned()], ..Header::default() },
            &mut header,
        );
        live.recorder = Some(Recorder::new(File::create(&tape).unwrap(), false, &header, vec!["kafka".into()]).unwrap());
        live.feed(Input::Tick(Timestamp::from_millis(1_764_000_000_000)));
        live.feed_owned(&sales());
        live.feed(Input::Tick(Timestamp::from_millis(1_764_000_001_000)));
        live.feed(Input::End);

        let mut replay = pump(&replay_log);
        let mut reader = RecordingReader::new(io::BufReader::new(File::open(&tape).unwrap()), Names::new(&["kafka"])).unwrap();
        while let Some(input) = reader.next_input().unwrap() {
            if let OwnedInput::Ended(_) = input {
                replay.feed(Input::End);
            }
            replay.feed_owned(&input);
        }
        let read = |p: &std::path::Path| String::from_utf8_lossy(&std::fs::read(p).unwrap()).into_owned();
        let (recording, log) = (read(&tape), read(&live_log));
        assert_eq!(log, read(&replay_log));
        assert_eq!(live.engine.counters(), replay.engine.counters());
        assert!(log.contains("\"anomaly\"") && log.contains("\"firing\""), "{log}");
        assert!(!log.contains(SECRET) && !recording.contains(SECRET), "{log}{recording}");
        // Headers are in base64 here, as one of them is no text; so is what stands for the secret.
        assert!(!recording.contains("NDExMS0yMjIy") && recording.contains("W3JlZGFjdGVkXQ"), "{recording}");
        assert!(recording.contains("\"key\":\"[redacted]\"") && recording.contains(r#"\"card\":\"[redacted]\""#), "{recording}");
    }
}
