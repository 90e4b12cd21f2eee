//! A Prometheus exporter as a source: its page is read at an interval, its metrics become readings
//! under their own names, with the label `scrape`.

use super::moment;
use super::outlet::{Control, Outlet, Source, SourceError};
use super::probe::millis;
use super::probe_request::{Answer, Fault, Request, ask};
use super::probe_tls::Trust;
use super::scrape_metrics::{Metrics, Taken};
use super::spec::ScrapeSpec;
use crate::model::{LinkState, OwnedInput, Reading};
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest answer read. The largest exporters tell some megabytes; a log file is none.
const BODY_LIMIT: usize = 16 << 20;
/// How many redirects are followed: from http to https, and from / to /metrics.
const FOLLOW: u8 = 3;
/// What is asked for: the plain text, which says more plainly what a counter is.
const ACCEPT: &str = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

/// A scrape.
#[derive(Debug)]
pub struct ScrapeSource {
    name: Arc<str>,
    spec: ScrapeSpec,
}

impl ScrapeSource {
    /// A source called `name` by `spec`.
    pub fn new(name: &str, spec: ScrapeSpec) -> Self {
        Self { name: name.into(), spec }
    }
}

impl Source for ScrapeSource {
    fn run(self: Box<Self>, outlet: Outlet, mut control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let request = request(&self.spec).map_err(|message| SourceError { source_name: self.name.to_string(), message })?;
            let trust = Trust::of(&self.spec.http);
            let (every, timeout) = (millis(self.spec.every.get()), millis(self.spec.timeout.get()));
            let metrics = Metrics::new(Arc::clone(&self.name), self.spec);
            let mut scraper = Scraper { name: self.name, metrics, outlet, last: None, before: None };
            loop {
                let start = moment::steady();
                let outcome = tokio::select! {
                    outcome = ask(&request, timeout, &trust, FOLLOW) => outcome,
                    _ = control.stop.wait_for(|s| *s) => return Ok(()),
                };
                if !scraper.report(outcome, start).await {
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

fn request(spec: &ScrapeSpec) -> Result<Request, String> {
    let mut options = spec.http.clone();
    if !options.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        options.headers.push(("accept".to_owned(), ACCEPT.to_owned()));
    }
    Request::new(&spec.url, BODY_LIMIT)?.with_options(&options)
}

/// Tells what came of a scrape.
struct Scraper {
    name: Arc<str>,
    metrics: Metrics,
    outlet: Outlet,
    /// How it stood last, and in which words.
    last: Option<(LinkState, String)>,
    /// When the answer before was asked for.
    before: Option<Instant>,
}

impl Scraper {
    /// `false`: nobody listens any more.
    async fn report(&mut self, outcome: Result<Answer, Fault>, start: Instant) -> bool {
        let at = moment::now();
        let duration = outcome.as_ref().ok().map(|a| a.total);
        let (state, words, taken) = self.judge(outcome, start);
        let source = self.outlet.id();
        if self.last.as_ref().is_none_or(|(s, w)| *s != state || *w != words) {
            let detail = words.as_str().into();
            self.last = Some((state, words));
            if !self.outlet.send(OwnedInput::Link { source, topic: None, state, detail }).await {
                return false;
            }
        }
        let readings = self.readings(taken, duration, state == LinkState::Up);
        self.outlet.send(OwnedInput::Readings { source, at, readings }).await
    }

    fn judge(&mut self, outcome: Result<Answer, Fault>, start: Instant) -> (LinkState, String, Taken) {
        let down = |words: String| (LinkState::Down, words, Taken::default());
        let answer = match outcome {
            Ok(answer) => answer,
            Err(fault @ Fault::Name(_)) => return (LinkState::Unknown, fault.to_string(), Taken::default()),
            Err(fault) => return down(fault.to_string()),
        };
        if !(200..300).contains(&answer.status) {
            return down(format!("status {}, expected 200", answer.status));
        }
        if answer.cut {
            return down(format!("the answer is longer than {} MiB", BODY_LIMIT >> 20));
        }
        let Ok(text) = std::str::from_utf8(&answer.body) else { return down("the answer is not UTF-8".to_owned()) };
        let seconds = self.before.map(|b| start.saturating_duration_since(b).as_secs_f64());
        let taken = self.metrics.take(text, seconds);
        self.before = Some(start);
        if taken.samples == 0 {
            let words = taken.fault.clone().unwrap_or_else(|| "none that is wanted".to_owned());
            return (LinkState::Down, format!("no metrics: {words}"), taken);
        }
        let mut words = format!("status {}", answer.status);
        if let Some(fault) = &taken.fault {
            let _ = write!(words, "; not all lines could be read: {fault}");
        }
        if taken.full {
            words.push_str("; more series than max_series, the rest is left out");
        }
        (LinkState::Up, words, taken)
    }

    fn readings(&self, taken: Taken, duration: Option<Duration>, up: bool) -> Vec<Reading> {
        let reading = |name: &str, value: f64, unit| Reading {
            name: name.into(),
            labels: vec![("scrape".into(), Arc::clone(&self.name))],
            value,
            unit,
        };
        let mut out = vec![reading("scrape.up", f64::from(u8::from(up)), "1")];
        if let Some(duration) = duration {
            out.push(reading("scrape.duration", duration.as_secs_f64() * 1_000.0, "ms"));
            out.push(reading("scrape.samples", taken.samples as f64, ""));
            out.push(reading("scrape.skipped", taken.skipped as f64, ""));
        }
        out.extend(taken.readings);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::outlet::{Queue, WhenFull, queue};
    use super::*;
    use crate::model::{Millis, SourceId};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::watch;

    /// A server whose answers follow each other, the last again and again.
    async fn server(answers: Vec<String>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut nth = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answers[nth.min(answers.len() - 1)].as_bytes()).await;
                nth += 1;
            }
        });
        url
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    fn scrape(url: String) -> (Queue, watch::Sender<bool>) {
        let (outlet, queue) = queue(SourceId(1), WhenFull::DropNewest);
        let (stop, stopped) = watch::channel(false);
        let spec = ScrapeSpec { url, every: Millis::new(20), timeout: Millis::from_secs(5), max_series: 100, ..ScrapeSpec::default() };
        tokio::spawn(Box::new(ScrapeSource::new("node", spec)).run(outlet, Control { stop: stopped, flow: Arc::default() }));
        (queue, stop)
    }

    async fn next(queue: &mut Queue) -> (Option<(LinkState, String)>, Vec<Reading>) {
        let mut link = None;
        loop {
            match queue.inputs.recv().await.expect("the source goes on") {
                OwnedInput::Link { state, detail, .. } => link = Some((state, detail.to_string())),
                OwnedInput::Readings { readings, .. } => return (link, readings),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_exporter_is_read_again_and_again() {
        let page = |n: u32| ok(&format!("# TYPE a_total counter\na_total{{b=\"c\"}} {n}\ng 5\n"));
        let bad = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
        let (mut queue, stop) = scrape(server(vec![page(10), page(30), bad, page(50), ok("<html>\n")]).await);
        let (link, readings) = next(&mut queue).await;
        assert_eq!(link, Some((LinkState::Up, "status 200".to_owned())));
        let names = |readings: &[Reading]| readings.iter().map(|r| r.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&readings), ["scrape.up", "scrape.duration", "scrape.samples", "scrape.skipped", "g"]);
        let (link, readings) = next(&mut queue).await;
        assert_eq!((link, readings[4].name.as_ref()), (None, "a_total"));
        assert!(readings[4].value > 0.0 && readings[4].labels == [("b".into(), "c".into()), ("scrape".into(), "node".into())]);
        let (link, readings) = next(&mut queue).await;
        assert_eq!(link, Some((LinkState::Down, "status 503, expected 200".to_owned())));
        assert!(readings.iter().any(|r| r.name.as_ref() == "scrape.up" && r.value < 0.5));
        let (link, readings) = next(&mut queue).await;
        assert_eq!(link.map(|l| l.0), Some(LinkState::Up));
        assert_eq!(names(&readings)[4..], ["a_total", "g"], "the rate goes over the gap");
        let (link, _) = next(&mut queue).await;
        assert_eq!(link, Some((LinkState::Down, "no metrics: line 1: no name of a metric".to_owned())));
        stop.send(true).unwrap();
    }
}
