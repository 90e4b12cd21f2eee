//! `bellwether detect`: what the command line asks of the shell, and the detector it names, checked.
//!
//! Parameters come as `k=v`; what may stand there is the kind's own business, as in the configuration.

use super::diagnostic::{Diagnostic, Diagnostics, Level};
use super::overrides::Overrides;
use super::{registry, suggest};
use crate::detect::{Kind, ParamValue, Params};
use std::path::PathBuf;

/// What the faults of arguments are told under, where a file's name stands otherwise.
const WHERE: &str = "bellwether detect";

/// `bellwether detect`.
#[derive(Clone, Debug, Default)]
pub struct DetectTask {
    /// Files, folders and recordings; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// The kind of detector.
    pub kind: String,
    /// Its parameters as they were written.
    pub params: Vec<(String, String)>,
    /// For kinds that judge groups: the kind that scores each column, whose scores are then judged.
    pub of: Option<String>,
    /// The column that holds the time; `None`: found by its name or its first value.
    pub time: Option<String>,
    /// The columns judged; none: found likewise.
    pub values: Vec<String>,
    /// Of a recording: only this metric, or those whose names begin so where it ends with `*`.
    pub metric: Option<String>,
    /// The folder of the results; `None`: standard output, for one file.
    pub output: Option<PathBuf>,
    /// Also draw a picture beside each result.
    pub plot: bool,
    /// The configuration of recordings, where it is not their own.
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
}

impl DetectTask {
    /// The kind where none is named.
    pub const KIND: &str = "auto";
}

/// The kind called `name` with parameters as they were written.
///
/// # Errors
/// Every fault with a hint: an unknown kind, unknown parameters, values out of range.
pub fn detector_of(name: &str, written: &[(String, String)]) -> Result<(&'static Kind, Params), Diagnostics> {
    let kinds = registry::detectors();
    let Some(kind) = kinds.iter().copied().find(|kind| kind.name == name) else {
        let hint = suggest::hint(name, kinds.iter().map(|kind| kind.name));
        return Err(Diagnostics::of_file(WHERE, format!("no kind of detector is called {name:?}"), hint));
    };
    let mut params = Params::default();
    let mut faults = Vec::new();
    for (name, text) in written {
        if params.0.insert(name.clone(), value(kind, name, text)).is_some() {
            faults.push((name.clone(), "is given twice".to_owned(), "leave one out".to_owned()));
        }
    }
    faults.extend(kind.check_params(&params));
    if faults.is_empty() {
        return Ok((kind, params));
    }
    let told = |(name, message, hint): (String, String, String)| Diagnostic {
        level: Level::Error,
        span: None,
        message: format!("--param {name}: {message}"),
        hint,
    };
    Err(Diagnostics::new(WHERE, "", faults.into_iter().map(told).collect()))
}

/// A text as the sort of value its parameter takes; what does not fit is left for the check to tell.
fn value(kind: &Kind, name: &str, text: &str) -> ParamValue {
    let words = kind.params.iter().any(|param| param.name == name && !param.words.is_empty());
    match (text, text.parse()) {
        ("true", _) if !words => ParamValue::Flag(true),
        ("false", _) if !words => ParamValue::Flag(false),
        (_, Ok(x)) if !words => ParamValue::Number(x),
        _ => ParamValue::Word(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, params: &[(&str, &str)]) -> Result<(&'static Kind, Params), String> {
        let params: Vec<_> = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        detector_of(name, &params).map_err(|faults| faults.to_string())
    }

    #[test]
    fn parameters_become_what_their_kind_takes() {
        let (kind, params) = of("sigma", &[("k", "2.5"), ("side", "above")]).unwrap();
        assert_eq!(kind.name, "sigma");
        assert_eq!(params.0["k"], ParamValue::Number(2.5));
        assert_eq!(params.0["side"], ParamValue::Word("above".into()));
    }

    #[test]
    fn slips_are_all_told_with_what_is_meant() {
        insta::assert_snapshot!(of("sigmaa", &[]).unwrap_err(), @r#"
        bellwether detect: error: no kind of detector is called "sigmaa"
          hint: did you mean "sigma"?
        "#);
        insta::assert_snapshot!(of("sigma", &[("widow", "3"), ("k", "many"), ("side", "up"), ("min", "9"), ("min", "10")]).unwrap_err(), @r#"
        bellwether detect: error: --param k: k cannot be the text "many"
          hint: write a number from 0.01 to 1,000,000
        bellwether detect: error: --param min: is given twice
          hint: leave one out
        bellwether detect: error: --param side: "up" is none of its words
          hint: write both, above, below
        bellwether detect: error: --param widow: sigma has no parameter "widow"
          hint: did you mean "window"?
        "#);
    }
}
