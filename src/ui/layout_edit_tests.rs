//! The layout's mode, key by key.

use super::*;
use crate::ui::fixture::{Fixture, app, draw, press, type_text};
use proptest::prelude::*;

/// The rows of the page shown: `2:chart:orders*3 host*1 | 1:alerts*1`.
fn rows(app: &App) -> String {
    let pane = |(pane, share): &(PaneSpec, u16)| format!("{}*{share}", pane.text());
    let row = |row: &RowSpec| format!("{}:{}", row.weight, row.panes.iter().map(pane).collect::<Vec<_>>().join(" "));
    app.pages[app.page].spec.rows.iter().map(row).collect::<Vec<_>>().join(" | ")
}

/// The page of alerts: alerts over anomalies.
fn editing() -> (Fixture, App) {
    let fixture = Fixture::quiet();
    let mut app = app(false);
    press(&mut app, &fixture.scene(), "3 E");
    assert_eq!(rows(&app), "1:alerts*1 | 1:anomalies*1");
    (fixture, app)
}

#[test]
fn panes_are_moved_sized_and_brought_back() {
    let (fixture, mut app) = editing();
    let scene = fixture.scene();
    for (keys, expected) in [
        ("+", "3:alerts*1 | 2:anomalies*1"),
        ("-", "1:alerts*1 | 1:anomalies*1"),
        ("j K", "1:anomalies*1 alerts*1"),
        ("L", "1:alerts*1 anomalies*1"),
        (">", "1:alerts*2 anomalies*3"),
        ("J", "1:alerts*2 | 1:anomalies*1"),
        ("u u u", "1:anomalies*1 alerts*1"),
        ("u u u u u u", "1:alerts*1 | 1:anomalies*1"),
    ] {
        assert_eq!(press(&mut app, &scene, keys), []);
        assert_eq!(rows(&app), expected, "{keys}");
    }
}

#[test]
fn panes_and_pages_come_and_go() {
    let (fixture, mut app) = editing();
    let scene = fixture.scene();
    press(&mut app, &scene, "a l Enter");
    assert_eq!(rows(&app), "1:alerts*1 log*1 | 1:anomalies*1");
    press(&mut app, &scene, "o c Enter");
    type_text(&mut app, &scene, "order");
    assert!(draw(&mut app, &scene, 100, 20).contains("chart: order"));
    press(&mut app, &scene, "Tab Enter");
    assert!(rows(&app).contains("| 1:chart:order"), "{}", rows(&app));
    press(&mut app, &scene, "d d");
    assert!(app.notice.is_none());
    press(&mut app, &scene, "d d d");
    assert!(app.notice.is_some(), "the last pane stays");
    press(&mut app, &scene, "n");
    type_text(&mut app, &scene, "yours");
    press(&mut app, &scene, "^W");
    app.paste("mi\nne");
    press(&mut app, &scene, "Enter");
    assert!(draw(&mut app, &scene, 120, 20).lines().next().is_some_and(|l| l.contains("4 mine*")));
    press(&mut app, &scene, "r");
    press(&mut app, &scene, "Enter");
    assert!(app.notice.is_some(), "a name stands once");
    press(&mut app, &scene, "D");
    assert!(!app.pages.iter().any(|p| p.name == "mine"));
}

#[test]
fn saving_asks_the_shell_and_leaving_keeps_what_was_changed() {
    let (fixture, mut app) = editing();
    let scene = fixture.scene();
    press(&mut app, &scene, "+");
    let asked = press(&mut app, &scene, "s");
    let [Request::SaveLayout(pages)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(pages[2].rows[0].weight, 3);
    assert!(app.layout_changed());
    press(&mut app, &scene, "Esc");
    assert!(app.edit.is_none() && app.notice.is_some() && rows(&app).starts_with("3:"));
    app.layout_saved("saved".into());
    assert!(!app.layout_changed());
}

proptest! {
    #[test]
    fn any_keys_leave_pages_that_can_be_shown_and_undone(keys in proptest::collection::vec(0usize..22, 0..120), size in (0u16..130, 0u16..40)) {
        let fixture = Fixture::quiet();
        let scene = fixture.scene();
        let mut app = app(false);
        let first = app.specs();
        app.edit_layout();
        let all = ["h", "j", "k", "l", "H", "J", "K", "L", "a", "o", "d", "u", "+", "-", "<", ">", "n", "r", "D", "[", "]", "Enter"];
        for key in keys {
            press(&mut app, &scene, all[key]);
            prop_assert!(!app.pages.is_empty() && app.page < app.pages.len());
            for page in &app.pages {
                prop_assert!(!page.panes.is_empty() && page.focus < page.panes.len());
                prop_assert!(page.spec.rows.iter().all(|r| !r.panes.is_empty() && (1..=SHARE_MAX).contains(&r.weight)));
            }
        }
        draw(&mut app, &scene, size.0, size.1);
        press(&mut app, &scene, "Esc Esc E");
        app.edit.get_or_insert_default();
        let mut app = app;
        // Within the limit of steps all can be taken back, where the mode was never left.
        app.show(&first, 0, 0);
        prop_assert!(!app.layout_changed());
    }
}
