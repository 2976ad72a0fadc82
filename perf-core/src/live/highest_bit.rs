//! Sets the highest bit of a word. Compilers load a constant of eight bytes into a register for it; x86-64 has an instruction, and with the
//! register that a function returns its result in, it is the only one.

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
pub(super) fn set(mut word: u64) -> u64 {
    // SAFETY: changes this register and the flags, nothing else.
    unsafe {
        core::arch::asm!("bts rax, 63", inout("rax") word, options(pure, nomem, nostack));
    }
    word
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline(always)]
pub(super) fn set(word: u64) -> u64 {
    word | 1 << 63
}

#[cfg(test)]
mod tests {
    use super::set;
    use crate::live::local::FRAMELESS;

    #[test]
    fn no_other_bit_changes() {
        for word in [0, 1, 1 << 62, FRAMELESS, u64::MAX >> 1, u64::MAX] {
            assert_eq!(set(word), word | FRAMELESS);
        }
    }
}
