//! The screen in other languages: words are there, stand where they should, and fit where English does.

use super::fixture::{Fixture, app, draw, press, type_text};
use super::words::width;
use super::{App, Language, keymap};

const OTHERS: [(&str, Language); 2] = [("zh", Language::Chinese), ("ru", Language::Russian)];

/// A screen whose language was changed while it ran, and the scene that goes with it.
fn switched(mut f: Fixture, code: &str, language: Language) -> (Fixture, App) {
    let mut a = app(false);
    press(&mut a, &f.scene(), ":");
    type_text(&mut a, &f.scene(), &format!("language {code}"));
    press(&mut a, &f.scene(), "Enter");
    assert_eq!(a.language(), language);
    f.language = a.language();
    (f, a)
}

#[test]
fn no_line_is_wider_than_the_screen_and_the_header_keeps_its_clock() {
    for (code, language) in OTHERS {
        for (columns, rows) in [(40, 12), (80, 24), (160, 48)] {
            for fixture in [Fixture::trouble(), Fixture::replay(), Fixture::empty()] {
                let (f, mut a) = switched(fixture, code, language);
                for keys in ["1", "2", "3", "?", "? E", "a", "Esc Esc : "] {
                    press(&mut a, &f.scene(), keys);
                    let screen = draw(&mut a, &f.scene(), columns, rows);
                    assert!(screen.lines().all(|line| width(line) <= usize::from(columns)), "{code} {keys}\n{screen}");
                    assert!(screen.lines().next().unwrap().contains("03:14:07"), "{code} {keys}\n{screen}");
                }
            }
        }
    }
}

#[test]
fn key_bar_and_help_speak_the_language() {
    for ((code, language), (help, space)) in OTHERS.into_iter().zip([("? 帮助", "空格"), ("? справка", "Пробел")]) {
        let (f, mut a) = switched(Fixture::replay(), code, language);
        let screen = draw(&mut a, &f.scene(), 80, 24);
        let last = screen.lines().last().unwrap();
        assert!(last.ends_with(help) && last.contains(space), "{last}");
        press(&mut a, &f.scene(), "?");
        let screen = draw(&mut a, &f.scene(), 80, 48);
        for line in keymap::bindings(true, false) {
            let action = language.say(line.hint.action);
            assert!(screen.lines().any(|shown| shown.contains(action)), "{code}: {action} is cut\n{screen}");
        }
    }
}

#[test]
fn the_help_in_chinese() {
    let (f, mut a) = switched(Fixture::trouble(), "zh", Language::Chinese);
    press(&mut a, &f.scene(), "?");
    insta::assert_snapshot!(draw(&mut a, &f.scene(), 80, 27));
}

#[test]
fn the_help_in_russian() {
    let (f, mut a) = switched(Fixture::trouble(), "ru", Language::Russian);
    press(&mut a, &f.scene(), "?");
    insta::assert_snapshot!(draw(&mut a, &f.scene(), 80, 27));
}
