//! A real HTTP server on a thread of its own, with the faults that servers have.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, oneshot};

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<String>>,
    together: tokio::sync::OnceCell<Barrier>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let its = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), its) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request, as `METHOD PATH X-NUMBER BODY`.
    #[allow(dead_code, reason = "not every test looks")]
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&shared)));
            // A client that goes away, or an answer that ends early on purpose.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Answer>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let number = head.headers.get("x-number").map_or("", |value| value.to_str().unwrap());
    let text = String::from_utf8_lossy(&body);
    shared.seen.lock().unwrap().push(format!("{} {} {number} {text}", head.method, head.uri));
    let path = head.uri.path().to_owned();
    let (what, of) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let mut response = Response::new(Answer::Whole(Some(body)));
    match what {
        "status" => *response.status_mut() = of.parse::<u16>().unwrap().try_into().unwrap(),
        "together" => {
            let barrier = shared.together.get_or_init(|| async { Barrier::new(of.parse().unwrap()) }).await;
            barrier.wait().await;
        }
        "sleep" => tokio::time::sleep(Duration::from_millis(of.parse().unwrap())).await,
        "never" => std::future::pending().await,
        "half" => *response.body_mut() = Answer::Half(Some(Bytes::from_static(b"half"))),
        "abort" => *response.body_mut() = Answer::Aborted,
        "close" => drop(response.headers_mut().insert("connection", "close".parse().unwrap())),
        _ => {}
    }
    Ok(response)
}

/// A body that may never end, or end early.
enum Answer {
    Whole(Option<Bytes>),
    Half(Option<Bytes>),
    Aborted,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Half(bytes) => bytes.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))))),
            Self::Aborted => Poll::Ready(Some(Err(std::io::Error::other("on purpose")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            _ => SizeHint::default(),
        }
    }
}
