//! Dialogues with the whole screen: a scene, keys, and what became of them.

use super::app::App;
use super::fixture::{Fixture, NOW, app, draw, press, type_text};
use super::{Handled, Key, KeyCode, Language, Look, Mode, PageSpec, PaneSpec, Request, RowSpec, Signs, Theme, UiSpec, keymap, panes};
use crate::model::{Millis, Speed, Timestamp};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn first_line(app: &mut App, f: &Fixture) -> String {
    draw(app, &f.scene(), 120, 30).lines().next().unwrap().to_owned()
}

fn last_line(app: &mut App, f: &Fixture) -> String {
    draw(app, &f.scene(), 120, 30).lines().last().unwrap().trim().to_owned()
}

#[test]
fn keys_of_the_shell_are_passed_on() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    assert_eq!(
        press(&mut a, &f.scene(), "q ^C ^Z ^L T"),
        [Request::Quit, Request::Quit, Request::Suspend, Request::Redraw, Request::TestFire]
    );
    assert!(last_line(&mut a, &f).starts_with("test notification asked for"));
    assert_eq!(press(&mut a, &f.scene(), "i"), []);
    let demo = super::Scene { can_inject: true, ..f.scene() };
    assert_eq!(press(&mut a, &demo, "i"), [Request::InjectFault]);
}

#[test]
fn pages_are_reached_by_number_and_by_brackets() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    press(&mut a, &f.scene(), "3");
    assert!(first_line(&mut a, &f).contains("▸3 alerts"));
    press(&mut a, &f.scene(), "] ]");
    assert!(first_line(&mut a, &f).contains("▸5 sources"));
    press(&mut a, &f.scene(), "[ 9");
    assert!(first_line(&mut a, &f).contains("▸4 host"));
    assert_eq!(last_line(&mut a, &f), "there is no page 9");
    press(&mut a, &f.scene(), "6 ]");
    assert!(first_line(&mut a, &f).contains("▸1 overview"), "the page after the last is the first");
}

#[test]
fn focus_moves_and_a_pane_can_be_alone() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    assert!(draw(&mut a, &f.scene(), 80, 24).contains("╭▸overview"));
    press(&mut a, &f.scene(), "Tab");
    assert!(draw(&mut a, &f.scene(), 80, 24).contains("╭▸anomalies"));
    assert!(draw(&mut a, &f.scene(), 40, 12).contains("anomalies"), "the pane with the focus is in sight on a small screen");
    press(&mut a, &f.scene(), "z");
    let alone = draw(&mut a, &f.scene(), 80, 24);
    assert!(!alone.contains("overview ─") && alone.contains("╭ anomalies"));
    press(&mut a, &f.scene(), "Esc S-Tab");
    assert!(draw(&mut a, &f.scene(), 80, 24).contains("╭▸overview"));
}

#[test]
fn a_filter_is_text_and_no_command() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "Tab /");
    type_text(&mut a, &f.scene(), "q4821T");
    assert_eq!(press(&mut a, &f.scene(), "Bksp"), []);
    assert_eq!(last_line(&mut a, &f), "filter: q4821    Enter apply   Esc clear");
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("no anomaly holds the filter"));
    press(&mut a, &f.scene(), "^U");
    type_text(&mut a, &f.scene(), "48213");
    press(&mut a, &f.scene(), "Enter");
    let screen = draw(&mut a, &f.scene(), 120, 30);
    assert!(screen.contains("user_id=48213") && !screen.contains("user_id=17"), "{screen}");
    assert!(screen.contains("filter 48213"));
    press(&mut a, &f.scene(), "/ Esc");
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("user_id=17"));
}

#[test]
fn a_paste_goes_into_an_open_field_or_nowhere() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    let before = draw(&mut a, &f.scene(), 80, 24);
    a.paste("qqq\nT\x03");
    assert_eq!(draw(&mut a, &f.scene(), 80, 24), before);
    press(&mut a, &f.scene(), "m");
    a.paste("deploy\n1.2\x1b[2J");
    assert_eq!(press(&mut a, &f.scene(), "Enter"), [Request::Mark("deploy1.2[2J".into())]);
    assert_eq!(last_line(&mut a, &f), "mark set: deploy1.2[2J");
}

#[test]
fn range_and_freeze_hold_charts_and_say_so() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    for _ in 0..20 {
        press(&mut a, &f.scene(), "+");
    }
    assert_eq!(last_line(&mut a, &f), "charts show 1d; = fits them to their data");
    for _ in 0..20 {
        press(&mut a, &f.scene(), "-");
    }
    assert_eq!(last_line(&mut a, &f), "charts show 1m; = fits them to their data");
    press(&mut a, &f.scene(), "=");
    assert_eq!(last_line(&mut a, &f), "charts grow with their data, up to 15m");
    press(&mut a, &f.scene(), "f");
    assert_eq!(a.frozen(), Some(Timestamp::from_millis(NOW)));
    assert!(first_line(&mut a, &f).contains("FROZEN 03:14:07"));
    let mut later = Fixture::trouble();
    later.now = Timestamp::from_millis(NOW + 30_000);
    later.anomaly(99, 777, 1.0, later.now);
    assert!(!draw(&mut a, &later.scene(), 120, 30).contains("user_id=777"));
    press(&mut a, &later.scene(), "f");
    assert!(a.frozen().is_none() && draw(&mut a, &later.scene(), 120, 30).contains("user_id=777"));
}

#[test]
fn an_alert_is_acknowledged_where_it_is_seen() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    assert_eq!(press(&mut a, &f.scene(), "a"), [Request::Acknowledge(7)]);
    assert_eq!(press(&mut a, &f.scene(), "j a"), [Request::Acknowledge(8)]);
    assert_eq!(press(&mut a, &f.scene(), "3 j a Enter a"), [Request::Acknowledge(8), Request::Acknowledge(8)]);
    let mut known = Fixture::trouble();
    known.alerts.get_mut(7).unwrap().acknowledged = Some(("ann".into(), Timestamp::from_millis(NOW)));
    let screen = draw(&mut app(false), &known.scene(), 120, 30);
    assert!(screen.contains("◆ a PaymentFailures") && screen.lines().next().unwrap().contains("● 1  ? 1  ◐ 1  a 1"), "{screen}");
}

#[test]
fn enter_opens_and_escape_goes_back() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "Enter");
    assert_eq!(a.opened.len(), 1, "the series of the first alert");
    press(&mut a, &f.scene(), "Esc");
    assert!(a.opened.is_empty());
    press(&mut a, &f.scene(), "Tab Enter");
    let screen = draw(&mut a, &f.scene(), 80, 24);
    assert!(screen.contains("odd-transaction, spike") && screen.contains("record ecommerce_data[7]@8812043"), "{screen}");
    press(&mut a, &f.scene(), "Esc Esc s");
    assert!(draw(&mut a, &f.scene(), 80, 24).contains("by score"));
}

#[test]
fn a_replay_is_steered() {
    let (f, mut a) = (Fixture::replay(), app(false));
    assert_eq!(
        press(&mut a, &f.scene(), "Space . > < { ) n N"),
        [
            Request::ReplayPause,
            Request::ReplayStep,
            Request::ReplaySpeed(20.0),
            Request::ReplaySpeed(5.0),
            Request::ReplayJump(Millis::from_secs(-60)),
            Request::ReplayJump(Millis::from_secs(10)),
            Request::ReplayFind(true),
            Request::ReplayFind(false),
        ]
    );
    for (typed, asked) in [
        ("03:09", Some(Request::ReplaySeek(Timestamp::from_millis(NOW - 307_000)))),
        ("03:09:30", Some(Request::ReplaySeek(Timestamp::from_millis(NOW - 277_000)))),
        ("-5m", Some(Request::ReplayJump(Millis::from_secs(-300)))),
        ("25:00", None),
        ("soon", None),
    ] {
        press(&mut a, &f.scene(), "@");
        type_text(&mut a, &f.scene(), typed);
        assert_eq!(press(&mut a, &f.scene(), "Enter").into_iter().next(), asked, "{typed}");
    }
    assert!(last_line(&mut a, &f).starts_with("no time: soon"));
    let mut fast = Fixture::replay();
    fast.mode = Mode::Replay { speed: Speed::Times(1_000.0), from: f.now, to: f.now, at: f.now, paused: false, ended: true };
    assert_eq!(press(&mut a, &fast.scene(), ">"), [Request::ReplaySpeed(f64::INFINITY)]);
    assert!(draw(&mut a, &fast.scene(), 80, 24).contains("ended"));
}

#[test]
fn help_names_every_key_and_closes() {
    let (f, mut a) = (Fixture::replay(), app(false));
    press(&mut a, &f.scene(), "?");
    let screen = draw(&mut a, &f.scene(), 120, 50);
    for binding in keymap::bindings(true, false) {
        assert!(screen.contains(&format!("  {} ", binding.hint.keys)) && screen.contains(binding.hint.action), "{}", binding.hint.keys);
    }
    press(&mut a, &f.scene(), "x");
    assert!(draw(&mut a, &f.scene(), 120, 50).contains("╭▸overview"));
}

/// One page with a pane of every kind, and what it shows.
fn every_pane(signs: Signs) -> App {
    let pane = |kind: &'static str| RowSpec { weight: 1, panes: vec![(PaneSpec { kind, argument: "".into() }, 1)] };
    let pages = panes::PANES.iter().map(|kind| PageSpec { name: kind.name.into(), rows: vec![pane(kind.name)] }).collect();
    let spec = UiSpec { signs, pages, ..UiSpec::default() };
    App::new(&spec, Theme::plain(), jiff::tz::TimeZone::UTC)
}

#[test]
fn every_key_a_pane_names_is_a_key_of_it() {
    let f = Fixture::trouble();
    let theme = Theme::plain();
    let zone = jiff::tz::TimeZone::UTC;
    let look = Look {
        theme: &theme,
        ascii: false,
        zone: &zone,
        range: Millis::from_secs(900),
        until: None,
        focused: true,
        language: Language::English,
        clusters: &[],
    };
    for kind in panes::PANES {
        // A metric of two series, so that there is something to choose from.
        let argument = if matches!(kind.name, "chart" | "histogram") { "failure_ratio" } else { "" };
        let mut pane = (kind.build)(argument);
        let area = Rect { x: 0, y: 0, width: 100, height: 30 };
        pane.render(area, &mut Buffer::empty(area), &f.scene(), &look);
        for hint in pane.hints() {
            let keys = keymap::parse(hint.keys);
            assert!(!keys.is_empty(), "{} of {}", hint.keys, kind.name);
            for key in keys {
                // A pane may name a key of the whole screen that matters to it.
                let everywhere = keymap::action(key, true, true).is_some();
                assert!(pane.key(key, &f.scene()) != Handled::No || everywhere, "{} of {}", hint.keys, kind.name);
            }
        }
    }
}

#[test]
fn every_key_of_the_table_does_something() {
    let f = Fixture::replay();
    let scene = super::Scene { can_inject: true, ..f.scene() };
    for binding in keymap::GLOBAL {
        for key in keymap::parse(binding.hint.keys) {
            // A state in which every key has something to do: another page, a pane zoomed, the second pane in focus.
            let mut a = app(false);
            press(&mut a, &scene, "2 Tab z");
            let state = |a: &App| (a.page, a.pages[a.page].focus, a.zoomed, a.range, a.frozen, a.field.is_some(), a.help, a.notice.clone());
            a.notice = None;
            let before = state(&a);
            let page_two = key == Key::plain(KeyCode::Char('2')) || key == Key::plain(KeyCode::Enter);
            let request = a.key(key, &scene);
            assert!(request.is_some() || state(&a) != before || page_two, "{}", binding.hint.keys);
        }
    }
}

fn cells(app: &mut App, f: &Fixture, width: u16, height: u16) -> Buffer {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    app.render(area, &mut buf, &f.scene());
    buf
}

#[test]
fn the_same_scene_gives_the_same_cells_and_a_second_changes_the_clock_alone() {
    let mut a = every_pane(Signs::Unicode);
    let f = Fixture::trouble();
    let mut later = Fixture::trouble();
    later.now = Timestamp::from_millis(NOW + 1_000);
    for page in panes::PANES.iter().map(|kind| kind.name) {
        let first = cells(&mut a, &f, 160, 48);
        assert_eq!(first, cells(&mut a, &f, 160, 48), "{page}");
        let changed = first.diff(&cells(&mut a, &later, 160, 48)).len();
        // Panes that draw a moving axis change more than the clock.
        let still = ["overview", "anomalies", "alerts", "log"].contains(&page);
        assert!(!still || changed == 1, "only the last digit of the clock changes on {page}: {changed}");
        press(&mut a, &f.scene(), "]");
    }
}

#[test]
fn every_size_is_borne() {
    let sizes = [(0, 0), (1, 1), (2, 1), (500, 2), (2, 500), (23, 4), (24, 5), (25, 6), (30, 7), (41, 9), (64, 8), (200, 50)];
    for f in [Fixture::empty(), Fixture::replay(), Fixture::flooded()] {
        for signs in [Signs::Unicode, Signs::Ascii] {
            let mut a = every_pane(signs);
            for _ in panes::PANES {
                for keys in ["", "Enter", "?", "Esc Esc", "/", "Esc"] {
                    press(&mut a, &f.scene(), keys);
                    for (w, h) in sizes {
                        let buf = cells(&mut a, &f, w, h);
                        assert_eq!(buf.area.width, w);
                    }
                }
                press(&mut a, &f.scene(), "]");
            }
        }
    }
    assert!(draw(&mut app(false), &Fixture::quiet().scene(), 20, 3).starts_with("needs 24x5"));
    // A buffer smaller than the area it is asked to fill: the terminal shrank in between.
    let mut buf = Buffer::empty(Rect { x: 0, y: 0, width: 30, height: 8 });
    app(false).render(Rect { x: 0, y: 0, width: 200, height: 50 }, &mut buf, &Fixture::trouble().scene());
}

#[test]
fn hostile_text_neither_steers_the_terminal_nor_bends_the_frame() {
    for line in include_str!("../../tests/hostile/strings.jsonl").lines() {
        let text: String = serde_json::from_str(line).unwrap();
        let f = Fixture::hostile(&text);
        for (signs, edge) in [(Signs::Unicode, "│"), (Signs::Ascii, "|")] {
            let mut a = every_pane(signs);
            for _ in panes::PANES {
                for keys in ["", "Enter", "Esc Esc"] {
                    press(&mut a, &f.scene(), keys);
                    for (w, h) in [(40, 12), (100, 30)] {
                        let buf = cells(&mut a, &f, w, h);
                        for cell in &buf.content {
                            harmless(cell.symbol(), line);
                        }
                        assert_eq!(buf[(w - 1, 2)].symbol(), edge, "{line}\n{}", super::fixture::text(&buf));
                    }
                }
                press(&mut a, &f.scene(), "]");
            }
        }
    }
}

fn harmless(symbol: &str, line: &str) {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
    };
    assert!(!symbol.contains(steers), "{symbol:?} of {line}");
    assert!(symbol.len() <= 64, "{} bytes in a cell of {line}", symbol.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sequence_of_keys_breaks_the_screen(keys in proptest::collection::vec((0usize..60, 1u16..130, 1u16..40), 1..60)) {
        let mut all: Vec<Key> = keymap::GLOBAL.iter().flat_map(|b| keymap::parse(b.hint.keys)).collect();
        all.extend(["↑/↓", "←/→", "j", "k", "h", "l", "p", "r", "b", "g", "G", "a", "s", "PgUp", "PgDn"].into_iter().flat_map(keymap::parse));
        let scenes = [Fixture::trouble(), Fixture::replay(), Fixture::empty()];
        let mut a = every_pane(Signs::Unicode);
        for (n, (key, w, h)) in keys.into_iter().enumerate() {
            let f = &scenes[n / 7 % 3];
            a.key(all[key % all.len()], &f.scene());
            let buf = cells(&mut a, f, w, h);
            prop_assert_eq!(buf.area.area(), u32::from(w) * u32::from(h));
        }
    }
}
