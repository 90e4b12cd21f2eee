//! What is judged and not learned, because an alert fires over it: it stays odd for as long as it lasts, it is no gap, and
//! once people accept it, it is usual soon.

use super::{is_flagged, made, of_numbers, step, step_at};
use bellwether::detect::Kind;
use bellwether::model::{Observation, Timestamp, Verdict};
use bellwether::stats::random::Random;

/// A usual sample: a level with noise, or of `shape`, which knows forms, a wave.
fn usual(kind: &Kind, i: usize, random: &mut Random) -> f64 {
    let turn = i as f64 / 48.0 * std::f64::consts::TAU;
    if kind.name == "shape" { 20.0 + 3.0 * turn.sin() + 0.1 * random.normal() } else { 20.0 + random.normal() }
}

/// What a kind is there to flag for as long as it lasts.
fn odd(kind: &Kind, i: usize, random: &mut Random) -> f64 {
    match kind.name {
        "flat-line" => 20.25,
        "shape" => 20.0 + [3.0, -3.0][i % 2] * random.unit(),
        _ => 60.0 + random.normal(),
    }
}

/// Shares in percent: usual ones flagged in the end, and odd ones that must be flagged as long as they last. A limit is
/// set below some of the usual ones, a tenth and a hundredth is asked of the forests; a step is over once it is made,
/// what is new is told once, and absence looks for nothing in values.
fn shares_of(kind: &Kind) -> (usize, usize) {
    match kind.name {
        "isolation-forest" => (25, 99),
        "random-cut-forest" => (5, 99),
        "rate-of-change" | "novelty" | "absence" => (1, 0),
        "shape" => (1, 90),
        _ => (1, 99),
    }
}

/// While an alert fires, what is flagged is judged and not learned. That is no gap, however long it lasts; time in which
/// nothing comes is one.
#[test]
fn trouble_that_is_withheld_stays_odd_and_is_no_gap() {
    for kind in of_numbers() {
        for step_ms in [1_000, 300_000] {
            let (mut detector, mut random) = (made(kind), Random::new(11));
            let moment = |i: usize| Timestamp::from_millis(i as i64 * step_ms);
            for i in 0..2_000 {
                step_at(kind, detector.as_mut(), i as i64 * step_ms, &[usual(kind, i, &mut random)]);
            }
            // Until it is known for what it is, it is learned: a frozen value, a new level.
            let known = (2_000..2_060).find(|&i| {
                let x = [odd(kind, i, &mut random)];
                let flagged = is_flagged(&detector.judge(moment(i), &Observation::Numbers(&x)));
                if !flagged {
                    detector.learn(moment(i), &Observation::Numbers(&x));
                }
                flagged
            });
            let begin = known.unwrap_or(2_060) + 1;
            let end = begin + 1_000;
            let mut flags = 0;
            for i in begin..end {
                let verdict = detector.judge(moment(i), &Observation::Numbers(&[odd(kind, i, &mut random)]));
                assert!(verdict.scored().is_some() || kind.name == "absence", "{} {step_ms} {i}: {verdict:?}", kind.name);
                flags += usize::from(is_flagged(&verdict));
                // A start in between changes nothing.
                if i == 2_500 {
                    let state = detector.save();
                    detector = made(kind);
                    detector.restore(&state).unwrap();
                }
            }
            let (calm, most) = shares_of(kind);
            assert!(flags >= (end - begin) * most / 100, "{} {step_ms}: {flags} of {}", kind.name, end - begin);
            let mut after = 0;
            for i in end..end + 600 {
                let x = [usual(kind, i, &mut random)];
                let verdict = detector.judge(moment(i), &Observation::Numbers(&x));
                if !is_flagged(&verdict) || kind.name == "isolation-forest" {
                    detector.learn(moment(i), &Observation::Numbers(&x));
                }
                after += usize::from(i >= end + 100 && is_flagged(&verdict));
            }
            assert!(after <= 500 * calm / 100, "{} {step_ms}: {after} of 500 flagged long after", kind.name);
            // A gap stays one until something is learned.
            for later in [0, 1] {
                let verdict = detector.judge(moment(1_000_000 + later), &Observation::Numbers(&[20.25]));
                let anew = matches!(verdict, Verdict::Learning { .. });
                assert_eq!(anew, matches!(kind.name, "ewma" | "shape"), "{} {step_ms}: {verdict:?}", kind.name);
            }
        }
    }
}

/// What people accept is the new level: after a handful of samples it is as quiet as the old one was.
#[test]
fn what_is_accepted_is_usual_soon() {
    for kind in of_numbers().filter(|kind| kind.name != "threshold") {
        for held in [1, 300] {
            let (mut detector, mut random) = (made(kind), Random::new(12));
            for i in 0..4_000 {
                step(kind, detector.as_mut(), i * 1_000, &[usual(kind, i, &mut random)]);
            }
            for i in 4_000..4_000 + held {
                detector.judge(Timestamp::from_millis(i as i64 * 1_000), &Observation::Numbers(&[60.0 + random.normal()]));
            }
            detector.accept();
            let mut flags = Vec::new();
            for i in 0..400 {
                let level = if kind.name == "shape" { usual(kind, i, &mut random) + 40.0 } else { 60.0 + random.normal() };
                if is_flagged(&step(kind, detector.as_mut(), (4_000 + held + i) * 1_000, &[level])) {
                    flags.push(i);
                }
            }
            // Of a form the window must have passed, and what it missed must have faded.
            let soon = if kind.name == "shape" { 60 } else { 12 };
            let late = flags.iter().filter(|i| **i >= soon).count();
            let most = match kind.name {
                "isolation-forest" => 100,
                // One more change may be told while the new level is learned, a dozen times.
                "change-point" => 12,
                _ => 4,
            };
            assert!(late <= most, "{} {held}: {flags:?}", kind.name);
        }
    }
}
