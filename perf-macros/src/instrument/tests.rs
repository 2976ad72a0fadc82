//! What the expansions are made of, token by token. What they do is tested in `perf-core`, which they are made for.

use super::{budget, probe};

/// The expansion as text, and the item in the same spelling.
fn expanded(attribute: &str, args: &str, item: &str) -> (String, String) {
    let (args, item) = (args.parse().unwrap(), item.parse().unwrap());
    let as_it_was = format!("{item}");
    let expansion = if attribute == "probe" { probe(args, item) } else { budget(args, item) };
    (expansion.to_string(), as_it_was)
}

fn probed(args: &str, item: &str) -> (String, String) {
    expanded("probe", args, item)
}

#[test]
fn a_half_typed_body_passes_through() {
    let item = "fn f() -> Result<u8, ()> { let x = self. ; match }";
    let (expansion, _) = probed("", item);
    assert!(expansion.contains("let x = self . ; match"), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn a_mistake_leaves_the_item_as_it_was() {
    for item in [
        "#[doc = \"x\"] pub const fn f() {}",
        "struct S { field: u8 }",
        "fn f<T>(t: T) -> T where T: Copy { t }",
        "impl T { fn f(&self) {} }",
        "fn declared();",
    ] {
        for attribute in ["probe", "budget"] {
            let (expansion, item) = expanded(attribute, "nmae = \"x\"", item);
            let rest = expansion.strip_prefix(&item).expect("the item first");
            assert_eq!(rest.matches("compile_error").count(), 1, "{rest}");
        }
    }
}

#[test]
fn skipping_outside_a_block_leaves_the_item_as_it_was() {
    for item in ["fn f() { body() }", "impl T { #[inline] fn f(&self) {} const X: u8 = 1; }"] {
        let (expansion, item) = probed("skip", item);
        assert_eq!(expansion, item);
    }
}

#[test]
fn everything_goes_through_the_crate_path() {
    let options = "crate = somewhere::else_, name = \"typed<{T}>\", items = 1, bytes = 2, errors, sample = 3";
    let limits = "crate = somewhere::else_, p99 = \"1ms\", calls(\"x\" = 1), target(max = \"1ms\")";
    let growth = "crate = somewhere::else_, growth = \"n\", sizes = [1, 2, 4, 8, 16, 1024]";
    let mut expansions = Vec::new();
    for item in [
        "fn f<T>(t: T) -> Result<T, ()> { Ok(t) }",
        "async fn f<T>(t: T) -> Result<T, ()> { Ok(t) }",
        "fn f<T>(t: T) -> impl Future<Output = Result<T, ()>> { async { Ok(t) } }",
        "fn f<T>(t: T) -> Pin<Box<dyn Future<Output = Result<T, ()>>>> { Box::pin(async { Ok(t) }) }",
        "fn f<T>(t: T) -> Pin<Box<dyn Future<Output = Result<T, ()>>>> { return Box::pin(async { Ok(t) }) }",
    ] {
        expansions.push(probed(options, item).0);
        expansions.push(expanded("budget", limits, item).0);
    }
    expansions.push(expanded("budget", growth, "#[test] fn f(n: usize) -> Result<(), ()> { Ok(()) }").0);
    expansions.push(probed("crate = somewhere::else_", "mod m { impl T { fn f(&self) {} } fn g() {} }").0);
    for expansion in expansions {
        assert!(!expansion.contains("perf_core"), "{expansion}");
        assert!(!expansion.contains("compile_error"), "{expansion}");
        assert!(expansion.contains("somewhere :: else_ :: Probe"), "{expansion}");
    }
}

#[test]
fn attributes_and_signatures_stay() {
    let signature = "#[doc = \"words\"] #[inline] #[must_use] pub(crate) unsafe extern \"C\" fn f<'a, T: ?Sized + 'a, \
                     const N: usize>(mut a: &'a T, (b, _): (u8, [u8; N])) -> &'a T where T: Copy";
    let (expansion, _) = probed("", &format!("{signature} {{ #![allow(x)] body() }}"));
    let unspaced = |text: &str| text.replace(char::is_whitespace, "");
    let start = unspaced(&format!("{signature} {{ #![allow(x)]"));
    assert!(unspaced(&expansion).starts_with(&start), "{expansion}");
}

#[test]
fn what_cannot_be_measured_in_a_block_is_left_alone() {
    let (expansion, item) = probed(
        "",
        "trait T: Sized + Fn() -> Vec<u8> {
            const fn c(&self) {}
            fn declared(&self);
            const X: u8 = { 1 };
            type T = u8;
            made! {}
        }",
    );
    assert_eq!(expansion, item);
}

#[test]
fn headers_may_have_braces_and_arrows() {
    for (header, name) in [
        ("impl Trait<{ 1 + 1 }> for Type<{ N }, fn(u8) -> u8> where [u8; { N }]: Sized,", "Type"),
        ("unsafe impl<T: Fn() -> Vec<u8>> Trait for path::Type<T>", "Type"),
        ("pub(crate) unsafe trait Trait<const N: usize = { 3 }>: Fn(u8) -> u8", "Trait"),
    ] {
        let (expansion, _) = probed("", &format!("{header} {{ fn f(&self) {{}} }}"));
        let (_, header) = probed("skip", header);
        assert!(expansion.starts_with(&header), "{expansion}");
        assert!(expansion.contains(&format!("\"::{name}::f\"")), "{expansion}");
    }
}

#[test]
fn only_a_boxed_future_at_the_very_end_is_wrapped_inside_its_box() {
    let inside = |body: &str| {
        let (expansion, _) = probed("", &format!("fn f() -> Pin<Box<dyn Future<Output = u8>>> {{ {body} }}"));
        assert!(expansion.contains("Probe :: wrap"), "{expansion}");
        !expansion.contains("__private :: call")
    };
    for body in [
        "Box::pin(async { 1 })",
        "let x = 1; Box::pin(async move { x })",
        "if x { f(); } Box::pin(g(1))",
        "std::boxed::Box::pin(async { return 1 })",
        "; ::std::boxed::Box::pin(async { 1 })",
    ] {
        assert!(inside(body), "{body}");
    }
    for body in [
        "if x { return other() } Box::pin(async { 1 })",
        "if x { Box::pin(async { 1 }) } else { Box::pin(async { 2 }) }",
        "async { 1 }.boxed()",
        "!Box::pin(async { 1 })",
        "x = Box::pin(async { 1 })",
        "return Box::pin(async { 1 })",
        "MyBox::pin(async { 1 })",
        "Box::pinned(async { 1 })",
        "Box::pin(async { 1 }) as _",
        "other()",
        "",
    ] {
        assert!(!inside(body), "{body}");
    }
}
