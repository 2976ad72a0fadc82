//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::Error;

/// Replaces a file by these bytes, by way of a temporary one in the same folder.
///
/// A symbolic link stays one: what it points to is replaced. Devices, pipes and the program's own streams are written
/// to, not replaced.
///
/// # Errors
/// A folder that cannot be made, or a file that cannot be written ([`Error::is_io`]).
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("new/perf.csv");
/// perf_exporters::write::atomically(&path, b"name,calls\n")?;
/// assert_eq!(std::fs::read(&path)?, b"name,calls\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::io("cannot write the report", path, source);
    if is_stream(path) {
        let open = File::options().append(true).open(path);
        return open.and_then(|mut file| file.write_all(bytes)).map_err(failed);
    }
    let real = fs::canonicalize(path);
    let target = real.as_deref().unwrap_or(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let put = || {
        fs::create_dir_all(folder)?;
        let mut file = temporary().tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(target).map_err(|error| error.error)
    };
    put().map(drop).map_err(failed)
}

/// Whether the path names something to write to rather than a file to replace. What the program's own streams were
/// sent to may be a file, but one with other things in it.
pub(crate) fn is_stream(path: &Path) -> bool {
    let streams = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    streams.iter().any(|stream| path.starts_with(stream))
        || fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Temporary files are private by default; a report is as public as the user's other files.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".perf-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn streams_are_known_by_name_and_devices_by_looking() {
        for stream in ["/dev/stdout", "/dev/stderr", "/dev/fd/3", "/proc/self/fd/1", "/dev/null"] {
            assert!(is_stream(Path::new(stream)), "{stream}");
        }
        for file in ["/dev/shm/perf.json", "perf.json", "/", "/nowhere/dev/stdout"] {
            assert!(!is_stream(Path::new(file)), "{file}");
        }
    }
}
