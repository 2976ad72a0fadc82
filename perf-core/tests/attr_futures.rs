//! `#[perf_probe]` on everything asynchronous: what is measured is the future, from its first poll to its end.
#![cfg(feature = "enabled")]
#![allow(clippy::type_complexity)]

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt, LocalBoxFuture};
use perf_core::{ProbeStats, Session, perf_probe};

const NAP: Duration = Duration::from_millis(20);

/// Runs a future in a session, and gives what was seen of the one probe in it.
fn probe_of<F: Future>(future: F) -> (F::Output, ProbeStats) {
    let session = Session::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let output = session.run(|| runtime.block_on(future));
    let snapshot = session.snapshot();
    let mut probes = snapshot.probes().filter(|probe| probe.calls() > 0);
    let probe = probes.next().expect("a probe").clone();
    assert!(probes.next().is_none(), "only one");
    (output, probe)
}

/// The future was measured, not what made it: it napped, and was busy for a small part of that.
fn napped(probe: &ProbeStats, name: &str) {
    assert_eq!(probe.name(), format!("{}::{name}", module_path!()));
    assert_eq!((probe.calls(), probe.errors(), probe.cancelled()), (1, 0, 0), "{name}");
    assert!(probe.polls() >= 2, "{name}: {} polls", probe.polls());
    assert!(probe.total() >= NAP, "{name}: {:?}", probe.total());
    assert!(probe.busy() < NAP / 2, "{name}: {:?}", probe.busy());
}

async fn nap() {
    tokio::time::sleep(NAP).await;
}

#[perf_probe]
async fn plain(n: &u8) -> u8 {
    nap().await;
    *n + 1
}

#[perf_probe]
fn opaque(n: u8) -> impl Future<Output = u8> + Send {
    async move {
        nap().await;
        n + 1
    }
}

#[perf_probe]
fn boxed<'a>(n: &'a mut u8) -> Pin<Box<dyn Future<Output = u8> + Send + 'a>> {
    *n += 1;
    Box::pin(async move {
        nap().await;
        *n
    })
}

#[perf_probe]
fn boxed_early(early: bool) -> Pin<Box<dyn Future<Output = u8>>> {
    if early {
        return Box::pin(async {
            nap().await;
            1
        });
    }
    Box::pin(async {
        nap().await;
        2
    })
}

#[perf_probe(future)]
fn alias(n: &u8) -> BoxFuture<'_, u8> {
    async move {
        nap().await;
        *n
    }
    .boxed()
}

#[perf_probe(future)]
fn alias_tail(n: u8) -> LocalBoxFuture<'static, u8> {
    let m = n + 1;
    Box::pin(async move {
        nap().await;
        m
    })
}

#[test]
fn futures_are_measured_not_their_makers() {
    let (output, probe) = probe_of(plain(&1));
    assert_eq!(output, 2);
    napped(&probe, "plain");
    let (output, probe) = probe_of(async { opaque(1).await });
    assert_eq!(output, 2);
    napped(&probe, "opaque");
    let mut n = 1;
    let (output, probe) = probe_of(boxed(&mut n));
    assert_eq!(output, 2);
    napped(&probe, "boxed");
    let (output, probe) = probe_of(boxed_early(true));
    assert_eq!(output, 1);
    napped(&probe, "boxed_early");
    let (output, probe) = probe_of(boxed_early(false));
    assert_eq!(output, 2);
    napped(&probe, "boxed_early");
    let (output, probe) = probe_of(alias(&7));
    assert_eq!(output, 7);
    napped(&probe, "alias");
    let (output, probe) = probe_of(alias_tail(7));
    assert_eq!(output, 8);
    napped(&probe, "alias_tail");
}

#[async_trait]
trait Store {
    async fn get(&self, key: &str) -> Result<u8, String>;

    #[perf_probe]
    async fn default_method(&self) {
        nap().await;
    }

    async fn under(&self);
}

struct Memory(u8);

#[async_trait]
impl Store for Memory {
    #[perf_probe(bytes = key.len())]
    async fn get(&self, key: &str) -> Result<u8, String> {
        nap().await;
        if key.is_empty() {
            return Err("no key".to_owned());
        }
        let _: u8 = key.parse().map_err(|error| format!("{error}"))?;
        Ok(self.0)
    }

    #[perf_probe]
    async fn under(&self) {
        nap().await;
    }
}

struct Above;

#[perf_probe]
#[async_trait]
impl Store for Above {
    async fn get(&self, key: &str) -> Result<u8, String> {
        nap().await;
        key.parse().map_err(|_| key.to_owned())
    }

    async fn under(&self) {
        nap().await;
    }
}

struct Below(String);

#[async_trait]
#[perf_probe]
impl Store for Below {
    async fn get(&self, key: &str) -> Result<u8, String> {
        nap().await;
        let text = self.0.clone() + key;
        text.parse().map_err(|_| text)
    }

    async fn under(&self) {
        nap().await;
    }
}

#[test]
fn async_trait_in_either_order() {
    let ((), probe) = probe_of(Memory(1).default_method());
    napped(&probe, "Store::default_method");
    let ((), probe) = probe_of(Memory(1).under());
    napped(&probe, "Memory::under");
    let ((), probe) = probe_of(Above.under());
    napped(&probe, "Above::under");
    let ((), probe) = probe_of(Below(String::new()).under());
    napped(&probe, "Below::under");
}

#[test]
fn errors_of_async_trait_methods() {
    let memory = Memory(3);
    for (store, name) in
        [(&memory as &dyn Store, "Memory::get"), (&Above, "Above::get"), (&Below(String::new()), "Below::get")]
    {
        let (output, probe) = probe_of(async {
            let outputs = (store.get("1").await, store.get("x").await, store.get("").await);
            (outputs.0.is_ok(), outputs.1.is_ok(), outputs.2.is_ok())
        });
        assert_eq!(output, (true, false, false), "{name}");
        assert_eq!(probe.name(), format!("{}::{name}", module_path!()));
        assert_eq!((probe.calls(), probe.errors()), (3, 2), "{name}");
        assert_eq!(probe.bytes(), if name.starts_with("Memory") { 2 } else { 0 });
    }
}

#[perf_probe(items = rows.len())]
async fn fallible(rows: Vec<u8>, (fail, _): (bool, u8)) -> Result<usize, Box<dyn Error + Send + Sync>> {
    if rows.is_empty() {
        return Err("empty".into());
    }
    if fail {
        Err("told to")?;
    }
    Ok(rows.len())
}

#[perf_probe]
fn fallible_opaque(text: &str) -> impl Future<Output = Result<u8, std::num::ParseIntError>> {
    let text = text.to_owned();
    async move { Ok(text.parse::<u8>()? + 1) }
}

#[perf_probe]
fn fallible_boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<u8, Box<dyn Error>>> + '_>> {
    Box::pin(async move { Ok(text.parse::<u8>()? + 1) })
}

#[perf_probe(future)]
fn fallible_alias(text: &str) -> BoxFuture<'_, Result<u8, ()>> {
    async move { text.parse().map_err(drop) }.boxed()
}

type Hidden<'a> = BoxFuture<'a, Result<u8, ()>>;

#[perf_probe(future, errors)]
fn fallible_hidden(text: &str) -> Hidden<'_> {
    async move { text.parse().map_err(drop) }.boxed()
}

#[test]
fn errors_of_futures() {
    let ((), probe) = probe_of(async {
        assert!(fallible(vec![], (false, 0)).await.is_err());
        assert!(fallible(vec![1, 2], (true, 0)).await.is_err());
        assert_eq!(fallible(vec![1, 2], (false, 0)).await.unwrap(), 2);
    });
    assert_eq!((probe.calls(), probe.errors(), probe.items()), (3, 2, 4));
    let ((), probe) = probe_of(async {
        assert!(fallible_opaque("1").await.is_ok());
        assert!(fallible_opaque("x").await.is_err());
    });
    assert_eq!((probe.calls(), probe.errors()), (2, 1));
    let ((), probe) = probe_of(async {
        assert!(fallible_boxed("1").await.is_ok());
        assert!(fallible_boxed("x").await.is_err());
    });
    assert_eq!((probe.calls(), probe.errors()), (2, 1));
    let ((), probe) = probe_of(async {
        assert!(fallible_alias("1").await.is_ok());
        assert!(fallible_alias("x").await.is_err());
    });
    assert_eq!((probe.calls(), probe.errors()), (2, 1));
    let ((), probe) = probe_of(async {
        assert!(fallible_hidden("1").await.is_ok());
        assert!(fallible_hidden("x").await.is_err());
    });
    assert_eq!((probe.calls(), probe.errors()), (2, 1));
}

#[perf_probe]
async fn forever() -> ! {
    loop {
        tokio::task::yield_now().await;
    }
}

#[perf_probe]
async fn implied() -> impl Iterator<Item = u8> {
    nap().await;
    [1, 2].into_iter()
}

struct Client {
    calls: u8,
}

impl Client {
    #[perf_probe]
    async fn send(&mut self, text: &str) -> &u8 {
        nap().await;
        self.calls += u8::try_from(text.len()).unwrap();
        &self.calls
    }

    #[perf_probe]
    async unsafe fn raw(&self, pointer: *const u8) -> Result<u8, ()> {
        nap().await;
        // SAFETY: the caller's promise.
        Ok(unsafe { *pointer } + self.calls)
    }

    #[perf_probe]
    async fn generic<T: Clone>(mut self: Box<Self>, items: &[T], each: impl Fn(T)) -> Vec<T> {
        self.calls += 1;
        nap().await;
        items.iter().cloned().for_each(each);
        items.to_vec()
    }
}

#[test]
fn signatures() {
    let mut client = Client { calls: 0 };
    let ((), probe) = probe_of(async { assert_eq!(*client.send("abc").await, 3) });
    napped(&probe, "Client::send");
    let n = 1;
    // SAFETY: it points to a local value.
    let (sum, probe) = probe_of(unsafe { client.raw(&raw const n) });
    assert_eq!(sum, Ok(4));
    napped(&probe, "Client::raw");
    let ((), probe) = probe_of(async { assert_eq!(Box::new(client).generic(&[1], |_| ()).await, [1]) });
    napped(&probe, "Client::generic");
    let ((), probe) = probe_of(async { assert_eq!(implied().await.sum::<u8>(), 3) });
    napped(&probe, "implied");
}

#[test]
fn dropped_futures_are_cancelled() {
    let (timed_out, probe) = probe_of(async { tokio::time::timeout(NAP, forever()).await.is_err() });
    assert!(timed_out);
    assert_eq!((probe.calls(), probe.cancelled()), (1, 1));
}

#[test]
fn futures_stay_send() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    drop(send(plain(&1)));
    drop(send(opaque(1)));
    drop(send(boxed(&mut 1)));
    drop(send(Memory(1).get("")));
    drop(send(fallible(vec![], (true, 1))));
}

#[perf_probe]
#[tokio::test]
async fn above_tokio_test() -> Result<(), String> {
    nap().await;
    Ok(())
}

#[tokio::test]
#[perf_probe]
async fn below_tokio_test() -> Result<(), String> {
    nap().await;
    Ok(())
}

mod main_above {
    #[perf_core::perf_probe]
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn main() -> Result<(), String> {
        Err("above".to_owned())
    }
}

mod main_below {
    #[tokio::main(flavor = "current_thread")]
    #[perf_core::perf_probe]
    pub(super) async fn main() -> Result<(), String> {
        Err("below".to_owned())
    }
}

#[test]
fn tokio_main_in_either_order() {
    let session = Session::new();
    assert!(session.run(main_above::main).is_err());
    assert!(session.run(main_below::main).is_err());
    let snapshot = session.snapshot();
    for name in ["main_above::main", "main_below::main"] {
        let probe = snapshot.get(&format!("{}::{name}", module_path!())).unwrap();
        assert_eq!((probe.calls(), probe.errors()), (1, 1), "{name}");
    }
}
