//! The program in a pseudo-terminal: the promises that every change could break, in a few seconds.
//! `tests/real/suite_pty` tries many more, from outside, on the release binary.

#![expect(clippy::panic, reason = "what does not come in time ends the test with what came instead")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// The end of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// What leaving the screen writes last.
const LEFT: &[u8] = b"\x1b[?1049l";
/// How long anything may take on a machine that also compiles.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program, its terminal, and what it has written.
struct Console {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    bytes: Receiver<Vec<u8>>,
    out: Vec<u8>,
    before: String,
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "this test waits for another process")]
    Instant::now()
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

impl Console {
    /// Starts `command` (the program unless it says otherwise) at 80x24.
    fn start(command: &[&str], environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
        let before = modes(&*pair.master);
        let mut builder = CommandBuilder::new(command.first().unwrap_or(&env!("CARGO_BIN_EXE_bellwether")));
        builder.args(command.iter().skip(1));
        builder.cwd(std::env::temp_dir());
        builder.env("TERM", "xterm-256color");
        // What is kept over a restart is kept apart from what the person at this machine has.
        builder.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
        for (name, value) in environment {
            builder.env(name, value);
        }
        let child = pair.slave.spawn_command(builder).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, bytes) = sync_channel(64);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().expect("a writer");
        Self { master: Some(pair.master), writer: Some(writer), child, bytes, out: Vec::new(), before }
    }

    /// Reads until `mark` has been written.
    fn read_until(&mut self, mark: &[u8]) {
        let until = now() + PATIENCE;
        while !self.out.windows(mark.len()).any(|w| w == mark) {
            match self.bytes.recv_timeout(until.saturating_duration_since(now())) {
                Ok(bytes) => self.out.extend(bytes),
                Err(why) => panic!("{} did not come ({why}): {}", mark.escape_ascii(), self.out.escape_ascii()),
            }
        }
    }

    /// Reads until nothing has come for a moment.
    fn read_all(&mut self) {
        loop {
            match self.bytes.recv_timeout(Duration::from_millis(300)) {
                Ok(bytes) => self.out.extend(bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn send(&mut self, keys: &[u8]) {
        self.writer.as_mut().expect("a writer").write_all(keys).expect("keys are taken");
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|p| Pid::from_raw(i32::try_from(p).ok()?)).expect("a process");
        kill_process(pid, signal).expect("a signal is sent");
    }

    /// The exit code, once it has ended.
    fn code(&mut self) -> u32 {
        self.child.wait().expect("an end").exit_code()
    }

    /// Checks that the terminal is as it was.
    fn assert_restored(&mut self) {
        self.read_until(LEFT);
        for mode in [b"\x1b[?2004l".as_slice(), b"\x1b[?25h", b"\x1b[0m"] {
            assert!(self.out.windows(mode.len()).any(|w| w == mode), "{} was never written", mode.escape_ascii());
        }
        assert_eq!(modes(&**self.master.as_ref().expect("a terminal")), self.before);
    }
}

#[test]
fn the_terminal_is_put_back_on_quit_and_on_signals() {
    let mut console = Console::start(&[], &[]);
    console.read_until(FRAME_END);
    assert_ne!(modes(&**console.master.as_ref().expect("a terminal")), console.before);
    console.send(b"q");
    assert_eq!(console.code(), 0);
    console.assert_restored();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut console = Console::start(&[], &[]);
        console.read_until(FRAME_END);
        console.signal(signal);
        assert_eq!(console.code(), code, "{signal:?}");
        console.assert_restored();
    }
}

#[test]
fn the_terminal_is_put_back_on_a_panic_of_any_thread_and_on_an_error() {
    for (fault, code) in [("panic", 101), ("panic-thread", 101), ("panic-task", 101), ("error", 1)] {
        let mut console = Console::start(&[], &[("BELLWETHER_TEST_FAULT", fault)]);
        assert_eq!(console.code(), code, "{fault}");
        console.assert_restored();
        console.read_until(b"on demand");
    }
}

#[test]
fn a_terminal_that_vanishes_ends_the_program_within_a_second() {
    let program = format!("trap '' HUP; exec {}", env!("CARGO_BIN_EXE_bellwether"));
    for command in [vec![env!("CARGO_BIN_EXE_bellwether")], vec!["/bin/sh", "-c", &program]] {
        let mut console = Console::start(&command, &[]);
        console.read_until(FRAME_END);
        // In the middle of a sequence: nothing may wait for its rest.
        console.send(b"\x1b[");
        let gone = now();
        // The reading thread holds the last copy of the master: it ends with the receiver's next byte.
        console.writer = None;
        console.master = None;
        drop(std::mem::replace(&mut console.bytes, sync_channel(1).1));
        assert_eq!(console.code(), 129, "{command:?}");
        // A frame a second lets the reading thread see that nobody listens.
        assert!(gone.elapsed() < Duration::from_secs(3), "{command:?}: {:?}", gone.elapsed());
    }
}

#[test]
fn many_sizes_leave_a_frame_that_equals_a_fresh_one() {
    let mut console = Console::start(&[], &[]);
    console.read_until(FRAME_END);
    let sizes = (0..200u16).map(|i| (1 + i * 37 % 200, 1 + i * 61 % 500)).chain([(1, 1), (200, 500), (24, 80), (30, 100)]);
    for (rows, cols) in sizes {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        console.master.as_ref().expect("a terminal").resize(size).expect("a size");
    }
    console.read_all();
    let mut screen = vt100::Parser::new(30, 100, 0);
    console.out.clear();
    console.send(b"\x0c");
    console.read_until(FRAME_END);
    screen.process(&console.out);
    let text = screen.screen().contents();
    assert!(text.lines().count() > 20 && text.lines().all(|l| l.chars().count() <= 100), "{text}");
    console.send(b"q");
    assert_eq!(console.code(), 0);
    console.assert_restored();
}

#[test]
fn without_a_terminal_it_says_so() {
    for (term, words) in [("", "TERM is not set"), ("dumb", "\"dumb\" cannot be drawn on")] {
        let mut console = Console::start(&[], &[("TERM", term)]);
        assert_eq!(console.code(), 2);
        console.read_all();
        let said = String::from_utf8_lossy(&console.out).into_owned();
        assert!(said.contains(words) && said.contains("--headless") && !said.contains('\x1b'), "{said}");
    }
}
