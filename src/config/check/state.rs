//! `[state]`: what is kept over a restart.

use crate::config::StateSpec;
use crate::config::section::Section;
use crate::model::Millis;

/// How old learned states may be: at least, unless stated, at most. A week knows every day of the week.
const AGE: (Millis, Millis, Millis) = (Millis::from_secs(60), Millis::from_secs(7 * 86_400), Millis::from_secs(366 * 86_400));

/// What is kept, and where.
pub(in crate::config) fn state(root: &Section<'_>) -> StateSpec {
    let mut spec = StateSpec { keep: true, path: None, max_age: AGE.1 };
    if let Some(section) = root.table("state") {
        spec.keep = section.flag("keep").is_none_or(|keep| keep.value);
        spec.path = section.filled("path").map(|path| path.value.into());
        spec.max_age = section.length("max_age", AGE.0, AGE.2).map_or(AGE.1, |age| age.value);
        section.finish();
    }
    spec
}
