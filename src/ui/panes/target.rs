//! What a pane is about: its argument read, the series it names found, their age and spacing told.
//! Met by every pane that shows series.

use crate::alert::{AlertState, Severity};
use crate::model::{Band, LabelSet, Millis, SeriesId, SeriesKey, Subject, Timestamp};
use crate::store::{SeriesInfo, Store};
use crate::ui::{Role, Scene};

/// Most points `last=` may ask for: more than any screen has columns.
const LAST_MAX: usize = 10_000;
/// Samples looked at for the usual distance of a series without a step.
const SPACING_SAMPLES: usize = 17;
/// How many usual distances may pass between two samples before it is a gap.
const GAP_FACTOR: f64 = 2.5;

/// What an argument names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// As it was written, without `last=`: not safe to draw.
    pub text: String,
    /// The metric and labels it names; `None` where the text is empty or no key.
    pub key: Option<SeriesKey>,
    /// The last so many points instead of a range of time.
    pub last: Option<usize>,
}

impl Target {
    /// Reads `metric`, `metric{label="value"}`, either with ` last=100` behind it.
    pub fn parse(argument: &str) -> Self {
        let argument = argument.trim();
        let split = argument.rsplit_once(char::is_whitespace);
        let last = split.and_then(|(_, tail)| tail.strip_prefix("last=")).and_then(|n| n.parse::<usize>().ok());
        let text = match (last, split) {
            (Some(_), Some((head, _))) => head.trim_end(),
            _ => argument,
        };
        Self { text: text.to_owned(), key: parse_key(text), last: last.map(|n| n.clamp(2, LAST_MAX)) }
    }

    /// The series it names, by labels: a key's own series, else all of the metric that have its labels.
    pub fn series(&self, store: &Store) -> Vec<SeriesId> {
        let Some(key) = &self.key else { return Vec::new() };
        if !key.labels.is_empty()
            && let Some(id) = store.find(key)
        {
            return vec![id];
        }
        let fits = |id: &SeriesId| key.labels.iter().all(|(n, v)| store.info(*id).key.labels.get(n) == Some(v));
        store.of_metric(&key.name).filter(fits).collect()
    }
}

/// Reads what `SeriesKey` writes; quotes may be left out around plain values.
fn parse_key(text: &str) -> Option<SeriesKey> {
    let Some((name, rest)) = text.split_once('{') else {
        return (!text.is_empty()).then(|| SeriesKey::new(text, LabelSet::none()));
    };
    let mut rest = rest.strip_suffix('}')?;
    let mut labels: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        let (label, tail) = rest.split_once('=')?;
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (plain, tail) = tail.split_at(tail.find(',').unwrap_or(tail.len()));
                (plain.trim().to_owned(), tail)
            }
        };
        labels.push((label.trim().to_owned(), value));
        rest = tail.strip_prefix(',').unwrap_or(tail);
        if !tail.is_empty() && !tail.starts_with(',') {
            return None;
        }
    }
    Some(SeriesKey::new(name, LabelSet::new(labels)))
}

/// The text up to the closing quote, its escapes undone, and what follows the quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            c => out.push(c),
        }
    }
    None
}

/// The labels that tell `key` apart in a list of one metric's series: values alone where there is one label.
pub fn label_text(key: &SeriesKey) -> String {
    match key.labels.len() {
        0 => "all".to_owned(),
        1 => key.labels.iter().map(|(_, v)| v).collect(),
        _ => key.labels.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "),
    }
}

/// The newest moment a chart of these series shows. A series whose data lie further back than the
/// range is shown where its data are; its age then says how old they are.
pub fn end(scene: &Scene<'_>, until: Option<Timestamp>, range: Millis, ids: &[SeriesId]) -> Timestamp {
    if let Some(until) = until {
        return until;
    }
    let newest = ids.iter().filter_map(|id| scene.store.info(*id).last).map(|s| s.at).max();
    match newest {
        Some(at) if at < scene.now - range => at,
        // Clocks of producers run a little ahead; what is just now is shown, the far future is not.
        Some(at) if at > scene.now && at < scene.now + range => at,
        _ => scene.now,
    }
}

/// The usual distance between two samples: the series' step, else the median of its last distances.
pub fn spacing(store: &Store, id: SeriesId) -> Millis {
    if let Some(step) = store.info(id).spec.step {
        return step;
    }
    let mut tail = Vec::new();
    store.tail(id, SPACING_SAMPLES, &mut tail);
    let mut apart: Vec<i64> = tail.windows(2).map(|w| w[1].0.at.since(w[0].0.at).get()).collect();
    apart.sort_unstable();
    Millis::new(apart.get(apart.len() / 2).copied().unwrap_or(1_000).max(1))
}

/// How many empty buckets of `bucket` between two samples are no gap yet.
pub fn join(store: &Store, id: SeriesId, bucket: Millis) -> usize {
    let buckets = spacing(store, id).get() as f64 * GAP_FACTOR / bucket.get().max(1) as f64;
    (buckets.ceil() as usize).saturating_sub(1)
}

/// How long ago the series was heard of; `None` where it has no sample.
pub fn age(info: &SeriesInfo, now: Timestamp) -> Option<Millis> {
    info.last.map(|_| Millis::new(now.since(info.heard).get().max(0)))
}

/// Whether nothing was heard of it for longer than its own step and the scene's limit allow.
pub fn stale(info: &SeriesInfo, scene: &Scene<'_>) -> bool {
    let limit = info.spec.step.map_or(0, |s| s.get() * 3).max(scene.stale_after.get());
    age(info, scene.now).is_some_and(|a| a.get() > limit)
}

/// The band of the newest sample, and whether it was flagged.
pub fn judged(store: &Store, id: SeriesId) -> (Option<Band>, bool) {
    let Some(last) = store.info(id).last else { return (None, false) };
    let mut bucket = Vec::with_capacity(1);
    store.range(id, last.at, last.at + Millis::new(1), 1, &mut bucket);
    bucket.first().filter(|b| b.count > 0).map_or((None, false), |b| (b.band, b.flagged))
}

/// How a series stands: by the alerts about it, its newest verdict, its age.
pub fn standing(scene: &Scene<'_>, id: SeriesId) -> Role {
    let info = scene.store.info(id);
    let about = |a: &&crate::alert::Alert| matches!(&a.subject, Subject::Series(key) if *key == info.key);
    let alert = scene.alerts.active().filter(about).map(|a| match (a.state, a.severity) {
        (AlertState::Firing, Severity::Critical) => Role::Critical,
        (AlertState::Firing, _) => Role::Warning,
        (AlertState::Stale, _) => Role::Stale,
        _ => Role::Pending,
    });
    let alert = alert.max_by_key(|r| rank(*r));
    let own = if stale(info, scene) {
        Role::Stale
    } else if judged(scene.store, id).1 {
        Role::Warning
    } else {
        Role::Ok
    };
    alert.filter(|r| rank(*r) > rank(own)).unwrap_or(own)
}

/// The graver a role, the higher.
pub fn rank(role: Role) -> u8 {
    match role {
        Role::Critical => 4,
        Role::Warning => 3,
        Role::Stale => 2,
        Role::Pending => 1,
        _ => 0,
    }
}

/// The colour of a frame around what stands so: none but the frame's own where all is well.
pub fn frame(role: Role) -> Role {
    if rank(role) == 0 { Role::Frame } else { role }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_are_read() {
        let t = Target::parse(r#"cpu{cpu="0"} last=100"#);
        assert_eq!((t.text.as_str(), t.last), (r#"cpu{cpu="0"}"#, Some(100)));
        assert_eq!(t.key, Some(SeriesKey::new("cpu", LabelSet::new([("cpu", "0")]))));
        assert_eq!(Target::parse("cpu{cpu=0,host=a}").key, Some(SeriesKey::new("cpu", LabelSet::new([("cpu", "0"), ("host", "a")]))));
        assert_eq!(Target::parse("cpu last=0").last, Some(2));
        assert_eq!(Target::parse("").key, None);
        assert_eq!(Target::parse("cpu{cpu=\"0").key, None);
        assert_eq!(Target::parse("cpu{a=\"0\"b=\"1\"}").key, None);
    }

    proptest! {
        #[test]
        fn every_key_written_is_read_back(name in "[a-z._]{1,9}", labels in proptest::collection::vec(("[a-z]{1,5}", ".{0,9}"), 0..4)) {
            let key = SeriesKey::new(name, LabelSet::new(labels));
            let text = format!("{key} last=7");
            prop_assert_eq!(Target::parse(&text).key, Some(key));
        }

        #[test]
        fn no_argument_panics(text in "\\PC{0,30}") {
            Target::parse(&text);
        }
    }
}
