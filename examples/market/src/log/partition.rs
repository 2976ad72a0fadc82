//! One partition: its writer, what of it can be read, and what groups have committed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::groups::Groups;
use super::{LogError, Options, segment};

#[derive(Debug)]
pub(super) struct Partition {
    folder: PathBuf,
    writer: Mutex<Writer>,
    visible: Mutex<Seen>,
    grown: Condvar,
    groups: Groups,
}

#[derive(Debug)]
struct Writer {
    file: File,
    /// Whole frames end here; where a failed write left more, it is cut off before the next.
    length: u64,
    torn: bool,
    base: u64,
    next: u64,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Seen {
    visible: Visible,
    bases: Vec<u64>,
}

/// What of a partition can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visible {
    /// The offset that the next message will have.
    pub end: u64,
    /// The first offset of the last segment.
    pub base: u64,
    /// Bytes of the last segment that are whole messages.
    pub length: u64,
}

/// A panic elsewhere leaves values that are whole all the same: each is replaced at once.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Partition {
    pub(super) fn open(folder: &Path, options: &Options) -> Result<Self, LogError> {
        fs::create_dir_all(folder)?;
        let mut bases = segment::bases(folder)?;
        let base = bases.last().copied().unwrap_or(0);
        if bases.is_empty() {
            bases.push(base);
        }
        let file = open(&segment::path(folder, base))?;
        let (frames, length) = segment::scan(&file)?;
        file.set_len(length)?;
        if options.sync {
            file.sync_data()?;
        }
        let next = base + frames;
        Ok(Self {
            groups: Groups::new(groups(folder, next)?),
            folder: folder.to_owned(),
            writer: Mutex::new(Writer { file, length, torn: false, base, next, buffer: Vec::new() }),
            visible: Mutex::new(Seen { visible: Visible { end: next, base, length }, bases }),
            grown: Condvar::new(),
        })
    }

    pub(super) fn append<P: AsRef<[u8]>>(&self, payloads: &[P], options: &Options) -> Result<u64, LogError> {
        let mut writer = lock(&self.writer);
        if self.groups.too_far_behind(writer.next + payloads.len() as u64, options.max_lag) {
            return Err(LogError::BackPressure);
        }
        writer.mend()?;
        let first = writer.next;
        if writer.length >= options.segment_bytes {
            writer.roll(&self.folder)?;
            lock(&self.visible).bases.push(first);
        }
        writer.write(payloads, options.sync)?;
        let visible = Visible { end: writer.next, base: writer.base, length: writer.length };
        // The writer stays locked, so that no reader sees an older end after a newer one.
        lock(&self.visible).visible = visible;
        drop(writer);
        self.grown.notify_all();
        Ok(first)
    }

    pub(super) fn visible(&self) -> Visible {
        lock(&self.visible).visible
    }

    pub(super) fn wait(&self, offset: u64, most: Duration) -> u64 {
        let seen = lock(&self.visible);
        let waited = self.grown.wait_timeout_while(seen, most, |seen| seen.visible.end <= offset);
        waited.unwrap_or_else(PoisonError::into_inner).0.visible.end
    }

    pub(super) fn bases(&self) -> Vec<u64> {
        lock(&self.visible).bases.clone()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The file is replaced whole, so that a crash leaves the old offset or the new one.
    pub(super) fn commit(&self, group: &str, offset: u64) -> Result<(), LogError> {
        let (new, path) = (self.folder.join(format!("{group}.new")), self.folder.join(format!("{group}.offset")));
        fs::write(&new, offset.to_string())?;
        fs::rename(&new, &path)?;
        self.groups.set(group, offset);
        Ok(())
    }
}

impl Writer {
    fn roll(&mut self, folder: &Path) -> io::Result<()> {
        self.file = open(&segment::path(folder, self.next))?;
        (self.base, self.length) = (self.next, 0);
        Ok(())
    }

    /// Cuts off what a failed write left, where that failed as well at the time.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    fn write<P: AsRef<[u8]>>(&mut self, payloads: &[P], sync: bool) -> io::Result<()> {
        self.buffer.clear();
        for payload in payloads {
            segment::frame(payload.as_ref(), &mut self.buffer);
        }
        let written =
            self.file.write_all(&self.buffer).and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            self.torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += self.buffer.len() as u64;
        self.next += payloads.len() as u64;
        Ok(())
    }
}

/// Written at its end only.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// Offsets that groups have committed. One beyond the end is of messages that a crash of the machine took: the group goes on
/// at the end.
fn groups(folder: &Path, next: u64) -> Result<BTreeMap<String, u64>, LogError> {
    let mut groups = BTreeMap::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "offset") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let offset: u64 = text
            .parse()
            .map_err(|_| LogError::Corrupt(format!("{}: `{text}` is no offset; delete the file", path.display())))?;
        let group = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        groups.insert(group, offset.min(next));
    }
    Ok(groups)
}
