//! The effective configuration as text: the file with the command line's values in it, secrets replaced.
//!
//! It goes into recordings, so that a replay shows what the live run showed; and recordings are
//! handed around, so no secret may stand in it.

use super::overrides::{Overrides, write_from};
use crate::decode::TopicPattern;
use crate::ui::Signs;
use toml::{Table, Value};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "***";
/// A property whose name holds one of these words holds a secret.
const SECRET_WORDS: [&str; 5] = ["password", "secret", "token", "key", "jaas"];
/// Names that hold such a word and no secret.
const OPEN_NAMES: [&str; 1] = ["sasl.oauthbearer.token.endpoint.url"];

/// The effective text; empty where `text` is no TOML.
pub(super) fn text(text: &str, overrides: &Overrides) -> String {
    let Ok(mut root) = text.parse::<Table>() else { return String::new() };
    apply(&mut root, overrides);
    hide(&mut root);
    toml::to_string(&root).unwrap_or_default()
}

fn apply(root: &mut Table, overrides: &Overrides) {
    if !overrides.brokers.is_empty() || root.contains_key("kafka") {
        let clusters = root.entry("kafka").or_insert_with(|| Value::Array(vec![Value::Table(Table::new())]));
        let clusters = clusters.as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
        for (nth, cluster) in clusters.iter_mut().filter_map(Value::as_table_mut).enumerate() {
            if nth == 0 && !overrides.brokers.is_empty() {
                cluster.insert("brokers".to_owned(), overrides.brokers.clone().into());
            }
            if let Some(from) = overrides.from {
                cluster.insert("from".to_owned(), write_from(from).into());
            }
            if overrides.properties.is_empty() {
                continue;
            }
            let properties = cluster.entry("properties").or_insert_with(|| Value::Table(Table::new()));
            if let Some(properties) = properties.as_table_mut() {
                flatten(properties);
                properties.extend(overrides.properties.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))));
            }
        }
    }
    let ui = |root: &mut Table, key: &str, value: &str| {
        if let Some(ui) = root.entry("ui").or_insert_with(|| Value::Table(Table::new())).as_table_mut() {
            ui.insert(key.to_owned(), value.into());
        }
    };
    if let Some(theme) = &overrides.theme {
        ui(root, "theme", theme);
    }
    if let Some(signs) = overrides.signs {
        ui(root, "signs", if signs == Signs::Ascii { "ascii" } else { "unicode" });
    }
}

/// Dotted names instead of nested tables, so that a property stands once.
fn flatten(properties: &mut Table) {
    let mut out = Table::new();
    let mut open = vec![(String::new(), std::mem::take(properties))];
    while let Some((prefix, table)) = open.pop() {
        for (key, value) in table {
            match value {
                Value::Table(inner) => open.push((format!("{prefix}{key}."), inner)),
                value => {
                    out.insert(format!("{prefix}{key}"), value);
                }
            }
        }
    }
    *properties = out;
}

fn hide(root: &mut Table) {
    for_each(root, "kafka", |cluster| {
        if let Some(properties) = cluster.get_mut("properties").and_then(Value::as_table_mut) {
            flatten(properties);
            for (key, value) in properties.iter_mut().filter(|(key, _)| is_secret(key)) {
                let _ = key;
                *value = HIDDEN.into();
            }
        }
    });
    for kind in ["probe", "scrape"] {
        for_each(root, kind, |source| {
            if let Some(Value::String(url)) = source.get_mut("url") {
                *url = without_userinfo(url);
            }
            // Whatever is sent along may be a key, and a replay sends nothing.
            let headers = source.get_mut("headers").and_then(Value::as_table_mut);
            headers.into_iter().flat_map(Table::iter_mut).for_each(|(_, value)| *value = HIDDEN.into());
            if let Some(body) = source.get_mut("body") {
                *body = HIDDEN.into();
            }
        });
    }
}

fn for_each(root: &mut Table, key: &str, mut change: impl FnMut(&mut Table)) {
    let list = root.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_table_mut).for_each(&mut change);
}

/// Whether a property's value must not be shown.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    !OPEN_NAMES.contains(&name.as_str()) && SECRET_WORDS.iter().any(|w| name.contains(w))
}

/// A URL with its user and password replaced.
pub fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].rfind('@').map_or_else(|| url.to_owned(), |at| format!("{scheme}://{HIDDEN}@{}", &rest[at + 1..]))
}

/// The configuration of a file followed by what was inferred for further topics.
///
/// Lists of tables may go on anywhere in a file, so the two only stand one after the other.
pub fn join(text: &str, inferred: &str) -> String {
    if text.trim().is_empty() { inferred.to_owned() } else { format!("{}\n\n{inferred}", text.trim_end()) }
}

/// Topics as text, for messages.
pub fn topic_text(topic: &TopicPattern) -> &str {
    match topic {
        TopicPattern::Name(t) | TopicPattern::Regex(t) => t,
    }
}
