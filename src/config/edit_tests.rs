//! Pages written back: what must stay as it is, and when nothing is written.

use super::*;
use crate::ui::PaneSpec;
use proptest::prelude::*;

const TEXT: &str = r#"# our console
[host]   # the machine itself

# what we look at first
[[page]]
name = "first"  # a name
# two rows
rows = [
    # the charts
    ["chart:system.cpu.utilization", "host"],
    ["alerts"], # what is wrong
]
heights = [2, 1] # the charts are higher

[[page]]
name = "second"
rows = [["log"]]

[store]
raw = 100 # enough
"#;

fn pages(text: &str) -> Vec<PageSpec> {
    load(text, "t", &Overrides::default()).unwrap_or_else(|e| panic!("{e}\n{text}")).ui.pages
}

/// What is written once `change` was made.
fn changed(text: &str, change: impl FnOnce(&mut Vec<PageSpec>)) -> String {
    let usual = pages(text);
    let mut new = usual.clone();
    change(&mut new);
    let (out, loaded) = edited(text, &new, &usual, "t", &Overrides::default()).unwrap();
    assert_eq!(loaded.ui.pages, new, "{out}");
    out
}

fn page<'a>(pages: &'a mut [PageSpec], name: &str) -> &'a mut PageSpec {
    pages.iter_mut().find(|p| *p.name == *name).unwrap()
}

fn pane(kind: &'static str) -> (PaneSpec, u16) {
    (PaneSpec { kind, argument: "".into() }, 1)
}

#[test]
fn nothing_changed_is_nothing_written() {
    assert_eq!(changed(TEXT, |_| {}), TEXT);
}

#[test]
fn a_row_changes_and_all_around_it_stays() {
    let out = changed(TEXT, |pages| page(pages, "first").rows[1].panes.push(pane("series")));
    assert_eq!(out, TEXT.replace(r#"["alerts"],"#, r#"["alerts", "series"],"#));
    let out = changed(TEXT, |pages| page(pages, "first").rows[0].weight = 3);
    assert_eq!(out, TEXT.replace("[2, 1]", "[3, 1]"));
    let out = changed(TEXT, |pages| page(pages, "first").rows[0].panes[0].1 = 2);
    assert_eq!(out, TEXT.replace("charts are higher\n", "charts are higher\nwidths = [[2, 1], [1]]\n"));
}

#[test]
fn rows_come_and_go_on_lines_of_their_own() {
    let out = changed(TEXT, |pages| {
        let row = RowSpec { weight: 1, panes: vec![pane("sources")] };
        page(pages, "first").rows.insert(1, row);
    });
    assert!(out.contains("\"host\"],\n    [\"sources\"],\n    [\"alerts\"], # what is wrong"), "{out}");
    assert!(out.contains("heights = [2, 1, 1] # the charts"), "{out}");
    let out = changed(TEXT, |pages| drop(page(pages, "first").rows.remove(1)));
    assert!(out.contains("# the charts\n    [\"chart:system.cpu.utilization\", \"host\"]"), "{out}");
    let both = TEXT.replace("\"host\"],", "\"host\"], # both");
    let out = changed(&both, |pages| {
        let row = RowSpec { weight: 1, panes: vec![pane("sources")] };
        page(pages, "first").rows.insert(1, row);
    });
    assert!(out.contains("\"host\"], # both\n    [\"sources\"],\n    [\"alerts\"], # what is wrong\n]"), "{out}");
    let back = changed(&out, |pages| drop(page(pages, "first").rows.remove(1)));
    assert_eq!(back, both);
    let out = changed(&both, |pages| page(pages, "first").rows.push(RowSpec { weight: 1, panes: vec![pane("sources")] }));
    assert!(out.contains("[\"alerts\"], # what is wrong\n    [\"sources\"],\n]"), "{out}");
}

#[test]
fn pages_are_renamed_added_and_removed_where_they_stand() {
    assert_eq!(changed(TEXT, |pages| page(pages, "second").name = "lines".into()), TEXT.replace("\"second\"", "\"lines\""));
    let out = changed(TEXT, |pages| pages.retain(|p| *p.name != *"second"));
    assert!(!out.contains("second") && out.contains("# a name") && out.contains("raw = 100 # enough"), "{out}");
    // Those every screen has are written once they are changed.
    let out = changed(TEXT, |pages| page(pages, "log").rows[0].panes.push(pane("alerts")));
    assert!(out.contains("name = \"log\"\nrows = [[\"log\", \"alerts\"]]") && out.contains("# our console"), "{out}");
    let out = changed("[host]\n", |pages| page(pages, "host").rows[0].weight = 2);
    assert_eq!(out.matches("[[page]]").count(), 5, "{out}");
}

#[test]
fn a_text_that_cannot_be_edited_is_refused() {
    assert!(matches!(with_pages("a = ", &[], &[]), Err(EditError::Syntax(_))));
    assert!(matches!(with_pages("page = 3", &[], &[]), Err(EditError::Syntax(_))));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        shape in proptest::collection::vec(proptest::collection::vec((0usize..4, 1u16..9), 1..4), 1..5),
        weights in proptest::collection::vec(1u16..9, 5),
    ) {
        let kinds = ["alerts", "log", "sources", "overview"];
        let rows = shape.iter().zip(&weights).map(|(row, weight)| {
            let panes = row.iter().map(|(k, share)| (pane(kinds[*k]).0, *share)).collect();
            RowSpec { weight: *weight, panes }
        });
        let rows: Vec<RowSpec> = rows.collect();
        let out = changed(TEXT, |pages| page(pages, "first").rows.clone_from(&rows));
        prop_assert!(out.contains("# our console") && out.contains("# a name") && out.contains("raw = 100 # enough"));
        let again = with_pages(&out, &pages(&out), &pages(&out)).unwrap();
        prop_assert_eq!(again, out);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test makes and reads the files")]
fn a_file_is_replaced_at_one_stroke_or_not_at_all() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("real.toml"), dir.path().join("link.toml"));
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.toml", &link).unwrap();
    assert!(matches!(save(&link, Some("other"), "new"), Err(EditError::Changed(_))));
    save(&link, Some("old"), "new").unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    assert!(link.symlink_metadata().unwrap().is_symlink(), "the link is still one");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o440)).unwrap();
    assert!(matches!(save(&link, Some("new"), "newer"), Err(EditError::ReadOnly(_))));
    assert!(matches!(save(&file, None, "x"), Err(EditError::There(_))));
    save(&dir.path().join("none.toml"), None, "x").unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "nothing is left behind");
}
