//! Numbers and filler as text, without the formatting machinery: which would be most of the cost of a stream.

/// Decimal digits, at least `least` of them.
pub(super) fn padded(out: &mut Vec<u8>, mut value: u64, least: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while value > 0 {
        at -= 1;
        #[allow(clippy::cast_possible_truncation, reason = "a digit")]
        let digit = (value % 10) as u8;
        digits[at] = b'0' + digit;
        value /= 10;
    }
    out.extend_from_slice(&digits[at.min(digits.len() - least.clamp(1, digits.len()))..]);
}

/// Decimal digits.
pub(super) fn number(out: &mut Vec<u8>, value: u64) {
    padded(out, value, 1);
}

/// Letters and digits that follow from a seed: text that does not compress to nothing.
pub(super) fn filler(out: &mut Vec<u8>, seed: u64, bytes: usize) {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    let end = out.len() + bytes;
    let mut state = seed;
    out.reserve(bytes + 10);
    while out.len() < end {
        // SplitMix64: each step is a bijection of the one before.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[allow(clippy::cast_possible_truncation, reason = "six bits are kept")]
        let ten: [u8; 10] = std::array::from_fn(|i| LETTERS[(mixed >> (6 * i)) as usize & 63]);
        out.extend_from_slice(&ten);
    }
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for (value, least) in [(0, 1), (0, 3), (7, 1), (7, 3), (1234, 2), (u64::MAX, 1), (10, 20), (5, 0), (5, 99)] {
            let mut out = Vec::new();
            padded(&mut out, value, least);
            let width = least.clamp(1, 20);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{value:0width$}"));
        }
    }

    #[test]
    fn filler_has_the_length_asked_for_and_follows_from_its_seed() {
        let make = |seed, bytes| {
            let mut out = b"x".to_vec();
            filler(&mut out, seed, bytes);
            out
        };
        for bytes in [0, 1, 9, 10, 11, 1000] {
            assert_eq!(make(3, bytes).len(), bytes + 1);
            assert_eq!(make(3, bytes), make(3, bytes));
        }
        assert_ne!(make(3, 50), make(4, 50));
    }
}
