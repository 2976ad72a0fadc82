//! Which probes become series, and that series never go back.

use std::borrow::Cow;

use super::OVERFLOW;
use crate::Report;
use crate::report::ProbeReport;

/// Every name once, and no more of them than allowed: the first by name stay, the others are added up under
/// [`OVERFLOW`]. Since new names only push others out, what the overflow counts never goes back.
pub(crate) struct Kept<'a> {
    /// By name.
    pub(crate) probes: Vec<Cow<'a, ProbeReport>>,
    pub(crate) folded: u64,
}

impl<'a> Kept<'a> {
    pub(crate) fn of(report: &'a Report, limit: usize) -> Self {
        let mut probes: Vec<_> = report.probes.iter().map(Cow::Borrowed).collect();
        probes.sort_by(|a, b| a.name.cmp(&b.name));
        probes.dedup_by(|later, kept| {
            let same = later.name == kept.name;
            if same {
                kept.to_mut().merge(later);
            }
            same
        });
        let mut rest = probes.split_off(limit.min(probes.len())).into_iter();
        let folded = rest.len() as u64;
        if let Some(mut sum) = rest.next().map(Cow::into_owned) {
            OVERFLOW.clone_into(&mut sum.name);
            rest.for_each(|probe| sum.merge(&probe));
            match probes.iter_mut().find(|probe| probe.name == OVERFLOW) {
                Some(there) => there.to_mut().merge(&sum),
                None => probes.push(Cow::Owned(sum)),
            }
        }
        Self { probes, folded }
    }
}

/// A report of the same process as an earlier one, in which nothing that only grows has gone back.
///
/// Self figures are differences, and a call can make them a little smaller; a reader of counters would take that for a
/// restart of the program.
#[cfg(any(feature = "serve", feature = "otlp"))]
pub(crate) fn keep_monotonic(report: &mut Report, earlier: &Report) {
    for probe in &mut report.probes {
        let Ok(place) = earlier.probes.binary_search_by(|before| before.name.cmp(&probe.name)) else { continue };
        let before = &earlier.probes[place];
        probe.self_ns = probe.self_ns.max(before.self_ns);
        probe.self_allocs = probe.self_allocs.max(before.self_allocs);
        probe.self_alloc_bytes = probe.self_alloc_bytes.max(before.self_alloc_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_is_added_up() {
        let mut report = Report::default();
        for (name, calls) in [("c", 4), ("a", 1), ("b", 2), ("a", 8)] {
            let mut probe = ProbeReport::new(name);
            probe.calls = calls;
            report.probes.push(probe);
        }
        let shown = |limit| {
            let kept = Kept::of(&report, limit);
            (kept.probes.iter().map(|probe| (probe.name.clone(), probe.calls)).collect::<Vec<_>>(), kept.folded)
        };
        let of = |name: &str, calls| (name.to_owned(), calls);
        assert_eq!(shown(3), (vec![of("a", 9), of("b", 2), of("c", 4)], 0));
        assert_eq!(shown(1), (vec![of("a", 9), of(OVERFLOW, 6)], 2));
        assert_eq!(shown(0), (vec![of(OVERFLOW, 15)], 3));
    }
}
