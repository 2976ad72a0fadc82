//! From a source file to the same file with an attribute before each function, and a counter as the first statement of its body.
//!
//! What is put in adds no line, so every place that a compiler or a probe reports is a place of the original file.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    AttrStyle, Attribute, Block, ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemTrait, Macro, Result, Signature,
    TraitItemFn, Type, Visibility,
};

pub struct Rewritten {
    pub text: String,
    pub functions: usize,
}

/// The text with its functions annotated. Functions that the attribute refuses (`const`, procedural macros) stay as they are.
pub fn annotated(text: &str, counted: bool) -> Result<Rewritten> {
    let file = syn::parse_file(text)?;
    let mut found = Functions { counted, inserts: BTreeMap::new(), scope: None, number: 0 };
    found.visit_file(&file);
    let mut rewritten = String::with_capacity(text.len() * 2);
    let mut copied = 0;
    for (at, insert) in &found.inserts {
        rewritten.push_str(&text[copied..*at]);
        rewritten.push_str(insert);
        copied = *at;
    }
    rewritten.push_str(&text[copied..]);
    Ok(Rewritten { text: rewritten, functions: found.number })
}

struct Functions {
    counted: bool,
    /// What is put in, by the byte that it stands before.
    inserts: BTreeMap<usize, String>,
    /// The type or the trait around.
    scope: Option<String>,
    number: usize,
}

impl Functions {
    fn function(&mut self, attrs: &[Attribute], start: Span, signature: &Signature, block: &Block) {
        let refused = ["proc_macro", "proc_macro_derive", "proc_macro_attribute", "panic_handler"];
        if signature.constness.is_some()
            || attrs.iter().any(|attr| refused.iter().any(|name| attr.path().is_ident(name)))
        {
            return;
        }
        self.number += 1;
        self.insert(start.byte_range().start, "#[::perf_core::perf_probe] ");
        if !self.counted {
            return;
        }
        let inner = attrs
            .iter()
            .filter(|attr| matches!(attr.style, AttrStyle::Inner(_)))
            .map(|attr| attr.span().byte_range().end);
        let at = inner.chain([block.brace_token.span.open().byte_range().end]).max().unwrap_or_default();
        let name = match &self.scope {
            Some(scope) => format!("::{scope}::{}", signature.ident),
            None => format!("::{}", signature.ident),
        };
        let name = name.replace("r#", "");
        let line = signature.ident.span().start().line;
        self.insert(
            at,
            &format!(
                " {{ static SITE: ::perf_count::Site = ::perf_count::Site::new(::core::concat!(::core::module_path!(), {name:?}), \
                 ::core::file!(), {line}); SITE.count(); }}"
            ),
        );
    }

    fn insert(&mut self, at: usize, text: &str) {
        self.inserts.entry(at).or_default().push_str(text);
    }

    fn within(&mut self, scope: Option<String>, visit: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.scope, scope);
        visit(self);
        self.scope = around;
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.within(None, |this| {
            this.function(&function.attrs, start(&function.vis, &function.sig), &function.sig, &function.block);
            visit::visit_item_fn(this, function);
        });
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        let start = match (&function.vis, function.defaultness) {
            (Visibility::Inherited, Some(word)) => word.span(),
            (vis, _) => start(vis, &function.sig),
        };
        self.function(&function.attrs, start, &function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.attrs, function.sig.span(), &function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        self.within(name(&block.self_ty), |this| visit::visit_item_impl(this, block));
    }

    fn visit_item_trait(&mut self, block: &'ast ItemTrait) {
        self.within(Some(block.ident.to_string()), |this| visit::visit_item_trait(this, block));
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.within(None, |this| visit::visit_item_mod(this, module));
    }

    /// Tokens of a macro are the macro's.
    fn visit_macro(&mut self, _: &'ast Macro) {}
}

fn start(vis: &Visibility, signature: &Signature) -> Span {
    if matches!(vis, Visibility::Inherited) { signature.span() } else { vis.span() }
}

fn name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Paren(paren) => name(&paren.elem),
        Type::Group(group) => name(&group.elem),
        _ => None,
    }
}
