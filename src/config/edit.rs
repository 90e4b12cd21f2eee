//! Pages written back into the text of a configuration: only what changed is touched, comments, order and blanks stay.
//!
//! The text is changed in memory; [`save`] then puts it in the file's place at one stroke, so that nobody ever reads
//! half of it. Met by whoever saves a layout that was changed on the screen.

use super::{Loaded, Overrides, load};
use crate::ui::{PageSpec, RowSpec};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

/// A row longer than this is written over several lines.
const LINE: usize = 100;

/// Why a layout was not saved.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text is no TOML that can be edited.
    #[error("the configuration cannot be edited: {0}")]
    Syntax(String),
    /// Somebody else wrote it.
    #[error("{} has changed since it was read: nothing was written", .0.display())]
    Changed(PathBuf),
    /// It may not be written.
    #[error("{} is read-only: nothing was written", .0.display())]
    ReadOnly(PathBuf),
    /// There is such a file already.
    #[error("{} is there already: nothing was written", .0.display())]
    There(PathBuf),
    /// The file system says no.
    #[error("{}: {error}: nothing was written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The text with `pages` in it, read and checked. As little is written as leads to these pages; where that little leads
/// to others (every screen has some pages of its own, and their place is not written), all are written. What is
/// answered may still lead to others: pages that every screen has cannot be removed.
///
/// # Errors
/// When the text cannot be edited, or what comes of it is wrong.
pub fn edited(
    text: &str,
    pages: &[PageSpec],
    usual: &[PageSpec],
    file: &str,
    overrides: &Overrides,
) -> Result<(String, Loaded), EditError> {
    let read = |text: String| match load(&text, file, overrides) {
        Ok(loaded) => Ok((text, loaded)),
        Err(faults) => Err(EditError::Syntax(faults.summary().0)),
    };
    let little = read(with_pages(text, pages, usual)?)?;
    if little.1.ui.pages == pages {
        return Ok(little);
    }
    let all = read(with_pages(text, pages, &[])?)?;
    Ok(if all.1.ui.pages == pages { all } else { little })
}

/// The text with `pages` in it. Pages of `usual` that the text does not write and nobody changed stay unwritten, unless
/// the text has no pages at all: a first one would then stand for all.
fn with_pages(text: &str, pages: &[PageSpec], usual: &[PageSpec]) -> Result<String, EditError> {
    let mut doc: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| EditError::Syntax(e.message().to_owned()))?;
    let old = match doc.remove("page") {
        None => Vec::new(),
        Some(Item::ArrayOfTables(tables)) => tables.into_iter().collect(),
        Some(_) => return Err(EditError::Syntax("page is not written as [[page]]".to_owned())),
    };
    let all = old.is_empty();
    let mut old: Vec<Option<Table>> = old.into_iter().map(Some).collect();
    let name = |table: &Option<Table>| table.as_ref().and_then(|t| t.get("name")).and_then(Item::as_str).map(str::to_owned);
    let names: Vec<Option<String>> = old.iter().map(name).collect();
    let mut found = Vec::new();
    for page in pages {
        let known = names.iter().position(|n| n.as_deref() == Some(&*page.name));
        // A page whose name is new and whose rows are those of one whose name is gone was renamed.
        let renamed = || {
            let gone = |n: &Option<String>| pages.iter().all(|p| n.as_deref() != Some(&*p.name));
            (0..old.len()).find(|i| gone(&names[*i]) && old[*i].as_ref().is_some_and(|t| is_like(t, page)))
        };
        let place = known.or_else(renamed);
        if place.is_none() && !all && usual.contains(page) {
            continue;
        }
        let mut table = place.and_then(|i| old[i].take()).unwrap_or_default();
        write(&mut table, page);
        found.push(table);
    }
    place(&mut found);
    if !found.is_empty() {
        doc.insert("page", Item::ArrayOfTables(found.into_iter().collect::<ArrayOfTables>()));
    }
    Ok(doc.to_string())
}

/// Puts new pages where their neighbours stand in the text; the first of all stand at its end.
fn place(tables: &mut [Table]) {
    let mut last = tables.iter().find_map(Table::position);
    for table in tables {
        if table.position().is_none() {
            table.set_position(last);
        }
        last = table.position();
    }
}

fn row_texts(rows: &Array) -> Vec<Option<Vec<&str>>> {
    rows.iter().map(|row| row.as_array().and_then(|row| row.iter().map(Value::as_str).collect())).collect()
}

fn wanted(row: &RowSpec) -> Vec<String> {
    row.panes.iter().map(|(pane, _)| pane.text()).collect()
}

fn is_like(table: &Table, page: &PageSpec) -> bool {
    let rows = table.get("rows").and_then(Item::as_array).map(row_texts).unwrap_or_default();
    rows.len() == page.rows.len() && rows.iter().zip(&page.rows).all(|(old, new)| same(old.as_ref(), &wanted(new)))
}

fn same(old: Option<&Vec<&str>>, new: &[String]) -> bool {
    old.is_some_and(|old| old.iter().map(|text| pane(text)).eq(new.iter().cloned()))
}

/// A pane's text as it is written here: the argument without blanks around it.
fn pane(text: &str) -> String {
    match text.split_once(':') {
        Some((kind, argument)) if !argument.trim().is_empty() => format!("{kind}:{}", argument.trim()),
        Some((kind, _)) => kind.to_owned(),
        None => text.to_owned(),
    }
}

/// Brings a page's table to what `page` says.
fn write(table: &mut Table, page: &PageSpec) {
    if table.get("name").and_then(Item::as_str) != Some(&*page.name) {
        set(table, "name", Value::from(&*page.name));
    }
    match table.get_mut("rows").and_then(Item::as_array_mut) {
        Some(rows) => write_rows(rows, page),
        None => set(table, "rows", Value::Array(fresh(page))),
    }
    let heights: Vec<u16> = page.rows.iter().map(|row| row.weight).collect();
    let plain = heights.iter().all(|h| *h == 1);
    let old = table.get("heights").and_then(Item::as_array).map(numbers);
    if old.as_deref() != Some(&heights) && !(plain && old.is_none()) {
        set(table, "heights", Value::Array(list(&heights)));
    }
    let widths: Vec<Vec<u16>> = page.rows.iter().map(|row| row.panes.iter().map(|(_, share)| *share).collect()).collect();
    let plain = widths.iter().flatten().all(|w| *w == 1);
    let rows_of = |all: &Array| all.iter().map(|row| row.as_array().map(numbers).unwrap_or_default()).collect::<Vec<_>>();
    let old = table.get("widths").and_then(Item::as_array).map(rows_of);
    if old.as_ref() != Some(&widths) && !(plain && old.is_none()) {
        set(table, "widths", Value::Array(widths.iter().map(|row| Value::Array(list(row))).collect()));
    }
}

/// Sets a value and keeps the comment behind the one that stood there.
fn set(table: &mut Table, key: &str, mut value: Value) {
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

fn numbers(list: &Array) -> Vec<u16> {
    list.iter().map(|n| n.as_integer().and_then(|n| u16::try_from(n).ok()).unwrap_or(0)).collect()
}

fn list(numbers: &[u16]) -> Array {
    numbers.iter().map(|n| i64::from(*n)).collect()
}

fn row_value(row: &RowSpec) -> Value {
    Value::Array(wanted(row).into_iter().collect())
}

/// Rows for a page that had none.
fn fresh(page: &PageSpec) -> Array {
    let mut rows: Array = page.rows.iter().map(row_value).collect();
    if rows.to_string().len() > LINE {
        for row in rows.iter_mut() {
            row.decor_mut().set_prefix("\n  ");
        }
        rows.set_trailing("\n");
        rows.set_trailing_comma(true);
    }
    rows
}

/// Changes the rows that differ; those before and after keep their comments.
fn write_rows(rows: &mut Array, page: &PageSpec) {
    let old = row_texts(rows);
    let new: Vec<Vec<String>> = page.rows.iter().map(wanted).collect();
    let most = old.len().min(new.len());
    let before = (0..most).take_while(|i| same(old[*i].as_ref(), &new[*i])).count();
    let after = (0..most - before).take_while(|i| same(old[old.len() - 1 - i].as_ref(), &new[new.len() - 1 - i])).count();
    let (gone, come) = (old.len() - before - after, new.len() - before - after);
    // A row that is put in stands as the others stand: on a line of its own where they do.
    let lines = rows.iter().skip(1).all(|row| prefix(row).contains('\n')) && rows.get(0).is_some_and(|row| prefix(row).contains('\n'));
    for i in 0..come {
        let mut value = row_value(&page.rows[before + i]);
        if i < gone {
            if let Some(old) = rows.get(before + i) {
                *value.decor_mut() = old.decor().clone();
            }
            rows.replace_formatted(before + i, value);
            continue;
        }
        let at = before + i;
        if lines {
            // What stands behind the comma of the row before is a comment on that row: it stays there.
            let (comment, rest) = behind(rows, at);
            value.decor_mut().set_prefix(format!("{comment}{}", indent(rows)));
            set_behind(rows, at, &rest);
        } else if at > 0 {
            value.decor_mut().set_prefix(" ");
        }
        rows.insert_formatted(at, value);
    }
    for _ in come..gone {
        let (comment, _) = behind(rows, before + come);
        rows.remove(before + come);
        let (_, rest) = behind(rows, before + come);
        if lines {
            set_behind(rows, before + come, &format!("{comment}{rest}"));
        }
    }
}

/// What stands between the comma before the row `at`, or the end, and that row: the rest of the line, and what follows.
fn behind(rows: &Array, at: usize) -> (String, String) {
    let text = rows.get(at).map_or_else(|| rows.trailing().as_str().unwrap_or_default().to_owned(), prefix);
    let line = text.find('\n').unwrap_or(0);
    (text[..line].to_owned(), text[line..].to_owned())
}

fn set_behind(rows: &mut Array, at: usize, text: &str) {
    match rows.get_mut(at) {
        Some(row) => row.decor_mut().set_prefix(text),
        None => rows.set_trailing(text),
    }
}

fn prefix(value: &Value) -> String {
    value.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default().to_owned()
}

/// The new line and the blanks before the first row.
fn indent(rows: &Array) -> String {
    let first = rows.iter().map(prefix).find(|p| p.contains('\n')).unwrap_or_default();
    let blanks = first.rsplit('\n').next().unwrap_or_default();
    format!("\n{blanks}")
}

/// Puts `text` in the place of the file at `path`, whose text was `before`; `None`: there must be no such file.
///
/// A link is followed; permissions stay. The new text stands beside the old one until it is complete.
///
/// # Errors
/// Where it must not or cannot be written; the file is then as it was.
pub fn save(path: &Path, before: Option<&str>, text: &str) -> Result<(), EditError> {
    let fault = |error| EditError::Io { path: path.to_owned(), error };
    let Some(before) = before else {
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
        return match made {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(EditError::There(path.to_owned())),
            Err(error) => Err(fault(error)),
            Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault),
        };
    };
    let real = path.canonicalize().map_err(fault)?;
    let meta = real.metadata().map_err(fault)?;
    if meta.permissions().readonly() || std::fs::OpenOptions::new().append(true).open(&real).is_err() {
        return Err(EditError::ReadOnly(path.to_owned()));
    }
    if super::read(path).map_or(true, |now| now != before) {
        return Err(EditError::Changed(path.to_owned()));
    }
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let beside = real.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let mut made = std::fs::OpenOptions::new();
    let written = made.write(true).create_new(true).open(&beside).and_then(|mut file| {
        file.set_permissions(meta.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, &real)).map_err(|error| {
        // What could not be completed is not left behind; that it cannot be removed changes nothing more.
        let _ = std::fs::remove_file(&beside);
        fault(error)
    })
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
