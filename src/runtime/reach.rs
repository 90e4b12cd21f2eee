//! How far back sources read at a start where nobody says: as far as the detectors over them have to learn from.
//!
//! A detector says how many observations it needs, and its metric how far apart they are. Most learn on beyond that,
//! and so six hours are read wherever one learns at all; what was kept over a restart need not be read again.

use super::clock;
use crate::config::Loaded;
use crate::detect::{self, DetectorOn, DetectorSpec, Params, Sees};
use crate::engine::{Learned, Plan};
use crate::model::{Millis, Observation, Timestamp, Verdict};
use crate::source::{Reach, SourceKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far back is read where nothing need be learned: a chart should show something.
const NEAR: Millis = Millis::from_secs(15 * 60);
/// How far back is read for detectors that learn: it shows a shift of work, which is more than most courses of a service
/// need to be known, and tens of thousands of records of a topic with one a second.
const USUAL: Millis = Millis::from_secs(6 * 3_600);
/// More than the time since states were written is read, since what came last may have been late.
const OVERLAP: Millis = Millis::from_secs(60);
/// Detectors over the scores of others over the scores of others: nobody goes deeper.
const DEPTH: usize = 4;

/// How far back each source reads, by its name.
pub(super) type Reaches = BTreeMap<Arc<str>, Reach>;

/// How far back the sources of `loaded` read, where `learned` is taken up.
pub(super) fn of(loaded: &Loaded, learned: Option<&Learned>) -> Reaches {
    let mut out = Reaches::new();
    for source in &loaded.sources {
        let SourceKind::Kafka(kafka) = &source.kind else { continue };
        let reach = if kafka.exit_at_end {
            // What is read once, to its end, is to be the same however fast that goes.
            Reach::whole(NEAR)
        } else {
            Reach::back(span(loaded, &source.name, learned))
        };
        out.insert(Arc::clone(&source.name), reach);
    }
    out
}

/// Every source reads what a chart shows: nothing is judged.
pub(super) fn near(loaded: &Loaded) -> Reaches {
    loaded.sources.iter().map(|s| (Arc::clone(&s.name), Reach::whole(NEAR))).collect()
}

fn span(loaded: &Loaded, source: &str, learned: Option<&Learned>) -> Millis {
    let plan = &loaded.plan;
    let most = plan.limits.store.retention.max(NEAR);
    // Topics that nobody has described get detectors that learn.
    let mut span = if loaded.missing.is_empty() { NEAR } else { USUAL };
    for detector in plan.detectors.iter().filter(|d| is_over(plan, d, source, DEPTH)) {
        span = span.max(match learned.filter(|l| l.knows(detector, plan)) {
            Some(learned) => clock::now().since(Timestamp::from_millis(learned.at) - OVERLAP).max(OVERLAP),
            None => needed(plan, detector),
        });
    }
    span.min(most)
}

/// How much a detector that knows nothing has to be shown.
fn needed(plan: &Plan, spec: &DetectorSpec) -> Millis {
    match observations(spec) {
        0 => Millis::ZERO,
        n => {
            let step = step(plan, spec, DEPTH).map_or(0, Millis::get);
            Millis::new(step.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX))).max(USUAL)
        }
    }
}

/// How many observations it says it needs; nought for one that needs not learn.
fn observations(spec: &DetectorSpec) -> u64 {
    let Some(kind) = detect::kind(spec.kind) else { return 0 };
    let seen = match kind.sees {
        Sees::Numbers => Observation::Numbers(&[0.0]),
        Sees::Category => Observation::Category("a"),
        Sees::Group => Observation::Group(&[("a", 0.0), ("b", 0.0)]),
    };
    let said = match (kind.build)(&spec.params, 0).judge(Timestamp::from_millis(0), &seen) {
        Verdict::Learning { needed, .. } => needed,
        Verdict::Scored(_) => 0,
    };
    // A window is to be full, or its band is that of a part of it.
    said.max(if said > 0 { window(&spec.params) } else { 0 })
}

fn window(params: &Params) -> u64 {
    params.optional("window").filter(|n| *n >= 1.0).map_or(0, |n| n as u64)
}

/// Whether a pattern of metrics, a name that may end in `*`, means this one.
fn means(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// How far apart its observations are; `None`: they come as events come.
fn step(plan: &Plan, spec: &DetectorSpec, depth: usize) -> Option<Millis> {
    match &spec.on {
        DetectorOn::Metric(metric) | DetectorOn::Group { metric, .. } => {
            plan.metrics.iter().filter(|m| means(metric, &m.name)).filter_map(|m| m.step).max()
        }
        DetectorOn::Detector { of, .. } => {
            let other = plan.detectors.iter().find(|d| d.name == *of && depth > 0)?;
            step(plan, other, depth - 1)
        }
        DetectorOn::Stream { .. } => None,
    }
}

/// Whether it judges what `source` delivers.
fn is_over(plan: &Plan, spec: &DetectorSpec, source: &str, depth: usize) -> bool {
    let stream = |name: &str| plan.streams.iter().any(|s| *s.name == *name && s.source.as_deref().is_none_or(|of| of == source));
    match &spec.on {
        DetectorOn::Metric(metric) | DetectorOn::Group { metric, .. } => {
            plan.metrics.iter().any(|m| means(metric, &m.name) && stream(&m.stream))
        }
        DetectorOn::Detector { of, .. } => depth > 0 && plan.detectors.iter().any(|d| d.name == *of && is_over(plan, d, source, depth - 1)),
        DetectorOn::Stream { stream: name, .. } => stream(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides};
    use crate::engine::Engine;
    use crate::model::{Input, RecordRef, SourceId};

    const BASE: &str = "[[kafka]]\nname = \"a\"\n[[kafka]]\nname = \"b\"\n[[stream]]\nname = \"s\"\ntopic = \"s\"\nsource = \"a\"\n\
        [[stream]]\nname = \"z\"\ntopic = \"z\"\nsource = \"b\"\n\
        [[metric]]\nname = \"m\"\nstream = \"s\"\nmeasure = \"count\"\nstep = \"1m\"\n";

    fn loaded(more: &str) -> Loaded {
        config::load(&format!("{BASE}{more}"), "test", &Overrides::default()).unwrap()
    }

    fn minutes(more: &str) -> [i64; 2] {
        let reaches = of(&loaded(more), None);
        ["a", "b"].map(|name| reaches[name].span.get() / 60_000)
    }

    fn detector(kind: &str) -> String {
        format!("[[detector]]\nname = \"d\"\nmetric = \"m\"\nkind = \"{kind}\"\n")
    }

    #[test]
    fn a_source_reads_back_what_its_detectors_have_to_learn() {
        assert_eq!(minutes(""), [15, 15], "nothing learns");
        assert_eq!(minutes(&format!("{}above = 5\n", detector("threshold"))), [15, 15], "nor does this");
        assert_eq!(minutes(&detector("auto")), [360, 15]);
        assert_eq!(minutes(&format!("{}window = 600\n", detector("mad"))), [600, 15], "its window is ten hours long");
        assert_eq!(minutes(&format!("{}[store]\nretention = \"2h\"\n", detector("auto"))), [120, 15], "no more than is kept");
        assert_eq!(minutes("[[detector]]\nname = \"d\"\nstream = \"z\"\nfield = [\"x\"]\nkind = \"sigma\"\n"), [15, 360]);
        let vote = "[[detector]]\nname = \"v\"\nof = \"d\"\nkind = \"vote\"\n";
        assert_eq!(minutes(&format!("{}{vote}", detector("auto"))), [360, 15]);
    }

    #[test]
    fn what_was_kept_is_not_read_again_but_for_detectors_that_know_nothing() {
        let old = loaded(&detector("auto"));
        let mut engine = Engine::new(old.plan.clone()).0;
        let ago = |secs: i64| clock::now() - Millis::from_secs(secs);
        engine.handle(Input::Tick(ago(3_700)));
        let span = |loaded: &Loaded, learned: &Learned| of(loaded, Some(learned))["a"].span.get() / 60_000;
        assert_eq!(span(&old, &engine.save_detectors()), 360, "it has no states");
        let topic: std::sync::Arc<str> = "s".into();
        for i in 0..10 {
            let mut record = RecordRef::plain(SourceId(0), &topic, 0, i, Some(b"{}"));
            record.time = Some(ago(4_600 - i * 100));
            engine.handle(Input::Record(record));
        }
        engine.handle(Input::Tick(ago(3_600)));
        let learned = engine.save_detectors();
        assert_eq!(learned.subjects(), 1);
        assert_eq!(span(&old, &learned), 61, "since it was written");
        let more = |more: &str| loaded(&format!("{}{more}", detector("auto")));
        assert_eq!(span(&more("[[detector]]\nname = \"e\"\nmetric = \"m\"\nkind = \"sigma\"\n"), &learned), 360);
        assert_eq!(span(&more("preset = \"telemetry\"\n"), &learned), 360, "it is another detector");
        let measured = BASE.replace("\"1m\"", "\"2m\"") + &detector("auto");
        assert_eq!(span(&config::load(&measured, "test", &Overrides::default()).unwrap(), &learned), 360, "of another metric");
    }

    #[test]
    fn a_run_with_an_end_reads_the_same_however_fast_it_is() {
        let overrides = Overrides { exit_at_end: true, ..Overrides::default() };
        let loaded = config::load(&format!("{BASE}{}", detector("auto")), "test", &overrides).unwrap();
        assert_eq!(of(&loaded, None)["a"], Reach::whole(NEAR));
        assert_eq!(near(&loaded)["b"], Reach::whole(NEAR));
    }
}
