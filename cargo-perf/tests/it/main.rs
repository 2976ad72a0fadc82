//! The real program on real files: what it prints, and with which exit code it ends.

mod budgets;
mod common;
mod diff;
mod gate;
mod project;
mod report;
mod trend;
