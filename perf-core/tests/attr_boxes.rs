//! Measuring allocates nothing: neither a second box for a boxed future nor anything else.
#![cfg(feature = "enabled")]

use std::pin::Pin;

use async_trait::async_trait;
use perf_core::{PerfAlloc, Session, perf_probe};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

#[perf_probe]
async fn plain(n: u8) -> Result<u8, String> {
    Ok(n)
}

#[perf_probe]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    let m = n;
    Box::pin(async move { m })
}

#[async_trait]
trait Get {
    async fn get(&self) -> Result<Vec<u8>, ()>;
}

#[async_trait]
impl Get for u8 {
    #[perf_probe]
    async fn get(&self) -> Result<Vec<u8>, ()> {
        Ok(vec![*self])
    }
}

#[perf_probe(name = "generic<{T}>", items = 2)]
fn generic<T: Clone>(value: &T) -> Result<T, ()> {
    Ok(value.clone())
}

#[perf_probe(name = "outer")]
async fn outer() {
    assert_eq!(plain(1).await, Ok(1));
    assert_eq!(boxed(2).await, 2);
    assert_eq!(3.get().await, Ok(vec![3]));
    assert_eq!(generic(&4_u8), Ok(4));
}

#[test]
fn only_the_program_allocates() {
    let session = Session::new();
    session.run(|| (0..10).for_each(|_| pollster::block_on(outer())));
    let snapshot = session.snapshot();
    let allocs = |name: &str| {
        let probe = snapshot.get(name).unwrap();
        assert_eq!(probe.calls(), 10);
        probe.allocs()
    };
    // Two boxes that the program asks for, one vector here and one to compare with.
    assert_eq!(allocs("outer"), 40);
    // The box is made before the future in it is first polled.
    assert_eq!(allocs("attr_boxes::boxed"), 0);
    assert_eq!(allocs("attr_boxes::u8::get"), 10);
    assert_eq!(allocs("attr_boxes::plain"), 0);
    assert_eq!(allocs("generic<u8>"), 0);
}
