//! Where data come from: each source or topic with its state, rate, lag, age and rejects, its
//! partitions on request, and a view of the records that were not accepted.

use super::copies::{List, Zone, asked};
use super::notice::{fits, notice};
use super::rejects::Rejects;
use super::target;
use crate::model::{LinkState, Millis, PartitionStatus, Safe, SourceStatus, Timestamp};
use crate::ui::cursor::Pressed;
use crate::ui::filter::{Cell, Filter, Row};
use crate::ui::widgets::{Align, Column, Field, Scale, Spark, Table, TableStyle, Window};
use crate::ui::{
    FilterFault, Handled, Hint, Key, KeyCode, Kind, Language, Look, Mouse, MouseKind, Pane, Role, Scene, format, times, words,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kind.
pub const KIND: Kind = Kind {
    name: "sources",
    summary: "sources and topics: state, rate, lag, age, partitions, and the records that were rejected",
    argument: "",
    build: |_| Box::new(Sources::default()),
};

/// The least size: state, name, rate.
const LEAST: (u16, u16) = (34, 2);
/// Seconds of rate one cell of a sparkline stands for: it moves only so often.
const RATE_CELL: usize = 5;

const HINTS: &[Hint] = &[
    Hint { keys: "Enter/r", action: "rejects", rank: 2 },
    Hint { keys: "→/←", action: "partitions", rank: 3 },
    Hint { keys: "↑/↓", action: "select", rank: 5 },
    Hint { keys: "y", action: "copy row", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
];

const REJECT_HINTS: &[Hint] = &[
    Hint { keys: "Esc", action: "back", rank: 2 },
    Hint { keys: "←/→", action: "class", rank: 3 },
    Hint { keys: "↑/↓", action: "select", rank: 5 },
];

pub(super) const COLUMNS: [Column; 9] = [
    Column { title: "", width: 1, grow: 0, align: Align::Left, rank: 0 },
    Column { title: "state", width: 10, grow: 0, align: Align::Left, rank: 1 },
    Column { title: "source", width: 12, grow: 3, align: Align::Left, rank: 0 },
    Column { title: "parts", width: 5, grow: 0, align: Align::Right, rank: 8 },
    Column { title: "rate /s", width: 7, grow: 0, align: Align::Right, rank: 0 },
    Column { title: "", width: 8, grow: 2, align: Align::Left, rank: 7 },
    Column { title: "lag", width: 6, grow: 0, align: Align::Right, rank: 3 },
    Column { title: "age", width: 8, grow: 0, align: Align::Right, rank: 2 },
    Column { title: "rejected", width: 8, grow: 0, align: Align::Right, rank: 4 },
];

/// A row of the list: a source or topic, or one of its partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Source(usize),
    Partition(usize, usize),
    Detail(usize),
}

/// The sources pane.
#[derive(Debug, Default)]
pub struct Sources {
    window: Window,
    /// Names of the sources and topics whose partitions are shown.
    open: BTreeSet<(Arc<str>, Option<Arc<str>>)>,
    rejects: Option<Rejects>,
    filter: Filter,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

fn name_of(s: &SourceStatus) -> (Arc<str>, Option<Arc<str>>) {
    (Arc::clone(&s.name), s.topic.clone())
}

/// How a source stands, as a role: silence is not health.
pub fn role_of(s: &SourceStatus) -> Role {
    match s.state {
        LinkState::Down | LinkState::Denied | LinkState::Unknown => Role::Critical,
        LinkState::Gap => Role::Warning,
        LinkState::Up if s.stale => Role::Stale,
        LinkState::Up if s.backlog().is_some() => Role::Learning,
        LinkState::Up => Role::Ok,
        LinkState::Connecting => Role::Learning,
        LinkState::Ended => Role::Muted,
    }
}

impl Row for &SourceStatus {
    const COLUMNS: &'static [&'static str] = &["name", "topic", "kind", "state", "rate", "lag", "rejected", "records", "stale", "detail"];

    fn cell(&self, name: &str) -> Cell<'_> {
        match name {
            "name" => (*self.name).into(),
            "topic" => self.topic.as_deref().map_or(Cell::Missing, Cell::from),
            "kind" => self.kind.into(),
            "state" => self.state.word().into(),
            "rate" => Cell::Number(self.rate),
            "lag" => Cell::Number(self.partitions.iter().map(PartitionStatus::lag).sum::<u64>() as f64),
            "rejected" => Cell::Number(self.rejected as f64),
            "records" => Cell::Number(self.records as f64),
            "stale" => Cell::Bool(self.stale),
            "detail" => (*self.detail).into(),
            _ => Cell::Missing,
        }
    }

    fn words(&self) -> String {
        format!("{} {} {} {} {}", self.name, self.topic.as_deref().unwrap_or(""), self.kind, self.state.word(), self.detail)
    }
}

impl Sources {
    fn lines(&self, scene: &Scene<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        let holds = self.filter.test(scene.sources.iter());
        for (i, s) in scene.sources.iter().enumerate().filter(|(_, s)| holds.passes(s)) {
            lines.push(Line::Source(i));
            if s.backlog().is_some() || (!s.detail.is_empty() && target::rank(role_of(s)) > 0) {
                lines.push(Line::Detail(i));
            }
            if self.open.contains(&name_of(s)) {
                lines.extend((0..s.partitions.len()).map(|p| Line::Partition(i, p)));
            }
        }
        lines
    }

    /// The source of the selected row.
    fn selected<'a>(&self, scene: &'a Scene<'_>) -> Option<&'a SourceStatus> {
        let (Line::Source(i) | Line::Detail(i) | Line::Partition(i, _)) = self.lines(scene).get(self.window.selected).copied()?;
        scene.sources.get(i)
    }
}

fn ago(at: Option<Timestamp>, now: Timestamp, language: Language) -> String {
    at.map_or_else(|| language.say("never").to_owned(), |t| times::age_in(Millis::new(now.since(t).get().max(0)), language))
}

/// How far a source has read back, in words: `reading back 6 h: 43 %`.
pub fn reading_back(s: &SourceStatus, now: Timestamp, language: Language) -> Option<String> {
    let log = s.backlog()?;
    let percent = log.percent().to_string();
    Some(match log.oldest {
        Some(oldest) => language.fill("reading back {0}: {1} %", &[&times::age_in(now.since(oldest), language), &percent]),
        None => language.fill("reading back: {0} %", &[&percent]),
    })
}

/// The rates as a sparkline whose cells are fixed to absolute time.
fn rates(s: &SourceStatus, now: Timestamp) -> Vec<Spark> {
    let last = now.as_millis().div_euclid(1_000);
    let first = last - s.rates.len() as i64 + 1;
    let mut out: Vec<(i64, f64, u32)> = Vec::new();
    for (second, rate) in (first..).zip(&s.rates) {
        let cell = second.div_euclid(RATE_CELL as i64);
        match out.last_mut().filter(|(c, ..)| *c == cell) {
            Some((_, sum, n)) => (*sum, *n) = (*sum + f64::from(*rate), *n + 1),
            None => out.push((cell, f64::from(*rate), 1)),
        }
    }
    out.into_iter().map(|(_, sum, n)| Spark { value: Some(sum / f64::from(n)).filter(|v| v.is_finite()), flagged: false }).collect()
}

fn source_row(s: &SourceStatus, now: Timestamp, look: &Look<'_>) -> Vec<Field> {
    let role = role_of(s);
    let language = look.language;
    let word = match s.state {
        LinkState::Up if s.stale => language.say("silent"),
        LinkState::Up if role == Role::Learning => language.say("reading"),
        state => language.say(state.word()),
    };
    let (name, cluster) = crate::ui::clusters::named(s, look);
    let lag: u64 = s.partitions.iter().map(PartitionStatus::lag).sum();
    let sparks = rates(s, now);
    let (_, high) = Spark::span(&sparks).unwrap_or((0.0, 1.0));
    let kafka = !s.partitions.is_empty();
    let count = |n: u64| format::si(n as f64);
    let quiet = |text: String| Field::Text(text, Role::Dim);
    vec![
        Field::Text(role.sign(look.ascii).to_owned(), role),
        Field::Text(word.to_owned(), if target::rank(role) > 0 { role } else { Role::Dim }),
        Field::Name(name, cluster.unwrap_or(Role::Text)),
        quiet(if kafka { s.partitions.len().to_string() } else { String::new() }),
        Field::text(format::si(s.rate)),
        Field::Spark(sparks, Scale::spark(0.0, high, ""), Role::Series(0)),
        if lag > 0 { Field::text(count(lag)) } else { quiet(if kafka { "0".to_owned() } else { String::new() }) },
        Field::Text(ago(s.heard, now, language), if s.stale { Role::Stale } else { Role::Dim }),
        if s.rejected > 0 { Field::Text(count(s.rejected), Role::Pending) } else { quiet("0".to_owned()) },
    ]
}

fn partition_row(s: &SourceStatus, p: &PartitionStatus, now: Timestamp, look: &Look<'_>) -> Vec<Field> {
    let quiet = |text: String| Field::Text(text, Role::Dim);
    let word = if p.idle { look.language.say("idle") } else { "" };
    let place = look.language.fill("{0}  at {1}", &[&p.partition.to_string(), &format::thousands(p.position)]);
    let branch = if look.ascii { "`-" } else { "└" };
    vec![
        quiet(String::new()),
        quiet(word.to_owned()),
        quiet(format!("{branch} {place}")),
        quiet(String::new()),
        quiet(format::si(p.rate)),
        Field::Spark(Vec::new(), Scale::spark(0.0, 1.0, ""), Role::Dim),
        if p.lag() > 0 { Field::text(format::si(p.lag() as f64)) } else { quiet("0".to_owned()) },
        quiet(ago(p.heard.or(s.heard.filter(|_| p.records > 0)), now, look.language)),
        quiet(String::new()),
    ]
}

/// What the source says of itself, in the columns of its name and on.
fn detail_row(s: &SourceStatus, scene: &Scene<'_>, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
    let text = match reading_back(s, scene.now, look.language) {
        Some(back) if target::rank(role_of(s)) == 0 => back,
        back => {
            let since = look.language.fill("since {0}", &[&times::moment(s.since, scene.now, look.zone)]);
            let back = back.map(|back| format!("  {back}")).unwrap_or_default();
            format!("{since}  {}{back}", Safe::message(&s.detail))
        }
    };
    let dx = if area.width > 60 { 15 } else { 3 };
    let text = words::clip(&text, usize::from(area.width.saturating_sub(dx)), look.ascii);
    crate::ui::widgets::put(buf, area, dx, 0, &text, look.theme.style(role_of(s)));
}

impl Pane for Sources {
    fn title(&self, scene: &Scene<'_>) -> String {
        self.rejects.as_ref().map_or_else(|| scene.language.say("sources").to_owned(), |r| r.title(scene))
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let filter = self.rejects.as_ref().map_or(&self.filter, Rejects::filtered);
        if !filter.is_empty() {
            return scene.language.fill("filter {0}", &[Safe::label(filter.text()).as_str()]);
        }
        let c = scene.counters;
        let rejected = c.undecodable + c.invalid + c.duplicate + c.erroneous + c.late;
        let records = scene.language.fill("{0} records", &[&format::si(c.records as f64)]);
        format!("{records}  {}", scene.language.fill("{0} rejected", &[&format::si(rejected as f64)]))
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        target::frame(scene.sources.iter().map(role_of).max_by_key(|r| target::rank(*r)).unwrap_or(Role::Frame))
    }

    fn hints(&self) -> &'static [Hint] {
        if self.rejects.is_some() { REJECT_HINTS } else { HINTS }
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        if let Some(rejects) = &mut self.rejects {
            if matches!(key.code, KeyCode::Esc | KeyCode::Char('r')) {
                self.rejects = None;
                return Handled::Yes;
            }
            return rejects.key(key, scene);
        }
        let rows = self.lines(scene).len();
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.window.step(1, rows),
            KeyCode::Up | KeyCode::Char('k') => self.window.step(-1, rows),
            KeyCode::PageDown => self.window.step(10, rows),
            KeyCode::PageUp => self.window.step(-10, rows),
            KeyCode::Home => self.window.step(-(rows as isize), rows),
            KeyCode::End => self.window.step(rows as isize, rows),
            KeyCode::Char('y' | 'Y') => {
                let list = List { scene, zone: &self.zone.0, title: scene.language.say("sources") };
                let row = || self.selected(scene).map(|source| list.source(source));
                return asked(if key.code == KeyCode::Char('y') { row() } else { Some(list.sources()) });
            }
            KeyCode::Enter | KeyCode::Char('r') => self.rejects = Some(Rejects::new(scene)),
            KeyCode::Right | KeyCode::Left | KeyCode::Char(' ') => {
                let Some(name) = self.selected(scene).map(name_of) else { return Handled::No };
                let open = self.open.remove(&name);
                if (key.code == KeyCode::Right) || (key.code == KeyCode::Char(' ') && !open) {
                    self.open.insert(name);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn filter(&mut self, text: &str) -> bool {
        match &mut self.rejects {
            Some(rejects) => rejects.filter(text),
            None => self.filter = Filter::new(text),
        }
        true
    }

    fn filter_fault(&self, scene: &Scene<'_>) -> Option<FilterFault> {
        self.rejects.as_ref().map_or_else(|| self.filter.fault(scene.sources.iter()), |rejects| rejects.filter_fault(scene))
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> Handled {
        if mouse.kind != MouseKind::Press {
            return Handled::No;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.press(mouse, area, scene);
            return Handled::Yes;
        }
        let heading = usize::from(area.height > 2);
        let Some(line) = usize::from(mouse.row - area.y).checked_sub(heading) else { return Handled::No };
        match self.window.press(line, self.lines(scene).len()) {
            Pressed::Again => self.key(Key::plain(KeyCode::Enter), scene),
            Pressed::Chosen => Handled::Yes,
            Pressed::Beside => Handled::No,
        }
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
        if let Some(rejects) = &mut self.rejects {
            return rejects.render(area, buf, scene, look);
        }
        let lines = self.lines(scene);
        if lines.is_empty() {
            let text =
                if scene.sources.is_empty() { look.language.say("no sources") } else { look.language.say("no source holds the filter") };
            return notice(&[text], Role::Dim, area, buf, look);
        }
        let style = TableStyle { sorted: None, heading: area.height > 2, select: look.focused };
        let table = Table { columns: &COLUMNS, rows: lines.len(), style };
        table.render(area, buf, look, &mut self.window, |i, _| match lines[i] {
            Line::Source(s) => source_row(&scene.sources[s], scene.now, look),
            Line::Partition(s, p) => partition_row(&scene.sources[s], &scene.sources[s].partitions[p], scene.now, look),
            Line::Detail(_) => Vec::new(),
        });
        let heading = u16::from(style.heading);
        for (dy, line) in (heading..area.height).zip(lines.iter().skip(self.window.top)) {
            if let Line::Detail(s) = line {
                detail_row(&scene.sources[*s], scene, look, Rect::new(area.x, area.y + dy, area.width, 1), buf);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::screens::topic;
    use super::*;

    #[test]
    fn a_topic_that_reads_back_says_how_far_it_is_and_is_not_yet_well() {
        let mut status = topic("t", LinkState::Up, "", 2);
        let now = Timestamp::from_millis(1_764_000_000_000);
        assert_eq!((role_of(&status), reading_back(&status, now, Language::English)), (Role::Ok, None));
        for part in &mut status.partitions {
            (part.begin, part.position, part.aim) = (0, 43, 100);
            part.oldest = Some(now - Millis::from_secs(6 * 3_600));
        }
        assert_eq!(role_of(&status), Role::Learning);
        assert_eq!(reading_back(&status, now, Language::English).as_deref(), Some("reading back 6 h: 43 %"));
        // The end of one that stands at it holds no record that could be read.
        status.partitions[0].idle = true;
        assert_eq!(reading_back(&status, now, Language::English).as_deref(), Some("reading back 6 h: 71 %"));
        status.partitions[1].position = 100;
        assert_eq!(role_of(&status), Role::Ok);
    }
}
