//! What a picture is made of, and which kinds of files there are. The shell hands over a buffer that was drawn.

use super::cells::Ground;
use super::{ansi, svg, text};
use ratatui::buffer::Buffer;

/// A kind of file a picture can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureKind {
    /// A drawing that every browser shows.
    Svg,
    /// The letters alone.
    #[default]
    Text,
    /// The letters with the colour sequences of terminals: `cat` shows it.
    Ansi,
}

/// Each kind with the endings of its files.
const ENDINGS: [(&str, PictureKind); 4] =
    [("svg", PictureKind::Svg), ("txt", PictureKind::Text), ("ansi", PictureKind::Ansi), ("ans", PictureKind::Ansi)];

impl PictureKind {
    /// The kind a file's name asks for by its ending; `-` is text on standard output.
    ///
    /// # Errors
    /// Names the endings there are.
    pub fn of_file(name: &str) -> Result<Self, String> {
        if name == "-" {
            return Ok(Self::Text);
        }
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let found = ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind);
        found.ok_or_else(|| format!("{name:?} is no picture: its name must end in .svg, .txt, .ansi or .ans, or be -"))
    }
}

/// A screen to be made into a picture.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What was drawn.
    pub buffer: &'a Buffer,
    /// What shows where no colour is set.
    pub ground: Ground,
    /// What the picture is called: for readers that cannot see it, and in the frame.
    pub title: &'a str,
    /// With the frame of a window around it.
    pub framed: bool,
}

impl Picture<'_> {
    /// The picture as a file of `kind`.
    pub fn draw(&self, kind: PictureKind) -> String {
        match kind {
            PictureKind::Svg => svg::draw(self),
            PictureKind::Text => text::draw(self.buffer),
            PictureKind::Ansi => ansi::draw(self.buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_kind() {
        for (name, kind) in
            [("a.svg", PictureKind::Svg), ("x/a.b.TXT", PictureKind::Text), ("-", PictureKind::Text), ("n.ans", PictureKind::Ansi)]
        {
            assert_eq!(PictureKind::of_file(name), Ok(kind), "{name}");
        }
        for name in ["", "svg", "a.png", "a.svg.gz", "."] {
            assert!(PictureKind::of_file(name).unwrap_err().contains(".svg, .txt"), "{name}");
        }
    }
}
