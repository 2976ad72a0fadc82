//! A market-data platform in small: log, codecs, SQL, columnar storage and a query API, measured by this library alone.

fn main() {}
