//! `bellwether detect --list`: every kind of detector, from its entry in the registry.

use super::exit;
use crate::config::detector_of;
use crate::detect::{KINDS, Kind, Param, Sees};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// The column texts are wrapped at, as clap wraps help.
const WIDTH: usize = 100;
/// Where texts of a kind begin.
const INDENT: usize = 11;
/// Where texts of a parameter begin.
const DEEPER: usize = 26;

/// Prints all kinds, or the one that is named.
pub(super) fn perform(wanted: Option<&str>) -> anyhow::Result<()> {
    let mut out = String::new();
    match wanted {
        Some(name) => describe(&mut out, known(name)?),
        None => all(&mut out),
    }
    exit::quiet(io::stdout().lock().write_all(out.as_bytes()))
}

/// The kind called so; the parameters it needs are no concern here.
fn known(name: &str) -> anyhow::Result<&'static Kind> {
    match KINDS.iter().copied().find(|kind| kind.name == name) {
        Some(kind) => Ok(kind),
        None => Ok(detector_of(name, &[])?.0),
    }
}

fn all(out: &mut String) {
    for (nth, kind) in KINDS.iter().enumerate() {
        if nth > 0 {
            out.push('\n');
        }
        describe(out, kind);
    }
}

/// Writing into text does not fail.
fn describe(out: &mut String, kind: &Kind) {
    let _ = writeln!(out, "{}", kind.name);
    wrapped(out, " ", 2, kind.summary);
    wrapped(out, "  judges", INDENT, sees(kind));
    wrapped(out, "  source", INDENT, kind.source);
    if kind.keys_max > 0 {
        let most = crate::model::number::number(kind.keys_max as f64);
        wrapped(out, "  limit", INDENT, &format!("{most} keys have a detector of their own, further keys share one"));
    }
    for param in kind.params {
        let text = format!("{} ({})", param.doc, wanted(param));
        wrapped(out, &format!("    {}", written(param)), DEEPER, &text);
    }
}

fn sees(kind: &Kind) -> &'static str {
    match (kind.sees, kind.ticks) {
        (Sees::Numbers, false) => "numbers: samples of a series, or fields of events",
        (Sees::Numbers, true) => "numbers, and the time that passes without any",
        (Sees::Category, false) => "texts: values of a field, or labels",
        (Sees::Category, true) => "texts, and the time that passes without any",
        (Sees::Group, false) => "all series of a metric, or the scores of another detector, at one moment",
        (Sees::Group, true) => "all series of a metric at one moment, and the time that passes without any",
    }
}

/// A parameter as the configuration would have it, with its default.
fn written(param: &Param) -> String {
    match (param.default, param.words) {
        ("", _) => param.name.to_owned(),
        (default, []) => format!("{} = {default}", param.name),
        (default, _) => format!("{} = \"{default}\"", param.name),
    }
}

/// What may be written.
fn wanted(param: &Param) -> String {
    let needed = if param.required { ", needed" } else { "" };
    param.wanted() + needed
}

/// A text in lines of its own column, behind a name.
fn wrapped(out: &mut String, name: &str, indent: usize, text: &str) {
    let mut line = format!("{name:indent$}");
    if line.chars().count() > indent {
        // A long name has a line of its own.
        let _ = writeln!(out, "{name}");
        line = " ".repeat(indent);
    }
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(indent);
            empty = true;
        }
        line += if empty { "" } else { " " };
        line += word;
        empty = false;
    }
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_tells_all_its_parameters() {
        let mut out = String::new();
        all(&mut out);
        assert!(out.lines().all(|line| line.chars().count() <= WIDTH && line.trim_end() == line), "{out}");
        for kind in KINDS {
            assert!(out.contains(&format!("{}\n  ", kind.name)));
            assert!(kind.params.iter().all(|param| out.contains(&format!("\n    {}", param.name))), "{}", kind.name);
        }
    }

    #[test]
    fn one_kind_reads_well() {
        let mut out = String::new();
        let param = |name, default, words| Param { name, doc: "does so and so", default, min: 0.0, max: 9.0, words, required: name == "b" };
        let params = Box::leak(Box::new([param("a", "3", &[]), param("b", "", &[]), param("side", "both", &["both", "above"])]));
        describe(&mut out, &Kind { name: "odd", summary: "finds what is odd", params, keys_max: 1_000, ..*KINDS[1] });
        insta::assert_snapshot!(out, @r#"
        odd
          finds what is odd
          judges   numbers: samples of a series, or fields of events
          source   Shewhart control chart (1931); moments by Welford (1962)
          limit    1,000 keys have a detector of their own, further keys share one
            a = 3                 does so and so (a number from 0 to 9)
            b                     does so and so (a number from 0 to 9, needed)
            side = "both"         does so and so (both, above)
        "#);
        assert!(known("sigmoid").unwrap_err().to_string().contains("did you mean \"sigma\"?"));
    }
}
