//! `[keys]`: which keys do what. Each action may be given other keys; what cannot be pressed, and what two would share, is named.

use super::Context;
use crate::config::section::{At, Node, Section};
use crate::config::suggest;
use crate::ui::{self, ALWAYS_QUITS, ActionKeys, Bindings, KEY_SPELLING, Key, KeyError};
use toml::de::DeValue;

/// Most keys of one action: nobody remembers more.
const KEYS_MAX: usize = 8;

/// A key somebody asked for: for which action, and where that stands.
struct Wanted<'a> {
    key: Key,
    action: &'a ActionKeys,
    at: At<String>,
}

/// The keys that the file gives to actions.
pub(super) fn keys(cx: &Context<'_>, root: &Section<'_>) -> Bindings {
    let mut bindings = Bindings::default();
    let Some(section) = root.table("keys") else { return bindings };
    let actions = ui::actions();
    let mut wanted = Vec::new();
    for (name, node) in section.entries() {
        let Some(action) = actions.iter().find(|a| a.name == name.value) else {
            let hint = suggest::hint(&name.value, actions.iter().map(|a| a.name));
            cx.sink.error(&name.span, format!("no action is called {:?}", name.value), hint);
            continue;
        };
        let keys: Vec<Wanted<'_>> = texts(&section, &name, node)
            .into_iter()
            .filter_map(|at| read(cx, &at).map(|key| Wanted { key, action, at }))
            .filter(|w| allowed(cx, w))
            .collect();
        bindings.set(action.name, keys.iter().map(|w| w.key).collect());
        wanted.extend(keys);
    }
    conflicts(cx, &wanted, &actions, &bindings);
    bindings
}

/// One key, or a list of them; an empty list takes an action's keys away.
fn texts(section: &Section<'_>, name: &At<String>, node: &Node<'_>) -> Vec<At<String>> {
    let hint = format!("write {0} = \"F5\" or {0} = [\"F5\", \"^R\"]", name.value);
    let text = |node: &Node<'_>| node.get_ref().as_str().map(|text| At { value: text.to_owned(), span: node.span() });
    let list = match node.get_ref() {
        DeValue::String(_) => text(node).into_iter().collect(),
        DeValue::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let whole = match node.get_ref() {
        DeValue::String(_) => true,
        DeValue::Array(items) => items.len() == list.len() && list.len() <= KEYS_MAX,
        _ => false,
    };
    if !whole {
        section.wrong_type(&name.value, node, &format!("a key, or a list of at most {KEYS_MAX}"), &hint);
    }
    list
}

fn read(cx: &Context<'_>, at: &At<String>) -> Option<Key> {
    match ui::key_named(&at.value) {
        Ok(key) => Some(key),
        Err(error) => {
            let hint = if error == KeyError::Unknown { KEY_SPELLING } else { "choose another key" };
            cx.sink.error(&at.span, format!("{:?} is no key: {error}", at.value), hint);
            None
        }
    }
}

/// Ctrl-C is nobody's but the end's.
fn allowed(cx: &Context<'_>, wanted: &Wanted<'_>) -> bool {
    let taken = wanted.key == ALWAYS_QUITS && wanted.action.name != "quit";
    if taken {
        cx.sink.error(&wanted.at.span, "^C always ends the program", "choose another key");
    }
    !taken
}

/// Keys that would do two things.
fn conflicts(cx: &Context<'_>, wanted: &[Wanted<'_>], actions: &[ActionKeys], bindings: &Bindings) {
    let panes = ui::pane_keys();
    for (i, one) in wanted.iter().enumerate() {
        let meets = |other: &ActionKeys| other.name != one.action.name && one.action.when.meets(other.when);
        if let Some(other) = wanted[..i].iter().find(|w| w.key == one.key && (w.action.name == one.action.name || meets(w.action))) {
            let message = if other.action.name == one.action.name {
                format!("{:?} is given the key {:?} twice", one.action.name, one.at.value)
            } else {
                format!("the key {:?} is given to {:?} and to {:?}", one.at.value, other.action.name, one.action.name)
            };
            cx.sink.error(&one.at.span, message, "");
        } else if let Some(other) = actions.iter().find(|a| meets(a) && bindings.get(a.name).is_none() && a.keys.contains(&one.key)) {
            let hint = format!("give {0:?} another key as well: {0} = \"F5\", or none: {0} = []", other.name);
            cx.sink.error(&one.at.span, format!("the key {:?} is that of {:?}", one.at.value, other.name), hint);
        } else if let Some((_, pane)) = panes.iter().find(|(key, _)| *key == one.key).filter(|_| !one.action.keys.contains(&one.key)) {
            let message = format!("the pane {pane:?} has the key {:?} for itself", one.at.value);
            cx.sink.error(&one.at.span, message, "choose one that no pane has: F1 to F12, or one with ^ or Alt-");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Loaded, Overrides, load};
    use crate::ui;

    fn read(keys: &str) -> Result<Loaded, String> {
        load(&format!("[host]\n[keys]\n{keys}\n"), "b.toml", &Overrides::default()).map_err(|d| d.to_string())
    }

    #[test]
    fn keys_are_given_to_actions() {
        let loaded = read("freeze = \"F5\"\nquit = [\"q\", \"^C\"]\nsuspend = []\nzoom = \"f\"").unwrap();
        let key = |name| ui::key_named(name).unwrap();
        assert_eq!(loaded.ui.keys.get("freeze"), Some([key("F5")].as_slice()));
        assert_eq!(loaded.ui.keys.get("quit"), Some([key("q"), key("^C")].as_slice()));
        assert_eq!(loaded.ui.keys.get("suspend"), Some([].as_slice()));
        assert_eq!(loaded.ui.keys.get("help"), None);
    }

    #[test]
    fn what_cannot_be_is_named_with_its_place() {
        for (text, says) in [
            ("freze = \"F5\"", "b.toml:3:1: error: no action is called \"freze\"\n"),
            ("freze = \"F5\"", "did you mean \"freeze\"?"),
            ("freeze = \"F55\"", "b.toml:3:10: error: \"F55\" is no key: there is no such key\n"),
            ("freeze = \"F55\"", "\"F1\" to \"F12\""),
            ("freeze = \"^I\"", "terminals send the same for it as for Tab"),
            ("freeze = 5", "b.toml:3:10: error:"),
            ("freeze = [\"F5\", 5]", "b.toml:3:10: error:"),
            ("freeze = \"^C\"", "b.toml:3:10: error: ^C always ends the program"),
            ("freeze = \"F5\"\nzoom = [\"F6\", \"F5\"]", "b.toml:4:15: error: the key \"F5\" is given to \"freeze\" and to \"zoom\""),
            ("freeze = [\"F5\", \"F5\"]", "b.toml:3:17: error: \"freeze\" is given the key \"F5\" twice"),
            ("freeze = \"z\"", "b.toml:3:10: error: the key \"z\" is that of \"zoom\""),
            ("freeze = \"a\"", "b.toml:3:10: error: the pane \"overview\" has the key \"a\" for itself"),
            ("freeze = \"j\"", "has the key \"j\" for itself"),
        ] {
            let faults = read(text).expect_err(text);
            assert!(faults.contains(says), "{text}\n{faults}");
        }
        // The same key may do one thing in a replay and another in the demo.
        assert!(read("pause = \"F5\"\ninject-fault = \"F5\"").is_ok());
        assert!(read("filter = [\"/\", \"F3\"]").is_ok(), "a key of its own it may keep");
    }
}
