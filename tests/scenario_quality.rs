//! How well the scenarios' rules find what is planted in them: recall, and false alerts a virtual day.
//!
//! `cargo test` runs half an hour of each scenario at the demo's pace with seeds that no recording
//! has. A whole day, which is what the figures of the README are of, is run by
//! `cargo test --release --test scenario_quality -- --ignored --nocapture`; `SCENARIO_SECONDS` and
//! `SCENARIO_SEEDS=1,2` change its length and seeds.

#![expect(clippy::unwrap_used, reason = "a scenario that cannot be run fails the test that needs it")]
#![expect(clippy::disallowed_methods, reason = "fixtures are files, and lengths are given from outside")]
#![expect(clippy::print_stdout, reason = "the figures are what this is run for")]

use bellwether::alert::AlertState;
use bellwether::config::{self, Overrides};
use bellwether::engine::{Effect, Engine};
use bellwether::history::{Names, RecordingReader};
use bellwether::model::{Input, LabelSet, OwnedInput};
use bellwether::source::scenario::{self, Pace, Planted, ScenarioKind};
use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;

/// Used nowhere else: neither a recording nor a demo has them.
const SEEDS: [u64; 3] = [20_261_121, 4_711, 86_028_157];
/// Long enough for every kind of fault to come twice, short enough for every run of the tests.
const SHORT: u32 = 1_800;
const DAY: u32 = 86_400;
/// An alert may be dated a step before its fault and come a window and a lateness after it.
const BEFORE_MS: i64 = 10_000;
const AFTER_MS: i64 = 30_000;
/// Alerts this close to the end are not counted: a fault that is cut off there is not told as planted.
const LAST_MS: i64 = 60_000;
/// What must be found, and what may ring beside it in a day.
const RECALL: f64 = 0.95;
const FALSE_A_DAY: f64 = 1.0;
/// Faults whose words do not name the labels of the alert they must raise: a user of a region, all
/// nodes, the probe.
const UNNAMED: [&str; 4] = ["odd-amounts", "transaction-delay", "response-step", "server-unavailable"];

struct Rang {
    rule: String,
    at: i64,
    labels: LabelSet,
    what: String,
}

/// What one run found.
struct Quality {
    planted: usize,
    found: usize,
    missed: Vec<String>,
    strays: Vec<String>,
    days: f64,
}

/// Every alert that began to ring in `seconds` of the scenario, and what was planted.
fn run(kind: &'static ScenarioKind, seed: u64, seconds: u32) -> (Vec<Rang>, Vec<Planted>) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", kind.name, "bellwether.toml"].iter().collect();
    let text = std::fs::read_to_string(path).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let config = text.clone();
    let generator = std::thread::spawn(move || {
        let mut out = BufWriter::with_capacity(1 << 16, writer);
        scenario::paced_recording(kind.name, seed, seconds, Pace::Demo, &config, &mut out).unwrap()
    });
    let loaded = config::load(&text, "fixture", &Overrides::default()).unwrap();
    let names: Vec<String> = loaded.plan.sources.iter().map(|s| s.name.to_string()).collect();
    let mut inputs = RecordingReader::new(BufReader::with_capacity(1 << 16, reader), Names::new(&names)).unwrap();
    let (mut engine, faults) = Engine::new(loaded.plan);
    assert_eq!(faults, Vec::<String>::new());
    let mut rang = Vec::new();
    let mut feed = |input: Input<'_>| {
        engine.handle(input);
        while let Some(effect) = engine.poll_effect() {
            if let Effect::Alert(t) = effect
                && t.alert.state == AlertState::Firing
                && t.from != AlertState::Firing
            {
                let (rule, labels) = (t.alert.rule.to_string(), t.alert.subject.labels().clone());
                let what = format!("{rule} at {} {labels}: {}", t.at.as_millis(), t.alert.why);
                rang.push(Rang { rule, at: t.at.as_millis(), labels, what });
            }
        }
    };
    while let Some(input) = inputs.next_input().unwrap() {
        if let OwnedInput::Ended(_) = input {
            feed(Input::End);
        }
        input.each(&mut feed);
        if let OwnedInput::Records(batch) = input {
            inputs.recycle(batch);
        }
    }
    assert!(inputs.warnings().is_empty(), "{:?}", inputs.warnings());
    (rang, generator.join().unwrap())
}

/// Whether `alert` is what `rule` must say of `fault`: within its time, and of what it strikes.
fn tells(alert: &Rang, rule: &str, fault: &Planted) -> bool {
    let words: Vec<&str> = fault.what.split([' ', ',']).collect();
    let named = alert.labels.iter().all(|(_, value)| words.contains(&value.to_string().as_str()));
    let within = (fault.from.as_millis() - BEFORE_MS..=fault.to.as_millis() + AFTER_MS).contains(&alert.at);
    alert.rule == rule && within && (named || UNNAMED.contains(&fault.kind))
}

fn quality(kind: &'static ScenarioKind, seed: u64, seconds: u32) -> Quality {
    let (rang, planted) = run(kind, seed, seconds);
    let rules: BTreeMap<&str, &[&str]> = kind.faults.iter().map(|f| (f.name, f.rules)).collect();
    let mut missed = Vec::new();
    for fault in &planted {
        for rule in rules[fault.kind].iter().filter(|rule| !rang.iter().any(|alert| tells(alert, rule, fault))) {
            missed.push(format!("{rule} for {} at {}: {}", fault.kind, fault.from.as_millis(), fault.what));
        }
    }
    let end = scenario::RECORDING_START.as_millis() + i64::from(seconds) * 1_000 - LAST_MS;
    let stray =
        |alert: &&Rang| alert.at < end && !planted.iter().any(|fault| rules[fault.kind].iter().any(|rule| tells(alert, rule, fault)));
    let strays: Vec<String> = rang.iter().filter(stray).map(|alert| alert.what.clone()).collect();
    let expected: usize = planted.iter().map(|fault| rules[fault.kind].len()).sum();
    Quality { planted: expected, found: expected - missed.len(), missed, strays, days: f64::from(seconds) / f64::from(DAY) }
}

/// Runs all seeds of a scenario, prints what was found, and holds it against the limits.
fn check(name: &str, seconds: u32, seeds: &[u64]) {
    let kind = scenario::find(name).unwrap();
    let (mut planted, mut found, mut strays, mut days) = (0, 0, 0, 0.0);
    for &seed in seeds {
        let run = quality(kind, seed, seconds);
        let a_day = run.strays.len() as f64 / run.days;
        println!("{name} seed {seed}: {} of {} planted found, {} false alerts, {a_day:.2} a day", run.found, run.planted, run.strays.len());
        run.missed.iter().take(10).for_each(|text| println!("  missed {text}"));
        run.strays.iter().take(10).for_each(|text| println!("  false {text}"));
        assert!(run.planted >= kind.faults.len(), "{name}: {} planted", run.planted);
        (planted, found, strays, days) = (planted + run.planted, found + run.found, strays + run.strays.len(), days + run.days);
    }
    let recall = found as f64 / planted as f64;
    println!("{name}: recall {recall:.3}, {:.2} false alerts a virtual day", strays as f64 / days);
    assert!(recall >= RECALL, "{name}: recall {recall:.3}");
    assert!(strays as f64 <= FALSE_A_DAY * days, "{name}: {strays} false alerts in {days:.2} days");
}

#[test]
fn the_shop_rings_for_what_is_planted_and_little_else() {
    check("ecommerce", SHORT, &SEEDS);
}

#[test]
fn the_cloud_rings_for_what_is_planted_and_little_else() {
    check("cloud", SHORT, &SEEDS);
}

#[test]
fn the_events_ring_for_what_is_planted_and_little_else() {
    check("events", SHORT, &SEEDS);
}

#[test]
fn the_sensors_ring_for_what_is_planted_and_little_else() {
    check("sensors", SHORT, &SEEDS);
}

#[test]
#[ignore = "a virtual day of each scenario takes minutes"]
fn a_virtual_day_of_every_scenario() {
    let seconds = std::env::var("SCENARIO_SECONDS").map_or(DAY, |text| text.parse().unwrap());
    let seeds = std::env::var("SCENARIO_SEEDS").map_or(SEEDS.to_vec(), |text| text.split(',').map(|seed| seed.parse().unwrap()).collect());
    let only = std::env::var("SCENARIO").ok();
    for kind in scenario::SCENARIOS.iter().filter(|kind| only.as_deref().is_none_or(|name| name == kind.name)) {
        check(kind.name, seconds, &seeds);
    }
}
