//! Alerts, kept in a small file beside what detectors have learned: written as soon as one moves or is acknowledged, so
//! that a restart rings nobody twice. What is read of it is handed to the machine before anything is judged.

use super::clock;
use super::learned::{is_far, report, write};
use super::pump::Pump;
use crate::config::Loaded;
use crate::engine::KeptAlerts;
use crate::model::{Input, Millis};
use crate::source::SourceKind;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::Instant;

/// How often it is written at most: a storm of alerts is not a storm of files.
const AT_MOST: Duration = Duration::from_secs(2);
/// How often it is written where nothing moves: what was heard meanwhile is heard once more after a crash.
const EVERY: Duration = Duration::from_mins(5);
/// Longest file read: ten thousand alerts with their sentences.
const FILE_LIMIT: u64 = 32 << 20;

/// The file of one configuration.
pub(super) struct AlertKeeper {
    path: PathBuf,
    max_age: Millis,
    /// Nothing is written: the console is only for looking.
    read_only: bool,
    /// The book as it was written last.
    revision: u64,
    written: Instant,
    writing: Option<JoinHandle<()>>,
}

impl AlertKeeper {
    /// The file beside `learned`.
    pub(super) fn beside(learned: &Path, max_age: Millis, read_only: bool) -> Self {
        let name = learned.file_name().map_or_else(Default::default, |name| name.to_string_lossy().replace("learned", "alerts"));
        Self { path: learned.with_file_name(name), max_age, read_only, revision: 0, written: clock::instant(), writing: None }
    }

    /// Hands the machine what the file holds, where that is fit to be used.
    pub(super) fn restore(&self, pump: &mut Pump, loaded: &Loaded) {
        let (kept, age) = match self.read(loaded) {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(why) => return tracing::warn!("alerts of before the restart are not taken up: {why}"),
        };
        let active = kept.active();
        match kept.commands(age) {
            Ok(commands) => {
                commands.iter().for_each(|command| pump.feed(Input::Command(command)));
                if active > 0 {
                    let now = pump.engine.alerts().active().count();
                    tracing::info!("{now} of {active} alerts of {age} ago go on; they ring nobody again");
                }
            }
            Err(why) => tracing::warn!("{}: alerts of before the restart are not taken up: {why}", self.path.display()),
        }
    }

    fn read(&self, loaded: &Loaded) -> Result<Option<(KeptAlerts, Millis)>, String> {
        let shown = self.path.display();
        #[expect(clippy::disallowed_methods, reason = "the shell reads the file of kept alerts")]
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{shown}: {error}")),
        };
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT).read_to_end(&mut bytes).map_err(|e| format!("{shown}: {e}"))?;
        let kept: KeptAlerts = serde_json::from_slice(&bytes).map_err(|e| format!("{shown} cannot be read: {e}"))?;
        if kept.active() > 0 && loaded.sources.iter().any(|s| matches!(&s.kind, SourceKind::Kafka(kafka) if is_far(kafka.from))) {
            return Err("reading begins in the past".to_owned());
        }
        let age = Millis::new(clock::now().as_millis().saturating_sub(kept.at).max(0));
        if age > self.max_age {
            return Err(format!("they are {age} old"));
        }
        Ok(Some((kept, age)))
    }

    /// Writes it where something has moved; the disk is waited for by a thread of its own.
    pub(super) fn tend(&mut self, pump: &Pump) {
        let since = self.written.elapsed();
        let due = since > EVERY || (since > AT_MOST && pump.engine.alerts().revision() != self.revision);
        if self.read_only || !due || self.writing.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        (self.revision, self.written) = (pump.engine.alerts().revision(), clock::instant());
        let (path, bytes) = (self.path.clone(), taken(pump));
        let write = move || report(&path, write(&path, &bytes));
        self.writing = std::thread::Builder::new().name("alerts".into()).spawn(write).ok();
    }

    /// Writes it for the last time.
    pub(super) fn end(&mut self, pump: &Pump) {
        if let Some(thread) = self.writing.take() {
            let _ = thread.join();
        }
        if !self.read_only {
            report(&self.path, write(&self.path, &taken(pump)));
        }
    }
}

fn taken(pump: &Pump) -> Vec<u8> {
    let kept = pump.engine.save_alerts();
    if kept.left_out > 0 {
        tracing::warn!("there is no room to keep {} alerts", kept.left_out);
    }
    serde_json::to_vec(&kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides};
    use crate::engine::Engine;
    use crate::model::{Command, OwnedInput, Reading, SourceId, Timestamp};

    const CONFIG: &str = "[host]\n[[rule]]\nname = \"High\"\nwhen = \"system.cpu.utilization > 0.5\"\n";

    fn cpu(pump: &mut Pump, at: Timestamp, value: f64) {
        let readings = vec![Reading { name: "system.cpu.utilization".into(), labels: Vec::new(), value, unit: "1" }];
        pump.feed(Input::Tick(at));
        pump.feed_owned(&OwnedInput::Readings { source: SourceId(0), at, readings });
    }

    /// Id, begin, by whom it is looked at.
    fn active(pump: &Pump) -> Vec<(u64, Timestamp, Option<String>)> {
        pump.engine.alerts().active().map(|a| (a.id, a.active_since, a.acknowledged.as_ref().map(|(who, _)| who.to_string()))).collect()
    }

    #[test]
    fn an_alert_is_there_after_a_restart_and_what_cannot_be_read_is_a_cold_start() {
        let dir = tempfile::tempdir().unwrap();
        let loaded = config::load(CONFIG, "test", &Overrides::default()).unwrap();
        let pump = || Pump::new(Engine::new(loaded.plan.clone()).0);
        let keeper = || AlertKeeper::beside(&dir.path().join("learned-1.json"), Millis::from_secs(60), false);
        let (mut first, start) = (pump(), clock::now());
        cpu(&mut first, start, 0.2);
        cpu(&mut first, start + Millis::from_secs(1), 0.9);
        first.feed(Input::Command(&Command::Acknowledge { id: 1, who: "ada".into() }));
        let stood = active(&first);
        assert_eq!(stood.len(), 1);
        let mut usual = keeper();
        usual.end(&first);
        let mut second = pump();
        usual.restore(&mut second, &loaded);
        assert_eq!(active(&second), stood, "before anything came");
        cpu(&mut second, start + Millis::from_secs(1), 0.9);
        cpu(&mut second, start + Millis::from_secs(5), 0.9);
        assert_eq!((active(&second), second.engine.alerts().fired()), (stood, 0), "it rings nobody again");
        std::fs::OpenOptions::new().write(true).truncate(true).open(&usual.path).unwrap();
        let mut third = pump();
        usual.restore(&mut third, &loaded);
        assert!(active(&third).is_empty() && usual.read(&loaded).unwrap_err().contains("alerts-1.json cannot be read"));
    }
}
