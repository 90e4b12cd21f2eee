//! The picture of a result: the values, the band they were expected in, what was flagged, and the
//! scores below. An SVG that is light or dark as its reader's screen is.

use super::judge::Totals;
use super::scale;
use super::sketch::{Bucket, Sketch};
use crate::model::Safe;
use crate::model::number::number;
use std::fmt::Write as _;

/// How every picture begins: one that is replaced must begin so.
pub(super) const OPENING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bellwether-detect\"";

/// The whole picture.
const SIZE: (f64, f64) = (1_200.0, 440.0);
/// The chart: left, right, top, bottom.
const CHART: (f64, f64, f64, f64) = (76.0, 1_180.0, 66.0, 328.0);
/// The scores: top, bottom.
const SCORES: (f64, f64) = (346.0, 404.0);
/// Ticks of the value and of time.
const TICKS: (usize, usize) = (5, 9);
/// Where neighbours are this many usual steps apart, nothing is drawn between them.
const GAP: i64 = 8;
/// How far a band may stretch the chart beyond the values, in heights of the values.
const STRETCH: f64 = 0.3;

const STYLE: &str = "\
svg{--bg:#ffffff;--ink:#1f2328;--soft:#656d76;--grid:#e7e9ec;--line:#1f6f9f;--band:#1f6f9f;--odd:#c62828}
@media(prefers-color-scheme:dark){svg{--bg:#14181d;--ink:#e6edf3;--soft:#8d96a0;--grid:#262c33;--line:#6cb6e8;--band:#6cb6e8;--odd:#ff8177}}
text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#656d76;fill:var(--soft)}
.title{font-size:17px;font-weight:600;fill:#1f2328;fill:var(--ink)}
.bg{fill:#ffffff;fill:var(--bg)}
.grid{stroke:#e7e9ec;stroke:var(--grid);fill:none}
.band{fill:#1f6f9f;fill:var(--band);fill-opacity:.15}
.line{stroke:#1f6f9f;stroke:var(--line);fill:none;stroke-width:1.3;stroke-linejoin:round}
.score{stroke:#656d76;stroke:var(--soft);fill:none;stroke-width:1.1;stroke-linejoin:round}
.limit{stroke:#656d76;stroke:var(--soft);fill:none;stroke-dasharray:4 4;stroke-opacity:.8}
.odd{fill:#ffffff;fill:var(--bg);stroke:#c62828;stroke:var(--odd);stroke-width:1.8}
.learn{fill:#656d76;fill:var(--soft);fill-opacity:.09}";

/// Draws the picture. Writing into text does not fail.
pub(super) fn draw(name: &str, kind: &str, sketch: &Sketch, totals: &Totals) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let (width, height) = SIZE;
    let _ = write!(
        out,
        "{OPENING} viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n<rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    let (left, right, top, bottom) = CHART;
    let _ = writeln!(out, "<text class=\"title\" x=\"{left}\" y=\"30\">{}</text>", escaped(name));
    let _ = writeln!(out, "<text x=\"{left}\" y=\"50\">{}</text>", escaped(&told(kind, sketch, totals)));
    let frame = Frame::of(&sketch.buckets);
    if let Some(frame) = &frame {
        frame.grid(&mut out);
        frame.learning(&sketch.buckets, &mut out);
        // What lies beyond the chart (an end of a band that has none) is cut off there.
        let _ = writeln!(
            out,
            "<clipPath id=\"c\"><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"/></clipPath>",
            right - left,
            bottom - top
        );
        out.push_str("<g clip-path=\"url(#c)\">\n");
        frame.band(&sketch.buckets, &mut out);
        frame.values(&sketch.buckets, &mut out);
        out.push_str("</g>\n");
        frame.scores(&sketch.buckets, &mut out);
        legend(&sketch.buckets, &mut out);
        frame.flags(&sketch.buckets, &mut out);
    } else {
        let _ = writeln!(out, "<text x=\"{left}\" y=\"{}\">no value could be read</text>", f64::midpoint(top, bottom));
    }
    out.push_str("</svg>\n");
    out
}

fn told(kind: &str, sketch: &Sketch, totals: &Totals) -> String {
    let count = |n: u64| number(n as f64);
    let mut text = format!("{kind} · {} rows · {} flagged", count(totals.rows), count(totals.flagged));
    if totals.unread > 0 {
        let _ = write!(text, " · {} could not be read", count(totals.unread));
    }
    if let (Some(first), Some(last)) = (sketch.buckets.first(), sketch.buckets.last()) {
        let form = "%Y-%m-%d %H:%M";
        let _ = write!(text, " · {} to {} UTC", scale::text(first.at, form), scale::text(last.at, form));
    }
    text
}

/// What is drawn, from the right: only signs that stand in the chart.
fn legend(buckets: &[Bucket], out: &mut String) {
    let band = buckets.iter().any(|b| b.band.0.value().is_some() || b.band.1.value().is_some());
    let (mut x, y) = (CHART.1, 46.0);
    let mut put = |shown: bool, word: &str, width: f64, sign: &dyn Fn(f64) -> String| {
        if shown {
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\" text-anchor=\"end\">{word}</text>{}", y + 4.0, sign(x - width));
            x -= width + 34.0;
        }
    };
    let flagged = buckets.iter().any(|b| b.flag.is_some());
    put(flagged, "flagged", 44.0, &|x| format!("<circle class=\"odd\" cx=\"{}\" cy=\"{y}\" r=\"3.6\"/>", x - 10.0));
    put(band, "expected", 54.0, &|x| format!("<rect class=\"band\" x=\"{}\" y=\"{}\" width=\"16\" height=\"12\"/>", x - 20.0, y - 6.0));
    put(true, "value", 32.0, &|x| format!("<path class=\"line\" d=\"M{} {y}h16\"/>", x - 20.0));
}

fn escaped(text: &str) -> String {
    Safe::label(text).as_str().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How moments and values become places.
struct Frame {
    time: (i64, i64),
    value: (f64, f64),
    /// By row where times go backwards: a line that does would be no chart.
    by_row: bool,
    count: usize,
    gap: i64,
}

impl Frame {
    fn of(buckets: &[Bucket]) -> Option<Self> {
        let time = (buckets.first()?.at, buckets.last()?.at);
        let by_row = time.0 == time.1 || buckets.windows(2).any(|pair| pair[1].at < pair[0].at);
        let mut steps: Vec<i64> = buckets.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).collect();
        steps.sort_unstable();
        let gap = steps.get(steps.len() / 2).map_or(i64::MAX, |step| step.saturating_mul(GAP).max(1));
        let fold = |x: f64, with: fn(f64, f64) -> f64, of: fn(&Bucket) -> f64| buckets.iter().map(of).fold(x, with);
        let (low, high) = (fold(f64::INFINITY, f64::min, |b| b.low), fold(f64::NEG_INFINITY, f64::max, |b| b.high));
        // Halved first, for the span of the largest numbers is none.
        let span = (high / 2.0 - low / 2.0).max(high.abs().max(low.abs()) * 1e-6).max(1e-12) * 2.0;
        let ends = |of: fn(&Bucket) -> Option<f64>| buckets.iter().filter_map(of);
        let under = ends(|b| b.band.0.value()).fold(low, f64::min).max(low - STRETCH * span);
        let over = ends(|b| b.band.1.value()).fold(high, f64::max).min(high + STRETCH * span);
        let value = ((under - 0.06 * span).max(f64::MIN / 4.0), (over + 0.06 * span).min(f64::MAX / 4.0));
        Some(Self { time, value, by_row, count: buckets.len(), gap })
    }

    fn x(&self, nth: usize, at: i64) -> f64 {
        let share = if self.by_row {
            nth as f64 / (self.count.max(2) - 1) as f64
        } else {
            (at - self.time.0) as f64 / (self.time.1 - self.time.0) as f64
        };
        CHART.0 + share * (CHART.1 - CHART.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.value.0) / (self.value.1 - self.value.0);
        // A little beyond the chart is enough: what is there is cut off.
        CHART.3 - share.clamp(-1.0, 2.0) * (CHART.3 - CHART.2)
    }

    fn grid(&self, out: &mut String) {
        let (left, right, top, bottom) = CHART;
        for (value, label) in scale::numbers(self.value.0, self.value.1, TICKS.0) {
            let y = self.y(value);
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                left - 10.0,
                y + 4.0
            );
        }
        for (score, label) in [(0.0, "0"), (1.0, "1")] {
            let y = score_y(score);
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                left - 10.0,
                y + 4.0
            );
        }
        let middle = f64::midpoint(SCORES.0, SCORES.1);
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">score</text>", left - 10.0, middle + 4.0);
        let ticks = if self.by_row { Vec::new() } else { scale::times(self.time.0, self.time.1, TICKS.1) };
        for (at, label) in ticks {
            let x = self.x(0, at);
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}M{x:.1} {}V{}\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                SCORES.0,
                SCORES.1,
                SCORES.1 + 20.0
            );
        }
        if self.by_row {
            let _ = writeln!(out, "<text x=\"{left}\" y=\"{}\">row by row: the times do not run onwards</text>", SCORES.1 + 20.0);
        }
    }

    /// The beginning, where nothing was judged yet.
    fn learning(&self, buckets: &[Bucket], out: &mut String) {
        let judged = buckets.iter().position(|bucket| bucket.score.is_some()).unwrap_or(buckets.len());
        let Some(last) = judged.checked_sub(1).and_then(|last| buckets.get(last).map(|b| (last, b))) else { return };
        let (left, _, top, bottom) = CHART;
        let width = self.x(last.0, last.1.at) - left;
        let _ = writeln!(out, "<rect class=\"learn\" x=\"{left}\" y=\"{top}\" width=\"{width:.1}\" height=\"{}\"/>", bottom - top);
        if width > 70.0 {
            let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\">learning</text>", left + 8.0, top + 18.0);
        }
    }

    /// Runs of neighbours that have a band, each as one form.
    fn band(&self, buckets: &[Bucket], out: &mut String) {
        let (over, under): (Vec<_>, Vec<_>) = buckets.iter().map(|b| (b.band.1.value(), b.band.0.value())).unzip();
        let known = |nth: usize| over[nth].is_some() || under[nth].is_some();
        let mut nth = 0;
        while nth < buckets.len() {
            let end = (nth..buckets.len()).find(|i| !known(*i) || *i > nth && self.parted(buckets, *i)).unwrap_or(buckets.len());
            if end > nth {
                let upper = (nth..end).map(|i| (self.x(i, buckets[i].at), self.y(over[i].unwrap_or(f64::INFINITY))));
                let lower = (nth..end).rev().map(|i| (self.x(i, buckets[i].at), self.y(under[i].unwrap_or(f64::NEG_INFINITY))));
                let places: Vec<String> = upper.chain(lower).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
                let _ = writeln!(out, "<path class=\"band\" d=\"M{}Z\"/>", places.join("L"));
            }
            nth = if end > nth { end } else { nth + 1 };
        }
    }

    fn parted(&self, buckets: &[Bucket], nth: usize) -> bool {
        nth == 0 || buckets[nth].at.saturating_sub(buckets[nth - 1].at) > self.gap && !self.by_row
    }

    fn values(&self, buckets: &[Bucket], out: &mut String) {
        out.push_str("<path class=\"line\" d=\"");
        for (nth, bucket) in buckets.iter().enumerate() {
            let (x, low, high) = (self.x(nth, bucket.at), self.y(bucket.low), self.y(bucket.high));
            let _ = write!(out, "{}{x:.1} {high:.1}", if self.parted(buckets, nth) { "M" } else { "L" });
            // A lone value is a point: a line of no length with a round end would be none in some readers.
            let alone = self.parted(buckets, nth) && (nth + 1 == buckets.len() || self.parted(buckets, nth + 1));
            if alone || low - high > 0.05 {
                let _ = write!(out, "L{x:.1} {:.1}", low.max(high + 0.6));
            }
        }
        out.push_str("\"/>\n");
    }

    fn scores(&self, buckets: &[Bucket], out: &mut String) {
        let (mut path, mut limit, mut down) = (String::new(), String::new(), false);
        for (nth, bucket) in buckets.iter().enumerate() {
            let Some((score, threshold)) = bucket.score else {
                down = false;
                continue;
            };
            let (x, turn) = (self.x(nth, bucket.at), if down && !self.parted(buckets, nth) { "L" } else { "M" });
            let _ = write!(path, "{turn}{x:.1} {:.1}", score_y(score));
            let _ = write!(limit, "{turn}{x:.1} {:.1}", score_y(threshold));
            down = true;
        }
        let _ = writeln!(out, "<path class=\"limit\" d=\"{limit}\"/><path class=\"score\" d=\"{path}\"/>");
    }

    fn flags(&self, buckets: &[Bucket], out: &mut String) {
        for (nth, bucket) in buckets.iter().enumerate() {
            if let Some((_, at, value)) = bucket.flag {
                let _ = writeln!(out, "<circle class=\"odd\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.6\"/>", self.x(nth, at), self.y(value));
            }
        }
    }
}

fn score_y(score: f64) -> f64 {
    SCORES.1 - score.clamp(0.0, 1.0) * (SCORES.1 - SCORES.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn drawn(values: impl IntoIterator<Item = (i64, f64)>) -> String {
        let mut sketch = Sketch::default();
        for (at, x) in values {
            sketch.add(Some(Timestamp::from_millis(at)), x, None);
        }
        draw("a <b> & c", "sigma", &sketch, &Totals::default())
    }

    #[test]
    fn names_are_escaped_and_nothing_is_no_number() {
        for values in
            [vec![], vec![(0, 1.0)], vec![(0, 5.0), (0, 5.0)], vec![(0, f64::MIN), (1, f64::MAX)], vec![(9, 1.0), (5, 2.0), (7, 3.0)]]
        {
            let picture = drawn(values);
            assert!(picture.starts_with(OPENING) && picture.contains("a &lt;b&gt; &amp; c"));
            assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        }
    }

    #[test]
    fn a_line_breaks_where_rows_are_missing() {
        let steady: Vec<(i64, f64)> = (0..50).map(|i| (i * 1_000, (i % 7) as f64)).collect();
        let moves = |picture: &str| picture.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap().matches('M').count();
        assert_eq!(moves(&drawn(steady.clone())), 1);
        let late = steady.into_iter().map(|(at, x)| (if at > 20_000 { at + 600_000 } else { at }, x));
        assert_eq!(moves(&drawn(late)), 2);
    }
}
