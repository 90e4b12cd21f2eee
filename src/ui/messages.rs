//! The words of the console in several languages: one file each, looked up by the English text.
//!
//! The English text stands in the code, where it can be read; a text a file does not hold is shown in
//! English. Names, values and the texts of rules come from the configuration and are never translated.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The language of the console's own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English: as written in the code.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
    /// Russian.
    Russian,
}

type Texts = BTreeMap<String, String>;

/// Marks a text that is given to [`Language::say`] or [`Language::fill`] later: a test asks that every language has it.
pub const fn english(text: &'static str) -> &'static str {
    text
}

/// Every language but English: its code, itself, its file. A new one is one file and one line here.
const LANGUAGES: [(&str, Language, &str); 2] =
    [("zh", Language::Chinese, include_str!("messages/zh.toml")), ("ru", Language::Russian, include_str!("messages/ru.toml"))];

/// The files, read when the first text is asked for. They are our own, and a test reads them.
static TEXTS: LazyLock<[Texts; 2]> = LazyLock::new(|| LANGUAGES.map(|(_, _, file)| toml::from_str(file).unwrap_or_default()));

impl Language {
    /// Codes of all languages, as the configuration names them.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        std::iter::once("en").chain(LANGUAGES.iter().map(|(code, _, _)| *code))
    }

    /// The language with this code: `en`, `zh`, `ru`.
    pub fn named(code: &str) -> Option<Self> {
        if code == "en" {
            return Some(Self::English);
        }
        LANGUAGES.iter().find(|(known, _, _)| *known == code).map(|(_, language, _)| *language)
    }

    /// The language of a locale as POSIX writes them (`zh_CN.UTF-8`); English for all others.
    pub fn of_locale(locale: &str) -> Self {
        let code = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        Self::named(&code.to_ascii_lowercase()).unwrap_or_default()
    }

    /// `english` in this language.
    pub fn say(self, english: &'static str) -> &'static str {
        let place = LANGUAGES.iter().position(|(_, language, _)| *language == self);
        place.and_then(|place| TEXTS[place].get(english)).map_or(english, String::as_str)
    }

    /// A word that is one of the console's own, in this language; any other text as it is.
    pub fn known(self, word: &str) -> &str {
        let place = LANGUAGES.iter().position(|(_, language, _)| *language == self);
        place.and_then(|place| TEXTS[place].get(word)).map_or(word, String::as_str)
    }

    /// `english` in this language, its `{0}`, `{1}`… replaced: word order differs between languages.
    pub fn fill(self, english: &'static str, values: &[&str]) -> String {
        let text = self.say(english);
        let mut out = String::with_capacity(text.len() + values.iter().map(|v| v.len()).sum::<usize>());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            out.push_str(before);
            let value = after.find('}').and_then(|close| Some((close, values.get(after[1..close].parse::<usize>().ok()?)?)));
            if let Some((close, value)) = value {
                out.push_str(value);
                rest = &after[close + 1..];
            } else {
                out.push('{');
                rest = &after[1..];
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
