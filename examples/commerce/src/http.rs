//! The HTTP APIs. The tenant is named by the header `x-tenant`.

use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use perf_core::perf_probe;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::shop::Shop;
use crate::state::{NodeState, NodeStep};
use crate::store::{NewNode, NewOrder, Node, Order, Product};
use crate::tenant::Tenant;

/// Threads for requests that wait for the database.
const BLOCKING: usize = 8;

/// The routes.
pub fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/orders", get(orders).post(place))
        .route("/orders/{id}/process", post(process))
        .route("/products", get(search))
        .route("/products/{id}", get(product))
        .route("/nodes", post(create_node))
        .route("/nodes/{id}", get(node))
        .route("/nodes/{id}/{step}", post(advance_node))
        .route("/events/{subject}", post(publish))
        .with_state(shop)
}

/// The tenant that a request is for.
struct Of(Arc<Tenant>);

impl FromRequestParts<Shop> for Of {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, shop: &Shop) -> Result<Self> {
        let id = parts.headers.get("x-tenant").and_then(|value| value.to_str().ok()?.parse().ok());
        let id: u32 = id.ok_or(Error::Invalid("the header x-tenant names no tenant"))?;
        if let Some(tenant) = cached(shop, id) {
            return Ok(Self(tenant));
        }
        // Only who is not cached waits for the database.
        let shop = shop.clone();
        blocking(move || shop.tenant(id)).await.map(Self)
    }
}

/// What nearly every request finds.
#[perf_probe(name = "tenant of a request")]
fn cached(shop: &Shop, id: u32) -> Option<Arc<Tenant>> {
    shop.tenants.get(id)
}

/// Runs what waits for the database where no other request waits behind it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Stopped))
}

#[derive(Deserialize)]
struct Searched {
    q: String,
}

#[perf_probe(name = "GET /orders")]
async fn orders(State(shop): State<Shop>, Of(tenant): Of) -> Result<Json<Vec<Order>>> {
    blocking(move || shop.store.orders(tenant.id)).await.map(Json)
}

#[perf_probe(name = "POST /orders")]
async fn place(State(shop): State<Shop>, Of(tenant): Of, Json(new): Json<NewOrder>) -> Result<(StatusCode, Json<u32>)> {
    blocking(move || shop.place(tenant.id, &new)).await.map(created)
}

#[perf_probe(name = "POST /orders/process")]
async fn process(State(shop): State<Shop>, Of(tenant): Of, Path(id): Path<u32>) -> Result<()> {
    blocking(move || shop.process(tenant.id, id)).await
}

#[perf_probe(name = "GET /products?q")]
async fn search(
    State(shop): State<Shop>,
    Of(tenant): Of,
    Query(Searched { q }): Query<Searched>,
) -> Result<Json<Vec<Product>>> {
    blocking(move || shop.store.search(tenant.id, &q)).await.map(Json)
}

#[perf_probe(name = "GET /products")]
async fn product(State(shop): State<Shop>, Of(tenant): Of, Path(id): Path<u32>) -> Result<Json<Product>> {
    blocking(move || shop.store.product(tenant.id, id)).await.map(Json)
}

#[perf_probe(name = "POST /nodes")]
async fn create_node(
    State(shop): State<Shop>,
    Of(tenant): Of,
    Json(new): Json<NewNode>,
) -> Result<(StatusCode, Json<u32>)> {
    blocking(move || shop.create_node(tenant.id, &new)).await.map(created)
}

#[perf_probe(name = "GET /nodes")]
async fn node(State(shop): State<Shop>, Of(tenant): Of, Path(id): Path<u32>) -> Result<Json<Node>> {
    blocking(move || shop.store.node(tenant.id, id)).await.map(Json)
}

#[perf_probe(name = "POST /nodes/step")]
async fn advance_node(
    State(shop): State<Shop>,
    Of(tenant): Of,
    Path((id, step)): Path<(u32, String)>,
) -> Result<Json<NodeState>> {
    let step = NodeStep::of(&step).ok_or(Error::Invalid("there is no such step"))?;
    blocking(move || shop.store.advance_node(tenant.id, id, step)).await.map(Json)
}

#[perf_probe(name = "POST /events")]
async fn publish(State(shop): State<Shop>, Of(tenant): Of, Path(subject): Path<u32>) -> Result<()> {
    blocking(move || shop.publish(tenant.id, subject)).await
}

fn created(id: u32) -> (StatusCode, Json<u32>) {
    (StatusCode::CREATED, Json(id))
}

/// A server on a thread of its own, until it is dropped. Its bus has one subscriber, as a mailer would be.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shop: Shop,
    end: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts to serve at a free port of this machine.
    ///
    /// # Errors
    /// Where no port or thread is to be had.
    pub fn start(shop: Shop, port: u16) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(BLOCKING)
            .thread_name("commerce")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel();
        let routes = routes(shop.clone());
        let serving = thread::Builder::new().name("commerce-http".to_owned()).spawn(move || {
            let served = axum::serve(listener, routes).with_graceful_shutdown(async { drop(ended.await) });
            // It ends by `end` alone: an error of a connection is no error of the server.
            let _ = runtime.block_on(async { served.await });
            runtime.shutdown_background();
        })?;
        let mut mailer = shop.bus.subscribe();
        let mailing = thread::Builder::new().name("commerce-mailer".to_owned());
        let mailing = mailing.spawn(move || while mailer.handle_next(|_| Ok(())) {})?;
        Ok(Self { address, shop, end: Some(end), threads: vec![serving, mailing] })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until Ctrl-C, and ends in order: a report that is written at the end of the program is written. Calls `ready` once the
    /// signal is waited for.
    ///
    /// # Errors
    /// Where the signal cannot be waited for.
    pub fn until_interrupted(self, ready: impl FnOnce()) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut interrupted = pin!(tokio::signal::ctrl_c());
            let mut ready = Some(ready);
            poll_fn(|context| {
                // The first poll takes the signal over.
                let polled = interrupted.as_mut().poll(context);
                ready.take().into_iter().for_each(|ready| ready());
                polled
            })
            .await
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.end.take());
        self.shop.bus.close();
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}
