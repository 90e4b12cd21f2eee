//! The terminal: modes on and off, keys in, and its disappearance noticed.
//!
//! Whatever was switched on is switched off by one guarded function, on return, error, panic and
//! signal. The input thread sleeps in `poll(2)` on the terminal itself, so that a terminal that
//! vanishes is noticed also where SIGHUP is ignored, and nothing spins.

use super::writer::wait_until_writable;
use crate::ui::{Key, KeyCode};
use crossterm::event::{Event, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Alternate screen, hidden cursor, bracketed paste.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h";
/// Ends what a cut-off frame may have left open, then undoes [`ENTER`].
const LEAVE: &[u8] = b"\x18\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Keys that wait for the loop; a paste of a megabyte waits in the terminal instead.
const KEYS_WAITING: usize = 256;
/// How long the loop has to end by itself once the terminal is gone.
const GRACE: Duration = Duration::from_millis(700);

static ENTERED: AtomicBool = AtomicBool::new(false);

/// What comes in from the terminal.
#[derive(Debug)]
pub(super) enum TerminalEvent {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// Its size may have changed.
    Resize,
    /// It is gone.
    Gone,
}

/// Why there is no console.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoTerminal {
    /// Standard output is no terminal.
    #[error("standard output is no terminal; use --headless for a run without a screen")]
    NotATerminal,
    /// TERM says that it cannot be drawn on.
    #[error("TERM={0:?} cannot be drawn on; set TERM (for instance xterm-256color), or use --headless")]
    Dumb(String),
    /// The system refused.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

/// Checks that a console can be shown here.
pub(super) fn check() -> Result<(), NoTerminal> {
    if !std::io::stdout().is_terminal() {
        return Err(NoTerminal::NotATerminal);
    }
    #[expect(clippy::disallowed_methods, reason = "the terminal's kind stands in the environment")]
    let term = std::env::var("TERM").unwrap_or_default();
    if term.is_empty() || term == "dumb" { Err(NoTerminal::Dumb(term)) } else { Ok(()) }
}

/// A handle on the terminal for output.
pub(super) fn output() -> std::io::Result<File> {
    Ok(File::from(std::io::stdout().as_fd().try_clone_to_owned()?))
}

/// The descriptor keys come from: standard input, or the controlling terminal where that is piped.
fn input() -> std::io::Result<OwnedFd> {
    if std::io::stdin().is_terminal() {
        return std::io::stdin().as_fd().try_clone_to_owned();
    }
    Ok(std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?.into())
}

/// Switches to the console's screen.
pub(super) fn enter() -> std::io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = output()?;
    out.write_all(ENTER)
}

/// Switches back, once; does nothing where nothing is switched on. Never blocks for long.
pub(super) fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    if let Ok(mut out) = output()
        && wait_until_writable(&out, Duration::from_millis(100))
    {
        let _ = out.write_all(LEAVE);
    }
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Leaves the console's screen whenever the thread that holds it ends, also by panic.
pub(super) struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Makes a panic of any thread leave the screen before its message is printed.
pub(super) fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        leave();
        before(info);
    }));
}

/// The size in columns and rows.
pub(super) fn size() -> (u16, u16) {
    rustix::termios::tcgetwinsize(std::io::stdout()).map_or((80, 24), |s| (s.ws_col, s.ws_row))
}

/// Starts the thread that reads keys.
pub(super) fn read_keys() -> std::io::Result<mpsc::Receiver<TerminalEvent>> {
    let (sender, receiver) = mpsc::channel(KEYS_WAITING);
    let terminal = input()?;
    std::thread::Builder::new().name("terminal-in".into()).spawn(move || {
        if watch(&terminal, &sender) {
            let _ = sender.blocking_send(TerminalEvent::Gone);
            // The loop ends by itself; where it cannot, the process does not stay behind.
            let (_keep, never) = std::sync::mpsc::sync_channel::<()>(1);
            let _ = never.recv_timeout(GRACE);
            std::process::exit(129);
        }
    })?;
    Ok(receiver)
}

/// Reads until the terminal is gone (`true`) or nobody listens (`false`).
fn watch(terminal: &OwnedFd, sender: &mpsc::Sender<TerminalEvent>) -> bool {
    loop {
        let mut fds = [PollFd::new(terminal, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return true,
        }
        if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return true;
        }
        while matches!(crossterm::event::poll(Duration::ZERO), Ok(true)) {
            let Ok(event) = crossterm::event::read() else { return true };
            let Some(event) = translate(event) else { continue };
            if sender.blocking_send(event).is_err() {
                return false;
            }
        }
    }
}

fn translate(event: Event) -> Option<TerminalEvent> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => translate_key(key).map(TerminalEvent::Key),
        Event::Paste(text) => Some(TerminalEvent::Paste(text)),
        Event::Resize(..) => Some(TerminalEvent::Resize),
        _ => None,
    }
}

fn translate_key(key: KeyEvent) -> Option<Key> {
    use crossterm::event::KeyCode as K;
    let code = match key.code {
        K::Char(c) => KeyCode::Char(c),
        K::Enter => KeyCode::Enter,
        K::Esc => KeyCode::Esc,
        K::Tab => KeyCode::Tab,
        K::BackTab => KeyCode::BackTab,
        K::Backspace => KeyCode::Backspace,
        K::Delete => KeyCode::Delete,
        K::Up => KeyCode::Up,
        K::Down => KeyCode::Down,
        K::Left => KeyCode::Left,
        K::Right => KeyCode::Right,
        K::PageUp => KeyCode::PageUp,
        K::PageDown => KeyCode::PageDown,
        K::Home => KeyCode::Home,
        K::End => KeyCode::End,
        K::F(n) => KeyCode::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl: key.modifiers.contains(KeyModifiers::CONTROL), alt: key.modifiers.contains(KeyModifiers::ALT) })
}
