//! The engine that answers the queries: `SQLite` on the database, or `DataFusion` on a Parquet file of the same ticks.

use std::error::Error;
use std::path::Path;

use clap::ValueEnum;
use market::Tick;
use market::sql::{Queries, Reader, StoreError};
use market::symbols::Symbols;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A database of rows, with indices.
    Sqlite,
    /// Columns in memory.
    #[value(name = "datafusion")]
    DataFusion,
}

/// Makes a connection to an engine that is open.
pub(crate) type Connect = Box<dyn Fn() -> Result<Box<dyn Queries>, StoreError> + Send + Sync>;

impl Engine {
    /// Opens it: the one asks the database, the other a file beside it that gets these ticks.
    pub(crate) fn open(self, database: &Path, ticks: &[Tick], symbols: &Symbols) -> Result<Connect, Box<dyn Error>> {
        match self {
            Self::Sqlite => {
                let database = database.to_owned();
                Ok(Box::new(move || Ok(Box::new(Reader::open(&database)?))))
            }
            Self::DataFusion => datafusion(&database.with_file_name("queries.parquet"), ticks, symbols),
        }
    }
}

#[cfg(feature = "datafusion")]
fn datafusion(path: &Path, ticks: &[Tick], symbols: &Symbols) -> Result<Connect, Box<dyn Error>> {
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    use market::archive;
    use market::sql::fusion::{Blocking, Fusion};

    use super::book::say;

    /// Of a row group.
    const ROWS: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();

    archive::save(path, ticks, ROWS)?;
    let engine = Arc::new(Fusion::open(path, symbols)?);
    say(&format!("queries: DataFusion, {} trades of {}\n", engine.len(), path.display()));
    Ok(Box::new(move || Ok(Box::new(Blocking::new(Arc::clone(&engine))?))))
}

#[cfg(not(feature = "datafusion"))]
fn datafusion(_: &Path, _: &[Tick], _: &Symbols) -> Result<Connect, Box<dyn Error>> {
    Err("this build has no DataFusion; build it with `--features datafusion`".into())
}
