//! `at = "2000/s"`: a test whose body is driven at a rate by `perf_load`, and judged by its response times.

use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Error;
use syn::parse::Result;

use super::{Budget, Unit};

impl Budget {
    /// What `at` can be said with.
    pub(super) fn check_rate(&self) -> Result<()> {
        let Some((_, rate)) = self.at else { return Ok(()) };
        let other = ["vs", "ratio", "growth", "sizes", "iterations"];
        if let Some(key) = self.run_keys.iter().find(|key| other.iter().any(|other| *key == other)) {
            let problem = match key.to_string().as_str() {
                "iterations" => "with `at` the rate and `max_time` say how many calls there are".to_owned(),
                key => format!("`at` and `{key}` are two different runs: write two tests"),
            };
            return Err(Error::new(key.span(), problem));
        }
        let counted = |unit| matches!(unit, Unit::Count | Unit::Bytes);
        if let Some(limit) = self.limits.iter().chain(&self.targets).find(|limit| counted(limit.metric.unit)) {
            let problem = format!(
                "`{}` is counted call by call, and with `at` many run at a time: promise it of a second test without `at`",
                limit.key
            );
            return Err(Error::new(limit.key.span(), problem));
        }
        if let Some((probe, _)) = self.calls.first() {
            let problem = "calls of probes are counted call by call: promise them of a second test without `at`";
            return Err(Error::new(probe.span(), problem));
        }
        if self.cpu_clock {
            return Err(Error::new(rate, "with `at` response time counts, which no processor clock tells"));
        }
        if self.limits.is_empty() && self.targets.is_empty() {
            let problem = "say what holds at that rate, as in `#[perf_budget(p99 = \"5ms\", at = \"2000/s\")]`";
            return Err(Error::new(rate, problem));
        }
        Ok(())
    }

    /// The crate that runs the test.
    pub(super) fn runner(&self) -> TokenStream {
        if self.at.is_some() {
            quote_spanned!(Span::call_site()=> ::perf_load)
        } else {
            quote_spanned!(Span::call_site()=> ::perf_exporters)
        }
    }

    /// The rate as an argument of what runs the test, in calls in 1,000 seconds.
    pub(super) fn rate_argument(&self) -> Option<TokenStream> {
        self.at.map(|(rate, _)| quote!(, #rate))
    }

    /// Refuses a test in a package that does not have the crate that would run it: the path alone, leading nowhere, would
    /// not say what to do. Where there is no manifest to be read, the path has to do.
    pub(super) fn check_dependency(&self) -> Result<()> {
        let (names, problem) = match self.at {
            Some(_) => (
                ["perf-load", "perf_load"],
                "a test with a rate is driven by the crate `perf-load`, which this package does not depend on: \
                 `cargo add --dev perf-load`",
            ),
            None => (
                ["perf-exporters", "perf_exporters"],
                "a test with a budget is run by the crate `perf-exporters`, which this package does not depend on: \
                 `cargo add --dev perf-exporters`",
            ),
        };
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(|folder| Path::new(&folder).join("Cargo.toml"));
        match manifest.and_then(|path| std::fs::read_to_string(path).ok()) {
            Some(text) if !names.iter().any(|name| text.contains(name)) => Err(Error::new(Span::call_site(), problem)),
            _ => Ok(()),
        }
    }
}
