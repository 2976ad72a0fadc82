//! Columnar storage: ticks as a Parquet file, a row group a batch.
//!
//! Numbers as they are: no dictionary, no compression and no statistics. This is the part that has to keep up with a disk.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use perf_core::perf_probe;

use crate::{Decimal, Kind, Tick};

/// Bytes of a row: three numbers of 64 bits and four of 32.
pub const ROW_BYTES: u64 = 3 * 8 + 4 * 4;

/// Columns, with whether they have 64 bits.
const COLUMNS: [(&str, bool); 7] = [
    ("at", true),
    ("price", true),
    ("ask", true),
    ("symbol", false),
    ("size", false),
    ("ask_size", false),
    ("kind", false),
];

/// Ticks by column, filled again for each row group.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    long: [Vec<i64>; 3],
    short: [Vec<i32>; 4],
}

impl Columns {
    /// The columns of these ticks, in place of what was here.
    #[perf_probe(name = "archive::columns", items = ticks.len() as u64)]
    pub fn fill(&mut self, ticks: &[Tick]) {
        let [at, price, ask] = &mut self.long;
        refill(at, ticks.iter().map(|tick| tick.at_ns.cast_signed()));
        refill(price, ticks.iter().map(|tick| tick.price.units()));
        refill(ask, ticks.iter().map(|tick| tick.ask.units()));
        let [symbol, size, ask_size, kind] = &mut self.short;
        refill(symbol, ticks.iter().map(|tick| tick.symbol.cast_signed()));
        refill(size, ticks.iter().map(|tick| tick.size.cast_signed()));
        refill(ask_size, ticks.iter().map(|tick| tick.ask_size.cast_signed()));
        refill(kind, ticks.iter().map(|tick| i32::from(tick.kind as u8)));
    }

    /// Bytes of the values.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.long[0].len() as u64 * ROW_BYTES
    }
}

fn refill<T>(column: &mut Vec<T>, values: impl Iterator<Item = T>) {
    column.clear();
    column.extend(values);
}

/// A Parquet file that is written.
pub struct Archive {
    writer: SerializedFileWriter<File>,
}

impl Archive {
    /// Begins a file.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_data_page_size_limit(1 << 20)
            .set_write_batch_size(1 << 16)
            .build();
        let writer = SerializedFileWriter::new(File::create(path)?, schema().map_err(other)?, Arc::new(properties));
        Ok(Self { writer: writer.map_err(other)? })
    }

    /// Writes a row group.
    ///
    /// # Errors
    /// A file that cannot be written.
    #[perf_probe(name = "archive::write", bytes = columns.bytes(), errors)]
    pub fn write(&mut self, columns: &Columns) -> io::Result<()> {
        let mut group = self.writer.next_row_group().map_err(other)?;
        let (mut long, mut short) = (columns.long.iter(), columns.short.iter());
        for (_, is_long) in COLUMNS {
            let Some(mut column) = group.next_column().map_err(other)? else { break };
            if is_long {
                let values = long.next().map_or(&[][..], Vec::as_slice);
                column.typed::<Int64Type>().write_batch(values, None, None).map_err(other)?;
            } else {
                let values = short.next().map_or(&[][..], Vec::as_slice);
                column.typed::<Int32Type>().write_batch(values, None, None).map_err(other)?;
            }
            column.close().map_err(other)?;
        }
        group.close().map_err(other)?;
        Ok(())
    }

    /// Ends the file: before that it is none.
    ///
    /// # Errors
    /// A file that cannot be written.
    #[perf_probe(name = "archive::finish", errors)]
    pub fn finish(self) -> io::Result<()> {
        self.writer.close().map(drop).map_err(other)
    }
}

/// A file of these ticks, in row groups of so many.
///
/// # Errors
/// A file that cannot be written.
pub fn save(path: &Path, ticks: &[Tick], rows: NonZeroUsize) -> io::Result<()> {
    let (mut archive, mut columns) = (Archive::create(path)?, Columns::default());
    for group in ticks.chunks(rows.get()) {
        columns.fill(group);
        archive.write(&columns)?;
    }
    archive.finish()
}

/// All ticks of a file.
///
/// # Errors
/// A file that is none of these.
#[perf_probe(name = "archive::read", errors)]
pub fn read(path: &Path) -> io::Result<Vec<Tick>> {
    let file = SerializedFileReader::new(File::open(path)?).map_err(other)?;
    let mut ticks = Vec::new();
    for number in 0..file.num_row_groups() {
        let group = file.get_row_group(number).map_err(other)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut columns = Columns::default();
        let (mut long, mut short) = (columns.long.iter_mut(), columns.short.iter_mut());
        for number in 0..COLUMNS.len() {
            match group.get_column_reader(number).map_err(other)? {
                ColumnReader::Int64ColumnReader(mut reader) => {
                    let column = long.next().ok_or_else(strange)?;
                    reader.read_records(rows, None, None, column).map_err(other)?;
                }
                ColumnReader::Int32ColumnReader(mut reader) => {
                    let column = short.next().ok_or_else(strange)?;
                    reader.read_records(rows, None, None, column).map_err(other)?;
                }
                _ => return Err(strange()),
            }
        }
        for row in 0..rows {
            ticks.push(columns.tick(row).ok_or_else(strange)?);
        }
    }
    Ok(ticks)
}

impl Columns {
    fn tick(&self, row: usize) -> Option<Tick> {
        let long = |column: usize| self.long[column].get(row).copied();
        let short = |column: usize| Some(self.short[column].get(row)?.cast_unsigned());
        Some(Tick {
            at_ns: long(0)?.cast_unsigned(),
            price: Decimal::from_units(long(1)?),
            ask: Decimal::from_units(long(2)?),
            symbol: short(0)?,
            size: short(1)?,
            ask_size: short(2)?,
            kind: Kind::from_number(u8::try_from(short(3)?).ok()?)?,
        })
    }
}

fn schema() -> Result<TypePtr, ParquetError> {
    let column = |(name, is_long): (&str, bool)| {
        let physical = if is_long { Physical::INT64 } else { Physical::INT32 };
        Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED).build().map(Arc::new)
    };
    let columns = COLUMNS.into_iter().map(column).collect::<Result<_, _>>()?;
    Type::group_type_builder("ticks").with_fields(columns).build().map(Arc::new)
}

/// What the file said, where that is known: a disk that is full stays one.
fn other(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        error => io::Error::other(error),
    }
}

fn strange() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a file of ticks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::ticks;

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ticks.parquet");
        let written = ticks(5, 40, 3_000).unwrap();
        save(&path, &written, NonZeroUsize::new(1_000).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), written);
    }
}
