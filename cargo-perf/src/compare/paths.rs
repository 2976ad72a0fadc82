//! Path dependencies that lead out of the repository: in a worktree elsewhere they lead to nothing.

use std::fs;
use std::path::{Component, Path, PathBuf};

use toml_edit::{Document, Item};

/// The most paths that are named.
const SHOWN: usize = 3;

/// Advice on such paths in a tree that could not be built; empty where there are none.
pub(super) fn hint(tree: &Path) -> String {
    let mut leading_out = Vec::new();
    visit(tree, tree, &mut leading_out);
    if leading_out.is_empty() {
        return String::new();
    }
    let more = leading_out.len().saturating_sub(SHOWN);
    leading_out.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "; relative path dependencies lead out of the repository, and the other revision is built in a folder elsewhere: {}{more}; \
         make these paths absolute",
        leading_out.join(", ")
    )
}

/// Looks at every Cargo.toml in a folder.
fn visit(folder: &Path, tree: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if name == "Cargo.toml" {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let within = folder.strip_prefix(tree).unwrap_or(Path::new(""));
            found
                .extend(Document::parse(text.as_str()).into_iter().flat_map(|manifest| leading_out(&manifest, within)));
        } else if name != ".git" && name != "target" && path.is_dir() && !path.is_symlink() {
            visit(&path, tree, found);
        }
    }
}

/// `name = { path = "…" }` of every dependency of a manifest in this folder whose path leaves the tree.
fn leading_out(manifest: &Document<&str>, within: &Path) -> Vec<String> {
    fn walk(item: &dyn toml_edit::TableLike, within: &Path, is_list: bool, found: &mut Vec<String>) {
        for (key, item) in item.iter() {
            let path = item.get("path").and_then(Item::as_str).filter(|path| is_list && leaves(&within.join(path)));
            if let Some(path) = path {
                found.push(format!("{key} = {{ path = {path:?} }}"));
            } else if let Some(table) = item.as_table_like() {
                walk(table, within, key.ends_with("dependencies") || key == "patch" || is_list, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(manifest.as_table(), within, false, &mut found);
    found
}

/// Whether a path that is relative to a tree leads above it.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_i64;
    path.is_relative()
        && path.components().any(|component| {
            depth += match component {
                Component::ParentDir => -1,
                Component::Normal(_) => 1,
                _ => 0,
            };
            depth < 0
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let member = folder.path().join("crates/member");
        fs::create_dir_all(&member).unwrap();
        assert_eq!(hint(folder.path()), "");
        fs::write(
            member.join("Cargo.toml"),
            "[package]\nname = \"member\"\n[dependencies]\ninside = { path = \"../inside\" }\n\
             outside = { path = \"../../../outside\" }\nabsolute = { path = \"/absolute\" }\n\
             [target.'cfg(unix)'.dev-dependencies.other]\npath = \"../../../other\"\n[[bin]]\npath = \"../../../no.rs\"\n",
        )
        .unwrap();
        let hint = hint(folder.path());
        assert!(
            hint.contains(r#"outside = { path = "../../../outside" }, other = { path = "../../../other" };"#),
            "{hint}"
        );
        assert!(!hint.contains("inside = ") && !hint.contains("absolute = {") && !hint.contains("no.rs"), "{hint}");
    }
}
