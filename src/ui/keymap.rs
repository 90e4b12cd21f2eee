//! The keys of the whole screen, as one table: the key bar and the help are made from it, so neither can be out of date.
//!
//! Panes have tables of their own; a pane is asked before this table. No key does anything that cannot be undone.

use super::{Hint, Key, KeyCode, Look, keynames};

/// What a key of the table does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// To the page with this index.
    Page(usize),
    /// To the page before.
    PreviousPage,
    /// To the page after.
    NextPage,
    /// The focus to the next pane.
    FocusNext,
    /// The focus to the pane before.
    FocusPrevious,
    /// The focused pane alone.
    Open,
    /// Close what is open.
    Back,
    /// Ask for a filter.
    Filter,
    /// Show a longer time.
    Longer,
    /// Show a shorter time.
    Shorter,
    /// Let the range follow the data.
    Fit,
    /// Hold charts where they are, or let them go on.
    Freeze,
    /// The focused pane alone, and back.
    Zoom,
    /// Ask for a mark's text.
    Mark,
    /// Edit the layout.
    Layout,
    /// Send a test notification.
    TestFire,
    /// Inject a fault.
    Inject,
    /// Show or hide the help.
    Help,
    /// End.
    Quit,
    /// To the shell.
    Suspend,
    /// Draw anew.
    Redraw,
    /// Keep a picture of the screen.
    Screenshot,
    /// Replay: pause or go on.
    Pause,
    /// Replay: one tick on.
    Step,
    /// Replay: slower.
    Slower,
    /// Replay: faster.
    Faster,
    /// Replay: by so many seconds.
    Jump(i64),
    /// Replay: ask for a time to go to.
    GoTo,
    /// To the next anomaly, alert or mark.
    FindNext,
    /// To the one before.
    FindPrevious,
    /// Ask for a command.
    Command,
}

impl Action {
    /// Its name in the configuration and in the command palette; it never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page(n) => page_name(n),
            Self::PreviousPage => "previous-page",
            Self::NextPage => "next-page",
            Self::FocusNext => "next-pane",
            Self::FocusPrevious => "previous-pane",
            Self::Open => "open",
            Self::Back => "back",
            Self::Filter => "filter",
            Self::Longer => "longer",
            Self::Shorter => "shorter",
            Self::Fit => "fit",
            Self::Freeze => "freeze",
            Self::Zoom => "zoom",
            Self::Mark => "mark",
            Self::TestFire => "test-alert",
            Self::Inject => "inject-fault",
            Self::Help => "help",
            Self::Quit => "quit",
            Self::Suspend => "suspend",
            Self::Redraw => "redraw",
            Self::Pause => "pause",
            Self::Step => "step",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Jump(..=-60) => "back-minute",
            Self::Jump(-59..=0) => "back-seconds",
            Self::Jump(1..60) => "forward-seconds",
            Self::Jump(_) => "forward-minute",
            Self::GoTo => "go-to",
            Self::FindNext => "find-next",
            Self::FindPrevious => "find-previous",
            Self::Command => "command",
            Self::Screenshot => "screenshot",
            Self::Layout => "layout",
        }
    }
}

const fn page_name(n: usize) -> &'static str {
    const NAMES: [&str; 10] = ["page-1", "page-2", "page-3", "page-4", "page-5", "page-6", "page-7", "page-8", "page-9", "page-10"];
    if n < NAMES.len() { NAMES[n] } else { "page" }
}

/// When a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// While data come as they happen.
    Live,
    /// In a replay.
    Replay,
    /// Where faults can be injected: the demo.
    Inject,
}

impl When {
    /// Whether it is so.
    pub const fn holds(self, replay: bool, inject: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Live => !replay,
            Self::Replay => replay,
            Self::Inject => inject,
        }
    }

    /// Whether both can hold at once: there are no faults to inject in a replay.
    pub fn meets(self, other: Self) -> bool {
        (self == Self::Replay) == (other == Self::Replay) || self == Self::Always || other == Self::Always
    }
}

/// One line of the table: keys as shown, and one action for each of them.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// How it is shown; its keys are read from here.
    pub hint: Hint,
    /// One action per key.
    pub actions: &'static [Action],
    /// When it holds.
    pub when: When,
}

const fn bind(keys: &'static str, action: &'static str, rank: u8, actions: &'static [Action], when: When) -> Binding {
    Binding { hint: Hint { keys, action, rank }, actions, when }
}

const PAGES: &[Action] = &[
    Action::Page(0),
    Action::Page(1),
    Action::Page(2),
    Action::Page(3),
    Action::Page(4),
    Action::Page(5),
    Action::Page(6),
    Action::Page(7),
    Action::Page(8),
    Action::Page(9),
];

/// The table. Order is that of the help; rank is that of the key bar.
pub const GLOBAL: &[Binding] = &[
    bind("Space", "pause", 4, &[Action::Pause], When::Replay),
    bind(".", "step", 16, &[Action::Step], When::Replay),
    bind("</>", "speed", 6, &[Action::Slower, Action::Faster], When::Replay),
    bind("{/}", "-/+ 1 min", 14, &[Action::Jump(-60), Action::Jump(60)], When::Replay),
    bind("(/)", "-/+ 10 s", 17, &[Action::Jump(-10), Action::Jump(10)], When::Replay),
    bind("n/N", "next/last odd", 7, &[Action::FindNext, Action::FindPrevious], When::Replay),
    bind("@", "go to time", 18, &[Action::GoTo], When::Replay),
    bind("i", "inject fault", 8, &[Action::Inject], When::Inject),
    bind("Tab", "pane", 20, &[Action::FocusNext], When::Always),
    bind("S-Tab", "pane before", 74, &[Action::FocusPrevious], When::Always),
    bind("1-9", "page", 24, PAGES, When::Always),
    bind("[/]", "previous/next page", 70, &[Action::PreviousPage, Action::NextPage], When::Always),
    bind("Enter", "open", 60, &[Action::Open], When::Always),
    bind("Esc", "back", 61, &[Action::Back], When::Always),
    bind(":", "command", 28, &[Action::Command], When::Always),
    bind("/", "filter", 30, &[Action::Filter], When::Always),
    bind("+/-/=", "range/fit", 32, &[Action::Longer, Action::Shorter, Action::Fit], When::Always),
    bind("f", "freeze", 40, &[Action::Freeze], When::Always),
    bind("z", "zoom", 42, &[Action::Zoom], When::Always),
    bind("n/N", "next/last odd", 63, &[Action::FindNext, Action::FindPrevious], When::Live),
    bind("@", "go to time", 68, &[Action::GoTo], When::Live),
    bind("m", "mark", 62, &[Action::Mark], When::Always),
    bind("E", "layout", 66, &[Action::Layout], When::Always),
    bind("T", "test alert", 64, &[Action::TestFire], When::Always),
    bind("P", "picture", 92, &[Action::Screenshot], When::Always),
    bind("^L", "draw anew", 90, &[Action::Redraw], When::Always),
    bind("^Z", "suspend", 80, &[Action::Suspend], When::Always),
    bind("q/^C", "quit", 45, &[Action::Quit, Action::Quit], When::Always),
    bind("?", "help", 0, &[Action::Help], When::Always),
];

/// The lines of the table that hold.
#[cfg(test)]
pub fn bindings(replay: bool, inject: bool) -> impl Iterator<Item = &'static Binding> {
    GLOBAL.iter().filter(move |binding| binding.when.holds(replay, inject))
}

/// The action of `key` in the table as it is without a configuration.
#[cfg(test)]
pub fn action(key: Key, replay: bool, inject: bool) -> Option<Action> {
    super::bindings::Keymap::new(&super::Bindings::default()).action(key, replay, inject)
}

/// Keys as they are drawn: arrows are of ambiguous width, so they have names in ASCII. Most keys are called what stands
/// on them in every country; those that have a name of their own in a language are called so.
pub fn shown(keys: &str, look: &Look<'_>) -> String {
    let say = |text| look.language.say(text);
    let arrows = [('↑', say("Up")), ('↓', say("Down")), ('←', say("Left")), ('→', say("Right"))];
    let named = keys.replace("Space", say("Space"));
    if !look.ascii {
        return named;
    }
    arrows.iter().fold(named, |text, (arrow, name)| text.replace(*arrow, name))
}

/// The keys a hint names: `↑/↓`, `Enter`, `^C`, `1-9`, `Space`.
pub fn parse(keys: &str) -> Vec<Key> {
    if keys == "/" {
        return vec![Key::plain(KeyCode::Char('/'))];
    }
    if keys == "1-9" {
        // As on the keyboard, 0 stands behind 9: the tenth page.
        return ('1'..='9').chain(['0']).map(|c| Key::plain(KeyCode::Char(c))).collect();
    }
    keys.split('/').filter_map(|name| keynames::key(name).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_shown_has_an_action_and_only_one() {
        let mut seen = Vec::new();
        for binding in GLOBAL {
            let keys = parse(binding.hint.keys);
            assert_eq!(keys.len(), binding.actions.len(), "{}", binding.hint.keys);
            for (key, expected) in keys.into_iter().zip(binding.actions) {
                let replay = binding.when != When::Live;
                assert_eq!(action(key, replay, true), Some(*expected), "{}", binding.hint.keys);
                assert!(!seen.iter().any(|(k, when)| *k == key && binding.when.meets(*when)), "{key:?} is bound twice");
                seen.push((key, binding.when));
            }
        }
    }

    #[test]
    fn replay_keys_are_dead_outside_a_replay() {
        let space = Key::plain(KeyCode::Char(' '));
        assert_eq!(action(space, false, false), None);
        assert_eq!(action(space, true, false), Some(Action::Pause));
        assert_eq!(action(Key::plain(KeyCode::Char('i')), true, false), None);
        assert_eq!(action(Key { code: KeyCode::Char('q'), ctrl: false, alt: true }, true, true), None);
    }
}
