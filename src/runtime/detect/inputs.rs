//! Which files are read, and where the result of each goes: a folder's tree is kept.

use crate::config::Diagnostics;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Deepest folder walked; deeper is a mistake, such as a folder linked into itself.
const DEPTH: usize = 32;
/// Most files of one run.
const FILES: usize = 1_000_000;
/// Endings of recordings.
const RECORDINGS: [&str; 4] = [".jsonl", ".jsonl.zst", ".ndjson", ".ndjson.zst"];

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Recording,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub path: PathBuf,
    pub form: Form,
    /// Where its result goes below the output's folder; of a recording, the folder of its series.
    pub place: PathBuf,
}

/// All files that are meant, in the order they were named and, within a folder, by name.
///
/// # Errors
/// Every file that is not there, every folder without CSV, and results that would have one name.
pub(super) fn find(inputs: &[PathBuf], output: Option<&Path>) -> Result<Vec<Source>, Vec<Diagnostics>> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let mut fault = |path: &Path, message: &str, hint: &str| faults.push(Diagnostics::of_file(&path.display().to_string(), message, hint));
    for input in inputs {
        if input == Path::new("-") {
            found.push(Source { path: input.clone(), form: Form::Csv, place: "stdin.csv".into() });
        } else if input.is_dir() {
            let before = found.len();
            if let Err(message) = walk(input, input, output, 0, &mut found) {
                fault(input, &message, "");
            } else if found.len() == before {
                fault(input, "there is no .csv file in this folder", "name a folder of CSV files, or the files themselves");
            }
        } else if input.exists() {
            let name = input.file_name().map(PathBuf::from).unwrap_or_default();
            let low = name.to_string_lossy().to_lowercase();
            let ending = RECORDINGS.into_iter().find(|ending| low.ends_with(ending));
            let (form, place) = match ending {
                Some(ending) => (
                    Form::Recording,
                    PathBuf::from(low.len().checked_sub(ending.len()).and_then(|len| name.to_str()?.get(..len)).unwrap_or("recording")),
                ),
                None if is_csv(&name) => (Form::Csv, name),
                None => (Form::Csv, name.with_extension("csv")),
            };
            found.push(Source { path: input.clone(), form, place });
        } else {
            fault(input, "there is no such file", "name CSV files, folders of them, recordings, or - for standard input");
        }
    }
    let mut places: BTreeMap<&Path, &Path> = BTreeMap::new();
    for source in &found {
        if let Some(other) = places.insert(&source.place, &source.path) {
            let (place, other) = (source.place.display(), other.display());
            fault(
                &source.path,
                &format!("its result would be called {place}, as that of {other}"),
                "run them one by one into folders of their own",
            );
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn walk(root: &Path, folder: &Path, output: Option<&Path>, depth: usize, found: &mut Vec<Source>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{} cannot be read: {error}", folder.display());
    let mut entries =
        std::fs::read_dir(folder).map_err(fail)?.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(fail)?;
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // Results of an earlier run are no data.
        let ours = output.is_some_and(|output| same(output, &path));
        if hidden || ours {
            continue;
        }
        if path.is_dir() {
            if depth == DEPTH {
                return Err(format!("{} lies too deep: more than {DEPTH} folders", path.display()));
            }
            walk(root, &path, output, depth + 1, found)?;
        } else if is_csv(&path) {
            if found.len() == FILES {
                return Err(format!("more than {FILES} files"));
            }
            let place = path.strip_prefix(root).unwrap_or(&path).to_owned();
            found.push(Source { path, form: Form::Csv, place });
        }
    }
    Ok(())
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// Whether two names are one file or folder.
pub(super) fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test makes the files it reads")]
    fn made(dir: &Path, files: &[&str]) {
        for file in files {
            std::fs::create_dir_all(dir.join(file).parent().unwrap()).unwrap();
            std::fs::write(dir.join(file), "t,v\n").unwrap();
        }
    }

    #[test]
    fn a_tree_is_walked_in_order_without_results_and_hidden_files() {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path(), &["b/2.csv", "b/1.CSV", "a.csv", "notes.txt", ".git/x.csv", "out/a.csv"]);
        let found = find(&[dir.path().to_owned()], Some(&dir.path().join("out"))).unwrap();
        let places: Vec<_> = found.iter().map(|source| source.place.to_str().unwrap()).collect();
        assert_eq!(places, ["a.csv", "b/1.CSV", "b/2.csv"]);
    }

    #[test]
    fn files_are_told_from_recordings_and_results_must_not_meet() {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path(), &["a/x.csv", "b/x.csv", "night.jsonl.zst"]);
        let found = find(&[dir.path().join("night.jsonl.zst"), dir.path().join("a/x.csv")], None).unwrap();
        assert_eq!((found[0].form, found[0].place.to_str()), (Form::Recording, Some("night")));
        assert_eq!(found[1].form, Form::Csv);
        let faults = find(&[dir.path().join("a"), dir.path().join("b"), dir.path().join("c")], None).unwrap_err();
        let told: String = faults.iter().map(ToString::to_string).collect();
        assert!(told.contains("its result would be called x.csv") && told.contains("c: error: there is no such file"), "{told}");
        made(dir.path(), &["empty/notes.txt"]);
        assert!(find(&[dir.path().join("empty")], None).unwrap_err()[0].to_string().contains("no .csv file"));
    }
}
