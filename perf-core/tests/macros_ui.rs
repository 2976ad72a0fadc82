//! What the attributes accept and refuse, seen from a crate that uses them.
//!
//! `TRYBUILD=overwrite` rewrites the expected messages.
#![cfg(feature = "enabled")]

#[test]
fn accepted() {
    trybuild::TestCases::new().pass("tests/macros/pass/*.rs");
}

#[test]
fn refused() {
    trybuild::TestCases::new().compile_fail("tests/macros/fail/*.rs");
}
