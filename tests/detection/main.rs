//! Every kind of detector over labelled series, and the outcome as a table in review: a change of a
//! detector shows there, series by series.
//!
//! `cargo test --test detection -- --ignored write_series` writes the files anew after a change of
//! `series.rs`. `tests/detection/table` makes the greater table, `TABLE.md`, from the same files.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test that needs it")]
#![expect(clippy::disallowed_methods, reason = "fixtures are files")]

mod series;

use bellwether::detect::{KINDS, Kind, ParamValue, Params, Sees};
use bellwether::model::{Millis, Observation, Timestamp};
use series::Series;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Flags at most this many sampling steps apart are one alert.
const GAP: i64 = 12;
/// An alert still open after a day is told again: a new alert.
const AGAIN_S: i64 = 86_400;
/// The first rows are never scored: this share of them, and at most so many.
const PROBATION: (usize, usize) = (15, 750);

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "detection"].iter().collect()
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn csv(series: &Series) -> String {
    let mut text = "timestamp,value\n".to_owned();
    for (at, x) in &series.rows {
        writeln!(text, "{},{x}", time(*at)).unwrap();
    }
    text
}

/// Windows and labels by file, as the scorer reads them.
fn marks(all: &[Series]) -> [(&'static str, String); 2] {
    let at = |series: &Series, row: usize| time(series.rows[row].0);
    let windows: BTreeMap<&str, Vec<[String; 2]>> =
        all.iter().map(|s| (s.name, s.windows().iter().map(|(a, b)| [at(s, *a), at(s, *b)]).collect())).collect();
    let labels: BTreeMap<&str, Vec<String>> = all.iter().map(|s| (s.name, s.planted.iter().map(|(a, _)| at(s, *a)).collect())).collect();
    let text = |value: serde_json::Value| serde_json::to_string_pretty(&value).unwrap() + "\n";
    [("windows.json", text(serde_json::json!(windows))), ("labels.json", text(serde_json::json!(labels)))]
}

#[test]
fn the_files_are_what_the_generators_make() {
    let all = series::all();
    for series in &all {
        let kept = std::fs::read_to_string(folder().join("data").join(series.name)).unwrap();
        assert!(kept == csv(series), "{} is not what series.rs makes", series.name);
        assert!(series.planted.iter().all(|(from, _)| *from > probation(series.rows.len())), "{}", series.name);
    }
    for (file, text) in marks(&all) {
        assert!(std::fs::read_to_string(folder().join(file)).unwrap() == text, "{file} is not what series.rs makes");
    }
}

#[test]
#[ignore = "writes the files anew"]
fn write_series() {
    let all = series::all();
    for series in &all {
        let path = folder().join("data").join(series.name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, csv(series)).unwrap();
    }
    for (file, text) in marks(&all) {
        std::fs::write(folder().join(file), text).unwrap();
    }
}

fn probation(rows: usize) -> usize {
    (rows * PROBATION.0 / 100).min(PROBATION.1)
}

/// Parameters other than the defaults, so that the test stays fast where nothing is optimised.
fn params(kind: &Kind) -> Params {
    let fewer = |name: &str, n| Params([(name.to_owned(), ParamValue::Number(n))].into());
    match kind.name {
        "isolation-forest" => fewer("trees", 25.0),
        _ => Params::default(),
    }
}

/// The rows a kind flags.
fn flags(kind: &Kind, series: &Series) -> Vec<usize> {
    let mut detector = (kind.build)(&params(kind), 0);
    let mut flags = Vec::new();
    for (i, (at, x)) in series.rows.iter().enumerate() {
        let (at, x) = (Timestamp::from_millis(at * 1_000), [*x]);
        let seen = Observation::Numbers(&x);
        let told = if kind.ticks { detector.missing(at - Millis::new(1)) } else { None };
        let judged = detector.judge(at, &seen);
        if [Some(judged), told].into_iter().flatten().any(|verdict| verdict.scored().is_some_and(|scored| scored.flagged)) {
            flags.push(i);
        }
        detector.learn(at, &seen);
    }
    flags
}

/// Windows in which an alert opens, and alerts that open elsewhere.
fn outcome(series: &Series, flags: &[usize]) -> (usize, usize) {
    let mut steps: Vec<i64> = series.rows.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|step| *step > 0).collect();
    steps.sort_unstable();
    let gap = GAP * steps[steps.len() / 2];
    let windows = series.windows();
    let (mut hit, mut stray) = (vec![false; windows.len()], 0);
    let mut open: Option<(i64, i64)> = None;
    for &i in flags.iter().filter(|i| **i >= probation(series.rows.len())) {
        let at = series.rows[i].0;
        let start = match open {
            Some((start, last)) if at - last <= gap && at - start < AGAIN_S => start,
            _ => {
                match windows.iter().position(|(from, to)| (*from..=*to).contains(&i)) {
                    Some(window) => hit[window] = true,
                    None => stray += 1,
                }
                at
            }
        };
        open = Some((start, at));
    }
    (hit.into_iter().filter(|hit| *hit).count(), stray)
}

/// What a kind finds in each series, and in all.
fn block(kind: &Kind, all: &[Series]) -> String {
    let (mut found, mut planted, mut strays) = (0, 0, 0);
    let mut lines = String::new();
    for series in all {
        let (hit, stray) = outcome(series, &flags(kind, series));
        (found, planted, strays) = (found + hit, planted + series.planted.len(), strays + stray);
        let stray = if stray > 0 { format!("  {stray} false") } else { String::new() };
        writeln!(lines, "  {:28}{hit}/{}{stray}", series.name, series.planted.len()).unwrap();
    }
    format!("{}: {found}/{planted}, {strays} false\n{lines}\n", kind.name)
}

#[test]
fn what_each_kind_finds_in_each_series() {
    let all = &series::all();
    // Kinds that need to be told a limit say nothing without one; kinds of groups and texts see other data.
    let judging = |kind: &&Kind| kind.sees == Sees::Numbers && kind.check_params(&Params::default()).is_empty();
    let kinds: Vec<&Kind> = KINDS.iter().copied().filter(judging).collect();
    let part = |nth: usize| kinds.iter().enumerate().skip(nth).step_by(2).map(|(place, kind)| (place, block(kind, all))).collect();
    let mut blocks: Vec<(usize, String)> = std::thread::scope(|scope| {
        let beside = scope.spawn(|| -> Vec<_> { part(1) });
        let mut blocks: Vec<_> = part(0);
        blocks.extend(beside.join().unwrap());
        blocks
    });
    blocks.sort();
    let mut out = "windows found/planted, and false alerts where there are any, by each kind as it comes\n\n".to_owned();
    out.extend(blocks.into_iter().map(|block| block.1));
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("table", out);
    });
}
