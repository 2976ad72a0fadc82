//! Another revision of the repository, checked out in a temporary folder for as long as it is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::build::cargo;
use crate::failure::{Failure, Result};

/// The repository and workspace that hold the program.
pub(super) struct Repository {
    /// The repository's folder.
    top: PathBuf,
    /// Where the command was called, seen from there.
    prefix: PathBuf,
    /// The Cargo.toml that was asked for, seen from there.
    manifest: Option<PathBuf>,
    /// The workspace's folder.
    workspace: PathBuf,
    /// Where the workspace is built.
    target_dir: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Repository {
    /// The repository around the current folder, or around that Cargo.toml.
    pub(super) fn around(manifest: Option<&Path>) -> Result<Self> {
        let here = std::env::current_dir()
            .and_then(fs::canonicalize)
            .map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
        let manifest = match manifest {
            Some(path) => Some(fs::canonicalize(path).map_err(|error| Failure::io("cannot find it", path, &error))?),
            None => None,
        };
        let start = manifest.as_deref().and_then(Path::parent).unwrap_or(&here);
        let top = PathBuf::from(git(start, &["rev-parse", "--show-toplevel"])?);
        let top = fs::canonicalize(&top).unwrap_or(top);
        let within = |path: &Path| path.strip_prefix(&top).map(Path::to_owned).unwrap_or_default();
        let metadata = metadata(start)?;
        Ok(Self {
            prefix: within(&here),
            manifest: manifest.as_deref().map(within),
            workspace: metadata.workspace_root,
            target_dir: metadata.target_directory,
            top,
        })
    }

    /// The commit that a revision means.
    pub(super) fn commit(&self, revision: &str) -> Result<String> {
        let asked = format!("{revision}^{{commit}}");
        git(&self.top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &asked]).map_err(|_| {
            Failure::new(format!(
                "{revision:?} is no revision of {}; `git fetch` it, or check its name with `git log`",
                self.top.display()
            ))
        })
    }
}

/// A worktree; it is removed with this value.
pub(super) struct Worktree<'a> {
    repository: &'a Repository,
    tree: PathBuf,
    folder: PathBuf,
    target_dir: PathBuf,
    manifest: Option<PathBuf>,
    /// Holds the tree; goes last.
    _around: tempfile::TempDir,
}

impl<'a> Worktree<'a> {
    pub(super) fn add(repository: &'a Repository, commit: &str) -> Result<Self> {
        let around = tempfile::Builder::new().prefix("cargo-perf-").tempdir();
        let around = around.map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
        let tree = around.path().join("tree");
        let folder = tree.join(&repository.prefix);
        let manifest = repository.manifest.as_ref().map(|path| tree.join(path));
        let target_dir = repository.target_dir.join("cargo-perf");
        let worktree = Self { repository, tree, folder, target_dir, manifest, _around: around };
        // From here on, whatever goes wrong, the value's end removes what was made.
        let path = worktree.tree.to_string_lossy().into_owned();
        git(&repository.top, &["worktree", "add", "--detach", "--quiet", &path, commit])?;
        if !worktree.folder.is_dir() {
            let missing = repository.prefix.display();
            return Err(Failure::new(format!("that revision has no folder {missing}; call this from one that it has")));
        }
        worktree.keep_lock_file();
        Ok(worktree)
    }

    /// Where Cargo.lock is not under version control, both sides get the same dependencies.
    fn keep_lock_file(&self) {
        let Ok(workspace) = fs::canonicalize(&self.repository.workspace) else { return };
        let Ok(within) = workspace.strip_prefix(&self.repository.top) else { return };
        let (here, there) = (workspace.join("Cargo.lock"), self.tree.join(within).join("Cargo.lock"));
        if here.is_file() && !there.exists() {
            // Without it cargo resolves anew.
            let _ = fs::copy(here, there);
        }
    }

    /// The folder that the command was called in, over there.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A build folder that stays, so that dependencies are built once.
    pub(super) fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    pub(super) fn manifest_path(&self) -> Option<&Path> {
        self.manifest.as_deref()
    }
}

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        let path = self.tree.to_string_lossy().into_owned();
        let top = &self.repository.top;
        if git(top, &["worktree", "remove", "--force", "--force", &path]).is_err() {
            let _ = fs::remove_dir_all(&self.tree);
            let _ = git(top, &["worktree", "prune"]);
        }
    }
}

/// Runs git and returns what it says.
fn git(folder: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).output();
    let output = output.map_err(|error| Failure::new(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("git {}: {}", args.join(" "), said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}

fn metadata(folder: &Path) -> Result<Metadata> {
    let output = cargo().args(["metadata", "--no-deps", "--format-version=1"]).current_dir(folder).output();
    let output = output.map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| Failure::new(format!("cargo metadata: {error}")))
}
