//! A screen as SVG that looks the same in every browser, whatever its fonts are.
//!
//! Letters stand in runs whose length is given, so that a font that is too wide or too narrow is fitted;
//! wide letters and signs stand in the middle of their cells, one by one. What must join is a path, one for
//! each colour, because pieces of one path show no seams. A picture holds no script, no link, no style sheet.

use super::cells::{Ink, row};
use super::picture::Picture;
use super::shapes::{HEIGHT, Shapes, Short, WIDTH, shade};
use crate::ui::palette::Rgb;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Size of letters: a letter's usual share of 0.6 makes them as wide as a cell.
const LETTER: f64 = 15.0;
/// From the top of a cell to the foot of its letters.
const FOOT: f64 = 13.5;
/// Around the cells.
const MARGIN: f64 = 10.0;
/// Height of a window's bar.
const BAR: f64 = 30.0;
/// Fonts, the first that is there; the last ones have Chinese letters.
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono',monospace,'Noto Sans CJK SC'";

/// Draws it. Writing into text does not fail.
pub(super) fn draw(picture: &Picture<'_>) -> String {
    let area = picture.buffer.area;
    let top = if picture.framed { BAR } else { 0.0 };
    let (width, height) = (f64::from(area.width) * WIDTH, f64::from(area.height) * HEIGHT);
    let (outer_width, outer_height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN + top);
    let ground = picture.ground.background;
    let title = escaped(picture.title);
    let mut out = String::new();
    let (w, h) = (Short(outer_width), Short(outer_height));
    let _ = write!(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">");
    let _ = writeln!(out, "<title>{title}</title>");
    let _ = writeln!(out, "<rect width=\"{w}\" height=\"{h}\" rx=\"8\" fill=\"{ground}\"/>");
    if picture.framed {
        window(picture, outer_width, &title, &mut out);
    }
    let _ = writeln!(
        out,
        "<g transform=\"translate({} {})\" font-family=\"{FONTS}\" font-size=\"{}\">",
        Short(MARGIN),
        Short(MARGIN + top),
        Short(LETTER)
    );
    let mut layers = Layers::default();
    for (line, y) in (area.top()..area.bottom()).enumerate() {
        layers.row(picture, y, line as f64 * HEIGHT);
    }
    layers.write(&mut out);
    out.push_str("</g>\n</svg>\n");
    out
}

/// The frame of a window: a bar with three buttons and the title.
fn window(picture: &Picture<'_>, width: f64, title: &str, out: &mut String) {
    let ground = picture.ground;
    let bar = ground.background.mixed(ground.text, 0.12);
    let (w, h, middle) = (Short(width), Short(BAR), Short(BAR / 2.0));
    let _ = writeln!(out, "<path d=\"M0 {h}V8a8 8 0 0 1 8-8H{}a8 8 0 0 1 8 8V{h}z\" fill=\"{bar}\"/>", Short(width - 8.0));
    let button = bar.mixed(ground.text, 0.3);
    for i in 0..3 {
        let _ = write!(out, "<circle cx=\"{}\" cy=\"{middle}\" r=\"5.5\" fill=\"{button}\"/>", 20 + 18 * i);
    }
    let text = ground.text.mixed(ground.background, 0.3);
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" font-family=\"ui-sans-serif,system-ui,sans-serif\" font-size=\"13\" text-anchor=\"middle\" fill=\"{text}\">{title}</text>",
        Short(width / 2.0),
        Short(BAR / 2.0 + 4.5),
    );
    let _ = writeln!(out, "<path d=\"M0 {h}H{w}\" stroke=\"{}\"/>", bar.mixed(ground.text, 0.1));
}

/// What lies over what: backgrounds, shapes, letters.
#[derive(Default)]
struct Layers {
    backgrounds: BTreeMap<Rgb, String>,
    shapes: BTreeMap<Rgb, Shapes>,
    letters: String,
    run: Run,
}

/// Letters that follow each other in one ink.
#[derive(Default)]
struct Run {
    text: String,
    ink: Option<Ink>,
    x: u16,
    cells: u16,
    y: f64,
}

impl Layers {
    fn row(&mut self, picture: &Picture<'_>, line: u16, y: f64) {
        let mut behind: Option<(Rgb, u16, u16)> = None;
        for (x, width, cell) in row(picture.buffer, line) {
            let ink = Ink::of(cell, picture.ground);
            match &mut behind {
                Some((bg, _, cells)) if *bg == ink.bg => *cells += width,
                _ => {
                    self.background(behind, picture, y);
                    behind = Some((ink.bg, x, width));
                }
            }
            self.cell(cell.symbol(), ink, (x, width), y);
        }
        self.background(behind, picture, y);
        self.flush();
    }

    fn background(&mut self, stretch: Option<(Rgb, u16, u16)>, picture: &Picture<'_>, y: f64) {
        let Some((bg, x, cells)) = stretch.filter(|(bg, ..)| *bg != picture.ground.background) else { return };
        let (x, width) = (Short(f64::from(x) * WIDTH), Short(f64::from(cells) * WIDTH));
        let _ = write!(self.backgrounds.entry(bg).or_default(), "M{x} {}h{width}v{}h-{width}z", Short(y), Short(HEIGHT));
    }

    fn cell(&mut self, symbol: &str, ink: Ink, (x, width): (u16, u16), y: f64) {
        let (left, wide) = (f64::from(x) * WIDTH, f64::from(width) * WIDTH);
        if ink.underlined {
            self.shapes.entry(ink.fg).or_default().rule(left, y + FOOT + 2.0, wide);
        }
        if ink.struck {
            self.shapes.entry(ink.fg).or_default().rule(left, y + 9.5, wide);
        }
        let mut chars = symbol.chars();
        let (first, alone) = (chars.next().unwrap_or(' '), chars.next().is_none());
        if alone && first != ' ' && !first.is_ascii() && width == 1 {
            let fg = shade(first).map_or(ink.fg, |share| ink.fg.mixed(ink.bg, share));
            // An entry that stays empty is not written.
            if self.shapes.entry(fg).or_default().draw(first, left, y) {
                self.flush();
                return;
            }
        }
        let letter = width == 1 && alone && (first.is_ascii() || first.is_alphanumeric());
        if !letter {
            self.flush();
            self.alone(symbol, ink, left + wide / 2.0, y);
            return;
        }
        let run = &mut self.run;
        let goes_on = run.ink.is_some_and(|i| same_letters(i, ink)) && !(first == ' ' && run.text.ends_with(' '));
        if !goes_on {
            self.flush();
            if first == ' ' {
                return;
            }
            self.run = Run { text: String::new(), ink: Some(ink), x, cells: 0, y };
        }
        self.run.text.push(first);
        self.run.cells += 1;
    }

    /// A letter in the middle of its cells, whatever font it comes from.
    fn alone(&mut self, symbol: &str, ink: Ink, middle: f64, y: f64) {
        let (x, y) = (Short(middle), Short(y + FOOT));
        let _ = writeln!(
            self.letters,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{}\"{}>{}</text>",
            ink.fg,
            weight(ink),
            escaped(symbol)
        );
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let text = run.text.trim_end();
        let Some(ink) = run.ink.filter(|_| !text.is_empty()) else { return };
        let cells = run.cells - (run.text.len() - text.len()) as u16;
        let (x, y, length) = (Short(f64::from(run.x) * WIDTH), Short(run.y + FOOT), Short(f64::from(cells) * WIDTH));
        // One letter has no distances that could be fitted.
        let length = if cells > 1 { format!(" textLength=\"{length}\"") } else { String::new() };
        let _ = writeln!(self.letters, "<text x=\"{x}\" y=\"{y}\"{length} fill=\"{}\"{}>{}</text>", ink.fg, weight(ink), escaped(text));
    }

    fn write(self, out: &mut String) {
        for (colour, path) in self.backgrounds {
            let _ = writeln!(out, "<path fill=\"{colour}\" d=\"{path}\"/>");
        }
        for (colour, shapes) in self.shapes {
            if !shapes.fill.is_empty() {
                let _ = writeln!(out, "<path fill=\"{colour}\" d=\"{}\"/>", shapes.fill);
            }
            if !shapes.line.is_empty() {
                let _ = writeln!(out, "<path fill=\"none\" stroke=\"{colour}\" d=\"{}\"/>", shapes.line);
            }
            if !shapes.dots.is_empty() {
                let _ = writeln!(
                    out,
                    "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.6\" stroke-linecap=\"round\" d=\"{}\"/>",
                    shapes.dots
                );
            }
        }
        out.push_str(&self.letters);
    }
}

/// Whether letters in both inks can stand in one run: what is behind them does not matter.
fn same_letters(a: Ink, b: Ink) -> bool {
    (a.fg, a.bold, a.italic) == (b.fg, b.bold, b.italic)
}

fn weight(ink: Ink) -> &'static str {
    match (ink.bold, ink.italic) {
        (false, false) => "",
        (true, false) => " font-weight=\"bold\"",
        (false, true) => " font-style=\"italic\"",
        (true, true) => " font-weight=\"bold\" font-style=\"italic\"",
    }
}

/// Text as XML bears it; what it cannot hold at all becomes a blank.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::cells::Ground;
    use super::*;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier, Style};

    fn svg(buffer: &Buffer, framed: bool) -> String {
        draw(&Picture { buffer, ground: Ground::DARK, title: "a <b> & \"c\"", framed })
    }

    #[test]
    fn runs_have_their_length_and_wide_letters_their_middle() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 1));
        buffer.set_stringn(0, 0, "lag <5  支 p99", 30, Style::new().fg(Color::Rgb(1, 2, 3)));
        let drawn = svg(&buffer, false);
        let letters: Vec<&str> = drawn.lines().filter(|l| l.starts_with("<text")).collect();
        assert_eq!(
            letters,
            [
                "<text x=\"0\" y=\"13.5\" textLength=\"54\" fill=\"#010203\">lag &lt;5</text>",
                "<text x=\"81\" y=\"13.5\" text-anchor=\"middle\" fill=\"#010203\">支</text>",
                "<text x=\"99\" y=\"13.5\" textLength=\"27\" fill=\"#010203\">p99</text>",
            ]
        );
        assert!(drawn.contains("<title>a &lt;b&gt; &amp; &quot;c&quot;</title>"), "{drawn}");
    }

    #[test]
    fn backgrounds_lie_under_what_stands_on_them() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        buffer.set_stringn(0, 0, "ab▒█", 4, Style::new().fg(Color::Rgb(200, 0, 0)).bg(Color::Rgb(0, 0, 200)).add_modifier(Modifier::BOLD));
        let drawn = svg(&buffer, true);
        let at = |what: &str| drawn.find(what).unwrap_or_else(|| panic!("{what} in {drawn}"));
        assert!(at("fill=\"#0000c8\" d=\"M0 0h36v18h-36z\"") < at("<path fill=\"#c80000\" d=\"M27 0h9v18h-9z\""));
        assert!(at("<path fill=\"#640064\"") < at("font-weight=\"bold\">ab<"));
        assert_eq!(drawn.matches("<circle").count(), 3);
    }

    proptest! {
        #[test]
        fn any_screen_is_well_formed(words in proptest::collection::vec((0u16..40, 0u16..6, ".{0,12}"), 0..12)) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 6));
            for (x, y, word) in &words {
                buffer.set_stringn(*x, *y, word, usize::from(40 - x), Style::new());
            }
            let drawn = svg(&buffer, true);
            let (open, close) = (drawn.matches("<text").count(), drawn.matches("</text>").count());
            prop_assert_eq!(open, close);
            prop_assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
            let bare = drawn.split('<').skip(1).all(|part| part.contains('>') && part.matches('>').count() == 1);
            prop_assert!(bare, "{}", drawn);
        }
    }
}
