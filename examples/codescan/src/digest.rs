//! A file's fingerprint and its compressed size.

use flate2::{Compress, Compression, FlushCompress, Status};
use perf_core::perf_probe;

/// A BLAKE3 hash: no attacker can make two different files with the same one, so equal digests mean equal files.
pub type Digest = blake3::Hash;

/// The digest of a file's contents.
#[must_use]
#[perf_probe(bytes = bytes.len())]
pub fn hash(bytes: &[u8]) -> Digest {
    blake3::hash(bytes)
}

/// Compresses to count what comes out. The state is a few hundred kilobytes, so a worker keeps one for all its files.
#[derive(Debug)]
pub struct Compressor {
    deflate: Compress,
    scratch: Box<[u8]>,
}

impl Compressor {
    /// Deflate at its fastest level.
    #[must_use]
    pub fn new() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false), scratch: vec![0; 32 * 1024].into() }
    }

    /// The size of `bytes` after compression, as a raw deflate stream.
    #[perf_probe(bytes = bytes.len())]
    pub fn compressed_len(&mut self, bytes: &[u8]) -> u64 {
        self.deflate.reset();
        let mut rest = bytes;
        loop {
            let before = self.deflate.total_in();
            let status = self.deflate.compress(rest, &mut self.scratch, FlushCompress::Finish);
            let taken = usize::try_from(self.deflate.total_in() - before).unwrap_or(rest.len());
            rest = &rest[taken..];
            match status {
                Ok(Status::Ok) => {}
                // Writing to a buffer that is never full has no way to fail; if it did, what came out so far counts.
                Ok(Status::StreamEnd | Status::BufError) | Err(_) => return self.deflate.total_out(),
            }
        }
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_length_is_that_of_a_whole_stream() {
        let mut compressor = Compressor::new();
        for size in [0_u32, 1, 100, 40_000, 900_000] {
            // Hardly compressible, so that the output is longer than the scratch buffer.
            let bytes: Vec<u8> = (0..size).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
            let mut whole = Vec::new();
            flate2::read::DeflateEncoder::new(bytes.as_slice(), Compression::fast()).read_to_end(&mut whole).unwrap();
            assert_eq!(compressor.compressed_len(&bytes), whole.len() as u64, "{size} bytes");
        }
    }

    #[test]
    fn equal_contents_have_equal_digests() {
        assert_eq!(hash(b"abc"), hash(b"abc"));
        assert_ne!(hash(b"abc"), hash(b"abd"));
    }
}
