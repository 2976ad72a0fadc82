//! Any report that can be read can be rendered for Prometheus, in lines that end in a number.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_exporters::Report;
use perf_exporters::prometheus::{Format, Options, render};

fuzz_target!(|json: &[u8]| {
    let Ok(report) = Report::from_json(json) else { return };
    let options = Options::default();
    render(&report, Format::Protobuf, &options);
    for format in [Format::Text, Format::OpenMetrics] {
        let page = String::from_utf8(render(&report, format, &options)).expect("text");
        for line in page.split('\n').filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            let value = line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
            assert!(value.is_some(), "{line}");
        }
    }
});
