//! What the wall looks like at three sizes, quiet, in trouble, and with its data gone.

use crate::alert::{AlertState, Severity};
use crate::model::{LinkState, Millis, Timestamp};
use crate::ui::fixture::{Fixture, NOW, ago, draw, press};
use crate::ui::{App, Key, KeyCode, Language, PageSpec, PaneSpec, Request, RowSpec, Signs, Theme, UiSpec};
use insta::assert_snapshot;
use proptest::prelude::*;

const ROTATE: Millis = Millis::from_secs(20);

/// Two pages: the shop's and the machine's.
fn app(ascii: bool) -> App {
    let page = |name: &str, panes: &[(&'static str, &str)]| PageSpec {
        name: name.into(),
        rows: vec![RowSpec {
            weight: 1,
            panes: panes.iter().map(|(kind, argument)| (PaneSpec { kind, argument: (*argument).into() }, 1)).collect(),
        }],
    };
    let pages = vec![
        page("overview", &[("overview", "")]),
        page("shop", &[("chart", "orders_per_second"), ("chart", "failure_ratio"), ("alerts", "PaymentFailures")]),
        page("machine", &[("series", "system.*"), ("chart", "checkout_latency")]),
        page("log", &[("log", "")]),
    ];
    let signs = if ascii { Signs::Ascii } else { Signs::Unicode };
    let spec =
        UiSpec { theme: "dark".into(), signs, no_color: true, time_zone: None, language: Language::English, clusters: Vec::new(), wall: Some(ROTATE), pages };
    App::new(&spec, Theme::plain(), jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
}

#[test]
fn trouble_on_a_small_wall() {
    assert_snapshot!(draw(&mut app(false), &Fixture::trouble().scene(), 80, 24));
}

#[test]
fn trouble_on_a_wall() {
    assert_snapshot!(draw(&mut app(false), &Fixture::trouble().scene(), 200, 50));
}

#[test]
fn trouble_on_a_phone_as_a_wall() {
    assert_snapshot!(draw(&mut app(false), &Fixture::trouble().scene(), 40, 12));
}

#[test]
fn a_quiet_wall() {
    assert_snapshot!(draw(&mut app(false), &Fixture::quiet().scene(), 120, 36));
}

#[test]
fn a_wall_in_ascii() {
    assert_snapshot!(draw(&mut app(true), &Fixture::trouble().scene(), 120, 36));
}

#[test]
fn a_wall_whose_broker_went_away() {
    let mut f = Fixture::quiet();
    f.now = Timestamp::from_millis(NOW + 400_000);
    f.sources[0].state = LinkState::Down;
    f.sources[0].since = ago(-10);
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24));
}

#[test]
fn no_key_does_anything_but_leave() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    let before = draw(&mut a, &f.scene(), 80, 24);
    assert_eq!(press(&mut a, &f.scene(), "2 Tab ? / Enter + f"), []);
    assert_eq!(draw(&mut a, &f.scene(), 80, 24), before);
    assert_eq!(press(&mut a, &f.scene(), "q"), [Request::Quit]);
    assert_eq!(a.key(Key { code: KeyCode::Char('c'), ctrl: true, alt: false }, &f.scene()), Some(Request::Quit));
}

#[test]
fn pages_turn_unless_one_fires() {
    let named = |f: &Fixture, seconds: i64| {
        let mut scene = f.scene();
        scene.now = Timestamp::from_millis(NOW + seconds * 1_000);
        let screen = draw(&mut app(false), &scene, 80, 24);
        ["shop  1/2", "machine  2/2"].into_iter().find(|name| screen.contains(name)).map(str::to_owned)
    };
    let quiet = Fixture::quiet();
    let shown: Vec<_> = [0, 20, 40].map(|s| named(&quiet, s).unwrap()).to_vec();
    assert!(shown[0] != shown[1] && shown[0] == shown[2], "{shown:?}");
    let mut trouble = Fixture::quiet();
    let subject = crate::model::Subject::Key { stream: "s".into(), labels: crate::model::LabelSet::none() };
    trouble.transition(7, "PaymentFailures", subject, AlertState::Pending, AlertState::Firing, Severity::Critical, 30);
    assert!([0, 20, 40].iter().all(|s| named(&trouble, *s).as_deref() == Some("shop  1/2")));
}

#[test]
fn a_wall_without_data_says_so() {
    let screen = draw(&mut app(false), &Fixture::empty().scene(), 80, 24);
    assert!(screen.contains("waiting for the first data") && screen.contains("no data yet"), "{screen}");
    assert!(!screen.contains("quiet"), "{screen}");
}

proptest! {
    // Each case draws a whole screen of hundreds of series; a few dozen find what there is to find.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_size_and_any_text_is_borne(w in 0u16..220, h in 0u16..80, text in "\\PC{0,20}", ascii in any::<bool>(), later in 0i64..2_000) {
        let mut f = if later % 2 == 0 { Fixture::hostile(&text) } else { Fixture::flooded() };
        f.now = Timestamp::from_millis(NOW + later * 1_000);
        let screen = draw(&mut app(ascii), &f.scene(), w, h);
        prop_assert_eq!(screen.lines().count(), usize::from(h));
    }
}
