//! The keys of the screen as they are: the table of `keymap` with what the configuration put in place of its keys.

use super::keymap::{self, Action, When};
use super::{Hint, Key, KeyCode, keynames, panes};
use std::collections::BTreeMap;

/// Ctrl-C ends the program, whatever else is bound: one must always be able to leave.
pub const ALWAYS_QUITS: Key = Key { code: KeyCode::Char('c'), ctrl: true, alt: false };
/// Letters that are arrows too, in every pane that has arrows.
const ARROWS: [char; 4] = ['h', 'j', 'k', 'l'];

/// Keys that the configuration gives to actions: these instead of those of the table, none where the list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    keys: BTreeMap<&'static str, Vec<Key>>,
}

impl Bindings {
    /// Gives an action these keys and no others.
    pub fn set(&mut self, action: &'static str, keys: Vec<Key>) {
        self.keys.insert(action, keys);
    }

    /// The keys given to the action of this name.
    pub fn get(&self, action: &str) -> Option<&[Key]> {
        self.keys.get(action).map(Vec::as_slice)
    }
}

/// An action as the configuration sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionKeys {
    /// Its name.
    pub name: &'static str,
    /// The keys of the table.
    pub keys: Vec<Key>,
    /// Holds only in a replay, or only in the demo; two such never meet.
    pub when: When,
}

/// Every action that can be given keys, in the order of the help.
pub fn actions() -> Vec<ActionKeys> {
    let mut out: Vec<ActionKeys> = Vec::new();
    for binding in keymap::GLOBAL {
        for (key, action) in keymap::parse(binding.hint.keys).into_iter().zip(binding.actions) {
            match out.iter_mut().find(|known| known.name == action.name()) {
                Some(known) => {
                    if !known.keys.contains(&key) {
                        known.keys.push(key);
                    }
                    if known.when != binding.when {
                        known.when = When::Always;
                    }
                }
                None => out.push(ActionKeys { name: action.name(), keys: vec![key], when: binding.when }),
            }
        }
    }
    out
}

/// Every key that a pane takes for itself, and the name of that pane.
pub fn pane_keys() -> Vec<(Key, &'static str)> {
    let mut out: Vec<(Key, &'static str)> = Vec::new();
    for kind in panes::PANES {
        let pane = (kind.build)("");
        out.extend(pane.hints().iter().flat_map(|hint| keymap::parse(hint.keys)).map(|key| (key, kind.name)));
        out.extend(ARROWS.map(|c| (Key::plain(KeyCode::Char(c)), kind.name)));
    }
    out
}

/// One line of the key bar and of the help.
#[derive(Clone, Debug)]
pub struct Line {
    /// The keys as shown.
    pub shown: String,
    /// What they do.
    pub action: &'static str,
    /// Its rank in the key bar.
    pub rank: u8,
    when: When,
    /// Each key and what it does, in the order they are shown in.
    pub keys: Vec<(Key, Action)>,
}

impl Line {
    /// A line of a pane's own table: its keys go to the pane.
    pub fn is_shadowed(&self, hint: &Hint) -> bool {
        self.shown == hint.keys
    }
}

/// All keys of the screen.
#[derive(Clone, Debug)]
pub struct Keymap {
    lines: Vec<Line>,
}

impl Keymap {
    /// The table with `bindings` in it.
    pub fn new(bindings: &Bindings) -> Self {
        Self { lines: keymap::GLOBAL.iter().map(|binding| line(binding, bindings)).collect() }
    }

    /// The action of `key`, where one holds.
    pub fn action(&self, key: Key, replay: bool, inject: bool) -> Option<Action> {
        if key == ALWAYS_QUITS {
            return Some(Action::Quit);
        }
        let mut keys = self.holding(replay, inject).flat_map(|line| &line.keys);
        keys.find(|(bound, _)| *bound == key).map(|(_, action)| *action)
    }

    /// The lines that hold and have keys.
    pub fn lines(&self, replay: bool, inject: bool) -> impl Iterator<Item = &Line> {
        self.holding(replay, inject).filter(|line| !line.keys.is_empty())
    }

    fn holding(&self, replay: bool, inject: bool) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.when.holds(replay, inject))
    }

    /// The keys of an action as shown, with commas between; empty where it has none.
    pub fn keys_of(&self, action: Action) -> String {
        let line = self.lines.iter().find(|line| line.keys.iter().any(|(_, of)| *of == action));
        let keys = line.into_iter().flat_map(|line| &line.keys).filter(|(_, of)| *of == action);
        keys.map(|(key, _)| keynames::shown(*key)).collect::<Vec<_>>().join(", ")
    }
}

fn line(binding: &keymap::Binding, bindings: &Bindings) -> Line {
    let defaults = keymap::parse(binding.hint.keys);
    let rebound = binding.actions.iter().any(|action| bindings.get(action.name()).is_some());
    let mut keys: Vec<(Key, Action)> = Vec::new();
    for (default, action) in defaults.into_iter().zip(binding.actions) {
        match bindings.get(action.name()) {
            None => keys.push((default, *action)),
            // An action with two keys in the table stands there twice.
            Some(_) if keys.iter().any(|(_, known)| known == action) => {}
            Some(given) => keys.extend(given.iter().map(|key| (*key, *action))),
        }
    }
    let quits = binding.actions.contains(&Action::Quit);
    if quits && !keys.iter().any(|(key, _)| *key == ALWAYS_QUITS) {
        keys.push((ALWAYS_QUITS, Action::Quit));
    }
    let shown = if rebound {
        keys.iter().map(|(key, _)| keynames::shown(*key)).collect::<Vec<_>>().join("/")
    } else {
        binding.hint.keys.to_owned()
    };
    Line { shown, action: binding.hint.action, rank: binding.hint.rank, when: binding.when, keys }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        keynames::key(name).unwrap()
    }

    #[test]
    fn an_action_given_a_key_loses_its_own_and_is_shown_with_it() {
        let mut bindings = Bindings::default();
        bindings.set("freeze", vec![key("F5"), key("^F")]);
        bindings.set("shorter", vec![]);
        let keymap = Keymap::new(&bindings);
        assert_eq!(keymap.action(key("F5"), false, false), Some(Action::Freeze));
        assert_eq!(keymap.action(key("^F"), false, false), Some(Action::Freeze));
        assert_eq!(keymap.action(key("f"), false, false), None);
        assert_eq!(keymap.action(key("-"), false, false), None);
        let shown = |action| keymap.lines(false, false).find(|l| l.action == action).unwrap().shown.clone();
        assert_eq!((shown("freeze").as_str(), shown("range/fit").as_str(), shown("zoom").as_str()), ("F5/^F", "+/=", "z"));
        assert_eq!(keymap.keys_of(Action::Freeze), "F5, ^F");
    }

    #[test]
    fn nobody_can_lock_himself_in() {
        let mut bindings = Bindings::default();
        for action in actions() {
            bindings.set(action.name, vec![]);
        }
        let keymap = Keymap::new(&bindings);
        assert_eq!(keymap.action(ALWAYS_QUITS, false, false), Some(Action::Quit));
        assert_eq!(keymap.lines(true, true).map(|l| l.shown.as_str()).collect::<Vec<_>>(), ["^C"]);
    }

    #[test]
    fn every_action_has_one_name_and_no_two_share_it() {
        let actions = actions();
        for (i, action) in actions.iter().enumerate() {
            assert!(action.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", action.name);
            assert!(!actions[..i].iter().any(|other| other.name == action.name), "{}", action.name);
        }
        assert!(actions.len() > 30 && pane_keys().contains(&(key("a"), "alerts")));
    }
}
