//! Starts the sources of a configuration, each on a task of its own with a queue of its own.

use super::merge::Merge;
use super::pump::Flows;
use crate::model::OwnedInput;
use crate::source::{self, Control, Source, SourceKind, SourceSpec, WhenFull};
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
    /// Sources that cannot go on at all, in their words.
    failures: Failures,
    stop: watch::Sender<bool>,
}

impl Live {
    /// Starts every source of `specs`, on the current runtime.
    pub(super) fn start(specs: &[SourceSpec]) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut live = Self {
            merge: Merge::default(),
            flows: Vec::new(),
            board: source::ProcessBoard::new(false),
            awaited: 0,
            failures: Arc::default(),
            stop,
        };
        for spec in specs {
            let policy = match &spec.kind {
                SourceKind::Kafka(_) | SourceKind::Tail(_) => WhenFull::Block,
                SourceKind::Host(_) | SourceKind::Probe(_) | SourceKind::Scrape(_) => WhenFull::DropNewest,
            };
            let awaited = match &spec.kind {
                SourceKind::Kafka(kafka) => kafka.exit_at_end,
                SourceKind::Tail(tail) => tail.exit_at_end,
                _ => false,
            };
            live.awaited += usize::from(awaited);
            let (outlet, queue) = source::queue(spec.id, policy);
            let flow = Arc::new(Mutex::new(Vec::new()));
            live.flows.push(Arc::clone(&flow));
            live.merge.add(queue);
            let last_word = outlet.last_word();
            let running = live.build(spec).run(outlet, Control { stop: stopped.clone(), flow });
            let failures = Arc::clone(&live.failures);
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
        live
    }

    fn build(&self, spec: &SourceSpec) -> Box<dyn Source> {
        match &spec.kind {
            SourceKind::Kafka(kafka) => Box::new(source::KafkaSource::new(spec.id, spec.name.clone(), kafka.clone())),
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
        self.merge.next().await
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
        // Nobody listening means that all have ended already.
        let _ = self.stop.send(true);
    }
}
