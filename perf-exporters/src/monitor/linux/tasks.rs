//! `/proc/self/task`, which has a folder for each thread of the process.

use std::fmt::Write;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, openat, seek};
use rustix::io::Errno;

#[derive(Debug)]
pub(super) struct Tasks {
    open: OwnedFd,
    path: PathBuf,
}

impl Tasks {
    pub(super) fn open(root: &Path) -> Result<Self, String> {
        let path = root.join("proc/self/task");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = rustix::fs::open(&path, flags, Mode::empty());
        let open = open.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { open, path })
    }

    /// Calls `each` with the number of every thread.
    pub(super) fn each(&self, mut each: impl FnMut(u32)) -> Result<(), String> {
        let begun = seek(&self.open, SeekFrom::Start(0));
        let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
        let mut entries = RawDir::new(&self.open, &mut buffer);
        while let Some(Ok(entry)) = entries.next() {
            if let Some(id) = entry.file_name().to_str().ok().and_then(|name| name.parse().ok()) {
                each(id);
            }
        }
        begun.map(drop).map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// The content of a file of a thread; none where the thread has ended. `path` is room for the file's path.
    pub(super) fn file<'b>(
        &self,
        id: u32,
        name: &str,
        path: &mut String,
        buffer: &'b mut [u8],
    ) -> Result<Option<&'b str>, String> {
        path.clear();
        // Writing to a string cannot fail.
        let _ = write!(path, "{id}/{name}");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let read = openat(&self.open, path.as_str(), flags, Mode::empty())
            .and_then(|file| rustix::io::read(file, &mut *buffer));
        match read {
            Ok(read) => Ok(std::str::from_utf8(&buffer[..read]).ok()),
            Err(Errno::SRCH) => Ok(None),
            Err(Errno::NOENT) if !self.path.join(id.to_string()).exists() => Ok(None),
            Err(error) => Err(format!("{}/{path}: {error}", self.path.display())),
        }
    }

    /// An error of a file whose content is not understood.
    pub(super) fn not_understood(&self, id: u32, name: &str, text: &str) -> String {
        format!("{}/{id}/{name}: {text:?} is not understood", self.path.display())
    }
}
