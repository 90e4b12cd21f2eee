//! Guards the house: who may import whom, which crate stands where, how long things are, what a door is.
//!
//! All of it comes from the tables below. A failure names file, line and rule; change the table
//! only together with the design. Source text is read as text: comments and strings are blanked
//! first, so that only code counts.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything on a lower floor.
const BELOW: &[&str] = &["*"];

/// A room: its name, its floor, and the rooms it may import (all of them on lower floors).
const ROOMS: &[(&str, u8, &[&str])] = &[
    ("model", 1, &[]),
    ("stats", 2, BELOW),
    ("expr", 2, BELOW),
    ("decode", 3, BELOW),
    ("measure", 3, BELOW),
    ("store", 3, BELOW),
    ("detect", 3, BELOW),
    ("alert", 3, BELOW),
    ("notify", 3, BELOW),
    ("history", 3, BELOW),
    ("engine", 4, &["model", "stats", "expr", "decode", "measure", "store", "detect", "alert"]),
    ("source", 4, &["model", "stats", "decode", "history"]),
    ("ui", 5, &["model", "stats", "expr", "decode", "measure", "store", "detect", "alert", "engine"]),
    ("config", 6, BELOW),
    ("runtime", 7, BELOW),
    ("cli", 8, BELOW),
    ("main.rs", 9, &["cli"]),
];

/// Crates and calls that stand in few places: what is looked for, and how the paths begin where it may stand.
const RATIONED: &[(&str, &[&str])] = &[
    ("rdkafka", &["src/source/kafka"]),
    ("openssl_sys", &["src/source/kafka"]),
    ("sysinfo", &["src/source/host"]),
    ("ratatui", &["src/ui/", "src/runtime/terminal", "src/runtime/screen"]),
    ("crossterm", &["src/runtime/"]),
    ("notify_rust", &["src/notify/"]),
    ("zstd", &["src/history/pack"]),
    ("clap", &["src/cli/"]),
    ("toml_edit", &["src/config/edit"]),
    ("toml", &["src/config/", "src/ui/theme", "src/ui/messages", "src/source/scenario"]),
    ("Instant::now", &["src/runtime/", "src/source/"]),
    ("SystemTime::now", &["src/runtime/", "src/source/"]),
    ("Timestamp::now", &["src/runtime/", "src/source/"]),
    ("Zoned::now", &["src/runtime/", "src/source/"]),
    ("thread::sleep", &[]),
];

/// Longest file, in lines.
const FILE_LINES: usize = 500;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;
/// Longest function in a door: a look-up in its registry.
const DOOR_FUNCTION_LINES: usize = 5;
/// Registries: lists whose entries are plain references, one name each.
const REGISTRIES: &[&str] = &["KINDS", "FORMATS", "PANES"];
/// What may stand at the top of the repository, hidden files apart.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "themes",
    "fixtures",
    "tests",
    "benches",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CHANGELOG.md",
    "build.rs",
];
/// What must stand there.
const TOP_NEEDED: &[&str] =
    &["Cargo.toml", "Cargo.lock", "src", "themes", "fixtures", "tests", "README.md", "LICENSE-MIT", "LICENSE-APACHE", ".ci"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path from the root with `/`, and its text.
struct Source {
    path: String,
    text: String,
    code: String,
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut out = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut out);
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!out.is_empty(), "no sources found");
    out
}

#[expect(clippy::disallowed_methods, reason = "this test reads the sources")]
fn collect(folder: &Path, out: &mut Vec<Source>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source can be read");
            let shown = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            out.push(Source { path: shown, code: code_of(&text), text });
        }
    }
}

/// The text with comments and the insides of strings blanked; lines stay where they are.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = skipped(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
        } else {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    out
}

/// The end of the comment, string or character that begins at `i`; `i` where none does.
fn skipped(chars: &[char], i: usize) -> usize {
    let at = |k: usize| chars.get(k).copied().unwrap_or('\0');
    let before = if i == 0 { ' ' } else { at(i - 1) };
    match (at(i), at(i + 1)) {
        ('/', '/') => (i..chars.len()).find(|k| at(*k) == '\n').unwrap_or(chars.len()),
        ('/', '*') => block_end(chars, i),
        ('r', '"' | '#') if !(before.is_alphanumeric() || before == '_') => raw_end(chars, i),
        ('b', 'r') if matches!(at(i + 2), '"' | '#') && !before.is_alphanumeric() => raw_end(chars, i + 1),
        ('"', _) => {
            let mut k = i + 1;
            while k < chars.len() && at(k) != '"' {
                k += if at(k) == '\\' { 2 } else { 1 };
            }
            (k + 1).min(chars.len())
        }
        ('\'', '\\') => (i + 3..chars.len()).find(|k| at(*k) == '\'').map_or(chars.len(), |k| k + 1),
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

fn block_end(chars: &[char], i: usize) -> usize {
    let (mut depth, mut k) = (0, i);
    while k + 1 < chars.len() {
        match (chars[k], chars[k + 1]) {
            ('/', '*') => (depth, k) = (depth + 1, k + 2),
            ('*', '/') if depth == 1 => return k + 2,
            ('*', '/') => (depth, k) = (depth - 1, k + 2),
            _ => k += 1,
        }
    }
    chars.len()
}

fn raw_end(chars: &[char], i: usize) -> usize {
    let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
    let open = i + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return i;
    }
    let closes = |k: usize| chars[k] == '"' && chars[k + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (open + 1..chars.len()).find(|k| closes(*k)).map_or(chars.len(), |k| k + 1 + hashes)
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands in `code` as a word of its own.
fn words(code: &str, word: &str) -> Vec<usize> {
    let alone = |at: &usize| !code[..*at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word);
    code.match_indices(word).map(|(at, _)| at).filter(alone).collect()
}

fn report(faults: &[String]) {
    let mut all = String::new();
    for fault in faults {
        writeln!(all, "  {fault}").expect("a string takes all");
    }
    assert!(faults.is_empty(), "{} faults:\n{all}", faults.len());
}

/// The rooms named after `crate::` (or the crate's own name), groups in braces included.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for start in ["crate::", "bellwether::"] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(is_word) || code[..at].ends_with("::") || code[..at].ends_with('$') {
                continue;
            }
            let rest = &code[at + start.len()..];
            match rest.strip_prefix('{') {
                Some(group) => out.extend(group_heads(group).into_iter().map(|head| (line_of(code, at), head))),
                None => out.push((line_of(code, at), rest.chars().take_while(|c| is_word(*c)).collect())),
            }
        }
    }
    out
}

/// The first words of the parts of `{a::b, c::{d, e}}`.
fn group_heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    heads.push(part);
    heads.iter().map(|h| h.trim().chars().take_while(|c| is_word(*c)).collect()).filter(|h: &String| !h.is_empty()).collect()
}

fn room_of(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap_or("")
}

fn floor_faults(path: &str, code: &str) -> Vec<String> {
    let from = room_of(path);
    let Some((_, floor, may)) = ROOMS.iter().find(|(name, ..)| *name == from) else {
        return vec![format!("{path}: room {from:?} has no floor in the table of tests/architecture.rs")];
    };
    let mut faults = Vec::new();
    for (line, to) in imports(code) {
        let Some((_, below, _)) = ROOMS.iter().find(|(name, ..)| *name == to) else { continue };
        if to == from {
            continue;
        }
        if below >= floor {
            faults.push(format!("{path}:{line}: {from} (floor {floor}) may not import {to} (floor {below}): imports run downward"));
        } else if *may != BELOW && !may.contains(&to.as_str()) {
            faults.push(format!("{path}:{line}: {from} may import only {}, not {to}", may.join(", ")));
        }
    }
    faults.extend(root_faults(path, code));
    faults
}

/// Paths that climb to the crate's root by `super`, past the room's door, where the table would not see them.
fn root_faults(path: &str, code: &str) -> Vec<String> {
    let depth = path.split('/').count() - 1 - usize::from(path.ends_with("/mod.rs"));
    let tests = code.find("mod tests {").unwrap_or(code.len());
    let climbs = |(at, _): &(usize, &str)| {
        let rest = code[*at..].split("super::").skip(1).take_while(|part| part.is_empty()).count() + 1;
        !code[..*at].ends_with("super::") && rest >= depth + usize::from(*at > tests)
    };
    let named = |(at, _)| format!("{path}:{}: super leads to the root; write crate::room", line_of(code, at));
    code.match_indices("super::").filter(climbs).map(named).collect()
}

#[test]
fn imports_run_downward() {
    let all = sources(&["src"]);
    let faults: Vec<String> = all.iter().filter(|s| s.path != "src/lib.rs").flat_map(|s| floor_faults(&s.path, &s.code)).collect();
    report(&faults);
    for (room, ..) in ROOMS {
        assert!(all.iter().any(|s| room_of(&s.path) == *room), "the table names room {room:?}, which is not there");
    }
}

fn ration_faults(path: &str, code: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (what, places) in RATIONED {
        if places.iter().any(|p| path.starts_with(p)) {
            continue;
        }
        let is_crate = !what.contains("::");
        for at in words(code, what) {
            let (before, after) = (&code[..at], &code[at + what.len()..]);
            let part_of_path = before.ends_with("::") && before.trim_end_matches("::").ends_with(is_word);
            let named = after.starts_with("::") || before.ends_with("use ");
            if !is_crate || (named && !part_of_path) {
                let allowed = if places.is_empty() { "nowhere".to_owned() } else { format!("only in {}*", places.join("*, ")) };
                faults.push(format!("{path}:{}: {what} is allowed {allowed}", line_of(code, at)));
            }
        }
    }
    faults
}

#[test]
fn rationed_crates_and_clocks_stand_where_they_belong() {
    report(&sources(&["src"]).iter().flat_map(|s| ration_faults(&s.path, &s.code)).collect::<Vec<_>>());
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let lines = source.text.lines().count();
        if lines > FILE_LINES {
            faults.push(format!("{}: {lines} lines, at most {FILE_LINES}: a file does one thing", source.path));
        }
        if !source.text.starts_with("//! ") {
            faults.push(format!("{}:1: the file does not open with `//!`: what it is, why, who meets it", source.path));
        }
    }
    report(&faults);
}

/// Name, line and length in lines of each function with a body.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut out = Vec::new();
    for at in words(code, "fn") {
        let rest = &code[at + 2..];
        let name: String = rest.trim_start().chars().take_while(|c| is_word(*c)).collect();
        if name.is_empty() {
            continue;
        }
        let (mut depth, mut brackets, mut end) = (0, 0, None);
        for (i, c) in rest.char_indices() {
            match c {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                ';' if depth == 0 && brackets == 0 => break,
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        end = Some(i);
                        break;
                    }
                }
                _ => {}
            }
        }
        if let Some(end) = end {
            out.push((name, line_of(code, at), rest[..end].matches('\n').count() + 1));
        }
    }
    out
}

#[test]
fn functions_fit_a_screen() {
    let mut faults = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        for (name, line, lines) in functions(&source.code).into_iter().filter(|(_, _, lines)| *lines > FUNCTION_LINES) {
            faults.push(format!("{}:{line}: function {name} has {lines} lines, at most {FUNCTION_LINES}", source.path));
        }
    }
    report(&faults);
}

fn door_faults(path: &str, code: &str) -> Vec<String> {
    const ITEMS: &[&str] = &["mod ", "use ", "const ", "static ", "fn ", "type "];
    let mut faults = Vec::new();
    for (nth, line) in code.lines().enumerate() {
        let bare = line.strip_prefix("pub ").unwrap_or(line);
        let bare = bare.strip_prefix("pub(").and_then(|r| r.split_once(") ")).map_or(bare, |(_, rest)| rest);
        let closing = bare.starts_with(['}', ']', ')', '#', ' ']) || bare.is_empty();
        if !closing && !ITEMS.iter().any(|item| bare.starts_with(item)) {
            faults.push(format!("{path}:{}: a door holds mod lines, registry and pub use, not {:?}", nth + 1, line.trim()));
        }
    }
    for (name, line, lines) in functions(code).into_iter().filter(|(_, _, lines)| *lines > DOOR_FUNCTION_LINES) {
        faults.push(format!("{path}:{line}: function {name} has {lines} lines; a door only looks things up"));
    }
    faults
}

fn registry_faults(path: &str, code: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for name in REGISTRIES {
        let start = format!("const {name}: ");
        let Some(at) = code.find(&start) else { continue };
        let Some((list, _)) = code[at..].split_once("= &[").and_then(|(_, rest)| rest.split_once(']')) else {
            faults.push(format!("{path}:{}: registry {name} is no plain list", line_of(code, at)));
            continue;
        };
        for entry in list.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            let plain = entry.trim_start_matches('&').split("::").all(|part| !part.is_empty() && part.chars().all(is_word));
            if !plain {
                faults.push(format!("{path}:{}: registry {name} holds {entry:?}, not a plain &name::KIND", line_of(code, at)));
            }
        }
    }
    faults
}

#[test]
fn doors_are_doors_and_registries_are_plain() {
    let all = sources(&["src"]);
    let doors = all.iter().filter(|s| s.path.ends_with("/mod.rs") && !s.path.ends_with("/tests/mod.rs"));
    report(&doors.flat_map(|s| [door_faults(&s.path, &s.code), registry_faults(&s.path, &s.code)].concat()).collect::<Vec<_>>());
}

/// Targets of `[text](target)` and `![text](target)` with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let ends = |rest: &str| rest.find([')', ' ', '\n']).map(|end| rest[..end].to_owned());
    text.match_indices("](").filter_map(|(at, _)| Some((line_of(text, at), ends(&text[at + 2..])?))).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "this test reads the README")]
fn the_readme_has_no_dead_links() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("there is a README.md");
    let mut faults = Vec::new();
    for (line, target) in links(&text) {
        let file = target.split('#').next().unwrap_or("");
        let outside = target.contains("://") || target.starts_with("mailto:");
        if !outside && !file.is_empty() && !root().join(file).exists() {
            faults.push(format!("README.md:{line}: {target} leads nowhere"));
        }
    }
    report(&faults);
}

#[test]
fn the_top_level_is_as_designed() {
    let mut faults: Vec<String> =
        TOP_NEEDED.iter().filter(|n| !root().join(n).exists()).map(|n| format!("{n} is missing at the top")).collect();
    let listed = Command::new("git").arg("ls-files").current_dir(root()).output().ok().filter(|o| o.status.success());
    let listed = listed.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let top: BTreeSet<&str> = listed.lines().filter_map(|l| l.trim_matches('"').split('/').next()).collect();
    faults.extend(top.iter().filter(|n| !n.starts_with('.') && !TOP.contains(n)).map(|n| format!("{n} does not belong at the top")));
    report(&faults);
}

#[test]
fn the_checks_themselves_find_what_they_look_for() {
    let code = code_of(
        "use crate::{model::X, runtime::{a, b}};\n// crate::cli::x\nlet s = \"crate::cli\"; let c = '\"'; let l: &'a str; crate::ui::Y;\n",
    );
    assert_eq!(
        imports(&code).into_iter().map(|(line, room)| format!("{line}:{room}")).collect::<Vec<_>>(),
        ["1:model", "1:runtime", "3:ui"]
    );
    assert_eq!(floor_faults("src/ui/x.rs", &code), ["src/ui/x.rs:1: ui (floor 5) may not import runtime (floor 7): imports run downward"]);
    assert_eq!(floor_faults("src/source/x.rs", "use crate::detect::Kind;").len(), 1);
    assert_eq!(floor_faults("src/hall/x.rs", "").len(), 1);
    assert_eq!(root_faults("src/ui/panes/x.rs", "use super::super::super::cli; use super::super::pane;").len(), 1);
    assert!(root_faults("src/ui/panes/x.rs", "mod tests { use super::super::super::pane; }").is_empty());
    assert_eq!(root_faults("src/ui/mod.rs", "use super::cli;").len(), 1);
    assert_eq!(ration_faults("src/engine/x.rs", "use rdkafka::X; let t = std::time::Instant::now(); my_ratatui::x();").len(), 2);
    assert!(ration_faults("src/source/kafka/x.rs", "use rdkafka::X; let t = Instant::now();").is_empty());
    assert_eq!(functions("fn a();\nfn b(x: [u8; 3]) -> u8 {\n  if x { 1 } else { 2 }\n}\n"), [("b".to_owned(), 2, 3)]);
    assert_eq!(door_faults("m", "mod a;\npub(crate) use a::B;\nstruct C;\npub const KINDS: &[&K] = &[\n    &a::KIND,\n];\n").len(), 1);
    assert_eq!(registry_faults("m", "pub const KINDS: &[&K] = &[&a::KIND, &make(1)];").len(), 1);
    assert_eq!(links("a [b](c.md#d) ![e](f.png \"t\")"), [(1, "c.md#d".to_owned()), (1, "f.png".to_owned())]);
}
