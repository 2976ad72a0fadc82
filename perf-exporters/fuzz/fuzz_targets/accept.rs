//! Any `Accept` header gets an answer, and naming one format more never makes a refused one chosen.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_exporters::prometheus::Format;

fuzz_target!(|accept: &str| {
    let chosen = Format::negotiate(accept);
    let quoted = accept.contains(['"', '\\']);
    if !quoted && accept.split(',').count() < 60 {
        let refused = format!("{accept},application/openmetrics-text;q=0");
        assert_eq!(Format::negotiate(&refused), chosen);
    }
});
