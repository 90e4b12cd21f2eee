//! What the command line says: it wins over the configuration.

use crate::decode::TopicPattern;
use crate::model::{Millis, Timestamp};
use crate::source::From;
use crate::ui::{Language, Signs};

/// Values of the command line. The default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Brokers (`-b`), instead of those of the first cluster; a cluster is added where there is none.
    pub brokers: Vec<String>,
    /// Topics: only these are read. Those no stream reads are listed in `Loaded::missing`.
    pub topics: Vec<TopicPattern>,
    /// Where reading starts (`--from`), on every cluster.
    pub from: Option<From>,
    /// librdkafka properties (`-X`), on every cluster.
    pub properties: Vec<(String, String)>,
    /// End at the end positions seen at the start.
    pub exit_at_end: bool,
    /// The theme.
    pub theme: Option<String>,
    /// Signs, where the command line names them.
    pub signs: Option<Signs>,
    /// What `signs = "auto"` means here; the caller knows the locale.
    pub auto_signs: Signs,
    /// The language of the locale; the caller knows it.
    pub language: Language,
    /// Bytes a second to keep to.
    pub link_budget: Option<u32>,
    /// The wall (`--wall`).
    pub wall: bool,
    /// No colours.
    pub no_color: bool,
    /// The user's configuration folder, where themes are looked for.
    pub config_home: Option<std::path::PathBuf>,
    /// A picture instead of the screen.
    pub shot: Option<Box<super::ShotTask>>,
    /// Nothing is changed from the screen.
    pub read_only: bool,
}

/// A topic as it is written: a name, or a regular expression with a leading `^`.
pub fn topic(text: &str) -> TopicPattern {
    if text.starts_with('^') { TopicPattern::Regex(text.into()) } else { TopicPattern::Name(text.into()) }
}

/// Numbers below this are seconds, above it milliseconds: as seconds it is the year 5138, as milliseconds 1973.
const SECONDS_BELOW: f64 = 1e11;

/// Reads where to start: `auto`, `beginning`, `end`, `-15m`, RFC 3339, or a number of seconds or milliseconds since the epoch.
///
/// # Errors
/// Says what it may be.
pub fn parse_from(text: &str) -> Result<From, String> {
    let text = text.trim();
    match text {
        "beginning" | "earliest" => return Ok(From::Beginning),
        "end" | "latest" => return Ok(From::End),
        "auto" => return Ok(From::Auto),
        _ => {}
    }
    if let Some(length) = text.strip_prefix('-').and_then(|t| Millis::parse(t).ok()) {
        return Ok(From::Back(length));
    }
    if let Ok(number) = text.parse::<f64>()
        && number >= 0.0
        && number.is_finite()
    {
        let ms = if number < SECONDS_BELOW { number * 1000.0 } else { number };
        return Ok(From::At(Timestamp::from_millis(ms.round() as i64)));
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(From::At(Timestamp::from_millis(at.as_millisecond())));
    }
    Err(format!("{text:?} is no place to start: write auto, beginning, end, -15m, -2h, 2026-01-31T08:00:00Z or seconds since the epoch"))
}

/// How [`parse_from`] reads back what it read.
pub fn write_from(from: From) -> String {
    match from {
        From::Beginning => "beginning".to_owned(),
        From::End => "end".to_owned(),
        From::Auto => "auto".to_owned(),
        From::Back(length) => {
            // As people write it, where nothing is lost by that.
            let short = format!("-{length}");
            if parse_from(&short) == Ok(from) { short } else { format!("-{}ms", length.get()) }
        }
        From::At(at) => jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(|_| "beginning".to_owned(), |t| t.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_where_to_start_is_understood() {
        let at = |ms| From::At(Timestamp::from_millis(ms));
        for (text, from) in [
            ("beginning", From::Beginning),
            ("end", From::End),
            ("auto", From::Auto),
            ("-2h", From::Back(Millis::from_secs(7200))),
            ("2024-11-20T10:53:20Z", at(1_732_100_000_000)),
            ("2024-11-20T18:53:20.5+08:00", at(1_732_100_000_500)),
            ("1732100000", at(1_732_100_000_000)),
            ("1732100000.25", at(1_732_100_000_250)),
            ("1732100000000", at(1_732_100_000_000)),
        ] {
            assert_eq!(parse_from(text), Ok(from), "{text}");
        }
        for bad in ["", "start", "2h", "--2h", "-2x", "NaN", "-5", "inf"] {
            assert!(parse_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["beginning", "end", "-90m", "1732100000123", "5"] {
            let from = parse_from(text).unwrap();
            assert_eq!(parse_from(&write_from(from)), Ok(from));
        }
    }

    #[test]
    fn a_caret_makes_a_pattern() {
        assert_eq!(topic("^orders\\..*"), TopicPattern::Regex("^orders\\..*".into()));
        assert_eq!(topic("orders"), TopicPattern::Name("orders".into()));
    }
}
