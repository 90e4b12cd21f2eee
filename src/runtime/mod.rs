//! The shell around the machine: clock, pump, effects, terminal, signals.
//!
//! One loop owns the machine and the screen, without locks. Sources, the broker's client, the
//! terminal's output and every delivery live outside it: a blocked terminal, a hung receiver or a
//! dead broker never stops the machine.

mod case;
mod case_judge;
mod case_report;
mod clipboard;
mod clock;
mod config_file;
mod console;
mod demo;
mod detect;
mod diff;
mod doctor;
mod doctor_terminal;
mod driver;
mod fault;
mod fire;
pub mod judgements;
mod kept_alerts;
mod keys;
mod later;
mod learned;
mod lines;
mod link;
mod logging;
mod merge;
mod notifier;
mod part;
mod past;
mod play;
mod pump;
mod reach;
mod recorder;
pub mod recordings;
mod reload;
mod replay;
mod ring;
mod sampling;
mod screen;
mod shot;
mod signals;
mod sources;
mod start;
mod telling;
mod terminal;
mod totals;
mod watch;
mod writer;

pub use case_report::test;
pub use demo::demo;
pub use detect::detect;
pub use doctor::doctor;
pub use fire::fire;
pub use play::replay;
pub use terminal::NoTerminal;
pub use watch::{console, record, sample, watch};
