//! "Did you mean": the nearest known word to a mistyped one.

/// How many known words a hint lists where none is near.
const LISTED: usize = 12;
/// How alike two words must be (Jaro-Winkler, 0…1) to be worth proposing: below it proposals are noise.
const ALIKE: f64 = 0.84;

/// The known word nearest to `word`, where one is near.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let small = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let other = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&small, &other);
        let reach = (small.chars().count().max(other.chars().count()) / 3).max(1);
        let alike = strsim::jaro_winkler(&small, &other);
        if candidate != word && (distance <= reach || alike >= ALIKE) && best.is_none_or(|(b, _)| alike > b) {
            best = Some((alike, candidate));
        }
    }
    best.map(|(_, word)| word)
}

/// A hint: the nearest known word, else the known ones, else nothing.
pub(super) fn hint<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return format!("did you mean {near:?}?");
    }
    if known.is_empty() {
        return String::new();
    }
    let more = if known.len() > LISTED { ", …" } else { "" };
    let shown = known.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    format!("known here: {shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_strangers_find_none() {
        let keys = ["threshold", "stream", "metric", "brokers"];
        for (slip, meant) in [("treshold", "threshold"), ("steam", "stream"), ("metrics", "metric"), ("Broker", "brokers")] {
            assert_eq!(nearest(slip, keys), Some(meant));
        }
        assert_eq!(nearest("zebra", keys), None);
        assert_eq!(hint("zebra", keys), "known here: threshold, stream, metric, brokers");
        assert_eq!(hint("zebra", []), "");
    }
}
