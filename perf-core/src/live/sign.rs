//! The same 64 bits with a sign and without one. The methods of the standard library are newer than the oldest compiler that
//! builds this crate.

pub(super) trait Signed {
    fn signed(self) -> i64;
}

pub(super) trait Unsigned {
    fn unsigned(self) -> u64;
}

impl Signed for u64 {
    #[inline(always)]
    fn signed(self) -> i64 {
        i64::from_ne_bytes(self.to_ne_bytes())
    }
}

impl Unsigned for i64 {
    #[inline(always)]
    fn unsigned(self) -> u64 {
        u64::from_ne_bytes(self.to_ne_bytes())
    }
}
