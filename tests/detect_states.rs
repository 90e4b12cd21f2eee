//! States of detectors come from a file that anybody may have edited or a disk may have spoilt: whatever one holds, it is
//! refused, or the detector works on with it. It never ends the program, and no score leaves its bounds.

use bellwether::detect::{KINDS, Kind, ParamValue, Params, Sees};
use bellwether::model::{Detector, Millis, Observation, Timestamp};
use bellwether::stats::random::Random;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Spoilt states tried of each kind.
const TRIES: usize = 300;
/// The members of a group, and the texts of a category.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Numbers that no state should hold where a count, a place or a moment stands.
const WHOLE: [i64; 9] = [0, 1, -1, 2, 255, 256, 65_536, i64::MAX, i64::MIN];
/// Numbers that are finite and not much more.
const REAL: [f64; 8] = [0.0, -0.0, -1.0, 1e-308, 1e150, 1e308, f64::MAX, f64::MIN];

fn made(kind: &Kind) -> Box<dyn Detector> {
    let mut params = Params::default();
    for (name, x) in match kind.name {
        "threshold" => &[("above", 24.0)][..],
        "random-cut-forest" => &[("trees", 10.0), ("sample_size", 64.0)],
        "isolation-forest" => &[("trees", 4.0), ("sample_size", 16.0), ("refit", 50.0), ("window", 200.0), ("min", 40.0)],
        _ => &[],
    } {
        params.0.insert((*name).to_owned(), ParamValue::Number(*x));
    }
    assert_eq!(kind.check_params(&params), [], "{}", kind.name);
    (kind.build)(&params, 5)
}

/// Judges and learns a few observations; answers whether every score kept its bounds.
fn works(kind: &Kind, detector: &mut dyn Detector, from: i64, n: i64, random: &mut Random) -> bool {
    let mut sound = true;
    for i in from..from + n {
        let (at, x) = (Timestamp::from_millis(i * 60_000), 20.0 + random.normal() + 4.0 * (i as f64 / 60.0).sin());
        let members: [(&str, f64); 5] = std::array::from_fn(|place| (NAMES[place], x + place as f64 / 8.0));
        let seen = match kind.sees {
            Sees::Numbers => Observation::Numbers(&[x]),
            Sees::Category => Observation::Category(NAMES[i as usize % NAMES.len()]),
            Sees::Group => Observation::Group(&members),
        };
        let verdict = detector.judge(at, &seen);
        sound &= verdict.scored().is_none_or(|s| (0.0..=1.0).contains(&s.score));
        detector.learn(at, &seen);
        if i % 50 == 0 {
            detector.accept();
        }
        let missing = detector.missing(at + Millis::from_secs(30));
        sound &= missing.as_ref().and_then(|v| v.scored()).is_none_or(|s| (0.0..=1.0).contains(&s.score));
        let _ = (detector.missed().len(), detector.shares(&seen), detector.memory());
    }
    sound
}

/// How many leaves a state has.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(leaves).sum::<usize>() + 1,
        Value::Object(map) => map.values().map(leaves).sum::<usize>() + 1,
        _ => 1,
    }
}

/// Spoils the leaf at `place`, counted as [`leaves`] does.
fn spoil(value: &mut Value, place: &mut usize, random: &mut Random) {
    if *place == 0 {
        *place = usize::MAX;
        *value = spoilt(value, random);
        return;
    }
    *place -= 1;
    match value {
        Value::Array(list) => list.iter_mut().for_each(|v| spoil_next(v, place, random)),
        Value::Object(map) => map.values_mut().for_each(|v| spoil_next(v, place, random)),
        _ => {}
    }
}

fn spoil_next(value: &mut Value, place: &mut usize, random: &mut Random) {
    // Far from nought after the one leaf was spoilt: the others stay.
    if *place < usize::MAX / 2 {
        spoil(value, place, random);
    }
}

fn spoilt(value: &Value, random: &mut Random) -> Value {
    let mut pick = |n: usize| random.below(n as u64) as usize;
    match value {
        // Numbers, sixteen digits each: one is exchanged, or all, or some are lost or doubled.
        Value::String(text) if text.len() >= 16 && text.len().is_multiple_of(16) => {
            let of = |x: f64| format!("{:016x}", x.to_bits());
            let (n, new) = (text.len() / 16, of(REAL[pick(REAL.len())]));
            let at = pick(n) * 16;
            match pick(6) {
                0 => new.repeat(n).into(),
                1 => text[16..].into(),
                2 => format!("{text}{new}").into(),
                3 => of(f64::NAN).repeat(n).into(),
                _ => format!("{}{new}{}", &text[..at], &text[at + 16..]).into(),
            }
        }
        Value::Number(_) if pick(4) > 0 => WHOLE[pick(WHOLE.len())].into(),
        Value::Array(list) if pick(4) > 0 && !list.is_empty() => {
            let mut list = list.clone();
            match pick(4) {
                0 => list.clear(),
                1 => list.truncate(list.len() / 2),
                2 => list.extend(list.clone()),
                _ => list.reverse(),
            }
            list.into()
        }
        _ => [Value::Null, u64::MAX.into(), "x".into(), Vec::<u8>::new().into(), true.into(), (-1).into(), 0.5.into()][pick(7)].clone(),
    }
}

#[test]
fn no_spoilt_state_ends_the_program_or_gives_a_score_out_of_bounds() {
    let mut bad = Vec::new();
    let mut accepted = 0;
    for kind in KINDS {
        let mut random = Random::new(11);
        let mut taught = made(kind);
        works(kind, taught.as_mut(), 0, 700, &mut random);
        let state = taught.save();
        for attempt in 0..TRIES {
            let (mut other, mut place) = (state.clone(), random.below(leaves(&state) as u64) as usize);
            spoil(&mut other, &mut place, &mut random);
            let seed = attempt as u64;
            let run = || {
                let mut detector = made(kind);
                match detector.restore(&other) {
                    Ok(()) => Some(works(kind, detector.as_mut(), 700, 120, &mut Random::new(seed)) && !detector.save().is_null()),
                    Err(_) => None,
                }
            };
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(None) => {}
                Ok(Some(true)) => accepted += 1,
                Ok(Some(false)) => bad.push(format!("{}: attempt {attempt}: a score out of bounds, or no state", kind.name)),
                Err(_) => bad.push(format!("{}: attempt {attempt}: panicked", kind.name)),
            }
        }
    }
    assert!(bad.is_empty(), "{} of {}:\n{}", bad.len(), KINDS.len() * TRIES, bad.join("\n"));
    assert!(accepted > KINDS.len() * TRIES / 10, "nearly all were refused ({accepted} taken): nothing was tried");
}
