//! An HTTP endpoint, asked at an interval: does it answer, how fast, with which status.
//!
//! Every probe is a new connection, because that is what a new customer makes. Nothing is followed:
//! a redirect is an answer, and `expect` says whether it is the right one.

use super::moment;
use super::outlet::{Control, Outlet, Source, SourceError};
use super::probe_request::{Answer, Fault, Request, ask};
use super::probe_tls::Trust;
use super::spec::ProbeSpec;
use crate::model::{LinkState, OwnedInput, Reading};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A probe source.
#[derive(Debug)]
pub struct ProbeSource {
    name: Arc<str>,
    spec: ProbeSpec,
    trust: Trust,
}

impl ProbeSource {
    /// A source called `name` by `spec`; its readings carry the label `probe` with its name.
    pub fn new(name: &str, spec: ProbeSpec) -> Self {
        Self { name: name.into(), spec, trust: Trust::usual() }
    }
}

impl Source for ProbeSource {
    fn run(self: Box<Self>, outlet: Outlet, mut control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let request = Request::new(&self.spec.url).map_err(|message| SourceError { source_name: self.name.to_string(), message })?;
            let every = millis(self.spec.every.get());
            let mut reporter = Reporter { name: self.name, expect: self.spec.expect, outlet, last: None };
            let timeout = millis(self.spec.timeout.get());
            loop {
                let start = moment::steady();
                let asked = ask(&request, timeout, &self.trust);
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

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(1).max(1))
}

/// Tells what came of a probe.
struct Reporter {
    name: Arc<str>,
    expect: (u16, u16),
    outlet: Outlet,
    /// How it stood last, and in which words.
    last: Option<(LinkState, String)>,
}

impl Reporter {
    /// `false`: nobody listens any more.
    async fn report(&mut self, outcome: &Result<Answer, Fault>) -> bool {
        let at = moment::now();
        let (state, words) = self.judge(outcome);
        let readings = self.readings(outcome, state == LinkState::Up);
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
            Ok(answer) if (low..=high).contains(&answer.status) => (LinkState::Up, format!("status {}", answer.status)),
            Ok(answer) => {
                let expected = if low == high { low.to_string() } else { format!("{low}-{high}") };
                (LinkState::Down, format!("status {}, expected {expected}", answer.status))
            }
            Err(fault @ Fault::Name(_)) => (LinkState::Unknown, fault.to_string()),
            Err(fault) => (LinkState::Down, fault.to_string()),
        }
    }

    fn readings(&self, outcome: &Result<Answer, Fault>, up: bool) -> Vec<Reading> {
        let reading = |name: &str, value: f64, unit| Reading {
            name: name.into(),
            labels: vec![("probe".into(), Arc::clone(&self.name))],
            value,
            unit,
        };
        let mut out = Vec::with_capacity(5);
        if let Ok(answer) = outcome {
            let ms = |d: Duration| d.as_secs_f64() * 1_000.0;
            out.push(reading("probe.connect", ms(answer.connect), "ms"));
            out.push(reading("probe.first_byte", ms(answer.first_byte), "ms"));
            out.push(reading("probe.duration", ms(answer.total), "ms"));
            out.push(reading("probe.status_code", f64::from(answer.status), ""));
        }
        out.push(reading("probe.up", f64::from(u8::from(up)), "1"));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::outlet::{Queue, WhenFull, queue};
    use super::super::probe_tls::tests::{CERTIFICATE, acceptor};
    use super::super::scenario::{DemoServer, ServerMode};
    use super::*;
    use crate::model::{Millis, SourceId};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::watch;

    struct Probed {
        queue: Queue,
        stop: watch::Sender<bool>,
    }

    fn probe(url: &str, timeout: i64, trust: Option<Trust>) -> Probed {
        let (outlet, queue) = queue(SourceId(1), WhenFull::DropNewest);
        let (stop, stopped) = watch::channel(false);
        let spec = ProbeSpec { url: url.to_owned(), every: Millis::new(20), timeout: Millis::new(timeout), expect: (200, 200) };
        let mut source = ProbeSource::new("p", spec);
        if let Some(trust) = trust {
            source.trust = trust;
        }
        tokio::spawn(Box::new(source).run(outlet, Control { stop: stopped, flow: Arc::default() }));
        Probed { queue, stop }
    }

    /// The next change of the link, and the readings after it.
    async fn next(probed: &mut Probed) -> (LinkState, String, Vec<(String, f64)>) {
        let mut link = None;
        loop {
            match probed.queue.inputs.recv().await.expect("the source goes on") {
                OwnedInput::Link { state, detail, .. } => link = Some((state, detail.to_string())),
                OwnedInput::Readings { readings, .. } => {
                    if let Some((state, detail)) = link {
                        assert!(readings.iter().all(|r| r.labels == [("probe".into(), "p".into())]));
                        return (state, detail, readings.iter().map(|r| (r.name.to_string(), r.value)).collect());
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_server_is_up_then_unavailable_then_slow_then_up() {
        let server = DemoServer::bind().await.unwrap();
        let (url, switch) = (server.url(), server.switch());
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server.run(stopped));
        let mut probed = probe(&url, 200, None);
        let (state, detail, readings) = next(&mut probed).await;
        assert_eq!((state, detail.as_str()), (LinkState::Up, "status 200"));
        let names: Vec<&str> = readings.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["probe.connect", "probe.first_byte", "probe.duration", "probe.status_code", "probe.up"]);
        assert!(readings[0].1 <= readings[1].1 && readings[1].1 <= readings[2].1, "{readings:?}");
        switch(ServerMode::Unavailable);
        let (state, detail, readings) = next(&mut probed).await;
        assert_eq!((state, detail.as_str()), (LinkState::Down, "status 503, expected 200"));
        assert!(readings.contains(&("probe.up".to_owned(), 0.0)) && readings.contains(&("probe.status_code".to_owned(), 503.0)));
        switch(ServerMode::Slow);
        let (state, detail, readings) = next(&mut probed).await;
        assert_eq!((state, detail.as_str(), readings.len()), (LinkState::Down, "no answer within 200ms", 1));
        switch(ServerMode::Normal);
        assert_eq!(next(&mut probed).await.0, LinkState::Up);
        probed.stop.send(true).unwrap();
        stop.send(true).unwrap();
    }

    #[tokio::test]
    async fn refused_unknown_and_wrong_protocol_have_their_words() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let (state, detail, readings) = next(&mut probe(&format!("http://{address}/"), 2_000, None)).await;
        assert_eq!((state, detail.as_str()), (LinkState::Down, "connection refused"));
        assert_eq!(readings, [("probe.up".to_owned(), 0.0)]);
        let (state, detail, _) = next(&mut probe("http://no-such-host.invalid/", 5_000, None)).await;
        assert!(state == LinkState::Unknown && detail.starts_with("name not found"), "{state:?} {detail}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(b"SSH-2.0-nothing\r\n").await;
            }
        });
        let (state, detail, _) = next(&mut probe(&url, 2_000, None)).await;
        assert!(state == LinkState::Down && detail.starts_with("no HTTP answer"), "{detail}");
    }

    #[tokio::test]
    async fn a_certificate_nobody_vouches_for_is_refused_and_a_trusted_one_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = acceptor();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        });
        let url = format!("https://localhost:{port}/");
        let (state, detail, _) = next(&mut probe(&url, 5_000, None)).await;
        assert!(state == LinkState::Down && detail.starts_with("certificate: "), "{detail}");
        let trusting = Trust::only(&[CERTIFICATE]);
        let (state, detail, _) = next(&mut probe(&url, 5_000, Some(trusting))).await;
        assert_eq!((state, detail.as_str()), (LinkState::Up, "status 200"));
    }
}
