//! `new-value`: a value never seen before, or one that used to come and is gone.
//!
//! A new value is odd only where new values are: a field of ids brings one with every event. How likely the
//! next is to be new is estimated as Good and Turing did, from those seen only once. Whoever
//! watches states, error codes, versions, hosts or countries meets it.

use super::explain::{Told, moment};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::known::Known;
use super::score::{HALF, squash};
use super::state::{Reader, state};
use crate::model::number::number;
use crate::model::{Baseline, Basis, Detector, Millis, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use serde_json::Value;

const NAME: &str = "new-value";
/// Observations before the first judgement: with fewer, a new value is still likely.
const MIN: f64 = 100.0;
/// Values known at most: more kinds of states or hosts than a person could name, in some 200 KB at worst.
const LIMIT: f64 = 1_000.0;
/// The likeliness from which on a new value is nothing odd: one in a hundred.
const RARE: f64 = 0.01;
/// The score of a new value where they are common, and of a known one, stays below one half.
const KNOWN: f64 = 0.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values never seen before, and values that used to come and are gone",
    source: "the probability of the unseen (Good and Turing 1953); usual intervals between equal values",
    sees: Sees::Category,
    ticks: true,
    params: &[
        Param {
            name: "rare",
            doc: "a new value is odd where new ones are less likely than this",
            default: "0.01",
            min: 1e-9,
            max: 0.5,
            words: &[],
            required: false,
        },
        Param {
            name: "min",
            doc: "observations needed before the first judgement",
            default: "100",
            min: 2.0,
            max: 1e6,
            words: &[],
            required: false,
        },
        Param {
            name: "limit",
            doc: "how many values are known at most; the one not seen for longest is forgotten first",
            default: "1000",
            min: 2.0,
            max: 100_000.0,
            words: &[],
            required: false,
        },
        Param {
            name: "vanish",
            doc: "whether a value that used to come regularly and is gone is odd too",
            default: "true",
            min: 0.0,
            max: 0.0,
            words: &[],
            required: false,
        },
    ],
    check: |params| whole(params, &["min", "limit"]),
    build: |params, _salt| Box::new(NewValue::new(params)),
    explain,
    keys_max: 0,
};

struct NewValue {
    rare: f64,
    needed: u64,
    vanish: bool,
    known: Known,
    /// The value that was odd last and since when.
    odd: Option<(u64, Timestamp)>,
    /// The value that is gone.
    gone: Option<Box<str>>,
    /// A start has passed, and nothing has come since.
    resumed: bool,
}

impl NewValue {
    fn new(params: &Params) -> Self {
        let needed = params.number("min", MIN) as u64;
        Self {
            rare: params.number("rare", RARE),
            needed,
            vanish: params.flag("vanish", true),
            known: Known::new(params.number("limit", LIMIT) as usize, needed / 2),
            odd: None,
            gone: None,
            resumed: false,
        }
    }
}

impl NewValue {
    fn unsurprising(&self) -> Scored {
        let baseline = Baseline { basis: Basis::Values, n: self.known.seen(), ..Baseline::none(NAME) };
        Scored { score: 0.0, threshold: HALF, flagged: false, expected: None, pattern: Pattern::Missing, baseline }
    }
}

impl Detector for NewValue {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let seen = self.known.seen();
        let Observation::Category(value) = x else { return Verdict::Learning { seen, needed: self.needed } };
        if seen < self.needed {
            return Verdict::Learning { seen, needed: self.needed };
        }
        let likely = self.known.likely();
        let new = !self.known.has(value);
        // Both are logarithms of a probability: one half where the new value is just rare enough.
        let limits = if new { likely.ln() / self.rare.ln() } else { KNOWN };
        let flagged = new && likely < self.rare;
        let hash = Known::hash(value);
        let since = self.odd.filter(|odd| odd.0 == hash).map_or(at, |odd| odd.1);
        if flagged {
            self.odd = Some((hash, since));
        }
        Verdict::Scored(Scored {
            score: squash(limits),
            threshold: HALF,
            flagged,
            expected: None,
            pattern: Pattern::NewValue,
            baseline: Baseline { basis: Basis::Values, n: seen, distance: limits, since: flagged.then_some(since), ..Baseline::none(NAME) },
        })
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        if let Observation::Category(value) = x {
            if std::mem::take(&mut self.resumed) {
                self.known.resume(at.as_millis());
            }
            self.known.push(at.as_millis(), value);
        }
    }

    fn missing(&mut self, now: Timestamp) -> Option<Verdict> {
        if !self.vanish || self.resumed || self.known.seen() < self.needed {
            return None;
        }
        let Some(gone) = self.known.gone(now.as_millis()) else {
            // It came back, or it is gone for good: that is said once, so that the alert can end.
            return self.gone.take().map(|_| Verdict::Scored(self.unsurprising()));
        };
        let verdict = Verdict::Scored(Scored {
            score: squash(gone.limits),
            threshold: HALF,
            flagged: true,
            expected: None,
            pattern: Pattern::Missing,
            baseline: Baseline {
                basis: Basis::Interval,
                centre: gone.interval / 1000.0,
                n: gone.count,
                distance: gone.limits,
                since: Some(Timestamp::from_millis(gone.last)),
                ..Baseline::none(NAME)
            },
        });
        self.gone = Some(gone.name);
        Some(verdict)
    }

    /// The value that is gone may stay away. A new one is known once it comes again.
    fn accept(&mut self) {
        if let Some(gone) = &self.gone {
            self.known.release(gone);
        }
    }

    fn resume(&mut self) {
        self.resumed = true;
    }

    fn missed(&self) -> &str {
        self.gone.as_deref().unwrap_or_default()
    }

    fn save(&self) -> Value {
        let odd = self.odd.map(|(hash, since)| (hash, since.as_millis()));
        state(NAME, [("known", self.known.save()), ("odd", serde_json::json!(odd)), ("gone", self.gone.as_deref().into())])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        Reader::new(NAME, state)?;
        let known = state.get("known").and_then(|known| self.known.restored(known));
        let odd = serde_json::from_value::<Option<(u64, i64)>>(state.get("odd").cloned().unwrap_or_default());
        let odd = odd.map_err(|_| Reader::fault("odd", "a value and a time"))?;
        self.known = known.ok_or_else(|| Reader::fault("known", "values with their counts and times"))?;
        self.odd = odd.map(|(hash, since)| (hash, Timestamp::from_millis(since)));
        self.gone = state.get("gone").and_then(Value::as_str).map(Box::from);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.known.memory()
    }
}

fn explain(told: &Told<'_>) -> String {
    let baseline = &told.scored.baseline;
    let (what, value, of) = (told.dimension(), told.category(), told.of());
    let value: String = value.chars().take(super::known::NAME_MOST).collect();
    let n = number(baseline.n as f64);
    match told.scored.pattern {
        Pattern::Missing if told.scored.flagged => {
            let since = baseline.since.unwrap_or(told.at);
            let silent = told.at.since(since);
            let usual = Millis::new((baseline.centre * 1000.0) as i64);
            format!(
                "{what} {value:?}{of} has not come for {silent} (since {}); it used to come every {usual} ({n} seen)",
                moment(since, told.at)
            )
        }
        Pattern::NewValue if told.scored.flagged => format!("{what} {value:?}{of} never seen in {n} before"),
        _ => format!("{what} {value:?}{of} is nothing new among {n}"),
    }
}

#[cfg(test)]
#[path = "new_value_tests.rs"]
mod tests;
