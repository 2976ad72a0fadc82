//! File descriptors for connections and for the program: a system gives the lowest free number, connections keep low
//! ones, and the highest part of them is left to the program.

use tokio::net::TcpStream;

use super::connections::Connections;

/// The part of all numbers that is the program's: one in so many.
#[cfg(unix)]
const LEFT_TO_THE_PROGRAM: u64 = 4;

/// The connection under a number that connections may hold. Where it came under one of the program's, others are closed
/// until a lower number is free, and it moves there: however many are accepted before a closed one is gone, none stays
/// in the program's part. Only a program that holds all the lower numbers itself has one connection there.
#[cfg(unix)]
pub(super) async fn in_its_part(stream: TcpStream, connections: &mut Connections) -> TcpStream {
    use std::os::fd::{AsFd, AsRawFd};

    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::process::{Resource, getrlimit};

    let Some(most) = getrlimit(Resource::Nofile).current else { return stream };
    let is_theirs = |number: i32| u64::try_from(number).is_ok_and(|number| number < most - most / LEFT_TO_THE_PROGRAM);
    if is_theirs(stream.as_raw_fd()) {
        return stream;
    }
    while connections.close_one() {
        // The number is free when the task that was aborted has run.
        tokio::task::yield_now().await;
        if let Ok(moved) = fcntl_dupfd_cloexec(stream.as_fd(), 0)
            && is_theirs(moved.as_raw_fd())
        {
            return TcpStream::from_std(moved.into()).unwrap_or(stream);
        }
    }
    stream
}

#[cfg(not(unix))]
pub(super) async fn in_its_part(stream: TcpStream, _: &mut Connections) -> TcpStream {
    stream
}
