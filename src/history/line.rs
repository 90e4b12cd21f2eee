//! The keys of a line of a recording, as they stand in the file.
//!
//! One struct of optional keys serves all kinds of lines: which keys are there says which kind it
//! is. Unknown keys are passed over, so that newer recordings and other tools' lines can be read.

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The version of the format this program writes; newer ones are refused.
pub const RECORDING_VERSION: u32 = 1;

/// The first line of a recording made by this program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub recording: u32,
    /// Name and version of the program that wrote it.
    #[serde(default)]
    pub tool: String,
    /// When it was started, in milliseconds since the epoch.
    #[serde(default)]
    pub started: i64,
    /// The time zone of the console that recorded.
    #[serde(default)]
    pub tz: String,
    /// The machine it was recorded on.
    #[serde(default)]
    pub host: String,
    /// Names of the sources; a name's place is its source's id.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The effective configuration, as TOML; empty: none was written.
    #[serde(default)]
    pub config: String,
}

/// A JSON string as bytes: borrowed where nothing is escaped, never checked for UTF-8, because
/// kcat writes bytes that are not UTF-8 as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bytes<'a>(pub Cow<'a, [u8]>);

impl Bytes<'_> {
    /// As text; bytes that are not UTF-8 are replaced.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringBytes;
        impl<'de> Visitor<'de> for StringBytes {
            type Value = Bytes<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: Error>(self, v: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Borrowed(v)))
            }
            fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Owned(v.to_vec())))
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Borrowed(v.as_bytes())))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Owned(v.as_bytes().to_vec())))
            }
        }
        deserializer.deserialize_bytes(StringBytes)
    }
}

/// Names and values in turn, as kcat writes headers: `["a","1","b",null]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs<'a>(pub Vec<(Bytes<'a>, Option<Bytes<'a>>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flat;
        impl<'de> Visitor<'de> for Flat {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of names and values in turn")
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = seq.next_element::<Bytes<'de>>()? {
                    let value = seq.next_element::<Option<Bytes<'de>>>()?;
                    pairs.push((name, value.ok_or_else(|| S::Error::custom("a name without a value"))?));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_seq(Flat)
    }
}

/// One value a source measured. The number is kept as text: serde_json's own reading of floats may
/// be one unit in the last place off, and a replay must get the same bits.
#[derive(Debug, Deserialize)]
pub(super) struct RawReading<'a> {
    #[serde(borrow)]
    pub name: Bytes<'a>,
    #[serde(borrow)]
    pub value: &'a RawValue,
    #[serde(borrow, default)]
    pub unit: Option<Bytes<'a>>,
    #[serde(borrow, default)]
    pub labels: Pairs<'a>,
}

/// All keys a line may have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawLine<'a> {
    #[serde(borrow)]
    pub source: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub topic: Option<Bytes<'a>>,
    pub partition: Option<i32>,
    pub offset: Option<i64>,
    #[serde(borrow)]
    pub tstype: Option<Bytes<'a>>,
    pub ts: Option<i64>,
    pub recv: Option<i64>,
    #[serde(borrow)]
    pub headers: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub headers_b64: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub key: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub key_b64: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub payload: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub payload_b64: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub readings: Option<Vec<RawReading<'a>>>,
    #[serde(borrow)]
    pub event: Option<Bytes<'a>>,
    pub position: Option<i64>,
    pub end: Option<i64>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    #[serde(borrow)]
    pub link: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub detail: Option<Bytes<'a>>,
    pub tick: Option<i64>,
    #[serde(borrow)]
    pub command: Option<Bytes<'a>>,
    pub id: Option<u64>,
    #[serde(borrow)]
    pub who: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub text: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub config: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub states: Option<Bytes<'a>>,
    #[serde(borrow)]
    pub sources: Option<Vec<Bytes<'a>>>,
    pub ended: Option<bool>,
    pub recording: Option<u32>,
}
