//! What `--screenshot` asks for: a plain value that the command line makes and the shell carries out.

use crate::model::{Millis, Timestamp};
use crate::ui::shot::PictureKind;
use std::path::PathBuf;

/// Columns and rows of a picture where none are named: a wide laptop window, and as much as a page of text takes.
pub const SHOT_SIZE: (u16, u16) = (120, 36);
/// Most columns and rows of a picture: no wall is larger, and memory follows them.
pub const SHOT_SIZE_MAX: (u16, u16) = (1000, 500);

/// Which moment of a recording is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShotAt {
    /// Its last.
    #[default]
    End,
    /// So long after its first.
    After(Millis),
    /// This one.
    At(Timestamp),
    /// The first with this time of day, in seconds, on the clock the screen shows.
    Clock(i64),
}

/// A picture of the screen instead of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShotTask {
    /// Where it goes; `-`: standard output.
    pub file: PathBuf,
    /// What it is.
    pub kind: PictureKind,
    /// Columns and rows.
    pub size: (u16, u16),
    /// A page by its name or its number; `None`: the first.
    pub page: Option<String>,
    /// Which moment of a recording.
    pub at: ShotAt,
    /// Live: so long after the start; `None`: shortly after the first data.
    pub after: Option<Millis>,
    /// With the frame of a window.
    pub framed: bool,
}

/// Reads `120x36`.
///
/// # Errors
/// Says what it may be.
pub fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(columns, rows)| Some((columns.trim().parse().ok()?, rows.trim().parse().ok()?)));
    let fits = |(columns, rows): &(u16, u16)| (1..=SHOT_SIZE_MAX.0).contains(columns) && (1..=SHOT_SIZE_MAX.1).contains(rows);
    let wrong = || format!("write columns and rows, such as 120x36, at most {}x{}", SHOT_SIZE_MAX.0, SHOT_SIZE_MAX.1);
    parts.filter(fits).ok_or_else(wrong)
}

/// Reads a moment of a recording: `end`, `+12m`, `03:12`, `03:12:30`, RFC 3339.
///
/// # Errors
/// Says what it may be.
pub fn parse_at(text: &str) -> Result<ShotAt, String> {
    let text = text.trim();
    if text == "end" {
        return Ok(ShotAt::End);
    }
    if let Some(length) = text.strip_prefix('+').and_then(|t| Millis::parse(t).ok()) {
        return Ok(ShotAt::After(length));
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(ShotAt::At(Timestamp::from_millis(at.as_millisecond())));
    }
    clock(text).map(ShotAt::Clock).ok_or_else(|| format!("{text:?} is no moment: write end, +12m, 03:12, 03:12:30 or 2026-01-31T03:12:00Z"))
}

fn clock(text: &str) -> Option<i64> {
    let mut seconds = 0;
    let pieces: Vec<&str> = text.split(':').collect();
    if !(2..=3).contains(&pieces.len()) {
        return None;
    }
    for (i, most) in [23, 59, 59].into_iter().enumerate() {
        let piece = pieces.get(i).copied().unwrap_or("0");
        let digits = (1..=2).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { piece.parse::<i64>().ok()? } else { return None };
        seconds = if number <= most { seconds * 60 + number } else { return None };
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_by_rows() {
        assert_eq!(parse_size("120x36"), Ok((120, 36)));
        assert_eq!(parse_size("1x1"), Ok((1, 1)));
        for bad in ["", "120", "0x5", "5x0", "1001x5", "5x501", "-1x5", "99999x9", "axb", "1x2x3"] {
            assert!(parse_size(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn moments_are_read() {
        for (text, at) in [
            ("end", ShotAt::End),
            ("+12m", ShotAt::After(Millis::from_secs(720))),
            ("03:12", ShotAt::Clock(11_520)),
            ("3:12:05", ShotAt::Clock(11_525)),
            ("2024-11-20T10:53:20Z", ShotAt::At(Timestamp::from_millis(1_732_100_000_000))),
        ] {
            assert_eq!(parse_at(text), Ok(at), "{text}");
        }
        for bad in ["", "12", "24:00", "3:60", "1:2:3:4", "+", "-5m", "+-3:00", "noon", "é:00"] {
            assert!(parse_at(bad).is_err(), "{bad:?}");
        }
    }
}
