//! How well a candidate fits what was typed: from its beginning, from the beginning of a word, anywhere, or letter by letter.

/// Lower is better; `None`: it does not fit. `query` is in lower case.
pub(super) fn score(query: &str, candidate: &str) -> Option<u32> {
    if query.is_empty() {
        return Some(0);
    }
    let candidate = candidate.to_lowercase();
    let length = candidate.chars().count() as u32;
    if let Some(at) = candidate.find(query) {
        let begins = candidate[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let group = if at == 0 {
            0
        } else if begins {
            1_000
        } else {
            2_000
        };
        return Some(group + length.min(999));
    }
    let mut left = candidate.char_indices();
    let (mut first, mut last) = (None, 0);
    for wanted in query.chars() {
        let (at, _) = left.find(|(_, c)| *c == wanted)?;
        first.get_or_insert(at);
        last = at;
    }
    // The closer together the letters, the likelier they were meant.
    Some(3_000 + (last - first.unwrap_or(0)).min(9_999) as u32)
}

/// The known word nearest to `word`, where one is near enough to have been meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    /// How alike two words must be (Jaro-Winkler, 0…1): below it proposals are noise.
    const ALIKE: f64 = 0.8;
    let small = word.to_lowercase();
    let alike = known.into_iter().map(|k| (strsim::jaro_winkler(&small, &k.to_lowercase()), k));
    alike.filter(|(a, _)| *a >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_come_before_middles_and_letters_last() {
        let order = |query: &str, mut words: Vec<&'static str>| {
            words.retain(|w| score(query, w).is_some());
            words.sort_by_key(|w| score(query, w));
            words
        };
        assert_eq!(order("fr", vec!["for-real", "refresh", "un-freeze", "freeze", "zoom"]), ["freeze", "un-freeze", "refresh", "for-real"]);
        assert_eq!(order("ppage", vec!["page sales", "previous-page"]), ["previous-page"]);
        assert_eq!(score("亚", "failure_ratio{region=\"亚太\"}").map(|s| s / 1_000), Some(1));
        assert_eq!(nearest("thme", ["theme", "time", "quit"]), Some("theme"));
        assert_eq!(nearest("xyz", ["theme", "quit"]), None);
    }
}
