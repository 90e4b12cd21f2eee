//! Lines over time: values upwards, the clock below, the expected band shaded, flagged points marked.
//!
//! Every column spans from its lowest to its highest value, so that no spike is lost however long
//! the range; gaps are never joined. It draws what it is handed and fetches nothing.

use super::sparkline::BLOCKS;
use super::text::{dot, put, put_right};
use super::trace::{Step, Trace, reach, trace};
use super::{Scale, Times};
use crate::model::Millis;
use crate::store::Bucket;
use crate::ui::{Look, Role, times, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Below this width the value axis goes without labels, below this height the time axis goes.
const LEAST: (u16, u16) = (24, 4);
/// Signs of the first to sixth line without braille and colour.
const ASCII_LINES: [(char, &str); 6] = [('*', "*"), ('+', "+"), ('x', "x"), ('o', "o"), ('%', "%"), ('@', "@")];
/// Dots of a braille cell: left and right column, each from the bottom.
const DOTS: [[u8; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

/// The sign of line `index` where there is neither braille nor colour, for a legend.
pub fn ascii_line(index: usize) -> &'static str {
    ASCII_LINES[index % ASCII_LINES.len()].1
}

/// What lines are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Two by four dots a cell: fine lines, several of them.
    Braille,
    /// Filled columns in eighths of a row: half the bytes of braille when they move.
    Blocks,
    /// Plain characters.
    Ascii,
}

impl Shape {
    /// Columns of data per cell.
    pub const fn per_cell(self) -> usize {
        if matches!(self, Self::Braille) { 2 } else { 1 }
    }
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its values: [`Shape::per_cell`] for each cell of the plot.
    pub buckets: &'a [Bucket],
    /// As many empty buckets between two samples are bridged: their usual distance, no more.
    pub join: usize,
    /// As many empty buckets at the end are no silence yet: the newest values are on their way.
    pub late: usize,
    /// Its colour.
    pub role: Role,
    /// The value of the open window and its cell: it may still change.
    pub open: Option<(usize, f64)>,
}

/// Where the parts of a plot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlotArea {
    /// The labels of the value axis; empty where there is no room.
    pub values: Rect,
    /// The plot itself.
    pub plot: Rect,
    /// The time axis; empty where there is no room.
    pub times: Rect,
}

impl PlotArea {
    /// Splits `area`. The width of the labels depends on the unit alone, so that the plot does not jump.
    pub fn split(area: Rect, unit: &str) -> Self {
        let labels = match unit {
            "By/s" => 12,
            "By" => 10,
            _ => 9,
        };
        let left = if area.width < LEAST.0 { 0 } else { labels };
        let below = u16::from(area.height >= LEAST.1);
        let (plot_height, plot_width) = (area.height - below, area.width - left);
        Self {
            values: Rect::new(area.x, area.y, left, plot_height),
            plot: Rect::new(area.x + left, area.y, plot_width, plot_height),
            times: Rect::new(area.x + left, area.y + plot_height, plot_width, below),
        }
    }
}

/// A plot.
#[derive(Debug)]
pub struct Plot<'a> {
    /// The lines, the one that matters most last: it is drawn over the others. Band and gaps are its.
    pub lines: &'a [Line<'a>],
    /// An earlier curve of the line that matters most: dotted and dim, beneath all.
    pub before: Option<Line<'a>>,
    /// Whether the band is drawn.
    pub band: bool,
    /// The value axis.
    pub scale: &'a Scale,
    /// The unit of its labels.
    pub unit: &'a str,
    /// The time axis.
    pub times: Times<'a>,
    /// The time a cell stands for; zero where cells stand for samples.
    pub cell: Millis,
    /// What lines are drawn with.
    pub shape: Shape,
}

impl Plot<'_> {
    /// Draws itself.
    pub fn render(&self, at: PlotArea, buf: &mut Buffer, look: &Look<'_>) {
        self.axis(at.values, buf, look);
        self.times.render(at.times, buf, look);
        let plot = at.plot.intersection(buf.area);
        if plot.is_empty() {
            return;
        }
        let mut traces: Vec<Trace> = self.lines.iter().map(trace).collect();
        let mut sunk: Vec<usize> = Vec::new();
        if self.scale.log {
            for trace in &mut traces {
                sunk.append(&mut trace.keep_above_zero(self.scale.low));
            }
        }
        if let Some(line) = self.lines.last() {
            // Blanks take the line's colour too: a cell that turns blank needs no change of colour then,
            // which is most of what a moving chart would write.
            buf.set_style(plot, look.theme.style(line.role));
            if self.band {
                self.band(line, plot, buf, look);
            }
        }
        if let Some(before) = &self.before {
            self.dotted(before, plot, buf, look);
        }
        for (line, trace) in self.lines.iter().zip(&traces) {
            match self.shape {
                Shape::Braille => self.braille(line, trace, plot, buf, look),
                Shape::Blocks if self.lines.len() == 1 => self.blocks(line, trace, plot, buf, look),
                Shape::Blocks | Shape::Ascii => self.plain(line, trace, plot, buf, look),
            }
            self.open(line, plot, buf, look);
        }
        for line in self.lines {
            self.marks(line, plot, buf, look);
        }
        if let Some((line, trace)) = self.lines.last().zip(traces.last()) {
            self.gaps(line, trace, plot, buf, look);
        }
        self.sunk(&sunk, plot, buf, look);
    }

    /// One dot for each cell, so that it cannot be taken for a line of now, also without colours.
    fn dotted(&self, line: &Line<'_>, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let per = self.shape.per_cell();
        let mut trace = trace(line);
        if self.scale.log {
            trace.keep_above_zero(self.scale.low);
        }
        let style = look.theme.style(Role::Dim);
        let (rows, fine) = (usize::from(plot.height), if self.shape == Shape::Ascii { 1 } else { 4 });
        for (column, step) in (0..plot.width).zip(trace.steps.iter().step_by(per.max(1))) {
            let Some((low, high)) = step.span() else { continue };
            let level = self.scale.level(low.midpoint(high), rows * fine);
            let glyph = if fine == 1 { '.' } else { char::from_u32(0x2800 + u32::from(DOTS[0][level % 4])).unwrap_or('.') };
            dot(buf, plot.x + column, plot.bottom() - 1 - (level / fine) as u16, glyph, style);
        }
    }

    /// Values that a logarithmic axis cannot hold: a sign at the bottom says that they are there, below.
    fn sunk(&self, columns: &[usize], plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let glyph = if look.ascii { 'v' } else { '▾' };
        for column in columns.iter().map(|i| i / self.shape.per_cell()).filter(|c| *c < usize::from(plot.width)) {
            dot(buf, plot.x + column as u16, plot.bottom() - 1, glyph, look.theme.style(Role::Dim));
        }
    }

    fn axis(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        let (frame, dim) = (look.theme.style(Role::Frame), look.theme.style(Role::Dim));
        let (line, tick) = if look.ascii { ("|", "+") } else { ("│", "┤") };
        for row in 0..area.height {
            put(buf, area, area.width - 1, row, line, frame);
        }
        for (value, label) in self.scale.ticks.iter().zip(self.scale.labels(self.unit)) {
            let row = area.height - 1 - self.scale.level(*value, usize::from(area.height)) as u16;
            put_right(buf, area, 2, row, &label, dim);
            put(buf, area, area.width - 1, row, tick, frame);
        }
    }

    /// The row of `value` on the screen.
    fn row(&self, value: f64, plot: Rect) -> u16 {
        plot.bottom() - 1 - self.scale.level(value, usize::from(plot.height)) as u16
    }

    fn band(&self, line: &Line<'_>, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let glyph = if look.ascii { ':' } else { '░' };
        let per = self.shape.per_cell();
        let mut held: Option<(crate::model::Band, usize)> = None;
        for column in 0..usize::from(plot.width) {
            let cell = line.buckets.get(column * per..(column + 1) * per).unwrap_or_default();
            let fresh = cell.iter().rev().filter(|b| b.count > 0).find_map(|b| b.band);
            // Between two samples the band of the earlier holds on, as long as the line itself is joined.
            held = fresh.map(|b| (b, 0)).or(held.map(|(b, age)| (b, age + per)).filter(|h| h.1 <= line.join));
            let Some((band, _)) = held else { continue };
            let covers = band.low <= self.scale.low && band.high >= self.scale.high;
            // A band that fills the plot, or none of it, says nothing.
            if covers || band.high < self.scale.low || band.low > self.scale.high {
                continue;
            }
            for y in self.row(band.high, plot)..=self.row(band.low, plot) {
                dot(buf, plot.x + column as u16, y, glyph, look.theme.style(Role::Band));
            }
        }
    }

    fn braille(&self, line: &Line<'_>, trace: &Trace, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let levels = usize::from(plot.height) * 4;
        let style = look.theme.style(line.role);
        for column in 0..plot.width {
            let mut cells = vec![0_u8; usize::from(plot.height)];
            for (side, dots) in DOTS.iter().enumerate() {
                let reach = reach(&trace.steps, usize::from(column) * 2 + side, |v| self.scale.level(v, levels));
                for level in reach.into_iter().flat_map(|(low, high)| low..=high) {
                    cells[level / 4] |= dots[level % 4];
                }
            }
            for (row, bits) in (0_u16..).zip(&cells).filter(|(_, bits)| **bits != 0) {
                let (x, y) = (plot.x + column, plot.bottom() - 1 - row);
                let glyph = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
                dot(buf, x, y, glyph, style);
            }
        }
    }

    fn blocks(&self, line: &Line<'_>, trace: &Trace, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let levels = usize::from(plot.height) * 8;
        let style = look.theme.style(line.role);
        for (column, step) in (0..plot.width).zip(&trace.steps) {
            let Some((low, high)) = step.span() else { continue };
            let (low, high) = (self.scale.level(low, levels) + 1, self.scale.level(high, levels) + 1);
            // Less than a row apart they are one edge: the higher, so that spikes stay.
            let solid = if high - low < 8 { high } else { low };
            for row in 0..usize::from(plot.height) {
                let (floor, top) = (row * 8, (row + 1) * 8);
                let glyph = match () {
                    () if high <= floor => break,
                    () if solid >= top => '█',
                    () if solid > floor && solid == high => BLOCKS[solid - floor - 1],
                    // Between lowest and highest the column is lighter; its last row counts from a half on.
                    () if high >= top || high - floor >= 4 => '▒',
                    () => break,
                };
                dot(buf, plot.x + column, plot.bottom() - 1 - row as u16, glyph, style);
            }
        }
    }

    fn plain(&self, line: &Line<'_>, trace: &Trace, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let style = look.theme.style(line.role);
        let index = if let Role::Series(i) = line.role { usize::from(i) % ASCII_LINES.len() } else { 0 };
        for column in 0..plot.width {
            let reach = reach(&trace.steps, usize::from(column), |v| self.scale.level(v, usize::from(plot.height)));
            for level in reach.into_iter().flat_map(|(low, high)| low..=high) {
                dot(buf, plot.x + column, plot.bottom() - 1 - level as u16, ASCII_LINES[index].0, style);
            }
        }
    }

    fn open(&self, line: &Line<'_>, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let fits =
            |(column, value): &(usize, f64)| *column < usize::from(plot.width) && *value >= self.scale.low && *value <= self.scale.high;
        if let Some((column, value)) = line.open.filter(fits) {
            let glyph = if look.ascii { 'o' } else { '○' };
            dot(buf, plot.x + column as u16, self.row(value, plot), glyph, look.theme.style(Role::Dim));
        }
    }

    fn marks(&self, line: &Line<'_>, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let glyph = Role::Warning.sign(look.ascii).chars().next().unwrap_or('!');
        let warning = look.theme.style(Role::Warning);
        if self.shape == Shape::Blocks && line.buckets.iter().any(|b| b.flagged) {
            for x in plot.left()..plot.right() {
                if let Some(cell) = buf.cell_mut((x, plot.y)).filter(|c| c.symbol() == " ") {
                    cell.set_style(warning);
                }
            }
        }
        let columns = line.buckets.chunks(self.shape.per_cell()).zip(0..plot.width);
        for (cell, column) in columns {
            for bucket in cell.iter().filter(|b| b.flagged && b.count > 0) {
                // Filled columns carry their marks in the top row: there they share one colour change and
                // move cheaply. A line carries them where the value is.
                if self.shape == Shape::Blocks && plot.height == 1 {
                    // In the only row there is, a mark would hide what it marks: the colour has to do, as in small lines.
                    if let Some(cell) = buf.cell_mut((plot.x + column, plot.y)) {
                        cell.set_style(warning);
                    }
                    continue;
                }
                if self.shape == Shape::Blocks {
                    dot(buf, plot.x + column, plot.y, glyph, warning);
                    continue;
                }
                if self.scale.log && bucket.max <= 0.0 {
                    dot(buf, plot.x + column, plot.bottom() - 1, glyph, warning);
                    continue;
                }
                let value = match bucket.band {
                    Some(band) if bucket.max > band.high => bucket.max,
                    Some(band) if bucket.min < band.low => bucket.min,
                    _ => bucket.last,
                };
                dot(buf, plot.x + column, self.row(value, plot), glyph, warning);
            }
        }
    }

    fn gaps(&self, line: &Line<'_>, trace: &Trace, plot: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let per = self.shape.per_cell();
        for gap in &trace.gaps {
            // From the last sample to the next, not from column to column.
            let seen = |i: usize| line.buckets.get(i).map(|b| b.at);
            let length = match (gap.start.checked_sub(1).and_then(seen), seen(gap.end).or(line.buckets.last().map(|b| b.at))) {
                (Some(from), Some(to)) if self.cell > Millis::ZERO => {
                    look.language.fill("no data {0}", &[&times::age_in(to.since(from), look.language)])
                }
                _ => look.language.say("no data").to_owned(),
            };
            let (left, right) = (gap.start.div_ceil(per), gap.end / per);
            let free = right.saturating_sub(left);
            let text = if words::width(&length) + 2 <= free { length.as_str() } else { "" };
            let row = plot.height / 2;
            let dx = left + (free.saturating_sub(words::width(text))) / 2;
            put(buf, plot, dx as u16, row, text, look.theme.style(Role::Stale));
            let glyph = if look.ascii { '.' } else { '╌' };
            for column in left..right.min(usize::from(plot.width)) {
                let at = (plot.x + column as u16, plot.bottom() - 1);
                if trace.steps.get(column * per).is_none_or(|s| *s == Step::Open) {
                    dot(buf, at.0, at.1, glyph, look.theme.style(Role::Stale));
                }
            }
        }
    }
}
