//! The endpoint inside the program's own axum application.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;

use super::Options;
use super::endpoint::{Endpoint, PATHS};
use super::server::answer;

impl Options {
    /// The pages as routes of an axum application, to be merged into it or nested under a path.
    ///
    /// [`hosts`](Self::hosts) still holds: an application that is asked under a public name has to list that name.
    /// Addresses, connections and timeouts are the application's own.
    ///
    /// ```
    /// let mut options = perf_exporters::serve::Options::default();
    /// options.hosts.push("shop.example.com".into());
    /// let app: axum::Router = axum::Router::new().nest("/perf", options.router());
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let endpoint = Arc::new(Endpoint::new(self));
        PATHS.iter().fold(Router::new(), |router, (path, _)| {
            let endpoint = Arc::clone(&endpoint);
            let handler = move |request: Request| async move { answer(endpoint, request).await.map(Body::from) };
            router.route(path, any(handler))
        })
    }
}
