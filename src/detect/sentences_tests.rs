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
    insta::assert_snapshot!(case("mad", "latency", "ms", 10).of(&[("region", "EU")]).say(latency(), 842.0), @"latency 842 ms of region EU, usually 0–281.1 ms (44 deviations above the median 118 of the last 300)");
    insta::assert_snapshot!(case("mad", "payment failures", "%", 60).say(around(1.4, 0.6, 400), 14.2), @"payment failures 14.2 %, usually 0–5.848 % (29 deviations above the median 1.4 of the last 300)");
    insta::assert_snapshot!(case("mad", "replicas", "", 60).say(around(5.0, 0.0, 400), 4.0), @"replicas 4 is not 5, the constant value of the last 300");
    insta::assert_snapshot!(case("mad", "errors", "", 60).say((0..400).map(|i| f64::from(u8::from(i % 10 == 0))), 42.0), @"errors 42, usually 0–1.253 (335 deviations above the median 0 of the last 300)");
    insta::assert_snapshot!(case("ewma", "latency", "ms", 60).say(latency(), 842.0), @"latency 842 ms, usually 40.94–195 ms (56 deviations above the mean 118 of the last 136 or so)");
    insta::assert_snapshot!(case("ewma", "queue", "", 60).with("half_life", 3600.0).say(around(5e3, 1e3, 400), 17.0), @"queue 17, usually 1,496–8,501 (8.5 deviations below the mean 4,999 of the last 1h or so)");
    insta::assert_snapshot!(case("ewma", "replicas", "", 60).say(around(5.0, 0.0, 400), 4.0), @"replicas 4 is not 5, the constant value of the last 136 or so");
    insta::assert_snapshot!(case("ewma", "latency", "ms", 60).say(latency(), 120.0), @"latency 120 ms, usually 40.94–195 ms (0.16 deviations above the mean 118 of the last 136 or so)");
}

#[test]
fn rate_of_change_tells_speeds_in_the_unit_that_reads_best() {
    let wave = |i: u32| 50.0 + 30.0 * (f64::from(i) / 40.0).sin() + f64::from(i * 37 % 11) / 10.0;
    insta::assert_snapshot!(case("rate-of-change", "cpu", "%", 10).say((0..400).map(wave), 97.0), @"cpu 97 % rose by 6.259 % a second, usually -0.9166 to 0.906 % (expected 25.25–43.47)");
    insta::assert_snapshot!(case("rate-of-change", "temperature", "°C", 3600).say((0..400).map(wave), 20.0), @"temperature 20 °C fell by 14.41 °C an hour, usually -9.166 to 9.06 °C (expected 25.25–43.47)");
    let counted = |per_step: f64| {
        (0..400).scan(1e6, move |total, i| {
            *total += per_step + f64::from(i * 37 % 11);
            Some(*total)
        })
    };
    insta::assert_snapshot!(case("rate-of-change", "requests", "", 10).say(counted(4_000.0), 1e6 + 404.0 * 4_005.0 + 90_000.0), @"requests 2,708,020 counts 10,603 a second, usually 396.7–404.3");
    insta::assert_snapshot!(case("rate-of-change", "orders", "", 60).say(counted(3.0), 1e6 + 4_000.0), @"orders 1,004,000 counts 13.45 a second, usually 0–0.7656");
    insta::assert_snapshot!(case("rate-of-change", "uptime", "s", 60).say((0..400).map(|i| f64::from(i) * 60.0), 24_900.0), @"uptime 24,900 s counts 16 s a second, usually always 1 s");
    insta::assert_snapshot!(case("rate-of-change", "limit", "", 60).say(around(5.0, 0.0, 400), 6.0), @"limit 6 rose by 1 a minute, usually it stays as it is");
}

#[test]
fn silence_and_standstill_are_told_by_how_long() {
    let ones = || (0..100).map(f64::from);
    insta::assert_snapshot!(case("absence", "heartbeat", "", 5).of(&[("host", "db-3")]).say(ones(), 250.0), @"no sample of heartbeat of host db-3 for 4m10s, usually one every 5s; began 00:08 UTC");
    insta::assert_snapshot!(case("absence", "orders", "", 60).with("after", 300.0).say(ones(), 900.0), @"no sample of orders for 15m, one is due at least every 5m; began 01:39 UTC");
    insta::assert_snapshot!(case("absence", "orders", "", 60).say(ones(), 90.0), @"no sample of orders for 1m30s, usually one every 1m");
    let frozen = || around(21.0, 0.5, 200).chain([21.3; 60]);
    insta::assert_snapshot!(case("flat-line", "temperature", "°C", 60).of(&[("sensor", "7")]).say(frozen(), 21.3), @"temperature 21.3 °C of sensor 7 has not changed for 1h, usually it changes with each sample; began 03:20 UTC");
    insta::assert_snapshot!(case("flat-line", "temperature", "°C", 60).say(around(21.0, 0.5, 200), 21.3), @"temperature 21.3 °C is no standstill, usually it changes with each sample");
    let coarse = || (0..400).map(|i| f64::from(i / 4 % 3)).chain([1.0; 90]);
    insta::assert_snapshot!(case("flat-line", "workers", "", 10).say(coarse(), 1.0), @"workers 1 has not changed for 15m, usually it changes after 4 samples; began 01:06 UTC");
}
