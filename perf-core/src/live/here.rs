//! A way to the thread's [`Local`] without a call.
//!
//! In a library, each access to a thread-local of the language is a call until the program is linked, so a function
//! that makes one saves what it has in registers, and goes on saving when the linker has replaced the call. Here the
//! place is a word of the program's static thread-local memory, whose offset is loaded: the program may be a library
//! that is opened at run time too, for which the C library keeps room for some such words.
//!
//! Elsewhere it is the usual access.

use super::local::Local;

#[cfg(all(
    target_arch = "x86_64",
    target_pointer_width = "64",
    target_os = "linux",
    target_env = "gnu",
    not(any(miri, loom))
))]
mod way {
    use core::arch::{asm, global_asm};

    use super::Local;

    /// The symbol of the word, or of what belongs to it. Unit tests may be linked together with the library itself.
    macro_rules! symbol {
        ($part:literal) => {
            concat!(
                "__perf_core_",
                $part,
                "_",
                env!("CARGO_PKG_VERSION_MAJOR"),
                "_",
                env!("CARGO_PKG_VERSION_MINOR"),
                "_",
                env!("CARGO_PKG_VERSION_PATCH")
            )
        };
    }
    #[cfg(not(test))]
    macro_rules! word {
        () => {
            symbol!("here")
        };
    }
    #[cfg(test)]
    macro_rules! word {
        () => {
            symbol!("here_test")
        };
    }

    // The word begins with the address of a `Local` of zeros: see `none` below.
    global_asm!(
        ".pushsection .bss.perf_core_none,\"aw\",@nobits",
        ".p2align 6",
        "3:",
        ".zero {size}",
        ".popsection",
        ".pushsection .tdata.perf_core_here,\"awT\",@progbits",
        ".p2align 3",
        concat!(".globl ", word!()),
        concat!(".hidden ", word!()),
        concat!(word!(), ":"),
        ".quad 3b",
        concat!(".size ", word!(), ", 8"),
        ".popsection",
        size = const size_of::<Local>(),
    );

    #[inline(always)]
    pub(super) fn known() -> *const Local {
        let local: *const Local;
        // SAFETY: reads the word of this thread, by the offset that the linker or the loader has put into the table.
        unsafe {
            asm!(
                concat!("mov {local}, qword ptr [rip + ", word!(), "@GOTTPOFF]"),
                "mov {local}, qword ptr fs:[{local}]",
                local = out(reg) local,
                options(pure, readonly, nostack, preserves_flags)
            );
        }
        local
    }

    pub(super) fn set() {
        let local = Local::here();
        // SAFETY: writes the word of this thread, which only these two functions access.
        unsafe {
            asm!(
                concat!("mov {offset}, qword ptr [rip + ", word!(), "@GOTTPOFF]"),
                "mov qword ptr fs:[{offset}], {local}",
                offset = out(reg) _,
                local = in(reg) std::ptr::from_ref(local),
                options(nostack, preserves_flags)
            );
        }
    }
}

#[cfg(not(all(
    target_arch = "x86_64",
    target_pointer_width = "64",
    target_os = "linux",
    target_env = "gnu",
    not(any(miri, loom))
)))]
mod way {
    use super::Local;

    #[inline(always)]
    pub(super) fn known() -> *const Local {
        Local::here()
    }

    pub(super) fn set() {}
}

/// The calling thread's value; one without slots where the thread has shown none yet by [`set`].
#[inline(always)]
pub(super) fn known() -> &'static Local {
    // SAFETY: a value that was `set` on this thread is valid as long as it, as in `Local::here`. The one before is of
    // zeros, which is valid for every field of it; nothing writes to it, since what finds no slots goes on with
    // `Local::here`.
    unsafe { &*way::known() }
}

/// From now on [`known`] is the calling thread's value.
pub(super) fn set() {
    way::set();
}
