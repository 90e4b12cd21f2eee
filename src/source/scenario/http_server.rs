//! A tiny HTTP server for the demo's probe: well, slow or unavailable, as the scenario wants it.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Connections served at once; it has one probe to answer, and must not be a way to fill memory.
const CONNECTIONS: usize = 16;
/// How long an answer takes while slow: far from usual, within a probe's time limit.
const SLOW: Duration = Duration::from_millis(450);
/// A connection that has said nothing for so long is closed.
const IDLE: Duration = Duration::from_secs(10);

/// How the server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum ServerMode {
    /// Answers 200 at once.
    #[default]
    Normal,
    /// Answers 200 after a while.
    Slow,
    /// Answers 503.
    Unavailable,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
#[error("the demo's HTTP server cannot listen on 127.0.0.1: {0}")]
pub struct ServerError(#[from] io::Error);

/// The server, bound to a free port of the loopback interface.
#[derive(Debug)]
pub struct DemoServer {
    listener: TcpListener,
    address: SocketAddr,
    mode: Arc<AtomicU8>,
}

impl DemoServer {
    /// Binds it.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn bind() -> Result<Self, ServerError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, mode: Arc::default() })
    }

    /// The address to probe.
    pub fn url(&self) -> String {
        format!("http://{}/health", self.address)
    }

    /// A way to change how it behaves while it runs.
    pub fn switch(&self) -> impl Fn(ServerMode) + Send + Sync + 'static + use<> {
        let mode = Arc::clone(&self.mode);
        move |m| mode.store(m as u8, Ordering::Relaxed)
    }

    /// Serves until `stop` becomes true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|s| *s) => return,
            };
            // A connection that broke while it was accepted concerns nobody else.
            let Ok((stream, _)) = accepted else { continue };
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
            let mode = Arc::clone(&self.mode);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, mode.load(Ordering::Relaxed)));
                let served = hyper::server::conn::http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
                // How a connection of the demo ends is of no interest.
                let _ = tokio::time::timeout(IDLE, served).await;
                drop(slot);
            });
        }
    }
}

async fn answer(_request: Request<Incoming>, mode: u8) -> Result<Response<Full<Bytes>>, Infallible> {
    let unavailable = mode == ServerMode::Unavailable as u8;
    if mode == ServerMode::Slow as u8 {
        tokio::time::sleep(SLOW).await;
    }
    let body = if unavailable { "unavailable\n" } else { "ok\n" };
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    if unavailable {
        *response.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}
