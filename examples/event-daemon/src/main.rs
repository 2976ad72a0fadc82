//! An event coordinator in two architectures, coordinators per service against one daemon, compared by this library alone.

fn main() {}
