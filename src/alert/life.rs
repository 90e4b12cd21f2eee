//! The life of one alert: inactive → pending → firing → resolved, with `stale` beside it.
//!
//! All times are event times, except staleness, which is silence on the machine's clock. An
//! observation moves a life, and so does time that passes without one; neither reads a clock.

use super::{AlertState, RuleSpec, When};
use crate::model::{Millis, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// One step of a life: where it came from, where it went, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, in event time (staleness: on the machine's clock).
    pub at: Timestamp,
    /// Where it stood.
    pub from: AlertState,
    /// Where it stands now.
    pub to: AlertState,
}

/// The state of one rule for one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Plain", into = "Plain")]
pub struct Life {
    /// Where it stands; `Resolved` is a step, never a place to stay.
    pub state: AlertState,
    /// Since when the condition holds.
    pub active_since: Timestamp,
    /// Since when it stands where it stands.
    pub since: Timestamp,
    before_stale: AlertState,
    /// Since when the condition no longer holds, while it still fires.
    over_since: Option<Timestamp>,
    last_flag: Timestamp,
    flags: VecDeque<Timestamp>,
    recent: VecDeque<bool>,
    recent_flags: u32,
}

impl Life {
    /// Flags a counting rule remembers, whatever its `count` says: bounds its memory.
    const FLAGS_MAX: usize = 10_000;

    /// Of these so many are kept over a restart: a rule that fires goes by the last.
    const FLAGS_KEPT: usize = 1_000;

    /// A life that has not begun.
    pub fn new() -> Self {
        Self {
            state: AlertState::Inactive,
            active_since: Timestamp::MIN,
            since: Timestamp::MIN,
            before_stale: AlertState::Inactive,
            over_since: None,
            last_flag: Timestamp::MIN,
            flags: VecDeque::new(),
            recent: VecDeque::new(),
            recent_flags: 0,
        }
    }

    /// Takes one observation: whether the detector flagged it, or whether the expression holds.
    pub fn observe(&mut self, spec: &RuleSpec, at: Timestamp, flagged: bool) -> Option<Step> {
        let holds = self.condition(spec, at, flagged);
        if self.state == AlertState::Stale {
            self.state = self.before_stale;
            let awake = self.advance(spec, at, holds);
            let to = awake.map_or(self.state, |s| s.to);
            return Some(Step { at, from: AlertState::Stale, to });
        }
        self.advance(spec, at, holds)
    }

    /// Lets time pass without an observation: `clock` is event time reached, `now` the machine's
    /// clock, `heard` when the subject's data last came on that clock.
    pub fn pass(&mut self, spec: &RuleSpec, clock: Timestamp, now: Timestamp, heard: Timestamp) -> Option<Step> {
        if matches!(self.state, AlertState::Pending | AlertState::Firing) && now.since(heard) > spec.stale_after {
            self.before_stale = self.state;
            return Some(self.go(now, AlertState::Stale));
        }
        if self.state == AlertState::Stale || self.state == AlertState::Inactive {
            return None;
        }
        if let When::Count { .. } = spec.when {
            let end = self.last_flag + spec.hold;
            if clock > end {
                return self.advance(spec, end, false);
            }
            return self.advance(spec, clock, true);
        }
        None
    }

    /// Ends it whatever holds: what it watched is watched no more. `None`: there was nothing to end.
    pub fn end(&mut self, now: Timestamp) -> Option<Step> {
        let to = match (self.firing(), self.troubled()) {
            (true, _) => AlertState::Resolved,
            (false, true) => AlertState::Inactive,
            _ => return None,
        };
        let step = self.go(now, to);
        self.state = AlertState::Inactive;
        Some(step)
    }

    /// Whether somebody has been told and the trouble is not over.
    pub fn firing(&self) -> bool {
        self.state == AlertState::Firing || (self.state == AlertState::Stale && self.before_stale == AlertState::Firing)
    }

    /// Whether its condition is thought to hold: it fires, waits for its `for`, or fell silent meanwhile.
    pub fn troubled(&self) -> bool {
        matches!(self.state, AlertState::Pending | AlertState::Firing | AlertState::Stale)
    }

    fn condition(&mut self, spec: &RuleSpec, at: Timestamp, flagged: bool) -> bool {
        match &spec.when {
            When::Detector(_) | When::Expression { .. } => flagged,
            When::Count { count, within, .. } => {
                if flagged {
                    self.last_flag = self.last_flag.max(at);
                    if self.flags.len() == Self::FLAGS_MAX {
                        self.flags.pop_front();
                    }
                    self.flags.push_back(at);
                }
                while self.flags.front().is_some_and(|first| at.since(*first) > *within) {
                    self.flags.pop_front();
                }
                let active = matches!(self.state, AlertState::Pending | AlertState::Firing | AlertState::Stale);
                self.flags.len() >= *count as usize || (active && at.since(self.last_flag) <= spec.hold)
            }
            When::Share { share, last, .. } => {
                self.recent.push_back(flagged);
                self.recent_flags += u32::from(flagged);
                while self.recent.len() > *last as usize {
                    self.recent_flags -= u32::from(self.recent.pop_front().unwrap_or(false));
                }
                self.recent.len() == *last as usize && f64::from(self.recent_flags) > share * f64::from(*last)
            }
        }
    }

    fn advance(&mut self, spec: &RuleSpec, at: Timestamp, holds: bool) -> Option<Step> {
        match (self.state, holds) {
            (AlertState::Inactive, true) => {
                self.active_since = at;
                self.over_since = None;
                let to = if spec.hold_for > Millis::ZERO { AlertState::Pending } else { AlertState::Firing };
                Some(self.go(at, to))
            }
            (AlertState::Pending, true) if at.since(self.active_since) >= spec.hold_for => Some(self.go(at, AlertState::Firing)),
            (AlertState::Pending, false) => Some(self.go(at, AlertState::Inactive)),
            (AlertState::Firing, true) => {
                self.over_since = None;
                None
            }
            (AlertState::Firing, false) => {
                let over = *self.over_since.get_or_insert(at);
                (at.since(over) >= spec.keep_firing_for).then(|| {
                    let step = self.go(at, AlertState::Resolved);
                    self.state = AlertState::Inactive;
                    step
                })
            }
            _ => None,
        }
    }

    fn go(&mut self, at: Timestamp, to: AlertState) -> Step {
        let from = self.state;
        self.state = to;
        self.since = at;
        Step { at, from, to }
    }
}

/// A life as it is kept over a restart.
#[derive(Serialize, Deserialize)]
struct Plain {
    state: AlertState,
    active_since: i64,
    since: i64,
    #[serde(default)]
    before_stale: AlertState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_flag: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<i64>,
    /// The last verdicts a rule over a share looks at: `0` and `1`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    recent: String,
}

impl From<Life> for Plain {
    fn from(life: Life) -> Self {
        let last = life.flags.len().saturating_sub(Life::FLAGS_KEPT);
        Self {
            state: life.state,
            active_since: life.active_since.as_millis(),
            since: life.since.as_millis(),
            before_stale: life.before_stale,
            over_since: life.over_since.map(Timestamp::as_millis),
            last_flag: (life.last_flag != Timestamp::MIN).then(|| life.last_flag.as_millis()),
            flags: life.flags.iter().skip(last).map(|at| at.as_millis()).collect(),
            recent: life.recent.iter().map(|flagged| if *flagged { '1' } else { '0' }).collect(),
        }
    }
}

impl From<Plain> for Life {
    fn from(plain: Plain) -> Self {
        let recent: VecDeque<bool> = plain.recent.chars().map(|c| c == '1').collect();
        Self {
            state: plain.state,
            active_since: Timestamp::from_millis(plain.active_since),
            since: Timestamp::from_millis(plain.since),
            before_stale: plain.before_stale,
            over_since: plain.over_since.map(Timestamp::from_millis),
            last_flag: plain.last_flag.map_or(Timestamp::MIN, Timestamp::from_millis),
            flags: plain.flags.into_iter().take(Self::FLAGS_MAX).map(Timestamp::from_millis).collect(),
            recent_flags: recent.iter().filter(|flagged| **flagged).count() as u32,
            recent,
        }
    }
}

impl Default for Life {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1000)
    }

    fn spec(when: When, hold_for: i64, keep: i64) -> RuleSpec {
        RuleSpec {
            name: "R".into(),
            when,
            hold_for: Millis::from_secs(hold_for),
            keep_firing_for: Millis::from_secs(keep),
            hold: Millis::from_secs(10),
            stale_after: Millis::from_secs(60),
            severity: Severity::Warning,
            labels: Vec::new(),
            annotations: Vec::new(),
            notify: Vec::new(),
        }
    }

    fn words(steps: &[Option<Step>]) -> String {
        steps.iter().map(|s| s.map_or("·".to_owned(), |s| s.to.word().to_owned())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_condition_must_hold_for_its_time_before_it_fires_and_may_fire_on_after_it_ended() {
        let rule = spec(When::Detector("d".into()), 20, 15);
        let mut life = Life::new();
        let seen = [(0, true), (10, true), (20, true), (30, false), (40, false), (50, false), (60, true)];
        let steps: Vec<_> = seen.iter().map(|(t, f)| life.observe(&rule, at(*t), *f)).collect();
        assert_eq!(words(&steps), "pending · firing · · resolved pending");
        assert_eq!(steps[5].map(|s| s.from), Some(AlertState::Firing));
    }

    #[test]
    fn a_condition_that_ends_early_never_fires() {
        let rule = spec(When::Detector("d".into()), 20, 0);
        let mut life = Life::new();
        let steps: Vec<_> =
            [(0, true), (10, false), (20, true), (30, true), (39, true)].iter().map(|(t, f)| life.observe(&rule, at(*t), *f)).collect();
        assert_eq!(words(&steps), "pending inactive pending · ·");
    }

    #[test]
    fn a_counting_rule_fires_at_its_count_and_ends_after_its_hold() {
        let rule = spec(When::Count { detector: "d".into(), count: 3, within: Millis::from_secs(30) }, 0, 0);
        let mut life = Life::new();
        let steps: Vec<_> =
            [(0, true), (40, true), (50, true), (55, false), (60, true)].iter().map(|(t, f)| life.observe(&rule, at(*t), *f)).collect();
        assert_eq!(words(&steps), "· · · · firing");
        assert_eq!(life.pass(&rule, at(70), at(70), at(70)), None);
        let over = life.pass(&rule, at(90), at(90), at(90));
        assert_eq!(over, Some(Step { at: at(70), from: AlertState::Firing, to: AlertState::Resolved }));
    }

    #[test]
    fn a_share_rule_needs_its_full_window() {
        let rule = spec(When::Share { detector: "d".into(), share: 0.3, last: 10 }, 0, 0);
        let mut life = Life::new();
        for t in 0..9 {
            assert_eq!(life.observe(&rule, at(t), t < 4), None, "window not full at {t}");
        }
        assert!(life.observe(&rule, at(9), false).is_some_and(|s| s.to == AlertState::Firing));
        assert!(life.observe(&rule, at(10), false).is_some_and(|s| s.to == AlertState::Resolved), "3 of 10 is not more than 30 %");
    }

    #[test]
    fn silence_makes_an_alert_stale_and_never_resolves_it() {
        let rule = spec(When::Detector("d".into()), 0, 0);
        let mut life = Life::new();
        life.observe(&rule, at(0), true);
        assert_eq!(life.pass(&rule, at(0), at(60), at(0)), None);
        assert!(life.pass(&rule, at(0), at(61), at(0)).is_some_and(|s| s.to == AlertState::Stale));
        assert!(life.firing());
        assert_eq!(life.pass(&rule, at(0), at(10_000), at(0)), None);
        let back = life.observe(&rule, at(10_001), true);
        assert_eq!(back.map(|s| (s.from, s.to)), Some((AlertState::Stale, AlertState::Firing)));
        let mut other = life.clone();
        other.pass(&rule, at(0), at(20_000), at(10_001));
        let over = other.observe(&rule, at(20_001), false);
        assert_eq!(over.map(|s| (s.from, s.to)), Some((AlertState::Stale, AlertState::Resolved)));
    }
}
