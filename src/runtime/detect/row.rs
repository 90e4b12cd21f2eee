//! Rows of the result: `timestamp,value,anomaly_score,flag,low,high,reason`.

use crate::model::Scored;
use std::io::Write as _;

/// The first line.
pub(super) const HEADER: &[u8] = b"timestamp,value,anomaly_score,flag,low,high,reason\n";

/// Writes a row; the score is 0 and the band empty where nothing was judged.
pub(super) fn write(out: &mut Vec<u8>, time: &[u8], value: &[u8], scored: Option<&Scored>, reason: &str) {
    field(out, time);
    out.push(b',');
    field(out, value);
    out.push(b',');
    number(out, scored.map_or(0.0, |scored| scored.score));
    out.extend_from_slice(if scored.is_some_and(|scored| scored.flagged) { b",1," } else { b",0," });
    let band = scored.and_then(|scored| scored.expected);
    number(out, band.map_or(f64::NAN, |band| band.low));
    out.push(b',');
    number(out, band.map_or(f64::NAN, |band| band.high));
    out.push(b',');
    field(out, reason.as_bytes());
    out.push(b'\n');
}

/// A number in the fewest digits that give it back; nothing for one that is not finite.
pub(super) fn number(out: &mut Vec<u8>, x: f64) {
    if !x.is_finite() {
        return;
    }
    // Writing into memory does not fail. The form is the shortest that keeps 1e300 short too.
    let _ = write!(out, "{x:?}");
    if out.ends_with(b".0") {
        out.truncate(out.len() - 2);
    }
}

/// A field, in quotes where it needs them.
fn field(out: &mut Vec<u8>, text: &[u8]) {
    if !text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Band, Baseline, Pattern};
    use proptest::prelude::*;

    fn scored(score: f64, flagged: bool, low: f64, high: f64) -> Scored {
        let baseline = Baseline::none("sigma");
        Scored { score, threshold: 0.5, flagged, expected: Some(Band::new(low, high)), pattern: Pattern::Spike, baseline }
    }

    #[test]
    fn rows_keep_what_came_and_quote_what_needs_it() {
        let mut out = HEADER.to_vec();
        write(&mut out, b"2014-04-01 00:00:00", b"20.0", None, "");
        write(&mut out, b"1,5", b"7", Some(&scored(0.75, true, -1.0, f64::INFINITY)), "7 is \"odd\", usually 1");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "timestamp,value,anomaly_score,flag,low,high,reason\n2014-04-01 00:00:00,20.0,0,0,,,\n\"1,5\",7,0.75,1,-1,,\"7 is \"\"odd\"\", usually 1\"\n"
        );
    }

    proptest! {
        #[test]
        fn numbers_come_back_bit_for_bit(x in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            let mut out = Vec::new();
            number(&mut out, x);
            let read: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            prop_assert_eq!(read.to_bits(), x.to_bits());
        }
    }
}
