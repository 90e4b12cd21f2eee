//! Whether the members of a label are so alike that the others tell what is usual of one: a fleet.
//!
//! Only machines that report at one pace, each about as high as the others, are taken for one: of users,
//! places or goods nobody expects that they move together. Whoever watches a topic of nodes or pods meets it.

use super::pick::{Label, Picked};
use super::words;
use crate::stats::rank::median;

/// Fewer are no group, as the kind `peers` has it.
const LEAST: usize = 3;
/// Events of one that are needed to tell how high it is.
const EVENTS: usize = 4;
/// How many times higher or lower, or more or less often, than the middle of all is still alike.
const TIMES: f64 = 2.0;
/// Deviations of single values by which small numbers may lie apart, such as counts of errors near zero.
const DEVIATIONS: f64 = 3.0;
/// The share of members that must be alike: one or two may be odd already.
const MOST: f64 = 0.8;
/// Steps with the events a second and series from which on they hold two or more: moments in which nearly all have come.
const STEPS: [(&str, f64); 3] = [("2s", 0.9), ("5s", 0.4), ("10s", 0.2)];

/// The step at which the members have moments in common; `None`: they are not alike, or too slow for it.
pub(super) fn step(found: &Picked, path: &str, label: &Label) -> Option<&'static str> {
    if !label.thing || !words::is_machine(&label.path) || label.values.len() < LEAST {
        return None;
    }
    let rate = found.rate? / label.values.len() as f64;
    let step = STEPS.iter().find(|(_, least)| rate >= *least).map(|(step, _)| *step)?;
    alike(found, path, label).then_some(step)
}

fn alike(found: &Picked, path: &str, label: &Label) -> bool {
    let of = |value: &String| -> Vec<f64> {
        let own = found.shape.events.iter().filter(|e| e.fields.get(&label.path).and_then(|v| v.as_str()) == Some(value));
        own.filter_map(|e| e.fields.get(path)?.as_f64()).collect()
    };
    let mut members: Vec<Vec<f64>> = label.values.iter().map(of).collect();
    let needed = (MOST * members.len() as f64).ceil() as usize;
    members.retain(|numbers| numbers.len() >= EVENTS);
    if members.len() < needed.max(LEAST) {
        return false;
    }
    let mut counts: Vec<f64> = members.iter().map(|numbers| numbers.len() as f64).collect();
    let mut levels: Vec<f64> = members.iter_mut().filter_map(|numbers| median(numbers)).collect();
    let mut spreads: Vec<f64> = members.iter().zip(&levels).filter_map(|(numbers, level)| spread(numbers, *level)).collect();
    let (Some(often), Some(high), Some(apart)) = (middle(&counts), middle(&levels), median(&mut spreads)) else { return false };
    counts.retain(|n| (often / TIMES..=often * TIMES).contains(n));
    levels.retain(|level| {
        let share = level / high;
        (1.0 / TIMES..=TIMES).contains(&share) || (level - high).abs() <= DEVIATIONS * apart
    });
    counts.len() >= needed && levels.len() >= needed
}

fn middle(numbers: &[f64]) -> Option<f64> {
    median(&mut numbers.to_vec())
}

fn spread(numbers: &[f64], level: f64) -> Option<f64> {
    median(&mut numbers.iter().map(|x| (x - level).abs()).collect::<Vec<_>>())
}
