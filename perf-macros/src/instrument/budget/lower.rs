//! A budget as a constant: `perf_core::budget::BudgetSpec`, with every number in its final unit.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{Budget, Limit, Unit, Warmup};
use crate::instrument::options::Name;

impl Budget {
    /// The constant expression.
    pub(super) fn lower(&self, library: &TokenStream) -> TokenStream {
        let budget = quote!(#library::budget);
        let core = quote!(#library::core);
        let some = quote!(#core::option::Option::Some);
        let duration = |ns: u64| quote!(#core::time::Duration::from_nanos(#ns));
        let mut fields = Vec::new();
        let mut field = |name: &str, value: TokenStream| {
            let name = Ident::new(name, Span::mixed_site());
            fields.push(quote!(#name: #value,));
        };
        match &self.name {
            Some(Name::Literal(name)) => field("name", quote!(#some(#name))),
            Some(Name::Constant(name)) => field("name", quote!(#some(#name))),
            None => {}
        }
        if !self.limits.is_empty() {
            field("limits", limits(&self.limits, library));
        }
        if !self.targets.is_empty() {
            field("targets", limits(&self.targets, library));
        }
        if !self.calls.is_empty() {
            let calls =
                self.calls.iter().map(|(probe, calls)| quote!(#budget::CallLimit { probe: #probe, calls: #calls }));
            field("calls", quote!(&[#(#calls),*]));
        }
        let by =
            if self.by_instructions { quote!(#budget::Figure::Instructions) } else { quote!(#budget::Figure::Time) };
        if let Some(path) = &self.versus {
            let reference = path.to_token_stream().to_string().replace(' ', "");
            let ratio = self.ratio.map_or(DEFAULT_RATIO, |(ratio, _)| ratio);
            field("relative", quote!(#some(#budget::Relative { reference: #reference, ratio: #ratio, by: #by })));
        }
        if let (Some(class), Some((sizes, _))) = (self.growth, &self.sizes) {
            let class = Ident::new(class, Span::mixed_site());
            field(
                "growth",
                quote!(#some(#budget::Growth {
                    class: #budget::GrowthClass::#class,
                    sizes: &[#(#sizes),*],
                    by: #by
                })),
            );
        }
        if let Some((iterations, _)) = self.iterations {
            field("iterations", quote!(#some(#iterations)));
        }
        match self.warmup {
            Some(Warmup::Calls(calls)) => {
                field("warmup", quote!(#some(#budget::Warmup::Calls(#calls))));
            }
            Some(Warmup::Time(ns)) => {
                let time = duration(ns);
                field("warmup", quote!(#some(#budget::Warmup::Time(#time))));
            }
            None => {}
        }
        if let Some(ns) = self.max_time {
            let time = duration(ns);
            field("max_time", quote!(#some(#time)));
        }
        if self.cpu_clock {
            field("clock", quote!(#budget::Clock::Cpu));
        }
        if self.debug {
            field("debug", quote!(true));
        }
        quote_spanned!(Span::mixed_site()=> #budget::BudgetSpec { #(#fields)* ..#budget::BudgetSpec::EMPTY })
    }
}

/// The ratio of a comparison that names none.
const DEFAULT_RATIO: f64 = 1.10;

fn limits(limits: &[Limit], library: &TokenStream) -> TokenStream {
    let limits = limits.iter().map(|limit| {
        let metric = Ident::new(limit.metric.variant, Span::mixed_site());
        let value = limit.value;
        let bound = match limit.metric.unit {
            Unit::Time => quote!(Time(#library::core::time::Duration::from_nanos(#value))),
            Unit::Count | Unit::Instructions => quote!(Count(#value)),
            Unit::Bytes => quote!(Bytes(#value)),
            Unit::Share => {
                let parts = u32::try_from(value).unwrap_or(u32::MAX);
                quote!(PartsPerMillion(#parts))
            }
            Unit::Rate => quote!(PerThousandSeconds(#value)),
        };
        quote!(#library::budget::Limit { metric: #library::budget::Metric::#metric, bound: #library::budget::Bound::#bound })
    });
    quote!(&[#(#limits),*])
}
