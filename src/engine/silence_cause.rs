//! Why many fell silent at once: the label value that most of them have and those that live have not.

use crate::model::LabelSet;
use std::collections::BTreeMap;

/// So many at least are one thing; two may be chance.
pub(super) const TOGETHER: usize = 3;
/// The value explains them where so much of all that has it is silent: one of ten may have come by another way.
const PURE: f64 = 0.9;
/// And where so much of what fell silent has it; the rest is told by itself.
const COVER: f64 = 0.75;

/// The label and its value that explain the silent ones; `None`: no single one does.
pub(super) fn explains<'a>(silent: &[&'a LabelSet], living: &[&'a LabelSet]) -> Option<(&'a str, &'a str)> {
    // Where nothing lives, nothing tells them apart.
    if living.is_empty() {
        return None;
    }
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    silent.iter().flat_map(|labels| labels.iter()).for_each(|pair| counts.entry(pair).or_default().0 += 1);
    for pair in living.iter().flat_map(|labels| labels.iter()) {
        if let Some(count) = counts.get_mut(&pair) {
            count.1 += 1;
        }
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    let good = |inside: usize, outside: usize| {
        let covers = share(inside, silent.len()) >= COVER && share(inside, inside + outside) >= PURE;
        // What most of the living have as well tells nothing, however few these are.
        covers && inside >= TOGETHER && outside * 2 <= living.len()
    };
    let found = counts.into_iter().filter(|(_, (inside, outside))| good(*inside, *outside));
    // The one with the most silent and the fewest living; of equals the first by name.
    found.min_by_key(|(_, (inside, outside))| (std::cmp::Reverse(*inside), *outside)).map(|(pair, _)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(host: usize, metric: usize) -> LabelSet {
        LabelSet::new([("env", "prod".to_owned()), ("host", format!("web-{host}")), ("metric", format!("m{metric}"))])
    }

    fn of(silent: &[LabelSet], living: &[LabelSet]) -> Option<(String, String)> {
        let found = explains(&silent.iter().collect::<Vec<_>>(), &living.iter().collect::<Vec<_>>());
        found.map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    #[test]
    fn the_host_explains_what_only_its_series_have_in_common() {
        let all: Vec<LabelSet> = (0..5).flat_map(|host| (0..4).map(move |metric| set(host, metric))).collect();
        let (silent, living): (Vec<_>, Vec<_>) = all.into_iter().partition(|l| l.get("host") == Some("web-3"));
        assert_eq!(of(&silent, &living), Some(("host".into(), "web-3".into())));
        assert_eq!(of(&silent, &living[..1]), Some(("host".into(), "web-3".into())), "one that lives is enough");
        assert_eq!(of(&silent, &[]), None, "where all are silent no label tells");
    }

    #[test]
    fn what_has_nothing_in_common_has_no_such_label() {
        let silent: Vec<LabelSet> = (0..5).map(|host| set(host, host)).collect();
        let living: Vec<LabelSet> = (0..5).map(|host| set(host, host + 1)).collect();
        assert_eq!(of(&silent, &living), None);
        let two = [set(1, 1), set(1, 2)];
        assert_eq!(of(&two, &living), None, "two may be chance");
    }
}
