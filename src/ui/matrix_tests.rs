//! Every pane at three sizes, in three themes and two languages: what a change of one of these does to the others
//! is seen in review.
//!
//! A pane's file holds each text once for size and language, and below it, for each theme, which style each stretch of
//! a line has: a letter and how many cells; the letters' styles stand at the end. A new pane needs nothing here.

use super::fixture::{Fixture, text};
use super::panes::PANES;
use super::{App, Depth, Language, PageSpec, PaneSpec, RowSpec, Theme, UiSpec};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::fmt::Write as _;

/// A phone, a plain terminal, a laptop.
const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 36)];
/// Dark and light in full colour, and one whose every state must be told without a colour.
const THEMES: [&str; 3] = ["dark", "light", "mono"];

/// What a pane is told to show: some are of one metric.
fn argument(kind: &str) -> &'static str {
    match kind {
        "chart" | "series" | "histogram" | "multiples" | "heatmap" | "top" => "failure_ratio",
        _ => "",
    }
}

fn screen(kind: &'static str, theme: &str, language: Language, (width, height): (u16, u16)) -> Buffer {
    let pane = PaneSpec { kind, argument: argument(kind).into() };
    let page = PageSpec { name: kind.into(), rows: vec![RowSpec { weight: 1, panes: vec![(pane, 1)] }] };
    let spec = UiSpec { theme: theme.into(), no_color: false, language, pages: vec![page], ..UiSpec::default() };
    let theme = Theme::load(theme, Depth::True, false).unwrap();
    let mut app = App::new(&spec, theme, jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    let mut f = Fixture::trouble();
    f.language = language;
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    // Some titles count what was drawn last.
    for _ in 0..2 {
        buf.reset();
        app.render(area, &mut buf, &f.scene());
    }
    buf
}

/// Stretches of equal style, line by line; `known` gathers the styles, a letter for each.
fn styles(buf: &Buffer, known: &mut Vec<Style>) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let style = buf[(x, y)].style();
            let length = (x..buf.area.right()).take_while(|x| buf[(*x, y)].style() == style).count();
            let place = known.iter().position(|s| *s == style).unwrap_or_else(|| {
                known.push(style);
                known.len() - 1
            });
            let letter = letter(place);
            let _ = write!(out, "{letter}{length}");
            x += length as u16;
        }
        out.push('\n');
    }
    out
}

/// Letters only: digits count cells.
fn letter(place: usize) -> char {
    ('a'..='z').chain('A'..='Z').chain('α'..='ω').nth(place).unwrap()
}

fn described(style: Style) -> String {
    let colour = |c: Option<ratatui::style::Color>| c.map_or_else(|| "-".to_owned(), |c| c.to_string());
    format!("{} on {} {:?}", colour(style.fg), colour(style.bg), style.add_modifier)
}

#[test]
fn every_pane_at_every_size_in_every_theme_and_language() {
    for kind in PANES {
        let (mut out, mut known) = (String::new(), THEMES.map(|_| Vec::new()));
        for language in [Language::English, Language::Chinese] {
            for size in SIZES {
                let shown = screen(kind.name, THEMES[0], language, size);
                let _ = writeln!(out, "=== {language:?} {}x{}\n{}", size.0, size.1, text(&shown));
                for (theme, known) in THEMES.into_iter().zip(&mut known) {
                    let buf = screen(kind.name, theme, language, size);
                    if theme != "mono" {
                        assert_eq!(text(&buf), text(&shown), "{} says something else in {theme}", kind.name);
                    }
                    let _ = writeln!(out, "--- {theme}\n{}", styles(&buf, known));
                }
            }
        }
        for (theme, known) in THEMES.into_iter().zip(&known) {
            for (place, style) in known.iter().enumerate() {
                let _ = writeln!(out, "{theme} {} = {}", letter(place), described(*style));
            }
        }
        insta::assert_snapshot!(format!("matrix_{}", kind.name), out);
    }
}
