//! Colours by role: panes name roles, themes give them colours.

use ratatui::style::Style;

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

/// A theme: a style for each role.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: std::collections::BTreeMap<Role, Style>,
}

impl Theme {
    /// CONTRACT STUB: no colours; the real one is read from `themes/*.toml`.
    pub fn plain() -> Self {
        Self { name: "plain".to_owned(), styles: std::collections::BTreeMap::new() }
    }

    /// The style of `role`.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}
