//! Holm's correction: several tests that together err as often as one.

/// The p-values as they count where all are looked at together (Holm 1979): the least times their number, the next times one
/// less, never falling. Rejecting where one is at most α rejects any true hypothesis with a chance of at most α in all.
///
/// ```
/// # use perf_exporters::stats::holm::adjusted;
/// assert_eq!(adjusted(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// assert_eq!(adjusted(&[0.9]), [0.9]);
/// ```
#[must_use]
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_unstable_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut most: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        most = most.max(p[index] * (p.len() - rank) as f64);
        adjusted[index] = most.min(1.0);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_err_as_often_as_one() {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut wrong = 0;
        for _ in 0..20_000 {
            let p: Vec<f64> = (0..20).map(|_| rng.f64()).collect();
            wrong += usize::from(adjusted(&p).iter().any(|p| *p <= 0.05));
        }
        assert!((850..1_150).contains(&wrong), "{wrong} of 20,000, 1,000 expected");
        assert!(adjusted(&[]).is_empty());
    }
}
