//! The local host as a source: a thread of its own that wakes once an interval and reads what the
//! kernel counts.
//!
//! Off the loop, because a hung file system must not hold up anything else: then the host's
//! readings stop, the source goes stale, and that is all.

use super::host_readings::Host;
use super::moment;
use super::outlet::{Control, Outlet, Source, SourceError};
use super::spec::HostSpec;
use crate::model::{LinkState, Millis, OwnedInput, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Processes kept for the screen: more rows than any screen shows, few enough to sort at no cost.
pub const PROCESS_LIMIT: usize = 50;
/// Reading all processes costs more than all the rest together, so it is done no more often than this.
const PROCESSES_EVERY: Millis = Millis::from_secs(2);
/// From the first look at the counters to the first reading: processor shares need a difference.
const FIRST: Duration = Duration::from_millis(250);

/// A process, for the host pane.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessRow {
    /// Its number.
    pub pid: u32,
    /// Its name, as it came: not safe to draw.
    pub name: String,
    /// Its share of one core, 0…number of cores.
    pub cpu: f32,
    /// Its resident memory in bytes.
    pub memory: u64,
}

/// The top processes, beside the readings: they are looked at, never recorded.
#[derive(Debug, Default)]
pub struct ProcessBoard {
    wanted: AtomicBool,
    rows: Mutex<Arc<[ProcessRow]>>,
}

impl ProcessBoard {
    /// A board; `wanted` from the beginning where the configuration says so.
    pub fn new(wanted: bool) -> Arc<Self> {
        Arc::new(Self { wanted: AtomicBool::new(wanted), rows: Mutex::default() })
    }

    /// Switches reading on or off: on only while somebody looks.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    /// Whether it is switched on.
    pub fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// The processes that use the most, first the busiest; at most [`PROCESS_LIMIT`].
    pub fn rows(&self) -> Arc<[ProcessRow]> {
        self.rows.lock().map(|r| Arc::clone(&r)).unwrap_or_default()
    }

    fn put(&self, rows: Vec<ProcessRow>) {
        if let Ok(mut place) = self.rows.lock() {
            *place = rows.into();
        }
    }
}

/// The host source.
#[derive(Debug)]
pub struct HostSource {
    every: Millis,
    board: Arc<ProcessBoard>,
}

impl HostSource {
    /// A source by `spec`, which puts the top processes on `board`.
    pub fn new(spec: &HostSpec, board: Arc<ProcessBoard>) -> Self {
        if spec.processes {
            board.want(true);
        }
        Self { every: Millis::new(spec.every.get().max(1)), board }
    }
}

impl Source for HostSource {
    fn run(self: Box<Self>, outlet: Outlet, mut control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let (hold, stop) = sync_channel::<()>(0);
            let (done, ended) = tokio::sync::oneshot::channel::<()>();
            let body = move || {
                self.sample(outlet, &stop);
                // Nobody may be waiting any more.
                let _ = done.send(());
            };
            let spawned = std::thread::Builder::new().name("host".to_owned()).spawn(body);
            if let Err(error) = spawned {
                return Err(SourceError { source_name: "host".to_owned(), message: format!("no thread: {error}") });
            }
            // The thread is not waited for: it may hang in a file system that does not answer.
            tokio::select! {
                _ = control.stop.wait_for(|s| *s) => {}
                _ = ended => {}
            }
            drop(hold);
            Ok(())
        })
    }
}

impl HostSource {
    fn sample(&self, mut outlet: Outlet, stop: &Receiver<()>) {
        let link = |state, detail: &str| OwnedInput::Link { source: outlet.id(), topic: None, state, detail: detail.into() };
        let mut host = match Host::new() {
            Ok(host) => host,
            Err(words) => {
                let down = link(LinkState::Down, &words);
                outlet.send_blocking(down);
                return;
            }
        };
        let up = link(LinkState::Up, "");
        if !outlet.send_blocking(up) {
            return;
        }
        let mut wait = FIRST;
        let mut processes_at = Timestamp::MIN;
        while stop.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            let readings = host.read(moment::steady());
            let at = moment::now();
            if !outlet.send_blocking(OwnedInput::Readings { source: outlet.id(), at, readings }) {
                return;
            }
            if self.board.wanted() && at.since(processes_at).get().abs() >= PROCESSES_EVERY.get().max(self.every.get()) {
                processes_at = at;
                self.board.put(host.processes(PROCESS_LIMIT));
            }
            wait = until_next(moment::now(), self.every);
        }
    }
}

/// How long until the next multiple of `every`: readings of several hosts fall on the same moments.
fn until_next(now: Timestamp, every: Millis) -> Duration {
    let wait = (now.floor_to(every) + every).since(now).get();
    Duration::from_millis(u64::try_from(wait).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::super::outlet::{WhenFull, queue};
    use super::*;
    use crate::model::{Reading, SourceId};
    use tokio::sync::watch;

    #[test]
    fn the_next_moment_is_a_multiple_and_never_at_once() {
        let every = Millis::from_secs(1);
        assert_eq!(until_next(Timestamp::from_millis(10_250), every), Duration::from_millis(750));
        assert_eq!(until_next(Timestamp::from_millis(10_000), every), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn the_host_delivers_its_readings_and_processes_only_when_asked() {
        let (outlet, mut queue) = queue(SourceId(4), WhenFull::DropNewest);
        let (stop, stopped) = watch::channel(false);
        let control = Control { stop: stopped, flow: Arc::default() };
        let board = ProcessBoard::new(false);
        let spec = HostSpec { every: Millis::new(100), processes: false };
        let running = tokio::spawn(Box::new(HostSource::new(&spec, Arc::clone(&board))).run(outlet, control));
        assert!(matches!(queue.inputs.recv().await, Some(OwnedInput::Link { state: LinkState::Up, .. })));
        let Some(OwnedInput::Readings { source: SourceId(4), readings, .. }) = queue.inputs.recv().await else { panic!("no readings") };
        let find = |readings: &[Reading], name: &str| readings.iter().filter(|r| r.name.as_ref() == name).cloned().collect::<Vec<_>>();
        let cpu = find(&readings, "system.cpu.utilization");
        assert!(cpu.len() >= 2 && cpu[0].labels.is_empty() && cpu.iter().all(|r| (0.0..=1.0).contains(&r.value)), "{cpu:?}");
        assert!(find(&readings, "system.memory.utilization")[0].value > 0.0);
        let states: f64 = find(&readings, "system.memory.usage").iter().map(|r| r.value).sum();
        assert!(states > 1e6, "{states}");
        assert!(readings.iter().all(|r| r.value.is_finite()));
        assert_eq!(board.rows().len(), 0);
        board.want(true);
        while board.rows().is_empty() {
            assert!(queue.inputs.recv().await.is_some());
        }
        assert!(board.rows().len() <= PROCESS_LIMIT);
        stop.send(true).unwrap();
        running.await.unwrap().unwrap();
    }
}
