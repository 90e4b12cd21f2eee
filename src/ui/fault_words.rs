//! What is wrong with a filter, in the language of the console. Met by whoever types one.
//!
//! Expressions know no languages, since configurations and the command line read them too: their sentences are known
//! here by their form, and one that is not is shown as it is.

use super::messages::english;
use super::{FilterFault, Language};

/// The sentences, those without a gap before those whose gap would swallow them.
const FORMS: [&str; 29] = [
    english("no row has {0}; did you mean {1}?"),
    english("no row has {0}; there are {1}, and labels"),
    english("a comparison of a comparison"),
    english("join the two with and"),
    english("expected a regular expression in quotes"),
    english("no regular expression: {0}"),
    english("ends where a value is expected"),
    english("expected a value"),
    english("expected an operator"),
    english("expected a name after the dot"),
    english("expected {0}"),
    english("texts stand in 'quotes'; names with spaces or dashes in `backticks`"),
    english("unknown function `{0}`"),
    english("unknown name `{0}`"),
    english("{0} arguments for `{1}`"),
    english("nested deeper than {0}"),
    english("there are {0}"),
    english("write == to compare"),
    english("write and"),
    english("write or"),
    english("write {0}"),
    english("unexpected {0}"),
    english("{0} is no number"),
    english("a number followed by {0}"),
    english("numbers have no units here; names that begin with a digit stand in `backticks`"),
    english("a quote that is not closed"),
    english("labels that cannot be read"),
    english("an expression of {0} bytes; the limit is {1}"),
    english("did you mean {0}?"),
];

impl FilterFault {
    /// What is wrong in `language`.
    pub fn said(&self, language: Language) -> String {
        let whole = sentence(&self.message, language);
        whole.or_else(|| self.with_hint(language)).unwrap_or_else(|| self.message.clone())
    }

    /// The sentence and, behind the first semicolon, what could be done.
    fn with_hint(&self, language: Language) -> Option<String> {
        let (what, hint) = self.message.split_once("; ")?;
        Some(format!("{}; {}", sentence(what, language)?, sentence(hint, language)?))
    }
}

/// `text` in `language`, where its form is known and its gaps hold no second sentence.
fn sentence(text: &str, language: Language) -> Option<String> {
    FORMS.iter().find_map(|form| {
        let gaps = gaps(form, text).filter(|gaps| form.contains("; ") || gaps.iter().all(|gap| !gap.contains("; ")))?;
        Some(language.fill(form, &gaps))
    })
}

/// What stands in the gaps of `form`, in their order; `None`: `text` does not have this form.
fn gaps<'a>(form: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = form.split_inclusive('}').map(|piece| piece.split_once('{').map_or(piece, |(before, _)| before));
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let open = form.matches('{').count();
    let mut found = Vec::with_capacity(open);
    for _ in 0..open {
        let next = pieces.next().unwrap_or("");
        let at = if next.is_empty() { rest.len() } else { rest.find(next)? };
        found.push(&rest[..at]);
        rest = &rest[at + next.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::filter::{Cell, Filter, Row};

    struct Item;

    impl Row for Item {
        const COLUMNS: &'static [&'static str] = &["name", "score"];

        fn cell(&self, _name: &str) -> Cell<'_> {
            Cell::Missing
        }

        fn words(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_the_language_and_otherwise_as_it_was() {
        for text in [
            "score >",
            "scroe > 0.5",
            "colour == 'red'",
            "name ~ '['",
            "name ~ 5",
            "score > 1 < 2",
            "score > 5m",
            "score == 'x",
            "score > abz(1)",
            "score > abs(1, 2)",
            "score > 1 = 2",
            "score > 1 x",
            "score > (1",
            "score > )",
        ] {
            let fault = Filter::new(text).fault(std::iter::once(Item)).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(fault.said(Language::English), fault.message, "{text}");
            for language in [Language::Chinese, Language::Russian] {
                let said = fault.said(language);
                assert!(!said.is_ascii(), "{text}: {said}");
            }
        }
    }

    #[test]
    fn forms_are_found_by_what_stands_between_their_gaps() {
        assert_eq!(gaps("{0} arguments for `{1}`", "3 arguments for `abs`"), Some(vec!["3", "abs"]));
        assert_eq!(gaps("expected {0}", "expected )"), Some(vec![")"]));
        assert_eq!(gaps("write and", "write android"), None);
        assert_eq!(gaps("write and", "write and"), Some(vec![]));
    }
}
