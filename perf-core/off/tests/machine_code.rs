//! The machine code of annotated and plain functions, and the dependency tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).current_dir(HERE).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Compiles the library to assembly.
fn assembly() -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("assembly");
    let _ = std::fs::remove_dir_all(&target);
    let directory = target.to_str().unwrap();
    cargo(&["rustc", "--release", "--lib", "--target-dir", directory, "--", "--emit=asm", "-Cdebuginfo=0"]);
    let files: Vec<PathBuf> = std::fs::read_dir(target.join("release/deps"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("perf_core_off") && name.ends_with(".s")
        })
        .collect();
    assert_eq!(files.len(), 1, "one assembly file, since there is one codegen unit");
    std::fs::read_to_string(&files[0]).unwrap()
}

/// The instructions of every function whose symbol begins with one of the prefixes, local labels numbered afresh. A
/// function that the compiler has found equal to another, and made an alias of it, has the other's.
fn functions(assembly: &str) -> BTreeMap<String, Vec<String>> {
    let mut functions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut aliases = Vec::new();
    let mut current: Option<String> = None;
    for line in assembly.lines() {
        let line = line.split('#').next().unwrap().trim_end();
        if let Some((name, of)) = line.split_once(" = ") {
            aliases.push((name.to_owned(), of.to_owned()));
        } else if let Some(label) = line.strip_suffix(':').filter(|label| !label.starts_with(".L")) {
            let ours = label.starts_with("plain_") || label.starts_with("probed_");
            current = ours.then(|| label.to_owned());
        } else if line.starts_with(".Lfunc_end") {
            current = None;
        } else if let Some(name) = &current {
            let trimmed = line.trim();
            let directive = trimmed.starts_with('.') && !trimmed.starts_with(".L");
            if !trimmed.is_empty() && !directive {
                functions.entry(name.clone()).or_default().push(trimmed.to_owned());
            }
        }
    }
    for (name, of) in aliases {
        if let Some(body) = functions.get(&of).cloned() {
            functions.insert(name, body);
        }
    }
    functions.values_mut().for_each(|body| renumber(body));
    functions
}

/// Local labels are numbered through the file; here, through the function.
fn renumber(body: &mut [String]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for line in body {
        let mut fresh = String::new();
        let mut rest = line.as_str();
        while let Some(at) = rest.find(".L") {
            let end = rest[at + 2..].find(|c: char| !c.is_alphanumeric() && !"_.".contains(c));
            let end = end.map_or(rest.len(), |end| at + 2 + end);
            let next = format!(".L{}", names.len());
            let name = names.entry(rest[at..end].to_owned()).or_insert(next);
            fresh.push_str(&rest[..at]);
            fresh.push_str(name);
            rest = &rest[end..];
        }
        fresh.push_str(rest);
        *line = fresh;
    }
}

#[test]
fn annotated_functions_are_the_plain_ones() {
    let functions = functions(&assembly());
    let plain: Vec<_> =
        functions.iter().filter_map(|(name, body)| Some((name.strip_prefix("plain_")?, body))).collect();
    assert_eq!(plain.len(), 5, "every pair is there: {:?}", functions.keys());
    for (name, body) in plain {
        assert!(body.len() > 1, "{name} has a body");
        let probed = &functions[&format!("probed_{name}")];
        assert_eq!(body, probed, "{name}");
    }
}

#[test]
fn nothing_is_built_for_it() {
    let tree = cargo(&["tree", "-p", "perf-core", "-e", "normal,build", "--prefix", "none", "--format", "{lib}"]);
    let crates: Vec<_> = tree.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(crates, ["perf_core", "perf_macros"], "no syn, no quote, nothing");
}
