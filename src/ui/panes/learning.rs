//! What a detector still learns, and how long that takes: what it needs, by the usual distance of its series' samples.
//!
//! Met by the overview, the titles of charts and the list of detectors.

use super::target;
use crate::model::{Millis, SeriesId, Subject};
use crate::ui::{DetectorStatus, Language, Scene, times};

/// How long until it judges; `None` where nobody knows how often its observations come.
pub fn left(status: &DetectorStatus, scene: &Scene<'_>) -> Option<Millis> {
    let Subject::Series(key) = &status.subject else { return status.left };
    // A group of series has no samples of its own.
    let Some(id) = scene.store.find(key) else { return status.left };
    // Two samples say how far apart they are; before, there is only a step that was given.
    let info = scene.store.info(id);
    if info.spec.step.is_none() && info.samples < 2 {
        return None;
    }
    let more = i64::try_from(status.needed.saturating_sub(status.seen)).ok()?;
    Some(Millis::new(more.saturating_mul(target::spacing(scene.store, id).get())))
}

/// The words for that: `learning, 4 m left`, or `learning, 12 of 30` where the time is not known.
pub fn words(status: &DetectorStatus, scene: &Scene<'_>, language: Language) -> String {
    match left(status, scene) {
        Some(left) => language.fill("learning, {0} left", &[&times::age_in(left, language)]),
        None => language.fill("learning, {0} of {1}", &[&status.seen.to_string(), &status.needed.to_string()]),
    }
}

/// What is told of a series whose detectors have not judged yet, the one that takes longest; empty where all have.
pub fn of_series(id: SeriesId, scene: &Scene<'_>) -> String {
    let key = &scene.store.info(id).key;
    let of = scene.learning.iter().filter(|s| matches!(&s.subject, Subject::Series(k) if k == key));
    let slowest = of.max_by_key(|s| s.needed.saturating_sub(s.seen));
    slowest.map_or_else(String::new, |status| words(status, scene, scene.language))
}
