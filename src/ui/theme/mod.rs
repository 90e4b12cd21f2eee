//! Colours by role: panes name roles, themes give them colours.

mod file;
mod load;
mod preview;
mod role;
mod scheme;
mod table;
#[cfg(test)]
mod tests;

pub use load::{Theme, ThemeError};
pub use role::Role;
pub use scheme::of_scheme;
pub use table::{RoleRow, is_light};

/// Every theme: its name and its file. A new theme is one file and one line here.
const THEMES: &[(&str, &str)] = &[
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
    ("color-blind", include_str!("../../../themes/color-blind.toml")),
    ("dark", include_str!("../../../themes/dark.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];
