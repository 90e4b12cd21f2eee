//! Colours by role: panes name roles, themes give them colours.

use super::palette::{Depth, Rgb, ansi};
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Every theme: its name and its file. A new theme is one file and one line here.
const THEMES: &[(&str, &str)] = &[("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];
/// Colours of series in one chart: more lines than that cannot be told apart.
pub const SERIES_COLOURS: u8 = 6;

/// What a colour means. Severity and state never stand by colour alone: each has a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text of less weight: labels, ages, quiet values.
    Dim,
    /// Frames and axes.
    Frame,
    /// Focus, selection, the current value.
    Accent,
    /// The selected row.
    Selection,
    /// Within its band, fresh.
    Ok,
    /// Not judged yet.
    Learning,
    /// Condition holds, not long enough.
    Pending,
    /// Firing, warning.
    Warning,
    /// Firing, critical.
    Critical,
    /// No data, source down.
    Stale,
    /// Muted or acknowledged.
    Muted,
    /// The expected band of a chart.
    Band,
    /// The first to sixth series of a chart.
    Series(u8),
    /// What belongs to a cluster with the colour of this number.
    Cluster(u8),
    /// The header line.
    Header,
    /// The key bar.
    Bar,
}

impl Role {
    /// Its sign, and the sign's ASCII form.
    pub const fn sign(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Ok, false) => "○",
            (Self::Ok, true) => ".",
            (Self::Learning, false) => "◌",
            (Self::Learning, true) => "~",
            (Self::Pending, false) => "◐",
            (Self::Pending, true) => "-",
            (Self::Warning, false) => "●",
            (Self::Warning, true) => "!",
            (Self::Critical, false) => "◆",
            (Self::Critical, true) => "!!",
            (Self::Stale, _) => "?",
            (Self::Muted, _) => "z",
            _ => " ",
        }
    }
}

/// The roles a theme file names, each with its word.
const ROLES: [(&str, Role); 15] = [
    ("text", Role::Text),
    ("dim", Role::Dim),
    ("frame", Role::Frame),
    ("accent", Role::Accent),
    ("selection", Role::Selection),
    ("ok", Role::Ok),
    ("learning", Role::Learning),
    ("pending", Role::Pending),
    ("warning", Role::Warning),
    ("critical", Role::Critical),
    ("stale", Role::Stale),
    ("muted", Role::Muted),
    ("band", Role::Band),
    ("header", Role::Header),
    ("bar", Role::Bar),
];

/// A theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    background: String,
    roles: BTreeMap<String, Entry>,
    series: SeriesColours,
}

/// The style of one role in a theme file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    ansi: Option<String>,
    bold: bool,
}

/// The colours of series in a theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesColours {
    colours: Vec<String>,
    ansi: Vec<String>,
}

/// Why a theme cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No theme has this name.
    #[error("no theme is called {name:?}; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A theme's file is not as it should be.
    #[error("theme {name:?}: {what}")]
    Broken {
        /// The theme's name.
        name: String,
        /// What is wrong.
        what: String,
    },
}

/// A theme: a style for each role.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    base: Style,
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// The names of all themes, in the order they are listed.
    pub fn names() -> impl Iterator<Item = &'static str> {
        THEMES.iter().map(|(name, _)| *name)
    }

    /// No colours: bold, reverse and underline only, as `NO_COLOR` asks for.
    pub fn plain() -> Self {
        let styles = ROLES.iter().map(|(_, role)| (*role, Style::new().add_modifier(plain_modifier(*role)))).collect();
        Self { name: "plain".to_owned(), base: Style::new(), styles }
    }

    /// The theme called `name`, in colours a terminal of `depth` shows; without any colour for `no_color`.
    ///
    /// # Errors
    /// Names the themes there are where none has this name.
    pub fn load(name: &str, depth: Depth, no_color: bool) -> Result<Self, ThemeError> {
        let known = || Self::names().collect::<Vec<_>>().join(", ");
        let text = THEMES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
        let text = text.ok_or_else(|| ThemeError::Unknown { name: name.to_owned(), known: known() })?;
        if no_color {
            return Ok(Self { name: name.to_owned(), ..Self::plain() });
        }
        Self::read(name, text, depth).map_err(|what| ThemeError::Broken { name: name.to_owned(), what })
    }

    fn read(name: &str, text: &str, depth: Depth) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        let background = rgb(&file.background)?;
        let mut styles = BTreeMap::new();
        for (word, role) in ROLES {
            let entry = file.roles.get(word).ok_or_else(|| format!("role {word:?} is missing"))?;
            styles.insert(role, entry.style(role, depth)?);
        }
        if let Some(word) = file.roles.keys().find(|w| !ROLES.iter().any(|(known, _)| known == w)) {
            return Err(format!("there is no role {word:?}"));
        }
        for i in 0..SERIES_COLOURS {
            let at = usize::from(i);
            let (colour, word) = file.series.colours.get(at).zip(file.series.ansi.get(at)).ok_or("six series colours are needed")?;
            let entry = Entry { fg: Some(colour.clone()), ansi: Some(word.clone()), ..Entry::default() };
            styles.insert(Role::Series(i), entry.style(Role::Series(i), depth)?);
        }
        styles.extend(super::clusters::styles(background, depth));
        let text = styles.get(&Role::Text).copied().unwrap_or_default();
        // With sixteen colours the background is the user's own, which we do not know the look of.
        let base = if depth == Depth::Ansi { text } else { text.bg(background.at(depth)) };
        Ok(Self { name: name.to_owned(), base, styles })
    }

    /// What the whole screen is filled with before anything is drawn: text on the theme's background.
    /// Painted, so that a light theme can be read on a dark terminal and a dark one on a light.
    pub fn base(&self) -> Style {
        self.base
    }

    /// The style of `role`.
    pub fn style(&self, role: Role) -> Style {
        let role = if let Role::Series(i) = role { Role::Series(i % SERIES_COLOURS) } else { role };
        self.styles.get(&role).copied().unwrap_or_default()
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
            style = style.add_modifier(plain_modifier(role) & Modifier::REVERSED);
        } else {
            if let Some(fg) = &self.fg {
                style = style.fg(rgb(fg)?.at(depth));
            }
            if let Some(bg) = &self.bg {
                style = style.bg(rgb(bg)?.at(depth));
            }
        }
        Ok(if self.bold { style.add_modifier(Modifier::BOLD) } else { style })
    }
}

fn rgb(text: &str) -> Result<Rgb, String> {
    Rgb::parse(text).ok_or_else(|| format!("{text:?} is no colour; write #rrggbb"))
}

/// What sets a role apart where there are no colours.
fn plain_modifier(role: Role) -> Modifier {
    match role {
        Role::Critical => Modifier::BOLD.union(Modifier::REVERSED),
        Role::Selection | Role::Header => Modifier::REVERSED,
        Role::Warning | Role::Accent => Modifier::BOLD,
        Role::Pending | Role::Stale => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<(&'static str, File)> {
        THEMES.iter().map(|(name, text)| (*name, toml::from_str(text).unwrap())).collect()
    }

    #[test]
    fn every_file_in_themes_is_registered() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/themes");
        let mut found: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
        found.sort();
        assert_eq!(found, Theme::names().collect::<Vec<_>>());
    }

    #[test]
    fn every_theme_loads_at_every_depth() {
        for name in Theme::names() {
            for depth in [Depth::True, Depth::Palette, Depth::Ansi] {
                let theme = Theme::load(name, depth, false).unwrap();
                assert_eq!(theme.styles.len(), ROLES.len() + usize::from(SERIES_COLOURS) + crate::ui::CLUSTER_COLOURS.len(), "{name}");
                assert_eq!(theme.base().bg.is_some(), depth != Depth::Ansi, "{name}");
            }
        }
        let wrong = Theme::load("solarized", Depth::True, false).unwrap_err();
        assert_eq!(wrong.to_string(), "no theme is called \"solarized\"; there are dark, light");
    }

    #[test]
    fn everything_can_be_read_against_its_background() {
        for (name, file) in files() {
            let screen = Rgb::parse(&file.background).unwrap();
            for (word, entry) in &file.roles {
                let least = if matches!(word.as_str(), "frame" | "band") { 3.0 } else { 4.5 };
                // Rows are selected whatever they show, so every text must be readable there too.
                let fg = Rgb::parse(entry.fg.as_deref().or(file.roles["text"].fg.as_deref()).unwrap()).unwrap();
                let bg = entry.bg.as_deref().map_or(screen, |b| Rgb::parse(b).unwrap());
                assert!(fg.contrast(bg) >= least, "{name}: {word} has {:.2}, needs {least}", fg.contrast(bg));
            }
            for colour in &file.series.colours {
                let contrast = Rgb::parse(colour).unwrap().contrast(screen);
                assert!(contrast >= 3.0, "{name}: series {colour} has {contrast:.2}");
            }
        }
    }

    #[test]
    fn no_color_means_no_colour_at_all() {
        for name in Theme::names() {
            let theme = Theme::load(name, Depth::True, true).unwrap();
            let roles = ROLES.iter().map(|(_, r)| *r).chain((0..9).map(Role::Series));
            for style in roles.map(|r| theme.style(r)).chain([theme.base()]) {
                assert_eq!((style.fg, style.bg), (None, None));
            }
        }
        let plain = Theme::plain();
        assert_ne!(plain.style(Role::Critical), plain.style(Role::Warning));
        assert_ne!(plain.style(Role::Selection), plain.style(Role::Text));
    }

    #[test]
    fn a_broken_file_says_what_is_wrong() {
        let text = THEMES[0].1.replace("#d0d0d0", "grey");
        assert_eq!(Theme::read("x", &text, Depth::True).unwrap_err(), "\"grey\" is no colour; write #rrggbb");
        let text = THEMES[0].1.replace("muted ", "mute ");
        assert_eq!(Theme::read("x", &text, Depth::True).unwrap_err(), "role \"muted\" is missing");
    }
}
