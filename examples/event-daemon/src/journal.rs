//! The journal: each event is appended before it is acknowledged, so that a coordinator that was killed still has it.
//!
//! A record is a length and the event's own bytes. Records of events that were handled are of no use any more: where none
//! is left the file is emptied, and where the file is too long, or its disk is full, it is written anew with those that
//! wait. What the system has taken survives the process; a machine that loses its power may lose the last seconds.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use perf_core::perf_probe;

use crate::event::{self, MOST};
use crate::{Inject, Refused};

/// From so many bytes on, a journal without a waiting event is emptied.
const WORTH_EMPTYING: u64 = 1 << 20;
/// Bytes in front of each event.
const LENGTH: u64 = size_of::<u32>() as u64;

/// The events of a coordinator that were accepted and not handled yet, as a file.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Whole records end here; what a failed write left behind lies beyond it.
    end: u64,
    /// Place and length of each event that waits.
    waiting: HashMap<u64, (u64, usize)>,
    /// The length from which on it is written anew, as it was asked for.
    longest: u64,
    /// The same, or twice what waits where that is more: what was just copied is not copied again at once.
    compact_at: u64,
    record: Vec<u8>,
    inject: Option<Inject>,
}

impl Journal {
    /// Opens or creates a journal, and returns the bytes of the events in it, in their order. A record that a killed process
    /// left unfinished was never acknowledged, and is cut off.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path, longest: u64, inject: Option<Inject>) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (mut events, mut waiting, mut end) = (Vec::new(), HashMap::new(), 0_u64);
        for record in records(&bytes) {
            if let Ok(event) = event::decode(record, None) {
                waiting.insert(event.number, (end + LENGTH, record.len()));
                events.push(record.to_vec());
            }
            end += LENGTH + record.len() as u64;
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let path = path.to_owned();
        let journal = Self { file, path, end, waiting, longest, compact_at: longest, record: Vec::new(), inject };
        Ok((journal, events))
    }

    /// Bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// Appends an event, by one call of the system.
    ///
    /// # Errors
    /// [`Refused::StorageFull`] where the disk has no room, also after all that was handled has been removed. The journal is as it
    /// was before.
    #[perf_probe(name = "journal::append", bytes = bytes.len())]
    pub fn append(&mut self, number: u64, bytes: &[u8]) -> Result<(), Refused> {
        if self.end > self.compact_at {
            // A journal that could not be shortened is still a journal.
            let _ = self.compact();
            self.compact_at = self.longest.max(2 * self.end);
        }
        let mut written = self.write_record(bytes);
        if written.is_err() && self.compact().is_ok() {
            written = self.write_record(bytes);
        }
        written.map_err(|_| Refused::StorageFull)?;
        self.waiting.insert(number, (self.end + LENGTH, bytes.len()));
        self.end += LENGTH + bytes.len() as u64;
        Ok(())
    }

    fn write_record(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?.to_le_bytes();
        let whole = if self.inject == Some(Inject::SmallWrites) {
            let (head, tail) = bytes.split_at(bytes.len() / 2);
            [&length[..], head, tail].into_iter().try_for_each(|part| write(&mut self.file, part))
        } else {
            self.record.clear();
            self.record.extend_from_slice(&length);
            self.record.extend_from_slice(bytes);
            write(&mut self.file, &self.record)
        };
        if whole.is_err() {
            // Part of it may be in the file: the next record must not come behind it.
            self.file.set_len(self.end)?;
            self.file.seek(SeekFrom::Start(self.end))?;
        }
        whole
    }

    /// An event was handled: its record is not needed any more.
    ///
    /// # Errors
    /// A file that cannot be emptied; the events in it are then handled again after a restart.
    pub fn handled(&mut self, number: u64) -> io::Result<()> {
        self.waiting.remove(&number);
        if self.waiting.is_empty() && self.end >= WORTH_EMPTYING {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.end = 0;
        }
        Ok(())
    }

    /// Writes the events that wait into a new file, which takes the place of this one.
    fn compact(&mut self) -> io::Result<()> {
        let mut places: Vec<(u64, (u64, usize))> =
            self.waiting.iter().map(|(number, place)| (*number, *place)).collect();
        places.sort_unstable_by_key(|(_, (at, _))| *at);
        let kept: u64 = places.iter().map(|(_, (_, length))| LENGTH + *length as u64).sum();
        if kept == self.end {
            return Err(io::Error::other("every event in the journal still waits"));
        }
        let beside = self.path.with_extension("new");
        let done = self.copy(&places, &beside).and_then(|new| fs::rename(&beside, &self.path).map(|()| new));
        match done {
            Ok((file, waiting, end)) => {
                (self.file, self.waiting, self.end) = (file, waiting, end);
                Ok(())
            }
            Err(error) => {
                let _ = fs::remove_file(&beside);
                self.file.seek(SeekFrom::Start(self.end))?;
                Err(error)
            }
        }
    }

    fn copy(&mut self, places: &[(u64, (u64, usize))], to: &Path) -> io::Result<Copied> {
        let mut new = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(to)?;
        let (mut waiting, mut end, mut record) = (HashMap::new(), 0_u64, Vec::new());
        for (number, (at, length)) in places {
            self.file.seek(SeekFrom::Start(at - LENGTH))?;
            record.resize(size_of::<u32>() + length, 0);
            self.file.read_exact(&mut record)?;
            new.write_all(&record)?;
            waiting.insert(*number, (end + LENGTH, *length));
            end += record.len() as u64;
        }
        Ok((new, waiting, end))
    }
}

type Copied = (File, HashMap<u64, (u64, usize)>, u64);

/// One call of the system, where it takes all of it.
#[perf_probe(name = "journal::write", bytes = bytes.len())]
fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)
}

/// The whole records at the beginning of a file.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= MOST)?;
        let (record, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        Some(record)
    })
}

/// The numbers of the events that a journal holds, while any writer may append to it.
///
/// # Errors
/// A file that cannot be read.
pub fn numbers(path: &Path) -> io::Result<Vec<u64>> {
    let bytes = fs::read(path)?;
    Ok(records(&bytes).filter_map(|record| event::decode(record, None).ok()).map(|event| event.number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Kind};

    fn bytes(number: u64, length: usize) -> Vec<u8> {
        Event { number, service: 0, kind: Kind::System, payload: &vec![5; length] }.encode()
    }

    #[test]
    fn what_was_appended_is_there_again_and_a_torn_record_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, old) = Journal::open(&path, 1 << 30, None).unwrap();
        assert!(old.is_empty());
        for number in 0..10 {
            journal.append(number, &bytes(number, 100)).unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 3, 4, 50, 120, whole.len() / 2, whole.len() - 1, whole.len()] {
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, old) = Journal::open(&path, 1 << 30, None).unwrap();
            assert_eq!(old.len(), cut / (whole.len() / 10), "cut off at {cut}");
            journal.append(99, &bytes(99, 100)).unwrap();
            assert_eq!(*numbers(&path).unwrap().last().unwrap(), 99, "what follows is whole, cut off at {cut}");
        }
    }

    #[test]
    fn a_journal_that_is_too_long_keeps_the_events_that_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path, 4_000, None).unwrap();
        for number in 0..1_000 {
            journal.append(number, &bytes(number, 100)).unwrap();
            if number % 100 != 0 {
                journal.handled(number).unwrap();
            }
        }
        assert!(journal.bytes() < 6_000, "{}", journal.bytes());
        let kept = numbers(&path).unwrap();
        assert!((0..1_000).step_by(100).all(|number| kept.contains(&number)), "{kept:?}");
    }
}
