//! What panes write to a terminal, byte by byte: nothing but what an allow-list knows, whatever the
//! data hold, and few enough bytes for a slow link.

use super::screens::{machine, reject, topic, wave};
use super::stage::{NOW, Stage};
use super::{chart, heatmap, histogram, host, multiples, series, sources, top};
use crate::decode::RejectClass;
use crate::model::{LinkState, Millis, Safe};
use crate::ui::widgets::{Times, put};
use crate::ui::{Depth, Key, KeyCode, Kind, Pane, Process, Theme};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const CORPUS: &str = include_str!("../../../tests/hostile/strings.jsonl");
const KINDS: [&Kind; 8] =
    [&chart::KIND, &series::KIND, &histogram::KIND, &host::KIND, &sources::KIND, &multiples::KIND, &heatmap::KIND, &top::KIND];

fn corpus() -> Vec<String> {
    CORPUS.lines().filter(|l| !l.is_empty()).map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The bytes that turn `before` into `after` on a terminal.
fn bytes(before: &Buffer, after: &Buffer) -> Vec<u8> {
    let mut out = Vec::new();
    let mut backend = CrosstermBackend::new(&mut out);
    backend.draw(before.diff(after).into_iter()).unwrap();
    backend.flush().unwrap();
    out
}

/// Nothing but cursor moves, colours and printable text.
fn assert_harmless(out: &[u8], of: &str) {
    let text = std::str::from_utf8(out).unwrap();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            assert_eq!(chars.next(), Some('['), "{of:?}");
            let body: String = chars.by_ref().take_while(|c| !matches!(c, 'H' | 'm')).collect();
            assert!(body.chars().all(|c| c.is_ascii_digit() || c == ';'), "{of:?}: CSI {body:?}");
            continue;
        }
        let hidden = matches!(c as u32, 0xad | 0x61c | 0x115f | 0x1160 | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfeff | 0xffa0 | 0xe0000..=0xe0fff);
        assert!(!c.is_control() && !hidden, "{of:?} wrote {:?}", c.escape_unicode().to_string());
    }
}

/// A stage on which every text is `text`.
fn hostile(text: &str) -> Stage {
    let mut stage = Stage::new();
    machine(&mut stage, 1);
    stage.fill(text, &[(text, text), ("b", text)], text, 60, |i| Some((wave(i, 1), i % 7 == 0)));
    stage.fill(text, &[(text, "2")], text, 60, |i| Some((wave(i, 2), false)));
    for (metric, label) in
        [("system.filesystem.utilization", "mountpoint"), ("hw.temperature", "sensor"), ("system.cpu.utilization", "cpu")]
    {
        stage.fill(metric, &[(label, text)], "1", 5, |_| Some((0.5, false)));
    }
    stage.fill("system.network.io", &[("interface", text), ("direction", "receive")], "By/s", 5, |_| Some((0.5, false)));
    stage.sources = vec![topic(text, LinkState::Denied, text, 2), topic(text, LinkState::Up, text, 0)];
    reject(&mut stage, RejectClass::Undecodable, text, text);
    stage.processes = vec![Process { pid: 1, name: text.to_owned(), cpu: 0.1, memory: 1 }];
    stage
}

#[test]
fn no_text_from_data_steers_the_terminal() {
    let sizes = [(0, 0), (1, 1), (2, 40), (17, 3), (20, 1), (38, 9), (40, 12), (78, 20), (80, 24), (110, 7), (158, 44), (300, 3)];
    for text in corpus() {
        let stage = hostile(&text);
        for (w, h) in sizes {
            for kind in KINDS {
                let mut pane = (kind.build)(&text);
                let last = (kind.build)(&format!("{text} last=20"));
                let mut keyed = (kind.build)("");
                keyed.filter(&text);
                keyed.key(Key::plain(KeyCode::Char('r')), &stage.scene());
                // Once is enough to have a column to point at, and one to compare with.
                for code in [KeyCode::Char('c'), KeyCode::Left].into_iter().filter(|_| w == 78) {
                    keyed.render(Rect::new(0, 0, w, h), &mut Buffer::empty(Rect::new(0, 0, w, h)), &stage.scene(), &stage.look());
                    keyed.key(Key::plain(code), &stage.scene());
                }
                for pane in [&mut pane, &mut { last }, &mut keyed] {
                    let area = Rect::new(0, 0, w, h);
                    let (blank, mut buf) = (Buffer::empty(area), Buffer::empty(area));
                    pane.render(Rect::new(0, 0, w + 5, h + 5), &mut buf, &stage.scene(), &stage.look());
                    assert_harmless(&bytes(&blank, &buf), &text);
                    for line in [pane.title(&stage.scene()), pane.status(&stage.scene())] {
                        assert_harmless(line.as_bytes(), &text);
                    }
                }
            }
        }
    }
}

#[test]
fn no_widget_lets_text_steer_the_terminal() {
    let stage = Stage::new();
    for text in corpus() {
        let area = Rect::new(0, 0, 30, 3);
        let (blank, mut buf) = (Buffer::empty(area), Buffer::empty(area));
        put(&mut buf, area, 0, 0, &text, stage.look().theme.style(crate::ui::Role::Text));
        Times::Ends(text.clone(), text.clone()).render(Rect::new(0, 1, 30, 1), &mut buf, &stage.look());
        assert_harmless(&bytes(&blank, &buf), &text);
        assert_harmless(crate::ui::format::value(1.0, &text).as_bytes(), &text);
        assert_harmless(crate::ui::words::shorten(Safe::label(&text).as_str(), 9, false).as_bytes(), &text);
    }
}

#[test]
fn any_place_on_a_screen_is_borne() {
    let stage = hostile("x");
    let mut buf = Buffer::empty(Rect::new(3, 2, 20, 6));
    for area in [
        Rect::new(0, 0, 0, 0),
        Rect::new(0, 0, 400, 400),
        Rect::new(10, 4, 50, 50),
        Rect::new(90, 90, 5, 5),
        Rect::new(65_000, 65_000, 500, 500),
    ] {
        for kind in KINDS {
            (kind.build)("x").render(area, &mut buf, &stage.scene(), &stage.look());
        }
    }
    assert_eq!(buf.area, Rect::new(3, 2, 20, 6));
}

/// Bytes a second while `panes` are drawn once a second and `feed` adds the next second's data.
fn rate(stage: &mut Stage, panes: &mut [(Box<dyn Pane>, Rect)], seconds: i64, feed: impl Fn(&mut Stage, i64)) -> usize {
    stage.theme = Theme::load("dark", Depth::True, false).unwrap();
    let area = Rect::new(0, 0, 200, 50);
    let mut draw = |stage: &Stage| {
        let mut buf = Buffer::empty(area);
        buf.set_style(area, stage.theme.base());
        for (pane, place) in panes.iter_mut() {
            pane.render(*place, &mut buf, &stage.scene(), &stage.look());
            let text = format!("{} {}", pane.title(&stage.scene()), pane.status(&stage.scene()));
            put(&mut buf, area, place.x, place.y - 1, &text, stage.theme.style(crate::ui::Role::Text));
        }
        buf
    };
    let mut before = draw(stage);
    let mut total = 0;
    for second in 1..=seconds {
        stage.now = NOW + Millis::from_secs(second);
        feed(stage, second);
        let after = draw(stage);
        let out = bytes(&before, &after);
        total += out.len();
        // Nothing new: nothing written but the colour reset every frame ends with.
        assert!(bytes(&after, &draw(stage)).len() < 32);
        before = after;
    }
    total / seconds as usize
}

fn noise(seed: i64) -> f64 {
    let mut x = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x >> 32) as f64) / f64::from(u32::MAX)
}

fn sensors(dots: bool) -> usize {
    let mut stage = Stage::new();
    let value =
        |i: i64, k: i64| (50.0 + 8.0 * (noise(i * 10 + k) + noise(i * 10 + k + 7_777)) + if i % 10 == 0 { 18.0 } else { 0.0 }, i % 10 == 0);
    let names: Vec<String> = (0..10).map(|k| k.to_string()).collect();
    for (k, name) in (0..).zip(&names) {
        stage.fill("sensor_value", &[("sensor_id", name)], "", 200, |i| Some(value(i, k)));
    }
    let mut panes: Vec<(Box<dyn Pane>, Rect)> = Vec::new();
    for k in 0..10_u16 {
        let mut pane = chart::Chart::new(&format!("sensor_value{{sensor_id=\"{k}\"}} last=100"));
        if dots {
            pane.key(Key::plain(KeyCode::Char('b')), &stage.scene());
        }
        panes.push((Box::new(pane), Rect::new(k % 2 * 100 + 1, k / 2 * 9 + 2, 98, 7)));
    }
    rate(&mut stage, &mut panes, 20, |stage, second| {
        for (k, name) in (0..).zip(&names) {
            let (v, odd) = value(199 + second, k);
            stage.push("sensor_value", &[("sensor_id", name)], "", NOW + Millis::from_secs(second), v, None, odd);
        }
    })
}

#[test]
fn ten_charts_scroll_within_their_budget() {
    let (blocks, dots) = (sensors(false), sensors(true));
    assert!(blocks <= 6_000, "{blocks} bytes a second with blocks");
    assert!(dots <= 12_000, "{dots} bytes a second with braille");
}

#[test]
fn the_host_page_stays_within_its_budget() {
    let mut stage = Stage::new();
    machine(&mut stage, 16);
    let mut panes: Vec<(Box<dyn Pane>, Rect)> = vec![((host::KIND.build)(""), Rect::new(1, 2, 198, 46))];
    let infos: Vec<_> = stage.store.iter().map(|i| (i.id, i.key.labels.is_empty(), i.spec.unit.to_string())).collect();
    let bytes = rate(&mut stage, &mut panes, 20, |stage, second| {
        for (k, (id, _, unit)) in (0_i64..).zip(&infos) {
            let size = if unit.starts_with("By") { 1e6 } else { 1.0 };
            let sample = crate::model::Sample { at: NOW + Millis::from_secs(second), value: noise(second * 100 + k) * size };
            stage.store.push(*id, sample, sample.at);
        }
    });
    assert!(bytes <= 12_000, "{bytes} bytes a second");
}

#[test]
fn many_series_at_once_stay_within_their_budget() {
    let value = |i: i64, k: i64| 0.2 + 0.1 * (k % 7) as f64 + 0.1 * noise(i / 7 * 100 + k);
    let names: Vec<String> = (0..40).map(|k| format!("node-{k}")).collect();
    for (kind, most) in [(&heatmap::KIND, 6_000), (&top::KIND, 6_000), (&multiples::KIND, 12_000)] {
        let mut stage = Stage::new();
        for (k, name) in (0..).zip(&names) {
            stage.fill("node_load", &[("node", name)], "1", 900, |i| Some((value(i, k), i % 200 == k * 3)));
        }
        let mut panes: Vec<(Box<dyn Pane>, Rect)> = vec![((kind.build)("node_load"), Rect::new(1, 2, 198, 46))];
        let bytes = rate(&mut stage, &mut panes, 20, |stage, second| {
            for (k, name) in (0..).zip(&names) {
                stage.push("node_load", &[("node", name)], "1", NOW + Millis::from_secs(second), value(899 + second, k), None, false);
            }
        });
        assert!(bytes <= most, "{}: {bytes} bytes a second", kind.name);
    }
}
