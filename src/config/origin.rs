//! The effective configuration with where each value comes from: a line of the file, the command line, or a default.
//!
//! Met by `config print`: whoever wonders why the console behaves as it does reads it here.

use super::{effective, reference};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// The values of the file: `path.of.key` or `list[2].key` to its line, counted from one, and its text.
struct Written<'a> {
    file: &'a str,
    lines: BTreeMap<String, usize>,
    values: BTreeMap<String, String>,
}

impl Written<'_> {
    /// Where the value of a path comes from: one that differs from the file's was put in its place by the command line.
    fn origin(&self, path: &str, value: &str) -> String {
        let same = self.values.get(path).is_some_and(|own| own == value || value.contains(effective::HIDDEN));
        match self.lines.get(path).filter(|_| same) {
            Some(line) => format!("{}:{line}", self.file),
            None => "command line".to_owned(),
        }
    }
}

/// `effective` (see [`super::Loaded::text`]) line by line, with `file:line`, `command line` or `default` behind each value.
///
/// `text` is the file's text as it was read; empty where there is none.
pub fn with_origins(effective: &str, text: &str, file: &str) -> String {
    let Ok(root) = effective.parse::<Table>() else { return effective.to_owned() };
    let (document, _) = DeTable::parse_recoverable(text);
    let mut written = Written { file, lines: BTreeMap::new(), values: BTreeMap::new() };
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    collect(document.get_ref(), "", &|at| starts.partition_point(|end| *end < at) + 1, &mut written.lines);
    flatten(&text.parse::<Table>().unwrap_or_default(), "", &mut written.values);
    let defaults = reference::defaults();
    let mut out = String::new();
    for (name, value) in &root {
        let sections: Vec<(&Table, String, String)> = match value {
            Value::Array(items) if items.iter().all(Value::is_table) => {
                items.iter().enumerate().filter_map(|(i, v)| Some((v.as_table()?, format!("{name}[{i}]"), format!("[[{name}]]")))).collect()
            }
            Value::Table(table) => vec![(table, name.clone(), format!("[{name}]"))],
            _ => Vec::new(),
        };
        for (table, path, header) in sections {
            let known = defaults.get(&header).map(Vec::as_slice).unwrap_or_default();
            section(&mut out, table, &path, &header, &written, known);
        }
    }
    let absent = defaults.iter().filter(|(header, _)| !header.starts_with("[[") && !root.contains_key(header.trim_matches(['[', ']'])));
    for (header, known) in absent.filter(|(header, _)| *header != "[host]") {
        section(&mut out, &Table::new(), "", header, &written, known);
    }
    out
}

fn section(out: &mut String, table: &Table, path: &str, header: &str, written: &Written<'_>, defaults: &[(String, String)]) {
    let _ = writeln!(out, "{}{header}", if out.is_empty() { "" } else { "\n" });
    let mut rows: Vec<(String, String)> = Vec::new();
    entries(table, path, "", written, &mut rows);
    for (key, default) in defaults.iter().filter(|(key, _)| !table.contains_key(key)) {
        rows.push((format!("#{key} = {default}"), "default".to_owned()));
    }
    let width = rows.iter().map(|(row, _)| row.chars().count()).filter(|w| *w <= COLUMN).max().unwrap_or(0);
    for (row, origin) in rows {
        let _ = writeln!(out, "{row:<width$}  # {origin}");
    }
}

/// Origins stand below each other up to this width; longer rows go beyond it.
const COLUMN: usize = 60;

/// One row for each value; tables inside are written with dotted keys.
fn entries(table: &Table, path: &str, prefix: &str, written: &Written<'_>, rows: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let place = format!("{path}.{key}");
        let shown = toml::Value::String(key.clone()).to_string();
        let bare = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let name = format!("{prefix}{}", if bare { key } else { &shown });
        match value {
            Value::Table(inner) => entries(inner, &place, &format!("{name}."), written, rows),
            value => rows.push((format!("{name} = {value}"), written.origin(&place, &value.to_string()))),
        }
    }
}

fn flatten(table: &Table, prefix: &str, out: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(inner, &path, out),
            // An empty list is a value, not a list of sections.
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_table) => {
                for (nth, inner) in items.iter().enumerate().filter_map(|(nth, item)| Some((nth, item.as_table()?))) {
                    flatten(inner, &format!("{path}[{nth}]"), out);
                }
            }
            value => {
                out.insert(path, value.to_string());
            }
        }
    }
}

fn collect(table: &DeTable<'_>, prefix: &str, line: &impl Fn(usize) -> usize, out: &mut BTreeMap<String, usize>) {
    for (key, node) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        match node.get_ref() {
            DeValue::Table(inner) => collect(inner, &path, line, out),
            DeValue::Array(items) if !items.is_empty() && items.iter().all(|i| matches!(i.get_ref(), DeValue::Table(_))) => {
                for (nth, item) in items.iter().enumerate() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        collect(inner, &format!("{path}[{nth}]"), line, out);
                    }
                }
            }
            _ => {
                out.insert(path, line(node.span().start));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, load};
    use super::*;

    #[test]
    fn each_value_says_where_it_comes_from() {
        let text = "# mine\n[ui]\ntheme = \"light\"\n\n[[kafka]]\nbrokers = [\"a:1\"]\n[kafka.properties]\nsasl.password = \"x\"\n\n[[stream]]\ntopic = \"t\"\n\n[[metric]]\nname = \"n\"\nstream = \"t\"\nmeasure = \"count\"\nstep = \"1s\"\n\n[[rule]]\nname = \"r\"\nwhen = \"n > 1\"\nnotify = []\n";
        let overrides = Overrides { brokers: vec!["b:2".into()], theme: Some("dark".into()), ..Overrides::default() };
        let loaded = load(text, "f.toml", &overrides).unwrap();
        let out = with_origins(&loaded.text, text, "f.toml");
        let has = |row: &str, origin: &str| out.lines().any(|l| l.starts_with(row) && l.ends_with(&format!("# {origin}")));
        assert!(has("topic = \"t\"", "f.toml:11"), "{out}");
        assert!(has("measure = \"count\"", "f.toml:16"), "{out}");
        assert!(has("notify = []", "f.toml:22"), "{out}");
        assert!(has("#max_series = 1000", "default"), "{out}");
        assert!(has("#series = 20000", "default"), "{out}");
        // A value the command line has put in the place of the file's says so.
        assert!(has("brokers = [\"b:2\"]", "command line") && has("theme = \"dark\"", "command line"), "{out}");
        assert!(!out.contains("\"x\""), "{out}");
        assert!(load(&out, "printed", &Overrides::default()).is_ok(), "{out}");
    }
}
