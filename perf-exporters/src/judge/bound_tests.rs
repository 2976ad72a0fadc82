use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Pass,
    Fail,
    /// Too few samples: so many are needed.
    Few(u64),
    Undecided,
    FewLate,
    Invalid,
}
use End::{Fail, Few, FewLate, Invalid, Pass, Undecided};

fn end(verdict: &Verdict) -> End {
    match verdict {
        Verdict::Pass => Pass,
        Verdict::Fail => Fail,
        Verdict::Inconclusive(Reason::TooFewSamples { need, .. }) => Few(*need),
        Verdict::Inconclusive(Reason::Undecided) => Undecided,
        Verdict::Inconclusive(Reason::FewLate) => FewLate,
        Verdict::Inconclusive(Reason::Invalid(_)) => Invalid,
        Verdict::Inconclusive(other) => panic!("{other:?}"),
    }
}

/// Calls of these durations: nanoseconds, and how many of each.
fn timed(times: &[(u64, u64)]) -> Figures {
    let histogram: perf_core::Histogram =
        times.iter().flat_map(|(ns, count)| std::iter::repeat_n(*ns, usize::try_from(*count).unwrap())).collect();
    let calls = histogram.count();
    Figures {
        calls,
        timed: calls,
        sum_ns: times.iter().map(|(ns, count)| ns * count).sum(),
        min_ns: times.iter().map(|time| time.0).min().unwrap_or(0),
        max_ns: times.iter().map(|time| time.0).max().unwrap_or(0),
        histogram,
        alloc_tracking: true,
        ..Figures::default()
    }
}

fn with(figures: Figures, change: impl FnOnce(&mut Figures)) -> Figures {
    let mut figures = figures;
    change(&mut figures);
    figures
}

/// Ten thousand calls of 1 µs that did this.
fn calls(change: impl FnOnce(&mut Figures)) -> Figures {
    with(timed(&[(1_000, 10_000)]), change)
}

fn check(metric: Metric, cases: &[(&str, f64, Figures, End)]) {
    for (what, bound, figures, expected) in cases {
        let row = hold(Quantity::Metric(metric), *bound, figures);
        assert_eq!(end(&row.verdict), *expected, "{}: {what}: {row:?}", metric.key());
        assert_eq!((row.metric.as_str(), row.bound), (metric.key(), *bound));
    }
}

/// Every metric × boundary case: at the bound, a hair over, far over, straddling a bucket, one burst, too few, nothing.
#[test]
fn quantiles() {
    // The bucket of 100,100 ns is wider than a microsecond.
    check(
        Metric::P95,
        &[
            ("nothing timed", 1e5, timed(&[]), Few(59)),
            ("58 calls are one too few", 1e6, timed(&[(1_000, 58)]), Few(59)),
            ("59 calls can pass", 1e6, timed(&[(1_000, 59)]), Pass),
            ("at the bound, which is the greatest", 100_100.0, timed(&[(100_100, 1_000)]), Pass),
            ("straddling the bucket", 100_100.0, timed(&[(100_200, 1_000), (1_000_000, 1)]), Undecided),
            ("a bucket's width further", 100_100.0, timed(&[(104_000, 1_000), (1_000_000, 1)]), Fail),
            ("all over", 1e3, timed(&[(2_000, 1_000)]), Fail),
            ("just the share that may", 1e5, timed(&[(1_000, 950), (900_000, 50)]), Undecided),
            ("clearly fewer", 1e5, timed(&[(1_000, 980), (900_000, 20)]), Pass),
            ("ten slow calls tell as much as one", 1e5, timed(&[(1_000, 900), (900_000, 100)]), Undecided),
            ("a third cannot be one disturbance", 1e5, timed(&[(1_000, 700), (900_000, 300)]), Fail),
            ("sampled", 1e6, with(timed(&[(1_000, 9_000)]), |f| f.timed = 15), Few(59)),
        ],
    );
    for (metric, need) in [(Metric::P50, 5), (Metric::P90, 29), (Metric::P99, 299), (Metric::P999, 2_995)] {
        check(
            metric,
            &[
                ("one too few", 1e6, timed(&[(1_000, need - 1)]), Few(need)),
                ("enough", 1e6, timed(&[(1_000, need)]), Pass),
                ("all over", 1e3, timed(&[(2_000, 5_000)]), Fail),
            ],
        );
    }
}

#[test]
fn the_greatest() {
    check(
        Metric::Max,
        &[
            ("nothing timed", 1e5, timed(&[]), Few(1)),
            ("at the bound", 1e5, timed(&[(100_000, 10)]), Pass),
            ("one call over", 1e5, timed(&[(1_000, 9_999), (900_000, 1)]), FewLate),
            ("ten, of one burst perhaps", 1e5, timed(&[(1_000, 9_990), (900_000, 10)]), FewLate),
            ("more than a machine explains", 1e5, timed(&[(1_000, 9_000), (900_000, 1_000)]), Fail),
            ("nine calls are one disturbance, if all over", 1e3, timed(&[(2_000, 9)]), FewLate),
        ],
    );
}

#[test]
fn the_mean_and_the_rate() {
    let scattered = timed(&[(500, 500), (1_500, 500)]);
    check(
        Metric::Mean,
        &[
            ("19 calls have no mean", 1e6, timed(&[(1_000, 19)]), Few(20)),
            ("without scatter, at the bound", 1_000.0, timed(&[(1_000, 20)]), Undecided),
            ("without scatter, a bucket below", 1_020.0, timed(&[(1_000, 20)]), Pass),
            ("without scatter, beyond", 900.0, timed(&[(1_000, 20)]), Fail),
            ("by less than its scatter", 1_050.0, scattered.clone(), Undecided),
            ("by more", 1_200.0, scattered.clone(), Pass),
            ("over by more", 600.0, scattered, Fail),
            ("sampled", 1e6, with(timed(&[(1_000, 9_000)]), |f| f.timed = 15), Few(20)),
        ],
    );
    check(
        Metric::Throughput,
        &[
            ("19 calls have no rate", 1.0, timed(&[(1_000, 19)]), Few(20)),
            ("a million calls a second", 900_000.0, calls(|_| {}), Pass),
            ("more is promised", 1_100_000.0, calls(|_| {}), Fail),
            ("three items a call", 2_700_000.0, calls(|f| f.items = 30_000), Pass),
            ("and not four", 4_000_000.0, calls(|f| f.items = 30_000), Fail),
        ],
    );
    let rate = |bound, bytes| {
        let row = hold(Quantity::BytesPerSecond, bound, &calls(|f| f.bytes = bytes));
        assert_eq!(row.side, Side::AtLeast);
        (end(&row.verdict), row.actual)
    };
    assert_eq!(rate(1e6, 0).0, Invalid);
    assert_eq!(rate(9e8, 10_000_000), (Pass, 1e9));
    assert_eq!(rate(2e9, 10_000_000), (Fail, 1e9));
}

/// Ten thousand calls of 1 µs in a drive of two seconds.
fn driven(change: impl FnOnce(&mut Figures)) -> Figures {
    with(calls(|f| f.drive_ns = Some(2_000_000_000)), change)
}

#[test]
fn the_rate_of_a_drive_is_that_of_its_time() {
    check(
        Metric::Throughput,
        &[
            ("the time in calls would be a million a second", 5_001.0, driven(|_| {}), Fail),
            ("at the bound", 5_000.0, driven(|_| {}), Pass),
            ("errors are no work", 5_000.0, driven(|f| f.errors = 1), Fail),
            ("three items a call", 15_000.0, driven(|f| f.items = 30_000), Pass),
            ("of no time", 1.0, driven(|f| f.drive_ns = Some(0)), Invalid),
        ],
    );
    let row = hold(Quantity::Metric(Metric::Throughput), 4_000.0, &driven(|_| {}));
    assert_eq!((row.actual, row.samples, row.exact), (5_000.0, 10_000, false));
}

#[test]
fn a_drive_that_was_invalid_decides_no_time() {
    let late = || driven(|f| f.invalid = "the generator was late".to_owned());
    for metric in [Metric::P50, Metric::P99, Metric::Max, Metric::Mean] {
        check(metric, &[("would pass", 1e6, late(), Invalid), ("would fail", 1.0, late(), Invalid)]);
    }
    check(Metric::Throughput, &[("would pass", 1.0, late(), Invalid), ("would fail", 1e9, late(), Invalid)]);
    // Neither does lateness make a request fail, nor an allocation.
    check(Metric::Errors, &[("none", 0.01, late(), Pass), ("all", 0.01, with(late(), |f| f.errors = 10_000), Fail)]);
    check(Metric::Allocs, &[("none", 0.0, late(), Pass)]);
    let row = hold(Quantity::Metric(Metric::P50), 1e6, &late());
    assert_eq!(row.verdict.to_string(), "INCONCLUSIVE (the generator was late)");
    assert!(row.actual.is_finite(), "what was seen stays: {row:?}");
}

#[test]
fn errors_count_one_by_one() {
    check(
        Metric::Errors,
        &[
            ("twice as many as may", 0.01, calls(|f| f.errors = 200), Fail),
            ("just as many", 0.01, calls(|f| f.errors = 100), Undecided),
            ("a few more", 0.01, calls(|f| f.errors = 120), Undecided),
            ("clearly fewer", 0.01, calls(|f| f.errors = 70), Pass),
            ("none, of too few calls", 0.01, timed(&[(1_000, 298)]), Few(299)),
            ("none, of enough", 0.01, timed(&[(1_000, 299)]), Pass),
            ("one of three proves nothing", 0.01, with(timed(&[(1_000, 3)]), |f| f.errors = 1), Few(299)),
            ("none may, none did", 0.0, calls(|_| {}), Pass),
            ("none may, one did", 0.0, calls(|f| f.errors = 1), Fail),
            ("no call", 0.0, timed(&[]), Few(1)),
        ],
    );
}

#[test]
fn counters_are_exact() {
    let each = |change: fn(&mut Figures)| calls(change);
    check(
        Metric::Allocs,
        &[
            ("at the bound", 2.0, each(|f| f.allocs = 20_000), Pass),
            ("one more in ten thousand calls", 2.0, each(|f| f.allocs = 20_001), Fail),
            ("a fraction", 2.5, each(|f| f.allocs = 25_000), Pass),
            ("one more than a fraction", 2.5, each(|f| f.allocs = 25_001), Fail),
            ("none may", 0.0, each(|f| f.allocs = 1), Fail),
            ("not counted", 2.0, each(|f| f.alloc_tracking = false), Invalid),
        ],
    );
    check(
        Metric::AllocBytes,
        &[
            ("at the bound", 64.0, each(|f| f.alloc_bytes = 640_000), Pass),
            ("one byte more", 64.0, each(|f| f.alloc_bytes = 640_001), Fail),
            ("too large to be exact as a float", 1e15, each(|f| f.alloc_bytes = 10_u64.pow(19) + 1), Fail),
            ("not counted", 64.0, each(|f| f.alloc_tracking = false), Invalid),
        ],
    );
    check(
        Metric::PeakBytes,
        &[
            ("the greatest of any call, not per call", 4096.0, each(|f| f.peak_bytes = 4096), Pass),
            ("one byte more", 4096.0, each(|f| f.peak_bytes = 4097), Fail),
            ("not counted", 4096.0, each(|f| f.alloc_tracking = false), Invalid),
        ],
    );
    check(
        Metric::NetBytes,
        &[
            ("more was freed", 0.0, each(|f| f.net_bytes = -8), Pass),
            ("at the bound", 8.0, each(|f| f.net_bytes = 80_000), Pass),
            ("one byte more", 8.0, each(|f| f.net_bytes = 80_001), Fail),
            ("not counted", 0.0, each(|f| f.alloc_tracking = false), Invalid),
        ],
    );
    for (live, tracking, expected) in [(100, true, Pass), (101, true, Fail), (-1, true, Pass), (0, false, Invalid)] {
        assert_eq!(end(&hold_live_bytes(live, tracking, 100.0).verdict), expected, "{live}");
    }
}
