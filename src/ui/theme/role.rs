//! What colours mean: the roles that panes name and themes colour, each with its sign.

use ratatui::style::Modifier;

/// Colours of series in one chart: more lines than that cannot be told apart.
pub(super) const SERIES_COLOURS: u8 = 6;

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
pub(super) const ROLES: [(&str, Role); 15] = [
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

/// What sets a role apart where there are no colours.
pub(super) fn plain_modifier(role: Role) -> Modifier {
    match role {
        Role::Critical => Modifier::BOLD.union(Modifier::REVERSED),
        Role::Selection | Role::Header => Modifier::REVERSED,
        Role::Warning | Role::Accent => Modifier::BOLD,
        Role::Pending | Role::Stale => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}
