//! The terminal: modes on and off, keys in, and its disappearance noticed.
//!
//! Whatever was switched on is switched off by one function, on return, error, panic and signal. What
//! is queued for a terminal that does not read is thrown away then, so that leaving never waits. The
//! input thread sleeps in `poll(2)` on the terminal itself, so that a terminal that vanishes is
//! noticed also where SIGHUP is ignored, and nothing spins.

use super::keys::{Keys, Typed};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Alternate screen, hidden cursor, bracketed paste.
pub(super) const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h";
/// Terminals known to answer that question, by what they put into the environment.
const ANSWERING: [&str; 8] = [
    "ALACRITTY_WINDOW_ID",
    "GHOSTTY_RESOURCES_DIR",
    "KITTY_WINDOW_ID",
    "KONSOLE_VERSION",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WT_SESSION",
    "XTERM_VERSION",
];
/// The same by the beginning of TERM, which also comes through SSH.
const ANSWERING_KINDS: [&str; 6] = ["alacritty", "contour", "foot", "rio", "xterm-ghostty", "xterm-kitty"];
/// The mouse: buttons, drags, and reports in decimal digits that bear any size of window.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// A question for the background's colour, whose answer comes as a key does or never.
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";
/// Ends what a cut-off frame may have left open, then undoes [`ENTER`] and the mouse.
const LEAVE: &[u8] = b"\x18\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Keys that wait for the loop; a paste of a megabyte waits in the terminal instead.
const KEYS_WAITING: usize = 256;
/// How long the loop has to end by itself once the terminal is gone.
const GRACE: Duration = Duration::from_millis(700);
/// Times that output is thrown away until the writing thread has let go, and how long each waits: a
/// tenth of a second in all, so that leaving is felt at once.
const LET_GO: (u32, Duration) = (20, Duration::from_millis(5));
/// How often a writer whose terminal takes nothing looks whether it is still wanted.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Bytes read at once.
const READ: usize = 4096;
/// Columns and rows drawn at most: beyond them a window's size is a mistake, and a frame's memory would follow it.
const SIZE_MAX: (u16, u16) = (1000, 500);
/// What is drawn where the terminal does not know its size.
const SIZE_UNKNOWN: (u16, u16) = (80, 24);
/// Exit code of a panic, as the standard library has it.
const PANICKED: i32 = 101;

/// Whether the console's screen is on. Frames are written only while it is.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether anything was written since: what was never switched on must not be switched off, the cursor would jump.
static SHOWN: AtomicBool = AtomicBool::new(false);
/// Held while a piece of a frame is written, so that nothing of it follows [`LEAVE`].
static WRITING: Mutex<()> = Mutex::new(());
/// The modes as they were found, and the terminal they belong to.
static FOUND: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// What comes in from the terminal.
#[derive(Debug)]
pub(super) enum TerminalEvent {
    /// A key, a paste or the mouse.
    Typed(Typed),
    /// It is gone.
    Gone,
}

/// Why there is no console.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Standard output is no terminal.
    #[error("standard output is no terminal; use --headless for a run without a screen")]
    NotATerminal,
    /// Keys can come from nowhere.
    #[error("neither standard input nor /dev/tty is a terminal to read keys from ({0}); use --headless for a run without a screen")]
    NoKeys(std::io::Error),
    /// TERM is not set.
    #[error("TERM is not set; set it (for instance TERM=xterm-256color), or use --headless for a run without a screen")]
    Unknown,
    /// TERM says that it cannot be drawn on.
    #[error(
        "a terminal of kind {0:?} cannot be drawn on; set TERM (for instance xterm-256color), or use --headless for a run without a screen"
    )]
    Dumb(String),
    /// The system refused.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

/// Checks that a console can be shown here.
///
/// # Errors
/// Why it cannot.
pub(super) fn check() -> Result<(), NoTerminal> {
    if !std::io::stdout().is_terminal() {
        return Err(NoTerminal::NotATerminal);
    }
    #[expect(clippy::disallowed_methods, reason = "the terminal's kind stands in the environment")]
    let term = std::env::var("TERM").unwrap_or_default();
    match term.as_str() {
        "" => Err(NoTerminal::Unknown),
        "dumb" => Err(NoTerminal::Dumb(term)),
        _ => input().map(drop).map_err(NoTerminal::NoKeys),
    }
}

/// Kinds of terminals without synchronised updates: they pass over the marks, which are bytes for nothing there.
const UNSYNCHRONISED: [&str; 5] = ["linux", "vt", "ansi", "cons25", "sun"];

/// Whether marks of synchronised updates may be of use. Terminals that do not know a private mode
/// pass over it, so that none needs to be asked; those named here are known not to.
pub(super) fn synchronises() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the terminal's kind stands in the environment")]
    let term = std::env::var("TERM").unwrap_or_default();
    // "vt220" is one of them, "vte-256color" is not.
    !UNSYNCHRONISED.iter().any(|kind| term.strip_prefix(kind).is_some_and(|rest| !rest.starts_with('e')))
}

/// Whether the background's colour may be asked for: not of a terminal that could print the question, nor
/// through tmux or screen, which answer for themselves or not at all.
#[expect(clippy::disallowed_methods, reason = "what the terminal is stands in the environment")]
pub(super) fn tells_background() -> bool {
    let set = |name: &str| std::env::var(name).is_ok_and(|v| !v.is_empty());
    let term = std::env::var("TERM").unwrap_or_default();
    if set("TMUX") || set("STY") || ["linux", "screen", "tmux", "vt"].iter().any(|kind| term.starts_with(kind)) {
        return false;
    }
    ANSWERING.iter().any(|name| set(name)) || ANSWERING_KINDS.iter().any(|kind| term.starts_with(kind))
}

/// A handle on the terminal for the few bytes of leaving.
fn output() -> std::io::Result<File> {
    Ok(File::from(std::io::stdout().as_fd().try_clone_to_owned()?))
}

/// A handle on the terminal for frames, on which writing never waits where that can be had.
///
/// It is opened anew: on a copy of standard output, "never wait" would hold for the shell too. A
/// write that waits keeps every other one out, so that the screen could not be left.
pub(super) fn frames() -> std::io::Result<File> {
    let stdout = std::io::stdout();
    let open = |path: &Path| {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        std::fs::OpenOptions::new().read(true).write(true).custom_flags(flags.bits() as i32).open(path)
    };
    let named = rustix::termios::ttyname(&stdout, Vec::new()).ok().and_then(|n| open(Path::new(OsStr::from_bytes(n.as_bytes()))).ok());
    let controls = || rustix::termios::tcgetsid(&stdout).is_ok_and(|s| rustix::process::getsid(None) == Ok(s));
    // Another user's terminal, after su, can only be opened by the name that every process has for its own.
    match named.or_else(|| if controls() { open(Path::new("/dev/tty")).ok() } else { None }) {
        Some(file) => Ok(file),
        None => output(),
    }
}

/// The descriptor keys come from: standard input, or the controlling terminal where that is piped.
fn input() -> std::io::Result<OwnedFd> {
    if std::io::stdin().is_terminal() {
        return std::io::stdin().as_fd().try_clone_to_owned();
    }
    Ok(std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?.into())
}

/// Whether the console's screen is on.
pub(super) fn entered() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole at every moment, also where a thread panicked with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What switches the console's screen on: with the mouse, and with a question for the background's colour.
pub(super) fn entering(mouse: bool, asks: bool) -> Vec<u8> {
    let parts = [Some(ENTER), mouse.then_some(MOUSE), asks.then_some(ASK_BACKGROUND)];
    parts.into_iter().flatten().flatten().copied().collect()
}

/// What switches the mouse on or off.
pub(super) const fn mouse(on: bool) -> &'static [u8] {
    if on { MOUSE } else { MOUSE_OFF }
}

/// Switches the terminal's modes to the console's. [`ENTER`] is left to the caller, who writes it
/// where a terminal that does not read stops nothing.
///
/// Also after a stop of whatever cause: the shell may have set modes of its own meanwhile. The modes
/// that are found are kept only where the console's were off.
pub(super) fn enter() -> std::io::Result<()> {
    let mut found = lock(&FOUND);
    let terminal = match found.take() {
        Some((terminal, modes)) if entered() => {
            tcsetattr(&terminal, OptionalActions::Now, &raw(&modes))?;
            *found = Some((terminal, modes));
            return Ok(());
        }
        Some((terminal, _)) => terminal,
        None => input()?,
    };
    let modes = tcgetattr(&terminal)?;
    tcsetattr(&terminal, OptionalActions::Now, &raw(&modes))?;
    *found = Some((terminal, modes));
    ENTERED.store(true, Ordering::SeqCst);
    Ok(())
}

fn raw(modes: &Termios) -> Termios {
    let mut raw = modes.clone();
    raw.make_raw();
    raw
}

/// Switches back, once; does nothing where nothing is switched on. What is queued for the terminal is
/// thrown away: it would follow for seconds on a slow line. Ends within a fifth of a second.
pub(super) fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    if let Ok(mut out) = output() {
        let gate = throw_away(&out);
        if SHOWN.swap(false, Ordering::SeqCst) && wait_until_writable(&out, LET_GO.1 * LET_GO.0) {
            let _ = out.write_all(LEAVE);
        }
        drop(gate);
    }
    if let Some((terminal, modes)) = &*lock(&FOUND) {
        let _ = tcsetattr(terminal, OptionalActions::Now, modes);
    }
}

/// Throws away what is queued until the writing thread has let go.
fn throw_away(out: &File) -> Option<MutexGuard<'static, ()>> {
    for _ in 0..LET_GO.0 {
        let _ = tcflush(out, QueueSelector::OFlush);
        match WRITING.try_lock() {
            Ok(gate) => return Some(gate),
            Err(TryLockError::Poisoned(gate)) => return Some(gate.into_inner()),
            Err(TryLockError::WouldBlock) => {
                let _ = poll(&mut [], Some(&timespec(LET_GO.1)));
            }
        }
    }
    None
}

/// Writes a piece of a frame, waiting until the terminal takes it, unless the console's screen is
/// off. `false`: it was not written.
pub(super) fn write_piece(out: &mut File, piece: &[u8]) -> bool {
    let mut rest = piece;
    while !rest.is_empty() {
        match write_some(out, rest) {
            Ok(n @ 1..) => rest = &rest[n..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait_until_writable(out, LOOK_AGAIN);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return false,
        }
    }
    true
}

fn write_some(out: &mut File, bytes: &[u8]) -> std::io::Result<usize> {
    let _gate = lock(&WRITING);
    if !entered() {
        return Ok(0);
    }
    SHOWN.store(true, Ordering::SeqCst);
    out.write(bytes)
}

/// Makes a panic of any thread leave the screen before its message is printed, and end the process:
/// what goes on without the thread would look healthy and not be.
pub(super) fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            leave();
            before(info);
            std::process::exit(PANICKED);
        }));
    });
}

/// The size in columns and rows.
pub(super) fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(s) if s.ws_col > 0 && s.ws_row > 0 => (s.ws_col.min(SIZE_MAX.0), s.ws_row.min(SIZE_MAX.1)),
        _ => SIZE_UNKNOWN,
    }
}

fn timespec(limit: Duration) -> Timespec {
    Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) }
}

/// Waits at most `limit` until the terminal takes bytes. `false`: it does not.
fn wait_until_writable(terminal: &File, limit: Duration) -> bool {
    let mut fds = [PollFd::new(terminal, PollFlags::OUT)];
    matches!(poll(&mut fds, Some(&timespec(limit))), Ok(n) if n > 0) && fds[0].revents().contains(PollFlags::OUT)
}

/// Asks the terminal and reads its answer up to the byte `end`; `None`: none came in time. For `doctor`
/// alone: the console waits for no answer. What was drawn for the question is erased.
pub(super) fn ask(question: &[u8], end: u8, patience: Duration) -> Option<Vec<u8>> {
    let terminal = input().ok()?;
    let modes = tcgetattr(&terminal).ok()?;
    tcsetattr(&terminal, OptionalActions::Now, &raw(&modes)).ok()?;
    let mut answer = Vec::new();
    let mut out = output().ok()?;
    let asked = out.write_all(question).is_ok();
    while asked && !answer.ends_with(&[end]) && answer.len() < READ {
        let mut fds = [PollFd::new(&terminal, PollFlags::IN)];
        let mut bytes = [0; 64];
        match poll(&mut fds, Some(&timespec(patience))) {
            Ok(1..) => match rustix::io::read(&terminal, &mut bytes) {
                Ok(n @ 1..) => answer.extend_from_slice(&bytes[..n]),
                _ => break,
            },
            _ => break,
        }
    }
    let _ = out.write_all(b"\r\x1b[K");
    let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
    answer.ends_with(&[end]).then_some(answer)
}

/// Waits so long, for nothing but time to pass.
pub(super) fn pause(length: Duration) {
    let _ = poll(&mut [], Some(&timespec(length)));
}

/// Starts the thread that reads keys.
pub(super) fn read_keys() -> std::io::Result<mpsc::Receiver<TerminalEvent>> {
    let (sender, receiver) = mpsc::channel(KEYS_WAITING);
    let terminal = input()?;
    std::thread::Builder::new().name("terminal-in".into()).spawn(move || {
        if watch(&terminal, &sender) {
            // Not waited for: a loop that no longer takes keys is what the grace is for.
            let _ = sender.try_send(TerminalEvent::Gone);
            drop(sender);
            let _ = poll(&mut [], Some(&timespec(GRACE)));
            std::process::exit(129);
        }
    })?;
    Ok(receiver)
}

/// Reads until the terminal is gone (`true`) or nobody listens (`false`).
fn watch(terminal: &OwnedFd, sender: &mpsc::Sender<TerminalEvent>) -> bool {
    let (mut keys, mut found, mut bytes) = (Keys::new(), Vec::new(), [0; READ]);
    loop {
        let mut fds = [PollFd::new(terminal, PollFlags::IN)];
        match poll(&mut fds, keys.patience().map(timespec).as_ref()) {
            Ok(0) => keys.silence(&mut found),
            Ok(_) if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => return true,
            Ok(_) => match rustix::io::read(terminal, &mut bytes) {
                Ok(0) => return true,
                Ok(n) => keys.take(&bytes[..n], &mut found),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return true,
            },
            Err(Errno::INTR) => {}
            Err(_) => return true,
        }
        for typed in found.drain(..) {
            if sender.blocking_send(TerminalEvent::Typed(typed)).is_err() {
                return false;
            }
        }
    }
}
