//! What lies over the lines of a chart: marks, the moment that is read with its values, the stretch of time being chosen;
//! and what the lower edge says about them. Met by the chart pane only.

use super::before::{self, Before};
use super::chart_data::{self, Cell, Curve, Curves};
use super::crosshair::Crosshair;
use super::legend::Entry;
use super::notice;
use super::reading::{self, Reading};
use crate::model::SeriesId;
use crate::ui::widgets::{self, Parts};
use crate::ui::{Look, Role, Scene, words};
use ratatui::buffer::Buffer;

/// Columns of a value beside the crosshair, so that what follows stands below each other.
const VALUE: usize = 12;

/// What a chart shows, for what lies over it.
pub struct Over<'a> {
    /// The machine.
    pub scene: &'a Scene<'a>,
    /// The series that matters most.
    pub lead: SeriesId,
    /// All that are drawn.
    pub shown: &'a [SeriesId],
    /// What the lead is compared with.
    pub before: Before,
    /// Its earlier curve, where there is one.
    pub earlier: Option<&'a Curve>,
}

impl Over<'_> {
    /// Draws marks where the axis is one of time, then what is pointed at.
    pub fn render(&self, crosshair: &Crosshair, clock: bool, buf: &mut Buffer, look: &Look<'_>) {
        let plot = crosshair.plot();
        if clock {
            let column = |at| crosshair.cells().iter().position(|cell| cell.from <= at && at < cell.to);
            let marks: Vec<(u16, &str)> =
                self.scene.marks.iter().filter_map(|m| column(m.at).map(|column| (column as u16, m.text.as_ref()))).collect();
            widgets::marks(&marks, plot, buf, look);
        }
        let (Some(column), Some(cell)) = (crosshair.column(), crosshair.cell()) else { return };
        if let Some((from, to)) = crosshair.stretch() {
            widgets::stretch(plot, from, to, buf, look);
        }
        widgets::crosshair(plot, column, buf, look);
        let share = f64::from(column + 1) / crosshair.cells().len().max(1) as f64;
        let lines = self.lines(cell, usize::from(plot.height), share, look);
        widgets::beside(lines, plot, column, buf, look);
    }

    /// The moment, and the value of each series where they find room, else that of the lead.
    fn lines(&self, cell: Cell, rows: usize, share: f64, look: &Look<'_>) -> Vec<Parts> {
        let read = |id: SeriesId| reading::read(self.scene, id, cell);
        let lead = read(self.lead);
        let clock = lead.map_or_else(|| crate::ui::times::clock(cell.from, look.zone), |r| r.clock(look));
        let at = lead.map_or(cell.from, |r| r.at);
        let mut lines = vec![vec![(reading::heading(at, &clock, self.scene, look), Role::Text)]];
        let all = self.shown.len() > 1 && rows > self.shown.len() + 1;
        for (i, id) in self.shown.iter().enumerate().filter(|(_, id)| all || **id == self.lead) {
            let info = self.scene.store.info(*id);
            let mut line = match read(*id) {
                Some(reading) => reading.parts(&info.spec.unit, look),
                None => vec![(look.language.say("no data").to_owned(), Role::Stale)],
            };
            // The legend has the names; the line's own mark tells which value is whose.
            if all {
                let mark = if look.ascii { widgets::ascii_line(i) } else { "━" };
                let (value, role) = line.remove(0);
                line.insert(0, (words::pad(&value, words::width(&value).max(VALUE)), role));
                line.insert(0, (format!("{mark} "), Role::Series(i as u8)));
            }
            lines.push(line);
        }
        lines.extend(self.compared(lead, share, look));
        lines
    }

    /// The earlier value up to a share of the chart's width, and by how much the one read differs.
    fn compared(&self, reading: Option<Reading>, share: f64, look: &Look<'_>) -> Option<Parts> {
        let curve = self.earlier?;
        let end = (share * curve.buckets.len() as f64).round() as usize;
        let earlier = before::value(&curve.buckets, end.saturating_sub(1))?;
        let text = crate::ui::format::exact(earlier, &self.scene.store.info(self.lead).spec.unit);
        let difference = reading.map_or_else(String::new, |r| before::difference(r.bucket.last, earlier));
        Some(vec![(format!("{text}  {}  {difference}", self.before.words(look.language)), Role::Dim)])
    }

    /// The lower edge: how long, what is compared and how much it differs now, what a logarithmic axis leaves out.
    pub fn note(&self, data: &Curves, is_log: bool, asked_log: bool, room: usize) -> String {
        let language = self.scene.language;
        let mut parts: Vec<String> = Vec::new();
        if asked_log && !is_log {
            parts.push(language.say("no value above zero: not logarithmic").to_owned());
        } else if is_log {
            let out = chart_data::not_above_zero(data.list.iter().flat_map(|c| &c.buckets));
            parts.push(if out > 0 { language.fill("log, {0} not above zero", &[&out.to_string()]) } else { "log".to_owned() });
        }
        if self.before != Before::Off {
            parts.push(match (self.earlier, data.length()) {
                (Some(curve), _) => self.dotted(curve),
                (None, Some(_)) => before::missing(self.scene, self.lead, self.before),
                (None, None) => language.say("only a range of time can be compared").to_owned(),
            });
        }
        let length = notice::length(data.length(), language);
        parts.extend((!length.is_empty()).then_some(length));
        // Where there is little room the length goes first; what is said about missing data is cut rather than left out.
        while parts.len() > 1 && words::width(&parts.join("  ")) > room {
            parts.pop();
        }
        words::clip(&parts.join("  "), room, false)
    }

    /// What the dotted curve is, and by how much the newest value differs from it.
    fn dotted(&self, curve: &Curve) -> String {
        let language = self.scene.language;
        let info = self.scene.store.info(self.lead);
        let then = before::value(&curve.buckets, curve.buckets.len().saturating_sub(1));
        let difference = info.last.zip(then).map_or_else(String::new, |(now, then)| before::difference(now.value, then));
        let words = language.fill("dotted: {0}", &[self.before.words(language)]);
        if difference.is_empty() { words } else { format!("{words}, {}", language.fill("now {0}", &[&difference])) }
    }
}

/// Gives the entries of a legend the values at `cell`.
pub fn read_all(entries: &mut [Entry], scene: &Scene<'_>, shown: &[SeriesId], cell: Cell) {
    for (entry, id) in entries.iter_mut().zip(shown) {
        entry.read(reading::read(scene, *id, cell).as_ref(), &scene.store.info(*id).spec.unit);
    }
}
