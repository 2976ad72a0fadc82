//! A server to be put under load, whose behaviour is known: `docs/load/http.md` measures it.
//!
//! ```text
//! cargo run --release -p perf-load --features http --example http_server -- 127.0.0.1:3100
//!
//! /               answers at once
//! /wait/5ms       waits that long, holding nothing up
//! /spin/50us      works that long on the processor
//! /stall/100ms/1s once in every second the whole server stands still for 100 ms: requests wait until it goes on
//! ```

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Answer = Response<Full<Bytes>>;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3100".to_owned());
    let address: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    // The server has one thread: the machine's other processors are for the client.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("http://{}/", listener.local_addr()?);
        let begun = Instant::now();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, begun));
                // A client that goes away is no fault of the server's.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(request: Request<Incoming>, begun: Instant) -> Result<Answer, Infallible> {
    let mut words = request.uri().path().split('/').skip(1);
    let what = words.next().unwrap_or_default();
    let times: Option<Vec<Duration>> = words.map(duration).collect();
    let mut answer = Response::new(Full::new(Bytes::from_static(b"hello\n")));
    match (what, times.as_deref()) {
        ("", _) => {}
        ("wait", Some([time])) => tokio::time::sleep(*time).await,
        ("spin", Some([time])) => {
            let until = Instant::now() + *time;
            while Instant::now() < until {
                std::hint::spin_loop();
            }
        }
        ("stall", Some([stall, every])) if !every.is_zero() => {
            let within = begun.elapsed().as_nanos() % every.as_nanos();
            let left = stall.as_nanos().saturating_sub(within);
            tokio::time::sleep(Duration::from_nanos(u64::try_from(left).unwrap_or(0))).await;
        }
        _ => *answer.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(answer)
}

/// `5ms`, `50us`, `1s`.
fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let nanos = match unit {
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return None,
    };
    Some(Duration::from_nanos(number.parse::<u64>().ok()?.checked_mul(nanos)?))
}
