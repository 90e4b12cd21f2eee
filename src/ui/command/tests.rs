//! Dialogues with the command palette.

use crate::model::Timestamp;
use crate::ui::fixture::{Fixture, NOW, app, draw, press, type_text};
use crate::ui::{App, Key, KeyCode, Request, Scene};

fn run(app: &mut App, scene: &Scene<'_>, line: &str) -> Vec<Request> {
    press(app, scene, ":");
    type_text(app, scene, line);
    press(app, scene, "Enter")
}

fn last_line(app: &mut App, f: &Fixture) -> String {
    draw(app, &f.scene(), 120, 30).lines().last().unwrap().trim().to_owned()
}

#[test]
fn commands_actions_pages_and_panes_are_run_by_their_names() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    run(&mut a, &f.scene(), "page sources");
    assert_eq!(a.page_names().nth(a.page), Some("sources"));
    run(&mut a, &f.scene(), "alerts");
    assert_eq!(a.page_names().nth(a.page), Some("alerts"), "a page's name alone");
    run(&mut a, &f.scene(), "chart:failure_ratio{region=\"EU\"}");
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("failure_ratio{region=\"EU\"}"));
    press(&mut a, &f.scene(), "Esc");
    run(&mut a, &f.scene(), "freeze");
    assert_eq!(a.frozen(), Some(Timestamp::from_millis(NOW)));
    assert_eq!(run(&mut a, &f.scene(), "test-alert"), [Request::TestFire]);
    assert_eq!(run(&mut a, &f.scene(), "screenshot a.svg"), [Request::Screenshot(Some("a.svg".to_owned()))]);
    assert_eq!(run(&mut a, &f.scene(), "screenshot"), [Request::Screenshot(None)]);
    assert_eq!(run(&mut a, &f.scene(), "mark deploy 1.2"), [Request::Mark("deploy 1.2".into())]);
    assert_eq!(run(&mut a, &f.scene(), ":q"), [Request::Quit], "the one that begins so");
    run(&mut a, &f.scene(), "range 7m");
    assert_eq!(last_line(&mut a, &f), "charts show 7m; = fits them to their data");
    run(&mut a, &f.scene(), "theme light");
    assert_eq!(a.theme.name, "light");
}

#[test]
fn what_is_unknown_is_said_with_what_may_have_been_meant() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    for (line, says) in [
        ("thme dark", "no command thme; did you mean theme?"),
        ("page sourcs", "no page sourcs; did you mean sources?"),
        ("qqqqq", "no command qqqqq; Tab lists them"),
        ("theme pink", "no theme is called \"pink\""),
        ("range long", "no length of time: long"),
        ("speed 5", "only a replay has a speed"),
        ("pane nothing", "no pane nothing; there are overview"),
        ("at noon", "no time: noon"),
        ("zoom in", "zoom takes nothing behind it"),
        ("page-1 sales", "page-1 takes nothing behind it"),
    ] {
        assert_eq!(run(&mut a, &f.scene(), line), []);
        let shown = last_line(&mut a, &f);
        assert!(shown.starts_with(says), "{line}: {shown}");
    }
    assert_eq!(run(&mut a, &f.scene(), ""), []);
    let replay = Fixture::replay();
    assert_eq!(run(&mut a, &replay.scene(), "speed 5"), [Request::ReplaySpeed(5.0)]);
    assert_eq!(run(&mut a, &replay.scene(), "at 03:09"), [Request::ReplaySeek(Timestamp::from_millis(NOW - 307_000))]);
}

#[test]
fn tab_and_arrows_choose_and_typing_goes_on_from_there() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "pag");
    insta::assert_snapshot!(draw(&mut a, &f.scene(), 90, 24));
    press(&mut a, &f.scene(), "Tab");
    assert!(last_line(&mut a, &f).starts_with("command: page  "), "{}", last_line(&mut a, &f));
    press(&mut a, &f.scene(), "Enter");
    assert!(last_line(&mut a, &f).starts_with("command: page  "), "a page must still be named");
    type_text(&mut a, &f.scene(), "so");
    press(&mut a, &f.scene(), "Tab Enter");
    assert_eq!(a.page_names().nth(a.page), Some("sources"));
    press(&mut a, &f.scene(), ": ↑");
    assert!(last_line(&mut a, &f).starts_with("command: page sources "));
    press(&mut a, &f.scene(), "↓ Esc");
    assert!(a.field.is_none());
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), "heatm");
    press(&mut a, &f.scene(), "Tab Enter");
    type_text(&mut a, &f.scene(), "fail");
    press(&mut a, &f.scene(), "Tab Enter");
    let shown = draw(&mut a, &f.scene(), 120, 30);
    assert!(shown.contains("╭ failure_ratio"), "a pane that shows nothing by itself asks for what: {shown}");
    press(&mut a, &f.scene(), "Esc :");
    type_text(&mut a, &f.scene(), "pane top:fail");
    press(&mut a, &f.scene(), "Tab");
    assert!(last_line(&mut a, &f).starts_with("command: pane top:failure_ratio "));
    press(&mut a, &f.scene(), "Esc");
    press(&mut a, &f.scene(), ":");
    a.paste("chart:failure\n");
    assert!(draw(&mut a, &f.scene(), 120, 30).contains("chart:failure_ratio{region=\"EU\"}"));
    assert_eq!(a.key(Key::plain(KeyCode::Esc), &f.scene()), None);
}

#[test]
fn every_command_and_action_is_offered() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), ":");
    for name in super::table::COMMANDS.iter().map(|c| c.name).chain(["freeze", "quit", "find-next"]) {
        press(&mut a, &f.scene(), "^U");
        type_text(&mut a, &f.scene(), name);
        let screen = draw(&mut a, &f.scene(), 120, 30);
        assert!(screen.lines().any(|l| l.starts_with(&format!(" {name}  "))), "{name}\n{screen}");
    }
}
