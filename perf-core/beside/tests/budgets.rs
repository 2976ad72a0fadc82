//! The code of `docs/budgets.md`: it compiles, and budgets in it hold.

#[path = "shared/shop.rs"]
mod shop;

include!(concat!(env!("OUT_DIR"), "/budgets.rs"));
