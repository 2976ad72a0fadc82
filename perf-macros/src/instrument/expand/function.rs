//! One function, its body put under its probe.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::Callsite;
use crate::instrument::ast::Function;
use crate::instrument::shape::{Errors, Output, Plan, Shape, Tail};

/// The statements of the measured body.
pub(crate) fn body(function: &Function, plan: &Plan, callsite: &Callsite) -> TokenStream {
    let body = Body { function, plan, library: callsite.options.library(), probe: callsite.expression() };
    let items = body.count("items", callsite.options.items.as_ref());
    let bytes = body.count("bytes", callsite.options.bytes.as_ref());
    let counted = Counted { items, bytes };
    let statements = match &plan.shape {
        Shape::InPlace => body.in_place(&counted),
        Shape::Outcome => body.outcome(&counted),
        Shape::AsyncFn => body.async_fn(&counted),
        Shape::Future => body.future(&counted),
        Shape::Boxed { tail: Some(tail) } => body.boxed(tail, &counted),
        Shape::Boxed { tail: None } => body.reboxed(&counted),
    };
    let before = counted.before();
    quote!(#before #statements)
}

impl Function {
    /// This function around another body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        let Self { attrs, vis, defaultness, sig, inner_attrs, .. } = self;
        let body = self.braced(quote!(#(#inner_attrs)* #body));
        quote!(#(#attrs)* #vis #defaultness #sig #body)
    }

    /// The body as a block inside the new one.
    fn nested(&self, body: &TokenStream) -> Group {
        // Around a single expression on one line, braces of the user's own would be called unnecessary.
        let more_than_one = quote_spanned!(Span::mixed_site()=> ;);
        self.braced(quote!(#more_than_one #body))
    }

    /// Tokens between this function's own braces.
    fn braced(&self, tokens: TokenStream) -> Group {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.brace.span.join());
        group
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.with_body(&self.body));
    }
}

/// What `items` and `bytes` come to: evaluated before the probe starts, so that the probe measures the body only.
struct Counted {
    items: Option<(Ident, TokenStream)>,
    bytes: Option<(Ident, TokenStream)>,
}

impl Counted {
    fn before(&self) -> TokenStream {
        [&self.items, &self.bytes].into_iter().flatten().map(|(_, evaluation)| evaluation.clone()).collect()
    }

    /// `.items(items).bytes(bytes)`, on the builder of a future.
    fn chained(&self) -> TokenStream {
        [&self.items, &self.bytes].into_iter().flatten().map(|(name, _)| quote!(.#name(#name))).collect()
    }
}

struct Body<'a> {
    function: &'a Function,
    plan: &'a Plan<'a>,
    library: TokenStream,
    probe: TokenStream,
}

impl Body<'_> {
    fn count(&self, name: &str, value: Option<&Expr>) -> Option<(Ident, TokenStream)> {
        let value = value?;
        let library = &self.library;
        let name = Ident::new(name, Span::mixed_site());
        // The call lies where the value is: a value that is no number is reported there.
        let count = quote_spanned!(value.span().resolved_at(Span::mixed_site())=> #library::__private::count(#value));
        let evaluation = quote_spanned!(Span::mixed_site()=> let #name = #count;);
        Some((name, evaluation))
    }

    /// `let guard = ..;` and what it counts. Dropped last, it sees every way out of the body.
    fn guard(&self, counted: &Counted) -> TokenStream {
        let Self { library, probe, .. } = self;
        let counts = [&counted.items, &counted.bytes]
            .into_iter()
            .flatten()
            .map(|(name, _)| quote_spanned!(Span::mixed_site()=> guard.#name(#name);));
        quote_spanned! {Span::mixed_site()=>
            let guard = #library::Probe::start(#probe);
            #(#counts)*
        }
    }

    fn in_place(&self, counted: &Counted) -> TokenStream {
        let guard = self.guard(counted);
        let body = self.function.nested(&self.function.body);
        quote!(#guard #body)
    }

    fn outcome(&self, counted: &Counted) -> TokenStream {
        let Self { library, .. } = self;
        let guard = self.guard(counted);
        let run = self.call();
        let failed = self.failed(&quote_spanned!(Span::mixed_site()=> &output));
        quote_spanned! {Span::mixed_site()=>
            #guard
            let output = #run;
            if #failed {
                #library::Guard::fail(&guard);
            }
            output
        }
    }

    fn async_fn(&self, counted: &Counted) -> TokenStream {
        let edge = self.return_edge();
        let body = self.function.nested(&self.function.body);
        let measured = self.measured(&quote_spanned!(Span::mixed_site()=> async move { #edge #body }), counted);
        quote_spanned!(Span::mixed_site()=> #measured.await)
    }

    fn future(&self, counted: &Counted) -> TokenStream {
        let body = if self.plan.in_frame {
            self.function.nested(&self.function.body).into_token_stream()
        } else {
            self.call()
        };
        self.measured(&self.yielding(&body), counted)
    }

    fn boxed(&self, tail: &Tail, counted: &Counted) -> TokenStream {
        let argument = tail.argument.stream();
        let measured = self.measured(&self.yielding(&argument), counted);
        let mut group = Group::new(Delimiter::Parenthesis, measured);
        group.set_span(tail.argument.span());
        let before = &tail.before;
        self.function.nested(&quote!(#before #group)).into_token_stream()
    }

    fn reboxed(&self, counted: &Counted) -> TokenStream {
        let library = &self.library;
        let body = if self.plan.in_frame {
            self.function.nested(&self.function.body).into_token_stream()
        } else {
            self.call()
        };
        let measured = self.measured(&self.yielding(&body), counted);
        quote_spanned!(Span::mixed_site()=> #library::__private::std::boxed::Box::pin(#measured))
    }

    /// The body in a closure, called once.
    fn call(&self) -> TokenStream {
        let library = &self.library;
        let body = self.function.nested(&self.function.body);
        let returned = match (&self.plan.shape, &self.function.sig.output) {
            (Shape::Outcome | Shape::Boxed { .. }, syn::ReturnType::Type(arrow, ty)) => {
                Output::Written(ty).annotation().map(|ty| quote!(#arrow #ty))
            }
            _ => None,
        };
        quote_spanned!(Span::mixed_site()=> #library::__private::call(move || #returned #body))
    }

    /// A future measured by the probe, with all it counts.
    fn measured(&self, future: &TokenStream, counted: &Counted) -> TokenStream {
        let Self { library, probe, .. } = self;
        let counts = counted.chained();
        let errors = (!matches!(self.plan.errors, Errors::Ignored)).then(|| {
            let failed = self.failed(&quote_spanned!(Span::mixed_site()=> output));
            quote_spanned!(Span::mixed_site()=> .errors_when(|output| #failed))
        });
        quote_spanned!(Span::mixed_site()=> #library::Probe::wrap(#probe, #future) #counts #errors)
    }

    /// A future whose output is known to be of the written type before anything looks at it.
    fn yielding(&self, future: &TokenStream) -> TokenStream {
        let library = &self.library;
        match self.plan.output.annotation() {
            Some(output) if !matches!(self.plan.errors, Errors::Ignored) => {
                quote_spanned!(Span::mixed_site()=> #library::__private::yielding::<#output, _>(#future))
            }
            _ => future.clone(),
        }
    }

    /// Whether the value behind this reference is an error.
    fn failed(&self, reference: &TokenStream) -> TokenStream {
        let library = &self.library;
        match self.plan.errors {
            Errors::Forced(asked) => {
                // A type that has no errors is reported where they were asked for.
                let at = Span::mixed_site().located_at(asked);
                let reference = reference.clone().into_iter().map(|mut token| {
                    token.set_span(at);
                    token
                });
                let reference: TokenStream = reference.collect();
                quote_spanned!(at=> #library::__private::Fallible::failed(#reference))
            }
            _ => looks_failed(library, reference),
        }
    }

    /// Makes the written type known to inference before the body is, as the signature of a function would.
    fn return_edge(&self) -> Option<TokenStream> {
        let library = &self.library;
        let output = self.plan.output.annotation()?;
        let span = match self.plan.output {
            Output::Written(ty) => ty.span().resolved_at(Span::mixed_site()),
            _ => Span::mixed_site(),
        };
        Some(quote_spanned! {span=>
            if let #library::__private::core::option::Option::Some(output) = #library::__private::core::option::Option::None::<#output> {
                return output;
            }
        })
    }
}

/// Whether the value behind this reference is an `Err`, whatever its type.
pub(crate) fn looks_failed(library: &TokenStream, reference: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        {
            use #library::__private::NotAResult as _;
            #library::__private::Peek(#reference).failed()
        }
    }
}
