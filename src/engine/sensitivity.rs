//! The one knob: how many false alerts a week people bear from the whole console, and what that makes of thresholds.
//!
//! The budget is shared evenly by the detectors that follow it, and by a detector's series among each
//! other. The history of scores is kept whether the knob is set or not, so that it can be turned at any
//! time and the list of detectors can say what is to be expected. See `detect::calibration`.

use super::machine::Engine;
use crate::detect::{Calibration, DetectorSpec, follows, kind, odds};
use crate::model::{Millis, Timestamp, Verdict};
use std::sync::Arc;

/// The time of which the highest score counts.
const HOUR: Millis = Millis::from_secs(3_600);

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
struct Pool {
    /// Whether its thresholds follow the knob.
    follows: bool,
    history: Calibration,
    /// Series and keys that were judged.
    instances: usize,
    /// The hours of keys, for detectors on events.
    keys: Vec<Option<Hour>>,
    /// The kind's own threshold and the one in force, as seen last.
    own: f64,
    threshold: Option<f64>,
    /// What that was worked out from: the hours known, the instances, the budget.
    worked_out: (u64, usize, f64),
    /// It was counted among those that share.
    counted: bool,
}

/// The knob with the histories of all detectors.
#[derive(Debug, Default)]
pub(super) struct Sensitivity {
    /// False alerts a week that the console may raise; `None`: kinds have their own thresholds.
    weekly: Option<f64>,
    pools: Vec<Pool>,
    /// The hours of series, by the place of their detector at work.
    series: Vec<Option<Hour>>,
    /// Detectors that follow the knob and have judged something.
    sharing: usize,
}

/// How strictly a detector judges.
#[derive(Clone, Debug, PartialEq)]
pub struct Strictness {
    /// The detector's name.
    pub detector: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// Whether it follows the knob.
    pub follows: bool,
    /// Series and keys it has judged.
    pub instances: usize,
    /// The score from which on it flags; `None` before the first verdict.
    pub threshold: Option<f64>,
    /// False alerts to be expected of all of them in a week; `None` while too little is known.
    pub weekly: Option<f64>,
    /// Hours of series its history holds.
    pub hours: u64,
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
        self.pools.extend(detectors.iter().map(|spec| Pool { follows: kind(spec.kind).is_some_and(follows), ..Pool::default() }));
    }

    /// Other detectors; `kept` says where each of the old ones went, with its history.
    pub fn exchange(&mut self, detectors: &[DetectorSpec], kept: &[Option<u16>]) {
        let old = std::mem::take(&mut self.pools);
        self.extend(detectors);
        for (pool, new) in old.into_iter().zip(kept) {
            if let Some(place) = new.and_then(|new| self.pools.get_mut(usize::from(new))) {
                place.history = pool.history;
            }
        }
        // Detectors at work have other places now; their hours begin anew.
        self.series.clear();
        self.sharing = 0;
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

    /// The verdict on an event as the knob has it: `key` by its place among the keys of the detector.
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
    /// Whether it has judged its first observation just now.
    fn begins(&mut self) -> bool {
        let begins = self.follows && self.instances > 0 && !self.counted;
        self.counted |= begins;
        begins
    }

    fn judge(&mut self, hour: &mut Option<Hour>, at: Timestamp, verdict: Verdict, weekly: Option<f64>) -> Verdict {
        let Verdict::Scored(mut scored) = verdict else { return verdict };
        self.own = scored.threshold;
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
            let now = (self.history.hours(), self.instances, weekly);
            if self.worked_out != now || self.threshold.is_none() {
                self.threshold = Some(self.history.threshold(scored.threshold, self.instances, weekly));
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

impl Engine {
    /// How many false alerts a week the whole console may raise; `None`: kinds have their own thresholds.
    pub fn weekly_budget(&self) -> Option<f64> {
        self.judge.sensitivity.weekly
    }

    /// How strictly each detector judges, in the order of the configuration.
    pub fn strictness(&self) -> Vec<Strictness> {
        let all = &self.judge.sensitivity;
        let one = |(spec, pool): (&DetectorSpec, &Pool)| Strictness {
            detector: Arc::clone(&spec.name),
            kind: spec.kind,
            follows: pool.follows,
            instances: pool.instances,
            threshold: pool.threshold,
            weekly: pool.threshold.filter(|_| pool.follows).and_then(|t| pool.history.weekly(t, pool.instances)),
            hours: pool.history.hours(),
        };
        self.judge.detectors.iter().zip(&all.pools).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DetectorOn, Params};
    use crate::model::{Baseline, Pattern, Scored};
    use crate::stats::random::Random;

    fn spec(kind: &'static str) -> DetectorSpec {
        let (on, params) = (DetectorOn::Metric("m".into()), Params::default());
        DetectorSpec { name: kind.into(), kind, on, params, keys_max: 10_000, accept_after: Millis::ZERO }
    }

    fn verdict(score: f64) -> Verdict {
        let (expected, pattern, baseline) = (None, Pattern::Spike, Baseline::none("sigma"));
        Verdict::Scored(Scored { score, threshold: 0.5, flagged: score >= 0.5, expected, pattern, baseline })
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_millis(hour * 3_600_000)
    }

    /// What the knob may change of a verdict.
    fn told(verdict: &Verdict) -> Option<(u64, u64, bool)> {
        verdict.scored().map(|s| (s.score.to_bits(), s.threshold.to_bits(), s.flagged))
    }

    fn flagged(verdict: &Verdict) -> bool {
        verdict.scored().is_some_and(|s| s.flagged)
    }

    #[test]
    fn without_the_knob_kinds_judge_by_their_own() {
        let mut all = Sensitivity::new(&[spec("sigma")], None);
        for score in [0.2, 0.5, 0.9] {
            assert_eq!(told(&all.of_series(0, 0, at(0), verdict(score))), told(&verdict(score)));
        }
    }

    #[test]
    fn limits_that_were_set_are_never_moved() {
        let mut all = Sensitivity::new(&[spec("threshold")], Some(0.001));
        for series in 0..1_000 {
            assert_eq!(told(&all.of_series(0, series, at(0), verdict(0.5))), told(&verdict(0.5)));
        }
    }

    #[test]
    fn many_series_are_judged_more_strictly_from_the_start() {
        let mut all = Sensitivity::new(&[spec("sigma"), spec("isolation-forest")], Some(1.0));
        assert!(flagged(&all.of_series(0, 0, at(0), verdict(0.51))), "one series may flag as it is made to");
        for series in 1..10_000 {
            all.of_series(0, series, at(0), verdict(0.1));
        }
        assert!(!flagged(&all.of_series(0, 5, at(0), verdict(0.7))));
        assert!(flagged(&all.of_series(0, 5, at(0), verdict(0.9))));
        all.set(None);
        assert!(flagged(&all.of_series(0, 5, at(0), verdict(0.51))));
        all.set(Some(1_000_000.0));
        assert!(flagged(&all.of_series(0, 5, at(0), verdict(0.51))));
    }

    #[test]
    fn trouble_that_lasts_counts_once_and_history_sets_the_threshold() {
        let mut all = Sensitivity::new(&[spec("sigma")], Some(1.0));
        let mut random = Random::new(1);
        for hour in 0..400 {
            // Odds that are exponential, with a mean of one twentieth.
            let score = crate::detect::score_of_odds(-random.unit().max(1e-12).ln() / 20.0);
            let score = if (100..300).contains(&hour) { 0.999 } else { score };
            all.of_series(0, 0, at(hour), verdict(score));
        }
        assert_eq!(all.pools[0].history.hours(), 200, "of two hundred hours of trouble one counts, and the last hour is open");
        for hour in 400..500 {
            all.of_series(0, 0, at(hour), verdict(0.05));
        }
        let threshold = all.pools[0].threshold.unwrap();
        assert!(all.pools[0].history.is_known() && threshold < 0.4, "{threshold}: much calmer than its kind thinks");
    }
}
