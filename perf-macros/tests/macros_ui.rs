//! What the attributes accept and refuse, seen from a crate that uses them.
//!
//! `TRYBUILD=overwrite` rewrites the expected messages. Both kinds are one set, for which the library is built once; apart, it
//! would be built for the one and checked for the other.

#[test]
fn accepted_and_refused() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/macros/pass/*.rs");
    cases.compile_fail("tests/macros/fail/*.rs");
}
