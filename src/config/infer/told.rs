//! Values that say themselves what they are: collectd, Telegraf and Prometheus name what they measure and the parts
//! that tell its series apart, so nothing is guessed, and values of different things are never thrown together.

use super::field::{DISTINCT, path_of};
use super::shape::{Event, Shape};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most metrics of a topic: a node exporter alone has two hundred, and a page shows a few.
const METRICS: usize = 12;
/// Most series that are followed to tell counters: enough of any sample.
const SERIES: usize = 2_000;
/// Fewer values of a series than these do not show a counter.
const COUNTER_VALUES: usize = 3;
/// Ends of names that Prometheus gives to counters and to what is no measure.
const NO_GAUGES: [&str; 6] = ["_total", "_bucket", "_sum", "_count", "_created", "_info"];

/// Beginnings of names that exporters give to what they say of themselves.
const OWN: [&str; 4] = ["go_", "process_", "promhttp_", "scrape_"];

/// A metric, as the records name it.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// Its name, below the topic's.
    pub(super) name: String,
    /// The field that holds its value.
    pub(super) field: String,
    /// Which events it is made of.
    pub(super) filter: String,
    /// What tells its series apart.
    pub(super) by: Vec<String>,
    /// Its series in the sample.
    pub(super) series: usize,
    /// Its events in the sample.
    pub(super) events: usize,
}

/// What a topic says of itself.
#[derive(Debug, Default)]
pub(super) struct AllTold {
    /// The metrics, those that move first.
    pub(super) metrics: Vec<Told>,
    /// Counters that come as they stand: what they measure is how fast they climb.
    pub(super) counters: Vec<String>,
    /// Further metrics.
    pub(super) more: usize,
}

/// Where a format says what its values are.
struct Form {
    /// Fields that name what is measured.
    names: &'static [&'static str],
    /// The field with the value; or, ending with a point, the table of them.
    value: &'static str,
    /// Fields that tell series apart; or, ending with a point, the table of them.
    labels: &'static [&'static str],
    /// The field that is always a label: where there is one host today there are two tomorrow.
    host: &'static str,
}

fn form(format: &str) -> Option<Form> {
    Some(match format {
        "collectd" => Form {
            names: &["plugin", "type"],
            value: "value",
            labels: &["host", "plugin_instance", "type_instance", "dsname"],
            host: "host",
        },
        "telegraf" => Form { names: &["name"], value: "fields.", labels: &["tags."], host: "tags.host" },
        "prometheus" => Form { names: &["name"], value: "value", labels: &["labels."], host: "labels.instance" },
        _ => return None,
    })
}

/// Events of one name with one field.
#[derive(Default)]
struct Group {
    filter: String,
    events: usize,
    /// Values of each label, with the number of events that have it.
    labels: BTreeMap<String, (usize, BTreeSet<String>)>,
    series: BTreeMap<Vec<(String, String)>, Vec<f64>>,
}

/// What the records of a topic name; `None` where their format names nothing.
pub(super) fn told(shape: &Shape) -> Option<AllTold> {
    let form = form(shape.format)?;
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for event in &shape.events {
        gather(event, &form, &mut groups);
    }
    let alone = groups.values().map(|g| &g.filter).collect::<BTreeSet<_>>().len() == 1;
    let mut all = AllTold::default();
    let (mut moving, mut still) = (Vec::new(), Vec::new());
    for ((name, field), group) in groups {
        let gauge = shape.format != "prometheus" || !NO_GAUGES.iter().any(|end| name.ends_with(end));
        if group.counts() || !gauge {
            all.counters.push(name);
            continue;
        }
        let moves = group.series.values().any(|values| values.windows(2).any(|w| (w[0] - w[1]).abs() > f64::EPSILON));
        let by = group.by(&form);
        let series = group.series.keys().map(|key| key.iter().filter(|(l, _)| by.contains(l)).collect::<Vec<_>>()).collect::<BTreeSet<_>>();
        let (series, events) = (series.len(), group.events);
        let filter = if alone { String::new() } else { group.filter };
        let list = if moves { &mut moving } else { &mut still };
        list.push(Told { name, field, filter, by, series, events });
    }
    moving.append(&mut still);
    // What an exporter says of itself comes last.
    moving.sort_by_key(|one| OWN.iter().any(|start| one.name.starts_with(start)));
    all.more = moving.len().saturating_sub(METRICS);
    moving.truncate(METRICS);
    all.metrics = moving;
    (!all.metrics.is_empty()).then_some(all)
}

impl Group {
    /// Whether no series ever falls, some climb, and all of it is whole: a counter as it stands.
    fn counts(&self) -> bool {
        let whole = |x: &f64| x.fract().abs() < f64::EPSILON;
        let never_falls = self.series.values().all(|v| v.iter().all(whole) && v.windows(2).all(|w| w[1] >= w[0]));
        never_falls && self.series.values().any(|v| v.len() >= COUNTER_VALUES && v[v.len() - 1] > v[0])
    }

    /// The labels that every event has and that differ, and the host.
    fn by(&self, form: &Form) -> Vec<String> {
        let fits = |path: &str, seen: usize, values: &BTreeSet<String>| {
            let named = path == form.host && !values.contains("");
            seen == self.events && values.len() < DISTINCT && (values.len() > 1 || named)
        };
        self.labels.iter().filter(|(path, (seen, values))| fits(path, *seen, values)).map(|(path, _)| path.clone()).collect()
    }
}

fn gather(event: &Event, form: &Form, groups: &mut BTreeMap<(String, String), Group>) {
    let names: Vec<&str> = form.names.iter().filter_map(|n| event.fields.get(*n)?.as_str()).collect();
    if names.len() != form.names.len() || names.iter().any(|n| !quotable(n)) {
        return;
    }
    let filter: Vec<String> = form.names.iter().zip(&names).map(|(field, name)| format!("{field} == '{name}'")).collect();
    let mut name = names.clone();
    name.dedup();
    let labels: Vec<(String, String)> = form.labels.iter().flat_map(|l| below(event, l)).filter_map(|(p, v)| Some((p, text(v)?))).collect();
    for (field, value) in below(event, form.value) {
        let Some(x) = value.as_f64().filter(|x| x.is_finite()) else { continue };
        let own = field.strip_prefix(form.value).filter(|own| !own.is_empty());
        let name = name.iter().copied().chain(own).collect::<Vec<_>>().join(".");
        let group = groups.entry((name, field)).or_insert_with(|| Group { filter: filter.join(" and "), ..Group::default() });
        group.events += 1;
        for (path, value) in &labels {
            let (seen, values) = group.labels.entry(path.clone()).or_default();
            *seen += 1;
            if values.len() < DISTINCT {
                values.insert(value.clone());
            }
        }
        if group.series.len() < SERIES || group.series.contains_key(&labels) {
            group.series.entry(labels.clone()).or_default().push(x);
        }
    }
}

/// The field of this name, or all in the table whose name ends with a point, with their paths.
fn below<'e>(event: &'e Event, name: &str) -> Vec<(String, &'e Value)> {
    let Some(table) = name.strip_suffix('.') else {
        return event.fields.get(name).map(|v| (name.to_owned(), v)).into_iter().collect();
    };
    let Some(table) = event.fields.get(table).and_then(Value::as_object) else { return Vec::new() };
    table.iter().filter_map(|(key, value)| Some((format!("{name}{}", path_of(key)?), value))).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether an expression can hold this text in quotes as it is.
fn quotable(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && !text.chars().any(|c| c.is_control() || matches!(c, '\'' | '\\'))
}
