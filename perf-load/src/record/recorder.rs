//! The counts of one worker until it delivers them.

use std::borrow::Cow;
use std::mem;

use super::{Cells, Distribution};
use crate::Counts;

/// Classes of failures that are distinguished, at most; later ones are `other`.
const CLASSES: usize = 32;

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Ok,
    Failed(Cow<'static, str>),
    Panicked,
}

/// When an operation was due, started, and ended: nanoseconds since the beginning of the drive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The intended start.
    pub(crate) due: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// How much of the delay of its start is the generator's own.
    pub(crate) late: u64,
}

/// The counts of a worker, without a lock: it has one writer.
#[derive(Debug)]
pub(crate) struct Recorder {
    width: u64,
    window: u64,
    counts: Counts,
    response: Cells,
    service: Cells,
    /// `None` in a closed loop, which has no schedule.
    lateness: Option<Cells>,
    operations: Vec<OneOperation>,
    /// Counts of windows other than the current one: of operations that span several, of arrivals dropped in hindsight.
    strays: Vec<(u64, Counts)>,
    classes: Vec<(Cow<'static, str>, u64)>,
}

#[derive(Debug)]
struct OneOperation {
    failed: u64,
    panicked: u64,
    /// `None` where there is only one: its times are the drive's.
    times: Option<(Cells, Cells)>,
}

/// The counts of a window, which a recorder delivers.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) window: u64,
    pub(crate) counts: Counts,
    pub(crate) response: Distribution,
    pub(crate) service: Distribution,
    pub(crate) lateness: Distribution,
    pub(crate) operations: Vec<OperationPart>,
    pub(crate) strays: Vec<(u64, Counts)>,
    pub(crate) classes: Vec<(Cow<'static, str>, u64)>,
}

#[derive(Debug, Default)]
pub(crate) struct OperationPart {
    pub(crate) failed: u64,
    pub(crate) panicked: u64,
    pub(crate) response: Distribution,
    pub(crate) service: Distribution,
}

impl Recorder {
    /// A recorder for windows of this many nanoseconds, and this many operations of a mix.
    pub(crate) fn new(width: u64, operations: usize, scheduled: bool) -> Self {
        let times = || (operations > 1).then(|| (Cells::new(), Cells::new()));
        Self {
            width,
            window: 0,
            counts: Counts::default(),
            response: Cells::new(),
            service: Cells::new(),
            lateness: scheduled.then(Cells::new),
            operations: (0..operations).map(|_| OneOperation { failed: 0, panicked: 0, times: times() }).collect(),
            strays: Vec::new(),
            classes: Vec::new(),
        }
    }

    /// Counts an operation that ended. Where that is the first of a new window, it returns the earlier counts for delivery.
    #[inline]
    pub(crate) fn ended(&mut self, times: Times, operation: usize, done: Done) -> Option<Part> {
        let delivery = self.turn(times.end);
        self.at(times.due).due += 1;
        self.at(times.start).started += 1;
        self.counts.completed += 1;
        let (response, service) = (times.end.saturating_sub(times.due), times.end.saturating_sub(times.start));
        self.response.record(response);
        self.service.record(service);
        if let Some(lateness) = &mut self.lateness {
            lateness.record(times.late);
        }
        if let Some((responses, services)) = &mut self.operations[operation].times {
            responses.record(response);
            services.record(service);
        }
        if done != Done::Ok {
            self.failed(operation, done);
        }
        delivery
    }

    /// Counts an arrival that was dropped.
    pub(crate) fn dropped(&mut self, due: u64) {
        let counts = self.at(due);
        counts.due += 1;
        counts.dropped += 1;
    }

    /// The counts of the window, if it is over.
    #[inline]
    pub(crate) fn turn(&mut self, now: u64) -> Option<Part> {
        let window = now / self.width;
        if window == self.window {
            return None;
        }
        let part = self.take();
        self.window = window;
        Some(part)
    }

    /// All counts that were not delivered.
    #[cold]
    pub(crate) fn take(&mut self) -> Part {
        Part {
            window: self.window,
            counts: mem::take(&mut self.counts),
            response: self.response.take(),
            service: self.service.take(),
            lateness: self.lateness.as_mut().map(Cells::take).unwrap_or_default(),
            operations: self.operations.iter_mut().map(OneOperation::take).collect(),
            strays: mem::take(&mut self.strays),
            classes: mem::take(&mut self.classes),
        }
    }

    #[inline]
    fn at(&mut self, time: u64) -> &mut Counts {
        let window = time / self.width;
        if window == self.window { &mut self.counts } else { self.stray(window) }
    }

    #[cold]
    fn stray(&mut self, window: u64) -> &mut Counts {
        let place = self.strays.iter().rposition(|stray| stray.0 == window).unwrap_or_else(|| {
            self.strays.push((window, Counts::default()));
            self.strays.len() - 1
        });
        &mut self.strays[place].1
    }

    #[cold]
    fn failed(&mut self, operation: usize, done: Done) {
        self.counts.failed += 1;
        let class = match done {
            Done::Failed(class) => class,
            _ => Cow::Borrowed("panic"),
        };
        let one = &mut self.operations[operation];
        if class == "panic" {
            one.panicked += 1;
        } else {
            one.failed += 1;
        }
        count(&mut self.classes, class, 1);
    }
}

impl OneOperation {
    fn take(&mut self) -> OperationPart {
        let (response, service) = match &mut self.times {
            Some((response, service)) => (response.take(), service.take()),
            None => Default::default(),
        };
        OperationPart {
            failed: mem::take(&mut self.failed),
            panicked: mem::take(&mut self.panicked),
            response,
            service,
        }
    }
}

/// Adds to the count of a class, or to `other` where there are too many.
pub(super) fn count(classes: &mut Vec<(Cow<'static, str>, u64)>, class: Cow<'static, str>, times: u64) {
    let known = classes.iter().position(|known| known.0 == class);
    let class = if known.is_none() && classes.len() >= CLASSES { Cow::Borrowed("other") } else { class };
    match classes.iter_mut().find(|known| known.0 == class) {
        Some(known) => known.1 += times,
        None => classes.push((class, times)),
    }
}
