//! Scenarios: generators of lifelike records with planted faults, behind the demo and the fixtures.
//!
//! A scenario is one file here, one line below, and `fixtures/<name>/bellwether.toml`. Generators
//! read no clock: the same seed and start give the same records.

mod cloud;
mod dice;
mod ecommerce;
mod events;
mod fault;
mod generator;
mod http_server;
mod kind;
mod recording;
mod sensors;

pub use fault::{FaultKind, Planted};
pub use generator::{CATCH_UP, Generator, Pace, Produced};
pub use http_server::{DemoServer, ServerError, ServerMode};
pub use kind::{ScenarioKind, find};
pub use recording::{RECORDING_START, expected, paced_recording, recording};

/// All scenarios, in the order of the demo's pages.
pub const SCENARIOS: &[&ScenarioKind] = &[&ecommerce::KIND, &cloud::KIND, &events::KIND, &sensors::KIND];
