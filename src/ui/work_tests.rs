//! Dialogues with the whole screen about working in it: mouse, filters, jumps, and looking on without a hand in it.

use super::app::App;
use super::fixture::{Fixture, NOW, app, draw, press, type_text};
use super::{Mouse, MouseKind, Request};
use crate::model::{Millis, Timestamp};

fn first_line(app: &mut App, f: &Fixture) -> String {
    draw(app, &f.scene(), 120, 30).lines().next().unwrap().to_owned()
}

fn last_line(app: &mut App, f: &Fixture) -> String {
    draw(app, &f.scene(), 120, 30).lines().last().unwrap().trim().to_owned()
}

fn click(a: &mut App, f: &Fixture, column: u16, row: u16) -> Option<Request> {
    let at = |kind| Mouse { column, row, kind };
    let asked = a.mouse(at(MouseKind::Press), &f.scene());
    assert_eq!(a.mouse(at(MouseKind::Release), &f.scene()), None);
    asked
}

/// Where a text begins on the screen.
fn place(a: &mut App, f: &Fixture, text: &str) -> (u16, u16) {
    let screen = draw(a, &f.scene(), 120, 30);
    let (row, line) = screen.lines().enumerate().find(|(_, l)| l.contains(text)).unwrap_or_else(|| panic!("no {text:?} in\n{screen}"));
    let before = &line[..line.find(text).unwrap()];
    (super::words::width(before) as u16, row as u16)
}

#[test]
fn a_click_goes_where_it_points() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    let (x, y) = place(&mut a, &f, "3 alerts");
    click(&mut a, &f, x + 2, y);
    assert!(first_line(&mut a, &f).contains("▸3 alerts"));
    // A row of a list in a pane without the focus: chosen with the first click, opened with the second.
    let (x, y) = place(&mut a, &f, "user_id=17");
    click(&mut a, &f, x, y);
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("╭▸anomalies"));
    click(&mut a, &f, x, y);
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("user_id=17"));
    assert!(a.zoomed, "the row is open and has the page");
    press(&mut a, &f.scene(), "Esc");
    let (x, y) = place(&mut a, &f, "freeze");
    click(&mut a, &f, x, y);
    assert!(a.frozen().is_some(), "a key of the key bar");
    press(&mut a, &f.scene(), "Tab");
    let (x, y) = place(&mut a, &f, "help");
    click(&mut a, &f, x, y);
    assert!(a.help.is_some());
    click(&mut a, &f, 5, 5);
    assert!(a.help.is_none());
    assert_eq!(click(&mut a, &f, 500, 500), None);
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_a_deaf_screen_hears_nothing() {
    let (f, mut a) = (Fixture::flooded(), app(false));
    press(&mut a, &f.scene(), "3");
    let (x, y) = place(&mut a, &f, "anomalies ");
    let before = draw(&mut a, &f.scene(), 120, 30);
    for _ in 0..10 {
        assert_eq!(a.mouse(Mouse { column: x, row: y + 2, kind: MouseKind::WheelDown }, &f.scene()), None);
    }
    let after = draw(&mut a, &f.scene(), 120, 30);
    assert_ne!(before, after);
    assert!(after.contains("╭▸alerts"), "the focus stays");
    a.mouse = false;
    assert_eq!(a.mouse(Mouse { column: x, row: y + 2, kind: MouseKind::WheelUp }, &f.scene()), None);
    assert_eq!(draw(&mut a, &f.scene(), 120, 30), after);
}

#[test]
fn a_wrong_filter_shows_where_and_filters_come_back() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "Tab /");
    type_text(&mut a, &f.scene(), "scroe > 0.5");
    let screen = draw(&mut a, &f.scene(), 120, 30);
    assert!(screen.contains("no row has scroe; did you mean score?") && screen.contains("user_id=17"), "{screen}");
    press(&mut a, &f.scene(), "^U");
    type_text(&mut a, &f.scene(), "user_id == 48213");
    press(&mut a, &f.scene(), "Enter");
    let screen = draw(&mut a, &f.scene(), 120, 30);
    assert!(screen.contains("user_id=48213") && !screen.contains("user_id=17"), "{screen}");
    press(&mut a, &f.scene(), "Esc / ↑");
    assert!(last_line(&mut a, &f).starts_with("filter: user_id == 48213"));
    press(&mut a, &f.scene(), "Enter Tab Tab");
    let empty = draw(&mut a, &f.scene(), 120, 30);
    assert!(empty.contains("user_id=48213") && !empty.contains("user_id=17"));
}

#[test]
fn what_changes_something_is_refused_where_one_only_looks_on() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    a.read_only = true;
    let demo = super::Scene { can_inject: true, ..f.scene() };
    for key in ["a", "m", "T", "i"] {
        assert_eq!(press(&mut a, &demo, key), []);
        assert_eq!(last_line(&mut a, &f), "read-only: nothing is changed from here", "{key}");
    }
    assert_eq!(press(&mut a, &demo, "^L q"), [Request::Redraw, Request::Quit]);
    assert!(first_line(&mut a, &f).contains("READ-ONLY"));
    assert!(draw(&mut a, &f.scene(), 40, 12).lines().next().unwrap().contains("READ-ONLY"));
}

#[test]
fn one_goes_from_one_odd_thing_to_the_next() {
    let mut f = Fixture::trouble();
    f.marks.push(crate::model::Mark { at: Timestamp::from_millis(NOW - 1_000), text: "deploy".into() });
    let mut a = app(false);
    press(&mut a, &f.scene(), "n");
    assert_eq!(last_line(&mut a, &f), "nothing odd lies ahead; N goes back");
    press(&mut a, &f.scene(), "N");
    assert_eq!(last_line(&mut a, &f), "03:14:06  mark: deploy   n next, N before");
    let mut held = vec![a.frozen().unwrap()];
    let mut seen = Vec::new();
    for _ in 0..20 {
        press(&mut a, &f.scene(), "N");
        let line = last_line(&mut a, &f);
        if line == "nothing odd before that" {
            break;
        }
        held.push(a.frozen().unwrap());
        seen.push(line);
    }
    assert!(held.windows(2).all(|w| w[0] >= w[1]) && seen.iter().any(|l| l.contains("alert PaymentFailures firing")), "{seen:?}");
    assert!(seen.iter().any(|l| l.contains("odd-transaction")), "{seen:?}");
    for _ in 0..20 {
        press(&mut a, &f.scene(), "n");
        if a.frozen().is_none() {
            break;
        }
    }
    assert_eq!(last_line(&mut a, &f), "nothing odd after that; charts go on");
    assert!(a.frozen().is_none());
}

#[test]
fn marks_are_listed_and_lead_back_to_their_moment() {
    let mut f = Fixture::trouble();
    let moment = |s: i64| Timestamp::from_millis(NOW - s * 1_000);
    for (s, text) in [(300, "deploy 1.2"), (60, "rolled back\u{1b}[2J")] {
        f.marks.push(crate::model::Mark { at: moment(s), text: text.into() });
    }
    let mut a = app(false);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "marks");
    press(&mut a, &f.scene(), "Enter j");
    let screen = draw(&mut a, &f.scene(), 60, 8);
    assert!(screen.contains(" 03:13:07  rolled back␛[2J") && screen.contains("▸03:09:07  deploy 1.2"), "{screen}");
    press(&mut a, &f.scene(), "Enter");
    assert_eq!(a.frozen(), Some(moment(300)));
    f.mode = Fixture::replay().mode;
    assert_eq!(press(&mut a, &f.scene(), "g Enter"), [Request::ReplaySeek(moment(60))]);
}

#[test]
fn a_stretch_of_time_is_held_and_given_back() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    a.hold_range(Timestamp::from_millis(NOW - 60_000), Timestamp::from_millis(NOW - 180_000));
    assert_eq!((a.frozen(), a.length(&f.scene())), (Some(Timestamp::from_millis(NOW - 60_000)), Millis::from_secs(120)));
    assert!(last_line(&mut a, &f).starts_with("charts show 2m; Esc or ="));
    press(&mut a, &f.scene(), "Esc");
    assert!(a.frozen().is_none());
    a.hold_range(Timestamp::from_millis(NOW), Timestamp::from_millis(NOW));
    press(&mut a, &f.scene(), "=");
    assert!(a.frozen().is_none() && a.span.is_none());
}
