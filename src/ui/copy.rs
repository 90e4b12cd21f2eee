//! What is copied to the clipboard: how much of it, and the words that tell what it was. Met by the app and by panes that copy.

use super::Language;
use super::words::clip;
use crate::model::Safe;

/// Bytes copied at most: in base64 with its frame they are 100,000, which is as much as terminals take at once.
pub const COPY_MAX: usize = 74_994;
/// Columns of a copied value that the notice repeats.
const SHOWN: usize = 48;

/// `text` within [`COPY_MAX`], cut at the end of a line where there is one; whether anything was cut.
pub fn fit(mut text: String) -> (String, bool) {
    if text.len() <= COPY_MAX {
        return (text, false);
    }
    let mut end = COPY_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let line = text[..end].rfind('\n').map_or(end, |at| at + 1);
    text.truncate(line);
    (text, true)
}

/// The words for what was copied.
pub fn told(text: &str, cut: bool, language: Language) -> String {
    let lines = text.lines().count();
    if cut {
        return language.fill("copied the first {0} lines; the rest is more than a terminal takes", &[&lines.to_string()]);
    }
    if lines > 1 {
        return language.fill("copied {0} lines of Markdown", &[&lines.to_string()]);
    }
    let text = Safe::message(text.trim());
    language.fill("copied {0}", &[&clip(text.as_str(), SHOWN, true)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_notice_tells_what_was_copied() {
        assert_eq!(told("14.2 %", false, Language::English), "copied 14.2 %");
        assert_eq!(told("a\nb\n", false, Language::English), "copied 2 lines of Markdown");
        let (text, cut) = fit("支付失败率按地区\n".repeat(5_000));
        assert!(cut && text.len() <= COPY_MAX && text.ends_with('\n'));
        assert!(told(&text, cut, Language::English).starts_with("copied the first 2999 lines"));
    }

    proptest! {
        #[test]
        fn what_is_cut_is_the_beginning(text in "\\PC{0,40}", times in 1usize..9_000) {
            let whole = text.repeat(times);
            let (kept, cut) = fit(whole.clone());
            prop_assert!(whole.starts_with(&kept) && kept.len() <= COPY_MAX);
            prop_assert_eq!(cut, kept.len() < whole.len());
        }
    }
}
