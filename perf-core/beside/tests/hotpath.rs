//! `#[hotpath::measure]` and `#[perf_probe]` both measure what they stand on together, in either order.
#![allow(clippy::unused_async)]

use std::pin::Pin;

use perf_core::{Session, perf_probe};

macro_rules! twice {
    ($($function:item)*) => {
        mod above {
            use super::*;
            $(#[perf_probe] #[hotpath::measure] $function)*
        }
        mod below {
            use super::*;
            $(#[hotpath::measure] #[perf_probe] $function)*
        }
    };
}

twice! {
    pub fn fallible(n: u32) -> Result<u32, String> {
        if n == 0 {
            return Err("zero".to_owned());
        }
        Ok(n)
    }

    pub async fn asynchronous(n: u32, (a, _): (u32, u32)) -> Result<u32, String> {
        n.checked_sub(a).ok_or_else(String::new)
    }

    pub fn boxed(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { n })
    }
}

macro_rules! all {
    ($module:ident) => {{
        let session = Session::new();
        session.run(|| {
            futures::executor::block_on(async {
                let outputs = ($module::fallible(0).is_ok(), $module::fallible(1).is_ok());
                assert_eq!(outputs, (false, true));
                let outputs =
                    ($module::asynchronous(0, (1, 2)).await.is_ok(), $module::asynchronous(1, (1, 2)).await.is_ok());
                assert_eq!(outputs, (false, true));
                assert_eq!($module::boxed(1).await, 1);
            });
        });
        let snapshot = session.snapshot();
        snapshot
            .probes()
            .filter(|probe| probe.calls() > 0)
            .map(|probe| (probe.name().rsplit_once(':').unwrap().1.to_owned(), probe.calls(), probe.errors()))
            .collect::<std::collections::BTreeSet<_>>()
    }};
}

#[test]
fn both_count_in_either_order() {
    let _measured = hotpath::HotpathGuardBuilder::new("beside").build();
    let expected = [("asynchronous", 2, 1), ("boxed", 1, 0), ("fallible", 2, 1)];
    let expected: std::collections::BTreeSet<_> =
        expected.into_iter().map(|(name, calls, errors)| (name.to_owned(), calls, errors)).collect();
    assert_eq!(all!(above), expected);
    assert_eq!(all!(below), expected);
}
