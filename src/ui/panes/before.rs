//! A series beside itself an hour, a day or a week before: which of them, and how much it differs. Met by the chart pane.

use super::chart_data::{self, Curve};
use crate::model::{Millis, SeriesId, Timestamp};
use crate::store::Bucket;
use crate::ui::widgets::{Grid, Shape};
use crate::ui::{Language, Scene, times};

/// How far back one looks for the oldest sample kept: longer than any retention.
const REACH: Millis = Millis::from_secs(32 * 86_400);
/// Buckets that are looked through for it, twice: first hours, then half minutes of one hour.
const REACH_BUCKETS: (usize, usize) = (32 * 24, 120);

/// What a series is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    #[default]
    Off,
    /// An hour before.
    Hour,
    /// A day before.
    Day,
    /// A week before.
    Week,
}

impl Before {
    /// What the next press of the key compares with.
    pub const fn next(self) -> Self {
        match self {
            Self::Off => Self::Hour,
            Self::Hour => Self::Day,
            Self::Day => Self::Week,
            Self::Week => Self::Off,
        }
    }

    /// What a word asks for; nothing at all is another press of the key.
    pub fn named(word: &str, now: Self) -> Option<Self> {
        match word {
            "" => Some(now.next()),
            "off" => Some(Self::Off),
            "1h" => Some(Self::Hour),
            "1d" => Some(Self::Day),
            "1w" => Some(Self::Week),
            _ => None,
        }
    }

    /// How long before; `None`: no comparison.
    pub const fn length(self) -> Option<Millis> {
        match self {
            Self::Off => None,
            Self::Hour => Some(Millis::from_secs(3_600)),
            Self::Day => Some(Millis::from_secs(86_400)),
            Self::Week => Some(Millis::from_secs(7 * 86_400)),
        }
    }

    /// `1 d before`.
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Self::Off => "",
            Self::Hour => language.say("1 h before"),
            Self::Day => language.say("1 d before"),
            Self::Week => language.say("1 w before"),
        }
    }
}

/// The earlier curve of `id` on the grid of now; none where there is not one sample of it.
pub fn curve(scene: &Scene<'_>, id: SeriesId, grid: &Grid, before: Before, shape: Shape) -> Option<Curve> {
    let curve = chart_data::before(scene, id, grid, before.length()?, shape);
    curve.buckets.iter().any(|b| b.count > 0).then_some(curve)
}

/// Why there is no earlier curve: how far back the samples of the series reach.
pub fn missing(scene: &Scene<'_>, id: SeriesId, before: Before) -> String {
    let language = scene.language;
    let words = before.words(language);
    match oldest(scene, id) {
        Some(at) => {
            language.fill("nothing is kept from {0}: samples reach back {1}", &[words, &times::duration_in(scene.now.since(at), language)])
        }
        None => language.fill("nothing is kept from {0}", &[words]),
    }
}

/// About when the oldest sample kept of a series was.
fn oldest(scene: &Scene<'_>, id: SeriesId) -> Option<Timestamp> {
    let end = scene.now + Millis::new(1);
    let mut buckets = Vec::new();
    let mut first = |from: Timestamp, to: Timestamp, count: usize| {
        scene.store.range(id, from, to, count, &mut buckets);
        buckets.iter().find(|b| b.count > 0).map(|b| b.at)
    };
    let hour = first(end - REACH, end, REACH_BUCKETS.0)?;
    Some(first(hour, hour + Millis::from_secs(3_600), REACH_BUCKETS.1).unwrap_or(hour))
}

/// By how much the value at `now` differs from the one before: `+12.3 %`.
pub fn difference(now: f64, before: f64) -> String {
    if before.abs() < f64::MIN_POSITIVE {
        return if now.abs() < f64::MIN_POSITIVE { "+0.0 %".to_owned() } else { String::new() };
    }
    let share = (now - before) / before.abs() * 100.0;
    match share.abs() {
        s if !s.is_finite() => String::new(),
        s if s < 999.5 => format!("{share:+.1} %"),
        _ => format!("×{}", crate::ui::format::si(now / before)),
    }
}

/// The last value of a curve at or before its column `at`.
pub fn value(buckets: &[Bucket], at: usize) -> Option<f64> {
    buckets.get(..=at.min(buckets.len().checked_sub(1)?))?.iter().rev().find(|b| b.count > 0).map(|b| b.last)
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;

    #[test]
    fn differences_read_well() {
        let texts = [(112.0, 100.0), (50.0, 100.0), (5.0, 0.0), (0.0, 0.0), (9_000.0, 2.0), (-5.0, -10.0), (1.0001, 1.0)];
        assert_eq!(texts.map(|(a, b)| difference(a, b)), ["+12.0 %", "-50.0 %", "", "+0.0 %", "×4,500", "+50.0 %", "+0.0 %"]);
    }

    #[test]
    fn the_key_goes_round() {
        let mut before = Before::Off;
        let words: Vec<&str> = (0..4)
            .map(|_| {
                before = before.next();
                before.words(Language::English)
            })
            .collect();
        assert_eq!(words, ["1 h before", "1 d before", "1 w before", ""]);
    }

    #[test]
    fn it_says_how_far_back_samples_reach() {
        let mut stage = Stage::new();
        stage.fill("x", &[], "", 1_500, |_| Some((1.0, false)));
        let id = stage.store.iter().next().unwrap().id;
        assert_eq!(missing(&stage.scene(), id, Before::Day), "nothing is kept from 1 d before: samples reach back 25 m");
        let empty = Stage::new();
        assert_eq!(missing(&empty.scene(), id, Before::Day), "nothing is kept from 1 d before");
    }
}
