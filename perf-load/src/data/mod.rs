//! Seeded streams of data.
