//! The machine that this command runs on.

use perf_exporters::Report;
use perf_exporters::baseline::Kernels;
use perf_exporters::report::Machine;

/// How fast this machine is now, if these runs were made on one like it: else that says nothing about them.
pub(crate) fn kernels_for(runs: &[Report]) -> Option<Kernels> {
    let here = Machine::current();
    let same = |there: &Machine| {
        (&there.arch, &there.cpu_model, there.cores, &there.os) == (&here.arch, &here.cpu_model, here.cores, &here.os)
    };
    (!runs.is_empty() && runs.iter().all(|run| same(&run.meta.machine))).then(Kernels::measure)
}
