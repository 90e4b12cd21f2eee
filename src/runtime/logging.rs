//! The program's own log: to standard error when headless, into the log pane under a screen.

use crate::model::{LogLevel, LogLine, Safe};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Lines that wait to be taken into the log pane; more are dropped, the pane holds no more anyway.
const WAITING_MAX: usize = 1_000;

/// Lines that wait to be taken into the log pane.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<VecDeque<LogLine>>>);

impl Lines {
    /// Takes all that wait.
    pub(super) fn take(&self) -> VecDeque<LogLine> {
        self.0.lock().map(|mut l| std::mem::take(&mut *l)).unwrap_or_default()
    }

    /// Adds a line.
    pub(super) fn push(&self, level: LogLevel, from: &str, text: &str) {
        if let Ok(mut lines) = self.0.lock() {
            if lines.len() == WAITING_MAX {
                lines.pop_front();
            }
            lines.push_back(LogLine { at: super::clock::now(), level, from: Safe::label(from), text: Safe::message(text) });
        }
    }
}

/// Hands `tracing` events to the log pane.
struct Pane(Lines);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        let _ = if field.name() == "message" {
            write!(self.0, "{space}{value:?}")
        } else {
            write!(self.0, "{space}{}={value:?}", field.name())
        };
    }
}

impl Subscriber for Pane {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO && metadata.target().starts_with("bellwether")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            _ => LogLevel::Debug,
        };
        let from = event.metadata().target().rsplit("::").next().unwrap_or("");
        self.0.push(level, from, &text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Logs into the pane from now on.
pub(super) fn to_pane() -> Lines {
    let lines = Lines::default();
    // A second console in one process (tests) keeps the first one's log.
    let _ = tracing::subscriber::set_global_default(Pane(lines.clone()));
    lines
}

/// Logs to standard error from now on.
pub(super) fn to_stderr() -> Lines {
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).with_target(false).try_init();
    Lines::default()
}
