//! A file of the kernel that is opened once and read again and again, without allocating.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The most of a file that is read: `/proc/net/dev` has a line of some hundred bytes for each device.
pub(super) const MOST: usize = 32 << 10;

/// The kernel fills a page with whole lines before a read returns, so a read that returns less than this is the last.
const LESS_THAN_A_PAGE: usize = 2 << 10;

/// An open file, or why there is none.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    file: Result<File, String>,
}

impl Source {
    pub(super) fn open(path: &Path) -> Self {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()));
        Self { path: path.to_owned(), file }
    }

    /// The file's present content, as far as that is text.
    pub(super) fn read<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b str, String> {
        let file = self.file.as_ref().map_err(Clone::clone)?;
        let mut filled = 0;
        loop {
            match file.read_at(&mut buffer[filled..], filled as u64) {
                Ok(read) => {
                    filled += read;
                    if read < LESS_THAN_A_PAGE {
                        break;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.without(&error.to_string())),
            }
        }
        std::str::from_utf8(&buffer[..filled]).map_err(|error| self.without(&error.to_string()))
    }

    /// Says that the file lacks something.
    pub(super) fn without(&self, what: &str) -> String {
        format!("{}: {what}", self.path.display())
    }
}

/// The number behind a key at the start of a line: `key 12`, `key: 12 kB`.
pub(super) fn keyed(text: &str, key: &str) -> Option<u64> {
    let behind = |line: &'_ str| {
        let rest = line.strip_prefix(key)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        rest.starts_with([' ', '\t']).then(|| rest.split_whitespace().next()?.parse().ok())?
    };
    text.lines().find_map(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_whole_words() {
        let text = "oom 3\noom_kill 5\nVmSwap:\t    12 kB\nbroken x\n";
        assert_eq!(keyed(text, "oom"), Some(3));
        assert_eq!(keyed(text, "oom_kill"), Some(5));
        assert_eq!(keyed(text, "VmSwap"), Some(12));
        assert_eq!((keyed(text, "broken"), keyed(text, "absent"), keyed(text, "oo")), (None, None, None));
    }

    #[test]
    fn a_file_that_is_not_there_says_so() {
        let source = Source::open(Path::new("/proc/self/no-such-file"));
        let reason = source.read(&mut [0; 16]).unwrap_err();
        assert!(reason.starts_with("/proc/self/no-such-file: No such file"), "{reason}");
    }
}
