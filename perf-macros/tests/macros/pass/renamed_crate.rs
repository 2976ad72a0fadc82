//! The library under another name: `crate = path`.
#![deny(warnings)]

mod vendored {
    pub mod tracing_of_speed {
        #[doc(hidden)]
        pub use perf_core::__private;
        pub use perf_core::*;
    }
}

use vendored::tracing_of_speed::{perf_budget, perf_probe};

#[perf_probe(crate = vendored::tracing_of_speed)]
fn plain() {}

#[perf_probe(crate = crate::vendored::tracing_of_speed, name = "typed<{T}>")]
fn typed<T>(value: T) -> Result<T, ()> {
    Ok(value)
}

#[perf_probe(crate = vendored::tracing_of_speed, items = 1)]
async fn asynchronous() -> Result<(), ()> {
    Ok(())
}

#[perf_budget(crate = vendored::tracing_of_speed, max = "1s")]
fn budgeted() {}

#[perf_probe(crate = super::vendored::tracing_of_speed)]
mod module {
    pub(super) struct Type;

    #[super::perf_probe(crate = crate::vendored::tracing_of_speed)]
    impl Type {
        #[super::perf_probe(name = "own")]
        pub(super) fn method(&self) {}
    }

    pub(super) fn function() {}
}

fn main() {
    plain();
    let _ = typed(1);
    drop(asynchronous());
    budgeted();
    module::Type.method();
    module::function();
    assert!(vendored::tracing_of_speed::snapshot().get("own").is_some_and(|probe| probe.calls() == 1));
}
