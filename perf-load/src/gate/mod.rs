//! Capacity budgets: a test whose body is driven at a rate, and judged by its response times.
//!
//! Here live the epochs of such a test, and what becomes of an outcome so that the one judge of bounds can hold a budget
//! against it. No rule that decides a bound.

mod epochs;
pub mod expansion;
mod measured;
#[cfg(test)]
mod tests;
