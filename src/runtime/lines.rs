//! The log of a headless run: one JSON object a line, in the order the machine found things.

use crate::alert::Transition;
use crate::engine::{Effect, SourceChange};
use crate::model::{Anomaly, Band, Contribution, FieldText, Subject};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::sync::Arc;

/// Writes the line of an effect, without its newline. `false`: this effect has none.
pub(super) fn write(effect: &Effect, out: &mut Vec<u8>) -> bool {
    match effect {
        Effect::Anomaly(anomaly) => serde_json::to_writer(out, &AnomalyLine(anomaly)).is_ok(),
        Effect::Alert(transition) => serde_json::to_writer(out, &AlertLine(transition)).is_ok(),
        Effect::Source(change) => serde_json::to_writer(out, &SourceLine(change)).is_ok(),
        Effect::Flow(_) | Effect::Note(_) | Effect::TestFire => false,
    }
}

struct AnomalyLine<'a>(&'a Anomaly);
struct AlertLine<'a>(&'a Transition);
struct SourceLine<'a>(&'a SourceChange);
struct Fields<'a>(&'a [(Arc<str>, FieldText)]);
struct Shares<'a>(&'a [Contribution]);
struct Pairs<'a>(&'a [(Arc<str>, Arc<str>)]);

/// An end of a band that is infinite is written as null: JSON has no infinity.
fn expected(band: Option<Band>) -> Option<[Option<f64>; 2]> {
    let finite = |x: f64| x.is_finite().then_some(x);
    band.map(|b| [finite(b.low), finite(b.high)])
}

fn subject<M: SerializeMap>(map: &mut M, subject: &Subject) -> Result<(), M::Error> {
    let name = if matches!(subject, Subject::Series(_)) { "series" } else { "key" };
    map.serialize_entry(name, &subject.to_string())
}

impl Serialize for AnomalyLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let a = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "anomaly")?;
        map.serialize_entry("at", &a.at.as_millis())?;
        map.serialize_entry("detector", &*a.detector)?;
        subject(&mut map, &a.subject)?;
        map.serialize_entry("value", &a.value)?;
        map.serialize_entry("score", &a.score)?;
        map.serialize_entry("threshold", &a.threshold)?;
        map.serialize_entry("expected", &expected(a.expected))?;
        map.serialize_entry("pattern", a.pattern.word())?;
        map.serialize_entry("why", &*a.why)?;
        explanation(&mut map, a)?;
        if let Some(position) = &a.position {
            map.serialize_entry("position", &position.to_string())?;
        }
        map.serialize_entry("fields", &Fields(&a.fields))?;
        map.end()
    }
}

/// What the sentence is made of. A number that there is none of is null, a window of 0 is all so far.
fn explanation<M: SerializeMap>(map: &mut M, a: &Anomaly) -> Result<(), M::Error> {
    let (basis, finite) = (&a.baseline, |x: f64| x.is_finite().then_some(x));
    map.serialize_entry("kind", basis.kind)?;
    map.serialize_entry("basis", basis.basis.word())?;
    map.serialize_entry("centre", &finite(basis.centre))?;
    map.serialize_entry("scale", &finite(basis.scale))?;
    map.serialize_entry("n", &basis.n)?;
    map.serialize_entry("window", &basis.window)?;
    map.serialize_entry("since", &basis.since.map(crate::model::Timestamp::as_millis))?;
    map.serialize_entry("contributions", &Shares(&a.contributions))
}

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|part| (&*part.what, part.share)))
    }
}

impl Serialize for AlertLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (t, a) = (self.0, &self.0.alert);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "alert")?;
        map.serialize_entry("at", &t.at.as_millis())?;
        map.serialize_entry("rule", &*a.rule)?;
        subject(&mut map, &a.subject)?;
        map.serialize_entry("id", &a.id)?;
        map.serialize_entry("from", t.from.word())?;
        map.serialize_entry("to", a.state.word())?;
        map.serialize_entry("severity", a.severity.word())?;
        map.serialize_entry("since", &a.active_since.as_millis())?;
        map.serialize_entry("value", &a.value)?;
        map.serialize_entry("score", &a.score)?;
        map.serialize_entry("expected", &expected(a.expected))?;
        map.serialize_entry("why", &*a.why)?;
        map.serialize_entry("fields", &Pairs(&a.annotations))?;
        map.end()
    }
}

impl Serialize for SourceLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let c = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "source")?;
        map.serialize_entry("at", &c.at.as_millis())?;
        map.serialize_entry("source", &*c.name)?;
        if let Some(topic) = &c.topic {
            map.serialize_entry("topic", &**topic)?;
        }
        if let Some(partition) = c.partition {
            map.serialize_entry("partition", &partition)?;
        }
        map.serialize_entry("from", c.from)?;
        map.serialize_entry("to", c.to)?;
        map.serialize_entry("why", &*c.why)?;
        map.end()
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0 {
            match value {
                FieldText::Missing => map.serialize_entry(&**name, &())?,
                FieldText::Number(x) => map.serialize_entry(&**name, x)?,
                FieldText::Bool(b) => map.serialize_entry(&**name, b)?,
                FieldText::Text(t) => map.serialize_entry(&**name, &**t)?,
            }
        }
        map.end()
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(n, v)| (&**n, &**v)))
    }
}
