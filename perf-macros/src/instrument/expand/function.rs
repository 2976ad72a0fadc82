//! One function, its body put under its probe.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::{Callsite, future};
use crate::instrument::arguments::Readers;
use crate::instrument::ast::{Function, mentions};
use crate::instrument::captures::Closure;
use crate::instrument::exits::{self, Exits, Known, Leaves};
use crate::instrument::shape::{Errors, Output, Plan, Shape};

/// The function with a measured body.
pub(crate) fn measured(function: &Function, plan: &Plan, callsite: &Callsite) -> Function {
    let body = Body { function, plan, callsite, library: callsite.options.library(), probe: callsite.expression() };
    let (sig, statements) = match &plan.shape {
        Shape::InPlace(Leaves::Early) => (function.sig.clone(), body.in_place()),
        Shape::InPlace(Leaves::AtEnd) => {
            let known = Known { body: function.body.clone(), last_return: None, leaves: Leaves::AtEnd };
            (function.sig.clone(), body.closed(&known))
        }
        Shape::Outcome(Exits::Known(known)) if known.leaves == Leaves::AtEnd => {
            (function.sig.clone(), body.closed(known))
        }
        Shape::Outcome(Exits::Known(known)) => (function.sig.clone(), body.outcome(known)),
        Shape::Outcome(Exits::Hidden) => body.hidden_outcome(),
        Shape::AsyncFn(readers) => future::async_fn(&body, *readers),
        Shape::Tail(tail) => (function.sig.clone(), future::tail(&body, tail)),
        Shape::Future(exits) => future::returned(&body, exits, false),
        Shape::Boxed(exits) => future::returned(&body, exits, true),
    };
    let brace = if function.is_canonical() {
        syn::token::Brace(Span::mixed_site().located_at(function.brace.span.join()))
    } else {
        function.brace
    };
    let Function { attrs, vis, defaultness, inner_attrs, .. } = function;
    Function {
        attrs: attrs.clone(),
        vis: vis.clone(),
        defaultness: defaultness.clone(),
        sig,
        brace,
        inner_attrs: inner_attrs.clone(),
        body: statements,
    }
}

impl Function {
    /// This function around another body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        let Self { attrs, vis, defaultness, sig, inner_attrs, .. } = self;
        let body = self.braced(quote!(#(#inner_attrs)* #body));
        quote!(#(#attrs)* #vis #defaultness #sig #body)
    }

    /// A body as a block inside the new one.
    pub(crate) fn nested(&self, body: &TokenStream) -> Group {
        // Around a single expression on one line, braces of the user's own would be called unnecessary.
        let more_than_one = quote_spanned!(Span::mixed_site()=> ;);
        self.braced(quote!(#more_than_one #body))
    }

    /// Tokens between this function's own braces.
    pub(super) fn braced(&self, tokens: TokenStream) -> Group {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.brace.span.join());
        group
    }

    /// Whether clippy takes this for the one right body of a method of `Clone` or `PartialOrd`. It finds fault with any
    /// other, but not where a macro wrote the braces.
    fn is_canonical(&self) -> bool {
        let unspaced = |tokens: TokenStream| tokens.to_string().replace(char::is_whitespace, "");
        if self.sig.ident == "clone" {
            return unspaced(self.body.clone()) == "*self";
        }
        let Some(syn::FnArg::Typed(other)) = self.sig.inputs.last().filter(|_| self.sig.ident == "partial_cmp") else {
            return false;
        };
        let (body, other) = (unspaced(self.body.clone()), unspaced(other.pat.to_token_stream()));
        body == format!("Some(self.cmp({other}))")
            || body == format!("self.cmp({other}).into()")
            || body.starts_with("Some(") && body.ends_with(&format!("Ord::cmp(self,{other}))"))
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.with_body(&self.body));
    }
}

pub(super) struct Body<'a> {
    pub(super) function: &'a Function,
    pub(super) plan: &'a Plan<'a>,
    pub(super) library: TokenStream,
    pub(super) probe: TokenStream,
    callsite: &'a Callsite<'a>,
}

impl Body<'_> {
    /// The values of `items` and `bytes`.
    pub(super) fn counts(&self) -> Vec<(Ident, TokenStream)> {
        let count = |name: &str, value: &Expr| {
            let library = &self.library;
            // The call lies where the value is: a value that is no number is reported there.
            let at = value.span().resolved_at(Span::mixed_site());
            let count = quote_spanned!(at=> #library::count(#value));
            (Ident::new(name, Span::mixed_site()), count)
        };
        let options = self.callsite.options;
        let items = options.items.as_ref().map(|value| count("items", value));
        let bytes = options.bytes.as_ref().map(|value| count("bytes", value));
        items.into_iter().chain(bytes).collect()
    }

    /// `let guard = ..;`. Dropped last, it sees every way out of the body.
    ///
    /// Items and bytes are evaluated before, so that the probe measures the body only.
    fn guard(&self) -> TokenStream {
        let library = &self.library;
        self.begun(&quote_spanned!(Span::mixed_site()=> #library::Probe::start))
    }

    fn begun(&self, start: &TokenStream) -> TokenStream {
        let probe = &self.probe;
        let (names, values): (Vec<_>, Vec<_>) = self.counts().into_iter().unzip();
        quote_spanned! {Span::mixed_site()=>
            #(let #names = #values;)*
            let guard = #start(#probe);
            #(guard.#names(#names);)*
        }
    }

    fn in_place(&self) -> TokenStream {
        let guard = self.guard();
        let body = self.function.nested(&self.function.body);
        quote!(#guard #body)
    }

    /// A body that leaves at its end only: the call ends where that is written, or by a panic.
    fn closed(&self, known: &Known) -> TokenStream {
        let library = &self.library;
        let guard = self.begun(&quote_spanned!(Span::mixed_site()=> #library::Call::start));
        let annotation = self.plan.output.annotation();
        let ty = annotation.as_ref().map(|ty| quote!(: #ty));
        let body = self.block(known);
        let reference = quote_spanned!(Span::mixed_site()=> &output);
        let end = match (self.plan.errors, annotation) {
            (Errors::Ignored, _) => quote_spanned!(Span::mixed_site()=> #library::Call::end(guard)),
            (Errors::Inferred, Some(ty)) => {
                let failed = self.asked(&ty, &quote_spanned!(Span::mixed_site()=> is_error(#reference)));
                quote_spanned!(Span::mixed_site()=> #library::Call::end_as(guard, #failed))
            }
            _ => {
                let failed = self.failed(&reference);
                quote_spanned!(Span::mixed_site()=> #library::Call::end_as(guard, #failed))
            }
        };
        let output = returned(&self.library, known);
        quote_spanned! {Span::mixed_site()=>
            #guard
            let output #ty = #body;
            #end;
            #output
        }
    }

    /// A value that is seen at the body's end; a call that leaves before has failed.
    fn outcome(&self, known: &Known) -> TokenStream {
        let Self { library, .. } = self;
        let guard = self.guard();
        let unseen = self.unseen();
        let ty = self.plan.output.annotation().map(|ty| quote!(: #ty));
        let body = self.block(known);
        let reference = quote_spanned!(Span::mixed_site()=> &output);
        let annotation = self.plan.output.annotation();
        let seen = if let (Errors::Inferred, Some(ty)) = (self.plan.errors, annotation) {
            self.asked(&ty, &quote_spanned!(Span::mixed_site()=> see(&mut outcome, #reference)))
        } else {
            let failed = self.failed(&reference);
            quote_spanned!(Span::mixed_site()=> #library::Outcome::seen(&mut outcome, #failed))
        };
        let end = returned(library, known);
        quote_spanned! {Span::mixed_site()=>
            #guard
            let mut outcome = #library::Outcome(#unseen);
            let output #ty = #body;
            #seen;
            #end
        }
    }

    /// The body as a labelled block, which all its returns leave by its end.
    pub(super) fn block(&self, known: &Known) -> TokenStream {
        let label = exits::label();
        let reachable_end = exits::reachable_end(&self.library);
        let body = self.function.nested(&known.body);
        quote_spanned!(Span::mixed_site()=> #label: { #reachable_end #body })
    }

    /// The body in a closure, so that nothing it does hides its value.
    fn hidden_outcome(&self) -> (syn::Signature, TokenStream) {
        let Self { library, probe, .. } = self;
        let (names, values): (Vec<_>, Vec<_>) = self.counts().into_iter().unzip();
        let count = quote_spanned!(Span::mixed_site()=> #(#library::Guard::#names(guard, #values);)*);
        let (sig, run) = self.closure(Readers::None, &count);
        let failed = self.failed(&quote_spanned!(Span::mixed_site()=> &output));
        let statements = quote_spanned! {Span::mixed_site()=>
            let guard = &#library::Probe::start(#probe);
            let output = #run;
            if #failed {
                #library::Guard::fail(guard);
            }
            output
        };
        (sig, statements)
    }

    /// The body in a closure, called once, and the signature from which it takes its arguments.
    pub(super) fn closure(&self, readers: Readers, before: &TokenStream) -> (syn::Signature, TokenStream) {
        let library = &self.library;
        let Function { sig, body, .. } = self.function;
        let body = self.function.nested(body);
        let body = quote!(#before #body);
        let closure = Closure::around(&body, sig, readers, library);
        let returned = match (&self.plan.shape, &sig.output) {
            (Shape::Outcome(_) | Shape::Boxed(_), syn::ReturnType::Type(arrow, ty)) => {
                Output::Written(ty).annotation().map(|ty| quote!(#arrow #ty))
            }
            _ => None,
        };
        let call = closure.called(returned.as_ref(), library);
        (syn::Signature { inputs: closure.inputs, ..sig.clone() }, call)
    }

    /// Whether the value behind this reference is an error.
    pub(super) fn failed(&self, reference: &TokenStream) -> TokenStream {
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
                quote_spanned!(at=> #library::Fallible::failed(#reference))
            }
            _ => looks_failed(library, reference),
        }
    }

    /// The guard of a call that fails by leaving unseen; none where the type is `Result` by its spelling only.
    fn unseen(&self) -> TokenStream {
        let option = {
            let library = &self.library;
            quote_spanned!(Span::mixed_site()=> #library::core::option::Option)
        };
        match (self.plan.errors, self.plan.output, self.plan.output.annotation()) {
            // A type that is left to inference is not known yet.
            (Errors::Inferred, Output::Written(written), Some(ty)) if !mentions(written.to_token_stream(), "impl") => {
                let fails = self.asked(&ty, &quote_spanned!(Span::mixed_site()=> FAILS));
                quote_spanned!(Span::mixed_site()=> if #fails { #option::Some(&guard) } else { #option::None })
            }
            _ => quote_spanned!(Span::mixed_site()=> #option::Some(&guard)),
        }
    }

    /// Asks a type that is written `Result`.
    fn asked(&self, ty: &TokenStream, question: &TokenStream) -> TokenStream {
        let library = &self.library;
        quote_spanned! {Span::mixed_site()=>
            {
                use #library::NotAResult as _;
                #library::Written::<#ty>::#question
            }
        }
    }
}

/// What stands last in the function: the value of its body.
fn returned(library: &TokenStream, known: &Known) -> TokenStream {
    let output = quote_spanned!(Span::mixed_site()=> output);
    let Some((word, parentheses)) = known.last_return else {
        return output;
    };
    // Where clippy says that this word is not needed, it goes on to.
    let mut output = Group::new(Delimiter::Parenthesis, output);
    output.set_span(parentheses);
    let word = Ident::new("return", word);
    quote_spanned!(Span::mixed_site()=> #word #library::of_type #output;)
}

/// Whether the value behind this reference is an `Err`; values of other types than `Result` are none.
pub(crate) fn looks_failed(library: &TokenStream, reference: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        {
            use #library::NotAResult as _;
            #library::Peek(#reference).failed()
        }
    }
}
