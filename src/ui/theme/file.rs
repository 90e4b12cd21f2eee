//! A theme as a file says it: roles with colours and attributes, and the colours of series.

use super::role::{ROLES, Role, SERIES_COLOURS, plain_modifier};
use crate::ui::clusters;
use crate::ui::palette::{Depth, Rgb, ansi};
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// None: the terminal's own, and then only the sixteen colours are used.
    pub background: Option<String>,
    pub roles: BTreeMap<String, Entry>,
    pub series: SeriesColours,
}

/// The style of one role in a theme file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    pub fg: Option<String>,
    pub bg: Option<String>,
    pub ansi: Option<String>,
    pub bold: bool,
    pub underlined: bool,
}

/// The colours of series in a theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesColours {
    #[serde(default)]
    pub colours: Vec<String>,
    pub ansi: Vec<String>,
}

/// Styles by role.
pub(super) type Styles = BTreeMap<Role, Style>;

impl File {
    /// Reads the text of one; a fault has its line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e: toml::de::Error| {
            let line = e.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
            line.map_or_else(|| e.message().to_owned(), |line| format!("line {line}: {}", e.message()))
        })
    }

    /// The style of the whole screen and of each role at `depth`.
    pub(super) fn styles(&self, depth: Depth) -> Result<(Style, Styles), String> {
        let background = self.background.as_deref().map(rgb).transpose()?;
        // Without a background of its own a theme cannot know what its colours would stand on.
        let depth = if background.is_none() { Depth::Ansi } else { depth };
        let mut styles = BTreeMap::new();
        for (word, role) in ROLES {
            let entry = self.roles.get(word).ok_or_else(|| format!("role {word:?} is missing"))?;
            styles.insert(role, entry.style(role, depth)?);
        }
        if let Some(word) = self.roles.keys().find(|w| !ROLES.iter().any(|(known, _)| known == w)) {
            return Err(format!("there is no role {word:?}"));
        }
        for i in 0..SERIES_COLOURS {
            let at = usize::from(i);
            let word = self.series.ansi.get(at).ok_or("six series colours are needed")?;
            let colour = self.series.colours.get(at).cloned();
            if colour.is_none() && background.is_some() {
                return Err("six series colours are needed".to_owned());
            }
            let entry = Entry { fg: colour, ansi: Some(word.clone()), ..Entry::default() };
            styles.insert(Role::Series(i), entry.style(Role::Series(i), depth)?);
        }
        if depth != Depth::Mono {
            styles.extend(clusters::styles(background.unwrap_or(Rgb(0, 0, 0)), depth));
        }
        let text = styles.get(&Role::Text).copied().unwrap_or_default();
        // With sixteen colours the background is the user's own, which we do not know the look of.
        let base = background.filter(|_| depth != Depth::Ansi).map_or(text, |b| text.bg(b.at(depth)));
        Ok((base, styles))
    }
}

impl Entry {
    fn style(&self, role: Role, depth: Depth) -> Result<Style, String> {
        let mut style = Style::new();
        if depth == Depth::Ansi {
            let word = self.ansi.as_deref().unwrap_or("default");
            let colour = ansi(word).ok_or_else(|| format!("{word:?} is none of the sixteen colours"))?;
            if colour != Color::Reset {
                style = style.fg(colour);
            }
            // A background of our own would meet a text colour we do not know.
            // The header's words have colours of their own, which would become as many backgrounds.
            if role != Role::Header {
                style = style.add_modifier(plain_modifier(role) & Modifier::REVERSED);
            }
        } else {
            if let Some(fg) = &self.fg {
                style = style.fg(rgb(fg)?.at(depth));
            }
            if let Some(bg) = &self.bg {
                style = style.bg(rgb(bg)?.at(depth));
            }
        }
        let attributes = [(self.bold, Modifier::BOLD), (self.underlined, Modifier::UNDERLINED)];
        Ok(attributes.into_iter().filter(|(on, _)| *on).fold(style, |style, (_, attribute)| style.add_modifier(attribute)))
    }
}

/// Reads `#rrggbb`.
pub(super) fn rgb(text: &str) -> Result<Rgb, String> {
    Rgb::parse(text).ok_or_else(|| format!("{text:?} is no colour; write #rrggbb"))
}
