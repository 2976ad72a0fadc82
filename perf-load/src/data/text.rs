//! Records as text of a stated size.

use std::io::{self, Read, Write};

/// One record, with a text form of one line.
pub trait Record {
    /// Appends the text, without the line's end.
    fn encode(&self, out: &mut Vec<u8>);
}

/// Every stream of records can be read as text.
pub trait Records: Iterator {
    /// One line a record, until there are at least so many bytes: the text is longer than `bytes` by less than its last
    /// record. A stream that ends earlier gives less.
    fn up_to(self, bytes: u64) -> Text<Self>
    where
        Self: Sized,
        Self::Item: Record,
    {
        Text { records: self, left: bytes, line: Vec::new(), taken: 0, written: Written::default() }
    }
}

impl<I: Iterator> Records for I where I::Item: Record {}

/// How much text has been made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines.
    pub records: u64,
    /// Bytes, ends of lines included.
    pub bytes: u64,
}

/// Text of a stated size, made while it is read: one record at a time is in memory.
#[derive(Clone, Debug)]
pub struct Text<I> {
    records: I,
    left: u64,
    line: Vec<u8>,
    taken: usize,
    written: Written,
}

impl<I> Text<I>
where
    I: Iterator,
    I::Item: Record,
{
    /// The next line with its end, or `None` at the size that was asked for.
    ///
    /// ```
    /// use perf_load::data::{KeyValue, Records};
    ///
    /// let mut text = KeyValue::new(1).accesses()?.up_to(100);
    /// let mut bytes = 0;
    /// while let Some(line) = text.line() {
    ///     assert_eq!(line.last(), Some(&b'\n'));
    ///     bytes += line.len() as u64;
    /// }
    /// assert_eq!(bytes, text.written().bytes);
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    pub fn line(&mut self) -> Option<&[u8]> {
        if self.left == 0 {
            return None;
        }
        let record = self.records.next()?;
        self.line.clear();
        self.taken = 0;
        record.encode(&mut self.line);
        self.line.push(b'\n');
        let bytes = self.line.len() as u64;
        self.left = self.left.saturating_sub(bytes);
        self.written.records += 1;
        self.written.bytes += bytes;
        Some(&self.line)
    }

    /// Writes the rest of the text.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn write_to(&mut self, out: &mut impl Write) -> io::Result<Written> {
        out.write_all(&self.line[self.taken..])?;
        self.taken = self.line.len();
        while let Some(line) = self.line() {
            out.write_all(line)?;
            self.taken = self.line.len();
        }
        out.flush()?;
        Ok(self.written)
    }

    /// The amount made so far.
    #[must_use]
    pub fn written(&self) -> Written {
        self.written
    }
}

impl<I> Read for Text<I>
where
    I: Iterator,
    I::Item: Record,
{
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            if self.taken == self.line.len() && self.line().is_none() {
                break;
            }
            let part = &self.line[self.taken..];
            let count = part.len().min(out.len() - filled);
            out[filled..filled + count].copy_from_slice(&part[..count]);
            self.taken += count;
            filled += count;
        }
        Ok(filled)
    }
}
