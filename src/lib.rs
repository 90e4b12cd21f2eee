//! Bellwether: a terminal monitoring console. A pure machine with a shell around it.
//!
//! The machine ([`engine`]) is handed records and ticks and answers with effects; it has no clock, no
//! files, no sockets, no threads. The shell ([`runtime`]) owns the clock, Kafka, the terminal and the
//! disk, feeds the machine and carries out its effects. The console, the headless run and the replay
//! are small shells around the same machine. Whatever can be recorded can be replayed, and a replay
//! gives the same bytes.
//!
//! # The way of a data item
//!
//! ```text
//! source       Record     bytes as delivered: topic, partition, offset, time, key, headers, payload
//!   decode     Event      time and named fields; rejects are counted and kept
//!   measure    Measured   count, mean, percentile, ratio … of a field, by labels, per step
//!   store      Series     ring buffers: raw and rollups, bounded
//!   detect     Verdict    a detector judges samples of a series, or events by key
//!              Anomaly    one flagged observation, with its explanation
//!   alert      Transition rules over verdicts and values: pending, firing, stale, resolved
//!   → notify · ui · history
//! ```
//!
//! # Floors: who may import whom
//!
//! Imports run downward only; `tests/architecture.rs` checks it from one table.
//!
//! | floor | rooms |
//! |---|---|
//! | 8 | [`cli`]: arguments, one file per subcommand |
//! | 7 | [`runtime`]: clock, pump, terminal, signals |
//! | 6 | [`config`]: TOML, every fault at once, inference from live data |
//! | 5 | [`ui`]: panes and widgets, keys, themes |
//! | 4 | [`engine`]: the machine · [`source`]: Kafka, host, probe, scrape, tail, replay, scenarios |
//! | 3 | [`decode`] [`measure`] [`store`] [`detect`] [`alert`] [`notify`] [`history`]: one step each |
//! | 2 | [`stats`]: numbers in, numbers out · [`expr`]: expressions |
//! | 1 | [`model`]: the words |
//!
//! # Laws
//!
//! 1. The same inputs give the same effects, byte for byte.
//! 2. Merging ticks or cutting batches differently changes nothing. Within the lateness bound, the order
//!    of records changes no closed window; a live run and the replay of its recording give the same log.
//! 3. The machine cannot fail: bad records are counted and kept for inspection. Exactly:
//!    records = undecodable + decoded; events = accepted + late + duplicate + invalid + erroneous.
//! 4. Every buffer, ring, map and label set has a named limit; what is refused is counted and visible.
//! 5. Rendering reads no clock and changes nothing but scroll and selection. A frame that would change
//!    nothing is not written.
//! 6. The terminal is restored on return, error, panic, SIGTERM, SIGHUP and suspend; a vanished terminal
//!    ends the console within a second.
//! 7. Untrusted text passes through [`model::Safe`]: no control, escape, bidi override or zero-width
//!    flood reaches the terminal.
//! 8. Silence is not health: a stale source, a gap, a learning detector each look different from "fine".
//! 9. No meaning by colour alone; `NO_COLOR` works.
//! 10. A viewer commits nothing into anybody's consumer group.
//! 11. Imports run downward.
//!
//! # Where to add
//!
//! | to add | one new file | one line |
//! |---|---|---|
//! | a detector | `detect/<name>.rs` | `KINDS` in `detect/mod.rs` |
//! | a format | `decode/<name>.rs` | `FORMATS` in `decode/format.rs` |
//! | a channel | `notify/<name>.rs` | `KINDS` in `notify/mod.rs` |
//! | a pane | `ui/panes/<name>.rs` | `PANES` in `ui/panes/mod.rs` |
//! | a theme | `themes/<name>.toml` | `THEMES` in `ui/theme.rs` |
//! | a scenario | `source/scenario/<name>.rs` and `fixtures/<name>/` | `SCENARIOS` in `source/scenario/mod.rs` |
//! | a source | `source/<name>.rs` | `SourceKind` in `source/spec.rs`, its section in `config/check/sources.rs`, its arm in `runtime/sources.rs` |

pub mod alert;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
pub mod engine;
pub mod expr;
pub mod history;
pub mod measure;
pub mod model;
pub mod notify;
pub mod runtime;
pub mod source;
pub mod stats;
pub mod store;
pub mod ui;
