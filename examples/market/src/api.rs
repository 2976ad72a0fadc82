//! The query API over HTTP: `/trades/SYMBOL?limit=N`, `/quotes/SYMBOL`, `/stats/SYMBOL`, `/health`, each answering JSON.
//!
//! Handlers are `async`, `SQLite` is not: its work goes to `spawn_blocking`, and a [`CallContext`] keeps the handler the caller of
//! it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use axum::Router;
use axum::extract::{self, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use perf_core::{CallContext, perf_probe};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::sql::{Reader, StoreError};
use crate::symbols::Symbols;

/// Connections to the database: as many queries run at one time.
const CONNECTIONS: usize = 4;
/// Trades of an answer, at most, and where nothing is said.
const MOST: u32 = 1_000;
const USUAL: u32 = 50;

/// What handlers share.
#[derive(Debug)]
struct Shared {
    symbols: Arc<Symbols>,
    readers: Vec<Mutex<Reader>>,
    next: AtomicUsize,
}

/// The routes, reading this database.
///
/// # Errors
/// A database that cannot be opened.
pub fn app(database: &Path, symbols: Arc<Symbols>) -> Result<Router, StoreError> {
    let readers =
        (0..CONNECTIONS).map(|_| Ok(Mutex::new(Reader::open(database)?))).collect::<Result<_, StoreError>>()?;
    let shared = Arc::new(Shared { symbols, readers, next: AtomicUsize::new(0) });
    Ok(Router::new()
        .route("/trades/{symbol}", get(trades))
        .route("/quotes/{symbol}", get(quotes))
        .route("/stats/{symbol}", get(stats))
        .route("/health", get(async || "ok"))
        .with_state(shared))
}

/// An answer, or the status for what went wrong.
type Answer = Result<Response, StatusCode>;

#[derive(Deserialize)]
struct Wanted {
    limit: Option<u32>,
}

#[perf_probe(name = "api::trades", errors)]
async fn trades(
    State(shared): State<Arc<Shared>>,
    extract::Path(symbol): extract::Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let most = wanted.limit.unwrap_or(USUAL).min(MOST);
    shared.answer(&symbol, move |reader, symbol| reader.trades(symbol, most).map(Some)).await
}

#[perf_probe(name = "api::quotes", errors)]
async fn quotes(State(shared): State<Arc<Shared>>, extract::Path(symbol): extract::Path<String>) -> Answer {
    shared.answer(&symbol, Reader::quote).await
}

#[perf_probe(name = "api::stats", errors)]
async fn stats(State(shared): State<Arc<Shared>>, extract::Path(symbol): extract::Path<String>) -> Answer {
    shared.answer(&symbol, Reader::stats).await
}

impl Shared {
    /// Asks the database on a thread for work that blocks. What is not there is 404; a database that fails is 503.
    async fn answer<T, Q>(self: Arc<Self>, symbol: &str, query: Q) -> Answer
    where
        T: Serialize,
        Q: FnOnce(&Reader, u32) -> Result<Option<T>, StoreError> + Send + 'static,
    {
        let symbol = self.symbols.find(symbol).ok_or(StatusCode::NOT_FOUND)?;
        let caller = CallContext::current();
        let asked = tokio::task::spawn_blocking(move || {
            caller.run(|| {
                let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
                let reader = self.readers[turn].lock().unwrap_or_else(PoisonError::into_inner);
                let found = query(&reader, symbol).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
                let found = found.ok_or(StatusCode::NOT_FOUND)?;
                serde_json::to_vec(&found).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
            })
        });
        let json = asked.await.unwrap_or(Err(StatusCode::INTERNAL_SERVER_ERROR))?;
        Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
    }
}

/// A server on threads of its own, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Serves on this address, such as `127.0.0.1:0`.
    ///
    /// # Errors
    /// An address that cannot be had, a database that cannot be opened.
    pub fn start(address: &str, database: &Path, symbols: Arc<Symbols>) -> io::Result<Self> {
        let app = app(database, symbols).map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async move {
            tokio::select! {
                ended = axum::serve(listener, app) => ended,
                _ = stopped => Ok(()),
            }
        };
        let thread = thread::spawn(move || runtime.block_on(serve));
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// Why it ended.
    pub fn join(mut self) -> io::Result<()> {
        let ended = self.thread.take().map(thread::JoinHandle::join);
        ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(io::Error::other("the server panicked")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
