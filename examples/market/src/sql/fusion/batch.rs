//! Ticks and symbols as columns, and the rows of an answer.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, Int64Array, RecordBatch, StringArray, UInt8Array,
    UInt32Array,
};
use datafusion::error::DataFusionError;

use crate::Tick;
use crate::sql::StoreError;
use crate::symbols::Symbols;

/// Digits of a price: as many as a whole number of 64 bits has.
const PRECISION: u8 = 19;
/// Those after the point.
const SCALE: i8 = 4;

/// A batch of the table of trades.
pub(super) fn trades(ticks: &[Tick]) -> Result<RecordBatch, DataFusionError> {
    let prices = Decimal128Array::from_iter_values(ticks.iter().map(|tick| i128::from(tick.price.units())));
    let columns: [(&str, ArrayRef); 5] = [
        ("at", Arc::new(Int64Array::from_iter_values(ticks.iter().map(|tick| tick.at_ns.cast_signed())))),
        ("symbol", Arc::new(UInt32Array::from_iter_values(ticks.iter().map(|tick| tick.symbol)))),
        ("price", Arc::new(prices.with_precision_and_scale(PRECISION, SCALE)?)),
        ("size", Arc::new(UInt32Array::from_iter_values(ticks.iter().map(|tick| tick.size)))),
        ("kind", Arc::new(UInt8Array::from_iter_values(ticks.iter().map(|tick| tick.kind as u8)))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// The table of symbols.
pub(super) fn symbols(symbols: &Symbols) -> Result<RecordBatch, DataFusionError> {
    let columns: [(&str, ArrayRef); 3] = [
        ("symbol", Arc::new(UInt32Array::from_iter_values(symbols.rows().map(|(symbol, ..)| symbol)))),
        ("name", Arc::new(StringArray::from_iter_values(symbols.rows().map(|(_, name, _)| name)))),
        ("sector", Arc::new(StringArray::from_iter_values(symbols.rows().map(|(.., sector)| sector)))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// A row of an answer. The statement says which types its columns have.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    batch: &'a RecordBatch,
    index: usize,
}

impl<'a> Row<'a> {
    /// The rows of a batch.
    pub(super) fn all(batch: &'a RecordBatch) -> impl Iterator<Item = Self> {
        (0..batch.num_rows()).map(move |index| Self { batch, index })
    }

    /// The value of a column of this type.
    pub(super) fn get<T: ArrowPrimitiveType>(self, column: usize) -> T::Native {
        self.batch.column(column).as_primitive::<T>().value(self.index)
    }

    /// The text of a column.
    pub(super) fn text(self, column: usize) -> &'a str {
        self.batch.column(column).as_string::<i32>().value(self.index)
    }
}

/// A value as the type that `SQLite` has for it: the same number, or an error.
pub(super) fn exact<F, T: TryFrom<F>>(value: F) -> Result<T, StoreError> {
    let error = |_| DataFusionError::Execution("a number of more than 64 bits".to_owned());
    Ok(T::try_from(value).map_err(error)?)
}
