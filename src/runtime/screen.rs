//! Two buffers and the difference between them, as one synchronised update.
//!
//! Written here rather than with the library's terminal, because a frame goes to a thread that writes
//! it, and because one that changes nothing must write nothing, not even the cursor's state.

use crate::ui::shot::{Ground, Picture, PictureKind};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The screen as it was drawn last, and as it is being drawn.
pub(super) struct Screen {
    shown: Buffer,
    next: Buffer,
    sink: Sink,
    backend: CrosstermBackend<Sink>,
    whole: bool,
}

impl Screen {
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let area = Rect::new(0, 0, columns, rows);
        let sink = Sink::default();
        let backend = CrosstermBackend::new(sink.clone());
        Self { shown: Buffer::empty(area), next: Buffer::empty(area), sink, backend, whole: true }
    }

    /// Draws everything anew next time: what the terminal shows is not known any more.
    pub(super) fn forget(&mut self) {
        self.whole = true;
    }

    /// Takes the terminal's size; another than before means that everything is drawn anew.
    pub(super) fn fit(&mut self, (columns, rows): (u16, u16)) {
        let area = Rect::new(0, 0, columns, rows);
        if area != self.next.area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
            self.whole = true;
        }
    }

    /// A picture of what was drawn last.
    pub(super) fn picture(&self, ground: Ground, title: &str, kind: PictureKind) -> String {
        Picture { buffer: &self.shown, ground, title, framed: false }.draw(kind)
    }

    /// Draws a frame and puts what must be written into `out`; nothing where nothing changed.
    pub(super) fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer), out: &mut Vec<u8>) {
        self.next.reset();
        let area = self.next.area;
        render(area, &mut self.next);
        if self.whole {
            self.shown.reset();
        }
        let changes = self.shown.diff(&self.next);
        if changes.is_empty() && !self.whole {
            return;
        }
        // Terminals that know synchronised updates show the frame at once; others ignore them.
        // Writing into memory does not fail.
        let _ = queue!(self.sink, BeginSynchronizedUpdate);
        if std::mem::take(&mut self.whole) {
            let _ = queue!(self.sink, SetAttribute(Attribute::Reset), Clear(ClearType::All));
        }
        let _ = self.backend.draw(changes.into_iter());
        let _ = queue!(self.sink, EndSynchronizedUpdate);
        out.append(&mut self.sink.0.borrow_mut());
        std::mem::swap(&mut self.shown, &mut self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    /// What a frame holds in these tests: words at places, some wide, some coloured.
    type Words = Vec<(u16, u16, &'static str, u8)>;

    fn render(words: &Words) -> impl FnOnce(Rect, &mut Buffer) {
        move |area, buf| {
            for (x, y, word, colour) in words {
                let (x, y) = (x % area.width, y % area.height);
                buf.set_stringn(x, y, word, usize::from(area.width - x), Style::new().fg(Color::Indexed(*colour)));
            }
        }
    }

    fn frames() -> impl Strategy<Value = Vec<(u16, u16, Words)>> {
        let word = prop_oneof![Just("load"), Just("漢字"), Just("é"), Just("▁▂▃█"), Just(" ")];
        let words = proptest::collection::vec((0u16..60, 0u16..20, word, 0u8..16), 0..20);
        proptest::collection::vec((1u16..60, 1u16..20, words), 1..12)
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let words = vec![(1, 1, "load", 3)];
        let (mut screen, mut out) = (Screen::new(20, 5), Vec::new());
        screen.draw(render(&words), &mut out);
        assert!(out.starts_with(b"\x1b[?2026h") && out.ends_with(b"\x1b[?2026l"), "{}", out.escape_ascii());
        out.clear();
        screen.draw(render(&words), &mut out);
        assert!(out.is_empty(), "{}", out.escape_ascii());
        screen.forget();
        screen.draw(render(&words), &mut out);
        assert!(!out.is_empty());
    }

    proptest! {
        #[test]
        fn any_frames_and_sizes_end_as_the_last_drawn_alone(frames in frames(), forgotten in 0usize..12) {
            let (mut screen, mut out) = (Screen::new(80, 24), Vec::new());
            let mut terminal = vt100::Parser::new(24, 80, 0);
            for (i, (columns, rows, words)) in frames.iter().enumerate() {
                screen.fit((*columns, *rows));
                if i == forgotten {
                    screen.forget();
                }
                terminal.screen_mut().set_size(*rows, *columns);
                out.clear();
                screen.draw(render(words), &mut out);
                terminal.process(&out);
            }
            let (columns, rows, words) = &frames[frames.len() - 1];
            let (mut alone, mut fresh) = (Screen::new(*columns, *rows), Vec::new());
            alone.draw(render(words), &mut fresh);
            let mut other = vt100::Parser::new(*rows, *columns, 0);
            other.process(&fresh);
            // A cell never written and one overwritten with a blank look the same.
            let cell = |t: &vt100::Parser, row, column| {
                let cell = t.screen().cell(row, column).expect("a cell on the screen");
                let text = if cell.contents().is_empty() && !cell.is_wide_continuation() { " ".to_owned() } else { cell.contents().to_owned() };
                let colour = if text == " " { vt100::Color::Default } else { cell.fgcolor() };
                (text, colour, cell.bgcolor())
            };
            for (row, column) in (0..*rows).flat_map(|r| (0..*columns).map(move |c| (r, c))) {
                prop_assert_eq!(cell(&terminal, row, column), cell(&other, row, column), "row {} column {}", row, column);
            }
        }
    }
}
