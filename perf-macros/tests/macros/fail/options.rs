use perf_core::perf_probe;

#[perf_probe(nmae = "x")]
fn unknown() {}

#[perf_probe(name = "x", items = 1, name = "y")]
fn duplicate() {}

#[perf_probe("x")]
fn positional() {}

#[perf_probe(name)]
fn without_value() {}

#[perf_probe(name = )]
fn empty_value() {}

#[perf_probe(name = 5)]
fn name_is_no_string() {}

#[perf_probe(name = "")]
fn name_is_empty() {}

#[perf_probe(name = "x" items = 1)]
fn no_comma() {}

#[perf_probe(errors = true)]
fn flag_with_value() -> Result<(), ()> {
    Ok(())
}

#[perf_probe(sample = 0)]
fn sample_is_zero() {}

#[perf_probe(sample = "10")]
fn sample_is_a_string() {}

#[perf_probe(sample = 1.5)]
fn sample_is_a_fraction() {}

#[perf_probe(sample = 5_000_000_000)]
fn sample_is_too_large() {}

#[perf_probe(overhead = 1)]
fn overhead_is_no_string() {}

#[perf_probe(overhead = "1")]
fn overhead_has_no_unit() {}

#[perf_probe(overhead = "120%")]
fn overhead_is_too_large() {}

#[perf_probe(overhead = "0%")]
fn overhead_is_zero() {}

#[perf_probe(items = )]
fn no_expression() {}

#[perf_probe(crate = "perf_core")]
fn crate_is_a_string() {}

#[perf_probe(name("x"))]
fn parentheses() {}

#[perf_probe]
#[perf_probe(name = "x")]
fn twice() {}

fn main() {}
