//! The exact value of a series at a moment somebody points at: when it was measured, where it was expected, whether it was odd.

use super::chart_data::Cell;
use super::target;
use crate::model::{Millis, Sample, SeriesId, Timestamp};
use crate::store::Bucket;
use crate::ui::widgets::Parts;
use crate::ui::{Look, Role, Scene, format, times};

/// Raw samples looked through for the moment of one: as many as the store keeps unless told otherwise.
const RAW: usize = 1_024;
/// How many usual distances of samples a value holds on for where a column has none.
const HOLDS: f64 = 2.5;

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When the sample was; the start of the column where raw samples no longer reach back.
    pub at: Timestamp,
    /// Whether that is the sample's own moment.
    pub exact: bool,
    /// All samples of the column; the value is the last.
    pub bucket: Bucket,
}

/// The last value within `cell`, else the one before that still holds; `None` where there is none.
pub fn read(scene: &Scene<'_>, id: SeriesId, cell: Cell) -> Option<Reading> {
    let mut out = Vec::with_capacity(1);
    let mut bucket = |from, to| {
        scene.store.range(id, from, to, 1, &mut out);
        out.first().copied().filter(|b| b.count > 0)
    };
    let to = cell.to.min(scene.now.max(cell.from) + Millis::from_secs(60));
    let held = || Millis::new((target::spacing(scene.store, id).get() as f64 * HOLDS) as i64);
    let bucket = bucket(cell.from, to).or_else(|| bucket(cell.from - held(), to))?;
    let mut raw: Vec<(Sample, bool)> = Vec::new();
    scene.store.tail(id, RAW, &mut raw);
    let sample = raw.iter().rev().map(|(s, _)| s.at).find(|at| *at < to).filter(|at| *at >= bucket.at);
    Some(Reading { at: sample.unwrap_or(cell.from), exact: sample.is_some(), bucket })
}

impl Reading {
    /// The value, with the digits that count.
    pub fn value(&self, unit: &str) -> String {
        format::exact(self.bucket.last, unit)
    }

    /// The colour of its value.
    pub fn role(&self) -> Role {
        if self.bucket.flagged { Role::Warning } else { Role::Accent }
    }

    /// The value, how far the column's samples lie apart, the band and the verdict.
    pub fn parts(&self, unit: &str, look: &Look<'_>) -> Parts {
        let b = &self.bucket;
        let mut parts = vec![(self.value(unit), self.role())];
        if b.flagged {
            parts.push((format!("  {} {}", Role::Warning.sign(look.ascii), look.language.say("odd")), Role::Warning));
        }
        let band = format::band(b.band, unit);
        if !band.is_empty() {
            parts.push((format!("  {}", look.language.fill("expected {0}", &[&band])), Role::Dim));
        }
        // What matters least stands last: the end goes where there is no room.
        if b.count > 1 && b.max > b.min {
            let n = b.count.to_string();
            let span = [n.as_str(), &format::value(b.min, unit), &format::value(b.max, unit)];
            parts.push((format!("  {}", look.language.fill("last of {0}, {1} to {2}", &span)), Role::Dim));
        }
        parts
    }

    /// When it was, to the second or the millisecond.
    pub fn clock(&self, look: &Look<'_>) -> String {
        if self.exact && self.at.as_millis() % 1_000 != 0 {
            return format!("{}.{:03}", times::clock(self.at, look.zone), self.at.as_millis().rem_euclid(1_000));
        }
        times::clock(self.at, look.zone)
    }
}

/// The moment as a heading, with the day where it is not that of now.
pub fn heading(at: Timestamp, clock: &str, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let day = times::day(at, look.zone);
    if day == times::day(scene.now, look.zone) { clock.to_owned() } else { format!("{day} {clock}") }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{NOW, Stage};
    use super::*;
    use crate::model::Band;

    #[test]
    fn a_reading_is_the_last_sample_of_the_column_with_its_verdict() {
        let mut stage = Stage::new();
        for (ms, value, odd) in [(-9_300, 0.5, false), (-8_600, 0.123_456, true), (-2_000, 0.7, false)] {
            stage.push("x", &[], "1", NOW + Millis::new(ms), value, Some(Band::new(0.4, 0.6)), odd);
        }
        let id = stage.store.iter().next().unwrap().id;
        let cell = |from: i64, to: i64| Cell { from: NOW + Millis::new(from), to: NOW + Millis::new(to), seen: true };
        let reading = read(&stage.scene(), id, cell(-10_000, -8_000)).unwrap();
        assert_eq!((reading.at, reading.exact), (NOW - Millis::new(8_600), true));
        let text: String = reading.parts("1", &stage.look()).into_iter().map(|(text, _)| text).collect();
        assert_eq!(text, "12.3456 %  ● odd  expected 40–60 %  last of 2, 12.3 % to 50.0 %");
        assert_eq!(reading.clock(&stage.look()), "18:53:11.400");
        assert_eq!(read(&stage.scene(), id, cell(-600_000, -599_000)), None);
    }
}
