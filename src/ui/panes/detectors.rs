//! The detectors: what each judges, how strictly, what it still learns, how often it was odd, how many false alerts to expect.

use super::learning;
use crate::engine::{PROMISED_AFTER, Strictness};
use crate::model::Safe;
use crate::ui::cursor::Cursor;
use crate::ui::glyphs::glyphs;
use crate::ui::widgets::{Share, padded, put_at, put_parts, shares};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Role, Scene, english, format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The kind `detectors`.
pub const KIND: Kind = Kind {
    name: "detectors",
    summary: "detectors: what they judge, how strictly, what they still learn",
    argument: "",
    build: |_| Box::<Detectors>::default(),
};

const HINTS: &[Hint] = &[Hint { keys: "Enter", action: "its anomalies", rank: 10 }, Hint { keys: "↑/↓", action: "select", rank: 26 }];

/// Head, whether numbers, least and greatest width, rank.
const SHAPE: [(&str, bool, usize, usize, u8); 7] = [
    (english("detector"), false, 10, 32, 0),
    (english("kind"), false, 9, 18, 6),
    (english("judges"), true, 6, 8, 4),
    (english("learning"), true, 8, 24, 2),
    (english("odd"), true, 3, 8, 1),
    (english("threshold"), true, 5, 9, 3),
    (english("false a week"), true, 5, 19, 5),
];
/// Blanks between columns.
const GAP: usize = 2;

#[derive(Default)]
struct Detectors {
    /// By their places, which a running configuration does not change.
    cursor: Cursor<usize>,
}

fn places(scene: &Scene<'_>) -> Vec<usize> {
    (0..scene.strictness.len()).collect()
}

/// How many series still learn, and how long the next one does.
fn learns(detector: &str, scene: &Scene<'_>) -> String {
    let language = scene.language;
    let of = || scene.learning.iter().filter(|s| *s.detector == *detector);
    let count = of().count();
    let soonest = of().find_map(|status| learning::left(status, scene));
    match (count, soonest) {
        (0, _) => String::new(),
        (n, Some(left)) => language.fill("{0}, {1} left", &[&n.to_string(), &times::age_in(left, language)]),
        (n, None) => n.to_string(),
    }
}

/// The days of history of the detector that has least of it, while that is too little for a promise.
fn budget_learnt(scene: &Scene<'_>) -> Option<u64> {
    let judging = scene.strictness.iter().filter(|s| s.follows && s.instances > 0);
    judging.map(|s| s.watched).min().filter(|hours| *hours < PROMISED_AFTER).map(|hours| hours / 24)
}

fn texts(s: &Strictness, scene: &Scene<'_>) -> Vec<String> {
    let language = scene.language;
    let count = |n: usize| format::thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let odd: u64 = scene.anomalies.iter().filter(|a| a.detector == s.detector).map(|a| u64::from(a.count)).sum();
    let weekly = match s.weekly {
        _ if !s.follows => language.say("does not follow").to_owned(),
        _ if s.instances > 0 && s.watched < PROMISED_AFTER => {
            language.fill("learning {0} d of {1} d", &[&(s.watched / 24).to_string(), &(PROMISED_AFTER / 24).to_string()])
        }
        Some(n) if n < 0.01 => "<0.01".to_owned(),
        Some(n) => format::value(n, ""),
        None => language.say("not yet").to_owned(),
    };
    vec![
        Safe::label(&s.detector).to_string(),
        s.kind.to_owned(),
        count(s.instances),
        learns(&s.detector, scene),
        if odd == 0 { String::new() } else { format::thousands(i64::try_from(odd).unwrap_or(i64::MAX)) },
        s.threshold.map_or_else(String::new, |t| format!("{t:.2}")),
        weekly,
    ]
}

impl Pane for Detectors {
    fn title(&self, scene: &Scene<'_>) -> String {
        scene.language.say("detectors").to_owned()
    }

    fn status(&self, scene: &Scene<'_>) -> String {
        let language = scene.language;
        match scene.false_alerts {
            Some(n) => match budget_learnt(scene) {
                Some(days) => language.fill(
                    "false alerts a week: {0}; learning the budget: {1} d of {2} d",
                    &[&format::value(n, ""), &days.to_string(), &(PROMISED_AFTER / 24).to_string()],
                ),
                None => language.fill("false alerts a week: about {0} at most", &[&format::value(n, "")]),
            },
            None => language.say("each by its kind's own threshold; :sensitivity 1").to_owned(),
        }
    }

    fn hints(&self) -> &'static [Hint] {
        HINTS
    }

    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled {
        let places = places(scene);
        match key.code {
            KeyCode::Enter => match self.cursor.row(&places).and_then(|place| scene.strictness.get(place)) {
                Some(strictness) => Handled::Open(format!("anomalies:{}", strictness.detector)),
                None => Handled::Yes,
            },
            _ if self.cursor.key(key, &places) => Handled::Yes,
            _ => Handled::No,
        }
    }

    fn least(&self) -> (u16, u16) {
        (30, 2)
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>) {
        let places = places(scene);
        if places.is_empty() {
            let text = look.language.say("no detectors are configured");
            put_parts(buf, padded(area), 0, &[(text, look.theme.style(Role::Dim))]);
            return;
        }
        let window = self.cursor.window(&places, usize::from(area.height).saturating_sub(1));
        let selected = self.cursor.at(&places).filter(|_| look.focused);
        let heads: Vec<String> = SHAPE.iter().map(|s| look.language.known(s.0).to_owned()).collect();
        let rows: Vec<Vec<String>> = scene.strictness[window.clone()].iter().map(|s| texts(s, scene)).collect();
        let share = |(i, &(_, _, least, most, rank)): (usize, &(&str, bool, usize, usize, u8))| {
            let widest = rows.iter().map(|r| words::width(&r[i])).max().unwrap_or(0);
            let want = if widest == 0 { 0 } else { widest.max(words::width(&heads[i])).min(most) };
            Share { want, least: if SHAPE[i].1 { want } else { least.min(want) }, rank }
        };
        let shape: Vec<Share> = SHAPE.iter().enumerate().map(share).collect();
        let widths = shares(usize::from(area.width).saturating_sub(1), GAP, &shape);
        let mut line = |row: u16, texts: &[String], role: Role, here: bool| {
            let mark = if here { glyphs(look.ascii).here } else { " " };
            let mut x = area.x + put_parts(buf, area, row, &[(mark, look.theme.style(Role::Accent))]);
            for ((text, &room), shape) in texts.iter().zip(&widths).zip(SHAPE).filter(|((_, room), _)| **room > 0) {
                let cut = if shape.1 { clip(text, room, look.ascii) } else { shorten(text, room, look.ascii) };
                let text = if shape.1 { words::pad_left(&cut, room) } else { words::pad(&cut, room) };
                put_at(buf, area, (x, area.y + row), &text, look.theme.style(role));
                x = x.saturating_add((room + GAP) as u16);
            }
        };
        line(0, &heads, Role::Dim, false);
        for ((at, index), texts) in (1..area.height).zip(window).zip(&rows) {
            let here = Some(index) == selected;
            line(at, texts, if here { Role::Selection } else { Role::Text }, here);
        }
    }
}
