//! Times as they are written in files, and moments as results name them.

use crate::decode::{TimeUnit, timestamp};
use crate::model::{Timestamp, Value};

/// The moment a field names. Beside what streams take, dates alone, times without seconds and
/// slashes for dashes are read, for spreadsheets write them.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let read = |text: &str| timestamp(Value::Text(text), TimeUnit::Auto);
    read(text).or_else(|| {
        let bytes = text.as_bytes();
        let dated = text.is_ascii() && bytes.len() >= 10 && matches!((bytes[4], bytes[7]), (b'-', b'-') | (b'/', b'/'));
        if !dated {
            return None;
        }
        let text = text[..10].replace('/', "-") + &text[10..];
        match text.len() {
            10 => read(&(text + " 00:00:00")),
            16 => read(&(text + ":00")),
            _ => read(&text),
        }
    })
}

/// A moment in the form results of recordings have: RFC 3339, milliseconds, UTC.
pub(super) fn text(at: Timestamp) -> String {
    let form = |t: jiff::Timestamp| t.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(|_| at.as_millis().to_string(), form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_files_are_read() {
        let at = Some(Timestamp::from_millis(1_795_237_200_000));
        for form in
            ["2026-11-21T05:00:00Z", "2026-11-21 05:00:00", " 2026-11-21 05:00 ", "2026/11/21 05:00:00", "1795237200", "1795237200000"]
        {
            assert_eq!(moment(form), at, "{form}");
        }
        assert_eq!(moment("2026-11-21"), Some(Timestamp::from_millis(1_795_219_200_000)));
        for bad in ["", "yesterday", "2026-13-01", "21/11/2026 05:00", "2026-11-21 05", "２０２６-11-21"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
        assert_eq!(text(Timestamp::from_millis(1_795_237_200_007)), "2026-11-21T05:00:00.007Z");
    }
}
