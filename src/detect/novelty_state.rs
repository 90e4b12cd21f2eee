//! How what is known of novelty is written down and read back.

use super::{ALARMS_MOST, Context, Levels, Map, Novelty, Range, Reader, StateError, Timestamp, Transitions, Value, floats};
use serde_json::json;

impl Novelty {
    /// All it knows.
    pub(in crate::detect) fn save(&self) -> Value {
        let range = |range: Option<Range>| floats(range.into_iter().flat_map(|range| [range.low, range.high]));
        let known = self.known.as_ref();
        let (seen, met) = known.map_or_else(Default::default, |known| known.1.save());
        let times = [self.last.map(|last| last.0), self.faded, self.judged_at].map(|at| at.map(Timestamp::as_millis));
        let symbols = |symbols: Option<[u8; 4]>| symbols.map_or_else(Vec::new, |symbols| symbols.to_vec());
        let parts = [
            ("seen", json!(self.seen)),
            ("times", json!(times)),
            ("numbers", floats([self.step, self.beyond, self.alarms])),
            ("last", floats(self.last.map(|last| last.1))),
            ("context", json!([symbols(self.context.last), symbols(self.context.before)])),
            ("kept", floats(self.kept.iter().copied())),
            ("marks", json!(self.marks)),
            ("levels", floats(known.into_iter().flat_map(|known| <[f64; 2]>::from(known.0.ends())))),
            ("transitions", json!([seen, met])),
            ("habit", floats(known.into_iter().flat_map(|known| known.1.habit()))),
            ("range", range(self.range)),
            ("earlier", range(self.earlier)),
            ("counts", json!([self.since_fade, self.judged, self.unlearned, u8::from(self.odd)])),
            ("told_at", json!(self.told.iter().map(|told| told.0).collect::<Vec<_>>())),
            ("told", floats(self.told.iter().map(|told| told.1))),
        ];
        let mut map = Map::new();
        map.insert("kind".to_owned(), "novelty".into());
        map.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(map)
    }

    /// One that knows what [`Novelty::save`] gave, and learns as this one does.
    ///
    /// # Errors
    /// Names the part that does not fit.
    pub(in crate::detect) fn restored(&self, state: &Value) -> Result<Self, StateError> {
        let reader = Reader::new("novelty", state)?;
        let mut new = Self::new(self.plan);
        new.seen = reader.count("seen")?;
        let [last_at, faded, judged_at] = times(&reader)?;
        new.judged_at = judged_at;
        let [step, beyond, alarms] = reader.floats("numbers")?[..] else { return Err(Reader::fault("numbers", "three numbers")) };
        if !(0.0..=ALARMS_MOST).contains(&alarms) {
            return Err(Reader::fault("numbers", "alarms of a week"));
        }
        (new.step, new.beyond, new.alarms, new.faded) = (step, beyond, alarms, faded);
        new.last = last_at.zip(reader.floats("last")?.first().copied());
        new.context = context(&reader)?;
        (new.kept, new.marks) = (reader.floats("kept")?, numbers(reader.list("marks")?, "marks")?);
        if new.kept.len() != new.marks.len() {
            return Err(Reader::fault("marks", "one for each observation kept"));
        }
        (new.range, new.earlier) = (range(&reader, "range")?, range(&reader, "earlier")?);
        if let [low, high] = reader.floats("levels")?[..] {
            if low >= high {
                return Err(Reader::fault("levels", "two ends"));
            }
            let [seen, met] = reader.list("transitions")? else { return Err(Reader::fault("transitions", "two lists")) };
            let list = |value: &Value| numbers::<u64>(value.as_array().map_or(&[][..], Vec::as_slice), "transitions");
            let memory = Transitions::restore(&list(seen)?, &list(met)?, &reader.floats("habit")?)
                .ok_or_else(|| Reader::fault("transitions", "counts that fit"))?;
            new.known = Some((Levels::from_ends(low, high), memory));
        }
        let [since_fade, judged, unlearned, odd] = numbers::<u64>(reader.list("counts")?, "counts")?[..] else {
            return Err(Reader::fault("counts", "four numbers"));
        };
        (new.since_fade, new.judged, new.odd) = (since_fade, judged, odd > 0);
        new.unlearned = unlearned.try_into().map_err(|_| Reader::fault("counts", "small numbers"))?;
        let told_at: Vec<u64> = numbers(reader.list("told_at")?, "told_at")?;
        new.told = told_at.into_iter().zip(reader.floats("told")?).collect();
        if new.told.iter().any(|told| told.0 > judged) {
            return Err(Reader::fault("told_at", "judgements that were made"));
        }
        Ok(new)
    }
}

fn numbers<T: TryFrom<u64>>(list: &[Value], name: &str) -> Result<Vec<T>, StateError> {
    let read = |value: &Value| value.as_u64().and_then(|number| T::try_from(number).ok());
    list.iter().map(read).collect::<Option<_>>().ok_or_else(|| Reader::fault(name, "whole numbers that fit"))
}

fn times(reader: &Reader<'_>) -> Result<[Option<Timestamp>; 3], StateError> {
    match reader.list("times")? {
        [a, b, c] => Ok([a, b, c].map(|time| time.as_i64().map(Timestamp::from_millis))),
        _ => Err(Reader::fault("times", "three times")),
    }
}

fn context(reader: &Reader<'_>) -> Result<Context, StateError> {
    let symbols = |value: &Value| -> Result<Option<[u8; 4]>, StateError> {
        let all: Vec<u8> = numbers(value.as_array().map_or(&[][..], Vec::as_slice), "context")?;
        if all.iter().any(|&symbol| !Levels::knows(symbol)) {
            return Err(Reader::fault("context", "known symbols"));
        }
        Ok(all.try_into().ok())
    };
    let [last, before] = reader.list("context")? else { return Err(Reader::fault("context", "two lists")) };
    Ok(Context { last: symbols(last)?, before: symbols(before)?, hour: None })
}

fn range(reader: &Reader<'_>, name: &str) -> Result<Option<Range>, StateError> {
    match reader.floats(name)?[..] {
        [] => Ok(None),
        [low, high] if low <= high => Ok(Some(Range { low, high })),
        _ => Err(Reader::fault(name, "two ends")),
    }
}
