//! The local host at one glance: processor, memory, disks, network, temperatures, processes.
//!
//! It reads `system.*` and `hw.*` series like any other; what a machine does not have is named as
//! not available, what has stopped is marked, and nothing is left out silently: where the pane is
//! too low it scrolls and says how much more there is.

use super::copies::{List, Zone, asked};
use super::host_rows::{Newest, Row, absent, newest, of};
use super::notice::fits;
use super::target;
use crate::model::{Millis, Safe};
use crate::ui::widgets::{Pen, put_right};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Language, Look, Pane, Request, Role, Scene, format, times, words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind.
pub const KIND: Kind = Kind {
    name: "host",
    summary: "processor, memory, disks, network and temperatures of this machine",
    argument: "",
    build: |_| Box::new(Host::default()),
};

/// The least size: label, value and a short gauge.
const LEAST: (u16, u16) = (30, 4);
/// From this width on there are two columns.
const TWO: u16 = 110;
/// Rows of cores that may stand before disks and network.
const CORE_ROWS: u16 = 4;
/// A plot's least and largest height.
const PLOT: (u16, u16) = (6, 12);
/// Blank columns between the two.
const BETWEEN: u16 = 4;

const HINTS: &[Hint] = &[
    Hint { keys: "p", action: "processes", rank: 4 },
    Hint { keys: "↑/↓", action: "scroll", rank: 6 },
    Hint { keys: "y", action: "copy values", rank: 46 },
    Hint { keys: "Y", action: "copy summary", rank: 76 },
];

/// The host pane.
#[derive(Debug, Default)]
pub struct Host {
    top: u16,
    /// The zone it was drawn in last, for what is copied.
    zone: Zone,
}

/// The values of the label `label` among the series of `metric`, each once, in order.
fn values(scene: &Scene<'_>, metric: &str, label: &str) -> Vec<String> {
    let of_metric = scene.store.of_metric(metric);
    let mut list: Vec<String> = of_metric.filter_map(|id| scene.store.info(id).key.labels.get(label).map(str::to_owned)).collect();
    // Numbered names in the order of their numbers: cpu 2 before cpu 10.
    list.sort_by_key(|v| (v.parse::<u32>().unwrap_or(u32::MAX), v.clone()));
    list.dedup();
    list
}

fn safe(text: &str) -> String {
    Safe::label(text).to_string()
}

/// `19.5 GiB of 31.9 GiB`, from what is used and the share that is.
fn of_total(used: Option<Newest>, share: Option<Newest>, language: Language) -> String {
    match (used, share) {
        (Some(u), Some(s)) if s.value > 0.0 => {
            language.fill("{0} of {1}", &[&format::value(u.value, "By"), &format::value(u.value / s.value, "By")])
        }
        (Some(u), _) => format::value(u.value, "By"),
        _ => String::new(),
    }
}

/// The processor's meter, and its cores.
fn processor<'a>(scene: &Scene<'_>) -> (Row<'a>, Vec<Row<'a>>) {
    let name = "system.cpu.utilization";
    let cores: Vec<(String, Newest)> =
        values(scene, name, "cpu").into_iter().filter_map(|cpu| newest(scene, name, &[("cpu", &cpu)]).map(|n| (safe(&cpu), n))).collect();
    let note = if cores.is_empty() { String::new() } else { scene.language.fill("{0} cores", &[&cores.len().to_string()]) };
    let meter = Row::Meter { label: scene.language.say("cpu").to_owned(), now: newest(scene, name, &[]), note, role: Role::Series(0) };
    (meter, if cores.is_empty() { Vec::new() } else { vec![Row::Cores(cores)] })
}

fn memory<'a>(scene: &Scene<'_>) -> Vec<Row<'a>> {
    let meter = |label: &str, kind: &str| {
        let share = newest(scene, &format!("system.{kind}.utilization"), &[])
            .or_else(|| newest(scene, &format!("system.{kind}.utilization"), &[("state", "used")]));
        let used = newest(scene, &format!("system.{kind}.usage"), &[("state", "used")]);
        Row::Meter { label: label.to_owned(), now: share, note: of_total(used, share, scene.language), role: Role::Series(2) }
    };
    vec![meter(scene.language.say("memory"), "memory"), meter(scene.language.say("swap"), "paging")]
}

fn disks<'a>(scene: &Scene<'_>) -> Vec<Row<'a>> {
    let mut rows = vec![Row::Heading("disks")];
    for mount in values(scene, "system.filesystem.utilization", "mountpoint") {
        let share = newest(scene, "system.filesystem.utilization", &[("mountpoint", &mount)]);
        let used = newest(scene, "system.filesystem.usage", &[("mountpoint", &mount), ("state", "used")]);
        rows.push(Row::Meter { label: safe(&mount), now: share, note: of_total(used, share, scene.language), role: Role::Series(0) });
    }
    rows.extend(rates(scene, "system.disk.io", "device", [("read", "read"), ("write", "write")]));
    if rows.len() == 1 {
        rows.push(Row::Words(absent(scene).to_owned(), Role::Dim));
    }
    rows
}

fn network<'a>(scene: &Scene<'_>) -> Vec<Row<'a>> {
    let mut rows = vec![Row::Heading("network")];
    rows.extend(rates(scene, "system.network.io", "interface", [("receive", "in"), ("transmit", "out")]));
    if rows.len() == 1 {
        rows.push(Row::Words(absent(scene).to_owned(), Role::Dim));
    }
    rows
}

/// A row for each value of `label`, with the two directions of `metric` and the words for them.
fn rates<'a>(scene: &Scene<'_>, metric: &str, label: &str, ways: [(&str, &'static str); 2]) -> Vec<Row<'a>> {
    let row = |name: String| {
        let now = ways.map(|(way, _)| newest(scene, metric, &[(label, name.as_str()), ("direction", way)]));
        Row::Pair { label: safe(&name), words: ways.map(|(_, word)| word), now }
    };
    values(scene, metric, label).into_iter().map(row).collect()
}

fn temperatures<'a>(scene: &Scene<'_>) -> Vec<Row<'a>> {
    let list: Vec<(String, Newest)> = scene
        .store
        .of_metric("hw.temperature")
        .filter_map(|id| of(scene, id).map(|n| (safe(&target::label_text(&scene.store.info(id).key)), n)))
        .collect();
    let body = if list.is_empty() { Row::Words(absent(scene).to_owned(), Role::Dim) } else { Row::Heat(list) };
    vec![Row::Heading("temperatures"), body]
}

fn processes<'a>(scene: &Scene<'a>) -> Vec<Row<'a>> {
    if scene.processes.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![Row::Heading("processes")];
    rows.extend(scene.processes.iter().map(Row::Process));
    rows
}

/// Sections one below the other, a blank row between them.
fn stack(sections: Vec<Vec<Row<'_>>>) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for section in sections.into_iter().filter(|s| !s.is_empty()) {
        if !rows.is_empty() {
            rows.push(Row::Blank);
        }
        rows.extend(section);
    }
    rows
}

fn height(rows: &[Row<'_>], width: u16) -> u16 {
    rows.iter().map(|r| r.height(width)).fold(0, u16::saturating_add)
}

/// Gives rows that are left to plots below the meters of processor and memory.
fn widen(rows: &mut Vec<Row<'_>>, width: u16, room: u16, scene: &Scene<'_>) {
    for name in ["system.memory.utilization", "system.cpu.utilization"] {
        let spare = room.saturating_sub(height(rows, width));
        let Some(now) = newest(scene, name, &[]).filter(|_| spare >= PLOT.0) else { continue };
        let meter = rows.iter().position(|r| matches!(r, Row::Meter { now: Some(n), .. } if n.id == now.id));
        let (at, role) = if name.contains("memory") { (meter, Role::Series(2)) } else { (meter, Role::Series(0)) };
        if let Some(at) = at {
            rows.insert(at + 1, Row::Plot { id: now.id, rows: (spare / 2).clamp(PLOT.0, PLOT.1), role });
        }
    }
}

/// Draws `rows` from the row `top` on; a block that is cut by an edge is drawn as far as it goes.
fn column(rows: &[Row<'_>], top: u16, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
    let mut y = 0_u16;
    for row in rows {
        let tall = row.height(area.width);
        if y >= top && y - top < area.height {
            let place = Rect::new(area.x, area.y + y - top, area.width, tall.min(area.height - (y - top)));
            row.render(place, buf, scene, look);
        }
        y = y.saturating_add(tall);
    }
}

/// The pane's columns and their width. Many cores stand after what there is little of.
fn columns<'a>(scene: &Scene<'a>, width: u16) -> (Vec<Vec<Row<'a>>>, u16) {
    let (cpu, cores) = processor(scene);
    let meters: Vec<Row<'_>> = std::iter::once(cpu).chain(memory(scene)).collect();
    let (disks, network, heat, top) = (disks(scene), network(scene), temperatures(scene), processes(scene));
    if width >= TWO {
        return (vec![stack(vec![meters, cores, top]), stack(vec![disks, network, heat])], (width - BETWEEN) / 2);
    }
    let few = height(&cores, width) <= CORE_ROWS;
    let (before, after) =
        if few { (cores, Vec::new()) } else { (Vec::new(), std::iter::once(Row::Heading("cores")).chain(cores).collect()) };
    (vec![stack(vec![meters, before, top, disks, network, heat, after])], width)
}

/// Uptime and load in one line; what does not fit whole is left out.
fn summary(scene: &Scene<'_>, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let up = newest(scene, "system.uptime", &[]).map(|n| times::duration_in(Millis::from_secs(n.value as i64), scene.language));
    let mut words = vec![(scene.language.fill("up {0}", &[""]), Role::Dim), (up.unwrap_or_else(|| absent(scene).to_owned()), Role::Text)];
    let loads = ["1m", "5m", "15m"].map(|m| newest(scene, &format!("system.cpu.load_average.{m}"), &[]));
    words.push((format!("   {}", scene.language.say("load")), Role::Dim));
    for now in loads.iter().flatten() {
        let role = if target::rank(now.standing) > 0 { now.standing } else { Role::Text };
        words.push((format!("{:>7.2}", now.value.clamp(-999.0, 9_999.0)), role));
    }
    if loads.iter().all(Option::is_none) {
        words.push((format!(" {}", absent(scene)), Role::Text));
    }
    let mut pen = Pen::new(buf, area, 0);
    for (word, role) in words {
        if usize::from(pen.room()) < words::width(&word) {
            break;
        }
        pen.put(&word, look.theme.style(role));
    }
}

impl Pane for Host {
    fn title(&self, scene: &Scene<'_>) -> String {
        scene.language.say("host").to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let age = newest(scene, "system.cpu.utilization", &[]).and_then(|n| target::age(scene.store.info(n.id), scene.now));
        age.map_or_else(String::new, |a| scene.language.fill("{0} ago", &[&times::age_in(a, scene.language)]))
    }

    fn state(&self, scene: &Scene<'_>) -> Role {
        let own = |name: &str| name.starts_with("system.") || name.starts_with("hw.");
        let worst = scene.store.iter().filter(|i| own(&i.key.name)).map(|i| target::standing(scene, i.id)).max_by_key(|r| target::rank(*r));
        target::frame(worst.unwrap_or(Role::Frame))
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        if key.ctrl || key.alt {
            return Handled::No;
        }
        match key.code {
            KeyCode::Char('p') => return Handled::Ask(Request::Processes(scene.processes.is_empty())),
            KeyCode::Down | KeyCode::Char('j') => self.top = self.top.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::PageDown => self.top = self.top.saturating_add(10),
            KeyCode::PageUp => self.top = self.top.saturating_sub(10),
            KeyCode::Home => self.top = 0,
            KeyCode::Char('y' | 'Y') => {
                let list = List { scene, zone: &self.zone.0, title: scene.language.say("host") };
                return asked(if key.code == KeyCode::Char('y') { list.host() } else { Some(list.host_summary()) });
            }
            _ => return Handled::No,
        }
        Handled::Yes
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
        let body = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
        let (mut columns, wide) = columns(scene, area.width);
        if let Some(first) = columns.first_mut().filter(|_| area.width >= TWO) {
            widen(first, wide, body.height, scene);
        }
        let tall = columns.iter().map(|c| height(c, wide)).max().unwrap_or(0);
        self.top = self.top.min(tall.saturating_sub(body.height));
        let below = tall.saturating_sub(self.top + body.height);
        let arrow = if look.ascii { "v" } else { "↓" };
        let more = || format!("{arrow} {}", look.language.fill("{0} more", &[&below.to_string()]));
        let more = if below > 0 { more() } else { String::new() };
        put_right(buf, area, 0, 0, &more, look.theme.style(Role::Dim));
        summary(scene, Rect { width: area.width.saturating_sub(words::width(&more) as u16 + 1), ..area }, buf, look);
        for (i, rows) in (0_u16..).zip(&columns) {
            let place = Rect::new(body.x + i * (wide + BETWEEN), body.y, wide, body.height);
            column(rows, self.top, place, buf, scene, look);
        }
    }
}
