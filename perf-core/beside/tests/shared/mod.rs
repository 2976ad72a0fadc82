//! What the tests of several attributes have in common.

use perf_core::{ProbeStats, Session};

/// Functions, each under its attribute: without a probe, with one above, with one below.
macro_rules! thrice {
    ($([$($attribute:tt)*] $function:item)*) => {
        mod plain {
            use super::*;
            $(#[$($attribute)*] $function)*
        }
        mod above {
            use super::*;
            $(#[perf_probe] #[$($attribute)*] $function)*
        }
        mod below {
            use super::*;
            $(#[$($attribute)*] #[perf_probe] $function)*
        }
    };
}
pub(crate) use thrice;

/// Calls and errors that all probes of a session count.
pub(crate) fn counted(session: &Session) -> (u64, u64) {
    let snapshot = session.snapshot();
    let sum = |value: fn(&ProbeStats) -> u64| snapshot.probes().map(value).sum();
    (sum(ProbeStats::calls), sum(ProbeStats::errors))
}
