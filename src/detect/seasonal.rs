//! `seasonal`: unlike what is usual at this time of the day or week.
//!
//! Finds its own period when none is given, and is an ordinary robust level until then. Whoever
//! watches what people do (orders, payments, traffic) meets it: a quiet night is usual, a quiet noon is not.

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, floats, read_floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::season::{Season, Terms};
use crate::stats::wheel::MOST;
use serde_json::{Value, json};

const NAME: &str = "seasonal";
/// The longest period: a year and a day.
const PERIOD_MAX: f64 = 31_622_400.0;
/// Standard deviations from the usual that are still usual: heavy tails are the rule in telemetry, and 3 would ring daily.
const K: f64 = 5.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values unlike what is usual at this time of the day or week",
    source: "online seasonal profile with bounded influence (Huber 1964) on a slow level, as in robust Holt-Winters (Gelper, Fried, Croux 2010); period by autocorrelation and held-out rounds",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        Param {
            name: "period",
            doc: "the season's length in seconds (86400: a day, 604800: a week); 0: found by itself",
            default: "0",
            min: 0.0,
            max: PERIOD_MAX,
            words: &[],
            required: false,
        },
        Param {
            name: "slots",
            doc: "into how many parts a season is cut; 0: 96 for a day, 168 for a week",
            default: "0",
            min: 0.0,
            max: MOST as f64,
            words: &[],
            required: false,
        },
        Param {
            name: "k",
            doc: "how many standard deviations from what is usual at this time are still usual",
            default: "5",
            min: 0.01,
            max: 1e6,
            words: &[],
            required: false,
        },
        Param {
            name: "utc_offset",
            doc: "hours from UTC at which days and weeks begin",
            default: "0",
            min: -14.0,
            max: 14.0,
            words: &[],
            required: false,
        },
    ],
    check,
    build: |params, _salt| Box::new(Seasonal::new(params)),
    explain,
    keys_max: 0,
};

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let mut faults = whole(params, &["slots"]);
    let period = params.number("period", 0.0);
    if period > 0.0 && period < 1.0 {
        faults.push((
            "period",
            format!("period = {} is shorter than a second", number(period)),
            "write seconds: 86400 is a day".to_owned(),
        ));
    }
    faults
}

struct Seasonal {
    k: f64,
    terms: Terms,
    /// One for each number of an observation; none before the first.
    seasons: Vec<Season>,
    /// Since when every judgement was odd.
    odd: Option<Timestamp>,
}

impl Seasonal {
    fn new(params: &Params) -> Self {
        let terms = Terms {
            period: (params.number("period", 0.0) * 1000.0).round() as i64,
            slots: params.number("slots", 0.0) as usize,
            offset: (params.number("utc_offset", 0.0) * HOUR * 1000.0).round() as i64,
        };
        Self { k: params.number("k", K), terms, seasons: Vec::new(), odd: None }
    }

    fn score(&self, dimension: usize, at: Timestamp, x: f64) -> Scored {
        let (season, x) = (&self.seasons[dimension], bounded(x));
        let told = season.expected(at.as_millis(), self.k);
        let reach = if x < told.centre { told.centre - told.low } else { told.high - told.centre };
        let limits = (x - told.centre).abs() / reach;
        let flagged = limits > 1.0;
        let pattern = if flagged && told.period.is_some() && !season.beyond_all(x, self.k) {
            Pattern::SeasonalBreak
        } else if x < told.centre {
            Pattern::Dip
        } else {
            Pattern::Spike
        };
        Scored {
            score: squash(limits),
            threshold: HALF,
            flagged,
            expected: Some(Band { low: told.low, high: told.high }),
            pattern,
            baseline: Baseline {
                basis: if told.period.is_some() { Basis::Season } else { Basis::Median },
                centre: told.centre,
                scale: told.scale,
                n: told.n,
                window: told.period.map_or(0, |ms| (ms / 1000) as u64),
                distance: (x - told.centre) / told.scale,
                dimension,
                ..Baseline::none(NAME)
            },
        }
    }
}

impl Detector for Seasonal {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let needed = self.seasons.first().map_or(crate::stats::season::FIRST as u64, |season| season.needed(at.as_millis()));
        let seen = self.seasons.first().map_or(0, Season::learned);
        let learning = Verdict::Learning { seen, needed: seen.saturating_add(needed) };
        let Some(numbers) = judged(x, self.seasons.len()) else { return learning };
        self.seasons.iter_mut().for_each(|season| season.come(at.as_millis()));
        if needed > 0 {
            return learning;
        }
        let scores = numbers.iter().enumerate().map(|(dimension, &x)| self.score(dimension, at, x));
        let Some(mut scored) = scores.reduce(|worst, next| if next.score > worst.score { next } else { worst }) else { return learning };
        self.odd = if scored.flagged { self.odd.or(Some(at)) } else { None };
        scored.baseline.since = self.odd;
        Verdict::Scored(scored)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.seasons.len()) else { return };
        if self.seasons.is_empty() {
            self.seasons.extend(numbers.iter().map(|_| Season::new(self.terms)));
        }
        self.seasons.iter_mut().zip(numbers).for_each(|(season, &x)| season.learn(at.as_millis(), x));
    }

    fn accept(&mut self) {
        self.seasons.iter_mut().for_each(Season::accept);
    }

    fn save(&self) -> Value {
        let season = |season: &Season| {
            let (whole, numbers) = season.save();
            json!({"whole": whole, "x": numbers.into_iter().map(floats).collect::<Vec<_>>()})
        };
        let seasons = self.seasons.iter().map(season).collect();
        state(NAME, [("period", self.terms.period.into()), ("odd", self.odd.map(Timestamp::as_millis).into()), ("seasons", seasons)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("period", self.terms.period as u64)?;
        let season = |value: &Value| {
            let whole: Vec<Vec<i64>> = serde_json::from_value(value.get("whole")?.clone()).ok()?;
            let numbers: Vec<Vec<f64>> = value.get("x")?.as_array()?.iter().map(read_floats).collect::<Option<_>>()?;
            Season::restore(self.terms, &whole, &numbers)
        };
        let seasons = reader.list("seasons")?.iter().map(season).collect::<Option<_>>();
        self.seasons = seasons.ok_or_else(|| Reader::fault("seasons", "baselines that fit"))?;
        self.odd = state.get("odd").and_then(Value::as_i64).map(Timestamp::from_millis);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.seasons.iter().map(|season| size_of::<Season>() + season.memory()).sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let usual = told.scored.expected.map_or_else(String::new, band);
    let verb = if told.scored.flagged { "usually" } else { "as usually" };
    if baseline.basis != Basis::Season {
        let sigmas = rounded(baseline.distance.abs(), 2);
        let side = if baseline.distance < 0.0 { "below" } else { "above" };
        return format!("{value}, {verb} {usual} ({sigmas}σ {side} the level {} of late; no season is known)", rounded(baseline.centre, 4));
    }
    let period = baseline.window as f64;
    let clock = told.params.number("utc_offset", 0.0) * HOUR;
    let local = jiff::Timestamp::from_millisecond(told.at.as_millis().saturating_add((clock * 1000.0) as i64));
    let time = |form: &str| local.as_ref().map_or_else(|_| String::new(), |t| t.strftime(form).to_string());
    let about = |length: f64| (period - length).abs() < 1.0;
    let (when, place, rounds) = if about(DAY) {
        (format!(" at {}", time("%H:%M")), "at this hour".to_owned(), "days")
    } else if about(7.0 * DAY) {
        (format!(" on {}", time("%A %H:%M")), "at this hour of the week".to_owned(), "weeks")
    } else if about(HOUR) {
        (format!(" at {}", time("%H:%M")), "at this minute".to_owned(), "hours")
    } else {
        (String::new(), format!("at this point of its {} cycle", length(period)), "cycles")
    };
    format!("{value}{when}, {verb} {usual} {place} ({} {rounds} seen)", number(baseline.n as f64))
}

/// A length of time as people say it.
fn length(seconds: f64) -> String {
    crate::model::Millis::from_secs(seconds as i64).to_string()
}

#[cfg(test)]
#[path = "seasonal_tests.rs"]
mod tests;
