//! `at = "2000/s"`: a test whose body is driven at a rate by `perf_load`, and judged by its response times.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Budget;

impl Budget {
    /// The crate that runs the test.
    pub(super) fn runner(&self) -> TokenStream {
        match (&self.gate, self.at) {
            (Some(path), _) => quote!(#path),
            (None, Some(_)) => quote_spanned!(Span::call_site()=> ::perf_load),
            (None, None) => quote_spanned!(Span::call_site()=> ::perf_exporters),
        }
    }

    /// The rate as an argument of what runs the test, in calls in 1,000 seconds.
    pub(super) fn rate_argument(&self) -> Option<TokenStream> {
        self.at.map(|(rate, _)| quote!(, #rate))
    }
}
