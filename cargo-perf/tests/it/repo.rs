//! A small cargo project in a git repository of its own, in a temporary folder, that depends on this workspace.
//!
//! It builds offline, with this workspace's lock file, so that it needs nothing that is not here already. What it builds
//! stays for the next time.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::common::{Ran, folder, run};

pub(crate) struct Repo {
    folder: tempfile::TempDir,
    /// Those who compare times, and who build, do it one after the other.
    _alone: MutexGuard<'static, ()>,
}

impl Repo {
    /// Without a commit yet; `features` and `dependencies` are lines of its `Cargo.toml`.
    pub(crate) fn new(name: &str, features: &str, dependencies: &str) -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let repo = Self { folder: folder(), _alone: ONE.lock().unwrap_or_else(PoisonError::into_inner) };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let dependencies = dependencies.replace("{workspace}", &workspace.display().to_string());
        let toml = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[features]\n{features}\n\n{dependencies}\n\n\
             [profile.quick]\ninherits = \"dev\"\nopt-level = 1\n\n[workspace]\n"
        );
        repo.write("Cargo.toml", &toml);
        repo.write(".gitignore", "/target\n/runs\n/Cargo.lock\n/.cargo\n");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let settings = format!("[net]\noffline = true\n[build]\ntarget-dir = '{}'\n", target.display());
        repo.write(".cargo/config.toml", &settings);
        fs::copy(workspace.join("Cargo.lock"), repo.path().join("Cargo.lock")).unwrap();
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// What git says.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").arg("-C").arg(self.path()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Working trees, this one among them.
    pub(crate) fn worktrees(&self) -> usize {
        self.git(&["worktree", "list"]).lines().count()
    }

    /// `cargo perf` in it.
    pub(crate) fn perf(&self, args: &[&str]) -> Ran {
        run(self.path(), args)
    }
}
