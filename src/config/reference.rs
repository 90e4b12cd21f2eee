//! Every key of the configuration with what it means and its default, as a file that could be used.
//!
//! The text stands in `reference.toml`, so that it is read as it is written; what registries know is
//! put in from there. A test holds it against the keys the checks ask for: none is missing, none is too many.

use super::{check, registry};
use crate::detect::{Kind, Param};
use crate::model::number::number;
use crate::ui::Language;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The text with its places for what registries know.
const TEXT: &str = include_str!("reference.toml");

/// The configuration reference: TOML with comments; `section` (`kafka`, `rule`, …) chooses one.
///
/// # Errors
/// Names the sections there are.
pub fn reference(section: Option<&str>) -> Result<String, String> {
    let mut text = filled();
    text.push_str("\n# --- the kinds of detectors and their parameters ------------------------------------------\n");
    for kind in registry::detectors() {
        text.push('\n');
        text.push_str(&detector(kind));
    }
    let Some(wanted) = section else { return Ok(text) };
    let wanted = wanted.trim_matches(['[', ']']);
    let parts = parts(&text);
    if let Some((_, part)) = parts.iter().find(|(name, _)| name == wanted) {
        return Ok(part.clone());
    }
    let kind = registry::detectors().into_iter().find(|k| k.name == wanted);
    kind.map(detector).ok_or_else(|| {
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).chain(registry::detectors().iter().map(|k| k.name)).collect();
        format!("there is no section {wanted:?}; there are {}", names.join(", "))
    })
}

/// The text with what registries know in its places.
fn filled() -> String {
    let quoted = |names: Vec<&str>| names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
    let themes = registry::themes();
    let channels: Vec<&str> = registry::channels().iter().map(|(name, _)| *name).collect();
    let panes: Vec<&str> = registry::panes().iter().map(|p| p.name).collect();
    let detectors: Vec<&str> = registry::detectors().iter().map(|k| k.name).collect();
    TEXT.replace("{themes}", &quoted(themes.iter().map(String::as_str).collect()))
        .replace("{languages}", &quoted(Language::codes().collect()))
        .replace("{formats}", &quoted(registry::formats()))
        .replace("{measures}", &quoted(check::MEASURES.to_vec()))
        .replace("{detectors}", &quoted(detectors))
        .replace("{channels}", &quoted(channels))
        .replace("{panes}", &panes.join(", "))
        .replace("{probe_metrics}", &registry::PROBE_METRICS.join(", "))
        .replace("{scrape_metrics}", &registry::SCRAPE_METRICS.join(", "))
}

/// The defaults the text names: for each header its keys and values, as written.
pub(super) fn defaults() -> BTreeMap<String, Vec<(String, String)>> {
    let mut out: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut header = String::new();
    for line in TEXT.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut header);
        }
        let key = line
            .strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            .and_then(|rest| rest.split_once(" = "));
        if let Some((key, value)) = key.filter(|(key, _)| !EXAMPLES.contains(key)) {
            out.entry(header.clone()).or_default().push((key.to_owned(), value.to_owned()));
        }
    }
    out
}

/// Keys that have no default: what the text shows of them is an example.
const EXAMPLES: [&str; 41] = [
    "false_alerts_per_week",
    "time_zone",
    "link_budget",
    "name",
    "field",
    "records",
    "time",
    "unique",
    "sample_by",
    "redact",
    "numeric",
    "limits",
    "to",
    "by",
    "where",
    "unit",
    "metric",
    "show",
    "clear",
    "count",
    "share",
    "labels",
    "annotations",
    "heights",
    "widths",
    "environment",
    "color",
    "stale_after",
    "keys_max",
    "body",
    "headers",
    "ca",
    "contains",
    "matches",
    "json",
    "metrics",
    "exclude",
    "columns",
    "of",
    "explain_by",
    "path",
];

/// Sections by name, each with the comment above it.
fn parts(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for paragraph in text.split("\n\n") {
        let header = paragraph.lines().find(|line| line.starts_with('['));
        let Some(header) = header else { continue };
        let name = header.trim_matches(['[', ']']).to_owned();
        out.push((name, format!("{}\n", paragraph.trim())));
    }
    out
}

/// One kind of detector: what it finds, where it comes from, its parameters.
fn detector(kind: &Kind) -> String {
    let mut out = format!("# kind = {:?}: {}\n# Source: {}\n", kind.name, kind.summary, kind.source);
    for param in kind.params {
        let _ = writeln!(out, "#   {}: {}{}", param.name, param.doc, bounds(param));
    }
    out
}

fn bounds(param: &Param) -> String {
    let mut parts = Vec::new();
    if !param.words.is_empty() {
        parts.push(param.words.join(" | "));
    } else if param.min.is_finite() && param.max.is_finite() {
        parts.push(format!("{} to {}", number(param.min), number(param.max)));
    } else if param.min.is_finite() {
        parts.push(format!("at least {}", number(param.min)));
    }
    if param.required {
        parts.push("must be given".to_owned());
    } else if !param.default.is_empty() {
        parts.push(format!("default {}", param.default));
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, load::load_asked};
    use super::*;
    use std::collections::BTreeSet;

    /// The text as a file in which everything is written.
    fn whole() -> String {
        let key = |line: &&str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        filled().lines().map(|line| if key(&line) { format!("{}\n", &line[1..]) } else { format!("{line}\n") }).collect()
    }

    #[test]
    fn as_it_stands_it_is_a_configuration_that_passes_every_check() {
        let checked = super::super::load(&filled(), "reference.toml", &Overrides::default());
        assert!(checked.is_ok(), "{}", checked.unwrap_err());
    }

    #[test]
    fn it_names_every_key_the_checks_ask_for_and_no_other() {
        let text = whole();
        let (asked, _) = load_asked(&text);
        let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut section = String::new();
        for line in text.lines() {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if let Some((key, _)) = line.split_once(" = ")
                && !line.starts_with('#')
                && !section.contains('.')
            {
                written.entry(section.clone()).or_default().insert(key.to_owned());
            }
        }
        let parameters: BTreeSet<&str> = registry::detectors().iter().flat_map(|k| k.params.iter().map(|p| p.name)).collect();
        for (section, keys) in &written {
            let mut known: BTreeSet<String> = asked.get(section).cloned().unwrap_or_default();
            if section == "[[detector]]" {
                known.retain(|key| !parameters.contains(key.as_str()));
            }
            known.remove("properties");
            assert_eq!(keys, &known, "{section}");
        }
        let sections: BTreeSet<&String> = asked.keys().filter(|s| s.starts_with('[')).collect();
        assert_eq!(sections, written.keys().collect());
    }

    #[test]
    fn one_section_or_kind_can_be_asked_for() {
        assert!(reference(Some("rule")).unwrap().contains("keep_firing_for"));
        assert!(reference(Some("[[probe]]")).unwrap().starts_with("# An HTTP endpoint"));
        assert!(reference(Some("isolation-forest")).unwrap().contains("contamination"));
        assert!(reference(Some("rules")).unwrap_err().contains("rule"));
        let all = reference(None).unwrap();
        assert!(!all.contains("{themes}") && all.contains("\"dark\""), "{all}");
    }
}
