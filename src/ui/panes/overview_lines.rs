//! What the overview says: the calm line, the state of every watched series, the texts of alerts and sources.

use super::series::Seen;
use crate::alert::{Alert, AlertState};
use crate::model::{Safe, SeriesId, SourceStatus, Subject, Timestamp};
use crate::store::SeriesInfo;
use crate::ui::filter::Filter;
use crate::ui::glyphs::glyphs;
use crate::ui::health::{Counts, alert_look, source_role};
use crate::ui::words;
use crate::ui::{DetectorStatus, Language, Look, Role, Scene};
use crate::ui::{format, times};
use std::collections::{BTreeMap, BTreeSet};

/// Series looked at for a frame: beyond, those with alerts still count through the alerts themselves.
const SERIES_MAX: usize = 1_000;
/// Names longer than this go without the names of their labels.
const NAME_LONG: usize = 32;
/// Steps a series may be late by before it counts as stale.
const STEPS_LATE: i64 = 3;

/// The sentence where nothing fires. Silence is not health: what is not known is said first.
pub fn calm(scene: &Scene<'_>, look: &Look<'_>) -> (Role, String) {
    let language = look.language;
    if let Some(unwell) = unwell(scene, look) {
        return (Role::Stale, language.fill("nothing fires, but {0}", &[&unwell]));
    }
    let silent = scene.store.is_empty() && scene.sources.iter().all(|s| s.records == 0);
    if silent {
        return (Role::Learning, language.say("waiting for the first data").to_owned());
    }
    // The slowest speaks for all.
    let slowest = scene.sources.iter().filter_map(|s| Some((s.backlog()?.percent(), s))).min_by_key(|(percent, _)| *percent);
    if let Some((_, source)) = slowest
        && let Some(back) = super::sources::reading_back(source, scene.now, language)
    {
        return (Role::Learning, language.fill("nothing fires so far, {0} is {1}", &[&source_name(source), &back]));
    }
    let watched = scene.store.iter().take(SERIES_MAX).filter(|info| info.spec.watched).count();
    let learning = learning(scene, language);
    if scene.learning_total > 0 && scene.learning_total >= watched {
        let first = scene.learning.first().map(|d| ready(d, scene));
        return (Role::Learning, language.fill("nothing fires yet: {0}", &[&both(learning, first, language)]));
    }
    let learning = Some(learning).filter(|text| !text.is_empty());
    let pending = Counts::of(scene).pending;
    if pending > 0 {
        let quiet = language.fill("nothing fires, {0} pending", &[&pending.to_string()]);
        return (Role::Pending, both(quiet, learning, language));
    }
    let ended = scene
        .alerts
        .recent()
        .rev()
        .find(|t| t.alert.state == AlertState::Resolved && matches!(t.from, AlertState::Firing | AlertState::Stale));
    let quiet = match ended {
        Some(t) => language.fill("all quiet since {0}", &[&moment(t.at, scene, look)]),
        None => language.say("all quiet: nothing has fired").to_owned(),
    };
    (Role::Ok, both(quiet, learning, language))
}

/// What is wrong with sources, as the end of a sentence; `None` where all are well.
pub fn unwell(scene: &Scene<'_>, look: &Look<'_>) -> Option<String> {
    let bad: Vec<&SourceStatus> = scene.sources.iter().filter(|s| source_role(s) == Role::Stale).collect();
    let first = bad.first()?;
    let language = look.language;
    let others = (bad.len() > 1).then(|| language.fill("{0} more sources too", &[&(bad.len() - 1).to_string()]));
    Some(both(format!("{} {}", source_name(first), trouble(first, scene, look)), others, language))
}

/// The parts of a list in one line.
pub fn list(parts: Vec<String>, language: Language) -> String {
    parts.into_iter().reduce(|all, part| both(all, Some(part), language)).unwrap_or_default()
}

/// Two parts of a sentence, or the first alone.
fn both(first: String, second: Option<String>, language: Language) -> String {
    match second {
        Some(second) => language.fill("{0}, {1}", &[&first, &second]),
        None => first,
    }
}

/// How many detectors learn; empty for none.
fn learning(scene: &Scene<'_>, language: Language) -> String {
    let n = scene.learning_total;
    match n {
        0 => String::new(),
        1 => language.fill("{0} detector is still learning", &[&n.to_string()]),
        _ => language.fill("{0} detectors are still learning", &[&n.to_string()]),
    }
}

fn ready(status: &DetectorStatus, scene: &Scene<'_>) -> String {
    let (n, language) = (status.needed.saturating_sub(status.seen), scene.language);
    if let Some(left) = super::learning::left(status, scene) {
        return language.fill("the first ready in {0}", &[&times::age_in(left, language)]);
    }
    let count = n.to_string();
    match n {
        1 => language.fill("the first ready in {0} observation", &[&count]),
        _ => language.fill("the first ready in {0} observations", &[&count]),
    }
}

/// Since when, and how long that is: `03:09 (5 m)`.
fn moment(at: Timestamp, scene: &Scene<'_>, look: &Look<'_>) -> String {
    format!("{} ({})", times::since(at, scene.now, look.zone), times::age_in(scene.now.since(at), look.language))
}

fn source_name(source: &SourceStatus) -> String {
    Safe::label(source.topic.as_deref().unwrap_or(&source.name)).to_string()
}

fn trouble(source: &SourceStatus, scene: &Scene<'_>, look: &Look<'_>) -> String {
    use crate::model::LinkState::{Connecting, Ended, Up};
    let language = look.language;
    match source.state {
        Up | Connecting | Ended => match source.heard {
            Some(at) => language.fill("is silent since {0}", &[&moment(at, scene, look)]),
            None => language.say("was never heard of").to_owned(),
        },
        state => {
            let detail = if source.detail.is_empty() { String::new() } else { format!(": {}", Safe::message(&source.detail)) };
            let state = language.fill("is {0} since {1}", &[language.say(state.word()), &moment(source.since, scene, look)]);
            format!("{state}{detail}")
        }
    }
}

/// Role, name, rate and remarks of a source.
pub fn source(source: &SourceStatus, scene: &Scene<'_>, look: &Look<'_>) -> (Role, [String; 3]) {
    let role = source_role(source);
    let language = look.language;
    let lag: u64 = source.partitions.iter().map(crate::model::PartitionStatus::lag).sum();
    let mut remarks = Vec::new();
    match role {
        Role::Stale => remarks.push(trouble(source, scene, look)),
        Role::Ok => {}
        Role::Learning if source.backlog().is_some() => {
            remarks.extend(super::sources::reading_back(source, scene.now, language));
        }
        _ => remarks.push(language.say(source.state.word()).to_owned()),
    }
    if source.partitions.len() > 1 {
        remarks.push(language.fill("{0} partitions", &[&source.partitions.len().to_string()]));
    }
    if lag > 0 {
        remarks.push(language.fill("lag {0}", &[&format::thousands(lag as i64)]));
    }
    if source.rejected > 0 {
        remarks.push(language.fill("{0} rejected", &[&format::thousands(source.rejected as i64)]));
    }
    let rate = if role == Role::Ok { format!("{}/s", format::si(source.rate)) } else { String::new() };
    (role, [crate::ui::clusters::named(source, look).0, rate, list(remarks, language)])
}

/// One line of the list of series: a series, or the worst of a metric's.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The series.
    pub id: SeriesId,
    /// How it stands.
    pub role: Role,
    /// Its name, safe to draw.
    pub name: String,
    /// The same without the names of labels, for where that finds no room.
    pub short: String,
}

/// A line for every watched series; where there is no `room` for that, one for every metric, with its worst series.
/// `only`: of these series, watched or not.
pub fn watched(scene: &Scene<'_>, filter: &Filter, room: usize, only: Option<&BTreeSet<SeriesId>>) -> Vec<Watched> {
    let alerts = alert_roles(scene);
    let learning: BTreeSet<&Subject> = scene.learning.iter().map(|d| &d.subject).collect();
    let any = scene.store.iter().any(|info| info.spec.watched);
    let mut infos: Vec<&SeriesInfo> =
        scene.store.iter().filter(|info| only.map_or(info.spec.watched || !any, |ids| ids.contains(&info.id))).take(SERIES_MAX).collect();
    let seen: Vec<SeriesId> = if filter.is_empty() { Vec::new() } else { infos.iter().map(|info| info.id).collect() };
    let holds = filter.test(Seen::all(scene, &seen));
    // What somebody measures comes before what every machine has.
    infos.sort_by_key(|info| info.key.name.starts_with("system."));
    let mut lines: Vec<(&SeriesInfo, Watched)> = Vec::new();
    for info in infos {
        if !filter.is_empty() && !holds.passes(&Seen(info, scene)) {
            continue;
        }
        let subject = Subject::Series(info.key.clone());
        let whole = words::subject(&subject);
        let short = format!("{} {}", Safe::label(&info.key.name), words::label_values(&info.key.labels)).trim_end().to_owned();
        let name = if words::width(&whole) > NAME_LONG { short.clone() } else { whole };
        let role = alerts.get(&subject).copied().unwrap_or_else(|| own_role(info, scene, learning.contains(&subject)));
        lines.push((info, Watched { id: info.id, role, name, short }));
    }
    // The lines of each metric, metrics in the order of their first series.
    let mut groups: Vec<(&str, Vec<Watched>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (info, line) in lines {
        let place = *places.entry(&info.key.name).or_insert(groups.len());
        match groups.get_mut(place) {
            None => groups.push((&info.key.name, vec![line])),
            Some((_, list)) => list.push(line),
        }
    }
    for (_, list) in &mut groups {
        list.sort_by(|a, b| words::natural(&a.name, &b.name));
    }
    let sizes: Vec<usize> = groups.iter().map(|(_, list)| list.len()).collect();
    let kept = spread(&sizes, room);
    let rows = groups.into_iter().zip(kept).flat_map(|((metric, list), kept)| some_of(metric, list, kept, scene.language));
    rows.collect()
}

/// How many lines each metric gets where each has one at least: free ones go to the metrics with fewest series first, so that
/// most are seen whole.
fn spread(sizes: &[usize], room: usize) -> Vec<usize> {
    let mut free = room.saturating_sub(sizes.len());
    let mut kept = vec![1; sizes.len()];
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|i| sizes[*i]);
    for i in order {
        let more = sizes[i].saturating_sub(1).min(free);
        kept[i] += more;
        free -= more;
    }
    kept
}

/// The lines of a metric in `kept` lines: the gravest stay on their own, the last line stands for the rest.
fn some_of(metric: &str, list: Vec<Watched>, kept: usize, language: Language) -> Vec<Watched> {
    if list.len() <= kept {
        return list;
    }
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_key(|i| gravity(list[*i].role));
    let own: BTreeSet<usize> = order.iter().copied().take(kept - 1).collect();
    // What stands for the rest is the worst of it.
    let worst = list[order[kept - 1]].clone();
    let n = list.len() - own.len();
    let mut out: Vec<Watched> = list.into_iter().enumerate().filter(|(i, _)| own.contains(i)).map(|(_, line)| line).collect();
    out.push(if out.is_empty() {
        named_group(metric, n, worst, language)
    } else {
        let name = format!("{} +{n}", Safe::label(metric));
        Watched { short: name.clone(), name, ..worst }
    });
    out
}

/// The name of a metric's line: its worst series where something is wrong with it.
fn named_group(metric: &str, n: usize, worst: Watched, language: Language) -> Watched {
    let (name, short) = match (n, worst.role) {
        (1, _) => return worst,
        (_, Role::Ok | Role::Learning) => {
            let name = format!("{} ×{n}", Safe::label(metric));
            (name.clone(), name)
        }
        _ => {
            let of = |name: &str| language.fill("{0} (of {1})", &[name, &n.to_string()]);
            (of(&worst.name), of(&worst.short))
        }
    };
    Watched { name, short, ..worst }
}

/// The roles of the series active alerts are about; the gravest of each.
fn alert_roles<'a>(scene: &Scene<'a>) -> BTreeMap<&'a Subject, Role> {
    let mut roles: BTreeMap<&Subject, Role> = BTreeMap::new();
    for alert in scene.alerts.active() {
        let (role, _) = alert_look(alert, false);
        let kept = roles.entry(&alert.subject).or_insert(role);
        if gravity(role) < gravity(*kept) {
            *kept = role;
        }
    }
    roles
}

/// How a series without an alert stands.
fn own_role(info: &SeriesInfo, scene: &Scene<'_>, learning: bool) -> Role {
    let step = info.spec.step.map_or(0, crate::model::Millis::get);
    let patience = scene.stale_after.get().max(step.saturating_mul(STEPS_LATE));
    if info.samples > 0 && scene.now.since(info.heard).get() > patience {
        return Role::Stale;
    }
    if learning || info.samples == 0 {
        return Role::Learning;
    }
    let mut newest = Vec::with_capacity(1);
    scene.store.tail(info.id, 1, &mut newest);
    if newest.first().is_some_and(|(_, flagged)| *flagged) { Role::Pending } else { Role::Ok }
}

/// The lower, the worse.
const fn gravity(role: Role) -> u8 {
    match role {
        Role::Critical => 0,
        Role::Warning => 1,
        Role::Stale => 2,
        Role::Pending => 3,
        Role::Accent => 4,
        Role::Muted => 5,
        Role::Learning => 6,
        _ => 7,
    }
}

/// Rule, subject, value, expected, since, why of an alert.
pub fn alert(alert: &Alert, scene: &Scene<'_>, look: &Look<'_>) -> [String; 6] {
    let band = format::band(alert.expected, &alert.unit);
    let labels = alert.subject.labels();
    [
        Safe::label(&alert.rule).to_string(),
        if labels.is_empty() { words::subject(&alert.subject) } else { words::labels(labels) },
        format::value(alert.value, &alert.unit),
        if band.is_empty() { band } else { look.language.fill("usually {0}", &[&band]) },
        since(alert, false, scene, look),
        Safe::message(&alert.why).to_string(),
    ]
}

/// Since when an alert is what it is; `short` leaves out what can be missed.
pub fn since(alert: &Alert, short: bool, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let moment = moment(alert.since, scene, look);
    let language = look.language;
    match (alert.state, short) {
        (AlertState::Stale, false) => language.fill("no data since {0}", &[&moment]),
        (AlertState::Stale, true) => language.fill("no data {0}", &[&moment]),
        (AlertState::Pending, false) => language.fill("pending since {0}", &[&moment]),
        (AlertState::Pending, true) => language.fill("pending {0}", &[&moment]),
        (_, false) => language.fill("since {0}", &[&moment]),
        (_, true) => moment,
    }
}

/// The line about notices that did not arrive; empty where all did.
pub fn undelivered(scene: &Scene<'_>, look: &Look<'_>) -> String {
    let Some((at, what)) = scene.undelivered.last() else { return String::new() };
    let more =
        if scene.undelivered.len() > 1 { format!(" {} {}", glyphs(look.ascii).times, scene.undelivered.len()) } else { String::new() };
    let when = format!("{}{more}", times::clock(*at, look.zone));
    look.language.fill("not delivered {0}: {1}", &[&when, Safe::message(what).as_str()])
}
