//! Starts the sources of a configuration, each on a task of its own with a queue of its own.

use super::merge::Merge;
use super::pump::Flows;
use super::reach::Reaches;
use crate::model::OwnedInput;
use crate::source::{self, Control, KafkaSpec, Source, SourceKind, SourceSpec, WhenFull};
use crate::ui::Process;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Why sources cannot go on at all.
pub(super) type Failures = Arc<Mutex<Vec<source::SourceError>>>;

/// Sources at work.
pub(super) struct Live {
    pub merge: Merge,
    pub flows: Flows,
    /// Top processes of the host, read while a screen shows them.
    pub board: Arc<source::ProcessBoard>,
    /// Sources that will say that they have ended.
    pub awaited: usize,
    /// How far back sources read that begin, where that is left open.
    pub reaches: Reaches,
    /// Sources that cannot go on at all, in their words.
    failures: Failures,
    running: Vec<Running>,
    /// The runtime sources run on: one that comes later is started from elsewhere.
    on: tokio::runtime::Handle,
    /// The configuration was exchanged for one without sources: that is no end.
    idle: bool,
}

/// A source at work.
struct Running {
    spec: SourceSpec,
    /// The place of its queue.
    queue: usize,
    stop: watch::Sender<bool>,
}

impl Live {
    /// Starts every source of `specs`, on the current runtime; they read as far back as `reaches` says where that is left open.
    pub(super) fn start(specs: &[SourceSpec], reaches: Reaches) -> Self {
        let mut live = Self {
            merge: Merge::default(),
            flows: Vec::new(),
            board: source::ProcessBoard::new(false),
            awaited: 0,
            reaches,
            failures: Arc::default(),
            running: Vec::new(),
            on: tokio::runtime::Handle::current(),
            idle: false,
        };
        for spec in specs {
            live.begin(spec);
        }
        live
    }

    /// Takes the sources of a new configuration: those that are as they were run on, others end or begin. Answers the
    /// names of those that began or began anew, and of those that ended.
    pub(super) fn exchange(&mut self, specs: &[SourceSpec]) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        let on = self.on.clone();
        let _on = on.enter();
        let mut further = Vec::new();
        for spec in specs {
            further.extend(self.further(spec));
        }
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.running).into_iter().partition(|r| specs.contains(&r.spec));
        for source in &gone {
            // Nobody listening means that it has ended already.
            let _ = source.stop.send(true);
            self.merge.close(source.queue);
            self.flows[usize::from(source.spec.id.0)].clear();
        }
        self.running = kept;
        let new: Vec<_> = specs.iter().filter(|spec| !self.running.iter().any(|r| r.spec == **spec)).cloned().collect();
        for spec in &new {
            self.begin(spec);
        }
        for (part, whole) in further {
            self.begin(&part);
            self.running.last_mut().into_iter().for_each(|r| r.spec = whole.clone());
        }
        self.idle = specs.is_empty();
        let named = |name: &Arc<str>| specs.iter().any(|s| s.name == *name);
        let ended = gone.into_iter().map(|r| r.spec.name).filter(|name| !named(name)).collect();
        (new.into_iter().map(|spec| spec.name).collect(), ended)
    }

    /// A cluster that is read as before and has further topics goes on, and another reader takes those: nothing is read
    /// twice. Answers what that one reads, and the whole.
    fn further(&mut self, spec: &SourceSpec) -> Option<(SourceSpec, SourceSpec)> {
        let SourceKind::Kafka(new) = &spec.kind else { return None };
        let running = self.running.iter().find(|r| r.spec.id == spec.id)?;
        let SourceKind::Kafka(old) = &running.spec.kind else { return None };
        let same = KafkaSpec { topics: old.topics.clone(), ..new.clone() } == *old;
        if !same || *old == *new || !old.topics.iter().all(|t| new.topics.contains(t)) {
            return None;
        }
        let topics = new.topics.iter().filter(|t| !old.topics.contains(t)).cloned().collect();
        let part = SourceSpec { kind: SourceKind::Kafka(KafkaSpec { topics, ..new.clone() }), ..spec.clone() };
        for running in self.running.iter_mut().filter(|r| r.spec.id == spec.id) {
            running.spec = spec.clone();
        }
        Some((part, spec.clone()))
    }

    /// Starts a source on the current runtime.
    fn begin(&mut self, spec: &SourceSpec) {
        let policy = match &spec.kind {
            SourceKind::Kafka(_) | SourceKind::Tail(_) => WhenFull::Block,
            SourceKind::Host(_) | SourceKind::Probe(_) | SourceKind::Scrape(_) => WhenFull::DropNewest,
        };
        let awaited = match &spec.kind {
            SourceKind::Kafka(kafka) => kafka.exit_at_end,
            SourceKind::Tail(tail) => tail.exit_at_end,
            _ => false,
        };
        self.awaited += usize::from(awaited);
        let (outlet, queue) = source::queue(spec.id, policy);
        let flow = Arc::new(Mutex::new(Vec::new()));
        let place = usize::from(spec.id.0);
        self.flows.resize_with(self.flows.len().max(place + 1), Vec::new);
        self.flows[place].push(Arc::clone(&flow));
        let (stop, stopped) = watch::channel(false);
        self.running.push(Running { spec: spec.clone(), queue: self.merge.len(), stop });
        self.merge.add(queue);
        let last_word = outlet.last_word();
        let running = self.build(spec).run(outlet, Control { stop: stopped, flow });
        let failures = Arc::clone(&self.failures);
        tokio::spawn(async move {
            // Also holds the queue open until the failure stands where it is looked for.
            let last_word = last_word;
            if let Err(error) = running.await {
                tracing::error!("{error}");
                if let Ok(mut failures) = failures.lock() {
                    failures.push(error);
                }
                if awaited {
                    last_word.end().await;
                }
            }
        });
    }

    fn build(&self, spec: &SourceSpec) -> Box<dyn Source> {
        match &spec.kind {
            SourceKind::Kafka(kafka) => {
                let reach = self.reaches.get(&spec.name).copied().unwrap_or_default();
                Box::new(source::KafkaSource::new(spec.id, spec.name.clone(), kafka.clone()).reaching(reach))
            }
            SourceKind::Host(host) => Box::new(source::HostSource::new(host, Arc::clone(&self.board))),
            SourceKind::Probe(probe) => Box::new(source::ProbeSource::new(&spec.name, probe.clone())),
            SourceKind::Scrape(scrape) => Box::new(source::ScrapeSource::new(&spec.name, scrape.clone())),
            SourceKind::Tail(tail) => Box::new(source::TailSource::new(&spec.name, tail.clone())),
        }
    }

    /// The host's top processes, for the screen.
    pub(super) fn processes(&self) -> Vec<Process> {
        let row = |r: &source::ProcessRow| Process { pid: r.pid, name: r.name.clone(), cpu: f64::from(r.cpu), memory: r.memory };
        self.board.rows().iter().map(row).collect()
    }

    /// The next input; `None` when every source has ended.
    pub(super) async fn next(&mut self) -> Option<(usize, OwnedInput)> {
        if self.idle {
            return std::future::pending().await;
        }
        self.merge.next().await
    }

    /// Does `what` so that the tasks it starts run where sources do.
    pub(super) fn on<T>(&self, what: impl FnOnce() -> T) -> T {
        let _on = self.on.enter();
        what()
    }

    /// Sources that cannot go on at all.
    pub(super) fn failures(&self) -> Failures {
        Arc::clone(&self.failures)
    }

    /// What a source that cannot go on at all said.
    pub(super) fn failure(&self) -> Option<String> {
        self.failures.lock().ok().and_then(|f| f.first().map(|e| e.message.clone()))
    }

    /// Tells every source to end.
    pub(super) fn stop(&self) {
        for source in &self.running {
            // Nobody listening means that it has ended already.
            let _ = source.stop.send(true);
        }
    }
}
