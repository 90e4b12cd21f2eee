//! Themes as tables: each role with its colours and how well it can be read. `themes show` prints them.

use super::file::{File, rgb};
use super::role::ROLES;
use crate::ui::palette::Rgb;

/// One role of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleRow {
    /// Its word in a theme file.
    pub role: String,
    /// Its colour; `None`: the terminal's.
    pub fg: Option<Rgb>,
    /// What it stands on; `None`: the terminal's.
    pub bg: Option<Rgb>,
    /// Its colour where there are sixteen.
    pub ansi: String,
    /// Contrast of the first two.
    pub contrast: Option<f64>,
}

/// The roles and series of the theme in `text`.
///
/// # Errors
/// Says what is wrong with the text.
pub(super) fn rows(text: &str) -> Result<Vec<RoleRow>, String> {
    let file = File::parse(text)?;
    let screen = file.background.as_deref().map(rgb).transpose()?;
    let of = |colour: Option<&String>| colour.map(|c| rgb(c)).transpose();
    let text = of(file.roles.get("text").and_then(|entry| entry.fg.as_ref()))?;
    let row = |role: &str, fg: Option<Rgb>, bg: Option<Rgb>, ansi: Option<&String>| {
        let (fg, bg) = (fg.or(text), bg.or(screen));
        let contrast = fg.zip(bg).map(|(fg, bg)| fg.contrast(bg));
        RoleRow { role: role.to_owned(), fg, bg, ansi: ansi.map_or("default", String::as_str).to_owned(), contrast }
    };
    let mut out = Vec::new();
    for (word, _) in ROLES {
        let entry = file.roles.get(word).ok_or_else(|| format!("role {word:?} is missing"))?;
        out.push(row(word, of(entry.fg.as_ref())?, of(entry.bg.as_ref())?, entry.ansi.as_ref()));
    }
    for (i, ansi) in file.series.ansi.iter().enumerate() {
        out.push(row(&format!("series {}", i + 1), of(file.series.colours.get(i))?, None, Some(ansi)));
    }
    Ok(out)
}

impl super::Theme {
    /// Each role of the theme in `text`, the text of a theme file, with its colours.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn rows(text: &str) -> Result<Vec<RoleRow>, String> {
        rows(text)
    }
}

/// Whether the value of `COLORFGBG` (`15;0`, `0;default;15`) tells of a light background; `None`: it tells nothing.
pub fn is_light(colorfgbg: &str) -> Option<bool> {
    // The numbers are those of the sixteen colours: black to cyan and dark gray are dark.
    let background = colorfgbg.rsplit(';').next()?.trim().parse::<u8>().ok().filter(|b| *b < 16)?;
    Some(background == 7 || background > 8)
}
