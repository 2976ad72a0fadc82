//! The attributes of [`perf-core`](https://docs.rs/perf-core), which re-exports them; use them from there.
//!
//! With feature `enabled` they instrument. Without it they return the item as it came, token for token, and this crate
//! has no dependencies. Only a test with a budget then changes: it says that the budget is not enforced.

#[cfg(feature = "enabled")]
mod instrument;
#[cfg(not(feature = "enabled"))]
mod off;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/perf_probe.md")]
#[proc_macro_attribute]
pub fn perf_probe(args: TokenStream, item: TokenStream) -> TokenStream {
    #[cfg(feature = "enabled")]
    return instrument::probe(args.into(), item.into()).into();
    #[cfg(not(feature = "enabled"))]
    {
        drop(args);
        item
    }
}

#[doc = include_str!("../docs/perf_budget.md")]
#[allow(clippy::test_attr_in_doctest, reason = "a test is what the attribute stands on")]
#[proc_macro_attribute]
pub fn perf_budget(args: TokenStream, item: TokenStream) -> TokenStream {
    #[cfg(feature = "enabled")]
    return instrument::budget(args.into(), item.into()).into();
    #[cfg(not(feature = "enabled"))]
    return off::budget(args, item);
}
