//! Capacity budgets: a test whose body is driven at a rate, and judged by its response times.
//!
//! The module has the epochs of such a test, and converts an outcome so that the one judge of bounds can judge it. It
//! has no rule that decides a bound.

mod epochs;
pub mod expansion;
mod measured;
#[cfg(test)]
mod tests;
