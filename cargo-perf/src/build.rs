//! Building a program with cargo, and finding what was built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::cli::Target;
use crate::failure::{Failure, Result};

/// A line of cargo's messages; those of other kinds have none of these.
#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<BuiltTarget>,
}

#[derive(Deserialize)]
struct BuiltTarget {
    name: String,
    kind: Vec<String>,
}

/// Tests to build, in place of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tests<'a> {
    /// The tests in the library.
    Lib,
    /// The tests in a file of `tests/`.
    File(&'a str),
}

/// Where to build, other than here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elsewhere<'a> {
    /// The folder to build in.
    pub(crate) folder: Option<&'a Path>,
    /// Where cargo puts what it builds.
    pub(crate) target_dir: Option<&'a Path>,
    /// The Cargo.toml, instead of the one that was asked for.
    pub(crate) manifest_path: Option<&'a Path>,
}

/// Builds the program, or the tests, and returns its path.
pub(crate) fn build(target: &Target, tests: Option<Tests>, elsewhere: &Elsewhere) -> Result<PathBuf> {
    let mut command = cargo();
    match tests {
        None => command.arg("build"),
        Some(Tests::Lib) => command.args(["test", "--no-run", "--lib"]),
        Some(Tests::File(name)) => command.args(["test", "--no-run", "--test", name]),
    };
    command.args(["--message-format=json-render-diagnostics", "--profile", &target.profile]);
    if !target.no_feature && !target.feature.trim().is_empty() {
        command.args(["--features", &target.feature]);
    }
    for (option, value) in [("--package", &target.package), ("--bin", &target.bin), ("--example", &target.example)] {
        if let Some(value) = value {
            command.args([option, value]);
        }
    }
    if let Some(path) = elsewhere.manifest_path.or(target.manifest_path.as_deref()) {
        command.arg("--manifest-path").arg(path);
    }
    if let Some(path) = elsewhere.target_dir {
        command.arg("--target-dir").arg(path);
    }
    if let Some(folder) = elsewhere.folder {
        command.current_dir(folder);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        let hint = if target.no_feature {
            String::new()
        } else {
            format!("; if the feature {:?} is missing, name yours with --feature, or pass --no-feature", target.feature)
        };
        return Err(Failure::new(format!("cargo could not build the program (see above){hint}")));
    }
    one_of(executables(&output.stdout, tests))
}

/// Cargo as it was called, so that a toolchain that was chosen stays chosen.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What can be run, with its name: programs, or tests.
fn executables(messages: &[u8], tests: Option<Tests>) -> Vec<(String, PathBuf)> {
    let program = |line: &[u8]| {
        let message: Message = serde_json::from_slice(line).ok()?;
        let target = message.target?;
        let runs = target.kind.iter().any(|kind| match tests {
            None => kind == "bin" || kind == "example",
            Some(Tests::Lib) => kind.ends_with("lib"),
            Some(Tests::File(_)) => kind == "test",
        });
        (message.reason == "compiler-artifact" && runs).then_some((target.name, message.executable?))
    };
    messages.split(|byte| *byte == b'\n').filter_map(program).collect()
}

fn one_of(mut programs: Vec<(String, PathBuf)>) -> Result<PathBuf> {
    match programs.len() {
        1 => Ok(programs.remove(0).1),
        0 => Err(Failure::new(
            "nothing to run was built: choose a program with --bin or --example, and its package with -p",
        )),
        _ => {
            let names: Vec<String> = programs.into_iter().map(|(name, _)| name).collect();
            Err(Failure::new(format!("several programs were built, choose one with --bin: {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_count() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"lib","kind":["lib"]},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"build-script-build","kind":["custom-build"]},"executable":"/t/b"}
{"reason":"compiler-artifact","target":{"name":"demo","kind":["bin"]},"executable":"/t/demo"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(one_of(executables(messages, None)).unwrap(), PathBuf::from("/t/demo"));
        let error = one_of(vec![("a".into(), "/a".into()), ("b".into(), "/b".into())]).unwrap_err();
        assert!(error.to_string().contains("--bin: a, b"));
        assert!(one_of(Vec::new()).is_err());
    }
}
