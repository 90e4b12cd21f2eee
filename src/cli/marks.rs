//! `bellwether marks`: what persons said of anomalies, real or noise.

use super::exit;
use crate::detect::Judgement;
use crate::model::{Safe, Timestamp};
use crate::runtime::judgements;
use anyhow::Context as _;
use clap::Args;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether marks                                  all of them, the newest anomaly last
  bellwether marks --noise                          only what was nothing
  bellwether marks latency                          those whose detector, subject or note holds a word
  bellwether marks --json | jq .note
  bellwether marks --path                           the file they are kept in

Marks are made in the console: r, x and u on an anomaly. They are kept in marks.jsonl in
$XDG_STATE_HOME/bellwether (or ~/.local/state/bellwether), one JSON object a line; the last line of an
anomaly counts.";

/// List what persons said of anomalies: real, or noise
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Marks {
    /// Only those whose detector, subject, pattern, note or person holds this
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Only real ones
    #[arg(long, conflicts_with = "noise")]
    real: bool,
    /// Only noise
    #[arg(long)]
    noise: bool,
    /// As JSON lines, with their sentences
    #[arg(long)]
    json: bool,
    /// Another file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the file's name and nothing else
    #[arg(long)]
    path: bool,
}

/// Lists them.
pub(super) fn perform(args: &Marks) -> anyhow::Result<()> {
    let file = args.file.clone().or_else(judgements::file).context("neither XDG_STATE_HOME nor HOME is set; name a --file")?;
    let mut out = io::stdout().lock();
    if args.path {
        exit::quiet(writeln!(out, "{}", file.display()))?;
        return Ok(());
    }
    let kept = judgements::read(&file).with_context(|| file.display().to_string())?;
    for fault in &kept.faults {
        exit::quiet(writeln!(io::stderr().lock(), "warning: {fault}"))?;
    }
    if kept.bad > kept.faults.len() {
        exit::quiet(writeln!(io::stderr().lock(), "warning: {} lines in all could not be read", kept.bad))?;
    }
    for judgement in newest(kept.list).iter().filter(|j| args.takes(j)) {
        let line = if args.json { judgement.line() } else { told(judgement) };
        exit::quiet(out.write_all(line.as_bytes()))?;
    }
    Ok(())
}

impl Marks {
    fn takes(&self, judgement: &Judgement) -> bool {
        let opinion = judgement.opinion.map_or("", crate::detect::Opinion::word);
        if (self.real && opinion != "real") || (self.noise && opinion != "noise") {
            return false;
        }
        let parts = [&judgement.detector, &judgement.subject, &judgement.pattern, &judgement.note, &judgement.by];
        self.text.as_ref().is_none_or(|text| parts.iter().any(|part| part.to_lowercase().contains(&text.to_lowercase())))
    }
}

/// The last word on each anomaly, in the order of the anomalies.
fn newest(list: Vec<Judgement>) -> Vec<Judgement> {
    let mut last = BTreeMap::new();
    for judgement in list {
        let known = (judgement.at, judgement.detector.clone(), judgement.subject.clone());
        last.insert(known, judgement);
    }
    last.into_values().filter(|judgement| judgement.opinion.is_some()).collect()
}

/// One line for people.
fn told(judgement: &Judgement) -> String {
    let opinion = judgement.opinion.map_or("", crate::detect::Opinion::word);
    let note = Safe::message(&judgement.note);
    let note = if note.as_str().is_empty() { String::new() } else { format!(": {note}") };
    format!(
        "{}  {opinion:<5}  {}  {}  {}  by {}{note}\n",
        moment(judgement.at),
        Safe::label(&judgement.detector),
        Safe::label(&judgement.subject),
        Safe::label(&judgement.pattern),
        Safe::label(&judgement.by),
    )
}

/// In UTC, as the file may be read anywhere.
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.as_millis().to_string(), |t| t.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Opinion;

    fn judgement(at: i64, opinion: Option<Opinion>, note: &str) -> Judgement {
        let at = Timestamp::from_millis(at);
        Judgement {
            at,
            detector: "odd".into(),
            subject: "latency{p=\"95\"}".into(),
            name: "latency".into(),
            pattern: "spike".into(),
            value: 1.0,
            why: "because".into(),
            opinion,
            note: note.into(),
            by: "ann".into(),
            made: at,
        }
    }

    fn args() -> Marks {
        Marks { text: None, real: false, noise: false, json: false, file: None, path: false }
    }

    #[test]
    fn the_last_word_counts_and_filters_hold() {
        let list = vec![
            judgement(2_000, Some(Opinion::Real), ""),
            judgement(1_000, Some(Opinion::Real), "first"),
            judgement(1_000, Some(Opinion::Noise), "gift \u{1b}[2J cards"),
            judgement(2_000, None, ""),
        ];
        let list = newest(list);
        assert_eq!(list.len(), 1);
        let line = told(&list[0]);
        assert!(line.starts_with("1970-01-01 00:00:01Z  noise  odd  latency{p=\"95\"}  spike  by ann: gift "), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
        let takes = |change: &dyn Fn(&mut Marks)| {
            let mut args = args();
            change(&mut args);
            args.takes(&list[0])
        };
        assert!(takes(&|a| a.noise = true) && !takes(&|a| a.real = true));
        assert!(takes(&|a| a.text = Some("CARDS".into())) && !takes(&|a| a.text = Some("nothing".into())));
    }
}
