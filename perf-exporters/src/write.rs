//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::{
    thread,
    time::{Duration, Instant},
};

use crate::Error;

/// Links that lead from one to the next before they count as a circle; Linux says the same.
const MOST_LINKS: usize = 40;
/// How long a pipe may be without a reader.
#[cfg(unix)]
const FOR_A_READER: Duration = Duration::from_secs(2);

/// Replaces a file by these bytes, by way of a temporary one in the same folder.
///
/// A symbolic link stays one: what it points to is replaced, or made where it is missing. Devices, pipes and the
/// program's own streams are written to, not replaced; a pipe without a reader for two seconds is an error.
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
    let put = || {
        if is_stream(path) {
            return open_stream(path)?.write_all(bytes);
        }
        let target = followed(path)?;
        let folder = folder_of(&target);
        fs::create_dir_all(folder)?;
        let mut file = temporary().tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&target).map(drop).map_err(|error| error.error)
    };
    put().map_err(|source| Error::io("cannot write the report", path, source))
}

/// Adds whole lines to the end of a file, and makes it where there is none. Other writers that come this way wait.
///
/// Where the lines do not fit, as on a full disk, the file is what it was before. They begin on a line of their own,
/// also behind a line that another writer left unfinished.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("history.jsonl");
/// std::fs::write(&path, "{\"cut sho")?;
/// perf_exporters::write::append_lines(&path, b"{}\n")?;
/// assert_eq!(std::fs::read(&path)?, b"{\"cut sho\n{}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the file cannot be opened, locked or written to.
pub fn append_lines(path: &Path, lines: &[u8]) -> Result<(), Error> {
    let append = || {
        if is_stream(path) {
            return open_stream(path)?.write_all(lines);
        }
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        file.lock()?;
        let end = file.seek(SeekFrom::End(0))?;
        let added = add_at(&mut file, end, lines);
        if added.is_err() {
            // What was written of it goes again; where not even that works, the next line still is its own.
            let _ = file.set_len(end);
        }
        added
    };
    append().map_err(|source| Error::io("cannot add to the file", path, source))
}

fn add_at(file: &mut File, end: u64, lines: &[u8]) -> io::Result<()> {
    if end > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(lines)?;
    file.sync_all()
}

/// Where links lead, whether or not there is anything.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(to) = fs::read_link(&path) else {
            return Ok(fs::canonicalize(&path).unwrap_or(path));
        };
        path = folder_of(&path).join(to);
    }
    Err(io::Error::other("symbolic links lead in a circle"))
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether the path names something to write to rather than a file to replace. What the program's own streams were
/// sent to may be a file, but one with other things in it.
pub(crate) fn is_stream(path: &Path) -> bool {
    let streams = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    streams.iter().any(|stream| path.starts_with(stream))
        || fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Opens a stream. Who is to read a pipe may come a moment later, but is not waited for in vain.
#[cfg(unix)]
fn open_stream(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;

    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOCTTY;
    let begun = Instant::now();
    loop {
        match rustix::fs::open(path, flags | OFlags::NONBLOCK, Mode::empty()) {
            Ok(stream) => {
                // A reader that is slow is waited for.
                rustix::fs::fcntl_setfl(&stream, flags)?;
                return Ok(stream.into());
            }
            // What a pipe without a reader says; a socket says the same.
            Err(Errno::NXIO) if begun.elapsed() < FOR_A_READER => thread::sleep(FOR_A_READER / 100),
            Err(Errno::NXIO) => {
                let why = "it has no reader: start the reader first";
                return Err(io::Error::new(io::ErrorKind::NotConnected, why));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
fn open_stream(path: &Path) -> io::Result<File> {
    File::options().append(true).open(path)
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn streams_are_known_by_name_and_devices_by_looking() {
        for stream in ["/dev/stdout", "/dev/stderr", "/dev/fd/3", "/proc/self/fd/1", "/dev/null"] {
            assert!(is_stream(Path::new(stream)), "{stream}");
        }
        for file in ["/dev/shm/perf.json", "perf.json", "/", "/nowhere/dev/stdout"] {
            assert!(!is_stream(Path::new(file)), "{file}");
        }
    }

    #[test]
    fn a_link_stays_one_whether_or_not_there_is_anything_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name);
        for (link, to) in [("one", "two"), ("two", "new/file"), ("circle", "elcric"), ("elcric", "circle")] {
            symlink(to, here(link)).unwrap();
        }
        for text in ["first", "second"] {
            atomically(&here("one"), text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(here("new/file")).unwrap(), text);
            assert!(here("one").is_symlink() && here("two").is_symlink() && !here("new/file").is_symlink());
        }
        let error = atomically(&here("circle"), b"").unwrap_err();
        assert!(error.to_string().contains("circle") && here("circle").is_symlink(), "{error}");
    }

    /// The result of `write`, within seconds.
    fn in_time(path: PathBuf, bytes: &'static [u8]) -> Result<(), Error> {
        let (send, receive) = mpsc::channel();
        thread::spawn(move || send.send(atomically(&path, bytes)));
        receive.recv_timeout(Duration::from_secs(20)).expect("it waits for ever")
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_that_nobody_reads_is_an_error_and_one_that_is_read_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let error = in_time(pipe.clone(), b"lost").unwrap_err();
        assert!(error.is_io() && error.to_string().contains("has no reader"), "{error}");
        assert_eq!(error.path(), Some(pipe.as_path()));
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe)
        });
        in_time(pipe.clone(), b"read").unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "read");
    }

    #[test]
    fn lines_that_do_not_fit_leave_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (before, after) in [("", "a\nb\n"), ("x\n", "x\na\nb\n"), ("torn", "torn\na\nb\n")] {
            fs::write(&path, before).unwrap();
            append_lines(&path, b"a\nb\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
        assert!(append_lines(folder.path(), b"a\n").unwrap_err().is_io());
    }
}
