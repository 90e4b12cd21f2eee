//! Configurations in files.

use super::diagnostic::Diagnostics;
use super::load::{TEXT_LIMIT, load};
use super::loaded::Loaded;
use super::overrides::Overrides;
use std::io::Read;
use std::path::Path;

/// Reads a file's text; `-` is standard input.
///
/// # Errors
/// Says why it cannot be read.
pub fn read(path: &Path) -> Result<String, Diagnostics> {
    let shown = path.display().to_string();
    let fault = |message: String| Diagnostics::of_file(&shown, message, "");
    let mut bytes = Vec::new();
    let limit = TEXT_LIMIT as u64 + 1;
    let outcome = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        #[expect(clippy::disallowed_methods, reason = "this is the room that reads configurations")]
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    outcome.map_err(|error| fault(format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| fault(format!("is not UTF-8 from byte {} on", error.utf8_error().valid_up_to())))
}

/// Reads and checks a file.
///
/// # Errors
/// As [`load`], and where the file cannot be read.
pub fn load_file(path: &Path, overrides: &Overrides) -> Result<Loaded, Diagnostics> {
    load(&read(path)?, &path.display().to_string(), overrides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_cannot_be_read_says_so() {
        let missing = load_file(Path::new("no/such.toml"), &Overrides::default()).unwrap_err().to_string();
        assert!(missing.starts_with("no/such.toml: error: cannot be read: "), "{missing}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"a = \"\xff\"").unwrap();
        let broken = load_file(file.path(), &Overrides::default()).unwrap_err().to_string();
        assert!(broken.contains("is not UTF-8 from byte 5 on"), "{broken}");
    }
}
