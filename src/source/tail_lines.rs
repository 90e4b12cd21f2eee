//! Bytes cut into lines: partial lines wait for their end, endless ones are cut at a limit.

/// Bytes read at a time.
pub(super) const CHUNK: usize = 256 * 1024;
/// The longest line that is kept whole; of a longer one the beginning is. Log lines are thousands of
/// times shorter, and a file without line ends must not fill memory.
pub(super) const LINE_LIMIT: usize = 1 << 20;

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from 0, blank lines counted.
    pub(super) number: i64,
    /// What it says; never blank.
    pub(super) bytes: &'a [u8],
    /// Whether it was longer than the limit.
    pub(super) cut: bool,
}

/// Cuts what it is given into lines.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    part: Vec<u8>,
    number: i64,
    /// The rest of an overlong line, or of one that was begun before reading, is being passed over.
    skipping: bool,
}

impl Cutter {
    /// Passes over everything up to the next line end: reading started within a line.
    pub(super) fn skip_line(&mut self) {
        self.skipping = true;
    }

    /// Gives each line that ends in `bytes` to `take`, until that answers `false`.
    pub(super) fn push(&mut self, mut bytes: &[u8], take: &mut dyn FnMut(Line<'_>) -> bool) -> bool {
        while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
            let (line, rest) = (&bytes[..at], &bytes[at + 1..]);
            bytes = rest;
            let on = if std::mem::take(&mut self.skipping) {
                self.number += 1;
                true
            } else if self.part.is_empty() {
                self.give(line, take)
            } else {
                self.part.extend_from_slice(line);
                self.give_part(take)
            };
            if !on {
                return false;
            }
        }
        if self.skipping {
            return true;
        }
        self.part.extend_from_slice(bytes);
        if self.part.len() <= LINE_LIMIT {
            return true;
        }
        self.skipping = true;
        let on = self.give_part(take);
        // The number goes on when the line's end is met.
        self.number -= 1;
        on
    }

    /// Gives what is left as a line: nothing more will come.
    pub(super) fn finish(&mut self, take: &mut dyn FnMut(Line<'_>) -> bool) {
        if std::mem::take(&mut self.skipping) {
            self.number += 1;
        } else if !self.part.is_empty() {
            self.give_part(take);
        }
    }

    fn give_part(&mut self, take: &mut dyn FnMut(Line<'_>) -> bool) -> bool {
        let part = std::mem::take(&mut self.part);
        let on = self.give(&part, take);
        self.part = part;
        self.part.clear();
        self.part.shrink_to(CHUNK);
        on
    }

    fn give(&mut self, line: &[u8], take: &mut dyn FnMut(Line<'_>) -> bool) -> bool {
        let number = self.number;
        self.number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let cut = line.len() > LINE_LIMIT;
        let bytes = &line[..line.len().min(LINE_LIMIT)];
        bytes.trim_ascii().is_empty() || take(Line { number, bytes, cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &[u8], sizes: &[usize]) -> Vec<(i64, Vec<u8>, bool)> {
        let (mut cutter, mut out, mut rest, mut i) = (Cutter::default(), Vec::new(), text, 0);
        let mut take = |l: Line<'_>| {
            out.push((l.number, l.bytes.to_vec(), l.cut));
            true
        };
        while !rest.is_empty() {
            let n = sizes[i % sizes.len()].clamp(1, rest.len());
            cutter.push(&rest[..n], &mut take);
            rest = &rest[n..];
            i += 1;
        }
        cutter.finish(&mut take);
        out
    }

    #[test]
    fn lines_are_whole_numbered_and_never_blank() {
        let lines = cut(b"a\r\n\n \nb\nlast", &[3]);
        assert_eq!(lines, [(0, b"a".to_vec(), false), (3, b"b".to_vec(), false), (4, b"last".to_vec(), false)]);
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_is_whole() {
        let mut text = vec![b'x'; LINE_LIMIT * 3];
        text.extend_from_slice(b"\nnext\n");
        for size in [CHUNK, LINE_LIMIT * 4] {
            let lines = cut(&text, &[size]);
            assert_eq!(lines.iter().map(|(n, b, c)| (*n, b.len(), *c)).collect::<Vec<_>>(), [(0, LINE_LIMIT, true), (1, 4, false)]);
        }
    }

    #[test]
    fn a_line_begun_before_reading_is_passed_over() {
        let (mut cutter, mut out) = (Cutter::default(), Vec::new());
        cutter.skip_line();
        cutter.push(b"lf of a line\nwhole\n", &mut |l| {
            out.push(l.bytes.to_vec());
            true
        });
        assert_eq!(out, [b"whole".to_vec()]);
    }

    proptest! {
        #[test]
        fn how_bytes_come_does_not_matter(text in "[a-c\n\r]{0,60}", sizes in proptest::collection::vec(1usize..9, 1..5)) {
            prop_assert_eq!(cut(text.as_bytes(), &sizes), cut(text.as_bytes(), &[1_000]));
        }
    }
}
