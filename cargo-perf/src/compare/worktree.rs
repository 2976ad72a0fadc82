//! Another revision of the repository, checked out in a temporary folder for as long as it is needed.
//!
//! The folder is removed with the value. A killed process leaves it, and git's record of it; the next run removes both, as
//! soon as the folder is no longer in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Metadata, MetadataCommand};

use crate::build::cargo;
use crate::failure::{Failure, Result};
use crate::scratch::{self, Scratch, Use};

/// The repository and workspace of the program.
pub(super) struct Repository {
    /// The repository's folder.
    top: PathBuf,
    /// The folder in which the command was called, relative to `top`.
    prefix: PathBuf,
    /// The requested Cargo.toml, relative to `top`.
    manifest: Option<PathBuf>,
    /// The workspace's folder.
    workspace: PathBuf,
    /// The folder in which the workspace is built.
    target_dir: PathBuf,
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
            workspace: metadata.workspace_root.into(),
            target_dir: metadata.target_directory.into(),
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
    /// The folder around the tree; dropped last.
    around: Scratch,
}

impl<'a> Worktree<'a> {
    pub(super) fn add(repository: &'a Repository, commit: &str) -> Result<Self> {
        let around = Scratch::new()?;
        let tree = around.path().join("tree");
        let folder = tree.join(&repository.prefix);
        let manifest = repository.manifest.as_ref().map(|path| tree.join(path));
        let target_dir = repository.target_dir.join("cargo-perf");
        let worktree = Self { repository, tree, folder, target_dir, manifest, around };
        // From here on, after any error, the drop of the value removes the files that were made.
        let path = worktree.tree.to_string_lossy().into_owned();
        let add = ["worktree", "add", "--detach", "--quiet", &path, commit];
        git_with(worktree.around.stdin()?, &repository.top, &add)?;
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

    /// The whole tree of the revision.
    pub(super) fn tree(&self) -> &Path {
        &self.tree
    }

    /// The folder in that tree that corresponds to the current one.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder with the tree in it.
    pub(super) fn around(&self) -> &Scratch {
        &self.around
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
        remove(self.repository, &self.tree);
    }
}

fn remove(repository: &Repository, tree: &Path) {
    let path = tree.to_string_lossy();
    // Forced twice: a tree that was killed while it was made is locked.
    if git(&repository.top, &["worktree", "remove", "--force", "--force", &path]).is_err() {
        let _ = fs::remove_dir_all(tree);
        let _ = git(&repository.top, &["worktree", "prune"]);
    }
}

/// Removes folders that killed runs of this command left; those of running ones stay.
pub(super) fn remove_stale(repository: &Repository) {
    let list = git(&repository.top, &["worktree", "list", "--porcelain"]).unwrap_or_default();
    for tree in list.lines().filter_map(|line| line.strip_prefix("worktree ")).map(Path::new) {
        let Some(around) = tree.parent().filter(|around| scratch::is_ours(around)) else { continue };
        let usage = Use::of(around);
        // Without a lock the folder is gone, and only git still knows of it.
        if !matches!(usage, Use::GoesOn) {
            remove(repository, tree);
            let _ = fs::remove_dir_all(around);
        }
    }
    // Folders that git does not know any more, or not yet, are removed as well.
    scratch::remove_abandoned();
}

/// Runs git and returns its output.
fn git(folder: &Path, args: &[&str]) -> Result<String> {
    git_with(Stdio::null(), folder, args)
}

fn git_with(stdin: Stdio, folder: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).stdin(stdin).output();
    let output = output.map_err(|error| Failure::new(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("git {}: {}", args.join(" "), said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}

fn metadata(folder: &Path) -> Result<Metadata> {
    let asked = MetadataCommand::new().cargo_path(cargo().get_program()).current_dir(folder).no_deps().exec();
    asked.map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => Failure::new(stderr.trim().to_owned()),
        cargo_metadata::Error::Io(error) => Failure::new(format!("cannot run cargo: {error}")),
        error => Failure::new(format!("cargo metadata: {error}")),
    })
}
