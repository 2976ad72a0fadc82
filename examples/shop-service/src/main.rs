//! The `shop-service` program.
//!
//! ```text
//! cargo run --release -p shop-service --features profiling               # serves until Ctrl-C; look at /perf/report
//! cargo run --release -p shop-service --features profiling -- 50         # asks itself 50 times, and ends
//! ```

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::{env, thread};

use tokio::net::TcpListener;

/// Counts allocations for the probes. Without the feature `profiling` it only forwards.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

#[tokio::main]
async fn main() -> io::Result<()> {
    #[cfg(feature = "profiling")]
    let _reporter = perf_exporters::init();
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse::<u32>().ok());
    let listener = TcpListener::bind(if rounds.is_some() { "127.0.0.1:0" } else { "127.0.0.1:3000" }).await?;
    let address = listener.local_addr()?;
    println!("http://{address}/orders");
    let Some(rounds) = rounds else {
        return axum::serve(listener, shop_service::app()).await;
    };
    let (done, ended) = tokio::sync::oneshot::channel();
    let clients = thread::spawn(move || {
        let asked = (0..rounds)
            .try_for_each(|_| ["/orders", "/orders/joined", "/stock"].iter().try_for_each(|path| ask(address, path)));
        let _ = done.send(());
        asked
    });
    axum::serve(listener, shop_service::app()).with_graceful_shutdown(async { drop(ended.await) }).await?;
    clients.join().unwrap_or(Ok(()))
}

/// Asks for a page, and reads all of it.
fn ask(address: SocketAddr, path: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    Err(io::Error::other(format!("{path}: {}", answer.lines().next().unwrap_or_default())))
}
