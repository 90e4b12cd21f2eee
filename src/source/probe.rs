//! An HTTP endpoint, asked at an interval: does it answer, how fast, with which status.
//!
//! Every probe is a new connection, because that is what a new customer makes. Nothing is followed
//! unless `follow` says so: a redirect is an answer, and `expect` says whether it is the right one.

use super::moment;
use super::outlet::{Control, Outlet, Source, SourceError};
use super::probe_checks::{BODY_LIMIT, Checks, days};
use super::probe_request::{Answer, Fault, Request, ask};
use super::probe_tls::Trust;
use super::spec::ProbeSpec;
use crate::model::{LinkState, OwnedInput, Reading, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A probe source.
#[derive(Debug)]
pub struct ProbeSource {
    name: Arc<str>,
    spec: ProbeSpec,
    pub(super) trust: Trust,
}

impl ProbeSource {
    /// A source called `name` by `spec`; its readings carry the label `probe` with its name.
    pub fn new(name: &str, spec: ProbeSpec) -> Self {
        let trust = Trust::of(&spec.http);
        Self { name: name.into(), spec, trust }
    }
}

impl Source for ProbeSource {
    fn run(self: Box<Self>, outlet: Outlet, mut control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let fault = |message| SourceError { source_name: self.name.to_string(), message };
            let request = request(&self.spec).map_err(fault)?;
            let checks = Checks::new(&self.spec.checks).map_err(fault)?;
            let (every, timeout) = (millis(self.spec.every.get()), millis(self.spec.timeout.get()));
            let mut reporter = Reporter { name: self.name, expect: self.spec.expect, checks, outlet, last: None };
            loop {
                let start = moment::steady();
                let asked = ask(&request, timeout, &self.trust, self.spec.follow);
                let outcome = tokio::select! {
                    outcome = asked => outcome,
                    _ = control.stop.wait_for(|s| *s) => return Ok(()),
                };
                if !reporter.report(&outcome).await {
                    return Ok(());
                }
                let next = tokio::time::Instant::from_std(start + every);
                tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    _ = control.stop.wait_for(|s| *s) => return Ok(()),
                }
            }
        })
    }
}

fn request(spec: &ProbeSpec) -> Result<Request, String> {
    let method = if spec.method.is_empty() { "GET" } else { &spec.method };
    Request::new(&spec.url, BODY_LIMIT)?.with_method(method, spec.body.as_deref())?.with_options(&spec.http)
}

pub(super) fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(1).max(1))
}

/// Tells what came of a probe.
struct Reporter {
    name: Arc<str>,
    expect: (u16, u16),
    checks: Checks,
    outlet: Outlet,
    /// How it stood last, and in which words.
    last: Option<(LinkState, String)>,
}

impl Reporter {
    /// `false`: nobody listens any more.
    async fn report(&mut self, outcome: &Result<Answer, Fault>) -> bool {
        let at = moment::now();
        let (state, words) = self.judge(outcome);
        let readings = self.readings(outcome, state == LinkState::Up, at);
        let source = self.outlet.id();
        if self.last.as_ref().is_none_or(|(s, w)| *s != state || *w != words) {
            let detail = words.as_str().into();
            self.last = Some((state, words));
            if !self.outlet.send(OwnedInput::Link { source, topic: None, state, detail }).await {
                return false;
            }
        }
        self.outlet.send(OwnedInput::Readings { source, at, readings }).await
    }

    fn judge(&self, outcome: &Result<Answer, Fault>) -> (LinkState, String) {
        let (low, high) = self.expect;
        match outcome {
            Ok(answer) if (low..=high).contains(&answer.status) => match self.checks.fault(answer) {
                Some(why) => (LinkState::Down, why),
                None => (LinkState::Up, format!("status {}", answer.status)),
            },
            Ok(answer) => {
                let expected = if low == high { low.to_string() } else { format!("{low}-{high}") };
                (LinkState::Down, format!("status {}, expected {expected}", answer.status))
            }
            Err(fault @ Fault::Name(_)) => (LinkState::Unknown, fault.to_string()),
            Err(fault) => (LinkState::Down, fault.to_string()),
        }
    }

    fn readings(&self, outcome: &Result<Answer, Fault>, up: bool, at: Timestamp) -> Vec<Reading> {
        let reading = |name: &str, value: f64, unit| Reading {
            name: name.into(),
            labels: vec![("probe".into(), Arc::clone(&self.name))],
            value,
            unit,
        };
        let mut out = Vec::with_capacity(8);
        if let Ok(answer) = outcome {
            let ms = |d: Duration| d.as_secs_f64() * 1_000.0;
            out.extend(answer.dns.map(|d| reading("probe.dns", ms(d), "ms")));
            out.extend(answer.tls.map(|d| reading("probe.tls", ms(d), "ms")));
            out.extend(answer.expires.map(|ends| reading("probe.tls.expiry", days(ends.since(at)), "d")));
            out.push(reading("probe.connect", ms(answer.connect), "ms"));
            out.push(reading("probe.first_byte", ms(answer.first_byte), "ms"));
            out.push(reading("probe.duration", ms(answer.total), "ms"));
            out.push(reading("probe.status_code", f64::from(answer.status), ""));
        }
        out.push(reading("probe.up", f64::from(u8::from(up)), "1"));
        out
    }
}
