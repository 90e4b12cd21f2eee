//! The one knob: how many false alerts a week people bear from the whole console, and what that makes of thresholds.
//!
//! The budget is shared evenly by the detectors that follow it, and by a detector's series among each
//! other. The history of scores is kept whether the knob is set or not, so that it can be turned at any
//! time and the list of detectors can say what is to be expected. See `detect::calibration`.

use super::kinds;
use super::sensitivity_own::{HOUR, Own, Usual};
use crate::detect::{Calibration, DetectorSpec, LOWEST, cold, follows, odds, score_of_odds as score};
use crate::model::{Millis, Timestamp, Verdict};
use crate::stats::log::{exp, ln};
use serde_json::{Value, json};

/// After a restart the series of before count for so long: what is judged at all comes again within an hour, and the first
/// that comes is not judged as if it were the only one.
const AGAIN: Millis = HOUR;

/// The least level that is taken for usual, in odds at the kind's own threshold: half the distance. Series that never score have no lower one.
const LEAST_LEVEL: f64 = 0.25;
/// The mean of all instances is that of the last hours of each.
const FEW_ROUNDS: f64 = 4.0;

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
    keys: Vec<Own>,
    /// The threshold in force, as seen last.
    pub threshold: Option<f64>,
    /// What that was worked out from: the hours known, the instances, the budget.
    worked_out: (u64, usize, f64),
    /// How many times what is usual of it an instance has to reach; `None` while too little is known.
    times: Option<f64>,
    /// The mean of what is usual of the instances, as a logarithm, and how many hours it is of.
    all: f64,
    closed: u64,
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
    series: Vec<Own>,
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
                let (all, closed, counted) = (pool.all, pool.closed, place.follows && before > 0);
                *place = Pool { history: pool.history, before, all, closed, counted, ..std::mem::take(place) };
            }
        }
        // Detectors at work have other places now; their hours begin anew.
        self.series.clear();
        self.sharing = self.pools.iter().filter(|pool| pool.counted).count();
    }

    /// What is known of a detector's scores, to be kept over a restart; the hours at hand are not.
    pub fn save(&self, detector: usize) -> Option<Value> {
        let pool = self.pools.get(detector).filter(|pool| pool.follows && pool.instances() > 0)?;
        Some(json!({ "instances": pool.instances(), "history": pool.history.save(), "usual": pool.all, "closed": pool.closed }))
    }

    /// Takes up what [`Sensitivity::save`] gave, unless the detector knows something already. `false`: it is something else.
    pub fn restore(&mut self, detector: usize, state: &Value) -> bool {
        let Some(pool) = self.pools.get_mut(detector).filter(|pool| pool.follows) else { return false };
        let before = state.get("instances").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let usual = state.get("usual").and_then(Value::as_f64).zip(state.get("closed").and_then(Value::as_u64));
        let (Some(before), Some(history), Some((all, closed))) = (before, state.get("history").and_then(Calibration::restore), usual)
        else {
            return false;
        };
        if pool.history.watched() == 0 {
            (pool.before, pool.history, pool.all, pool.closed) = (before, history, all, closed);
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
            self.series.resize_with(running + 1, Own::default);
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
        let mut own = pool.keys.get_mut(key).map(std::mem::take).unwrap_or_default();
        let verdict = pool.judge(&mut own, at, verdict, weekly);
        if pool.keys.len() <= key {
            pool.keys.resize_with(key + 1, Own::default);
        }
        pool.keys[key] = own;
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

    fn judge(&mut self, own: &mut Own, at: Timestamp, verdict: Verdict, weekly: Option<f64>) -> Verdict {
        let Verdict::Scored(mut scored) = verdict else { return verdict };
        self.instances += usize::from(!own.begun());
        if !self.follows {
            self.threshold = Some(scored.threshold);
            own.note(at, (0.0, 0.0), (false, false));
            return verdict;
        }
        let (odds, limit) = (odds(scored.score), odds(scored.threshold));
        let usual = own.usual(|| self.usual(), LEAST_LEVEL * limit);
        let mut beyond = scored.flagged;
        if let Some(weekly) = weekly {
            let now = (self.history.fits(), self.instances_at(at), weekly);
            if self.worked_out != now {
                self.times = self.history.times(now.1, weekly);
                self.worked_out = now;
            }
            let least = match self.times {
                // Finite, whatever the tail says.
                Some(times) => usual.odds(times).clamp(limit * LOWEST, 1e300),
                None => limit * cold(now.1, weekly),
            };
            let threshold = score(least);
            // What a kind holds back for reasons of its own stays held back where the knob is stricter than the kind.
            beyond = (scored.flagged || least < limit) && odds >= least;
            scored.flagged = beyond && own.news(odds, weekly / now.1.max(1) as f64);
            scored.threshold = threshold;
            self.threshold = Some(threshold);
        } else {
            self.threshold = Some(scored.threshold);
        }
        if let Some(over) = own.note(at, (odds, usual.times(odds)), (beyond, scored.flagged)) {
            if let Some(times) = over.times {
                self.history.take(over.hour, times, self.instances);
            }
            if let Some(usual) = over.usual {
                self.learn(usual, limit);
                if weekly.is_none() {
                    // What is to be expected at the kind's own threshold, of an instance like most.
                    self.times = Some(self.usual().at_least(LEAST_LEVEL * limit).times(limit));
                }
            }
        }
        Verdict::Scored(scored)
    }

    /// False alerts to be expected in a week; `None` while too little is known.
    pub fn weekly(&self) -> Option<f64> {
        self.times.filter(|_| self.follows).and_then(|times| self.history.weekly(times, self.instances()))
    }

    /// What is usual of all instances, from what is of one.
    fn learn(&mut self, usual: Usual, limit: f64) {
        self.closed += 1;
        let usual = usual.at_least(LEAST_LEVEL * limit);
        let pace = (self.closed as f64).min(FEW_ROUNDS * self.instances.max(1) as f64);
        // As a logarithm, or one instance that is always as odd as can be would be all of it.
        self.all += (ln(usual.top.max(f64::MIN_POSITIVE)) - self.all) / pace;
    }

    /// What is usual of all instances.
    fn usual(&self) -> Usual {
        if self.closed == 0 { Usual::default() } else { Usual { top: exp(self.all) } }
    }
}

#[cfg(test)]
#[path = "sensitivity_tests.rs"]
mod tests;
