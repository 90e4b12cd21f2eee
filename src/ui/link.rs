//! What the screen knows of the way to the terminal: said in the header, and the reason to draw less.

/// How the way to the terminal is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Quick: nothing is held back.
    #[default]
    Quick,
    /// It takes fewer bytes than a screen wants.
    Slow,
    /// Held to a number of bytes a second by hand.
    Budget,
}

/// The way to the terminal at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkView {
    /// How it is.
    pub state: LinkState,
    /// Bytes a second it bears; while it is quick, bytes sent.
    pub rate: u32,
}

impl LinkView {
    /// Whether a screen should move less.
    pub fn lean(self) -> bool {
        self.state != LinkState::Quick
    }
}

/// Reads a number of bytes a second: `1.5kB/s`, `2400`, `12 kB`.
///
/// # Errors
/// Says what it may be.
pub fn parse_budget(text: &str) -> Result<u32, String> {
    let what = || format!("{text:?} is no link budget: write bytes a second, from 300B/s to 10MB/s, as \"1.5kB/s\"");
    let body = text.trim().trim_end_matches("/s").trim_end();
    let body = body.strip_suffix(['B', 'b']).unwrap_or(body).trim_end();
    let (number, times) = match body.chars().last() {
        Some('k' | 'K') => (&body[..body.len() - 1], 1e3),
        Some('M') => (&body[..body.len() - 1], 1e6),
        _ => (body, 1.0),
    };
    let rate = number.trim().parse::<f64>().map_err(|_| what())? * times;
    if (BUDGET.0..=BUDGET.1).contains(&rate) { Ok(rate as u32) } else { Err(what()) }
}

/// The least budget a clock and an alert fit into, and the most that is one.
const BUDGET: (f64, f64) = (300.0, 1e7);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_read_as_people_write_it() {
        for (text, rate) in
            [("1.5kB/s", 1_500), ("2400", 2_400), ("2400 B/s", 2_400), ("12 kB", 12_000), ("1MB/s", 1_000_000), ("9.6k", 9_600)]
        {
            assert_eq!(parse_budget(text), Ok(rate), "{text}");
        }
        for bad in ["", "fast", "0", "-5kB/s", "100", "NaN", "1e99", "kB/s", "12 é"] {
            assert!(parse_budget(bad).is_err(), "{bad:?}");
        }
    }
}
