//! The service under a test that drives it: the call tree and the report name the query in the loop.

use axum::body::Body;
use axum::http::Request;
use perf_core::{set_call_tree, snapshot};
use tower::ServiceExt;

#[tokio::test]
async fn the_report_names_the_query_in_the_loop() {
    set_call_tree(true);
    for _ in 0..20 {
        for path in ["/orders", "/orders/joined"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert!(shop_service::app().oneshot(request).await.unwrap().status().is_success());
        }
    }
    let snapshot = snapshot();
    let nodes = snapshot.tree().nodes();
    let below = |caller: &str| {
        let caller = nodes.iter().position(|node| node.name == caller).unwrap();
        let queries = nodes.iter().find(|node| node.parent == caller && node.name == "db::query");
        (nodes[caller].calls, queries.map_or(0, |queries| queries.calls))
    };
    assert_eq!(below("shop_service::list_orders"), (20, 20 * 41));
    assert_eq!(below("shop_service::list_orders_joined"), (20, 20));

    let report = perf_exporters::Report::from(snapshot);
    let told: Vec<String> = report.repeated().iter().map(ToString::to_string).collect();
    assert!(
        told[0].starts_with("`db::query` is called 41 times per call of `shop_service::list_orders`, "),
        "{told:?}"
    );
    assert_eq!(told.len(), 1, "one query for a page is none too many");
}
