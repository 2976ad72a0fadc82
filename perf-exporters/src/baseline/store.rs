//! The file on disk: whole or not there, regardless of how many writers there are and when they are killed.
//!
//! A writer takes the lock, reads the file, changes its value, writes a temporary file beside it, syncs that to the disk, and
//! renames it. The lock is on a file of its own, `.perf.lock.guard`, which stays: the system releases the lock
//! when its holder ends, however it ends. A reader needs no lock.

use std::fs::{self, File};
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Baseline;
use crate::error::Problem;

use crate::{Error, env, write};

/// The message about a missing file.
const NO_FILE: &str = "there is no baseline yet; `PERF_UPDATE=1` (or `cargo perf gate --update`) records one";

impl Baseline {
    /// Reads a file. That there is none is an error too ([`Error::is_not_found`]).
    ///
    /// # Errors
    /// A file that is not there ([`Error::is_not_found`]) or cannot be read ([`Error::is_io`]), and those of [`Baseline::parse`].
    ///
    /// ```no_run
    /// let baseline = perf_exporters::baseline::Baseline::load("perf.lock")?;
    /// println!("{} entries", baseline.entries().len());
    /// # Ok::<(), perf_exporters::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| {
            let missing = source.kind() == io::ErrorKind::NotFound;
            Error::io(if missing { NO_FILE } else { "cannot read the baseline" }, path, source)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let line = good.matches('\n').count() + 1;
            Error::baseline(Problem::NotUtf8, Some(line)).at(path)
        })?;
        Self::parse(&text).map_err(|error| error.at(path))
    }

    /// Changes the file, or makes it where there is none, and returns its new value. Other processes that change it
    /// wait; none loses what another wrote.
    ///
    /// A file that cannot be read is left as it is.
    ///
    /// # Errors
    /// A file that cannot be read, locked or written; those of [`Baseline::load`].
    ///
    /// ```no_run
    /// use perf_exporters::{Report, baseline::Baseline};
    ///
    /// let report = Report::from(perf_core::snapshot()).of_this_process();
    /// Baseline::update("perf.lock", |baseline| baseline.record([&report], None))?;
    /// # Ok::<(), perf_exporters::Error>(())
    /// ```
    pub fn update(path: impl AsRef<Path>, change: impl FnOnce(&mut Self)) -> Result<Self, Error> {
        let place = Place::of(path.as_ref())?;
        let guard = place.lock()?;
        let (mut baseline, before) = match Self::load(&place.target) {
            Err(error) if error.is_not_found() => (Self::default(), None),
            loaded => loaded.map(|loaded| (loaded.clone(), Some(loaded.to_toml())))?,
        };
        change(&mut baseline);
        let text = baseline.to_toml();
        if before.as_ref() != Some(&text) {
            place.replace(&text)?;
        }
        drop(guard);
        Ok(baseline)
    }

    /// Writes this value to the file, regardless of its content before.
    ///
    /// # Errors
    /// A file that cannot be locked or written ([`Error::is_io`]).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let place = Place::of(path.as_ref())?;
        let _guard = place.lock()?;
        place.replace(&self.to_toml())
    }
}

/// Whether the environment asks for new baselines: `PERF_UPDATE=1`, or `on`, `true`, `yes`.
#[must_use]
pub fn update_asked() -> bool {
    env::UPDATE.is_on()
}

/// Where the baselines of the package under test are: `PERF_LOCK` if it is set, else `perf.lock` beside its `Cargo.toml`
/// (cargo and nextest say where that is), else in the current folder.
#[must_use]
pub fn default_path() -> PathBuf {
    let package = || std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    env::LOCK.path().unwrap_or_else(|| package().join("perf.lock"))
}

/// A file that a link may lead to, and the folder it is in.
struct Place {
    target: PathBuf,
    folder: PathBuf,
    name: String,
}

impl Place {
    fn of(path: &Path) -> Result<Self, Error> {
        let followed = write::followed(path);
        let target = followed.map_err(|source| Error::io("cannot write the baseline", path, source))?;
        let folder = write::folder_of(&target).to_owned();
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { target, folder, name })
    }

    /// Waits until no other process holds the lock; it ends with the returned file.
    fn lock(&self) -> Result<File, Error> {
        let path = self.folder.join(format!(".{}.guard", self.name));
        let locked = || {
            fs::create_dir_all(&self.folder)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            io::Result::Ok(file)
        };
        locked().map_err(|source| Error::io("cannot lock the baseline", &path, source))
    }

    /// Replaces the file by this text. The caller holds the lock.
    fn replace(&self, text: &str) -> Result<(), Error> {
        self.remove_leftovers();
        let put = || {
            let mut builder = tempfile::Builder::new();
            let prefix = self.temporary_prefix();
            builder.prefix(&prefix).suffix(".tmp");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o666));
            }
            let mut file = builder.tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.target).map_err(|error| error.error)?;
            // The new name reaches the disk with its folder; where folders cannot be opened, the system writes it by itself.
            if let Ok(folder) = File::open(&self.folder) {
                let _ = folder.sync_all();
            }
            io::Result::Ok(())
        };
        put().map_err(|source| Error::io("cannot write the baseline", &self.target, source))
    }

    /// Removes files that killed writers left: no other process writes now.
    fn remove_leftovers(&self) {
        let prefix = self.temporary_prefix();
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            if name.to_string_lossy().starts_with(&prefix) && name.to_string_lossy().ends_with(".tmp") {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    fn temporary_prefix(&self) -> String {
        format!(".{}.new-", self.name)
    }
}
