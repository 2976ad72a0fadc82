//! The quantity that widths in flame graphs stand for.

use std::fmt;

/// The quantity that the width of a frame stands for: always the frame's own share, without what it called.
///
/// ```
/// use perf_exporters::Weight;
///
/// assert_eq!(Weight::default(), Weight::Time);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weight {
    /// Nanoseconds of self time.
    #[default]
    Time,
    /// Allocations.
    Allocs,
    /// Bytes allocated.
    Bytes,
}

impl Weight {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Time, Self::Allocs, Self::Bytes];

    /// The keyword behind `weight=`.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Allocs => "allocs",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}
