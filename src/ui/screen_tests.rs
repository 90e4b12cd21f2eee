//! What the screen looks like, at the sizes of a phone, a plain terminal and a wall.
//!
//! A changed picture is read like changed code: is anything firing, since when, is what one sees fresh?

use super::DetectorStatus;
use super::fixture::{Fixture, ago, app, draw, press};
use crate::model::{LabelSet, LinkState, SeriesKey, Subject};
use insta::assert_snapshot;

#[test]
fn trouble_on_a_phone() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 40, 12));
}

#[test]
fn trouble_on_a_plain_terminal() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24));
}

#[test]
fn trouble_on_a_wall() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 160, 48));
}

#[test]
fn trouble_in_ascii() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(true), &f.scene(), 80, 24));
}

#[test]
fn a_quiet_night() {
    let mut f = Fixture::quiet();
    f.hint = "add a topic: bellwether watch -b localhost:9092 TOPIC".to_owned();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24));
}

#[test]
fn a_flood_on_a_plain_terminal() {
    let f = Fixture::flooded();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24));
}

#[test]
fn a_replay_on_a_phone() {
    let f = Fixture::replay();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 40, 12));
}

#[test]
fn the_alerts_page() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "3");
    assert_snapshot!(draw(&mut a, &f.scene(), 120, 24));
}

#[test]
fn an_alert_opened() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "3 Enter");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 14));
}

#[test]
fn an_anomaly_opened() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "Tab Enter");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 14));
}

#[test]
fn the_log() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    press(&mut a, &f.scene(), "6");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 8));
}

#[test]
fn the_help() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    press(&mut a, &f.scene(), "?");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 27));
}

/// The overview's first line.
fn said(f: &Fixture) -> String {
    let screen = draw(&mut app(false), &f.scene(), 120, 30);
    screen.lines().nth(2).unwrap().trim_matches(['│', ' ']).to_owned()
}

#[test]
fn silence_is_not_health() {
    assert_eq!(said(&Fixture::empty()), "◌ waiting for the first data");
    assert_eq!(said(&Fixture::quiet()), "○ all quiet since 11-20 21:41 (5 h)");

    let mut f = Fixture::quiet();
    f.sources[0].state = LinkState::Down;
    f.sources[0].since = ago(600);
    f.sources[0].detail = "connection refused".into();
    assert_eq!(said(&f), "? nothing fires, but ecommerce_data is down since 03:04 (10 m): connection refused");

    let mut f = Fixture::quiet();
    f.sources[1].stale = true;
    f.sources[1].heard = Some(ago(75));
    assert_eq!(said(&f), "? nothing fires, but local is silent since 03:12 (1 m)");

    let mut f = Fixture::quiet();
    let learning = |i: u64| DetectorStatus {
        detector: "odd".into(),
        subject: Subject::Series(SeriesKey::new(format!("m{i}"), LabelSet::none())),
        seen: 12,
        needed: 30 + i,
        left: None,
    };
    f.learning = (0..2).map(learning).collect();
    assert_eq!(said(&f), "○ all quiet since 11-20 21:41 (5 h), 2 detectors are still learning");
    f.learning = (0..5).map(learning).collect();
    assert_eq!(said(&f), "◌ nothing fires yet: 5 detectors are still learning, the first ready in 18 observations");
}

#[test]
fn what_was_not_delivered_is_seen() {
    let mut f = Fixture::quiet();
    f.undelivered.push((ago(60), "desktop: not available: no bus".to_owned()));
    let screen = draw(&mut app(false), &f.scene(), 80, 24);
    assert!(screen.contains("? not delivered 03:13:07: desktop: not available: no bus"), "{screen}");
}

#[test]
fn a_page_on_a_phone_begins_with_its_summary() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "2");
    assert_snapshot!(draw(&mut a, &f.scene(), 40, 12));
    press(&mut a, &f.scene(), "Tab");
    let pane = draw(&mut a, &f.scene(), 40, 12);
    assert!(pane.contains("orders_per_second ─") && !pane.contains("PaymentFailures"), "{pane}");
    // Past the last of the three panes the summary comes again.
    press(&mut a, &f.scene(), "Tab Tab Tab");
    assert!(draw(&mut a, &f.scene(), 40, 12).contains("PaymentFailures"));
    // On a larger screen the panes stand as they did.
    assert!(draw(&mut a, &f.scene(), 120, 36).contains("orders_per_second ─"));
}
