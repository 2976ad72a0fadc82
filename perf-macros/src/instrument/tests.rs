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
fn naked_functions_are_refused() {
    let item = "#[unsafe(naked)] extern \"C\" fn f() { core::arch::naked_asm!(\"ret\") }";
    let (expansion, _) = probed("", item);
    assert!(expansion.contains("cannot measure a naked function"), "{expansion}");
    let (expansion, item) = probed("", &format!("impl T {{ {item} }}"));
    assert_eq!(expansion, item);
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
        assert!(expansion.contains("somewhere :: else_ ::"), "{expansion}");
        let all = expansion.matches("somewhere :: else_").count();
        assert_eq!(all, expansion.matches("somewhere :: else_ :: __private ::").count(), "{expansion}");
    }
}

#[test]
fn a_test_is_run_by_the_crate_that_is_named() {
    for (args, path) in [("allocs = 0", ":: perf_exporters"), ("allocs = 0, gate = app::exporters", "app :: exporters")]
    {
        let (expansion, _) = expanded("budget", args, "#[test] fn f() {}");
        let used = format!("use {path} :: gate :: expansion as gate ;");
        assert!(expansion.contains(&used), "{expansion}");
        assert_eq!(expansion.matches(path).count(), 1, "{expansion}");
    }
    let (expansion, _) = expanded("budget", "allocs = 0, gate = app::exporters", "fn f() {}");
    assert!(expansion.contains("`gate` is for a measured run"), "{expansion}");
}

/// The file in which the budget's types are declared, as it would be parsed.
fn declared() -> syn::File {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../perf-core/src/budget.rs");
    syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn variants(file: &syn::File, name: &str) -> Vec<String> {
    let found = file.items.iter().find_map(|item| match item {
        syn::Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    });
    found.unwrap().variants.iter().map(|variant| variant.ident.to_string()).collect()
}

/// What a match says of each variant: `Self::P50 => "p50"` anywhere in the file.
fn arms(file: &syn::File, variant: &str) -> Vec<String> {
    let text = quote::quote!(#file).to_string();
    let arm = format!("Self :: {variant} => ");
    text.match_indices(&arm).map(|(at, _)| text[at + arm.len()..].split(" ,").next().unwrap().to_owned()).collect()
}

#[test]
fn metrics_and_classes_are_those_of_the_library() {
    use super::budget::{CLASSES, METRICS, Unit};

    let file = declared();
    let known: Vec<_> = METRICS.iter().map(|metric| metric.variant).collect();
    assert_eq!(known, variants(&file, "Metric"), "every metric, and no other");
    for metric in METRICS {
        let arms = arms(&file, metric.variant);
        assert!(arms.contains(&format!("\"{}\"", metric.key)), "{}: {arms:?}", metric.variant);
        let quantile = metric.least_calls > 1;
        assert_eq!(arms.contains(&format!("Some ({})", metric.least_calls)), quantile, "{}: {arms:?}", metric.variant);
        assert_eq!(metric.is_minimum(), metric.unit == Unit::Rate);
    }
    let known: Vec<_> = CLASSES.iter().map(|(_, variant)| *variant).collect();
    assert_eq!(known, variants(&file, "GrowthClass"));
    for (text, variant) in CLASSES {
        assert!(arms(&file, variant).contains(&format!("\"{text}\"")), "{variant}");
    }
}

#[test]
fn rates_arrive_and_are_handed_down() {
    for (args, item, rates) in [
        ("sample = 10", "fn f() {}", ". sample (10u32)"),
        ("overhead = \"1%\"", "async fn f() {}", ". overhead (10000u32)"),
        ("sample = 10", "mod m { impl T { fn f() {} } }", ". sample (10u32)"),
        ("overhead = \"0.5%\"", "impl T { fn f() {} }", ". overhead (5000u32)"),
        ("sample = 10", "impl T { #[perf_probe(overhead = \"2%\")] fn f() {} }", ". overhead (20000u32)"),
        ("", "mod m { #[perf_probe(sample = 3)] trait T { fn f() {} } }", ". sample (3u32)"),
    ] {
        let (expansion, _) = probed(args, item);
        assert!(expansion.contains(rates), "{expansion}");
        let all = expansion.matches(". sample (").count() + expansion.matches(". overhead (").count();
        assert_eq!(all, 1, "{expansion}");
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

/// Whether a closure is called where it stands.
fn in_closure(expansion: &str) -> bool {
    let unspaced = expansion.replace(char::is_whitespace, "");
    unspaced.contains("(||") && unspaced.contains("})()")
}

#[test]
fn a_body_is_in_a_closure_where_a_macro_may_return() {
    for (signature, body, wanted) in [
        ("fn f() -> Result<u8, ()>", "complete!(x); Ok(1)", true),
        ("fn f() -> Result<u8, ()>", "return Ok(1)", false),
        ("fn f() -> Pin<Box<dyn Future<Output = u8>>>", "complete!(x); other()", true),
        ("fn f() -> Pin<Box<dyn Future<Output = u8>>>", "other()", false),
        ("fn f() -> u8", "complete!(x); 1", false),
    ] {
        let (expansion, _) = probed("", &format!("{signature} {{ {body} }}"));
        assert_eq!(in_closure(&expansion), wanted, "{expansion}");
    }
}

#[test]
fn only_a_boxed_future_at_the_very_end_is_wrapped_inside_its_box() {
    let inside = |body: &str| {
        let (expansion, _) = probed("", &format!("fn f() -> Pin<Box<dyn Future<Output = u8>>> {{ {body} }}"));
        assert!(expansion.contains("Probe :: wrap"), "{expansion}");
        !in_closure(&expansion) && !expansion.contains("'body")
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
        "complete!(x); other()",
        "other()",
        "",
    ] {
        assert!(!inside(body), "{body}");
    }
}

#[test]
fn a_test_is_run_by_the_gate() {
    for (args, item, calls) in [
        ("allocs = 0", "#[test] fn f() {}", "gate :: test (declared , body"),
        ("", "#[tokio::test] async fn f() {}", "gate :: test_async (declared , body"),
        ("vs = other::f::<u8>, ratio = 1.5", "#[test] fn f() {}", "gate :: versus (declared , body"),
        ("vs = f", "#[tokio::test] async fn f() {}", "gate :: versus_async (declared , body"),
        (
            "growth = \"n\", sizes = [1, 2, 4, 8, 16, 1024]",
            "#[test] fn f(n: usize) {}",
            "gate :: growth (declared , body",
        ),
        (
            "growth = \"1\", sizes = [1, 2, 4, 8, 16, 1024]",
            "#[tokio::test] async fn f(n: usize) -> Result<(), ()> { Ok(()) }",
            "gate :: growth_async (declared , body",
        ),
    ] {
        let (expansion, _) = expanded("budget", args, item);
        assert!(expansion.contains(calls), "{expansion}");
        assert!(expansion.contains("static BUDGET : :: perf_core :: __private :: budget :: BudgetSpec"), "{expansion}");
        assert!(!expansion.contains("Probe"), "only a `#[perf_probe]` beside it makes a test a probe: {expansion}");
    }
}

#[test]
fn the_plan_of_a_test_arrives_in_its_constant() {
    let args = "p99 = \"5ms\", iterations = 299, warmup = \"20ms\", max_time = \"500ms\", vs = references::f::<u8>, ratio = 1.5";
    let (expansion, _) = expanded("budget", args, "#[test] fn planned() {}");
    for field in [
        "iterations : :: perf_core :: __private :: core :: option :: Option :: Some (299u64)",
        "budget :: Warmup :: Time (:: perf_core :: __private :: core :: time :: Duration :: from_nanos (20000000u64))",
        "from_nanos (500000000u64)",
        "Relative { reference : \"references::f::<u8>\" , ratio : 1.5f64 , by :",
        "let reference = references :: f :: < u8 > ;",
    ] {
        assert!(expansion.contains(field), "{field}: {expansion}");
    }
    let sizes = "growth = \"n log n\", sizes = [1, 4, 16, 64, 256, 1_024]";
    let (expansion, _) = expanded("budget", sizes, "#[test] fn sorts(n: usize) {}");
    let field = "Growth { class : :: perf_core :: __private :: budget :: GrowthClass :: Linearithmic , sizes : & [1usize , 4usize";
    assert!(
        expansion.contains(field) && expansion.contains("by : :: perf_core :: __private :: budget :: Figure :: Time"),
        "{expansion}"
    );
    let counted = "growth(instructions = \"n\"), sizes = [1, 4, 16, 64, 256, 1_024], instructions = \"2k\"";
    let (expansion, _) = expanded("budget", counted, "#[test] fn sorts(n: usize) {}");
    for field in [
        "budget :: Figure :: Instructions",
        "Metric :: Instructions , bound : :: perf_core :: __private :: budget :: Bound :: Count (2000u64)",
    ] {
        assert!(expansion.contains(field), "{field}: {expansion}");
    }
    let (expansion, _) = expanded("budget", "vs(instructions = before::f)", "#[test] fn f() {}");
    assert!(
        expansion.contains("ratio : 1.1f64 , by : :: perf_core :: __private :: budget :: Figure :: Instructions"),
        "{expansion}"
    );
}

#[test]
fn a_probe_beside_a_budget_measures_the_body_of_a_test() {
    let (expansion, _) = expanded("budget", "allocs = 0", "#[perf_probe(items = 3)] #[test] fn f() {}");
    assert_eq!(expansion.matches("Call :: start").count(), 1, "{expansion}");
    assert!(!expansion.contains(". budget ("), "{expansion}");
}
