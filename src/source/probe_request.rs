//! One question to an HTTP endpoint, with the times of its parts and faults in words.

use super::moment;
use super::probe_tls::Trust;
use crate::model::Millis;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

/// How much of an answer's body is read: the time of more of it says nothing about health.
const BODY_LIMIT: usize = 1 << 20;
/// How the probe names itself to the server.
const AGENT: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));

/// What is asked, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Request {
    tls: bool,
    host: String,
    port: u16,
    authority: HeaderValue,
    login: Option<HeaderValue>,
    path: String,
}

impl Request {
    /// Takes `url` apart.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|e| format!("url {url:?}: {e}"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(format!("url {url:?}: neither http nor https")),
        };
        let authority = uri.authority().ok_or_else(|| format!("url {url:?}: no host"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let (login, named) = authority.as_str().rsplit_once('@').map_or((None, authority.as_str()), |(l, a)| (Some(l), a));
        let value = |text: String| HeaderValue::try_from(text).map_err(|_| format!("url {url:?}: host or login cannot stand in a header"));
        Ok(Self {
            tls,
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: value(named.to_owned())?,
            login: login.map(|l| value(format!("Basic {}", STANDARD.encode(l)))).transpose()?,
            path: uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            host,
        })
    }
}

/// An answer with its times, all from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Until the connection stood, with name and certificate.
    pub(super) connect: Duration,
    /// Until the answer began.
    pub(super) first_byte: Duration,
    /// Until it was read.
    pub(super) total: Duration,
    /// Its status.
    pub(super) status: u16,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("name not found: {0}")]
    Name(String),
    #[error("connection refused")]
    Refused,
    #[error("certificate: {0}")]
    Certificate(String),
    #[error("tls: {0}")]
    Tls(String),
    #[error("no answer within {}", Millis::new(.0.as_millis() as i64))]
    Timeout(Duration),
    #[error("no HTTP answer: {0}")]
    Http(String),
    #[error("{0}")]
    Io(io::Error),
}

/// Asks once.
pub(super) async fn ask(request: &Request, timeout: Duration, trust: &Trust) -> Result<Answer, Fault> {
    tokio::time::timeout(timeout, connect(request, trust)).await.unwrap_or(Err(Fault::Timeout(timeout)))
}

async fn connect(request: &Request, trust: &Trust) -> Result<Answer, Fault> {
    // Reading certificates the first time is no part of the answer's time.
    let connector = if request.tls { trust.connector().await } else { None };
    let start = moment::steady();
    let addresses: Vec<_> =
        tokio::net::lookup_host((request.host.as_str(), request.port)).await.map_err(|e| Fault::Name(e.to_string()))?.collect();
    let stream = TcpStream::connect(&addresses[..]).await.map_err(io_fault)?;
    // Only speed is lost where it cannot be set.
    let _ = stream.set_nodelay(true);
    if !request.tls {
        return exchange(request, stream, start).await;
    }
    let connector = connector.ok_or_else(|| Fault::Tls("not available".to_owned()))?;
    let name = ServerName::try_from(request.host.clone()).map_err(|e| Fault::Tls(e.to_string()))?;
    let stream = connector.connect(name, stream).await.map_err(io_fault)?;
    exchange(request, stream, start).await
}

async fn exchange<S>(request: &Request, stream: S, start: Instant) -> Result<Answer, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let elapsed = || moment::steady().saturating_duration_since(start);
    let connect = elapsed();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(http_fault)?;
    // Ends with this function, whichever way that ends.
    let driver = Driver(tokio::spawn(async move {
        // What is wrong with the connection is told where the answer is waited for.
        let _ = connection.await;
    }));
    let mut get = hyper::Request::new(Empty::<Bytes>::new());
    *get.uri_mut() = request.path.parse().map_err(|e: hyper::http::uri::InvalidUri| Fault::Http(e.to_string()))?;
    let headers = get.headers_mut();
    headers.insert(HOST, request.authority.clone());
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Some(login) = &request.login {
        headers.insert(AUTHORIZATION, login.clone());
    }
    let response = sender.send_request(get).await.map_err(http_fault)?;
    let first_byte = elapsed();
    let status = response.status().as_u16();
    let (mut body, mut read) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(http_fault)?;
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= BODY_LIMIT {
            break;
        }
    }
    drop(driver);
    Ok(Answer { connect, first_byte, total: elapsed(), status })
}

/// A task that ends with its owner.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn http_fault(error: hyper::Error) -> Fault {
    let cause = std::error::Error::source(&error).and_then(|e| e.downcast_ref::<io::Error>());
    match cause {
        Some(cause) if cause.kind() == io::ErrorKind::ConnectionReset => Fault::Http("connection reset".to_owned()),
        Some(cause) => Fault::Http(cause.to_string()),
        None => Fault::Http(error.to_string()),
    }
}

fn io_fault(error: io::Error) -> Fault {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return Fault::Refused;
    }
    match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Fault::Certificate(why.to_string()),
        Some(other) => Fault::Tls(other.to_string()),
        None => Fault::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let r = Request::new("https://me:secret@shop.example/health?x=1").unwrap();
        assert_eq!((r.tls, r.host.as_str(), r.port, r.path.as_str()), (true, "shop.example", 443, "/health?x=1"));
        assert_eq!((r.authority, r.login), ("shop.example".try_into().unwrap(), Some("Basic bWU6c2VjcmV0".try_into().unwrap())));
        let r = Request::new("http://[::1]:8080").unwrap();
        assert_eq!((r.tls, r.host.as_str(), r.port, r.path.as_str()), (false, "::1", 8080, "/"));
        for bad in ["ftp://x/", "/only/a/path", "http://", "http://a b/"] {
            assert!(Request::new(bad).is_err(), "{bad:?}");
        }
    }
}
