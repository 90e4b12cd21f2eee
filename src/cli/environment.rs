//! What the environment says: where configurations lie, whether colours are wanted, which signs fit.

use crate::ui::{Depth, Language, Signs};
use std::path::PathBuf;

/// The file looked for here and in the user's configuration folder.
const FILE: &str = "bellwether.toml";

/// What was found in the environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// `NO_COLOR` is set.
    pub(super) no_color: bool,
    /// The signs that fit the locale.
    pub(super) auto_signs: Signs,
    /// The language of the locale.
    pub(super) language: Language,
    /// The user's configuration folder, where there is one.
    pub(super) config_home: Option<PathBuf>,
    /// How many colours the terminal says it has.
    pub(super) depth: Depth,
}

/// Reads it.
pub(super) fn read() -> Environment {
    let filled = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    let locale = |category: &str| ["LC_ALL", category, "LANG"].into_iter().find_map(filled).and_then(|l| l.into_string().ok());
    let characters = locale("LC_CTYPE");
    let text = |name: &str| filled(name).and_then(|v| v.into_string().ok());
    Environment {
        no_color: filled("NO_COLOR").is_some(),
        auto_signs: signs_for(characters.as_deref()),
        language: language_for(characters.as_deref(), locale("LC_MESSAGES").as_deref()),
        depth: Depth::promised(text("COLORTERM").as_deref(), text("TERM").as_deref()),
        config_home: filled("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(filled("HOME")?).join(".config"))),
    }
}

/// Where the locale names another character set than UTF-8, or a language whose terminals draw
/// signs of ambiguous width two cells wide, ASCII keeps everything aligned.
fn signs_for(locale: Option<&str>) -> Signs {
    let Some(locale) = locale.map(str::to_lowercase) else { return Signs::Unicode };
    let utf8 = locale.contains("utf-8") || locale.contains("utf8");
    let wide = ["zh", "ja", "ko"].iter().any(|l| locale.starts_with(l));
    if utf8 && !wide { Signs::Unicode } else { Signs::Ascii }
}

/// The language of messages, where the character set can show it.
fn language_for(characters: Option<&str>, messages: Option<&str>) -> Language {
    let utf8 = characters.map(str::to_lowercase).is_none_or(|l| l.contains("utf-8") || l.contains("utf8"));
    if utf8 { messages.map_or(Language::English, Language::of_locale) } else { Language::English }
}

/// The configuration of the bare command: in this folder, else in the user's.
pub(super) fn find_config(environment: &Environment) -> Option<PathBuf> {
    let here = PathBuf::from(FILE);
    let home = environment.config_home.as_ref().map(|h| h.join("bellwether").join(FILE));
    [Some(here), home].into_iter().flatten().find(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_follow_the_locale() {
        for locale in [None, Some("en_US.UTF-8"), Some("C.utf8"), Some("ru_RU.UTF-8")] {
            assert_eq!(signs_for(locale), Signs::Unicode, "{locale:?}");
        }
        for locale in ["C", "POSIX", "zh_CN.UTF-8", "ja_JP.eucJP", "de_DE.ISO-8859-1"] {
            assert_eq!(signs_for(Some(locale)), Signs::Ascii, "{locale}");
        }
    }

    #[test]
    fn the_language_follows_the_locale_where_it_can_be_shown() {
        assert_eq!(language_for(Some("zh_CN.UTF-8"), Some("zh_CN.UTF-8")), Language::Chinese);
        assert_eq!(language_for(Some("zh_CN.GB18030"), Some("zh_CN.GB18030")), Language::English);
        assert_eq!(language_for(Some("de_DE.UTF-8"), Some("ru_RU.UTF-8")), Language::Russian);
        assert_eq!(language_for(None, None), Language::English);
    }

    #[test]
    fn the_users_folder_is_looked_into() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment { config_home: Some(home.path().to_owned()), ..Environment::default() };
        assert_eq!(find_config(&environment), None);
        std::fs::create_dir(home.path().join("bellwether")).unwrap();
        let file = home.path().join("bellwether").join(FILE);
        std::fs::copy("Cargo.toml", &file).unwrap();
        assert_eq!(find_config(&environment), Some(file));
    }
}
