//! What the attribute costs in stack, in the size of futures, and in the depth of their types. All of it is the same
//! in every run of one build.
#![cfg(feature = "enabled")]
#![allow(
    clippy::unnecessary_wraps,
    clippy::large_types_passed_by_value,
    clippy::large_futures,
    clippy::needless_pass_by_value
)]

use std::cell::Cell;
use std::hint::black_box;

use perf_core::perf_probe;

thread_local! {
    /// Where the frames of the last two levels of a recursion have been.
    static FRAMES: Cell<[usize; 2]> = const { Cell::new([0; 2]) };
}

/// Notes the place of the caller's frame.
#[inline(never)]
fn level(n: u32) {
    let here = 0_u8;
    let [_, last] = FRAMES.get();
    FRAMES.set([last, std::ptr::from_ref(&here).addr()]);
    black_box((&here, n));
}

/// The bytes between two levels.
fn per_level<T>(recursion: impl FnOnce() -> T) -> usize {
    black_box(recursion());
    let [last, here] = FRAMES.get();
    last.abs_diff(here)
}

type Large = [u8; 512];
/// The same, but not `Copy`.
struct Owned(Large);

impl Owned {
    fn first(&self) -> u8 {
        self.0[0]
    }
}

macro_rules! hidden {
    ($value:expr) => {
        return $value
    };
}

/// Each function twice.
macro_rules! twice {
    ($($function:item)*) => {
        mod plain {
            use super::*;
            $($function)*
        }
        mod probed {
            use super::*;
            $(#[perf_probe] $function)*
        }
    };
}

twice! {
    #[inline(never)]
    pub(super) fn unit(n: u32) -> u32 {
        level(n);
        if n == 0 {
            return 1;
        }
        black_box(unit(n - 1)) + 1
    }

    #[inline(never)]
    pub(super) fn unit_large(n: u32, large: Large) -> u32 {
        level(n);
        if n == 0 {
            return u32::from(large[0]);
        }
        black_box(unit_large(n - 1, large)) + 1
    }

    #[inline(never)]
    pub(super) fn result(n: u32) -> Result<u32, String> {
        level(n);
        if n == 0 {
            return Ok(1);
        }
        Ok(black_box(result(n - 1)?) + 1)
    }

    #[inline(never)]
    pub(super) fn result_large(n: u32, large: Large) -> Result<u32, String> {
        level(n);
        if n == 0 {
            return Ok(u32::from(large[0]));
        }
        Ok(black_box(result_large(n - 1, large)?) + 1)
    }

    #[inline(never)]
    pub(super) fn in_closure(n: u32) -> Result<u32, String> {
        level(n);
        if n == 0 {
            hidden!(Ok(1));
        }
        Ok(black_box(in_closure(n - 1)?) + 1)
    }

    #[inline(never)]
    pub(super) fn in_closure_array(n: u32, array: [u8; 512]) -> Result<u32, String> {
        level(n);
        if n == 0 {
            hidden!(Ok(u32::from(array[0])));
        }
        Ok(black_box(in_closure_array(n - 1, array)?) + 1)
    }

    #[inline(never)]
    pub(super) fn in_closure_large(n: u32, large: Large) -> Result<u32, String> {
        level(n);
        if n == 0 {
            hidden!(Ok(u32::from(large[0])));
        }
        Ok(black_box(in_closure_large(n - 1, large)?) + 1)
    }

    #[inline(never)]
    pub(super) fn in_closure_borrowed(n: u32, owned: Owned, text: &str) -> Result<u32, String> {
        level(n);
        if n == 0 {
            hidden!(Ok(u32::from(owned.0[0])));
        }
        let next = Owned([owned.first(); 512]);
        Ok(black_box(in_closure_borrowed(n - 1, next, text)?) + u32::from(black_box(&owned.0)[text.len()]))
    }

    #[inline(never)]
    pub(super) fn in_closure_owned(n: u32, owned: Owned) -> Result<u32, String> {
        level(n);
        if n == 0 {
            hidden!(Ok(u32::from(owned.0[0])));
        }
        Ok(black_box(in_closure_owned(n - 1, owned)?) + 1)
    }

    pub(super) trait BySelf {
        fn by_self(self, n: u32) -> Result<u32, String>;
    }

    impl BySelf for Owned {
        #[inline(never)]
        fn by_self(self, n: u32) -> Result<u32, String> {
            level(n);
            if n == 0 {
                let first = u32::from(self.0[0]);
                hidden!(Ok(first));
            }
            Ok(black_box(self.by_self(n - 1)?) + 1)
        }
    }

    pub(super) fn in_closure_self(n: u32, owned: Owned) -> Result<u32, String> {
        owned.by_self(n)
    }

    pub(super) async fn boxed(n: u32) -> Result<u32, String> {
        level(n);
        if n == 0 {
            return Ok(1);
        }
        Ok(black_box(Box::pin(boxed(n - 1)).await?) + 1)
    }

    pub(super) async fn six(large: [u8; 1024]) -> usize {
        std::future::ready(()).await;
        large.len()
    }
    pub(super) async fn five(large: [u8; 1024]) -> usize {
        six(large).await
    }
    pub(super) async fn four(large: [u8; 1024]) -> usize {
        five(large).await
    }
    pub(super) async fn three(large: [u8; 1024]) -> usize {
        four(large).await
    }
    pub(super) async fn two(large: [u8; 1024]) -> usize {
        three(large).await
    }
    pub(super) async fn one(large: [u8; 1024]) -> usize {
        two(large).await
    }
}

#[test]
fn a_level_of_a_recursion_takes_little_stack() {
    let large = [1; 512];
    macro_rules! more {
        ($function:ident $arguments:tt) => {{
            let plain = per_level(|| plain::$function $arguments);
            let probed = per_level(|| probed::$function $arguments);
            println!("{:17} {plain:5} -> {probed:5}, {:+}", stringify!($function), probed.cast_signed() - plain.cast_signed());
            probed - plain
        }};
    }
    // A guard is a word.
    let most = if cfg!(debug_assertions) { 128 } else { 32 };
    assert!(more!(unit(9)) <= most);
    assert!(more!(unit_large(9, large)) <= most);
    assert!(more!(result(9)) <= most);
    assert!(more!(result_large(9, large)) <= most);
    let closure = if cfg!(debug_assertions) { 160 } else { 32 };
    assert!(more!(in_closure(9)) <= closure);
    // What drops nothing, and what the body only borrows, stays where it is.
    assert!(more!(in_closure_array(9, large)) <= closure);
    assert!(more!(in_closure_borrowed(9, Owned(large), "text")) <= closure);
    // What the body may move is given to the closure, which is one move of it in a build without optimisations.
    let moved = if cfg!(debug_assertions) { size_of::<Owned>() } else { 0 };
    assert!(more!(in_closure_large(9, large)) <= closure + moved);
    assert!(more!(in_closure_owned(9, Owned(large))) <= closure + moved);
    assert!(more!(in_closure_self(9, Owned(large))) <= closure + moved);
    let plain = per_level(|| pollster::block_on(plain::boxed(9)));
    let probed = per_level(|| pollster::block_on(probed::boxed(9)));
    println!("boxed             {plain:5} -> {probed:5}, {:+}", probed.cast_signed() - plain.cast_signed());
    // Two or three copies of what a measured future holds, and a word of an open poll.
    assert!(probed - plain <= if cfg!(debug_assertions) { 256 } else { 112 });
}

static PROBE: perf_core::Probe = perf_core::Probe::new("six levels");

#[test]
fn a_future_keeps_its_arguments_once() {
    let large = [0; 1024];
    let (plain, probed) = (size_of_val(&plain::one(large)), size_of_val(&probed::one(large)));
    let (plain_last, probed_last) = (size_of_val(&plain::six(large)), size_of_val(&probed::six(large)));
    println!("six levels: {plain} -> {probed}, one: {plain_last} -> {probed_last}");
    // What a measured future holds, once per level.
    let level = size_of_val(&PROBE.wrap(std::future::ready(()))) + size_of::<usize>();
    assert!(level <= 64, "{level}");
    assert!(probed_last - plain_last <= level, "{plain_last} -> {probed_last}, {level}");
    assert!(probed - plain <= 6 * level, "{plain} -> {probed}, {level}");
    assert_eq!(pollster::block_on(probed::one(large)), pollster::block_on(plain::one(large)));
}

/// A chain of functions, each waiting for the next: with the last, 26.
macro_rules! chain {
    ($first:ident $($rest:ident)*) => {
        #[perf_probe]
        async fn $first(text: String) -> usize {
            chain!(@call $($rest)*)(text).await
        }
        chain!($($rest)*);
    };
    () => {};
    (@call $next:ident $($rest:ident)*) => { $next };
    (@call) => { end };
}

#[perf_probe]
async fn end(text: String) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

chain!(a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25);

#[tokio::test]
async fn types_of_futures_nest_deep_enough_to_be_spawned() {
    assert_eq!(tokio::spawn(a1("text".to_owned())).await.unwrap(), 4);
}
