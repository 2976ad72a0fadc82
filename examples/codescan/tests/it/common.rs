//! A tree with known contents, and the program run on it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Files of [`tree`] whose contents are text.
pub(crate) const TEXTS: u64 = 7;
/// Files of [`tree`] that are opened: the texts, one binary file and one that is not UTF-8.
pub(crate) const FILES: u64 = TEXTS + 2;

const LIB: &str = "//! Library.\n\npub fn alpha(beta: u32) -> u32 {\n    beta + beta // alpha\n}\n";

/// Two Rust files that are equal, a Python script without ending, prose, an empty file, a name with a space, a binary
/// file, one in Latin-1, and what the walk must leave out by itself.
pub(crate) fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, contents: &[u8]| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    write("src/lib.rs", LIB.as_bytes());
    write("src/copy/lib.rs", LIB.as_bytes());
    write("bin/tool", b"#!/usr/bin/env python3\n# comment\ndef gamma():\n    return gamma\n");
    write("README.md", b"# alpha\n\nalpha and beta in prose\n");
    write("empty.txt", b"");
    write("with space.toml", b"key = 1\n");
    write(".gitignore", b"/target\n*.log\n");
    write("deep/a/b/c/d.json", b"{}\n");
    write("image.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    write("latin1.txt", b"caf\xe9\n");
    write("target/out.rs", b"fn ignored() {}\n");
    write("run.log", b"ignored\n");
    write(".hidden.rs", b"fn hidden() {}\n");
    dir
}

/// What a run has left behind.
pub(crate) struct Run {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("not killed by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program, to be run on a directory, without any variable that would change what it prints.
pub(crate) fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codescan"));
    command.arg(dir).args(args).env_remove("PERF_REPORT").env_remove("NO_COLOR").env("TERM", "xterm");
    command
}

/// Runs the program on a directory.
pub(crate) fn codescan(dir: &Path, args: &[&str]) -> Run {
    command(dir, args).output().unwrap().into()
}
