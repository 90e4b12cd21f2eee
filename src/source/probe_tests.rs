//! Probes against servers of every temper: up, slow, refusing, unknown, redirecting, with certificates good and bad.

use super::outlet::{Control, Source};
use super::outlet::{Queue, WhenFull, queue};
use super::probe::ProbeSource;
use super::probe_tls::Trust;
use super::probe_tls::tests::{CERTIFICATE, acceptor};
use super::scenario::{DemoServer, ServerMode};
use super::spec::{BodyChecks, HttpOptions, ProbeSpec};
use crate::model::{LinkState, Millis, OwnedInput, SourceId};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

struct Probed {
    queue: Queue,
    stop: watch::Sender<bool>,
}

fn probe(url: &str, timeout: i64, trust: Option<Trust>) -> Probed {
    probe_by(ProbeSpec { url: url.to_owned(), timeout: Millis::new(timeout), ..ProbeSpec::default() }, trust)
}

fn probe_by(spec: ProbeSpec, trust: Option<Trust>) -> Probed {
    let (outlet, queue) = queue(SourceId(1), WhenFull::DropNewest);
    let (stop, stopped) = watch::channel(false);
    let spec = ProbeSpec { every: Millis::new(20), expect: (200, 200), ..spec };
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
    assert!(state == LinkState::Down && detail.starts_with("certificate: ") && !detail.contains("Other("), "{detail}");
    let trusting = Trust::only(&[CERTIFICATE]);
    let (state, detail, readings) = next(&mut probe(&url, 5_000, Some(trusting))).await;
    assert_eq!((state, detail.as_str()), (LinkState::Up, "status 200"));
    let names: Vec<&str> = readings.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names[..4], ["probe.dns", "probe.tls", "probe.tls.expiry", "probe.connect"]);
    assert!(readings[2].1 > 365.0 && readings[1].1 <= readings[3].1, "{readings:?}");
    let http = HttpOptions { insecure: true, ..HttpOptions::default() };
    let spec = ProbeSpec { url: format!("https://127.0.0.1:{port}/"), timeout: Millis::from_secs(5), http, ..ProbeSpec::default() };
    assert_eq!(next(&mut probe_by(spec, None)).await.0, LinkState::Up, "anybody is trusted");
}

/// A server that answers each request by what `answer` makes of its head and body.
async fn server(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let read = stream.read(&mut asked).await.unwrap_or(0);
            let said = answer(&String::from_utf8_lossy(&asked[..read]));
            let _ = stream.write_all(said.as_bytes()).await;
        }
    });
    url
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_body_that_is_not_right_is_down_with_the_reason() {
    let url = server(|_| ok(r#"{"status":"degraded"}"#)).await;
    let checks = BodyChecks { json: vec![("/status".to_owned(), "ok".into())], ..BodyChecks::default() };
    let spec = ProbeSpec { url, timeout: Millis::from_secs(5), checks, ..ProbeSpec::default() };
    let (state, detail, readings) = next(&mut probe_by(spec, None)).await;
    assert_eq!((state, detail.as_str()), (LinkState::Down, "/status is \"degraded\", expected \"ok\""));
    assert!(readings.contains(&("probe.up".to_owned(), 0.0)) && readings.contains(&("probe.status_code".to_owned(), 200.0)));
}

#[tokio::test]
async fn method_headers_and_body_are_sent_and_redirects_followed() {
    let url = server(|asked| {
        if asked.starts_with("POST /start HTTP/1.1") {
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: /end\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
        } else {
            ok(asked)
        }
    })
    .await;
    let asked = |follow, contains: &str| ProbeSpec {
        url: format!("{url}/start"),
        timeout: Millis::from_secs(5),
        method: "POST".to_owned(),
        body: Some("ping=1".to_owned()),
        follow,
        http: HttpOptions { headers: vec![("X-Team".to_owned(), "ops".to_owned())], ..HttpOptions::default() },
        checks: BodyChecks { contains: Some(contains.to_owned()), ..BodyChecks::default() },
        ..ProbeSpec::default()
    };
    for contains in ["POST /end HTTP/1.1", "x-team: ops", "ping=1"] {
        let (state, detail, _) = next(&mut probe_by(asked(2, contains), None)).await;
        assert_eq!((state, detail.as_str()), (LinkState::Up, "status 200"), "{contains}");
    }
    let (_, detail, _) = next(&mut probe_by(asked(0, ""), None)).await;
    assert_eq!(detail, "status 307, expected 200");
    // One that leads to itself never arrives, whatever is expected.
    let url = server(|_| "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()).await;
    let around = ProbeSpec { url, timeout: Millis::from_secs(5), follow: 2, expect: (200, 399), ..ProbeSpec::default() };
    let (state, detail, _) = next(&mut probe_by(around, None)).await;
    assert_eq!((state, detail.as_str()), (LinkState::Down, "redirect: there is one more after 2"));
}
