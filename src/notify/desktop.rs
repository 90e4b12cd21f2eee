//! Desktop notices over D-Bus, for the person who sits before the machine.
//!
//! A notification daemon may never answer (measured: `show` then never returns), so each notice is shown by a thread of
//! its own with a time limit, and while one hangs no other is started. Where there is no bus or no daemon, the first
//! answer says so and nothing is tried again.

use super::{Channel, ChannelSpec, DeliveryError, Kind, Limit, Notification, Receipt};
use crate::model::{Millis, Safe};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a daemon may take: a working one answered within 10 ms, so two seconds are a fault.
const PATIENCE: Millis = Millis::from_secs(2);
/// Lines of a body that are shown: a notice is a glance.
const BODY_LINES: usize = 8;

/// The kind `desktop`.
pub const KIND: Kind = Kind {
    name: "desktop",
    summary: "shows a desktop notice on the machine Bellwether runs on",
    min_interval: Millis::from_secs(1),
    build: |spec, _ring| Box::new(Desktop::new(spec, PATIENCE, Arc::new(show))),
};

/// Why a notice was not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    /// No bus, no daemon.
    Absent(String),
    /// Anything else.
    Failed(String),
}

/// A notice as the daemon gets it, but for the markup, which depends on what the daemon can do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Notice {
    title: String,
    body: String,
    urgent: bool,
}

type Show = Arc<dyn Fn(&Notice) -> Result<(), Refusal> + Send + Sync>;

struct Desktop {
    show: Show,
    patience: Millis,
    limit: Mutex<Limit>,
    /// A thread is waiting for the daemon.
    busy: Arc<AtomicBool>,
    absent: OnceLock<String>,
}

impl Desktop {
    fn new(spec: &ChannelSpec, patience: Millis, show: Show) -> Self {
        let limit = Mutex::new(Limit::new(spec.min_interval));
        Self { show, patience, limit, busy: Arc::new(AtomicBool::new(false)), absent: OnceLock::new() }
    }

    async fn tell(&self, notification: &Notification) -> Result<Receipt, DeliveryError> {
        if let Some(why) = self.absent.get() {
            return Err(DeliveryError::Absent(why.clone()));
        }
        let passed = self.limit.lock().unwrap_or_else(PoisonError::into_inner).pass(notification.at);
        let held = passed.ok_or(DeliveryError::Limited)?;
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(DeliveryError::Failed("the notification daemon has not answered the notice before".to_owned()));
        }
        let answer = self.start(notice(notification, held))?;
        let patience = Duration::from_millis(self.patience.get().unsigned_abs());
        match tokio::time::timeout(patience, answer).await {
            Err(_) => Err(DeliveryError::Timeout(self.patience)),
            Ok(Ok(Ok(()))) => Ok(Receipt { detail: "shown".to_owned() }),
            Ok(Ok(Err(Refusal::Failed(why)))) => Err(DeliveryError::Failed(why)),
            Ok(Ok(Err(Refusal::Absent(why)))) => Err(DeliveryError::Absent(self.absent.get_or_init(|| why).clone())),
            Ok(Err(_)) => Err(DeliveryError::Failed("the thread that shows notices ended without an answer".to_owned())),
        }
    }

    /// Shows `notice` on a thread of its own; the thread is left behind where the daemon never answers.
    fn start(&self, notice: Notice) -> Result<oneshot::Receiver<Result<(), Refusal>>, DeliveryError> {
        let (tell, answer) = oneshot::channel();
        let (show, busy) = (Arc::clone(&self.show), Free(Arc::clone(&self.busy)));
        let thread = std::thread::Builder::new().name("desktop-notice".to_owned()).spawn(move || {
            let result = show(&notice);
            // Freed before the answer, so that who got the answer can send the next notice at once.
            drop(busy);
            // Nobody waits any longer after the time limit.
            let _ = tell.send(result);
        });
        match thread {
            Ok(_) => Ok(answer),
            Err(error) => Err(DeliveryError::Failed(format!("no thread to show a notice: {error}"))),
        }
    }
}

/// Frees the channel when the thread ends, also by a panic.
struct Free(Arc<AtomicBool>);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Channel for Desktop {
    fn deliver<'a>(&'a self, notification: &'a Notification) -> Pin<Box<dyn Future<Output = Result<Receipt, DeliveryError>> + Send + 'a>> {
        Box::pin(self.tell(notification))
    }
}

fn notice(notification: &Notification, held: u64) -> Notice {
    let mut body: Vec<String> = notification.body.lines().take(BODY_LINES).map(|line| Safe::message(line).to_string()).collect();
    if held > 0 {
        body.push(format!("and {held} more since the notice before"));
    }
    let urgent = notification.severity == "critical" && notification.state == "firing";
    Notice { title: Safe::label(&notification.title).to_string(), body: body.join("\n"), urgent }
}

/// Text as a daemon that reads markup must get it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shows a notice by the session bus. May block for ever: only ever called on a thread of its own.
fn show(notice: &Notice) -> Result<(), Refusal> {
    let abilities = notify_rust::get_capabilities().map_err(|error| refusal(&error))?;
    let markup = abilities.iter().any(|a| a == "body-markup");
    let urgency = if notice.urgent { notify_rust::Urgency::Critical } else { notify_rust::Urgency::Normal };
    let body = if markup { escape(&notice.body) } else { notice.body.clone() };
    notify_rust::Notification::new()
        .appname("Bellwether")
        .summary(&notice.title)
        .body(&body)
        .urgency(urgency)
        .show()
        .map_err(|error| refusal(&error))?;
    Ok(())
}

/// The daemon that shows notices here. It may never answer: it is asked on a thread of its own.
///
/// # Errors
/// Why there is none.
pub fn server() -> Result<String, String> {
    let (tell, answer) = std::sync::mpsc::sync_channel(1);
    let ask = move || {
        let found = notify_rust::get_server_information();
        // Nobody waits any longer after the time limit.
        let _ = tell.send(found.map(|s| s.name).map_err(|e| match refusal(&e) {
            Refusal::Absent(why) | Refusal::Failed(why) => why,
        }));
    };
    let thread = std::thread::Builder::new().name("desktop-ask".to_owned()).spawn(ask);
    thread.map_err(|e| format!("no thread to ask: {e}"))?;
    let patience = Duration::from_millis(PATIENCE.get().unsigned_abs());
    answer.recv_timeout(patience).unwrap_or_else(|_| Err("the notification daemon does not answer".to_owned()))
}

/// No bus or no daemon is an absence that lasts; anything else may pass. The library hides the bus's error types, so
/// the words decide; a wrong guess costs a repeated attempt, nothing more.
fn refusal(error: &notify_rust::error::Error) -> Refusal {
    let words = Safe::message(&error.to_string()).to_string();
    let debug = format!("{error:?}");
    let absent = [
        "ServiceUnknown",
        "NameHasNoOwner",
        "NotFound",
        "ConnectionRefused",
        "Address(",
        "Unsupported",
        "ImplementationMissing",
        "code: 2,",
    ];
    if absent.iter().any(|word| debug.contains(word)) { Refusal::Absent(words) } else { Refusal::Failed(words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use std::sync::atomic::AtomicU32;

    fn told(at: i64) -> Notification {
        let body = "14.2 % usually <2 %\nsince 03:09".to_owned();
        Notification { at: Timestamp::from_millis(at), id: 1, title: "a\x1b[2Jb".to_owned(), body, severity: "critical", state: "firing" }
    }

    fn desktop(patience: i64, show: Show) -> Desktop {
        Desktop::new(
            &ChannelSpec { name: "desk".into(), kind: KIND.name, min_interval: Millis::from_secs(1), way: None },
            Millis::new(patience),
            show,
        )
    }

    #[tokio::test]
    async fn a_daemon_that_hangs_holds_up_one_thread_and_no_more() {
        let calls = Arc::new(AtomicU32::new(0));
        let (free, hang) = std::sync::mpsc::sync_channel::<()>(0);
        let hang = Mutex::new(hang);
        let count = Arc::clone(&calls);
        let channel = desktop(
            5,
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
                let _ = hang.lock().unwrap().recv();
                Ok(())
            }),
        );
        assert_eq!(channel.deliver(&told(0)).await, Err(DeliveryError::Timeout(Millis::new(5))));
        for i in 1..50 {
            let answer = channel.deliver(&told(i * 1_000)).await;
            assert!(matches!(answer, Err(DeliveryError::Failed(_))), "{answer:?}");
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        drop(free);
    }

    #[tokio::test]
    async fn an_absent_bus_is_asked_once() {
        let calls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&calls);
        let channel = desktop(
            60_000,
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
                Err(Refusal::Absent("no bus".to_owned()))
            }),
        );
        for i in 0..3 {
            assert_eq!(channel.deliver(&told(i * 1_000)).await, Err(DeliveryError::Absent("no bus".to_owned())));
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_was_held_back_is_told_and_nothing_steers_the_receiver() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let channel = desktop(
            60_000,
            Arc::new(move |n: &Notice| {
                keep.lock().unwrap().push(n.clone());
                Ok(())
            }),
        );
        assert!(channel.deliver(&told(0)).await.is_ok());
        assert_eq!(channel.deliver(&told(10)).await, Err(DeliveryError::Limited));
        assert!(channel.deliver(&told(1_000)).await.is_ok());
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0], Notice { title: "a␛[2Jb".to_owned(), body: "14.2 % usually <2 %\nsince 03:09".to_owned(), urgent: true });
        assert!(seen[1].body.ends_with("and 1 more since the notice before"), "{}", seen[1].body);
    }

    #[test]
    fn markup_is_text_to_a_daemon_that_reads_it() {
        assert_eq!(escape("<b>a&b</b>"), "&lt;b&gt;a&amp;b&lt;/b&gt;");
    }

    /// Set in the child process of a test, to what its bus is.
    const CHILD: &str = "BELLWETHER_TEST_BUS";

    /// Runs `test` of this program again with the session bus at `address`; the real D-Bus client is used there.
    fn with_bus(test: &str, address: &str) -> bool {
        let program = std::env::current_exe().unwrap();
        let mut child = std::process::Command::new(program);
        child.args(["--exact", test]).env("DBUS_SESSION_BUS_ADDRESS", address).env(CHILD, "1");
        child.output().unwrap().status.success()
    }

    #[tokio::test]
    async fn a_bus_that_never_answers_is_a_timeout() {
        if std::env::var_os(CHILD).is_some() {
            let channel = desktop(100, Arc::new(show));
            assert_eq!(channel.deliver(&told(0)).await, Err(DeliveryError::Timeout(Millis::new(100))));
            assert!(matches!(channel.deliver(&told(1_000)).await, Err(DeliveryError::Failed(_))));
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || listener.incoming().take(8).collect::<Vec<_>>());
        assert!(with_bus("notify::desktop::tests::a_bus_that_never_answers_is_a_timeout", &format!("unix:path={}", path.display())));
    }

    #[tokio::test]
    async fn a_bus_that_is_not_there_is_an_absence() {
        if std::env::var_os(CHILD).is_some() {
            let answer = desktop(10_000, Arc::new(show)).deliver(&told(0)).await;
            assert!(matches!(answer, Err(DeliveryError::Absent(_))), "{answer:?}");
            return;
        }
        assert!(with_bus("notify::desktop::tests::a_bus_that_is_not_there_is_an_absence", "unix:path=/nonexistent/bus"));
    }
}
