//! Every recorded fixture through the machine and through the program: the same log each time, what
//! was planted is found, and little else rings.
//!
//! `cargo test --test replay -- --ignored write_fixtures` makes the recordings anew, after a change
//! to a generator or to a fixture's configuration.

use bellwether::alert::AlertState;
use bellwether::config::{self, Overrides};
use bellwether::engine::{Effect, Engine};
use bellwether::history::Recording;
use bellwether::model::{Input, OwnedInput};
use bellwether::source::scenario::{self, SCENARIOS};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The seed of the recordings.
const SEED: u64 = 7;
/// Their length in seconds: every kind of fault comes once, and none is cut off by the end.
const SECONDS: [(&str, u32); 4] = [("ecommerce", 103), ("cloud", 112), ("events", 107), ("sensors", 96)];
/// A plain recording is to be small enough for a repository.
const SIZE_LIMIT: u64 = 2 * 1024 * 1024;
/// What is found of a fault may be dated a step before it and come a window and a lateness after it.
const BEFORE_MS: i64 = 10_000;
const AFTER_MS: i64 = 30_000;
/// Alerts beside what is planted that a recording may ring. There is one: while a cloud is silent, the
/// ratio of errors among its few events is high for a step.
const STRAY_ALERTS: usize = 1;

fn fixture(scenario: &str, file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", scenario, file].iter().collect()
}

/// One fault of `expected.toml`.
struct Planted {
    kind: String,
    from: i64,
    to: i64,
    detectors: Vec<String>,
    rules: Vec<String>,
}

impl Planted {
    fn covers(&self, at: i64) -> bool {
        (self.from - BEFORE_MS..=self.to + AFTER_MS).contains(&at)
    }
}

fn planted(scenario: &str) -> Vec<Planted> {
    let text = std::fs::read_to_string(fixture(scenario, "expected.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let words =
        |t: &toml::Value, key: &str| -> Vec<String> { t[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect() };
    let one = |t: &toml::Value| Planted {
        kind: t["kind"].as_str().unwrap().to_owned(),
        from: t["from"].as_integer().unwrap(),
        to: t["to"].as_integer().unwrap(),
        detectors: words(t, "detectors"),
        rules: words(t, "rules"),
    };
    table["planted"].as_array().unwrap().iter().map(one).collect()
}

/// All effects of a recording, in their order.
fn effects(path: &Path) -> Vec<Effect> {
    let header = Recording::open::<&str>(path, &[]).unwrap().header().unwrap().config.clone();
    let loaded = config::load(&header, "header", &Overrides::default()).unwrap();
    let names: Vec<String> = loaded.plan.sources.iter().map(|s| s.name.to_string()).collect();
    let mut recording = Recording::open(path, &names).unwrap();
    let (mut engine, faults) = Engine::new(loaded.plan);
    assert_eq!(faults, Vec::<String>::new());
    let mut all = Vec::new();
    let mut feed = |input: Input<'_>| {
        engine.handle(input);
        all.extend(std::iter::from_fn(|| engine.poll_effect()));
    };
    for input in recording.by_ref() {
        if let OwnedInput::Ended(_) = input {
            feed(Input::End);
        }
        input.each(&mut feed);
    }
    assert!(recording.warnings().is_empty(), "{:?}", recording.warnings());
    assert!(engine.counters().balanced(), "{:?}", engine.counters());
    assert!(engine.counters().accepted > 1_000);
    all
}

fn text(effects: &[Effect]) -> String {
    effects.iter().fold(String::new(), |mut out, effect| {
        let _ = writeln!(out, "{effect:?}");
        out
    })
}

#[test]
fn a_fixture_gives_the_same_effects_twice_and_what_was_planted() {
    for kind in SCENARIOS {
        let name = kind.name;
        let found = effects(&fixture(name, "recording.jsonl"));
        assert!(text(&found) == text(&effects(&fixture(name, "recording.jsonl"))), "{name}: not the same twice");
        let mut anomalies: Vec<(String, i64)> = Vec::new();
        let mut rang: Vec<(String, i64)> = Vec::new();
        for effect in &found {
            match effect {
                Effect::Anomaly(a) => anomalies.push((a.detector.to_string(), a.at.as_millis())),
                Effect::Alert(t) if t.alert.state == AlertState::Firing => rang.push((t.alert.rule.to_string(), t.at.as_millis())),
                _ => {}
            }
        }
        let all = planted(name);
        assert!(kind.faults.iter().all(|f| all.iter().any(|p| p.kind == f.name)), "{name}: every kind of fault");
        for fault in &all {
            for detector in &fault.detectors {
                assert!(
                    anomalies.iter().any(|(d, at)| d == detector && fault.covers(*at)),
                    "{name} {}: {detector} flags nothing",
                    fault.kind
                );
            }
            for rule in &fault.rules {
                assert!(rang.iter().any(|(r, at)| r == rule && fault.covers(*at)), "{name} {}: {rule} does not ring", fault.kind);
            }
        }
        let stray: Vec<_> = rang.iter().filter(|(rule, at)| !all.iter().any(|p| p.rules.contains(rule) && p.covers(*at))).collect();
        assert!(stray.len() <= STRAY_ALERTS, "{name}: {stray:?}");
    }
}

#[test]
fn a_recording_holds_the_configuration_beside_it_and_is_small() {
    for kind in SCENARIOS {
        let path = fixture(kind.name, "recording.jsonl");
        assert!(std::fs::metadata(&path).unwrap().len() <= SIZE_LIMIT, "{}", kind.name);
        let recording = Recording::open::<&str>(&path, &[]).unwrap();
        let beside = std::fs::read_to_string(fixture(kind.name, "bellwether.toml")).unwrap();
        assert!(recording.header().unwrap().config == beside, "{}: run `cargo test --test replay -- --ignored write_fixtures`", kind.name);
    }
}

#[test]
#[ignore = "writes the fixtures"]
fn write_fixtures() {
    for kind in SCENARIOS {
        let (mut out, name) = (Vec::new(), kind.name);
        let seconds = SECONDS.iter().find(|(n, _)| *n == name).map_or(110, |(_, s)| *s);
        let planted = scenario::recording(name, SEED, seconds, kind.config, &mut out).unwrap();
        std::fs::write(fixture(name, "recording.jsonl"), out).unwrap();
        std::fs::write(fixture(name, "expected.toml"), scenario::expected(name, SEED, seconds, &planted)).unwrap();
    }
}
