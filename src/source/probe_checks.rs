//! What an answer's body must hold: a text, what a regular expression matches, values in its JSON.

use super::probe_request::Answer;
use super::spec::BodyChecks;
use crate::model::Millis;
use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

/// How much of an answer's body is read: a page that says how a service does is far smaller.
pub(super) const BODY_LIMIT: usize = 1 << 20;
/// Largest compiled size of a regular expression: a pattern needs kilobytes, hostile ones want gigabytes.
const REGEX_SIZE: usize = 1 << 20;
/// Most characters of a value that is not what it should be, in words.
const SHOWN: usize = 80;

/// The checks of one probe, ready.
#[derive(Debug)]
pub(super) struct Checks {
    contains: Option<String>,
    matches: Option<Regex>,
    json: Vec<(String, Value)>,
}

impl Checks {
    /// Makes them ready; in words what is wrong with them.
    pub(super) fn new(spec: &BodyChecks) -> Result<Self, String> {
        let regex = |text: &String| RegexBuilder::new(text).size_limit(REGEX_SIZE).build().map_err(|e| format!("matches: {e}"));
        Ok(Self { contains: spec.contains.clone(), matches: spec.matches.as_ref().map(regex).transpose()?, json: spec.json.clone() })
    }

    /// Why the body is not right.
    pub(super) fn fault(&self, answer: &Answer) -> Option<String> {
        let body = answer.body.as_slice();
        let within = if answer.cut { format!(" in its first {} KiB", BODY_LIMIT >> 10) } else { String::new() };
        if let Some(text) = self.contains.as_ref().filter(|t| !holds(body, t.as_bytes())) {
            return Some(format!("the body does not contain {text:?}{within}"));
        }
        if let Some(regex) = self.matches.as_ref().filter(|r| !r.is_match(body)) {
            return Some(format!("the body does not match {:?}{within}", regex.as_str()));
        }
        if self.json.is_empty() {
            return None;
        }
        if answer.cut {
            return Some(format!("the body is longer than {} KiB and not read as JSON", BODY_LIMIT >> 10));
        }
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Some("the body is no JSON".to_owned()) };
        self.json.iter().find_map(|(pointer, wanted)| match value.pointer(pointer) {
            Some(found) if same(found, wanted) => None,
            Some(found) => Some(format!("{pointer} is {}, expected {wanted}", short(found))),
            None => Some(format!("the body has no {pointer}, expected {wanted}")),
        })
    }
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|w| w == text)
}

/// Whether two values are the same; 1 and 1.0 are.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => one == other,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(SHOWN).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

/// Days until a certificate ends, below zero behind it.
pub(super) fn days(left: Millis) -> f64 {
    left.get() as f64 / Millis::from_secs(86_400).get() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(spec: &BodyChecks, body: &str) -> String {
        let answer = Answer { body: body.as_bytes().to_vec(), ..Answer::default() };
        Checks::new(spec).unwrap().fault(&answer).unwrap_or_else(|| "right".to_owned())
    }

    #[test]
    fn bodies_are_judged_in_words() {
        let text = BodyChecks { contains: Some("welcome".to_owned()), ..BodyChecks::default() };
        assert_eq!(fault(&text, "you are welcome"), "right");
        assert_eq!(fault(&text, "go away"), "the body does not contain \"welcome\"");
        let regex = BodyChecks { matches: Some("^ok [0-9]+$".to_owned()), ..BodyChecks::default() };
        assert_eq!((fault(&regex, "ok 12").as_str(), fault(&regex, "ok").as_str()), ("right", "the body does not match \"^ok [0-9]+$\""));
        let json = BodyChecks { json: vec![("/status".to_owned(), "ok".into()), ("/n/0".to_owned(), 1.into())], ..BodyChecks::default() };
        assert_eq!(fault(&json, r#"{"status":"ok","n":[1.0]}"#), "right");
        assert_eq!(fault(&json, r#"{"status":"down","n":[1]}"#), "/status is \"down\", expected \"ok\"");
        assert_eq!(fault(&json, r#"{"status":"ok"}"#), "the body has no /n/0, expected 1");
        assert_eq!(fault(&json, "<html>"), "the body is no JSON");
        assert!(Checks::new(&BodyChecks { matches: Some("(".to_owned()), ..BodyChecks::default() }).is_err());
    }

    #[test]
    fn days_count_down() {
        assert!((days(Millis::from_secs(129_600)) - 1.5).abs() < 1e-9 && days(Millis::new(-1)) < 0.0);
    }
}
