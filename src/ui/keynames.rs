//! The names of keys: as people write them in the configuration, and as the key bar and the help show them.

use super::{Key, KeyCode};

/// Keys with a name of their own: as shown, and other ways to write them.
const NAMED: [(&str, KeyCode, &[&str]); 17] = [
    ("Enter", KeyCode::Enter, &["return"]),
    ("Esc", KeyCode::Esc, &["escape"]),
    ("Tab", KeyCode::Tab, &[]),
    ("S-Tab", KeyCode::BackTab, &["shift-tab", "backtab"]),
    ("Space", KeyCode::Char(' '), &[]),
    ("Bksp", KeyCode::Backspace, &["backspace"]),
    ("Del", KeyCode::Delete, &["delete"]),
    ("↑", KeyCode::Up, &["up"]),
    ("↓", KeyCode::Down, &["down"]),
    ("←", KeyCode::Left, &["left"]),
    ("→", KeyCode::Right, &["right"]),
    ("PgUp", KeyCode::PageUp, &["pageup"]),
    ("PgDn", KeyCode::PageDown, &["pagedown"]),
    ("Home", KeyCode::Home, &[]),
    ("End", KeyCode::End, &[]),
    ("Slash", KeyCode::Char('/'), &[]),
    ("Comma", KeyCode::Char(','), &[]),
];
/// Function keys that terminals can send.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=12;
/// What a configuration may write, for hints.
pub const SPELLING: &str = "write one character (\"q\", \"Q\"), a name (\"Enter\", \"Esc\", \"Tab\", \"S-Tab\", \"Space\", \"Up\", \"Down\", \"Left\", \"Right\", \
                            \"PgUp\", \"PgDn\", \"Home\", \"End\", \"Del\", \"F1\" to \"F12\"), or one of them after ^ (Ctrl) or Alt-: \"^R\", \"Alt-r\"";

/// Why a name is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing is called so.
    #[error("there is no such key")]
    Unknown,
    /// A terminal sends the same bytes for another key.
    #[error("terminals send the same for it as for {0}")]
    SameAs(&'static str),
}

/// The key that `name` stands for.
///
/// # Errors
/// Says why it is none that a terminal could send.
pub fn key(name: &str) -> Result<Key, KeyError> {
    let lower = name.to_lowercase();
    if let Some(rest) = after(name, &lower, &["^", "ctrl-", "ctrl+", "c-"]) {
        return control(rest);
    }
    if let Some(rest) = after(name, &lower, &["alt-", "alt+", "m-", "a-"]) {
        return Ok(Key { alt: true, ..key(rest)? });
    }
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && !c.is_control()
    {
        return Ok(NAMED.iter().find(|(shown, ..)| *shown == name).map_or(Key::plain(KeyCode::Char(c)), |(_, code, _)| Key::plain(*code)));
    }
    if let Some(number) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
        return if FUNCTION_KEYS.contains(&number) { Ok(Key::plain(KeyCode::F(number))) } else { Err(KeyError::Unknown) };
    }
    let named = NAMED.iter().find(|(shown, _, others)| shown.to_lowercase() == lower || others.contains(&lower.as_str()));
    named.map(|(_, code, _)| Key::plain(*code)).ok_or(KeyError::Unknown)
}

/// What follows the prefix, where there is something: `^` alone is a character.
fn after<'a>(name: &'a str, lower: &str, prefixes: &[&str]) -> Option<&'a str> {
    let prefix = prefixes.iter().find(|p| lower.starts_with(**p) && lower.len() > p.len())?;
    name.get(prefix.len()..)
}

fn control(rest: &str) -> Result<Key, KeyError> {
    let mut chars = rest.chars();
    let code = match (chars.next().map(|c| c.to_ascii_lowercase()), chars.next()) {
        (Some('i'), None) => return Err(KeyError::SameAs("Tab")),
        (Some('m'), None) => return Err(KeyError::SameAs("Enter")),
        (Some('h'), None) => return Err(KeyError::SameAs("Backspace")),
        (Some('['), None) => return Err(KeyError::SameAs("Esc")),
        (Some(c @ 'a'..='z'), None) => KeyCode::Char(c),
        // Arrows and the like are sent with Ctrl by most terminals.
        _ => match key(rest)?.code {
            code @ (KeyCode::Up
            | KeyCode::Down
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Home
            | KeyCode::End
            | KeyCode::PageUp
            | KeyCode::PageDown
            | KeyCode::Delete
            | KeyCode::F(_)
            | KeyCode::Char(' ')) => code,
            _ => return Err(KeyError::Unknown),
        },
    };
    Ok(Key { code, ctrl: true, alt: false })
}

/// How a key is shown.
pub fn shown(key: Key) -> String {
    let plain = match key.code {
        KeyCode::F(n) => format!("F{n}"),
        // In a list of keys the slash stands between them.
        KeyCode::Char(c) if !matches!(c, ' ' | ',') => {
            let c = if key.ctrl { c.to_ascii_uppercase() } else { c };
            c.to_string()
        }
        KeyCode::Char(',') => ",".to_owned(),
        code => NAMED.iter().find(|(_, named, _)| *named == code).map_or_else(String::new, |(shown, ..)| (*shown).to_owned()),
    };
    format!("{}{}{plain}", if key.ctrl { "^" } else { "" }, if key.alt { "Alt-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_the_names_people_give_them() {
        let ctrl = |code| Key { code, ctrl: true, alt: false };
        for (name, expected) in [
            ("q", Key::plain(KeyCode::Char('q'))),
            ("Q", Key::plain(KeyCode::Char('Q'))),
            ("^", Key::plain(KeyCode::Char('^'))),
            ("漢", Key::plain(KeyCode::Char('漢'))),
            ("f5", Key::plain(KeyCode::F(5))),
            ("f", Key::plain(KeyCode::Char('f'))),
            ("^C", ctrl(KeyCode::Char('c'))),
            ("Ctrl-r", ctrl(KeyCode::Char('r'))),
            ("C-Right", ctrl(KeyCode::Right)),
            ("^↑", ctrl(KeyCode::Up)),
            ("Alt-x", Key { alt: true, ..Key::plain(KeyCode::Char('x')) }),
            ("space", Key::plain(KeyCode::Char(' '))),
            ("PageUp", Key::plain(KeyCode::PageUp)),
            ("Shift-Tab", Key::plain(KeyCode::BackTab)),
            ("/", Key::plain(KeyCode::Char('/'))),
            ("↑", Key::plain(KeyCode::Up)),
        ] {
            assert_eq!(key(name), Ok(expected), "{name}");
            assert_eq!(key(&shown(expected)), Ok(expected), "{name} is shown as {}", shown(expected));
        }
        for unknown in ["", "F13", "F0", "Foo", "^1", "^Enter", "\u{1}", "Alt-Foo", "qq"] {
            assert_eq!(key(unknown), Err(KeyError::Unknown), "{unknown:?}");
        }
        assert_eq!(key("^I"), Err(KeyError::SameAs("Tab")));
        assert_eq!(key("^m").unwrap_err().to_string(), "terminals send the same for it as for Enter");
    }
}
