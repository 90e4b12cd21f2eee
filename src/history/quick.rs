//! The quick way to read the line of a record, as this program and kcat write it.
//!
//! A replay is to run at half a million records a second and more, and reading the lines was most of
//! its work. Whatever is not plain here (headers, base64, unknown keys, rare escapes) is left to the
//! general reader, which says the same of everything this one reads.

use super::line::Bytes;
use std::borrow::Cow;

/// The keys of a record's line. A line that has others is not for the quick way.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Quick<'a> {
    pub(super) source: Option<Bytes<'a>>,
    pub(super) topic: Option<Bytes<'a>>,
    pub(super) partition: Option<i32>,
    pub(super) offset: Option<i64>,
    pub(super) tstype: Option<Bytes<'a>>,
    pub(super) ts: Option<i64>,
    pub(super) key: Option<Bytes<'a>>,
    pub(super) payload: Option<Bytes<'a>>,
}

/// The most digits of a number that surely fits.
const DIGITS: usize = 18;

/// Reads `line`, `None` where the general reader must.
pub(super) fn quick(line: &[u8]) -> Option<Quick<'_>> {
    let mut scan = Scan { bytes: line, at: 0 };
    let (mut out, mut seen) = (Quick::default(), 0u16);
    scan.expect(b'{')?;
    loop {
        scan.expect(b'"')?;
        let key = scan.plain()?;
        scan.expect(b':')?;
        let bit = match key {
            b"source" => text(&mut scan, &mut out.source, 0)?,
            b"topic" => text(&mut scan, &mut out.topic, 1)?,
            b"tstype" => text(&mut scan, &mut out.tstype, 2)?,
            b"key" => text(&mut scan, &mut out.key, 3)?,
            b"payload" => text(&mut scan, &mut out.payload, 4)?,
            b"partition" => {
                out.partition = Some(i32::try_from(scan.number()?).ok()?);
                5
            }
            b"offset" => {
                out.offset = Some(scan.number()?);
                6
            }
            b"ts" => {
                out.ts = Some(scan.number()?);
                7
            }
            // kcat names the broker; it is of no use here.
            b"broker" => {
                i32::try_from(scan.number()?).ok()?;
                8
            }
            _ => return None,
        };
        // A key that stands twice is a fault, which the general reader tells.
        if seen & 1 << bit != 0 {
            return None;
        }
        seen |= 1 << bit;
        match scan.next()? {
            b',' => {}
            b'}' if scan.at == line.len() => return (out.topic.is_some() && out.offset.is_some()).then_some(out),
            _ => return None,
        }
    }
}

fn text<'a>(scan: &mut Scan<'a>, place: &mut Option<Bytes<'a>>, bit: u16) -> Option<u16> {
    if scan.rest().starts_with(b"null") {
        scan.at += 4;
    } else {
        *place = Some(Bytes(scan.string()?));
    }
    Some(bit)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn number(&mut self) -> Option<i64> {
        let negative = self.bytes.get(self.at) == Some(&b'-');
        self.at += usize::from(negative);
        let digits = self.rest().iter().take(DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
        // A number that begins with a nought is none in JSON.
        if digits == 0 || digits > DIGITS || (digits > 1 && self.bytes[self.at] == b'0') {
            return None;
        }
        let size = self.rest()[..digits].iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
        self.at += digits;
        Some(if negative { -size } else { size })
    }

    /// The rest of a string that has no escapes, after its first quote.
    fn plain(&mut self) -> Option<&'a [u8]> {
        let len = run(self.rest());
        let part = &self.rest()[..len];
        self.at += len;
        self.expect(b'"')?;
        Some(part)
    }

    fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        self.expect(b'"')?;
        let len = run(self.rest());
        let first = &self.rest()[..len];
        self.at += len;
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            return Some(Cow::Borrowed(first));
        }
        let mut out = Vec::with_capacity(self.rest().len() + len);
        out.extend_from_slice(first);
        loop {
            match self.next()? {
                b'"' => return Some(Cow::Owned(out)),
                b'\\' => self.escape(&mut out)?,
                // A raw control character: the general reader refuses it.
                _ => return None,
            }
            let len = run(self.rest());
            out.extend_from_slice(&self.rest()[..len]);
            self.at += len;
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        out.push(match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            _ => return None,
        });
        Some(())
    }
}

/// How many bytes go on until a quote, a backslash or a control character.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::super::line::RawLine;
    use super::*;
    use proptest::prelude::*;

    /// What the general reader makes of the same line.
    fn general(line: &[u8]) -> Option<Quick<'_>> {
        let raw: RawLine<'_> = serde_json::from_slice(line).ok()?;
        let RawLine { source, topic, partition, offset, tstype, ts, key, payload, .. } = raw;
        Some(Quick { source, topic, partition, offset, tstype, ts, key, payload })
    }

    #[test]
    fn the_lines_of_this_program_and_of_kcat_are_read() {
        for line in [
            r#"{"topic":"t","partition":1,"offset":42,"tstype":"create","ts":-5,"broker":1,"key":null,"payload":"{\"a\":\"\\n\"}"}"#,
            r#"{"source":"s","topic":"t","partition":0,"offset":0,"key":"","payload":null}"#,
        ] {
            assert_eq!(quick(line.as_bytes()), general(line.as_bytes()), "{line}");
            assert!(quick(line.as_bytes()).is_some(), "{line}");
        }
        for line in [
            r#"{"topic":"t","offset":1,"event":"idle"}"#,
            r#"{"topic":"t","offset":01}"#,
            r#"{"tick":1}"#,
            r#"{"topic":"t","offset":1} x"#,
            "",
        ] {
            assert_eq!(quick(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_it_reads_the_general_reader_reads_alike(
            keys in proptest::collection::vec((0usize..10, "-?[0-9]{1,20}|null|\"([a-z\"]|\\\\[\"\\\\/bnrtfux]|\\PC|\u{1}){0,8}\""), 0..6),
            junk in "[ ,}]{0,2}",
        ) {
            let names = ["topic", "offset", "partition", "ts", "key", "payload", "source", "tstype", "broker", "event"];
            let body: Vec<String> = keys.iter().map(|(k, v)| format!("\"{}\":{v}", names[*k])).collect();
            let line = format!("{{\"topic\":\"t\",\"offset\":3{}{}}}{junk}", if body.is_empty() { "" } else { "," }, body.join(","));
            if let Some(found) = quick(line.as_bytes()) {
                prop_assert_eq!(Some(found), general(line.as_bytes()), "{}", line);
            }
        }
    }
}
