//! The static behind a probe, as an expression that yields a reference to it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Signature;

use crate::instrument::ast::Scope;
use crate::instrument::name::{Template, plain};
use crate::instrument::options::{Name, Options};
use crate::instrument::sight::Unseen;

/// All that is fixed about a probe where it is written.
pub(crate) struct Callsite<'a> {
    pub(crate) options: &'a Options,
    pub(crate) scope: &'a Scope,
    pub(crate) sig: &'a Signature,
    /// A `BudgetSpec` expression.
    pub(crate) budget: Option<TokenStream>,
    pub(crate) unseen: Unseen,
}

impl Callsite<'_> {
    /// `{ static PROBE: Probe = ..; &PROBE }`, of type `&'static Probe`.
    ///
    /// The static lives in a block of its own, so that the body never sees its name.
    pub(crate) fn expression(&self) -> TokenStream {
        let library = self.options.library();
        let (helper, probe, template) = self.named(&library);
        let rate = match (self.options.sample, self.options.overhead) {
            (Some((calls, _)), _) => quote!(.sample(#calls)),
            (_, Some((ppm, _))) => quote!(.overhead(#ppm)),
            _ => TokenStream::new(),
        };
        let (budget, with_budget) = match &self.budget {
            Some(spec) => (
                Some(quote_spanned!(Span::mixed_site()=> static BUDGET: #library::budget::BudgetSpec = #spec;)),
                Some(quote!(.budget(&BUDGET))),
            ),
            None => (None, None),
        };
        let reference = match template {
            None => quote_spanned!(Span::mixed_site()=> &PROBE),
            Some(Template { pieces, types }) => quote_spanned! {Span::mixed_site()=>
                static INSTANCES: #library::Instances = #library::Instances::new();
                #library::typed(&PROBE, &INSTANCES, &[#(#pieces),*], &[#(#library::type_name::<#types>()),*])
            },
        };
        let probe = quote_spanned!(Span::mixed_site()=> { #helper #probe #rate #with_budget });
        let unseen = quote_spanned!(Span::mixed_site()=> #library::errors_unseen(#probe));
        let found = |probe: &TokenStream| {
            quote_spanned! {Span::mixed_site()=>
                static PROBE: #library::Probe = #probe;
                #reference
            }
        };
        let found = match (&self.unseen, self.unseen.condition(&library)) {
            // One of two probes: a static knows nothing of the types of the function around it.
            (_, Some(condition)) => {
                let (unseen, seen) = (found(&unseen), found(&probe));
                quote_spanned!(Span::mixed_site()=> if #condition { #unseen } else { #seen })
            }
            (Unseen::Always, None) => found(&unseen),
            _ => found(&probe),
        };
        quote_spanned!(Span::mixed_site()=> { #budget #found })
    }

    /// The expression that makes the probe, what has to stand before it, and the template it is named by, if any.
    ///
    /// The call carries the span of the function's name: where it is made is what the probe reports as its place.
    fn named(&self, library: &TokenStream) -> (TokenStream, TokenStream, Option<Template>) {
        let here = self.sig.ident.span();
        let at = self.options.library_at(here);
        let function = plain(&self.sig.ident);
        let suffix = match (&self.options.name, self.scope) {
            (Some(Name::Literal(literal)), _) => {
                let template = Template::of(literal);
                let name = if template.types.is_empty() { template.pieces.concat() } else { literal.value() };
                let typed = (!template.types.is_empty()).then_some(template);
                return (TokenStream::new(), quote_spanned!(here=> #at::probe_named(#name)), typed);
            }
            (Some(Name::Constant(name)), _) => {
                return (TokenStream::new(), quote_spanned!(here=> #at::probe_named(#name)), None);
            }
            (None, Scope::Module) => format!("::{function}"),
            (None, Scope::Named(ty)) => format!("::{}::{function}", plain(ty)),
            (None, Scope::Unknown | Scope::Unnamed) => {
                // A receiver proves a method; without one only the compiler's own path of the function can tell.
                // It is a type, since a function would be compiled twice: as what it is, and as what asks for its name.
                let marker = if self.sig.receiver().is_some() { quote!(Method) } else { quote!(Function) };
                let helper = quote_spanned!(Span::mixed_site()=> enum #marker {});
                let module = quote_spanned!(Span::mixed_site()=> #library::core::module_path!());
                let name = quote_spanned!(Span::mixed_site()=> #library::type_name::<#marker>);
                return (helper, quote_spanned!(here=> #at::probe_here(#module, #name)), None);
            }
        };
        let name =
            quote_spanned!(Span::mixed_site()=> #library::core::concat!(#library::core::module_path!(), #suffix));
        (TokenStream::new(), quote_spanned!(here=> #at::probe_named(#name)), None)
    }
}
