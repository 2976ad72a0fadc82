//! The endpoint's own thread: accepts, limits, answers.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{sleep, sleep_until, timeout};

use super::Options;
use super::connections::{Asked, Connections};
use super::descriptors::in_its_part;
use super::endpoint::{Endpoint, trouble};
use crate::process::Process;

/// Bytes of a request's head.
const HEAD: usize = 8 * 1024;
/// Header fields of a request.
const FIELDS: usize = 64;
/// Connections accepted in a row, and the time they are for: 1,000 a second.
const BURST: (u32, Duration) = (100, Duration::from_millis(100));
/// Pauses after an accept that failed for want of something, doubled from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// For how long a page that is being made may hold up the end.
const LAST_PAGE: Duration = Duration::from_secs(1);

/// The endpoint, while it serves. Dropped, it closes its connections and its thread ends.
#[must_use = "the endpoint ends when this is dropped: keep it with `let _server = …`"]
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
    process: Process,
}

impl Server {
    pub(super) fn start(listener: TcpListener, options: Options) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        if options.call_tree {
            perf_core::set_call_tree(true);
        }
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(2)
            .thread_name("perf-serve-page")
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let run = move || run(runtime, listener, options, stopped);
        let thread = thread::Builder::new().name("perf-serve".to_owned()).spawn(run)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread), process: Process::current() })
    }

    /// Where it serves; the port is the one that was found where 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.process.is_current() {
            // The thread is the parent's, and so is what would wake it.
            mem::forget((self.stop.take(), self.thread.take()));
            return;
        }
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It panicked or it did not; either way it is over.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, listener: TcpListener, options: Options, stopped: oneshot::Receiver<Infallible>) {
    let accepting = runtime.spawn(accept(listener, options));
    // Nothing is ever sent: the channel closes.
    let _ = runtime.block_on(stopped);
    accepting.abort();
    runtime.shutdown_timeout(LAST_PAGE);
}

async fn accept(listener: TcpListener, options: Options) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    #[cfg(unix)]
    let _closed = perf_core::__private::ClosedInChildren::new(&listener);
    let mut connections = Connections::new(options.max_connections);
    let patience = options.timeout;
    let endpoint = Arc::new(Endpoint::new(options));
    let mut pause = PAUSES.0;
    let (mut burst, mut burst_began) = (0, Instant::now());
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                pause = PAUSES.0;
                connections.make_room();
                let stream = in_its_part(stream, &mut connections).await;
                let asked = Asked::default();
                let task = tokio::spawn(converse(stream, Arc::clone(&endpoint), asked.clone(), patience));
                connections.add(task.abort_handle(), asked);
            }
            Err(error) if is_the_clients(&error) => {}
            // No file descriptors, no memory: a connection less helps at once.
            Err(_) if connections.close_one() => yield_now().await,
            // There is none: asking again at once would only burn time that the program needs.
            Err(_) => {
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
        burst += 1;
        if burst >= BURST.0 {
            sleep_until((burst_began + BURST.1).into()).await;
            (burst, burst_began) = (0, Instant::now());
        }
    }
}

/// Whether accepting failed by what the client did, so that the next may well succeed.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

/// One connection: one request, one answer.
async fn converse(stream: TcpStream, endpoint: Arc<Endpoint>, asked: Asked, patience: Duration) {
    let answer = service_fn(move |request: Request<Incoming>| {
        asked.now();
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, Infallible>(answer(endpoint, request).await.map(Full::new)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD)
        .max_headers(FIELDS)
        .keep_alive(false)
        // A client may end what it says before it has heard the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), answer);
    // What goes wrong here went wrong at the other end, and the connection with it.
    let _ = timeout(patience * 2, connection).await;
}

/// Pages are made on another thread, so that a large one delays no other request.
pub(super) async fn answer<B>(endpoint: Arc<Endpoint>, request: Request<B>) -> Response<Bytes> {
    let (request, _) = request.into_parts();
    match endpoint.understand(&request) {
        Ok(page) => tokio::task::spawn_blocking(move || endpoint.show(page)).await.unwrap_or_else(|_| trouble()),
        Err(refused) => *refused,
    }
}
