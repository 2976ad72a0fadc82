//! Segment files: frames of a length, a checksum and a payload, one after the other.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Length and checksum.
pub(super) const HEADER: usize = 8;
/// A longer payload is no payload.
const MOST: usize = 16 << 20;

/// The file of the segment that begins with this offset.
pub(super) fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.log"))
}

/// First offsets of all segments in a folder, ascending.
pub(super) fn bases(folder: &Path) -> io::Result<Vec<u64>> {
    let mut bases = Vec::new();
    for entry in folder.read_dir()? {
        let name = entry?.file_name();
        let base: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|base| base.parse().ok());
        bases.extend(base);
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Appends a frame.
pub(super) fn frame(payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// The first frame of these bytes.
pub(super) enum Parsed {
    /// The payload's length; it begins after the header.
    Whole(usize),
    /// More bytes are needed: so many in all.
    Short(usize),
    /// Not what was written.
    Broken,
}

pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return Parsed::Short(HEADER) };
    let [a, b, c, d, crc @ ..] = *header;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > MOST {
        return Parsed::Broken;
    }
    match rest.get(..length) {
        None => Parsed::Short(HEADER + length),
        Some(payload) if crc32fast::hash(payload) == u32::from_le_bytes(crc) => Parsed::Whole(length),
        Some(_) => Parsed::Broken,
    }
}

/// Whole frames at the beginning of a file, and the bytes that they take.
pub(super) fn scan(file: &File) -> io::Result<(u64, u64)> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut frames, mut length) = (0, 0);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let mut wanted = HEADER;
        let payload = loop {
            (&mut reader).take((wanted - bytes.len()) as u64).read_to_end(&mut bytes)?;
            match parse(&bytes) {
                Parsed::Whole(payload) => break payload,
                Parsed::Short(more) if bytes.len() == wanted => wanted = more,
                // The file ends within a frame, or the frame is not what was written: the log ends before it.
                Parsed::Short(_) | Parsed::Broken => return Ok((frames, length)),
            }
        };
        frames += 1;
        length += (HEADER + payload) as u64;
    }
}
