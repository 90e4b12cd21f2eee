//! `demo`: an embedded broker, generators that produce into it, and the ordinary console reading from
//! it: everything but the data is real.

use super::clock;
use super::driver::{Feed, Inject, Session};
use super::logging;
use super::pump::Pump;
use super::reach;
use super::sources::Live;
use super::start;
use super::terminal;
use super::watch;
use crate::config::{self, DemoTask, Overrides};
use crate::source::scenario::{DemoServer, Generator, SCENARIOS, ScenarioKind, ServerMode};
use crate::source::{EmbeddedBroker, From, Publisher};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How often the generators are asked for what has happened: small beside the quarter of a second in
/// which a value must be on the screen.
const PRODUCE_EVERY: Duration = Duration::from_millis(100);

/// Sections that stand once, before those of the scenarios.
const SHARED: [&str; 3] = ["[[kafka]]", "[host]", "[ui]"];

/// Runs the demo. Answers with the exit code.
///
/// # Errors
/// When there is no such scenario, or the embedded broker cannot be started.
pub fn demo(options: DemoTask) -> anyhow::Result<u8> {
    let kinds: Vec<&'static ScenarioKind> = match &options.scenario {
        None => SCENARIOS.to_vec(),
        Some(name) => vec![find(name)?],
    };
    if !options.headless && options.overrides.shot.is_none() {
        terminal::check()?;
    }
    let sources = watch::runtime()?;
    let topics: Vec<(&str, i32)> = kinds.iter().flat_map(|k| k.topics.iter().copied()).collect();
    let broker = EmbeddedBroker::start(&topics).map_err(|e| start::source_error("demo", e))?;
    let publisher = Publisher::new(&broker.bootstrap(), &[]).map_err(|e| start::source_error("demo", e))?;
    let server = sources.block_on(DemoServer::bind()).map_err(|e| start::source_error("demo", e))?;
    let text = configuration(&kinds, &server.url());
    let overrides = Overrides { brokers: vec![broker.bootstrap()], from: Some(From::Beginning), ..options.overrides.clone() };
    let switch = server.switch();
    let inject = produce(&kinds, options.seed, publisher, switch)?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    sources.spawn(server.run(stopped));
    let session = watch::on(&sources, || session(&options, &overrides, &text, inject))?;
    let code = session.run()?;
    let _ = stop.send(true);
    sources.shutdown_background();
    Ok(code)
}

fn find(name: &str) -> anyhow::Result<&'static ScenarioKind> {
    let names: Vec<&str> = SCENARIOS.iter().map(|k| k.name).collect();
    crate::source::scenario::find(name).ok_or_else(|| anyhow::anyhow!("no scenario {name:?}; there are {}", names.join(", ")))
}

/// The scenarios' configurations as one: each has its own cluster and host, which they share here.
fn configuration(kinds: &[&'static ScenarioKind], url: &str) -> String {
    let mut text = "[[kafka]]\nbrokers = [\"localhost:9092\"]\n\n[host]\n\n".to_owned();
    for kind in kinds {
        let mut shared = false;
        for line in kind.config.lines() {
            if line.starts_with('[') {
                shared = SHARED.iter().any(|s| line.starts_with(s));
            }
            if shared {
                continue;
            }
            let address = line.strip_prefix("url = ").is_some();
            text.push_str(if address { "" } else { line });
            if address {
                text.push_str("url = \"");
                text.push_str(url);
                text.push('"');
            }
            text.push('\n');
        }
    }
    text
}

fn session(options: &DemoTask, overrides: &Overrides, text: &str, inject: Inject) -> anyhow::Result<Session> {
    let loaded = config::load(text, "demo", overrides)?;
    let shot = overrides.shot.clone();
    let lines = if options.headless && shot.is_none() { logging::to_stderr() } else { logging::to_pane() };
    let mut pump = Pump::new(start::engine(&loaded)?);
    if let Some(to) = &options.record {
        pump.recorder = Some(start::recorder(to, &loaded)?);
    }
    let live = Live::start(&loaded.sources, reach::near(&loaded));
    pump.flows.clone_from(&live.flows);
    pump.out = (options.headless && shot.is_none()).then(start::stdout);
    let mut console = None;
    if shot.is_none() {
        let (screen, notifier) = watch::screen(options.headless, &loaded, "", &lines)?;
        (console, pump.notifier) = (screen, Some(notifier));
    }
    if let Some(console) = &mut console {
        console.can_inject = true;
    }
    let deadline = options.length.map(|l| clock::instant() + Duration::from_millis(l.get().max(0) as u64));
    let mut session = Session::new(pump, Feed::Live(live), console, loaded.plan.clone());
    session.inject = Some(inject);
    session.deadline = deadline;
    session.photograph(shot, &loaded, lines, "");
    Ok(session)
}

/// Starts the thread that produces, and answers with a way to inject a fault.
fn produce(
    kinds: &[&'static ScenarioKind],
    seed: u64,
    publisher: Publisher,
    switch: impl Fn(ServerMode) + Send + 'static,
) -> std::io::Result<Inject> {
    let start = clock::now();
    let mut generators: Vec<Generator> = kinds.iter().filter_map(|k| Generator::new(k.name, seed, start)).collect();
    let (ask, asked): (SyncSender<()>, _) = sync_channel(8);
    let produce = move || {
        let mut out = Vec::new();
        loop {
            let injected = match asked.recv_timeout(PRODUCE_EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let now = clock::now();
            for generator in &mut generators {
                if injected {
                    generator.inject(now);
                }
                generator.advance(now, &mut out);
            }
            switch(generators.iter().map(Generator::server).find(|m| *m != ServerMode::Normal).unwrap_or_default());
            for record in out.drain(..) {
                let headers: Vec<(&str, &[u8])> = record.headers.iter().map(|(n, v)| (*n, v.as_slice())).collect();
                let sent = publisher.send(record.topic, record.key.as_deref(), &headers, Some(&record.payload), Some(record.time));
                if let Err(error) = sent {
                    tracing::warn!("the demo's record was not produced: {error}");
                }
            }
        }
    };
    std::thread::Builder::new().name("generators".into()).spawn(produce)?;
    Ok(Box::new(move || {
        // A full queue means that faults enough are on their way.
        let _ = ask.try_send(());
    }))
}
