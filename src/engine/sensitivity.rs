//! The one knob: how many false alerts a week people bear from the whole console, and what that makes of thresholds.
//!
//! The budget is shared evenly by the detectors that follow it, and by a detector's series among each
//! other. The history of scores is kept whether the knob is set or not, so that it can be turned at any
//! time and the list of detectors can say what is to be expected. See `detect::calibration`.

use super::kinds;
use crate::detect::{Calibration, DetectorSpec, follows, odds};
use crate::model::{Millis, Timestamp, Verdict};
use serde_json::{Value, json};

/// The time of which the highest score counts.
const HOUR: Millis = Millis::from_secs(3_600);
/// After a restart the series of before count for so long: what is judged at all comes again within an hour, and the first
/// that comes is not judged as if it were the only one.
const AGAIN: Millis = HOUR;

/// The hour a series is in.
#[derive(Clone, Copy, Debug)]
struct Hour {
    start: Timestamp,
    highest: f64,
    /// Something was flagged in it.
    flagged: bool,
    /// The hour before had trouble: one more of it is not another false alert.
    goes_on: bool,
}

/// A detector's part.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// Whether its thresholds follow the knob.
    pub follows: bool,
    pub history: Calibration,
    /// Series, keys and groups that were judged.
    instances: usize,
    /// How many that were before a restart or a reload, and until when they count.
    before: usize,
    before_until: Option<Timestamp>,
    /// The hours of keys, for detectors on events, and of groups.
    keys: Vec<Option<Hour>>,
    /// The threshold in force, as seen last.
    pub threshold: Option<f64>,
    /// What that was worked out from: the hours known, the instances, the budget.
    worked_out: (u64, usize, f64),
    /// It was counted among those that share.
    counted: bool,
}

/// The knob with the histories of all detectors.
#[derive(Debug, Default)]
pub(super) struct Sensitivity {
    /// False alerts a week that the console may raise; `None`: kinds have their own thresholds.
    pub weekly: Option<f64>,
    pub pools: Vec<Pool>,
    /// The hours of series, by the place of their detector at work.
    series: Vec<Option<Hour>>,
    /// Detectors that follow the knob and have judged something.
    sharing: usize,
}

impl Sensitivity {
    /// The knob as it is set, with detectors that have judged nothing yet.
    pub fn new(detectors: &[DetectorSpec], weekly: Option<f64>) -> Self {
        let mut all = Self { weekly, ..Self::default() };
        all.extend(detectors);
        all
    }

    /// Further detectors, which come after the present ones.
    pub fn extend(&mut self, detectors: &[DetectorSpec]) {
        self.pools.extend(detectors.iter().map(|spec| Pool { follows: kinds::kind(spec.kind).is_some_and(follows), ..Pool::default() }));
    }

    /// Other detectors; `kept` says where each of the old ones went, with its history.
    pub fn exchange(&mut self, detectors: &[DetectorSpec], kept: &[Option<u16>]) {
        let old = std::mem::take(&mut self.pools);
        self.extend(detectors);
        for (pool, new) in old.into_iter().zip(kept) {
            if let Some(place) = new.and_then(|new| self.pools.get_mut(usize::from(new))) {
                let before = pool.instances();
                *place = Pool { history: pool.history, before, counted: place.follows && before > 0, ..std::mem::take(place) };
            }
        }
        // Detectors at work have other places now; their hours begin anew.
        self.series.clear();
        self.sharing = self.pools.iter().filter(|pool| pool.counted).count();
    }

    /// What is known of a detector's scores, to be kept over a restart; the hours at hand are not.
    pub fn save(&self, detector: usize) -> Option<Value> {
        let pool = self.pools.get(detector).filter(|pool| pool.follows && pool.instances() > 0)?;
        Some(json!({ "instances": pool.instances(), "history": pool.history.save() }))
    }

    /// Takes up what [`Sensitivity::save`] gave, unless the detector knows something already. `false`: it is something else.
    pub fn restore(&mut self, detector: usize, state: &Value) -> bool {
        let Some(pool) = self.pools.get_mut(detector).filter(|pool| pool.follows) else { return false };
        let before = state.get("instances").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (Some(before), Some(history)) = (before, state.get("history").and_then(Calibration::restore)) else { return false };
        if pool.history.hours() == 0 {
            (pool.before, pool.history) = (before, history);
            self.sharing += usize::from(pool.begins());
        }
        true
    }

    /// Turns the knob.
    pub fn set(&mut self, weekly: Option<f64>) {
        self.weekly = weekly;
        self.pools.iter_mut().for_each(|pool| pool.worked_out = (0, 0, f64::NAN));
    }

    /// The verdict on a series' sample as the knob has it: `detector` by its place in the plan, `running` by its place among those at work.
    pub fn of_series(&mut self, detector: u16, running: u32, at: Timestamp, verdict: Verdict) -> Verdict {
        let running = running as usize;
        if self.series.len() <= running {
            self.series.resize(running + 1, None);
        }
        let weekly = self.share();
        let Some(pool) = self.pools.get_mut(usize::from(detector)) else { return verdict };
        let verdict = pool.judge(&mut self.series[running], at, verdict, weekly);
        self.sharing += usize::from(pool.begins());
        verdict
    }

    /// The verdict on an event or a group as the knob has it: `key` by its place among the keys or groups of the detector.
    pub fn of_key(&mut self, detector: u16, key: usize, at: Timestamp, verdict: Verdict) -> Verdict {
        let weekly = self.share();
        let Some(pool) = self.pools.get_mut(usize::from(detector)) else { return verdict };
        let mut hour = pool.keys.get(key).copied().flatten();
        let verdict = pool.judge(&mut hour, at, verdict, weekly);
        if pool.keys.len() <= key {
            pool.keys.resize(key + 1, None);
        }
        pool.keys[key] = hour;
        self.sharing += usize::from(pool.begins());
        verdict
    }

    /// What each detector may raise in a week.
    fn share(&self) -> Option<f64> {
        Some(self.weekly? / self.sharing.max(1) as f64)
    }
}

impl Pool {
    /// Series, keys and groups that were judged, or were before.
    pub fn instances(&self) -> usize {
        self.instances.max(self.before)
    }

    /// As many at `at`.
    fn instances_at(&mut self, at: Timestamp) -> usize {
        if self.before > 0 && at > *self.before_until.get_or_insert(at + AGAIN) {
            self.before = 0;
        }
        self.instances()
    }

    /// Whether it has judged its first observation just now.
    fn begins(&mut self) -> bool {
        let begins = self.follows && self.instances() > 0 && !self.counted;
        self.counted |= begins;
        begins
    }

    fn judge(&mut self, hour: &mut Option<Hour>, at: Timestamp, verdict: Verdict, weekly: Option<f64>) -> Verdict {
        let Verdict::Scored(mut scored) = verdict else { return verdict };
        if !self.follows {
            self.threshold = Some(scored.threshold);
            self.instances += usize::from(hour.is_none());
            *hour = hour.or(Some(Hour { start: at, highest: 0.0, flagged: false, goes_on: false }));
            return verdict;
        }
        if hour.is_none() {
            self.instances += 1;
        }
        if let Some(weekly) = weekly {
            let now = (self.history.hours(), self.instances_at(at), weekly);
            if self.worked_out != now || self.threshold.is_none() {
                self.threshold = Some(self.history.threshold(scored.threshold, now.1, weekly));
                self.worked_out = now;
            }
            let threshold = self.threshold.unwrap_or(scored.threshold);
            // What a kind holds back for reasons of its own stays held back where the knob is stricter than the kind.
            let own = scored.flagged || threshold < scored.threshold;
            scored.flagged = own && scored.score >= threshold;
            scored.threshold = threshold;
        } else {
            self.threshold = Some(scored.threshold);
        }
        self.note(hour, at, odds(scored.score), scored.flagged);
        Verdict::Scored(scored)
    }

    /// Keeps the highest odds of each hour; what comes late counts for the hour at hand.
    fn note(&mut self, hour: &mut Option<Hour>, at: Timestamp, odds: f64, flagged: bool) {
        let start = at.floor_to(HOUR);
        match hour {
            Some(now) if start <= now.start => {
                now.highest = now.highest.max(odds);
                now.flagged |= flagged;
            }
            _ => {
                let before = hour.take();
                if let Some(before) = before.filter(|b| !(b.flagged && b.goes_on)) {
                    self.history.take(before.highest);
                }
                *hour = Some(Hour { start, highest: odds, flagged, goes_on: before.is_some_and(|b| b.flagged) });
            }
        }
    }
}

#[cfg(test)]
#[path = "sensitivity_tests.rs"]
mod tests;
