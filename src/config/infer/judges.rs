//! Writes what judges the topics' numbers, and the rules that ring: `auto` for each, `peers` for a fleet, silence, new values, and a
//! forest for numbers that are odd only together.

use super::pick::{Label, Picked};
use super::write::{Out, plain};

/// Most keys that get a forest of their own.
const FOREST_KEYS: usize = 32;
/// Most numbers a forest judges together: with more it takes longer and explains less.
const FOREST_FIELDS: usize = 4;

/// A detector of one metric and the rule that rings: at once for a number that is far off, but a
/// rate or a share that is merely odd for a moment, as they often are, does not ring.
pub(super) fn odd(out: &mut Out, metric: &str, lasting: bool) {
    let name = out.name(&format!("{metric}-odd"));
    out.line("");
    out.line("[[detector]]");
    out.set("name", &name);
    out.set("metric", metric);
    out.set("kind", "auto");
    rule(out, &name, if lasting { "for = \"2s\"" } else { "" });
}

/// A detector of the member of a fleet that behaves unlike the others; what all do at once is for `auto`.
pub(super) fn unlike(out: &mut Out, metric: &str) {
    let name = out.name(&format!("{metric}-unlike"));
    out.line("");
    out.note("they are much alike: which one is unlike the others, at once or by and by?");
    out.line("[[detector]]");
    out.set("name", &name);
    out.set("metric", metric);
    out.set("kind", "peers");
    rule(out, &name, "for = \"30s\"");
}

/// A detector of silence, of the stream or of each member of the fleet in it, and one for values of a label that were never
/// there.
pub(super) fn never(out: &mut Out, found: &Picked, stream: &str, fleet: Option<&Label>) {
    let silent = out.name(&format!("{stream}-silent"));
    out.line("");
    if fleet.is_some() {
        out.note("one of them falls silent; where all do, one alert says so");
    }
    out.line("[[detector]]");
    out.set("name", &silent);
    out.set("stream", stream);
    if let Some(label) = fleet {
        out.list("by", &[&label.path]);
    }
    out.set("kind", "absence");
    // A pause of a few seconds is not yet a broken pipe.
    rule(out, &silent, "for = \"10s\"");
    let Some(label) = found.labels.iter().find(|l| !l.thing && l.path != "@key") else { return };
    let new = out.name(&format!("{stream}-new-{}", plain(&label.path)));
    out.line("");
    out.note("shown among the anomalies; a new value alone rings nobody");
    out.line("[[detector]]");
    out.set("name", &new);
    out.set("stream", stream);
    out.list("field", &[&label.path]);
    out.set("kind", "new-value");
}

fn rule(out: &mut Out, detector: &str, condition: &str) {
    let name = match detector.strip_suffix("-unlike") {
        Some(metric) => out.name(&format!("{metric} unlike the others")),
        None => out.name(&format!("{} odd", detector.trim_end_matches("-odd"))),
    };
    out.line("");
    out.line("[[rule]]");
    out.set("name", &name);
    out.set("when", detector);
    if !condition.is_empty() {
        out.line(condition);
    }
    let keep = out.keep;
    out.set("keep_firing_for", keep);
    out.line("severity = \"warning\"");
    out.line("notify = [\"bell\"]");
}

/// Several numbers that may be odd only together.
pub(super) fn forest(out: &mut Out, found: &Picked, stream: &str, label: Option<&Label>) {
    if found.numbers.len() < 2 {
        return;
    }
    let fields: Vec<&str> = found.numbers.iter().take(FOREST_FIELDS).map(String::as_str).collect();
    let name = out.name(&format!("{stream}-forest"));
    out.line("");
    out.note("numbers that may be odd only together");
    out.line("[[detector]]");
    out.set("name", &name);
    out.set("stream", stream);
    out.list("field", &fields);
    let label = label.filter(|l| l.values.len() <= FOREST_KEYS);
    if let Some(label) = label {
        out.list("by", &[&label.path]);
    }
    out.set("kind", "isolation-forest");
    // Of plain noise that share is flagged too. The rule counts; a table full of it would hide what matters.
    out.line("contamination = 0.001");
    let mut show = fields.clone();
    let others = label
        .map(|l| l.path.as_str())
        .into_iter()
        .chain(found.time.as_ref().map(|t| t.path.as_str()))
        .chain(found.ids.iter().map(String::as_str));
    for other in others {
        if !show.contains(&other) {
            show.push(other);
        }
    }
    out.list("show", &show);
    rule(out, &name, "share = \"30% of 20\"");
}
