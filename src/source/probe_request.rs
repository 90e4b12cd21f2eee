//! One question to an HTTP endpoint, with the times of its parts and faults in words: the probe's and
//! the scrape's.

use super::moment;
use super::probe_tls::{Trust, expiry};
use super::spec::HttpOptions;
use crate::model::{Millis, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Uri};
use hyper_util::rt::TokioIo;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

/// How the console names itself to servers.
const AGENT: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));
/// Bytes of memory taken for a body before any of it has come: most are small.
const FIRST_BYTES: usize = 4 * 1024;

/// What is asked, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Request {
    url: String,
    tls: bool,
    host: String,
    port: u16,
    authority: HeaderValue,
    path: String,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    /// How much of the answer's body is kept; what is longer is cut there.
    pub(super) keep: usize,
}

impl Request {
    /// Takes `url` apart; asks with GET and keeps `keep` bytes of the answer.
    pub(super) fn new(url: &str, keep: usize) -> Result<Self, String> {
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
        let mut headers = HeaderMap::new();
        if let Some(login) = login {
            headers.insert(AUTHORIZATION, value(format!("Basic {}", STANDARD.encode(login)))?);
        }
        Ok(Self {
            url: format!("{}://{named}{}", if tls { "https" } else { "http" }, uri.path_and_query().map_or("/", |p| p.as_str())),
            tls,
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: value(named.to_owned())?,
            path: uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            host,
            method: Method::GET,
            headers,
            body: Bytes::new(),
            keep,
        })
    }

    /// The same with these headers; `config` has checked them.
    pub(super) fn with_options(mut self, options: &HttpOptions) -> Result<Self, String> {
        for (name, value) in &options.headers {
            let bad = || format!("header {name:?} cannot be sent");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
            self.headers.insert(name, HeaderValue::try_from(value.as_str()).map_err(|_| bad())?);
        }
        Ok(self)
    }

    /// The same with this method and body.
    pub(super) fn with_method(mut self, method: &str, body: Option<&str>) -> Result<Self, String> {
        self.method = method.parse().map_err(|_| format!("{method:?} is no method"))?;
        self.body = body.map_or_else(Bytes::new, |b| Bytes::copy_from_slice(b.as_bytes()));
        Ok(self)
    }

    /// What is asked next where the answer says that it stands elsewhere. Logins stay with their host.
    pub(super) fn redirected(&self, answer: &Answer) -> Result<Self, String> {
        let place = answer.location.as_deref().ok_or("a redirect to nowhere")?;
        let end = self.url.find("://").and_then(|at| self.url[at + 3..].find('/').map(|n| at + 3 + n)).unwrap_or(self.url.len());
        let origin = &self.url[..end];
        let scheme = if self.tls { "https:" } else { "http:" };
        let path = self.path.split(['?', '#']).next().unwrap_or("/");
        let url = if place.contains("://") {
            place.to_owned()
        } else if place.starts_with("//") {
            format!("{scheme}{place}")
        } else if place.starts_with('/') {
            format!("{origin}{place}")
        } else {
            format!("{origin}{}/{place}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
        };
        let mut next = Self::new(url.split('#').next().unwrap_or(&url), self.keep)?;
        let own_login = next.headers.remove(AUTHORIZATION);
        next.headers = self.headers.clone();
        if (next.tls, &next.host, next.port) != (self.tls, &self.host, self.port) {
            next.headers.remove(AUTHORIZATION);
            next.headers.remove(COOKIE);
        }
        if let Some(login) = own_login {
            next.headers.insert(AUTHORIZATION, login);
        }
        // 307 and 308 say that the method stays; the others have come to mean GET.
        if matches!(answer.status, 307 | 308) || self.method == Method::HEAD {
            next.method = self.method.clone();
            next.body = self.body.clone();
        }
        Ok(next)
    }
}

/// An answer with its times.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// What looking up the name took; `None` where there is none to look up.
    pub(super) dns: Option<Duration>,
    /// Until the connection stood, with name and certificate.
    pub(super) connect: Duration,
    /// What the TLS handshake took.
    pub(super) tls: Option<Duration>,
    /// When the server's certificate ends.
    pub(super) expires: Option<Timestamp>,
    /// Until the answer began.
    pub(super) first_byte: Duration,
    /// Until it was read.
    pub(super) total: Duration,
    /// Its status.
    pub(super) status: u16,
    /// Where it says that the thing stands.
    pub(super) location: Option<String>,
    /// What was kept of its body.
    pub(super) body: Vec<u8>,
    /// Whether the body is longer than that.
    pub(super) cut: bool,
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
    #[error("redirect: {0}")]
    Redirect(String),
    #[error("{0}")]
    Io(io::Error),
}

/// Asks, and follows at most `follow` redirects; all within `timeout`.
pub(super) async fn ask(request: &Request, timeout: Duration, trust: &Trust, follow: u8) -> Result<Answer, Fault> {
    tokio::time::timeout(timeout, follow_up(request, trust, follow)).await.unwrap_or(Err(Fault::Timeout(timeout)))
}

async fn follow_up(request: &Request, trust: &Trust, follow: u8) -> Result<Answer, Fault> {
    // Reading certificates the first time is no part of the answer's time.
    if request.tls {
        trust.connector().await.map_err(Fault::Tls)?;
    }
    let start = moment::steady();
    let mut answer = connect(request, trust, start).await?;
    let mut next = None;
    for _ in 0..follow {
        if !redirects(&answer) {
            break;
        }
        let from = next.as_ref().unwrap_or(request);
        let to = from.redirected(&answer).map_err(Fault::Redirect)?;
        answer = connect(&to, trust, start).await?;
        next = Some(to);
    }
    if follow > 0 && redirects(&answer) {
        return Err(Fault::Redirect(format!("there is one more after {follow}")));
    }
    Ok(answer)
}

const fn redirects(answer: &Answer) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
}

async fn connect(request: &Request, trust: &Trust, start: Instant) -> Result<Answer, Fault> {
    let begun = moment::steady();
    let addresses: Vec<_> =
        tokio::net::lookup_host((request.host.as_str(), request.port)).await.map_err(|e| Fault::Name(e.to_string()))?.collect();
    let named = request.host.parse::<std::net::IpAddr>().is_err();
    let mut answer = Answer { dns: named.then(|| moment::steady().saturating_duration_since(begun)), ..Answer::default() };
    let stream = TcpStream::connect(&addresses[..]).await.map_err(io_fault)?;
    // Only speed is lost where it cannot be set.
    let _ = stream.set_nodelay(true);
    if !request.tls {
        return exchange(request, stream, start, answer).await;
    }
    let connector = trust.connector().await.map_err(Fault::Tls)?;
    let name = ServerName::try_from(request.host.clone()).map_err(|e| Fault::Tls(e.to_string()))?;
    let shaking = moment::steady();
    let stream = connector.connect(name, stream).await.map_err(io_fault)?;
    answer.tls = Some(moment::steady().saturating_duration_since(shaking));
    answer.expires = stream.get_ref().1.peer_certificates().and_then(|c| expiry(c.first()?));
    exchange(request, stream, start, answer).await
}

async fn exchange<S>(request: &Request, stream: S, start: Instant, mut answer: Answer) -> Result<Answer, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let elapsed = || moment::steady().saturating_duration_since(start);
    answer.connect = elapsed();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(http_fault)?;
    // Ends with this function, whichever way that ends.
    let driver = Driver(tokio::spawn(async move {
        // What is wrong with the connection is told where the answer is waited for.
        let _ = connection.await;
    }));
    let mut asked = hyper::Request::new(Full::new(request.body.clone()));
    *asked.method_mut() = request.method.clone();
    *asked.uri_mut() = request.path.parse().map_err(|e: hyper::http::uri::InvalidUri| Fault::Http(e.to_string()))?;
    let headers = asked.headers_mut();
    headers.insert(HOST, request.authority.clone());
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.extend(request.headers.clone());
    let response = sender.send_request(asked).await.map_err(http_fault)?;
    answer.first_byte = elapsed();
    answer.status = response.status().as_u16();
    answer.location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok()).map(str::to_owned);
    let mut body = response.into_body();
    answer.body = Vec::with_capacity(FIRST_BYTES.min(request.keep));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(http_fault)?;
        let Some(data) = frame.data_ref() else { continue };
        let room = request.keep - answer.body.len();
        answer.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            answer.cut = true;
            break;
        }
    }
    drop(driver);
    answer.total = elapsed();
    Ok(answer)
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

/// Why a certificate is not trusted, with the key of the configuration that mends it.
fn distrust(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Why;
    match why {
        Why::UnknownIssuer => "nobody known has issued it; trust its issuer with ca, or any with insecure".to_owned(),
        Why::Expired => "it has expired".to_owned(),
        // rustls has no word of its own for a self-signed certificate that names itself a CA, as openssl makes them.
        other => match other.to_string() {
            text if text.contains("CaUsedAsEndEntity") => "self-signed, and made as a CA's own; take it with insecure".to_owned(),
            text => text,
        },
    }
}

fn io_fault(error: io::Error) -> Fault {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return Fault::Refused;
    }
    match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Fault::Certificate(distrust(why)),
        Some(rustls::Error::InvalidMessage(_)) => Fault::Tls("what answers there speaks no TLS; is it http://?".to_owned()),
        Some(other) => Fault::Tls(other.to_string()),
        None => Fault::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> Request {
        Request::new(url, 100).unwrap()
    }

    #[test]
    fn urls_are_taken_apart() {
        let r = request("https://me:secret@shop.example/health?x=1");
        assert_eq!((r.tls, r.host.as_str(), r.port, r.path.as_str()), (true, "shop.example", 443, "/health?x=1"));
        assert_eq!(
            (r.authority, r.headers.get(AUTHORIZATION)),
            ("shop.example".try_into().unwrap(), Some(&"Basic bWU6c2VjcmV0".try_into().unwrap()))
        );
        let r = request("http://[::1]:8080");
        assert_eq!((r.tls, r.host.as_str(), r.port, r.path.as_str()), (false, "::1", 8080, "/"));
        for bad in ["ftp://x/", "/only/a/path", "http://", "http://a b/"] {
            assert!(Request::new(bad, 1).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn redirects_lead_where_they_say_and_take_no_login_along() {
        let from = request("https://me:secret@a.example/x/y?z=1").with_method("POST", Some("body")).unwrap();
        let to = |place: &str, status| from.redirected(&Answer { status, location: Some(place.to_owned()), ..Answer::default() });
        for (place, url) in [
            ("/other", "https://a.example/other"),
            ("next?q=2", "https://a.example/x/next?q=2"),
            ("//b.example", "https://b.example/"),
            ("http://c.example:81/d#e", "http://c.example:81/d"),
        ] {
            assert_eq!(to(place, 302).unwrap().url, url, "{place}");
        }
        let same = to("/other", 307).unwrap();
        assert!(same.headers.contains_key(AUTHORIZATION) && same.method == Method::POST && same.body == "body");
        let away = to("https://b.example/", 302).unwrap();
        assert!(!away.headers.contains_key(AUTHORIZATION) && away.method == Method::GET && away.body.is_empty());
        assert!(from.redirected(&Answer::default()).is_err() && to("ftp://x/", 302).is_err());
    }
}
