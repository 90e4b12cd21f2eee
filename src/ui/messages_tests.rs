//! Tests of the words: every text of the code stands in every file, with the same gaps, and no file holds another.
//!
//! The sources are read as text: a call is found by what stands before a literal, whoever makes it.

use super::*;
use crate::alert::{AlertState, Severity};
use crate::ui::{keymap, panes};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What stands before the literal of a text that is shown.
const CALLS: [&str; 3] = ["say(", "fill(", "english("];
/// Files of tests that are not called so.
const TEST_FILES: [&str; 6] = ["fixture.rs", "screens.rs", "screens_charts.rs", "stage.rs", "tongues.rs", "wire.rs"];
/// What stands before the literals of tables whose texts the key bar, the palette and the layout's mode show.
const FIELDS: [&str; 2] = ["action: ", "summary: "];

/// A string literal of the sources: where, what stands before it, what it says.
struct Literal {
    file: String,
    before: String,
    text: String,
}

/// The files below `dir` that are no tests, in order.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "sources are called so")]
fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, out);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && !TEST_FILES.contains(&name.as_str()) {
            out.push(path);
        }
    }
}

/// Every literal of the sources outside of tests and comments.
#[expect(clippy::disallowed_methods, reason = "this test reads the sources")]
fn literals() -> Vec<Literal> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut out = Vec::new();
    for path in paths {
        let source = std::fs::read_to_string(&path).unwrap();
        let code = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let file = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        read(code, &file, &mut out);
    }
    out
}

fn read(code: &str, file: &str, out: &mut Vec<Literal>) {
    let mut at = 0;
    let mut line = String::new();
    while at < code.len() {
        let rest = &code[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            at += 3;
        } else if let Some(inside) = rest.strip_prefix('"') {
            let (text, length) = literal(inside);
            let before = line.trim_end().to_owned();
            // What follows a comma or an arrow in a table keeps its blank.
            let before = if line.ends_with(": ") { line.clone() } else { before };
            out.push(Literal { file: file.to_owned(), before, text });
            at += length + 1;
            line.clear();
        } else {
            let c = rest.chars().next().unwrap();
            line.push(c);
            at += c.len_utf8();
        }
    }
}

/// The text of a literal that begins here, and how long it is with its closing quote.
fn literal(rest: &str) -> (String, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return (text, i + 1),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                // A literal that goes on in the next line leaves out the blanks before it.
                Some('\n') => while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {},
                Some(other) => text.push(other),
                None => {}
            },
            c => text.push(c),
        }
    }
    (text, rest.len())
}

/// Whether a text has words at all: one of gaps and signs is the same everywhere.
fn has_words(text: &str) -> bool {
    let mut rest = text.to_owned();
    (0..10).for_each(|i| rest = rest.replace(&format!("{{{i}}}"), ""));
    rest.chars().any(char::is_alphabetic)
}

fn texts() -> Vec<(&'static str, Texts)> {
    LANGUAGES.iter().map(|(code, _, file)| (*code, toml::from_str(file).unwrap_or_else(|error| panic!("{code}: {error}")))).collect()
}

/// Texts that are shown, with the file they stand in.
fn shown(in_panes: bool) -> BTreeSet<(String, String)> {
    let of_call = |l: &Literal| CALLS.iter().any(|call| l.before.ends_with(call));
    let of_table = |l: &Literal| l.file.starts_with("ui/") && FIELDS.iter().any(|field| l.before.ends_with(field));
    let all = literals().into_iter().filter(|l| of_call(l) || of_table(l));
    let mut out: BTreeSet<(String, String)> = all.map(|l| (l.file, l.text)).collect();
    let mut add = |file: &str, text: &str| {
        out.insert((file.to_owned(), text.to_owned()));
    };
    for binding in keymap::GLOBAL {
        add("ui/keymap.rs", binding.hint.action);
    }
    for kind in panes::PANES {
        add("ui/panes/mod.rs", kind.argument);
        (kind.build)("").hints().iter().for_each(|hint| add("ui/panes/mod.rs", hint.action));
    }
    for state in [AlertState::Inactive, AlertState::Pending, AlertState::Firing, AlertState::Stale, AlertState::Resolved] {
        add("alert/book.rs", state.word());
    }
    for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
        add("alert/spec.rs", severity.word());
    }
    out.retain(|(file, text)| {
        let pane = ["ui/panes/", "ui/widgets/", "ui/copy.rs"].iter().any(|place| file.starts_with(place));
        has_words(text) && pane == in_panes
    });
    out
}

fn missing(in_panes: bool) -> Vec<String> {
    let shown = shown(in_panes);
    let texts = texts();
    let lacks = |(file, text): &(String, String)| {
        let codes: Vec<&str> = texts.iter().filter(|(_, texts)| !texts.contains_key(text)).map(|(code, _)| *code).collect();
        (!codes.is_empty()).then(|| format!("{file}: {text:?} = {}", codes.join(", ")))
    };
    shown.iter().filter_map(lacks).collect()
}

#[test]
fn every_text_outside_of_panes_stands_in_every_file() {
    let missing = missing(false);
    assert!(missing.is_empty(), "not translated:\n{}", missing.join("\n"));
}

#[test]
fn every_text_of_a_pane_stands_in_every_file() {
    let missing = missing(true);
    assert!(missing.is_empty(), "not translated:\n{}", missing.join("\n"));
}

#[test]
fn no_file_holds_a_text_that_nobody_says() {
    let mut known: BTreeSet<String> = literals().into_iter().map(|l| l.text).collect();
    known.extend(shown(true).into_iter().chain(shown(false)).map(|(_, text)| text));
    for (code, texts) in texts() {
        let unused: Vec<&String> = texts.keys().filter(|key| !known.contains(*key)).collect();
        assert!(unused.is_empty(), "{code}: {unused:#?}");
    }
}

#[test]
fn every_translation_has_the_gaps_of_its_text_and_no_signs_that_control() {
    let gaps =
        |text: &str| -> Vec<usize> { (0..10).flat_map(|i| std::iter::repeat_n(i, text.matches(&format!("{{{i}}}")).count())).collect() };
    for (code, texts) in texts() {
        for (key, text) in &texts {
            assert_eq!(gaps(key), gaps(text), "{code}: {key:?}");
            assert!(!text.trim().is_empty() && !text.chars().any(char::is_control), "{code}: {key:?}");
            // Padding is the drawing's.
            assert_eq!(text.trim(), text, "{code}: {key:?}");
        }
    }
}

#[test]
fn every_file_is_that_of_its_language() {
    for (code, language, file) in LANGUAGES {
        assert!(toml::from_str::<Texts>(file).is_ok(), "{code}");
        assert_eq!(Language::named(code), Some(language));
    }
    assert_eq!(Language::codes().collect::<Vec<_>>(), ["en", "zh", "ru"]);
}

#[test]
fn a_locale_names_its_language() {
    for (locale, language) in [
        ("zh_CN.UTF-8", Language::Chinese),
        ("ru_RU.UTF-8", Language::Russian),
        ("de_DE@euro", Language::English),
        ("C.UTF-8", Language::English),
        ("", Language::English),
    ] {
        assert_eq!(Language::of_locale(locale), language, "{locale}");
    }
}

#[test]
fn values_stand_where_the_language_wants_them() {
    assert_eq!(Language::English.fill("{0} of {1}", &["3", "{0}"]), "3 of {0}");
    assert_eq!(Language::English.fill("{2} {x} {", &["a"]), "{2} {x} {");
    assert_eq!(Language::Chinese.say("quit"), "退出");
    assert_eq!(Language::Russian.say("no such text"), "no such text");
}

#[test]
fn no_unit_of_time_is_wider_than_in_english() {
    use crate::model::Millis;
    use crate::ui::{times, words::width};
    for language in [Language::Chinese, Language::Russian] {
        for length in [3_000, 59_000, 3_500_000, 80_000_000, 999_000_000_i64].map(Millis::new) {
            assert!(width(&times::age_in(length, language)) <= width(&times::age(length)), "{length} {language:?}");
            assert!(width(&times::duration_in(length, language)) <= width(&times::duration(length)), "{length} {language:?}");
        }
    }
}
