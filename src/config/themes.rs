//! Themes by name or by file: those that are built in, those in the user's folder, and any file of a theme or a scheme.

use super::registry;
use super::suggest;
use crate::ui::{Depth, Theme, of_scheme};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The theme that is dark or light as the terminal is.
pub const AUTO: &str = "auto";
/// Longest file of a theme: real ones have one or two kilobytes.
const BYTES_MAX: u64 = 64 * 1024;
/// Endings of theme files, and of schemes, which are turned into themes.
const ENDINGS: [&str; 3] = ["toml", "yaml", "yml"];

/// The folder of the user's own themes.
pub fn theme_folder(config_home: &Path) -> PathBuf {
    config_home.join("bellwether").join("themes")
}

/// The text of the theme called `name`, or in the file `name`; `None`: it is `auto`.
///
/// # Errors
/// What is wrong, and a hint.
pub fn theme_text(name: &str, config_home: Option<&Path>) -> Result<Option<String>, (String, String)> {
    if name == AUTO {
        return Ok(None);
    }
    if let Some(text) = Theme::text(name) {
        return Ok(Some(text.to_owned()));
    }
    let named = Path::new(name).extension().is_some_and(|e| ENDINGS.iter().any(|known| e == *known));
    if named || name.contains('/') {
        return of_file(Path::new(name)).map(Some).map_err(|what| (what, String::new()));
    }
    let own = config_home.map(theme_folder).into_iter().flat_map(|f| ENDINGS.map(|ending| f.join(format!("{name}.{ending}"))));
    if let Some(file) = own.into_iter().find(|file| file.is_file()) {
        return of_file(&file).map(Some).map_err(|what| (what, String::new()));
    }
    let known = theme_names(config_home);
    Err((format!("no theme is called {name:?}"), suggest::hint(name, known.iter().map(String::as_str))))
}

/// Every name a theme can be chosen by, the user's own last.
pub fn theme_names(config_home: Option<&Path>) -> Vec<String> {
    let mut names = vec![AUTO.to_owned()];
    names.extend(registry::themes());
    let mut own = Vec::new();
    for entry in config_home.map(theme_folder).and_then(|f| std::fs::read_dir(f).ok()).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending = path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e == *known));
        if let Some(stem) = path.file_stem().and_then(|s| s.to_str()).filter(|_| ending) {
            own.push(stem.to_owned());
        }
    }
    own.sort();
    own.retain(|name| !names.contains(name));
    own.dedup();
    names.extend(own);
    names
}

/// The text of the theme in a file; a scheme becomes one.
///
/// # Errors
/// What is wrong with the file, with its name.
fn of_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads configurations")]
    let read = std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text));
    read.map_err(|error| format!("theme {shown} cannot be read: {error}"))?;
    if text.len() as u64 > BYTES_MAX {
        return Err(format!("theme {shown} has more than {BYTES_MAX} bytes"));
    }
    if path.extension().is_none_or(|e| e != "toml") {
        return of_scheme(&text).map_err(|what| format!("scheme {shown}: {what}"));
    }
    Theme::read(&shown.to_string(), &text, Depth::True, false).map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
    }

    #[test]
    fn the_users_themes_are_found_by_name_and_files_by_path() {
        let home = tempfile::tempdir().unwrap();
        let folder = theme_folder(home.path());
        std::fs::create_dir_all(&folder).unwrap();
        write(&folder.join("mine.toml"), Theme::text("light").unwrap());
        let scheme = (0..16).map(|i| format!("base{i:02X}: \"{0:02x}{0:02x}{0:02x}\"", i * 16)).collect::<Vec<_>>().join("\n");
        write(&folder.join("grey.yaml"), &scheme);
        write(&folder.join("odd.yaml"), "base00: \"black\"\n");
        let text = |name: &str| theme_text(name, Some(home.path()));
        assert_eq!(text("mine").unwrap().as_deref(), Theme::text("light"));
        assert_eq!(text("auto"), Ok(None));
        let path = folder.join("grey.yaml").display().to_string();
        assert!(text("grey").unwrap().unwrap().contains("background = \"#000000\""));
        assert_eq!(text("grey"), theme_text(&path, None));
        assert!(text("odd").unwrap_err().0.contains("odd.yaml: line 1: \"black\" is no colour"));
        assert_eq!(text("ligth").unwrap_err(), ("no theme is called \"ligth\"".to_owned(), "did you mean \"light\"?".to_owned()));
        assert!(theme_text("no/such.toml", None).unwrap_err().0.contains("cannot be read"));
        assert_eq!(theme_names(Some(home.path()))[7..], ["grey", "mine", "odd"]);
    }
}
