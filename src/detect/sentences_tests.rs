//! Sentences of the kinds that judge one series, on values as people meet them.

use super::{ParamValue, Params, Told, kind, why};
use crate::model::{LabelSet, Observation, SeriesKey, Subject, Timestamp, Verdict};

/// 2026-11-21 00:00 UTC.
const START: i64 = 1_795_219_200_000;

/// A series and how it is told.
struct Case {
    kind: &'static str,
    params: Params,
    name: &'static str,
    unit: &'static str,
    labels: LabelSet,
    /// Seconds from one sample to the next.
    step: i64,
}

fn case(kind: &'static str, name: &'static str, unit: &'static str, step: i64) -> Case {
    Case { kind, params: Params::default(), name, unit, labels: LabelSet::none(), step }
}

impl Case {
    fn with(mut self, name: &str, x: f64) -> Self {
        self.params.0.insert(name.to_owned(), ParamValue::Number(x));
        self
    }

    fn of(self, labels: &[(&str, &str)]) -> Self {
        Self { labels: LabelSet::new(labels.iter().copied()), ..self }
    }

    /// The sentence for `x` after the history, or for silence at `x` seconds after it where the kind is told of silence.
    fn say(&self, history: impl IntoIterator<Item = f64>, x: f64) -> String {
        let kind = kind(self.kind).unwrap();
        let mut detector = (kind.build)(&self.params, 1);
        let mut at = Timestamp::from_millis(START);
        for value in history {
            detector.learn(at, &Observation::Numbers(&[value]));
            at = at + crate::model::Millis::from_secs(self.step);
        }
        let numbers = [x];
        let seen = if kind.ticks { Observation::Numbers(&[]) } else { Observation::Numbers(&numbers) };
        let verdict = if kind.ticks {
            at = at + crate::model::Millis::from_secs(x as i64 - self.step);
            detector.missing(at).unwrap()
        } else {
            detector.judge(at, &seen)
        };
        let Verdict::Scored(scored) = verdict else { panic!("still learning") };
        let subject = Subject::Series(SeriesKey::new(self.name, self.labels.clone()));
        let (params, name, unit, scored) = (&self.params, self.name, self.unit, &scored);
        why(&Told { params, name, subject: &subject, at, seen, dims: &[], unit, contributions: &[], scored })
    }
}

/// Around `centre` by up to `spread`.
fn around(centre: f64, spread: f64, n: u32) -> impl Iterator<Item = f64> {
    (0..n).map(move |i| centre + spread * (f64::from(i * 37 % 101) / 50.0 - 1.0))
}

#[test]
fn mad_and_ewma_say_what_is_usual_first() {
    let latency = || around(118.0, 22.0, 400);
    insta::assert_snapshot!(case("mad", "latency", "ms", 10).of(&[("region", "EU")]).say(latency(), 842.0), @"");
    insta::assert_snapshot!(case("mad", "payment failures", "%", 60).say(around(1.4, 0.6, 400), 14.2), @"");
    insta::assert_snapshot!(case("mad", "replicas", "1", 60).say(around(5.0, 0.0, 400), 4.0), @"");
    insta::assert_snapshot!(case("mad", "errors", "", 60).say((0..400).map(|i| f64::from(u8::from(i % 10 == 0))), 42.0), @"");
    insta::assert_snapshot!(case("ewma", "latency", "ms", 60).say(latency(), 842.0), @"");
    insta::assert_snapshot!(case("ewma", "queue", "", 60).with("half_life", 3600.0).say(around(5e3, 1e3, 400), 17.0), @"");
    insta::assert_snapshot!(case("ewma", "replicas", "1", 60).say(around(5.0, 0.0, 400), 4.0), @"");
    insta::assert_snapshot!(case("ewma", "latency", "ms", 60).say(latency(), 120.0), @"");
}

#[test]
fn rate_of_change_tells_speeds_in_the_unit_that_reads_best() {
    let wave = |i: u32| 50.0 + 30.0 * (f64::from(i) / 40.0).sin() + f64::from(i * 37 % 11) / 10.0;
    insta::assert_snapshot!(case("rate-of-change", "cpu", "%", 10).say((0..400).map(wave), 97.0), @"");
    insta::assert_snapshot!(case("rate-of-change", "temperature", "°C", 3600).say((0..400).map(wave), 20.0), @"");
    let counted = |per_step: f64| {
        (0..400).scan(1e6, move |total, i| {
            *total += per_step + f64::from(i * 37 % 11);
            Some(*total)
        })
    };
    insta::assert_snapshot!(case("rate-of-change", "requests", "", 10).say(counted(4_000.0), 1e6 + 404.0 * 4_005.0 + 90_000.0), @"");
    insta::assert_snapshot!(case("rate-of-change", "orders", "", 60).say(counted(3.0), 1e6 + 400.0 * 8.0 - 12.0), @"");
    insta::assert_snapshot!(case("rate-of-change", "limit", "", 60).say(around(5.0, 0.0, 400), 6.0), @"");
}

#[test]
fn silence_and_standstill_are_told_by_how_long() {
    let ones = || (0..100).map(f64::from);
    insta::assert_snapshot!(case("absence", "heartbeat", "", 5).of(&[("host", "db-3")]).say(ones(), 250.0), @"");
    insta::assert_snapshot!(case("absence", "orders", "", 60).with("after", 300.0).say(ones(), 900.0), @"");
    insta::assert_snapshot!(case("absence", "orders", "", 60).say(ones(), 90.0), @"");
    let frozen = || around(21.0, 0.5, 200).chain([21.3; 60]);
    insta::assert_snapshot!(case("flat-line", "temperature", "°C", 60).of(&[("sensor", "7")]).say(frozen(), 21.3), @"");
    insta::assert_snapshot!(case("flat-line", "temperature", "°C", 60).say(around(21.0, 0.5, 200), 21.3), @"");
    let coarse = || (0..400).map(|i| f64::from(i / 4 % 3)).chain([1.0; 90]);
    insta::assert_snapshot!(case("flat-line", "workers", "1", 10).say(coarse(), 1.0), @"");
}
