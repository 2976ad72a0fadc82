//! The routes of a small shop. Handlers are `async`, the store is not: its work goes to `spawn_blocking`, and a
//! [`CallContext`] keeps the handler the caller of it.

mod store;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use perf_core::{CallContext, perf_probe};

/// `/orders` with a query for each order, `/orders/joined` with one query, `/stock` that needs none; with the feature
/// `profiling` also `/perf/report` and the other pages of the endpoint.
pub fn app() -> Router {
    let app = Router::new()
        .route("/orders", get(list_orders))
        .route("/orders/joined", get(list_orders_joined))
        .route("/stock", get(stock));
    #[cfg(feature = "profiling")]
    let app = app.nest("/perf", perf_exporters::serve::Options::default().router());
    app
}

/// A page, or the status for a store that failed.
type Page = Result<String, StatusCode>;

#[perf_probe(errors)]
async fn list_orders() -> Page {
    blocking(store::orders_one_by_one).await
}

#[perf_probe(errors)]
async fn list_orders_joined() -> Page {
    blocking(store::orders_joined).await
}

#[perf_probe]
async fn stock() -> &'static str {
    "plenty"
}

/// Runs work that blocks on a thread for it, below the caller.
async fn blocking(work: fn() -> String) -> Page {
    let caller = CallContext::current();
    let done = tokio::task::spawn_blocking(move || caller.run(work)).await;
    done.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
