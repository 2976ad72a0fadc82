//! The reference kernels that run among the calls of one measured code.

use super::kernel::Kernel;
use crate::judge::Disturbance;

/// The wide kernel works on so many bytes, which do not fit into the nearest cache of any processor.
const WIDE: usize = 1 << 20;

/// A kernel in the nearest cache, which shows what takes the processor away or slows it down, and beside it, from the second epoch on, one
/// that also shows whether caches are lost.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    near: Kernel,
    wide: Option<Kernel>,
    runs: usize,
}

impl Reference {
    /// The near kernel works on so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        let near = Kernel::of(bytes);
        Self { near, wide: None, runs: 0 }
    }

    /// Adds the wide kernel to later epochs, unless the near one is as wide.
    pub(super) fn widen(&mut self) {
        if self.wide.is_none() && self.near.bytes() < WIDE {
            self.wide = Some(Kernel::of(WIDE));
        }
    }

    /// Begins an epoch of calls that take so many nanoseconds.
    pub(super) fn begin(&mut self, call: f64) {
        self.near.begin(call);
        if let Some(wide) = &mut self.wide {
            wide.begin(call);
        }
    }

    /// One run of the kernel whose turn it is; its time in nanoseconds.
    pub(super) fn run(&mut self) -> f64 {
        self.runs += 1;
        match &mut self.wide {
            Some(wide) if self.runs.is_multiple_of(2) => wide.run(),
            _ => self.near.run(),
        }
    }

    /// What the near kernel met in this epoch so far, beside calls of `call` nanoseconds.
    pub(super) fn near(&self, call: f64) -> Disturbance {
        self.near.disturbance(call, false)
    }

    /// The same of the wide one, if there is one, on a machine that may be crowded.
    pub(super) fn wide(&self, call: f64, crowded: bool) -> Option<Disturbance> {
        self.wide.as_ref().map(|wide| wide.disturbance(call, crowded))
    }
}
