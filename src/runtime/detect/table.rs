//! CSV as it stands in files: read row by row, the bytes of every field kept as they are.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{self, Read};

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;
/// Longest row: only a quote that is never closed makes a longer one, and it would swallow the file.
const ROW_LIMIT: usize = 1 << 20;
/// Most columns, as many as a stream has fields.
const COLUMN_LIMIT: usize = 1_024;
/// What may stand between fields; the one found most often in the first line does.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Why a table cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    /// The file fails.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A row without end.
    #[error("line {0}: the row is longer than 1 MiB: perhaps a quote is not closed")]
    Long(u64),
    /// Too many columns.
    #[error("line {0}: more than 1,024 columns")]
    Wide(u64),
}

/// A table being read.
pub(super) struct Table {
    input: Box<dyn Read>,
    reader: Reader,
    buffer: Vec<u8>,
    /// What of the buffer has not been read yet.
    rest: (usize, usize),
    out: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl Table {
    /// Begins to read; finds out what stands between the fields.
    pub(super) fn new(input: Box<dyn Read>) -> io::Result<Self> {
        let mut table =
            Self { input, reader: Reader::new(), buffer: vec![0; CHUNK], rest: (0, 0), out: vec![0; 256], ends: vec![0; 16], fields: 0 };
        while table.rest.1 < CHUNK {
            let read = match table.input.read(&mut table.buffer[table.rest.1..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            table.rest.1 += read;
            if read == 0 || table.buffer[..table.rest.1].contains(&b'\n') {
                break;
            }
        }
        let first = table.buffer[..table.rest.1].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| first.split(|byte| *byte == delimiter).count();
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
        table.reader = ReaderBuilder::new().delimiter(delimiter).build();
        Ok(table)
    }

    /// Reads the next row; `false` at the end. Blank lines are no rows.
    pub(super) fn next(&mut self) -> Result<bool, TableError> {
        let (mut written, mut fields) = (0, 0);
        loop {
            if self.rest.0 == self.rest.1 {
                self.rest = (0, self.fill()?);
            }
            // An empty input says that nothing follows: the row at hand ends there.
            let input = &self.buffer[self.rest.0..self.rest.1];
            let (result, read, wrote, ended) = self.reader.read_record(input, &mut self.out[written..], &mut self.ends[fields..]);
            self.rest.0 += read;
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::Record => {
                    self.fields = fields;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::OutputFull if self.out.len() >= ROW_LIMIT => return Err(TableError::Long(self.line())),
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= COLUMN_LIMIT => return Err(TableError::Wide(self.line())),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty => {}
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.input.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// The line the reader stands at, from 1.
    pub(super) fn line(&self) -> u64 {
        self.reader.line()
    }

    /// A field of the row; `None` where the row ends before it.
    pub(super) fn field(&self, nth: usize) -> Option<&[u8]> {
        let from = if nth == 0 { 0 } else { *self.ends.get(nth - 1)? };
        (nth < self.fields).then(|| &self.out[from..self.ends[nth]])
    }

    /// All fields of the row as text, what is no UTF-8 replaced.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |nth| String::from_utf8_lossy(self.field(nth).unwrap_or_default()).trim().trim_start_matches('\u{feff}').to_owned();
        (0..self.fields).map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut table = Table::new(Box::new(io::Cursor::new(text.as_bytes().to_vec()))).unwrap();
        let mut rows = Vec::new();
        while table.next().unwrap() {
            rows.push(table.texts());
        }
        rows
    }

    #[test]
    fn rows_come_as_they_stand() {
        assert_eq!(rows("\u{feff}t,v\r\n1,\"a \"\"b\"\", c\"\r\n\r\n2,\n3"), [&["t", "v"][..], &["1", "a \"b\", c"], &["2", ""], &["3"]]);
        assert_eq!(rows("t;v\n1;2,5\n"), [["t", "v"], ["1", "2,5"]]);
        assert_eq!(rows("t\tv\n\"1\n2\"\t3"), [["t", "v"], ["1\n2", "3"]]);
        assert!(rows("").is_empty());
    }

    #[test]
    fn rows_reach_over_the_chunks_they_are_read_in() {
        let long = "x".repeat(CHUNK + 7);
        let found = rows(&format!("a,{long}\n{long},b\n"));
        assert_eq!((found[0][1].len(), found[1][0].len(), found[1][1].as_str()), (CHUNK + 7, CHUNK + 7, "b"));
    }

    #[test]
    fn what_never_ends_is_refused() {
        let text = format!("t,v\n1,\"{}", "x\n".repeat(ROW_LIMIT));
        let mut table = Table::new(Box::new(io::Cursor::new(text.into_bytes()))).unwrap();
        assert!(table.next().unwrap());
        assert!(table.next().unwrap_err().to_string().contains("perhaps a quote is not closed"));
        let mut table = Table::new(Box::new(io::Cursor::new(",".repeat(2_000).into_bytes()))).unwrap();
        assert!(matches!(table.next(), Err(TableError::Wide(_))));
    }
}
