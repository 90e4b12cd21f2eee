//! `bellwether themes`: which there are, how they look, and how well they can be read.

use super::args::Look;
use super::environment::Environment;
use super::exit;
use crate::config::{Diagnostics, theme_names, theme_text};
use crate::ui::shot::PictureKind;
use crate::ui::{Signs, Theme};
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

const EXAMPLES: &str = "\
Examples:
  bellwether themes list
  bellwether themes preview                         all of them, one below the other
  bellwether themes show color-blind                roles, colours, contrast
  bellwether themes import gruvbox.yaml > ~/.config/bellwether/themes/gruvbox.toml
  bellwether --theme gruvbox

A theme is chosen by --theme NAME or by theme = \"NAME\" in [ui]; NAME may also be the
path of a theme (.toml) or of a base16 or base24 scheme (.yaml).";

/// List themes, show one, or take over a base16 or base24 scheme
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Themes {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Every theme with its colours
    List,
    /// The roles of a theme with their colours and their contrast
    Show {
        /// The theme
        name: String,
    },
    /// A sample screen in a theme, or in every theme
    Preview {
        /// The theme
        name: Option<String>,
    },
    /// A base16 or base24 scheme as a theme file, on standard output
    Import {
        /// The scheme (.yaml)
        #[arg(value_name = "FILE")]
        file: String,
    },
}

/// Prints what was asked for.
pub(super) fn perform(args: &Themes, look: &Look, environment: &Environment) -> anyhow::Result<()> {
    let home = environment.config_home.as_deref();
    // What a pipe takes is text: colours there would be letters.
    let colours = io::stdout().is_terminal() && !look.no_color && !environment.no_color;
    let kind = if colours { PictureKind::Ansi } else { PictureKind::Text };
    let ascii = look.overrides(environment).signs.unwrap_or(environment.auto_signs) == Signs::Ascii;
    let names = || theme_names(home).into_iter().filter(|name| name != "auto");
    let text = |name: &str| -> anyhow::Result<String> {
        let found = theme_text(name, home).map_err(|(what, hint)| Diagnostics::of_file("themes", what, &hint))?;
        Ok(found.unwrap_or_else(|| Theme::text("dark").unwrap_or_default().to_owned()))
    };
    let theme = |name: &str| -> anyhow::Result<Theme> { Ok(Theme::read(name, &text(name)?, environment.depth, false)?) };
    let mut out = String::new();
    match &args.what {
        What::List => {
            let width = names().map(|n| n.chars().count()).max().unwrap_or(0);
            let _ = writeln!(out, "{:width$}  dark or light, as the terminal is", "auto");
            for name in names() {
                // One broken file of the user's own must not hide the others.
                let shown = theme(&name).map_or_else(|error| format!("{error:#}").trim_end().to_owned(), |theme| theme.swatch(kind));
                let _ = writeln!(out, "{name:width$}  {shown}");
            }
        }
        What::Show { name } => out = table(&text(name)?, colours).map_err(anyhow::Error::msg)?,
        What::Preview { name: Some(name) } => out = theme(name)?.preview(ascii, kind),
        What::Preview { name: None } => {
            for name in names() {
                if let Ok(theme) = theme(&name) {
                    let _ = writeln!(out, "{}", theme.preview(ascii, kind));
                }
            }
        }
        What::Import { file } => {
            if Theme::text(file).is_some() || file == "auto" {
                return Err(Diagnostics::of_file(file, "is no scheme but a theme", "name a .yaml file").into());
            }
            out = text(file)?;
        }
    }
    exit::quiet(io::stdout().lock().write_all(out.as_bytes()))
}

/// Roles, colours, contrast.
fn table(text: &str, colours: bool) -> Result<String, String> {
    let mut out = format!("{:12} {:9} {:9} {:14} {:>8}\n", "role", "colour", "on", "of sixteen", "contrast");
    for row in Theme::rows(text)? {
        let word = |c: Option<crate::ui::Rgb>| c.map_or_else(|| "default".to_owned(), |c| c.to_string());
        let contrast = row.contrast.map_or_else(|| "-".to_owned(), |c| format!("{c:.1}"));
        let sample = match (row.fg, row.bg) {
            (Some(fg), Some(bg)) if colours => {
                format!("  \x1b[38;2;{};{};{};48;2;{};{};{}m Abc ●◆ \x1b[0m", fg.0, fg.1, fg.2, bg.0, bg.1, bg.2)
            }
            _ => String::new(),
        };
        let _ = writeln!(out, "{:12} {:9} {:9} {:14} {contrast:>8}{sample}", row.role, word(row.fg), word(row.bg), row.ansi);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_names_every_role_with_its_contrast() {
        let drawn = table(Theme::text("dark").unwrap(), false).unwrap();
        assert_eq!(drawn.lines().nth(1), Some("text         #d0d0d0   #121212   default            12.1"));
        assert!(drawn.lines().any(|l| l.starts_with("series 6")) && !drawn.contains('\x1b'), "{drawn}");
        assert!(table(Theme::text("mono").unwrap(), true).unwrap().contains("critical     default"));
    }
}
