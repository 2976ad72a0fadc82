use perf_core::perf_probe;

#[perf_probe(sample = 10, overhead = "1%")]
fn two_rates() {}

#[perf_probe(errors)]
fn nothing_to_fail() {}

#[perf_probe(errors)]
fn never_returns() -> ! {
    loop {}
}

#[perf_probe(future)]
fn no_future() {}

macro_rules! leave {
    ($value:expr) => {
        return $value
    };
}

#[track_caller]
#[perf_probe(errors)]
fn caller_and_errors() -> Result<(), ()> {
    leave!(Ok(()))
}

#[track_caller]
#[perf_probe]
fn caller_and_return(early: bool) -> impl Future<Output = u8> {
    if early {
        return std::future::ready(1);
    }
    if !early {
        leave!(std::future::ready(3));
    }
    std::future::ready(2)
}

#[perf_probe(name = "array<{N}>")]
fn constant<const N: usize>(_: [u8; N]) {}

struct Type;

#[perf_probe(name = "x")]
impl Type {}

#[perf_probe(items = 1)]
mod module {}

#[perf_probe]
impl Type {
    #[perf_probe(sampel = 1)]
    fn misspelt(&self) {}

    #[perf_probe]
    const fn constant(&self) {}

    fn good(&self) {}
}

fn main() {
    // One mistake, one message: all of these exist.
    two_rates();
    nothing_to_fail();
    no_future();
    Type.misspelt();
    Type.constant();
    Type.good();
}
