//! What a scenario is: its topics, its faults, its configuration and its generator.

use super::SCENARIOS;
use super::dice::Dice;
use super::fault::{FaultKind, Faults, Planted};
use super::generator::Produced;
use super::http_server::ServerMode;
use crate::model::Timestamp;
use std::fmt;

/// An entry of the registry.
#[derive(Debug)]
pub struct ScenarioKind {
    /// Its name on the command line and of its folder.
    pub name: &'static str,
    /// What it shows, one sentence.
    pub summary: &'static str,
    /// Its topics with their numbers of partitions.
    pub topics: &'static [(&'static str, i32)],
    /// The faults planted in it, in the order they come; the first is the one that rings soonest.
    pub faults: &'static [FaultKind],
    /// Its configuration, as it stands in `fixtures/`.
    pub config: &'static str,
    pub(super) build: fn(&mut Dice) -> Box<dyn Scenario>,
}

/// The scenario called `name`.
pub fn find(name: &str) -> Option<&'static ScenarioKind> {
    SCENARIOS.iter().copied().find(|s| s.name == name)
}

/// A generator's own part: what happens in each slot of time.
pub(super) trait Scenario: Send + fmt::Debug {
    /// Chooses where a fault strikes: a number the scenario understands, and the words for it.
    fn aim(&mut self, fault: &FaultKind, dice: &mut Dice) -> (u32, String);

    /// Appends what happens in the slot of [`super::generator::SLOT`] that starts at `at`.
    fn slot(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>);

    /// How the small server behind the probe behaves during `fault`.
    fn server(&self, _fault: &Planted) -> ServerMode {
        ServerMode::Normal
    }
}
