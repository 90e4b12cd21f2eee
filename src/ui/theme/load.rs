//! Themes by name or from a text, at the depth of the terminal. The app draws with one; the shell changes it.

use super::THEMES;
use super::file::File;
use super::role::{ROLES, Role, SERIES_COLOURS, plain_modifier};
use crate::ui::palette::{Depth, Rgb};
use ratatui::style::Style;
use std::collections::BTreeMap;

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
    pub(super) styles: BTreeMap<Role, Style>,
    depth: Depth,
    no_color: bool,
    /// It is dark or light as the terminal's background is.
    follows: bool,
}

impl Theme {
    /// The names of all themes, in the order they are listed.
    pub fn names() -> impl Iterator<Item = &'static str> {
        THEMES.iter().map(|(name, _)| *name)
    }

    /// The file of the theme called `name`.
    pub fn text(name: &str) -> Option<&'static str> {
        THEMES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    /// No colours: bold, reverse and underline only, as `NO_COLOR` asks for.
    pub fn plain() -> Self {
        let styles = ROLES.iter().map(|(_, role)| (*role, Style::new().add_modifier(plain_modifier(*role)))).collect();
        Self { name: "plain".to_owned(), base: Style::new(), styles, depth: Depth::Mono, no_color: true, follows: false }
    }

    /// The theme called `name`, in colours a terminal of `depth` shows; without any colour for `no_color`.
    ///
    /// # Errors
    /// Names the themes there are where none has this name.
    pub fn load(name: &str, depth: Depth, no_color: bool) -> Result<Self, ThemeError> {
        let known = || Self::names().collect::<Vec<_>>().join(", ");
        let text = Self::text(name).ok_or_else(|| ThemeError::Unknown { name: name.to_owned(), known: known() })?;
        Self::read(name, text, depth, no_color)
    }

    /// A theme from the text of its file.
    ///
    /// # Errors
    /// Says what is wrong with the text, and in which line.
    pub fn read(name: &str, text: &str, depth: Depth, no_color: bool) -> Result<Self, ThemeError> {
        let broken = |what| ThemeError::Broken { name: name.to_owned(), what };
        // Read in any case: a broken file is broken on every terminal.
        let (base, styles) = File::parse(text).and_then(|file| file.styles(depth)).map_err(broken)?;
        if no_color || depth == Depth::Mono {
            return Ok(Self { name: name.to_owned(), depth, no_color, ..Self::plain() });
        }
        Ok(Self { name: name.to_owned(), base, styles, depth, no_color, follows: false })
    }

    /// The dark theme or the light one, which changes with the terminal's background.
    pub fn following(light: bool, depth: Depth, no_color: bool) -> Self {
        let name = if light { "light" } else { "dark" };
        let theme = Self::load(name, depth, no_color).unwrap_or_else(|_| Self::plain());
        Self { follows: true, ..theme }
    }

    /// Another theme for the same terminal.
    ///
    /// # Errors
    /// Names the themes there are where none has this name.
    pub fn other(&self, name: &str) -> Result<Self, ThemeError> {
        if name == "auto" {
            return Ok(Self::following(self.name == "light", self.depth, self.no_color));
        }
        Self::load(name, self.depth, self.no_color)
    }

    /// The theme that fits a terminal of this background; `None`: this one does, or it was chosen by name.
    pub fn fitting(&self, background: Rgb) -> Option<Self> {
        let light = background.is_light();
        let fits = (self.name == "light") == light;
        (self.follows && !fits).then(|| Self::following(light, self.depth, self.no_color))
    }

    /// Whether it changes with the terminal's background.
    pub fn follows(&self) -> bool {
        self.follows
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
