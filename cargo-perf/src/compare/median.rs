//! Medians that lie between two kinds of calls.
//!
//! Where about half of the calls are of a slow kind, a few more of them take the median from the one kind to the other, and neither
//! kind takes longer. The lower quartile, the mean and the processor time of the probe do not follow such a step.

use perf_exporters::judge::{Reason, Verdict};

use super::blocks::{Compared, Estimator};

const BETWEEN: &str = "p25, mean and cpu moved by less than half of it: about half of the calls are of a slow kind, and a few more of them are";

/// A median that failed decides nothing where no other figure of its probe moved by half of what it did.
pub(super) fn hold_back(probes: &mut [Compared]) {
    let alone: Vec<bool> = probes.iter().map(|row| row.judged.is_fail() && stands_alone(row, probes)).collect();
    for (row, _) in probes.iter_mut().zip(alone).filter(|(_, alone)| *alone) {
        row.judged = Verdict::Inconclusive(Reason::Invalid(BETWEEN.into()));
        row.verdict = row.judged.to_string();
    }
}

fn stands_alone(row: &Compared, probes: &[Compared]) -> bool {
    let Some(by) = row.ratio.filter(|_| row.estimator == Estimator::P50) else { return false };
    let around = |other: &&Compared| {
        other.probe == row.probe && [Estimator::P25, Estimator::Mean, Estimator::Cpu].contains(&other.estimator)
    };
    let mut around = probes.iter().filter(around).filter_map(|other| other.ratio).peekable();
    around.peek().is_some() && around.all(|other| other.ln() < by.ln() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(estimator: Estimator, ratio: f64, judged: Verdict) -> Compared {
        let (probe, verdict) = ("probe".to_owned(), judged.to_string());
        let (old_ns, new_ns) = (1_000.0, 1_000.0 * ratio);
        Compared {
            probe,
            estimator,
            old_ns,
            new_ns,
            ratio: Some(ratio),
            upper: None,
            p: 0.0,
            blocks: 20,
            gates: true,
            scatters: false,
            verdict,
            judged,
        }
    }

    fn median_among(others: &[(Estimator, f64)]) -> Verdict {
        let mut rows = vec![row(Estimator::P50, 1.6, Verdict::Fail)];
        rows.extend(others.iter().map(|(estimator, ratio)| row(*estimator, *ratio, Verdict::Pass)));
        hold_back(&mut rows);
        assert!(rows[1..].iter().all(|row| row.judged.is_pass()));
        assert_eq!(rows[0].verdict, rows[0].judged.to_string());
        rows.swap_remove(0).judged
    }

    #[test]
    fn a_median_needs_another_figure_of_its_probe() {
        use Estimator::{Cpu, Mean, P25, P95};
        let between = [(P25, 1.0), (Mean, 1.05), (Cpu, 1.05), (P95, 1.9)];
        assert!(matches!(median_among(&between), Verdict::Inconclusive(Reason::Invalid(_))));
        assert!(median_among(&[(P25, 1.5), (Mean, 1.05), (Cpu, 1.05)]).is_fail(), "calls that nothing disturbed");
        assert!(median_among(&[(P25, 1.0), (Mean, 1.3), (Cpu, 1.05)]).is_fail(), "enough of the slow kind");
        assert!(median_among(&[(P25, 1.0), (Mean, 0.7), (Cpu, 1.3)]).is_fail(), "a mean that the machine disturbed");
        assert!(median_among(&[]).is_fail(), "nothing else is known");
    }
}
