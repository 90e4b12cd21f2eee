//! What a pane is about: its argument read, the series it names found, their age and spacing told.
//! Met by every pane that shows series.

use crate::alert::{AlertState, Severity};
use crate::model::{Band, LabelSet, Millis, SeriesId, SeriesKey, Subject, Timestamp};
use crate::store::{SeriesInfo, Store};
use crate::ui::{Language, Role, Scene, words};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Most points `last=` may ask for: more than any screen has columns.
const LAST_MAX: usize = 10_000;
/// Samples looked at for the usual distance of a series without a step.
const SPACING_SAMPLES: usize = 17;
/// How many usual distances may pass between two samples before it is a gap.
const GAP_FACTOR: f64 = 2.5;

/// What an argument names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// As it was written, without its options: not safe to draw.
    pub text: String,
    /// The metrics and labels it names; a metric may end with `*`. Empty: nothing, or no key.
    keys: Vec<SeriesKey>,
    /// The last so many points instead of a range of time.
    pub last: Option<usize>,
    /// Each series in a small chart of its own.
    pub each: bool,
}

impl Target {
    /// Reads `metric`, `metric{label="value"}`, several of them with commas between, each with the
    /// options ` last=100` and ` each` behind it.
    pub fn parse(argument: &str) -> Self {
        let mut target = Self { text: argument.trim().to_owned(), ..Self::default() };
        while let Some((head, tail)) = target.text.rsplit_once(char::is_whitespace) {
            match tail.strip_prefix("last=").map(str::parse::<usize>) {
                Some(Ok(n)) => target.last = Some(n.clamp(2, LAST_MAX)),
                _ if tail == "each" => target.each = true,
                _ => break,
            }
            target.text = head.trim_end().to_owned();
        }
        target.keys = parts(&target.text).into_iter().map_while(parse_key).collect();
        target
    }

    /// Whether it names anything.
    pub fn is_named(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether all its series are of one metric, so that labels are name enough.
    pub fn of_one_metric(&self) -> bool {
        matches!(self.keys.as_slice(), [key] if !key.name.ends_with('*'))
    }

    /// What tells the series `key` apart from the others named: not safe to draw.
    pub fn name(&self, key: &SeriesKey, language: Language) -> String {
        match (self.of_one_metric(), key.labels.is_empty()) {
            (true, _) if key.labels.is_empty() => language.say("all").to_owned(),
            (true, _) => label_text(key),
            (false, true) => key.name.to_string(),
            (false, false) => format!("{} {}", key.name, label_text(key)),
        }
    }

    /// The series it names, each once: a key's own series, else all of the metric that have its labels.
    pub fn series(&self, store: &Store) -> Vec<SeriesId> {
        let mut list = Vec::new();
        for key in &self.keys {
            if !key.labels.is_empty()
                && let Some(id) = store.find(key)
            {
                list.push(id);
                continue;
            }
            let fits = |id: &SeriesId| key.labels.iter().all(|(n, v)| store.info(*id).key.labels.get(n) == Some(v));
            let mut part: Vec<SeriesId> = match key.name.strip_suffix('*') {
                Some(start) => store.iter().filter(|i| i.key.name.starts_with(start)).map(|i| i.id).filter(fits).collect(),
                None => store.of_metric(&key.name).filter(fits).collect(),
            };
            part.sort_by(|a, b| order(&store.info(*a).key, &store.info(*b).key));
            list.append(&mut part);
        }
        let mut seen = BTreeSet::new();
        list.retain(|id| seen.insert(*id));
        list
    }
}

/// The parts of a list that stand between commas outside of braces and quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    let between = |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0 && !quoted
    };
    text.split(between).map(str::trim).filter(|part| !part.is_empty()).collect()
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
        let (value, tail) = if let Some(quoted) = tail.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let (plain, tail) = tail.split_at(tail.find(',').unwrap_or(tail.len()));
            (plain.trim().to_owned(), tail)
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

/// The labels that tell `key` apart in a list of one metric's series: their values, since all have the same labels.
pub fn label_text(key: &SeriesKey) -> String {
    if key.labels.is_empty() {
        return "all".to_owned();
    }
    key.labels.iter().map(|(_, v)| v).collect::<Vec<_>>().join(" ")
}

/// The order of a list for people: by metric, then by labels, numbers in them by their size.
pub fn order(a: &SeriesKey, b: &SeriesKey) -> Ordering {
    let labels = || words::natural(&label_text(a), &label_text(b));
    a.name.cmp(&b.name).then_with(labels).then_with(|| a.cmp(b))
}

/// The newest moment a chart of these series shows. A series whose data lie further back than the
/// range is shown where its data are; its age then says how old they are.
pub fn end(scene: &Scene<'_>, until: Option<Timestamp>, range: Millis, ids: &[SeriesId]) -> Timestamp {
    if let Some(until) = until {
        return until;
    }
    let newest = ids.iter().filter_map(|id| scene.store.info(*id).last).map(|s| s.at).max();
    let end = match newest {
        Some(at) if at < scene.now - range => at,
        // Clocks of producers run a little ahead; what is just now is shown, the far future is not.
        Some(at) if at > scene.now && at < scene.now + range => at,
        _ => scene.now,
    };
    if scene.link.lean() { lean_end(end, range) } else { end }
}

/// On a slow link, and where they are wide, charts move in larger steps: what moves is what costs.
pub fn lean_end(end: Timestamp, range: Millis) -> Timestamp {
    let step = Millis::new((range.get() / LEAN_STEPS).clamp(LEAN_STEP.0, LEAN_STEP.1));
    end.floor_to(step) + step
}

/// Steps in which a chart moves through its range on a slow link, and the shortest and longest of them.
const LEAN_STEPS: i64 = 60;
const LEAN_STEP: (i64, i64) = (5_000, 30_000);

/// The usual distance between two samples: the series' step, else what its last distances say.
pub fn spacing(store: &Store, id: SeriesId) -> Millis {
    if let Some(step) = store.info(id).spec.step {
        return step;
    }
    let mut tail = Vec::new();
    store.tail(id, SPACING_SAMPLES, &mut tail);
    let mut apart: Vec<i64> = tail.windows(2).map(|w| w[1].0.at.since(w[0].0.at).get()).collect();
    apart.sort_unstable();
    let usual = apart.get(apart.len() / 2).copied().unwrap_or(1_000);
    // What comes at random times now and then takes long; the longest is left out, since it may be a gap.
    let long = apart.len().checked_sub(2).and_then(|i| apart.get(i)).map_or(usual, |ms| ms * 3 / 5);
    Millis::new(usual.max(long).max(1))
}

/// How many empty buckets of `bucket` between two samples are no gap yet.
pub fn join(store: &Store, id: SeriesId, bucket: Millis) -> usize {
    let buckets = spacing(store, id).get() as f64 * GAP_FACTOR / bucket.get().max(1) as f64;
    (buckets.ceil() as usize).saturating_sub(1)
}

/// How many empty buckets of `bucket` at the end of a series that is not stale are no silence.
pub fn late(scene: &Scene<'_>, id: SeriesId, bucket: Millis) -> usize {
    let info = scene.store.info(id);
    let patience = patience(info, scene) as f64 / bucket.get().max(1) as f64;
    join(scene.store, id, bucket).max(patience.ceil() as usize)
}

/// How long a series may be silent before it is stale: three of its steps, and what the scene grants to all.
fn patience(info: &SeriesInfo, scene: &Scene<'_>) -> i64 {
    info.spec.step.map_or(0, |s| s.get() * 3).max(scene.stale_after.get())
}

/// How long ago the series was heard of; `None` where it has no sample.
pub fn age(info: &SeriesInfo, now: Timestamp) -> Option<Millis> {
    info.last.map(|_| Millis::new(now.since(info.heard).get().max(0)))
}

/// Whether nothing was heard of it for longer than its own step and the scene's limit allow.
pub fn stale(info: &SeriesInfo, scene: &Scene<'_>) -> bool {
    age(info, scene.now).is_some_and(|a| a.get() > patience(info, scene))
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
        let key = |name: &str, labels: &[(&str, &str)]| SeriesKey::new(name, LabelSet::new(labels.iter().copied()));
        let t = Target::parse(r#"cpu{cpu="0"} last=100"#);
        assert_eq!((t.text.as_str(), t.last, t.each), (r#"cpu{cpu="0"}"#, Some(100), false));
        assert_eq!(t.keys, [key("cpu", &[("cpu", "0")])]);
        assert_eq!(Target::parse("cpu{cpu=0,host=a}").keys, [key("cpu", &[("cpu", "0"), ("host", "a")])]);
        let t = Target::parse("sensor each last=0");
        assert_eq!((t.text.as_str(), t.last, t.each), ("sensor", Some(2), true));
        let t = Target::parse("a{x=1,y=2}, b* ,c");
        assert_eq!(t.keys, [key("a", &[("x", "1"), ("y", "2")]), key("b*", &[]), key("c", &[])]);
        assert!(!t.of_one_metric() && !Target::parse("b*").of_one_metric() && Target::parse("b").of_one_metric());
        for wrong in ["", "cpu{cpu=\"0", "cpu{a=\"0\"b=\"1\"}"] {
            assert!(!Target::parse(wrong).is_named(), "{wrong}");
        }
    }

    #[test]
    fn a_list_names_each_series_once() {
        let mut stage = super::super::stage::Stage::new();
        for (name, label) in [("node_cpu", "1"), ("node_cpu", "2"), ("node_memory", "1"), ("other", "1")] {
            stage.fill(name, &[("node", label)], "1", 1, |_| Some((0.5, false)));
        }
        let named = |text: &str| {
            let target = Target::parse(text);
            let names = target.series(&stage.store).into_iter().map(|id| target.name(&stage.store.info(id).key, Language::English));
            names.collect::<Vec<_>>()
        };
        assert_eq!(named("node_cpu"), ["1", "2"]);
        assert_eq!(named("node_*,node_cpu"), ["node_cpu 1", "node_cpu 2", "node_memory 1"]);
        assert_eq!(named("other,node_cpu{node=2}"), ["other 1", "node_cpu 2"]);
    }

    proptest! {
        #[test]
        fn every_key_written_is_read_back(name in "[a-z._]{1,9}", labels in proptest::collection::vec(("[a-z]{1,5}", ".{0,9}"), 0..4)) {
            let key = SeriesKey::new(name, LabelSet::new(labels));
            let text = format!("{key} last=7");
            prop_assert_eq!(Target::parse(&text).keys, vec![key]);
        }

        #[test]
        fn no_argument_panics(text in "\\PC{0,30}") {
            Target::parse(&text);
        }
    }
}
