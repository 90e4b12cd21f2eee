//! A case file as a whole: its configuration, its cases, every fault at once.

use super::super::diagnostic::{Diagnostics, Sink, Span};
use super::super::section::Section;
use super::super::{Loaded, Overrides, TEXT_LIMIT, load_file, read};
use super::expect::{expect, moment};
use super::input::input;
use super::spec::{Case, CaseFeed, CaseFile};
use crate::history::Moment;
use crate::model::Timestamp;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// When cases begin that do not say: a round moment, so that times are easy to read. 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// The configuration of a file that names none.
const CONFIG: &str = "bellwether.toml";

/// Reads and checks a file of cases. `config` is a configuration to take instead of the one it names.
///
/// # Errors
/// All faults of the file, or all of its configuration.
pub fn read_cases(path: &Path, config: Option<&Path>, overrides: &Overrides) -> Result<CaseFile, Diagnostics> {
    let (text, file) = (read(path)?, path.display().to_string());
    if text.len() > TEXT_LIMIT {
        return Err(Diagnostics::of_file(&file, format!("the file is longer than {} MiB", TEXT_LIMIT >> 20), ""));
    }
    let (root, faults) = DeTable::parse_recoverable(&text);
    let sink = Sink::default();
    for fault in &faults {
        sink.error(&fault.span().unwrap_or(0..0), fault.message(), "");
    }
    let told = |sink: Sink| Diagnostics::new(&file, &text, sink.into_items());
    if !faults.is_empty() {
        return Err(told(sink));
    }
    let cx = Reading { text: &text, sink: &sink, folder: path.parent().unwrap_or(Path::new("")) };
    let root = Section::new("the case file", root.get_ref(), 0..0, &sink);
    let Some(loaded) = cx.configuration(&root, config, overrides)? else { return Err(told(sink)) };
    let cases = cx.cases(&root, &loaded);
    drop(root);
    let all = told(sink);
    if all.errors() > 0 { Err(all) } else { Ok(CaseFile { file, loaded, cases }) }
}

struct Reading<'r> {
    text: &'r str,
    sink: &'r Sink,
    folder: &'r Path,
}

impl Reading<'_> {
    fn line(&self, span: &Span) -> usize {
        self.text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn configuration(&self, root: &Section<'_>, config: Option<&Path>, overrides: &Overrides) -> Result<Option<Loaded>, Diagnostics> {
        let named = root.filled("config");
        let path = match (config, &named) {
            (Some(path), _) => path.to_owned(),
            (None, Some(named)) => self.folder.join(&named.value),
            (None, None) => self.folder.join(CONFIG),
        };
        if config.is_none() && !path.is_file() {
            let place = named.as_ref().map_or(0..0, |n| n.span.clone());
            let hint = "write config = \"bellwether.toml\", relative to this file, or name one with --config FILE";
            self.sink.error(&place, format!("there is no configuration {}", path.display()), hint);
            return Ok(None);
        }
        load_file(&path, overrides).map(Some)
    }

    fn cases(&self, root: &Section<'_>, loaded: &Loaded) -> Vec<Case> {
        let start = self.start(root).unwrap_or(START);
        let sections = root.tables("case");
        if sections.is_empty() {
            self.sink.error(&(0..0), "there is no case in this file", "add [[case]] with name = \"…\"");
        }
        let mut cases: Vec<Case> = Vec::new();
        for section in &sections {
            let Some(case) = self.case(section, loaded, start) else { continue };
            if cases.iter().any(|c| c.name == case.name) {
                self.sink.error(&section.place("name"), format!("there are two cases {:?}", case.name), "give each its own name");
            }
            cases.push(case);
        }
        root.finish();
        cases
    }

    fn start(&self, section: &Section<'_>) -> Option<Timestamp> {
        if let Moment::At(at) = moment(section, "start")? {
            return Some(at);
        }
        self.sink.error(&section.place("start"), "start must be a moment on the calendar", "write 2026-01-01T00:00:00Z");
        None
    }

    fn case(&self, section: &Section<'_>, loaded: &Loaded, start: Timestamp) -> Option<Case> {
        let name = section.required("name", "\"what happens\"");
        let start = self.start(section).unwrap_or(start);
        let until = moment(section, "until");
        let recording = section.filled("recording");
        let [from, to] = ["from", "to"].map(|key| moment(section, key));
        let inputs = section.tables("input");
        let made: Vec<_> = inputs.iter().enumerate().filter_map(|(nth, s)| input(s, loaded, nth)).collect();
        let expects = section.tables("expect");
        let expect: Vec<_> = expects.iter().filter_map(|s| expect(s, loaded, self.line(&s.span))).collect();
        section.finish();
        if expects.is_empty() {
            self.sink.error(&section.span, "the case expects nothing", "add [[case.expect]] with alerts, anomalies or silent = true");
        }
        let feed = match recording {
            Some(named) => {
                let path = self.recording(&named.value, &named.span);
                if let Some(first) = inputs.first() {
                    self.sink.error(&first.span, "the case has a recording and inputs of its own", "take one of them out");
                }
                CaseFeed::Recording { path, from, to }
            }
            None if inputs.is_empty() => {
                self.sink.error(
                    &section.span,
                    "the case has no input",
                    "add [[case.input]] with stream = \"…\", or recording = \"….jsonl\"",
                );
                return None;
            }
            None => {
                for key in ["from", "to"].into_iter().filter(|k| section.has(k)) {
                    self.sink.error(&section.place(key), format!("{key} is for recordings"), "say it in [[case.input]]");
                }
                CaseFeed::Inputs(made)
            }
        };
        Some(Case { name: name?.value, line: self.line(&section.span), start, feed, until, expect })
    }

    fn recording(&self, name: &str, span: &Span) -> PathBuf {
        let path = self.folder.join(name);
        if !path.is_file() {
            self.sink.error(span, format!("there is no recording {}", path.display()), "its name is relative to this file");
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG_TEXT: &str = r#"
[[kafka]]
brokers = ["localhost:9092"]
[[stream]]
name = "sales"
topic = "sales"
time = "ts"
[[metric]]
name = "amount"
stream = "sales"
field = "amount"
measure = "last"
[[rule]]
name = "Large"
when = "amount > 100"
[host]
"#;

    #[expect(clippy::disallowed_methods, reason = "a test makes the files it reads")]
    fn told(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("bellwether.toml"), CONFIG_TEXT).unwrap();
        let path = dir.path().join("case.toml");
        std::fs::write(&path, text).unwrap();
        match read_cases(&path, None, &Overrides::default()) {
            Ok(file) => format!("{} cases", file.cases.len()),
            Err(faults) => faults.to_string().replace(&dir.path().display().to_string(), "DIR"),
        }
    }

    #[test]
    fn a_good_file_is_read() {
        let text = "config = \"bellwether.toml\"\n[[case]]\nname = \"a\"\n[[case.input]]\nstream = \"sales\"\nvary = { amount = \"1+1x200\" }\n[[case.input]]\nseries = \"system.memory.utilization\"\nvalues = \"0.5x9\"\n[[case.expect]]\nat = \"+3m\"\nalerts = [{ rule = \"Large\", labels = { a = \"b\" }, state = \"firing\" }]\n[[case.expect]]\nsilent = true\nto = \"+1m\"\n";
        assert_eq!(told(text), "1 cases");
    }

    #[test]
    fn every_fault_is_told_with_its_place_and_a_hint() {
        let text = r#"
confg = "x"
[[case]]
name = "a"
[[case.input]]
stream = "sale"
vary = { amount = "1+x" }
[[case.input]]
stream = "sales"
vary = { amount = "1+x" }
[[case.input]]
series = "amount"
values = "1"
[[case.expect]]
at = "soon"
alerts = [{ rule = "Larg", sate = "firing" }]
[[case.expect]]
at = "+1m"
[[case]]
name = "a"
recording = "none.jsonl"
"#;
        insta::assert_snapshot!(told(text));
    }
}
