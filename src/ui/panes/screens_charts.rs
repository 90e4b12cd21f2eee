//! Snapshots of charts that are read, compared and logarithmic, and of small multiples, heatmap and top list; what is copied.

use super::stage::{NOW, Stage};
use super::{chart, heatmap, multiples, top};
use crate::model::{Band, LabelSet, Millis, SeriesKey, Subject};
use crate::ui::{Handled, Key, KeyCode, Kind, Mouse, MouseKind, Pane, Request};
use ratatui::layout::Rect;

/// Sizes of the inside of a pane on screens of 40x12, 80x24 and 160x48.
const SIZES: [(u16, u16); 3] = [(38, 9), (78, 20), (158, 44)];

/// Two hours of a rate that falls by a fifth, with a spike; forty nodes; a count that is mostly zero.
fn stage() -> Stage {
    let mut stage = Stage::new();
    for i in 0..7_200_i64 {
        let value = if (7_000..7_004).contains(&i) { 97.5 } else { 40.0 - 10.0 * (i as f64 / 7_200.0) + 4.0 * (i as f64 / 90.0).sin() };
        let odd = value > 90.0;
        let at = NOW - Millis::from_secs(7_199 - i);
        stage.push("room.temperature", &[("sensor", "3")], "Cel", at, value, Some(Band::new(28.0, 45.0)), odd);
    }
    for k in 0..40_i64 {
        let name = format!("node-{k:02}.eu-west.example");
        stage.fill("node_load", &[("node", &name)], "1", 600, |i| {
            let busy = 0.3 + 0.2 * ((i + k * 40) as f64 / 50.0).sin() + 0.01 * (k % 10) as f64;
            (k != 5 || i < 400).then_some((if k == 3 && i > 500 { 0.97 } else { busy }, k == 3 && i > 500))
        });
    }
    stage.fill("failures", &[], "", 600, |i| Some((if i % 4 > 0 { 0.0 } else { 3.0 + 400.0 * f64::from(u8::from(i % 100 == 0)) }, false)));
    stage
}

fn keyed(pane: &mut dyn Pane, stage: &Stage, keys: &[KeyCode]) -> Vec<Handled> {
    keys.iter().map(|k| pane.key(Key::plain(*k), &stage.scene())).collect()
}

/// The pane at every size, drawn before and after the keys, with what stands in the lower edge.
fn shots(kind: &Kind, argument: &str, keys: &[KeyCode], stage: &Stage) -> String {
    let shot = |(w, h)| {
        let mut pane = (kind.build)(argument);
        stage.draw(pane.as_mut(), w, h);
        for key in keys {
            keyed(pane.as_mut(), stage, &[*key]);
            stage.draw(pane.as_mut(), w, h);
        }
        let text = stage.draw(pane.as_mut(), w, h);
        format!("{text}\n[{}]", pane.note())
    };
    SIZES.map(shot).join("\n\n")
}

#[test]
fn charts_are_read_compared_and_logarithmic() {
    let stage = stage();
    let left = [KeyCode::End, KeyCode::Char('H'), KeyCode::Char('H')];
    insta::assert_snapshot!("chart_read", shots(&chart::KIND, "room.temperature", &left, &stage));
    insta::assert_snapshot!("chart_read_many", shots(&chart::KIND, "node_load", &left, &stage));
    insta::assert_snapshot!("chart_compared", shots(&chart::KIND, "room.temperature", &[KeyCode::Char('c'), KeyCode::End], &stage));
    insta::assert_snapshot!("chart_not_kept", shots(&chart::KIND, "room.temperature", &[KeyCode::Char('c'), KeyCode::Char('c')], &stage));
    insta::assert_snapshot!("chart_log", shots(&chart::KIND, "failures", &[KeyCode::Char('l')], &stage));
}

#[test]
fn many_series_are_seen_at_once() {
    let mut stage = stage();
    for (name, ascii) in [("", false), ("_ascii", true)] {
        stage.ascii = ascii;
        insta::assert_snapshot!(format!("multiples{name}"), shots(&multiples::KIND, "node_load", &[], &stage));
        insta::assert_snapshot!(format!("heatmap{name}"), shots(&heatmap::KIND, "node_load", &[KeyCode::Down, KeyCode::Left], &stage));
        insta::assert_snapshot!(format!("top{name}"), shots(&top::KIND, "node_load", &[KeyCode::Char('s')], &stage));
    }
    let text = shots(&heatmap::KIND, "node_load", &[KeyCode::Left], &stage);
    let foreign: String = text.chars().filter(|c| !c.is_ascii() && *c != '–' && *c != '…').collect();
    assert_eq!(foreign, "", "{text}");
}

#[test]
fn pages_and_scales_change_by_keys() {
    let stage = stage();
    let mut pane = multiples::Multiples::new("node_load");
    stage.draw(&mut pane, 78, 20);
    assert!(pane.note().contains("page 1 of 3"), "{}", pane.note());
    keyed(&mut pane, &stage, &[KeyCode::PageDown, KeyCode::Char('o')]);
    stage.draw(&mut pane, 78, 20);
    assert_eq!(pane.note(), "each on its own scale  page 2 of 3");
    assert!(matches!(&keyed(&mut pane, &stage, &[KeyCode::Home, KeyCode::Enter])[1], Handled::Open(what) if what.contains("node-03")));
}

/// What a key put on the clipboard.
fn copied(pane: &mut dyn Pane, stage: &Stage, key: char) -> String {
    match keyed(pane, stage, &[KeyCode::Char(key)]).remove(0) {
        Handled::Ask(Request::Copy(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_rows_and_summaries_are_copied() {
    let stage = stage();
    let mut pane = chart::Chart::new("room.temperature");
    stage.draw(&mut pane, 78, 20);
    assert_eq!(copied(&mut pane, &stage, 'y'), "26.03099 °C");
    let mut map = heatmap::Heatmap::new("node_load");
    stage.draw(&mut map, 78, 20);
    assert_eq!(copied(&mut map, &stage, 'y'), "node_load{node=\"node-03.eu-west.example\"} 97 %");
    let mut list = top::Top::new("node_load");
    stage.draw(&mut list, 78, 20);
    let row = copied(&mut list, &stage, 'y');
    assert!(row.starts_with("node_load{node=\"node-03.eu-west.example\"}: last 97 %, mean "), "{row}");
    keyed(&mut pane, &stage, &[KeyCode::Left]);
    insta::assert_snapshot!("summary", copied(&mut pane, &stage, 'Y'));
}

#[test]
fn a_summary_names_what_fires_and_no_name_is_markdown() {
    use crate::alert::{Alert, AlertState, Severity, Transition};
    let mut stage = Stage::new();
    let evil = "](http://x.example) <img> `a` | @all # *b*\u{202e}";
    stage.fill(evil, &[("k", "v|w")], "1", 60, |_| Some((0.142, true)));
    let key = SeriesKey::new(evil, LabelSet::new([("k", "v|w")]));
    let alert = Alert {
        id: 1,
        rule: evil.into(),
        subject: Subject::Series(key.clone()),
        state: AlertState::Firing,
        severity: Severity::Critical,
        active_since: NOW,
        since: NOW,
        value: 0.142,
        unit: "1".into(),
        score: 1.0,
        expected: None,
        why: "14.2 % is above\n# 2.1 %".into(),
        form: None,
        contributions: std::sync::Arc::default(),
        labels: key.labels.clone(),
        annotations: Vec::new(),
        notify: Vec::new().into(),
        acknowledged: None,
    };
    stage.alerts.record(Transition { at: NOW, from: AlertState::Pending, alert });
    let mut pane = multiples::Multiples::new(evil);
    pane.filter("");
    stage.draw(&mut pane, 78, 20);
    let text = copied(&mut chart::Chart::new(evil), &stage, 'Y');
    insta::assert_snapshot!("summary_hostile", text);
    // Outside of code, which is every other part between backticks, nothing is left that Markdown would read.
    let outside: String = text.split('`').step_by(2).collect();
    for (i, c) in outside.char_indices().filter(|(_, c)| matches!(c, '<' | '[' | ']' | '@' | '#')) {
        assert!(outside[..i].ends_with('\\'), "{c} at {i} in {outside}");
    }
    assert_eq!(text.lines().filter(|l| l.starts_with('|')).map(|l| l.replace("\\|", "").matches('|').count()).collect::<Vec<_>>(), [8; 3]);
}

#[test]
fn a_drag_over_a_chart_is_a_range() {
    let stage = stage();
    let mut pane = chart::Chart::new("room.temperature");
    stage.draw(&mut pane, 78, 20);
    let area = Rect::new(0, 0, 78, 20);
    let mut mouse = |kind, column| pane.mouse(Mouse { column, row: 3, kind }, area, &stage.scene());
    assert_eq!([mouse(MouseKind::Press, 20), mouse(MouseKind::Drag, 41)], [Handled::Yes, Handled::Yes]);
    let Handled::Range { from, to } = mouse(MouseKind::Release, 41) else { panic!("no range") };
    assert_eq!(to.since(from).get() % 22, 0, "22 columns");
    assert_eq!(mouse(MouseKind::WheelUp, 20), Handled::No);
}
