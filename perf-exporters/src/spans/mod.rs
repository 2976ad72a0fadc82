//! Probes and the spans of [`tracing`](https://docs.rs/tracing), both ways.
//!
//! [`PerfLayer`] makes a probe of every span that the program opens already: calls, wall and busy time, quantiles,
//! allocations, without a line changed. [`open`] lets probes open spans, so that a log or a trace shows the calls that are
//! measured.
//!
//! ```
//! use perf_exporters::spans::PerfLayer;
//! use tracing_subscriber::prelude::*;
//!
//! // Beside any other layer, with any filter.
//! let subscriber = tracing_subscriber::registry().with(PerfLayer::new());
//! tracing::subscriber::with_default(subscriber, || {
//!     tracing::info_span!(target: "shop", "checkout").in_scope(|| std::hint::black_box(2 + 2));
//! });
//! if perf_core::is_enabled() {
//!     assert_eq!(perf_core::snapshot().get("shop::checkout").unwrap().calls(), 1);
//! }
//! ```
//!
//! Both may be on at once: the layer passes over spans that probes have opened.

mod layer;
mod sink;

pub use layer::PerfLayer;
pub use sink::{close, open};

/// A field, never with a value, that spans have which a probe has opened.
const MARK: &str = "perf.probe";
