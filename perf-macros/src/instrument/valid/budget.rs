//! Rules about the options of a budget among each other, and about the function they stand on.

use std::path::Path;

use proc_macro2::Span;
use syn::Error;
use syn::parse::Result;
use syn::spanned::Spanned;

use crate::instrument::ast::Function;
use crate::instrument::budget::{Budget, Limit, Unit};

/// The share of sizes that growth is judged on: at least this many, spanning at least this factor.
const LEAST_SIZES: usize = 6;
const LEAST_SPAN: usize = 1 << 10;

/// Contradictions among the options themselves.
pub(crate) fn check(budget: &Budget) -> Result<()> {
    super::check_name(budget.name.as_ref())?;
    check_targets(budget)?;
    check_iterations(budget)?;
    check_rate(budget)?;
    match (&budget.versus, &budget.ratio) {
        (None, Some((_, span))) => {
            return Err(Error::new(*span, "`ratio` compares with another function: name it with `vs = path`"));
        }
        (Some(path), _) if budget.growth.is_some() => {
            return Err(Error::new(path.span(), "`vs` and `growth` are two different runs: write two tests"));
        }
        _ => {}
    }
    match (&budget.growth, &budget.sizes) {
        (None, Some((_, span))) => {
            Err(Error::new(*span, "`sizes` are for `growth`: say how the cost may grow, as in `growth = \"n log n\"`"))
        }
        (Some(_), None) => Err(Error::new(
            place(budget, "growth"),
            "`growth` needs the sizes to look at: `sizes = [64, 256, 1024, 4096, 16384, 65536]`",
        )),
        (Some(_), Some((sizes, span))) => check_sizes(sizes, *span),
        (None, None) => Ok(()),
    }
}

/// A budget on a function of the program.
pub(crate) fn check_function(function: &Function, budget: &Budget) -> Result<()> {
    if let Some(key) = budget.run_keys.first() {
        let problem = format!(
            "`{key}` is for a measured run, which only a test has, and no `#[test]` follows: on a test, put `#[perf_budget]` above `#[test]`"
        );
        return Err(Error::new(key.span(), problem));
    }
    let counted = |limit: &&Limit| limit.metric.unit == Unit::Instructions;
    if let Some(limit) = budget.limits.iter().chain(&budget.targets).find(counted) {
        let problem =
            "instructions are counted in tests: promise them on a test, with `#[perf_budget]` above `#[test]`";
        return Err(Error::new(limit.key.span(), problem));
    }
    if is_empty(budget) {
        return Err(Error::new(
            function.sig.ident.span(),
            "this budget promises nothing: say what holds, as in `#[perf_budget(p99 = \"5ms\", allocs = 0)]`",
        ));
    }
    Ok(())
}

/// A budget on a test.
pub(crate) fn check_test(function: &Function, budget: &Budget) -> Result<()> {
    if let Some(attr) = function.attrs.iter().find(|attr| attr.path().is_ident("should_panic")) {
        return Err(Error::new(
            attr.span(),
            "a run that panics has no cost to hold a budget against: test the panic without `#[perf_budget]`",
        ));
    }
    match (budget.growth, function.sig.inputs.len()) {
        (Some(_), 1) | (None, 0) => {}
        (Some(_), _) => {
            return Err(Error::new(
                function.sig.ident.span(),
                "`growth` runs the test at several sizes: let it take one, as in `fn name(n: usize)`",
            ));
        }
        (None, _) => {
            return Err(Error::new(
                function.sig.inputs.span(),
                "a test takes a size only where its budget has `growth` and `sizes`",
            ));
        }
    }
    if budget.gate.is_some() { Ok(()) } else { check_dependency(budget) }
}

/// A budget below the attribute that makes the function a test: `path` names that attribute.
pub(crate) fn check_above(path: Option<&str>) -> Result<()> {
    match path.filter(|path| *path != "test") {
        Some(path) => Err(Error::new(
            Span::call_site(),
            format!(
                "put `#[perf_budget]` above `#[{path}]`: below it the body is wrapped already, and would be measured so"
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses a test in a package that does not have the crate that would run it: the path alone, leading nowhere, would
/// not say what to do. Where there is no manifest to be read, the path has to do.
fn check_dependency(budget: &Budget) -> Result<()> {
    let (names, problem) = match budget.at {
        Some(_) => (
            ["perf-load", "perf_load"],
            "a test with a rate is driven by the crate `perf-load`, which this package does not depend on: \
             `cargo add --dev perf-load`; where it is re-exported by another crate, `gate = path` says where",
        ),
        None => (
            ["perf-exporters", "perf_exporters"],
            "a test with a budget is run by the crate `perf-exporters`, which this package does not depend on: \
             `cargo add --dev perf-exporters`; where it is re-exported by another crate, `gate = path` says where",
        ),
    };
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(|folder| Path::new(&folder).join("Cargo.toml"));
    match manifest.and_then(|path| std::fs::read_to_string(path).ok()) {
        Some(text) if !names.iter().any(|name| text.contains(name)) => Err(Error::new(Span::call_site(), problem)),
        _ => Ok(()),
    }
}

/// What `at` can be said with.
fn check_rate(budget: &Budget) -> Result<()> {
    let Some((_, rate)) = budget.at else { return Ok(()) };
    let other = ["vs", "ratio", "growth", "sizes", "iterations"];
    if let Some(key) = budget.run_keys.iter().find(|key| other.iter().any(|other| *key == other)) {
        let problem = match key.to_string().as_str() {
            "iterations" => "with `at` the rate and `max_time` say how many calls there are".to_owned(),
            key => format!("`at` and `{key}` are two different runs: write two tests"),
        };
        return Err(Error::new(key.span(), problem));
    }
    let counted = |unit| matches!(unit, Unit::Count | Unit::Bytes | Unit::Instructions);
    if let Some(limit) = budget.limits.iter().chain(&budget.targets).find(|limit| counted(limit.metric.unit)) {
        let problem = format!(
            "`{}` is counted call by call, and with `at` many run at a time: promise it of a second test without `at`",
            limit.key
        );
        return Err(Error::new(limit.key.span(), problem));
    }
    if let Some((probe, _)) = budget.calls.first() {
        let problem = "calls of probes are counted call by call: promise them of a second test without `at`";
        return Err(Error::new(probe.span(), problem));
    }
    if budget.cpu_clock {
        return Err(Error::new(rate, "with `at` response time counts, which no processor clock tells"));
    }
    if budget.limits.is_empty() && budget.targets.is_empty() {
        let problem = "say what holds at that rate, as in `#[perf_budget(p99 = \"5ms\", at = \"2000/s\")]`";
        return Err(Error::new(rate, problem));
    }
    Ok(())
}

fn check_targets(budget: &Budget) -> Result<()> {
    for target in &budget.targets {
        let Some(limit) = budget.limits.iter().find(|limit| limit.metric == target.metric) else {
            continue;
        };
        let looser = if target.metric.is_minimum() { target.value < limit.value } else { target.value > limit.value };
        if looser {
            return Err(Error::new(
                target.span,
                format!(
                    "this target on `{}` is looser than its limit: it would never warn before the limit fails",
                    target.key
                ),
            ));
        }
    }
    Ok(())
}

fn check_iterations(budget: &Budget) -> Result<()> {
    let Some((iterations, span)) = budget.iterations else {
        return Ok(());
    };
    let demanding: Option<&Limit> =
        budget.limits.iter().chain(&budget.targets).max_by_key(|limit| limit.metric.least_calls);
    match demanding {
        Some(limit) if limit.metric.least_calls > iterations => {
            let least = limit.metric.least_calls;
            Err(Error::new(
                span,
                format!("{iterations} calls cannot show that `{}` is kept: it takes at least {least}", limit.key),
            ))
        }
        _ => Ok(()),
    }
}

fn check_sizes(sizes: &[usize], span: Span) -> Result<()> {
    if sizes.len() < LEAST_SIZES {
        return Err(Error::new(
            span,
            format!("growth is judged on at least {LEAST_SIZES} sizes; these are {}", sizes.len()),
        ));
    }
    match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) if last / first < LEAST_SPAN => Err(Error::new(
            span,
            format!("growth shows over a wide span: let the last size be at least {LEAST_SPAN} times the first"),
        )),
        _ => Ok(()),
    }
}

/// Where a key of the measured run is written.
fn place(budget: &Budget, key: &str) -> Span {
    budget.run_keys.iter().find(|written| *written == key).map_or_else(Span::call_site, proc_macro2::Ident::span)
}

/// Whether nothing is promised.
fn is_empty(budget: &Budget) -> bool {
    budget.limits.is_empty()
        && budget.targets.is_empty()
        && budget.calls.is_empty()
        && budget.versus.is_none()
        && budget.growth.is_none()
}
