//! A multi-tenant shop service in small: tenant cache, event bus, state machines and HTTP APIs over a database, measured by this library alone.

fn main() {}
