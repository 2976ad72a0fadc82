//! How much every thread remembers of what it did last.

use std::env;

use super::{Output, complain};
use crate::Error;

const VARIABLE: &str = "PERF_TIMELINE";

/// The most that can be asked for: 400 MB a thread.
const MOST: usize = 1 << 24;

/// Events of a thread where a trace is asked for and nothing else is said.
const EVENTS: usize = 16_384;

/// Events of a thread: what the environment says, or the program, or as many as a trace among the outputs needs.
pub(super) fn chosen(env: bool, given: Option<usize>, outputs: &[Output]) -> usize {
    let wanted = || if outputs.iter().any(Output::is_trace) { EVENTS } else { 0 };
    let value = env::var(VARIABLE).ok().filter(|value| env && !value.trim().is_empty());
    let told = value.and_then(|value| parse(&value).inspect_err(|error| complain(error)).ok());
    told.or(given).unwrap_or_else(wanted)
}

fn parse(value: &str) -> Result<usize, Error> {
    match value.trim() {
        "off" => Ok(0),
        number => number.parse().ok().filter(|events| *events <= MOST).ok_or_else(|| {
            let valid = "a number of calls for each thread to remember, up to 16777216 (24 bytes each), or `off`";
            Error::setting(VARIABLE, value, "not such a number".to_owned(), valid)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_off() {
        assert_eq!((parse(" 4096 ").unwrap(), parse("off").unwrap(), parse("0").unwrap()), (4096, 0, 0));
        for bad in ["x", "-1", "1e3", "16777217"] {
            let error = parse(bad).unwrap_err();
            assert!(error.is_setting() && error.to_string().contains("PERF_TIMELINE"), "{error}");
        }
    }

    #[test]
    fn a_trace_needs_something_to_show() {
        assert_eq!(chosen(false, None, &[Output::Table]), 0);
        assert_eq!(chosen(false, Some(7), &[Output::Table]), 7);
        #[cfg(feature = "trace")]
        assert_eq!(chosen(false, None, &[Output::Trace("a".into())]), EVENTS);
    }
}
