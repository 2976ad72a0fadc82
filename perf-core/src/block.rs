//! Measuring a part of a function.

/// Measures a part of a function under a name: the rest of the scope, or a block.
///
/// ```
/// use perf_core::perf_block;
///
/// fn load(lines: &[&str]) -> usize {
///     perf_block!("load"); // until the end of the scope
///     let numbers = perf_block!("load::parse", {
///         lines.iter().filter_map(|line| line.parse().ok()).collect::<Vec<u32>>()
///     });
///     numbers.len()
/// }
///
/// assert_eq!(load(&["1", "x", "3"]), 2);
/// ```
#[macro_export]
macro_rules! perf_block {
    ($name:expr $(,)?) => {
        let _perf_guard = {
            static PROBE: $crate::Probe = $crate::Probe::new($name);
            PROBE.start()
        };
    };
    ($name:expr, $block:block $(,)?) => {{
        let _perf_guard = {
            static PROBE: $crate::Probe = $crate::Probe::new($name);
            PROBE.start()
        };
        $block
    }};
}
