//! The functions and types that expansions of the attributes use. They are for no other use: they change with every
//! version.

pub use ::{core, std};

pub use crate::call::Call;
pub use crate::typed::{Instances, typed};
pub use crate::{Guard, Probe, budget};

/// Makes the child of a fork close a descriptor, for as long as this lives: for descriptors that belong to a thread,
/// which no child has.
#[derive(Debug)]
pub struct ClosedInChildren {
    #[cfg(all(unix, feature = "enabled"))]
    descriptor: i32,
}

impl ClosedInChildren {
    /// Registers the descriptor; to be dropped before the descriptor is closed.
    #[cfg(unix)]
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn new(owner: &impl std::os::fd::AsRawFd) -> Self {
        #[cfg(feature = "enabled")]
        crate::live::fork::replace_closed(-1, owner.as_raw_fd());
        Self {
            #[cfg(feature = "enabled")]
            descriptor: owner.as_raw_fd(),
        }
    }
}

impl Drop for ClosedInChildren {
    fn drop(&mut self) {
        #[cfg(all(unix, feature = "enabled"))]
        crate::live::fork::replace_closed(self.descriptor, -1);
    }
}

/// A probe with a name that is written, or made of written parts.
#[must_use]
#[track_caller]
pub const fn probe_named(name: &'static str) -> Probe {
    Probe::new(name)
}

/// A probe that is named after the function it is in, when it is first called.
///
/// `module` is its `module_path!()`. `here` returns the compiler's name of a type in a static in it; that is called
/// `Method` where the function around has a receiver, otherwise `Function`.
#[must_use]
#[track_caller]
pub const fn probe_here(module: &'static str, here: fn() -> &'static str) -> Probe {
    Probe::around(module, here)
}

/// A probe of a function whose errors nothing looks at.
#[must_use]
pub const fn errors_unseen(probe: Probe) -> Probe {
    probe.with_errors_unseen()
}

/// Whether a type is a `Result`, under any name and behind any type parameter: known where the function that asks is
/// compiled for its types, and there a constant, as the name of a type is. It affects reports, and not the behaviour of
/// the program.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a constant only where it is asked")]
#[must_use]
pub fn is_result<T>() -> bool {
    // Of fixed length, the comparison is folded at every level of optimisation; `starts_with` stays a call at some.
    let name = core::any::type_name::<T>().as_bytes().first_chunk();
    matches!(name, Some(b"core::result::Result<"))
}

/// A value of the written type, to which the argument is coerced.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it only names a type")]
pub const fn of_type<T>(value: T) -> T {
    value
}

/// A value for a path through a function that is never taken: an arm that never matches.
///
/// # Panics
/// Always.
#[cold]
#[must_use]
pub fn absent<T>() -> T {
    unreachable!("no program comes here")
}

/// Takes a value on such a path, so that a closure which is written around it captures the value whole.
pub fn taken<T>(_: T) {}

/// Is not `Copy`: a closure that takes it can be called once only, so a reborrow of what it captures may leave it.
pub struct Once;

/// Closures that take values of the types of the first arguments, and are called once: so a closure may return a reborrow of
/// a captured `&mut`, and needs no types written.
macro_rules! closures {
    ($($name:ident($($argument:ident)*))*) => {$(
        #[doc = "A closure with parameters of these types."]
        #[inline(always)]
        #[allow(clippy::inline_always, clippy::too_many_arguments, reason = "it only names types")]
        #[allow(non_snake_case, unused_variables, reason = "values are named like their types, and only seen")]
        pub fn $name<$($argument,)* R, F: FnOnce($($argument),*) -> R>($($argument: &$argument,)* closure: F) -> F {
            closure
        }
    )*};
}
closures! {
    closure_of_1(A)
    closure_of_2(A B)
    closure_of_3(A B C)
    closure_of_4(A B C D)
    closure_of_5(A B C D E)
    closure_of_6(A B C D E G)
    closure_of_7(A B C D E G H)
    closure_of_8(A B C D E G H I)
    closure_of_9(A B C D E G H I J)
    closure_of_10(A B C D E G H I J K)
    closure_of_11(A B C D E G H I J K L)
    closure_of_12(A B C D E G H I J K L M)
}

/// The name of a type, as the compiler has it.
#[must_use]
pub fn type_name<T: ?Sized>() -> &'static str {
    core::any::type_name::<T>()
}

/// A future, the type of its output known before anything is done with it.
#[inline]
pub const fn yielding<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// A call whose value is not seen yet: a call that leaves before that has left with an error, unless it panics. `None`
/// where it cannot fail.
///
/// It is one word, written without a call, since it is in the frame of every measured function that may fail.
#[derive(Debug)]
pub struct Outcome<'a>(pub Option<&'a Guard>);

impl Outcome<'_> {
    /// Records that the value is there, and whether it is an error.
    #[inline]
    pub fn seen(&mut self, failed: bool) {
        let guard = self.0.take();
        if let Some(guard) = guard.filter(|_| failed) {
            guard.fail();
        }
    }
}

impl Drop for Outcome<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(guard) = self.0 {
            guard.fail_unless_panicked();
        }
    }
}

/// A type that is known as `Result` by its spelling only: its real type is found as by [`Peek`], and without a place in
/// the frame of the function that asks.
#[derive(Debug)]
pub struct Written<T>(std::marker::PhantomData<fn() -> T>);

impl<T, E> Written<Result<T, E>> {
    /// Leaving before the value is seen is a failure.
    pub const FAILS: bool = true;

    /// Whether the value is an error.
    #[inline]
    #[must_use]
    pub const fn is_error(value: &Result<T, E>) -> bool {
        value.is_err()
    }

    /// Records that the value is there, and whether it is an error.
    #[inline]
    pub fn see(outcome: &mut Outcome<'_>, value: &Result<T, E>) {
        outcome.seen(Self::is_error(value));
    }
}

/// A value to be checked for an error, where it is known as `Result` by its spelling only.
///
/// The inherent methods are there for a real `Result`, and found first; [`NotAResult`] stands in for all other types.
#[derive(Debug)]
pub struct Peek<'a, T: ?Sized>(pub &'a T);

impl<T, E> Peek<'_, Result<T, E>> {
    /// Whether the result is an error.
    #[inline]
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.0.is_err()
    }
}

/// The answer for types that only look like a `Result`: no error.
pub trait NotAResult {
    /// Always false.
    #[inline]
    fn failed(&self) -> bool {
        false
    }

    /// Leaving before the value is seen is no failure.
    const FAILS: bool = false;

    /// No value of this type is an error.
    #[inline]
    #[must_use]
    fn is_error<T>(_: &T) -> bool {
        false
    }

    /// The same, where it is recorded.
    #[inline]
    fn see<T>(_: &mut Outcome<'_>, _: &T) {}
}

impl<T: ?Sized> NotAResult for Peek<'_, T> {}
impl<T> NotAResult for Written<T> {}

/// Values that `#[perf_probe(errors)]` can check.
#[diagnostic::on_unimplemented(
    message = "`errors` needs a value that may be an error, and `{Self}` may not",
    label = "this is no `Result` and no `Option`",
    note = "leave out `errors`, or mark the call by hand with `Guard::fail`"
)]
pub trait Fallible {
    /// Whether this is an `Err` or a `None`.
    fn failed(&self) -> bool;
}

impl<T, E> Fallible for Result<T, E> {
    #[inline]
    fn failed(&self) -> bool {
        self.is_err()
    }
}

impl<T> Fallible for Option<T> {
    #[inline]
    fn failed(&self) -> bool {
        self.is_none()
    }
}

/// Values that `items` and `bytes` may have.
#[diagnostic::on_unimplemented(
    message = "`items` and `bytes` count in whole numbers, and `{Self}` is none",
    label = "expected an integer",
    note = "write what there is to count, such as `rows.len()`"
)]
pub trait Count {
    /// The number; a negative one counts as zero, and one that is too large as the greatest.
    fn count(self) -> u64;
}

macro_rules! count {
    ($($integer:ty)*) => {
        $(impl Count for $integer {
            #[inline]
            fn count(self) -> u64 {
                #[allow(unused_comparisons, reason = "one macro for signed and unsigned")]
                let none = self < 0;
                if none { 0 } else { u64::try_from(self).unwrap_or(u64::MAX) }
            }
        })*
    };
}

count!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// The number that `items` or `bytes` counts.
#[inline]
pub fn count(value: impl Count) -> u64 {
    value.count()
}

/// Adds to the items that a probe has worked on, from inside a future that it measures.
#[inline]
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn items(probe: &'static Probe, items: u64) {
    #[cfg(feature = "enabled")]
    crate::live::entry::count_units(&probe.site, items, 0);
}

/// The same for bytes.
#[inline]
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn bytes(probe: &'static Probe, bytes: u64) {
    #[cfg(feature = "enabled")]
    crate::live::entry::count_units(&probe.site, 0, bytes);
}
