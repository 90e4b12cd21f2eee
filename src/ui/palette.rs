//! Colours as numbers: reading `#rrggbb`, finding the nearest of 256, and the contrast of two.
//!
//! A terminal that shows millions of colours still gets a palette entry where one is exactly the
//! colour asked for: its escape sequence is half as long, and greys are written all the time.

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Red, green and blue, eight bits each.
    #[default]
    True,
    /// The 256 of xterm.
    Palette,
    /// The sixteen the user's own settings define.
    Ansi,
    /// None: bold, underlined and reversed text at most.
    Mono,
}

/// Kinds of terminals that have no colours.
const MONO: [&str; 8] = ["dumb", "vt52", "vt100", "vt102", "vt220", "vt320", "xterm-mono", "wy60"];

impl Depth {
    /// The depth that the values of `COLORTERM` and `TERM` promise.
    pub fn promised(colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        if matches!(colorterm, Some("truecolor" | "24bit")) || term.contains("direct") {
            Self::True
        } else if term.contains("256color") || matches!(colorterm, Some(c) if !c.is_empty()) {
            Self::Palette
        } else if MONO.iter().any(|kind| term == *kind || term.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))) {
            Self::Mono
        } else {
            Self::Ansi
        }
    }
}

/// A colour by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The steps of each part in the 6×6×6 cube of the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// The words of the sixteen colours, in their order; `default` stands for the terminal's own.
const ANSI: [(&str, Color); 17] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
    ("default", Color::Reset),
];

/// The sixteen as a picture shows them, where no terminal can be asked: near to what terminals ship with, and readable on dark and light.
const SIXTEEN: [Rgb; 16] = [
    Rgb(0x0c, 0x0c, 0x0c),
    Rgb(0xc5, 0x0f, 0x1f),
    Rgb(0x13, 0xa1, 0x0e),
    Rgb(0xc1, 0x9c, 0x00),
    Rgb(0x3b, 0x78, 0xff),
    Rgb(0xb0, 0x3a, 0xb8),
    Rgb(0x3a, 0x96, 0xdd),
    Rgb(0xcc, 0xcc, 0xcc),
    Rgb(0x86, 0x86, 0x86),
    Rgb(0xff, 0x5f, 0x66),
    Rgb(0x16, 0xc6, 0x0c),
    Rgb(0xf9, 0xf1, 0xa5),
    Rgb(0x7a, 0xa6, 0xff),
    Rgb(0xe0, 0x7a, 0xe0),
    Rgb(0x61, 0xd6, 0xd6),
    Rgb(0xf2, 0xf2, 0xf2),
];

/// The place of one of the sixteen among them.
pub fn index_of(colour: Color) -> Option<u8> {
    let named = &ANSI[..SIXTEEN.len()];
    named.iter().position(|(_, known)| *known == colour).and_then(|at| u8::try_from(at).ok())
}

/// The colour of one of the sixteen by its word.
pub fn ansi(word: &str) -> Option<Color> {
    ANSI.iter().find(|(name, _)| *name == word).map(|(_, colour)| *colour)
}

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// The parts of a colour a theme was given; `None` for the sixteen whose look is the user's own.
    pub fn of(colour: Color) -> Option<Self> {
        match colour {
            Color::Rgb(r, g, b) => Some(Self(r, g, b)),
            Color::Indexed(index @ 16..) => Some(Self::of_index(index)),
            _ => None,
        }
    }

    /// As the terminal is told, at `depth`. At sixteen colours themes name the colour themselves.
    pub fn at(self, depth: Depth) -> Color {
        let (index, nearest) = self.nearest();
        if depth == Depth::Palette || nearest == self { Color::Indexed(index) } else { Color::Rgb(self.0, self.1, self.2) }
    }

    /// The nearest entry of the 256, without the first sixteen, which users redefine.
    pub fn nearest(self) -> (u8, Self) {
        (16..=255).map(|i| (i, Self::of_index(i))).min_by_key(|(_, c)| self.distance(*c)).unwrap_or((16, Self(0, 0, 0)))
    }

    /// The colour a cell was given, as a picture shows it; `None`: the terminal's own.
    pub fn of_colour(colour: Color) -> Option<Self> {
        match colour {
            Color::Reset => None,
            Color::Rgb(r, g, b) => Some(Self(r, g, b)),
            Color::Indexed(index) => Some(Self::of_index(index)),
            named => index_of(named).map(Self::of_index),
        }
    }

    /// This colour with `share` of `other` in it.
    pub fn mixed(self, other: Self, share: f64) -> Self {
        let part = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round().clamp(0.0, 255.0) as u8;
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    fn of_index(index: u8) -> Self {
        if let Some(colour) = SIXTEEN.get(usize::from(index)) {
            return *colour;
        }
        if index >= 232 {
            let grey = 8 + 10 * (index - 232);
            return Self(grey, grey, grey);
        }
        let i = usize::from(index.saturating_sub(16));
        Self(CUBE[i / 36 % 6], CUBE[i / 6 % 6], CUBE[i % 6])
    }

    fn distance(self, other: Self) -> u32 {
        let part = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        part(self.0, other.0) * 2 + part(self.1, other.1) * 4 + part(self.2, other.2) * 3
    }

    /// Relative luminance, as WCAG 2 defines it.
    fn luminance(self) -> f64 {
        let part = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(self.0) + 0.7152 * part(self.1) + 0.0722 * part(self.2)
    }

    /// Whether dark text is read better on it than light text.
    pub fn is_light(self) -> bool {
        self.contrast(Self(0, 0, 0)) > self.contrast(Self(255, 255, 255))
    }

    /// The contrast of two colours, 1…21, as WCAG 2 defines it.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_bad_ones_refused() {
        assert_eq!(Rgb::parse("#e69f00"), Some(Rgb(230, 159, 0)));
        for bad in ["e69f00", "#e69f0", "#e69f0g", "#é9f00", ""] {
            assert_eq!(Rgb::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn palette_entries_are_written_short_at_every_depth() {
        assert_eq!(Rgb(0x12, 0x12, 0x12).at(Depth::True), Color::Indexed(233));
        assert_eq!(Rgb(230, 159, 0).at(Depth::True), Color::Rgb(230, 159, 0));
        assert_eq!(Rgb(230, 159, 0).at(Depth::Palette), Color::Indexed(178));
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((Rgb(119, 119, 119).contrast(Rgb(255, 255, 255)) - 4.48).abs() < 0.01);
    }

    #[test]
    fn terminals_promise_their_depth() {
        assert_eq!(Depth::promised(Some("truecolor"), Some("xterm")), Depth::True);
        assert_eq!(Depth::promised(None, Some("tmux-256color")), Depth::Palette);
        assert_eq!(Depth::promised(None, Some("linux")), Depth::Ansi);
        assert_eq!(Depth::promised(None, None), Depth::Ansi);
        for kind in ["vt100", "vt220-w", "dumb"] {
            assert_eq!(Depth::promised(None, Some(kind)), Depth::Mono, "{kind}");
        }
        assert_eq!(Depth::promised(None, Some("vt525")), Depth::Ansi);
    }
}
