//! The checksum of a section: 64-bit FNV-1a over its content, so that line ends and spaces do not matter.
//!
//! It guards against accidents, not against attacks: an author who edits a figure shall notice, and so shall the reviewer.

/// The checksum of a section from its header and its lines, as 16 hexadecimal digits.
pub(super) fn of<'a>(header: &'a str, lines: impl Iterator<Item = &'a str>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in std::iter::once(header).chain(lines) {
        for byte in part.bytes().chain(std::iter::once(b'\n')) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn every_character_and_every_border_counts() {
        assert_eq!(of("", std::iter::empty()), format!("{:016x}", 0xaf63_c74c_8601_c8dd_u64));
        assert_eq!(of("a", ["b"].into_iter()), of("a", ["b"].into_iter()));
        assert_ne!(of("a", ["b"].into_iter()), of("ab", std::iter::empty()));
        assert_ne!(of("a", ["b", "c"].into_iter()), of("a", ["c", "b"].into_iter()));
    }
}
