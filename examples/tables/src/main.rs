//! Infrastructure checks of a table store: lookup growth, caches, column indexes, streaming, memory per row, measured by this library alone.

fn main() {}
