//! The guides: how the parts work together. They are the pages of the repository's folder `docs`, and what can run in their
//! examples is tested here.
//!
//! A page names the others by references, whose targets stand at its end; those of this documentation stand before the page,
//! and go first.

/// Where the references of the guides lead in this documentation.
macro_rules! links {
    () => {
        concat!(
            "[baselines]: crate::guide::baselines\n",
            "[baselines of tests]: crate::guide::baselines#budget-tests\n",
            "[breaking]: https://github.com/perf-rs/perf/blob/main/docs/load/breaking.md\n",
            "[budgets]: crate::guide::budgets\n",
            "[budgets on functions]: crate::guide::budgets#budgets-on-functions\n",
            "[capacity]: https://github.com/perf-rs/perf/blob/main/docs/load/capacity.md\n",
            "[change points]: crate::stats::changepoint\n",
            "[diagnosis]: mod@crate::diagnose\n",
            "[diff]: crate::guide::cargo_perf#diff\n",
            "[environment]: crate::guide::environment\n",
            "[example of a daemon]: https://github.com/perf-rs/perf/tree/main/examples/event-daemon\n",
            "[example of a market]: https://github.com/perf-rs/perf/tree/main/examples/market\n",
            "[example of a service]: https://github.com/perf-rs/perf/tree/main/examples/shop-service\n",
            "[example of budgets]: https://github.com/perf-rs/perf/tree/main/examples/budgets\n",
            "[example of commerce]: https://github.com/perf-rs/perf/tree/main/examples/commerce\n",
            "[example of tables]: https://github.com/perf-rs/perf/tree/main/examples/tables\n",
            "[exporters]: crate::guide::exporters\n",
            "[in a pull request]: crate::guide::cargo_perf#in-a-pull-request\n",
            "[judge]: crate::judge\n",
            "[load]: https://github.com/perf-rs/perf/blob/main/docs/load.md\n",
            "[monitor]: https://github.com/perf-rs/perf/blob/main/docs/monitor.md\n",
            "[page]: crate::guide::exporters#html\n",
            "[performance]: crate::guide::performance\n",
            "[serving]: crate::guide::serving\n",
            "[slow calls]: crate::guide::slow_calls\n",
            "[status]: crate::guide::cargo_perf#status\n",
            "[timeline]: crate::guide::slow_calls#timeline\n",
            "[wrong verdicts]: crate::guide::budgets#wrong-verdicts-by-condition\n",
            "[workflow]: https://github.com/perf-rs/perf/blob/main/.github/workflows/perf.yml\n",
            "\n"
        )
    };
}

#[doc = links!()]
#[doc = include_str!("../guides/budgets.md")]
pub mod budgets {}

// Its example needs a function of the reader's own.
#[cfg(not(doctest))]
#[doc = links!()]
#[doc = include_str!("../guides/baselines.md")]
pub mod baselines {}

#[cfg(any(not(doctest), feature = "gate"))]
#[doc = links!()]
#[doc = include_str!("../guides/guide.md")]
pub mod from_probe_to_gate {}

#[doc = links!()]
#[doc = include_str!("../guides/cargo-perf.md")]
pub mod cargo_perf {}

#[doc = links!()]
#[doc = include_str!("../guides/environment.md")]
pub mod environment {}

#[doc = links!()]
#[doc = include_str!("../guides/exporters.md")]
pub mod exporters {}

#[cfg(any(not(doctest), feature = "gate"))]
#[doc = links!()]
#[doc = include_str!("../guides/migrating.md")]
pub mod migrating {}

#[allow(rustdoc::broken_intra_doc_links, reason = "attributes in its tables look like links")]
#[doc = links!()]
#[doc = include_str!("../guides/performance.md")]
pub mod performance {}

#[doc = links!()]
#[doc = include_str!("../guides/exporters-serving.md")]
pub mod serving {}

#[cfg(any(not(doctest), feature = "tracing"))]
#[doc = links!()]
#[doc = include_str!("../guides/slow-calls.md")]
pub mod slow_calls {}
