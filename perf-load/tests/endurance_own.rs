//! An endurance run that is watched from inside does not take its own checkpoints for a leak. One test, since the memory is that of the
//! process.

use std::time::Duration;

use perf_load::endurance::Soak;
use perf_load::simulate::{Queue, Service};
use perf_load::{Arrivals, Drive, Error, Outcome};

#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// A simulated queue that says nothing of its resources: those of this process are taken, which keeps the checkpoints.
struct Unwatched(Queue);

impl Drive for Unwatched {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.0.drive(arrivals)?;
        outcome.report.monitor.clear();
        Ok(outcome)
    }
}

#[test]
fn checkpoints_are_no_leak() {
    // Times that scatter over many buckets: what a checkpoint keeps is some kilobytes.
    let service = Service::exponential(Duration::from_millis(1)).unwrap();
    let mut queue = Unwatched(Queue::new("steady", 1, service).unwrap().seed(7));
    let soak = Soak::at(500.0).unwrap().duration(Duration::from_mins(1)).every(Duration::from_secs(1)).poisson(3);
    let endured = soak.run(&mut queue).unwrap();
    let memory: Vec<u64> = endured.checkpoints.iter().filter_map(|checkpoint| checkpoint.memory).collect();
    assert_eq!(memory.len(), endured.checkpoints.len(), "{endured}");
    let kept =
        endured.checkpoints.iter().map(|one| 16 * (one.response.buckets().count() + one.service.buckets().count()));
    assert!(kept.sum::<usize>() > 100_000, "there is something to see");
    assert!(!endured.leak.verdict.is_fail(), "{endured}\n{memory:?}");
    assert!(endured.leak.slope.abs() < 1_000.0, "{endured}\n{memory:?}");
}
