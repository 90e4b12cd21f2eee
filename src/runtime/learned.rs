//! What detectors have learned, kept in a file over a restart: read once at the start, written now and then and at the
//! end. A console that was restarted goes on where it was, and need not be blind while it learns.

use super::clock;
use super::driver::Session;
use super::kept_alerts::AlertKeeper;
use super::pump::Pump;
use super::telling::variable;
use crate::config::{Loaded, Overrides};
use crate::engine::Learned;
use crate::model::{Input, Millis};
use crate::source::{From, SourceKind};
use crate::stats::hll::hash_bytes;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::Instant;

/// How often it is written: that much is learned anew after a crash.
const EVERY: Duration = Duration::from_mins(5);
/// Longest file read: states of 16 MiB as they are written, and as much again for what stands around them.
const FILE_LIMIT: u64 = 64 << 20;
/// Reading back farther than this is asked for by somebody who wants to look at the past, with detectors that learn
/// from it; what was learned since would judge it wrongly.
const BACK: Millis = Millis::from_secs(3_600);

/// The file of one configuration.
pub(super) struct Keeper {
    path: PathBuf,
    max_age: Millis,
    /// Nothing is written: the console is only for looking.
    read_only: bool,
    next: Instant,
    writing: Option<JoinHandle<()>>,
    /// Subjects without room that were told of.
    left_out: usize,
    /// Alerts lie in a file of their own, which is written whenever one moves.
    alerts: AlertKeeper,
}

/// The folder where it lies.
fn folder(loaded: &Loaded) -> Option<PathBuf> {
    let named = |name: &str| variable(name).filter(|v| v.starts_with('/')).map(PathBuf::from);
    let usual = || named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state"))).map(|f| f.join("bellwether"));
    loaded.state.path.clone().or_else(usual)
}

impl Keeper {
    /// The file for the configuration read from `config`; `None`: nothing is to be kept.
    pub(super) fn of(config: Option<&Path>, overrides: &Overrides, loaded: &Loaded) -> Option<Self> {
        let config = config.filter(|p| p.as_os_str() != "-")?;
        let whole = loaded.missing.is_empty() && !overrides.exit_at_end && overrides.shot.is_none();
        if !whole || !loaded.state.keep || (loaded.plan.detectors.is_empty() && loaded.plan.rules.is_empty()) {
            return None;
        }
        let config = std::fs::canonicalize(config).ok()?;
        let topics: Vec<String> = overrides.topics.iter().map(|t| format!("{t:?}")).collect();
        let name = hash_bytes(format!("{}\n{}", config.display(), topics.join("\n")).as_bytes());
        let path = folder(loaded)?.join(format!("learned-{name:016x}.json"));
        let next = clock::instant() + EVERY;
        let read_only = overrides.read_only || loaded.ui.read_only;
        let alerts = AlertKeeper::beside(&path, loaded.state.max_age, read_only);
        Some(Self { path, max_age: loaded.state.max_age, read_only, next, writing: None, left_out: 0, alerts })
    }

    /// Hands the machine what was read of the file, where that is fit to be used, and the alerts of the file beside it.
    pub(super) fn restore(&self, kept: Result<Learned, String>, pump: &mut Pump, loaded: &Loaded) {
        self.alerts.restore(pump, loaded);
        match kept {
            Ok(learned) => {
                let (subjects, age) = (learned.subjects(), age(&learned));
                match learned.commands() {
                    Ok(commands) => {
                        for command in &commands {
                            pump.feed(Input::Command(command));
                        }
                        tracing::info!("what detectors had learned {age} ago of {subjects} subjects is taken up");
                    }
                    Err(why) => tracing::warn!("{}: what detectors had learned is not taken up: {why}", self.path.display()),
                }
            }
            Err(why) => tracing::info!("{why}; detectors learn anew, from what is read back: {}", back(loaded)),
        }
    }

    /// What the file holds.
    ///
    /// # Errors
    /// Why it is not to be used.
    pub(super) fn read(&self, loaded: &Loaded) -> Result<Learned, String> {
        if loaded.sources.iter().any(|s| matches!(&s.kind, SourceKind::Kafka(kafka) if is_far(kafka.from))) {
            return Err("reading begins in the past".to_owned());
        }
        let shown = self.path.display();
        #[expect(clippy::disallowed_methods, reason = "the shell reads the file of learned states")]
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("nothing learned is kept yet".to_owned()),
            Err(error) => return Err(format!("{shown}: {error}")),
        };
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT).read_to_end(&mut bytes).map_err(|e| format!("{shown}: {e}"))?;
        let learned: Learned =
            serde_json::from_slice(&bytes).map_err(|e| format!("{shown}: what detectors had learned cannot be read: {e}"))?;
        let age = age(&learned);
        if age > self.max_age {
            return Err(format!("what detectors had learned is {age} old"));
        }
        Ok(learned)
    }

    /// Writes it where it is time; the disk is waited for by a thread of its own.
    fn tend(&mut self, pump: &Pump) {
        self.alerts.tend(pump);
        let writing = self.writing.as_ref().is_some_and(|thread| !thread.is_finished());
        if self.read_only || writing || clock::instant() < self.next {
            return;
        }
        self.next = clock::instant() + EVERY;
        let (path, bytes) = (self.path.clone(), self.taken(pump));
        let write = move || report(&path, write(&path, &bytes));
        self.writing = std::thread::Builder::new().name("learned".into()).spawn(write).ok();
    }

    /// Writes it for the last time.
    fn end(&mut self, pump: &Pump) {
        self.alerts.end(pump);
        if let Some(thread) = self.writing.take() {
            let _ = thread.join();
        }
        if !self.read_only {
            let bytes = self.taken(pump);
            report(&self.path, write(&self.path, &bytes));
        }
    }

    fn taken(&mut self, pump: &Pump) -> Vec<u8> {
        let learned = pump.engine.save_detectors();
        if learned.left_out > self.left_out {
            tracing::warn!("there is no room to keep what was learned of {} subjects: they learn anew after a restart", learned.left_out);
            // Once is enough, until it is many more.
            self.left_out = learned.left_out.saturating_mul(2);
        }
        serde_json::to_vec(&learned).unwrap_or_default()
    }
}

/// How old it is; what a clock that was set back has written is new.
fn age(learned: &Learned) -> Millis {
    Millis::new(clock::now().as_millis().saturating_sub(learned.at).max(0))
}

pub(super) fn is_far(from: From) -> bool {
    match from {
        // What is known already is passed over.
        From::End | From::Auto => false,
        From::Back(back) => back > BACK,
        From::At(at) => clock::now().since(at) > BACK,
        From::Beginning => true,
    }
}

/// How far sources read back, in words.
fn back(loaded: &Loaded) -> String {
    let of = |from: From| match from {
        From::Beginning => "from the beginning".to_owned(),
        From::End => "nothing, from the end on".to_owned(),
        From::Auto => "as much as they need".to_owned(),
        From::Back(back) => format!("the last {back}"),
        From::At(at) => format!("since {}", crate::detect::moment(at, at)),
    };
    let kafka = loaded.sources.iter().filter_map(|s| if let SourceKind::Kafka(k) = &s.kind { Some((&s.name, k.from)) } else { None });
    let list: Vec<String> = kafka.map(|(name, from)| format!("{name} {}", of(from))).collect();
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}

pub(super) fn report(path: &Path, written: io::Result<()>) {
    if let Err(error) = written {
        tracing::warn!("{}: what detectors have learned cannot be kept: {error}", path.display());
    }
}

/// Beside the file first: whoever reads it finds the old one or the new one whole. It holds labels, which may name
/// persons, and is for nobody else.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_data()).and_then(|()| std::fs::rename(&beside, path));
    written.inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

impl Session {
    /// Keeps what was learned, where it is time.
    pub(super) fn keep_learned(&mut self) {
        if let Some(keeper) = &mut self.learned {
            keeper.tend(&self.pump);
        }
    }

    /// Keeps it at the end.
    pub(super) fn keep_learned_at_end(&mut self) {
        if let Some(mut keeper) = self.learned.take() {
            keeper.end(&self.pump);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::engine::Engine;
    use crate::model::{OwnedInput, Reading, SourceId, Timestamp};

    const CONFIG: &str = "[host]\n[[detector]]\nname = \"odd\"\nmetric = \"system.cpu.utilization\"\nkind = \"sigma\"\nmin = 5\n";

    fn pump(loaded: &Loaded) -> Pump {
        Pump::new(Engine::new(loaded.plan.clone()).0)
    }

    fn cpu(pump: &mut Pump, at: Timestamp, value: f64) {
        let readings = vec![Reading { name: "system.cpu.utilization".into(), labels: Vec::new(), value, unit: "1" }];
        pump.feed(Input::Tick(at));
        pump.feed_owned(&OwnedInput::Readings { source: SourceId(0), at, readings });
    }

    #[test]
    fn what_was_learned_is_there_after_a_restart_where_it_is_young_and_may_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("bellwether.toml");
        std::fs::File::create(&config).unwrap();
        let mut loaded = config::load(CONFIG, "test", &Overrides::default()).unwrap();
        loaded.state.path = Some(dir.path().join("state"));
        let keeper = |overrides: &Overrides| Keeper::of(Some(&config), overrides, &loaded).unwrap();
        let mut first = pump(&loaded);
        let start = clock::now();
        for i in 0..20 {
            cpu(&mut first, start + Millis::from_secs(i), 0.2 + 0.01 * (i % 3) as f64);
        }
        let read_only = Overrides { read_only: true, ..Overrides::default() };
        keeper(&read_only).end(&first);
        let mut usual = keeper(&Overrides::default());
        assert_eq!(usual.read(&loaded).unwrap_err(), "nothing learned is kept yet");
        usual.end(&first);
        let flags = |keeper: &Keeper| {
            let mut second = pump(&loaded);
            keeper.restore(keeper.read(&loaded), &mut second, &loaded);
            // What it knows already is passed over, what is new is judged at once.
            cpu(&mut second, start + Millis::from_secs(19), 0.9);
            cpu(&mut second, start + Millis::from_secs(20), 0.9);
            (second.engine.anomalies().total(), second.engine.learning(9).1)
        };
        assert_eq!(flags(&usual), (1, 0));
        usual.max_age = Millis::new(-1);
        assert_eq!(flags(&usual), (0, 1));
        std::fs::OpenOptions::new().write(true).truncate(true).open(&usual.path).unwrap();
        usual.max_age = Millis::from_secs(60);
        assert_eq!(flags(&usual), (0, 1), "a file that was cut off is no state");
        assert!(Keeper::of(None, &Overrides::default(), &loaded).is_none());
        let names: Vec<_> = std::fs::read_dir(dir.path().join("state")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }
}
