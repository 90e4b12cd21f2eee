//! Faults: which there are, which run now, and when the next one comes by itself.

use super::dice::Dice;
use super::generator::Pace;
use super::kind::Scenario;
use crate::model::{Millis, Timestamp};

/// Faults that run at once at most; asking for more does nothing.
const ACTIVE_LIMIT: usize = 4;
/// Planted faults that are remembered; a demo left running for weeks must not grow.
const PLANTED_LIMIT: usize = 1_000;

/// A kind of fault of a scenario.
#[derive(Debug)]
pub struct FaultKind {
    /// Its name.
    pub name: &'static str,
    /// What happens; `{}` is where it strikes.
    pub what: &'static str,
    /// How long it lasts.
    pub lasts: Millis,
    /// The detectors of the scenario's configuration that must flag it.
    pub detectors: &'static [&'static str],
    /// The rules of the scenario's configuration that must fire.
    pub rules: &'static [&'static str],
}

/// A fault that was planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The kind's name.
    pub kind: &'static str,
    /// When it began.
    pub from: Timestamp,
    /// When it ended or will end.
    pub to: Timestamp,
    /// What happens, in words.
    pub what: String,
    pub(super) target: u32,
}

/// The faults of a running generator.
#[derive(Debug)]
pub(super) struct Faults {
    kinds: &'static [FaultKind],
    planted: Vec<Planted>,
    active: Vec<Planted>,
    turn: usize,
    next: Timestamp,
    pace: Pace,
}

impl Faults {
    pub(super) fn new(kinds: &'static [FaultKind], start: Timestamp, pace: Pace, dice: &mut Dice) -> Self {
        let next = start + pace.first(dice);
        Self { kinds, planted: Vec::new(), active: Vec::new(), turn: 0, next, pace }
    }

    /// The running fault of this kind, and its target.
    pub(super) fn running(&self, kind: &str) -> Option<&Planted> {
        self.active.iter().find(|a| a.kind == kind)
    }

    /// The target of the running fault of this kind.
    pub(super) fn target(&self, kind: &str) -> Option<u32> {
        self.running(kind).map(|a| a.target)
    }

    pub(super) fn active(&self) -> &[Planted] {
        &self.active
    }

    pub(super) fn planted(&self) -> &[Planted] {
        &self.planted
    }

    /// Ends what is over and starts what is due.
    pub(super) fn step(&mut self, now: Timestamp, scenario: &mut dyn Scenario, dice: &mut Dice) {
        self.active.retain(|a| a.to > now);
        if now >= self.next {
            self.start(now, scenario, dice);
        }
    }

    /// Starts the next kind that does not run already.
    pub(super) fn start(&mut self, now: Timestamp, scenario: &mut dyn Scenario, dice: &mut Dice) -> Option<Planted> {
        self.active.retain(|a| a.to > now);
        let free = (0..self.kinds.len()).map(|i| (self.turn + i) % self.kinds.len()).find(|i| self.running(self.kinds[*i].name).is_none());
        let gap = self.pace.gap(dice);
        let Some(index) = free.filter(|_| self.active.len() < ACTIVE_LIMIT) else {
            self.next = now + gap;
            return None;
        };
        self.turn = index + 1;
        let kind = &self.kinds[index];
        let (target, words) = scenario.aim(kind, dice);
        let planted = Planted { kind: kind.name, from: now, to: now + kind.lasts, what: kind.what.replace("{}", &words), target };
        self.next = planted.to + gap;
        if self.planted.len() == PLANTED_LIMIT {
            self.planted.remove(0);
        }
        self.planted.push(planted.clone());
        self.active.push(planted.clone());
        Some(planted)
    }
}
