//! Crates that tests generate, and what cargo says about them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where this package and its workspace are.
const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// A workspace of generated packages, which share the folder that they are built in.
pub(crate) struct Crates {
    folder: PathBuf,
    members: Vec<String>,
}

impl Crates {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates").join(name);
        // A run that was interrupted may have left other members.
        let _ = std::fs::remove_dir_all(&folder);
        Self { folder, members: Vec::new() }
    }

    /// Adds a package that depends on this one, switched on, and on more.
    pub(crate) fn add(&mut self, name: &str, keys: &str, dependencies: &str, file: &str, source: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\n{keys}\n[dependencies]\n\
             perf-core = {{ path = {PACKAGE:?}, features = [\"enabled\"] }}\n{dependencies}\n"
        );
        write(&self.folder.join(name).join("Cargo.toml"), &manifest);
        write(&self.folder.join(name).join("src").join(file), source);
        self.members.push(name.to_owned());
    }

    /// Runs cargo there, with the versions that this workspace has.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Output {
        let mut workspace = String::from("[workspace]\nresolver = \"3\"\nmembers = [");
        self.members.iter().for_each(|member| write!(workspace, "{member:?}, ").unwrap());
        workspace.push_str("]\n[profile.dev]\ndebug = false\nincremental = false\n");
        write(&self.folder.join("Cargo.toml"), &workspace);
        let lock = Path::new(PACKAGE).join("../Cargo.lock");
        std::fs::copy(lock, self.folder.join("Cargo.lock")).expect("the workspace has a lock file");
        Command::new(env!("CARGO"))
            .args(arguments)
            .arg("--offline")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates").join("target"))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo runs")
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a writable folder");
    std::fs::write(path, text).expect("a writable file");
}

/// What a command that went well has printed.
#[allow(dead_code, reason = "not every test prints")]
pub(crate) fn printed(output: &Output) -> String {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout.into_owned()
}
