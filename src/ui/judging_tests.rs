//! Anomalies as people judge them: the table that tells what happened, the detail view, real and noise, a new normal.

use super::fixture::{Fixture, ago, app, draw, press, type_text};
use super::{App, Request};
use crate::detect::{Judgement, Opinion};
use crate::engine::{Excerpt, Strictness};
use crate::model::{Anomaly, Baseline, Basis, Contribution, LabelSet, Pattern, Position, Safe, SeriesId, SeriesKey, Subject};
use insta::assert_snapshot;

/// The night of the trouble, with an earlier anomaly that somebody called noise and one that somebody called real.
fn judged() -> Fixture {
    let mut f = Fixture::trouble();
    let odd = f.anomalies.get(4).cloned().unwrap();
    let earlier = |at, last_at, id, pattern, value| Anomaly { id, at, last_at, pattern, value, count: 1, ..odd.clone() };
    let sale = earlier(ago(90_000), ago(90_000), 90, Pattern::LevelShift, 0.05);
    let outage = earlier(ago(700_000), ago(699_000), 91, Pattern::Spike, 0.31);
    f.judgements.take(Judgement::of(&sale, Some(Opinion::Noise), "gift cards, allowed", "ann", ago(80_000)));
    f.judgements.take(Judgement::of(&outage, Some(Opinion::Real), "", "bo", ago(600_000)));
    let first = f.anomalies.get(1).cloned().unwrap();
    f.judgements.take(Judgement::of(&first, Some(Opinion::Noise), "a gift card", "ann", ago(30)));
    f.judgements.file = "/home/ann/.local/state/bellwether/marks.jsonl".to_owned();
    let record = |offset, flagged| Excerpt {
        at: Some(ago(480)),
        position: Position { topic: "ecommerce_data".into(), partition: 7, offset },
        text: Safe::message(&format!("{{\"order_id\":\"{offset}-A\",\"region\":\"EU\",\"provider\":\"alpha\",\"status\":\"failed\"}}")),
        flagged,
    };
    f.excerpts.keep(4, vec![record(8_812, false), record(8_811, false)]);
    f.excerpts.keep(1, vec![record(99, true)]);
    f
}

fn page(f: &Fixture) -> App {
    let mut a = app(false);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "pane anomalies");
    press(&mut a, &f.scene(), "Enter");
    a
}

/// One with all there is to say, at every size.
fn opened(columns: u16, rows: u16) -> String {
    let f = judged();
    let mut a = page(&f);
    // The newest three are of orders; the level shift began before them.
    press(&mut a, &f.scene(), "G Enter");
    draw(&mut a, &f.scene(), columns, rows)
}

#[test]
fn an_anomaly_opened_on_a_phone() {
    assert_snapshot!(opened(40, 12));
}

#[test]
fn an_anomaly_opened_on_a_plain_terminal() {
    assert_snapshot!(opened(80, 24));
}

#[test]
fn an_anomaly_opened_on_a_large_terminal() {
    assert_snapshot!(opened(160, 48));
}

#[test]
fn the_table_alone_tells_what_happened() {
    let f = judged();
    let sizes = [(40, 12), (80, 24), (160, 48)];
    let drawn = sizes.map(|(columns, rows)| {
        let screen = draw(&mut page(&f), &f.scene(), columns, rows);
        screen.lines().take(7).collect::<Vec<_>>().join("\n")
    });
    assert_snapshot!(drawn.join("\n\n"));
}

#[test]
fn a_person_says_real_or_noise_with_a_note_and_takes_it_back() {
    let f = judged();
    let mut a = page(&f);
    press(&mut a, &f.scene(), "x");
    let prompt = draw(&mut a, &f.scene(), 100, 24);
    assert!(prompt.lines().last().unwrap().starts_with(" noise; a note, or Enter alone: "), "{prompt}");
    type_text(&mut a, &f.scene(), "gift card");
    let asked = press(&mut a, &f.scene(), "Enter");
    assert_eq!(asked, [Request::Judge { id: 3, opinion: Some(Opinion::Noise), note: "gift card".into() }]);
    assert_eq!(press(&mut a, &f.scene(), "r Esc"), []);
    assert_eq!(press(&mut a, &f.scene(), "r Enter"), [Request::Judge { id: 3, opinion: Some(Opinion::Real), note: "".into() }]);
    assert_eq!(press(&mut a, &f.scene(), "Enter u"), [Request::Judge { id: 3, opinion: None, note: "".into() }]);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "noise a sale");
    assert_eq!(press(&mut a, &f.scene(), "Enter"), [Request::Judge { id: 3, opinion: Some(Opinion::Noise), note: "a sale".into() }]);
    assert_eq!(press(&mut a, &f.scene(), "A Esc"), []);
    assert_eq!(press(&mut a, &f.scene(), "A Enter"), [Request::AcceptAnomaly(3)]);
}

#[test]
fn a_limit_that_was_given_has_no_new_normal() {
    let mut f = judged();
    let odd = f.anomalies.get(3).cloned().unwrap();
    let baseline = Baseline { basis: Basis::Limit, ..Baseline::none("threshold") };
    f.anomalies.push(Anomaly { id: 400, detector: "limit".into(), baseline, ..odd });
    let mut a = page(&f);
    let said = "a fixed limit learns nothing: change it in the configuration, or silence its alert";
    for by_key in [true, false] {
        if by_key {
            assert_eq!(press(&mut a, &f.scene(), "g A"), []);
        } else {
            press(&mut a, &f.scene(), ":");
            type_text(&mut a, &f.scene(), "new-normal");
            assert_eq!(press(&mut a, &f.scene(), "Enter"), []);
        }
        let screen = draw(&mut a, &f.scene(), 120, 24);
        assert!(screen.lines().last().unwrap().contains(said), "{screen}");
    }
}

#[test]
fn read_only_nothing_is_said() {
    let f = judged();
    let mut a = page(&f);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "read-only");
    press(&mut a, &f.scene(), "Enter");
    for keys in ["r", "x", "u", "A"] {
        assert_eq!(press(&mut a, &f.scene(), keys), [], "{keys}");
        let screen = draw(&mut a, &f.scene(), 100, 24);
        assert!(screen.lines().last().unwrap().contains("read-only: nothing is changed from here"), "{keys}: {screen}");
    }
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "sensitivity 3");
    assert_eq!(press(&mut a, &f.scene(), "Enter"), []);
}

#[test]
fn what_was_said_can_be_filtered_for() {
    let f = judged();
    let mut a = page(&f);
    press(&mut a, &f.scene(), "/");
    type_text(&mut a, &f.scene(), "mark == \"noise\"");
    press(&mut a, &f.scene(), "Enter");
    let screen = draw(&mut a, &f.scene(), 100, 12);
    assert_eq!(screen.matches('✗').count(), 1, "{screen}");
    assert!(!screen.contains("failure_ratio"), "{screen}");
}

#[test]
fn the_knob_is_turned_by_a_command() {
    let f = judged();
    let mut a = page(&f);
    for (line, weekly) in [("2", Some(2_000)), ("more", Some(2_000)), ("less", Some(500)), ("off", None), ("0.25", Some(250))] {
        press(&mut a, &f.scene(), ":");
        type_text(&mut a, &f.scene(), &format!("sensitivity {line}"));
        assert_eq!(press(&mut a, &f.scene(), "Enter"), [Request::Sensitivity(weekly)], "{line}");
    }
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "sensitivity much");
    assert_eq!(press(&mut a, &f.scene(), "Enter"), []);
    assert!(draw(&mut a, &f.scene(), 100, 24).lines().last().unwrap().contains("write how many false alerts a week"));
}

#[test]
fn detectors_with_their_strictness() {
    let mut f = judged();
    let one = |detector: &str, kind, follows, instances, threshold, weekly| Strictness {
        detector: detector.into(),
        kind,
        follows,
        instances,
        threshold,
        weekly,
        hours: 300,
        watched: if weekly.is_some() { 168 } else { 80 },
    };
    f.strictness = vec![
        one("odd-failures", "seasonal", true, 12, Some(0.83), Some(0.31)),
        one("odd-transaction", "sigma", true, 10_000, Some(0.91), None),
        one("disk-full", "threshold", false, 3, Some(1.0), None),
        one("quiet", "isolation-forest", true, 0, None, None),
    ];
    f.learning = vec![super::DetectorStatus {
        detector: "odd-failures".into(),
        subject: Subject::Series(SeriesKey::new("failure_ratio", LabelSet::new([("region", "EU")]))),
        seen: 12,
        needed: 36,
        left: None,
    }];
    let drawn = [(40, 12), (80, 24), (160, 48)].map(|(columns, rows)| {
        let mut a = app(false);
        press(&mut a, &f.scene(), ":");
        type_text(&mut a, &f.scene(), "pane detectors");
        press(&mut a, &f.scene(), "Enter");
        let screen = draw(&mut a, &f.scene(), columns, rows);
        screen.lines().take(7).collect::<Vec<_>>().join("\n")
    });
    assert_snapshot!(drawn.join("\n\n"));
    press(&mut page(&f), &f.scene(), "Esc");
}

#[test]
fn a_chart_says_how_long_its_detector_still_learns() {
    let mut f = Fixture::quiet();
    f.learning = vec![super::DetectorStatus {
        detector: "odd".into(),
        subject: Subject::Series(SeriesKey::new("orders_per_second", LabelSet::none())),
        seen: 12,
        needed: 36,
        left: None,
    }];
    let mut a = app(false);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "chart:orders_per_second");
    press(&mut a, &f.scene(), "Enter");
    let screen = draw(&mut a, &f.scene(), 100, 24);
    assert!(screen.contains("learning, 4 m left"), "{screen}");
}

#[test]
fn hostile_words_are_harmless() {
    let text = "\u{202e}evil\u{1b}[2J\n漢字";
    let mut f = Fixture::hostile(text);
    let mut odd = f.anomalies.get(2).cloned().unwrap();
    (odd.id, odd.at, odd.last_at) = (3, ago(4), ago(1));
    odd.baseline =
        Baseline { basis: Basis::Median, centre: f64::INFINITY, since: Some(ago(90)), n: u64::MAX, window: 1, ..Baseline::none("x") };
    odd.contributions = vec![Contribution { what: text.into(), share: f64::NAN }, Contribution { what: "b".into(), share: -1e300 }];
    odd.series = Some(SeriesId(0));
    f.judgements.take(Judgement::of(&odd, Some(Opinion::Real), text, text, ago(1)));
    f.excerpts.keep(3, vec![Excerpt { at: None, position: odd.position.clone().unwrap(), text: Safe::message(text), flagged: true }]);
    f.anomalies.push(odd);
    for (columns, rows) in [(20, 4), (40, 12), (80, 24), (160, 60)] {
        let mut a = page(&f);
        press(&mut a, &f.scene(), "Enter");
        let screen = draw(&mut a, &f.scene(), columns, rows);
        assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'), "{screen}");
    }
}
