//! The histogram: how the values of a series of the last 24 hours are spread, with p50, p95 and p99.

use super::chart::{LOG_SCALE, switched};
use super::copies::{List, Zone, asked};
use super::notice::{fits, notice};
use super::target::{self, Target};
use crate::model::{Safe, SeriesId, Timestamp};
use crate::ui::widgets::{Bar, Pen, bars, put, put_right};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, PaneCommand, Role, Scene, format, times, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "histogram",
    summary: "how a series' values of the last 24 hours are spread, with percentiles",
    argument: "a metric or a series, `name{label=\"value\"}`",
    build: |argument| Box::new(Histogram::new(argument)),
};

/// The least size: the percentiles, a few bars, their edges.
const LEAST: (u16, u16) = (30, 4);
/// The percentiles marked, with the words for them.
const MARKS: [(f64, &str); 3] = [(50.0, "p50"), (95.0, "p95"), (99.0, "p99")];
/// Most bins asked for: more are finer than the sketch itself.
const BINS_MAX: u16 = 96;
/// Columns of the count axis.
const AXIS: u16 = 9;

const HINTS: &[Hint] = &[
    Hint { keys: "↑/↓", action: "pick series", rank: 3 },
    Hint { keys: "l", action: "log counts", rank: 5 },
    Hint { keys: "y", action: "copy values", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
];
const COMMANDS: &[PaneCommand] = &[LOG_SCALE];

/// A histogram.
#[derive(Debug)]
pub struct Histogram {
    target: Target,
    picked: usize,
    log: bool,
    /// What was drawn last, and for what: it is made anew once a second, not with every record.
    drawn: Option<((SeriesId, u16, Timestamp), Spread)>,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

impl Histogram {
    /// A histogram of what `argument` names.
    pub fn new(argument: &str) -> Self {
        Self { target: Target::parse(argument), picked: 0, log: false, drawn: None, zone: Zone::default() }
    }

    /// The series shown, its place among those it can be picked from, and how many these are.
    fn shown(&self, scene: &Scene<'_>) -> Option<(SeriesId, usize, usize)> {
        let ids = self.target.series(scene.store);
        let at = self.picked.min(ids.len().saturating_sub(1));
        ids.get(at).map(|id| (*id, at, ids.len()))
    }
}

/// How values are spread.
#[derive(Debug)]
struct Spread {
    /// Lower edge, upper edge, count.
    bins: Vec<(f64, f64, u64)>,
    /// Percentiles: the word and the value.
    marks: Vec<(&'static str, f64)>,
    unit: String,
    /// Bars as logarithms of counts.
    log: bool,
}

impl Spread {
    /// The spread of a series in as many bins as `room` allows.
    fn of(scene: &Scene<'_>, id: SeriesId, room: u16) -> Self {
        let mut bins = Vec::new();
        scene.store.histogram(id, usize::from(room.min(BINS_MAX)), &mut bins);
        let marks = MARKS.into_iter().filter_map(|(p, word)| scene.store.percentile(id, p).map(|x| (word, x))).collect();
        Self { bins, marks, unit: scene.store.info(id).spec.unit.to_string(), log: false }
    }

    fn render(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let room = area.width - AXIS;
        let wide = (room / (self.bins.len() as u16).max(1)).max(1);
        self.percentiles(Rect { height: 1, ..area }, buf, look);
        // Percentiles on top; below the bars their marks, where there is room, and the edges.
        let below = if area.height >= 7 { 2 } else { 1 };
        let plot = Rect::new(area.x, area.y + 1, area.width, area.height - 1 - below);
        self.bars(wide, plot, buf, look);
        self.edges(wide, Rect::new(area.x + AXIS, plot.bottom(), room, below), buf, look);
    }

    fn percentiles(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let total: u64 = self.bins.iter().map(|b| b.2).sum();
        let (dim, accent) = (look.theme.style(Role::Dim), look.theme.style(Role::Accent));
        let mut pen = Pen::new(buf, area, 0);
        for (word, x) in &self.marks {
            let text = format::fixed(*x, &self.unit);
            if usize::from(pen.room()) < word.len() + 1 + words::width(&text) {
                return;
            }
            pen.put(word, dim).put(" ", dim).put(&text, accent).skip(2);
        }
        let count = format!("n {}", format::thousands(total as i64));
        if usize::from(pen.room()) > words::width(&count) {
            put_right(buf, area, 0, 0, &count, dim);
        }
    }

    fn bars(&self, wide: u16, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let most = self.bins.iter().map(|b| b.2).max().unwrap_or(0).max(1);
        let share = |n: u64| if self.log { ((n + 1) as f64).ln() / ((most + 1) as f64).ln() } else { n as f64 / most as f64 };
        let list: Vec<Bar> =
            self.bins.iter().map(|b| Bar { share: if b.2 > 0 { share(b.2) } else { 0.0 }, role: Role::Series(0) }).collect();
        bars(&list, wide, Rect::new(area.x + AXIS, area.y, area.width - AXIS, area.height), buf, look);
        let line = if look.ascii { "|" } else { "│" };
        for row in 0..area.height {
            put(buf, area, AXIS - 1, row, line, look.theme.style(Role::Frame));
        }
        let axis = Rect::new(area.x, area.y, AXIS - 2, area.height);
        put_right(buf, axis, 0, 0, &format::si(most as f64), look.theme.style(Role::Dim));
        if self.log && area.height > 2 {
            put_right(buf, axis, 0, 1, "log", look.theme.style(Role::Dim));
        }
        if area.height > 1 {
            put_right(buf, axis, 0, area.height - 1, "0", look.theme.style(Role::Dim));
        }
    }

    /// Marks the percentiles and the edges below the bars.
    fn edges(&self, wide: u16, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let every = usize::from((14 / wide.max(1)).max(1));
        let mut free = 0;
        for (i, (low, _, _)) in self.bins.iter().enumerate().step_by(every) {
            let (dx, text) = (i as u16 * wide, format::value(*low, &self.unit));
            if dx >= free && usize::from(dx) + words::width(&text) <= usize::from(area.width) {
                free = dx + put(buf, area, dx, area.height - 1, &text, look.theme.style(Role::Dim)) + 2;
            }
        }
        if area.height < 2 {
            return;
        }
        let mut free = 0;
        for (word, x) in &self.marks {
            let Some(i) = self.bins.iter().position(|(low, high, _)| x >= low && x <= high) else { continue };
            let sign = if look.ascii { "^" } else { "▲" };
            let at = i as u16 * wide;
            // At the right edge the word stands before its sign.
            let (dx, mark) =
                if at + 4 <= area.width { (at, format!("{sign}{word}")) } else { (at.saturating_sub(3), format!("{word}{sign}")) };
            // Percentiles close together: the first keeps its word.
            if dx >= free {
                free = dx + put(buf, area, dx, 0, &mark, look.theme.style(Role::Accent)) + 1;
            }
        }
    }
}

impl Pane for Histogram {
    fn title(&self, scene: &Scene<'_>) -> String {
        let Some((id, at, of)) = self.shown(scene) else { return Safe::label(&self.target.text).to_string() };
        let place = if of > 1 {
            format!("  {}", scene.language.fill("{0} of {1}", &[&(at + 1).to_string(), &of.to_string()]))
        } else {
            String::new()
        };
        format!("{}{place}  24 h", Safe::label(&scene.store.info(id).key.to_string()))
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let age = self.shown(scene).and_then(|(id, ..)| target::age(scene.store.info(id), scene.now));
        age.map_or_else(String::new, |a| scene.language.fill("{0} ago", &[&times::age_in(a, scene.language)]))
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        target::frame(self.shown(scene).map_or(Role::Frame, |(id, ..)| target::standing(scene, id)))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        let (at, of) = self.shown(scene).map_or((0, 0), |(_, at, of)| (at, of));
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.picked = (at + 1).min(of.saturating_sub(1)),
            KeyCode::Up | KeyCode::Char('k') => self.picked = at.saturating_sub(1),
            KeyCode::Char('l') => self.log = !self.log,
            KeyCode::Char('y' | 'Y') => {
                let list = List { scene, zone: &self.zone.0, title: &self.target.text };
                let id = self.shown(scene).map(|(id, ..)| id);
                return asked(if key.code == KeyCode::Char('y') {
                    id.and_then(|id| list.spread(id))
                } else {
                    id.map(|id| list.spread_summary(id))
                });
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn commands(&self) -> &'static [PaneCommand] {
        COMMANDS
    }

    fn command(&mut self, _name: &str, rest: &str, scene: &Scene<'_>) -> Result<Handled, String> {
        self.log = switched(rest, self.log).ok_or_else(|| scene.language.say("write on or off"))?;
        Ok(Handled::Yes)
    }

    fn least(&self) -> (u16, u16) {
        LEAST
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let area = area.intersection(buf.area);
        if !fits(LEAST, area, buf, look) {
            return;
        }
        self.zone = Zone(look.zone.clone());
        let Some((id, ..)) = self.shown(scene) else {
            let name = Safe::label(&self.target.text);
            let text = if name.as_str().is_empty() {
                look.language.say("name a metric: histogram:METRIC").to_owned()
            } else {
                look.language.fill("no samples of {0} yet", &[name.as_str()])
            };
            return notice(&[&text], Role::Dim, area, buf, look);
        };
        let room = area.width - AXIS;
        let made_for = (id, room, scene.now);
        if self.drawn.as_ref().is_none_or(|(key, _)| *key != made_for) {
            self.drawn = Some((made_for, Spread::of(scene, id, room)));
        }
        let Some((_, spread)) = &mut self.drawn else { return };
        if spread.bins.is_empty() {
            return notice(&[look.language.say("no values in the last 24 h yet")], Role::Dim, area, buf, look);
        }
        spread.log = self.log;
        spread.render(area, buf, look);
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, text};
    use super::*;

    fn spread(bins: u64) -> Spread {
        let bins: Vec<_> = (0..bins).map(|i| (i as f64 * 10.0, i as f64 * 10.0 + 10.0, 900 / (1 + (i.abs_diff(6)).pow(2)))).collect();
        Spread { bins, marks: vec![("p50", 64.0), ("p95", 148.0), ("p99", 151.0)], unit: "ms".to_owned(), log: false }
    }

    fn drawn(spread: &Spread, width: u16, height: u16) -> String {
        let stage = Stage::new();
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buf.area;
        spread.render(area, &mut buf, &stage.look());
        text(&buf)
    }

    #[test]
    fn bars_percentiles_and_edges_stand_below_each_other() {
        insta::assert_snapshot!(drawn(&spread(20), 60, 9));
        insta::assert_snapshot!(drawn(&Spread { log: true, ..spread(20) }, 110, 12));
        insta::assert_snapshot!(drawn(&spread(20), 30, 4));
    }
}
