//! The fields a stream is asked for: every path once, each with the id of its slot.
//!
//! The engine asks for what metrics, detectors and expressions name; [`super::Reader::new`] adds what
//! the stream itself needs.

use super::path::{self, FieldPath, PathError};
use crate::model::FieldId;

/// Most fields of one stream. A table of a thousand columns fits; a runaway configuration does not.
pub const FIELD_LIMIT: usize = 1_024;

/// The fields of a stream, in the order they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    fields: Vec<(Box<str>, FieldPath)>,
}

impl Schema {
    /// A schema without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of the field at `path`; the same place always has the same id, however its path is written.
    pub fn field(&mut self, path: &str) -> Result<FieldId, PathError> {
        let parsed = path::parse(path)?;
        let known = self.fields.iter().position(|(_, p)| *p == parsed);
        if known.is_none() && self.fields.len() == FIELD_LIMIT {
            return Err(PathError { path: path.to_owned(), at: 0, message: "more than 1024 fields in one stream" });
        }
        let index = known.unwrap_or_else(|| {
            self.fields.push((path.into(), parsed));
            self.fields.len() - 1
        });
        Ok(FieldId(index as u16))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The path of `field` as it was first asked for; empty for a field this schema does not have.
    pub fn path(&self, field: FieldId) -> &str {
        self.fields.get(field.0 as usize).map_or("", |(text, _)| text)
    }

    /// The id of a field that was asked for already.
    pub fn find(&self, path: &str) -> Option<FieldId> {
        let parsed = path::parse(path).ok()?;
        self.fields.iter().position(|(_, p)| *p == parsed).map(|i| FieldId(i as u16))
    }

    /// The fields' places, by id.
    pub(super) fn places(&self) -> impl Iterator<Item = &FieldPath> {
        self.fields.iter().map(|(_, path)| path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_has_the_same_id() {
        let mut schema = Schema::new();
        let a = schema.field("a.b").unwrap();
        let k = schema.field("@key").unwrap();
        assert_eq!(schema.field("\"a\".b"), Ok(a));
        assert_eq!((schema.len(), schema.path(a), schema.path(k), schema.path(FieldId(7))), (2, "a.b", "@key", ""));
        assert_eq!((schema.find("`a`.b"), schema.find("c")), (Some(a), None));
        assert!(schema.field("a.").is_err());
    }

    #[test]
    fn fields_have_a_limit() {
        let mut schema = Schema::new();
        for i in 0..FIELD_LIMIT {
            schema.field(&format!("f{i}")).unwrap();
        }
        assert!(schema.field("f0").is_ok());
        assert!(schema.field("one_more").is_err());
    }
}
