//! Series: a metric's name and labels, and the dense id this process gives them.

use std::fmt;
use std::sync::Arc;

/// The name of a metric, as the configuration or a source gives it.
pub type MetricName = Arc<str>;

/// Labels of a series or of a detector's key: name and value, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSet(Arc<[(Arc<str>, Arc<str>)]>);

impl LabelSet {
    /// Labels in any order; they are sorted by name, and a repeated name keeps its last value.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut list: Vec<(Arc<str>, Arc<str>)> = pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list.reverse();
        list.dedup_by(|a, b| a.0 == b.0);
        list.reverse();
        Self(list.into())
    }

    /// No labels.
    pub fn none() -> Self {
        Self::default()
    }

    /// Name and value of each label, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_ref()))
    }

    /// The value of the label `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.as_ref() == name).map(|(_, v)| v.as_ref())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// As Prometheus writes them, `{a="b",c="d"}`; nothing for no labels.
impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        for (i, (name, value)) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{name}=\"")?;
            for c in value.chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    c => write!(f, "{c}")?,
                }
            }
            f.write_str("\"")?;
        }
        f.write_str("}")
    }
}

/// What names a series everywhere and for good: `name{a="b"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// The metric's name.
    pub name: MetricName,
    /// Its labels.
    pub labels: LabelSet,
}

impl SeriesKey {
    /// A key from its parts.
    pub fn new(name: impl Into<Arc<str>>, labels: LabelSet) -> Self {
        Self { name: name.into(), labels }
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.labels)
    }
}

/// A series in this process: dense, from zero, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

impl SeriesId {
    /// As an index into a list of all series.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_prometheus_writes_them() {
        let key = SeriesKey::new("fails", LabelSet::new([("region", "EU"), ("a", "x\"y")]));
        assert_eq!(key.to_string(), r#"fails{a="x\"y",region="EU"}"#);
        assert_eq!(key.labels.get("region"), Some("EU"));
    }

    #[test]
    fn a_repeated_label_keeps_its_last_value() {
        let labels = LabelSet::new([("a", "1"), ("a", "2")]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2")]);
    }
}
