//! A running scenario: records up to a moment, faults on a schedule and on demand.

use super::dice::Dice;
use super::fault::{Faults, Planted};
use super::http_server::ServerMode;
use super::kind::{Scenario, ScenarioKind, find};
use crate::model::{Millis, Timestamp};

/// Time is made slot by slot, so that it does not matter in what pieces the clock comes.
pub(super) const SLOT: Millis = Millis::new(20);
/// A generator that was not asked for longer than this (a laptop that slept) leaves the time between out,
/// instead of flooding the broker with it.
pub const CATCH_UP: Millis = Millis::from_secs(30);

/// A record to be produced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The topic.
    pub topic: &'static str,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// Headers in their order.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// The record's time.
    pub time: Timestamp,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Produced {
    pub(super) fn new(topic: &'static str, key: &str, time: Timestamp, payload: impl Into<Vec<u8>>) -> Self {
        Self { topic, key: Some(key.as_bytes().to_vec()), headers: Vec::new(), time, payload: payload.into() }
    }
}

/// How often faults come by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// For people: the first soon, then every one to three minutes.
    Demo,
    /// For recordings: one after the other with short rests, so that a short recording holds them all.
    Dense,
    /// Only when asked for.
    Never,
}

impl Pace {
    pub(super) fn first(self, dice: &mut Dice) -> Millis {
        match self {
            // Detectors have learned by then, and half a minute is left for the alert to ring.
            Self::Demo | Self::Dense => Millis::new(i64::from(dice.int(11_000, 12_000))),
            Self::Never => Millis::from_secs(i64::from(i32::MAX)),
        }
    }

    pub(super) fn gap(self, dice: &mut Dice) -> Millis {
        match self {
            Self::Demo => Millis::from_secs(i64::from(dice.int(60, 180))),
            Self::Dense => Millis::from_secs(i64::from(dice.int(6, 9))),
            Self::Never => Millis::from_secs(i64::from(i32::MAX)),
        }
    }
}

/// A running scenario. The same seed, start and injections give the same records.
#[derive(Debug)]
pub struct Generator {
    kind: &'static ScenarioKind,
    scenario: Box<dyn Scenario>,
    faults: Faults,
    dice: Dice,
    clock: Timestamp,
}

impl Generator {
    /// The scenario `name` from `start` on, with the demo's pace of faults.
    pub fn new(name: &str, seed: u64, start: Timestamp) -> Option<Self> {
        Self::with_pace(name, seed, start, Pace::Demo)
    }

    /// The scenario `name` with another pace of faults.
    pub fn with_pace(name: &str, seed: u64, start: Timestamp, pace: Pace) -> Option<Self> {
        let kind = find(name)?;
        let mut dice = Dice::new(seed);
        let scenario = (kind.build)(&mut dice);
        let faults = Faults::new(kind.faults, start, pace, &mut dice);
        Some(Self { kind, scenario, faults, dice, clock: start.floor_to(SLOT) })
    }

    /// The scenario.
    pub fn kind(&self) -> &'static ScenarioKind {
        self.kind
    }

    /// Its topics with their numbers of partitions.
    pub fn topics(&self) -> &'static [(&'static str, i32)] {
        self.kind.topics
    }

    /// Appends all that happens up to `to`, in the order of its times.
    pub fn advance(&mut self, to: Timestamp, out: &mut Vec<Produced>) {
        if to.since(self.clock) > CATCH_UP {
            self.clock = (to - CATCH_UP).floor_to(SLOT);
        }
        while self.clock + SLOT <= to {
            let first = out.len();
            self.faults.step(self.clock, &mut *self.scenario, &mut self.dice);
            self.scenario.slot(self.clock, &self.faults, &mut self.dice, out);
            out[first..].sort_by_key(|p| p.time);
            self.clock = self.clock + SLOT;
        }
    }

    /// Starts the next fault at `at`, or at once where that has passed. `None`: all kinds run already.
    pub fn inject(&mut self, at: Timestamp) -> Option<Planted> {
        self.faults.start(at.max(self.clock), &mut *self.scenario, &mut self.dice)
    }

    /// The faults planted so far, oldest first.
    pub fn planted(&self) -> &[Planted] {
        self.faults.planted()
    }

    /// How the small server behind the probe is to behave now.
    pub fn server(&self) -> ServerMode {
        let running = self.faults.active().iter().filter(|f| f.from <= self.clock && f.to > self.clock);
        running.map(|f| self.scenario.server(f)).find(|m| *m != ServerMode::Normal).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::SCENARIOS;
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_764_000_000_007);

    fn run(name: &str, seed: u64, cuts: &[i64], seconds: i64) -> (Vec<Produced>, Vec<Planted>) {
        let mut generator = Generator::new(name, seed, START).unwrap();
        let (mut out, mut now, mut i) = (Vec::new(), 0, 0);
        while now < seconds * 1_000 {
            now = (now + cuts[i % cuts.len()]).min(seconds * 1_000);
            generator.advance(START + Millis::new(now), &mut out);
            i += 1;
        }
        (out, generator.planted().to_vec())
    }

    #[test]
    fn a_seed_gives_the_same_records_however_time_is_cut() {
        for kind in SCENARIOS {
            let (a, planted) = run(kind.name, 7, &[50], 25);
            let (b, _) = run(kind.name, 7, &[1_000, 3, 17, 333], 25);
            assert_eq!(a, b, "{}", kind.name);
            assert_ne!(a, run(kind.name, 8, &[50], 25).0, "{}", kind.name);
            let first = planted[0].from.since(START);
            assert!((8_000..=12_100).contains(&first.get()), "{}: first fault after {first}", kind.name);
        }
    }

    #[test]
    fn rates_are_those_of_a_small_shop_or_plant() {
        for (name, low, high) in [("ecommerce", 50.0, 100.0), ("cloud", 20.0, 40.0), ("events", 15.0, 30.0), ("sensors", 18.0, 22.0)] {
            let (out, _) = run(name, 3, &[100], 30);
            let rate = out.len() as f64 / 30.0;
            assert!((low..high).contains(&rate), "{name}: {rate} a second");
            assert!(out.windows(2).all(|w| w[0].time <= w[1].time), "{name}: in order");
            let topics = find(name).unwrap().topics;
            assert!(out.iter().all(|p| topics.iter().any(|(t, _)| *t == p.topic)), "{name}: declared topics");
        }
    }

    #[test]
    fn faults_come_in_turn_and_on_demand() {
        for kind in SCENARIOS {
            let mut generator = Generator::with_pace(kind.name, 1, START, Pace::Never).unwrap();
            let mut out = Vec::new();
            generator.advance(START + Millis::from_secs(20), &mut out);
            assert_eq!(generator.planted(), [], "{}", kind.name);
            let at = START + Millis::from_secs(21);
            let names: Vec<&str> = (0..kind.faults.len().min(4)).map(|_| generator.inject(at).unwrap().kind).collect();
            let expected: Vec<&str> = kind.faults.iter().take(4).map(|f| f.name).collect();
            assert_eq!(names, expected);
            assert_eq!(generator.inject(at), None, "no more than four at once");
            assert!(generator.planted().iter().all(|p| !p.what.contains("{}") && p.from == at));
        }
    }

    #[test]
    fn a_long_sleep_is_left_out() {
        let mut generator = Generator::new("sensors", 1, START).unwrap();
        let mut out = Vec::new();
        generator.advance(START + Millis::from_secs(86_400), &mut out);
        assert!(out.len() < 800, "{}", out.len());
    }
}
