//! Building a program with cargo, and finding what was built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact, Message, TargetKind};

use crate::cli::Target;
use crate::failure::{Failure, Result};
use crate::scratch::Scratch;

/// Tests to build, in place of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tests<'a> {
    /// The tests in the library.
    Lib,
    /// The tests in a file of `tests/`.
    File(&'a str),
}

/// Where to build, other than here.
#[derive(Clone, Default)]
pub(crate) struct Elsewhere<'a> {
    /// The folder to build in.
    pub(crate) folder: Option<&'a Path>,
    /// Where cargo puts what it builds.
    pub(crate) target_dir: Option<&'a Path>,
    /// The Cargo.toml, instead of the one that was asked for.
    pub(crate) manifest_path: Option<&'a Path>,
    /// The temporary folder with the sources in it, which cargo keeps in use.
    pub(crate) around: Option<&'a Scratch>,
}

/// A built program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    name: String,
    /// The executable.
    pub(crate) path: PathBuf,
    /// The folder of its package.
    pub(crate) package: PathBuf,
}

/// Builds the program, or the tests.
pub(crate) fn build(target: &Target, tests: Option<Tests>, elsewhere: &Elsewhere) -> Result<Built> {
    let mut command = cargo();
    match tests {
        None => command.arg("build"),
        Some(Tests::Lib) => command.args(["test", "--no-run", "--lib"]),
        Some(Tests::File(name)) => command.args(["test", "--no-run", "--test", name]),
    };
    command.args(["--message-format=json-render-diagnostics", "--profile", &target.profile]);
    let features = target.features(tests.is_some());
    if let Some(features) = features {
        command.args(["--features", features]);
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
    if let Some(scratch) = elsewhere.around {
        command.stdin(scratch.stdin()?);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        let hint = features.map_or_else(String::new, |features| {
            format!("; if the feature {features:?} is missing, name yours with --feature, or pass --no-feature")
        });
        return Err(Failure::new(format!("cargo could not build the program (see above){hint}")));
    }
    one_of(executables(&output.stdout, tests), tests.is_some())
}

/// Cargo as it was called, so that a toolchain that was chosen stays chosen.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What can be run: programs, or tests.
fn executables(messages: &[u8], tests: Option<Tests>) -> Vec<Built> {
    let program = |artifact: Artifact| {
        let runs = artifact.target.kind.iter().any(|kind| match tests {
            None => matches!(kind, TargetKind::Bin | TargetKind::Example),
            Some(Tests::Lib) => kind.to_string().ends_with("lib"),
            Some(Tests::File(_)) => *kind == TargetKind::Test,
        });
        let path = artifact.executable.filter(|_| runs)?.into_std_path_buf();
        let package = artifact.manifest_path.parent().map(|folder| folder.as_std_path().to_owned()).unwrap_or_default();
        Some(Built { name: artifact.target.name, path, package })
    };
    let artifact = |message| match message {
        Ok(Message::CompilerArtifact(artifact)) => Some(artifact),
        _ => None,
    };
    Message::parse_stream(messages).filter_map(artifact).filter_map(program).collect()
}

fn one_of(mut built: Vec<Built>, tests: bool) -> Result<Built> {
    match (built.len(), tests) {
        (1, _) => Ok(built.remove(0)),
        (0, false) => Err(Failure::new(
            "nothing to run was built: choose a program with --bin or --example, and its package with -p",
        )),
        (0, true) => Err(Failure::new("no tests were built: choose their package with -p")),
        (_, tests) => {
            let names: Vec<String> = built.into_iter().map(|built| built.name).collect();
            let (what, option) = if tests { ("sets of tests", "-p") } else { ("programs", "--bin") };
            Err(Failure::new(format!("several {what} were built, choose one with {option}: {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_count() {
        let artifact = |name: &str, kind: &str, executable: &str| {
            let profile =
                r#"{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false}"#;
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///p#0.1.0","manifest_path":"/p/Cargo.toml",
                "target":{{"kind":["{kind}"],"crate_types":["{kind}"],"name":"{name}","src_path":"/p/a.rs","edition":"2024"}},
                "profile":{profile},"features":[],"filenames":[],"executable":{executable},"fresh":true}}"#
            )
            .replace('\n', "")
        };
        let messages = [
            artifact("lib", "lib", "null"),
            "not json".to_owned(),
            artifact("build-script-build", "custom-build", "\"/t/b\""),
            artifact("demo", "bin", "\"/t/demo\""),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let messages = messages.join("\n");
        let demo = one_of(executables(messages.as_bytes(), None), false).unwrap();
        assert_eq!((demo.path.as_path(), demo.package.as_path()), (Path::new("/t/demo"), Path::new("/p")));
        let another = Built { name: "b".into(), ..demo.clone() };
        let told = |built: Vec<Built>, tests| one_of(built, tests).unwrap_err().to_string();
        assert!(told(vec![demo.clone(), another.clone()], false).contains("--bin: demo, b"));
        assert!(told(vec![demo, another], true).contains("-p: demo, b"));
        assert!(told(Vec::new(), false).contains("--bin") && told(Vec::new(), true).contains("-p"));
    }
}
