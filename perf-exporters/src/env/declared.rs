//! The declarations. `docs/environment.md` is made of them: after a change, `PERF_EXPORTERS_BLESS=1 cargo test -p
//! perf-exporters --lib env` writes it anew.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use super::{Choice, Declaration, ReadBy, Variable, values};

/// Every declaration, in the order of the documentation.
pub static ALL: [&Declaration; 19] = [
    &REPORT.declaration,
    &TOP.declaration,
    &TIMELINE.declaration,
    &OVERHEAD.declaration,
    &SIGNALS.declaration,
    &MONITOR.declaration,
    &SERVE.declaration,
    &SERVE_REMOTE.declaration,
    &SERVE_HOSTS.declaration,
    &OTLP.declaration,
    &STRICT.declaration,
    &UPDATE.declaration,
    &LOCK.declaration,
    &GATE_DETAIL.declaration,
    &GATE_LOG.declaration,
    &GATE_MEASURE.declaration,
    &SAMPLE.declaration,
    &INSTRUCTIONS.declaration,
    &INSTRUCTIONS_OF.declaration,
];

const SWITCH: fn() -> Cow<'static, str> = || "`on`, `off`".into();

/// Where the report goes.
pub static REPORT: Variable<Choice<String>> = Variable {
    declaration: Declaration {
        name: "PERF_REPORT",
        values: || crate::format::accepted().into(),
        default: "`table`",
        effect: "where the report goes at the end of the program",
        read_by: ReadBy::Reporter,
        feature: None,
        cargo_perf: Some("`run` and `compare` set it to a file of theirs"),
    },
    parse: values::outputs,
};

/// How many probes the table shows.
pub static TOP: Variable<Option<usize>> = Variable {
    declaration: Declaration {
        name: "PERF_TOP",
        values: || "a number of probes, or `all`".into(),
        default: "`30`",
        effect: "how many probes the table shows",
        read_by: ReadBy::Reporter,
        feature: None,
        cargo_perf: None,
    },
    parse: values::count,
};

/// How many of its last calls a thread remembers.
pub static TIMELINE: Variable<Choice<usize>> = Variable {
    declaration: Declaration {
        name: "PERF_TIMELINE",
        values: || {
            "`on`, `off`, or a number of calls for each thread to remember, up to 16777216 (24 bytes each)".into()
        },
        default: "`off`, and `on` where a trace is among the outputs",
        effect: "how many of its last calls every thread remembers; `on` is 16,384",
        read_by: ReadBy::Reporter,
        feature: None,
        cargo_perf: None,
    },
    parse: values::events,
};

/// The cap of all probes that do not say otherwise, in parts per million.
pub static OVERHEAD: Variable<Choice<u32>> = Variable {
    declaration: Declaration {
        name: "PERF_OVERHEAD",
        values: || "`on`, `off`, or a share, such as `1%` or `0.5%`".into(),
        default: "`off`",
        effect: "what share of the program's measured time its probes may cost, all together, where they do not say otherwise: calls, errors, items and bytes stay exact, times and allocations are those of the calls that are timed; `on` is `1%`. There is no call tree then, unless the program asks for one",
        read_by: ReadBy::Reporter,
        feature: None,
        cargo_perf: None,
    },
    parse: values::share,
};

/// Whether a report is written when a signal ends the program.
pub static SIGNALS: Variable<bool> = Variable {
    declaration: Declaration {
        name: "PERF_SIGNALS",
        values: SWITCH,
        default: "`on` where the feature is",
        effect: "whether the report is written also when Ctrl-C, `SIGTERM` or `SIGHUP` ends the program, on Unix",
        read_by: ReadBy::Reporter,
        feature: Some("signals"),
        cargo_perf: None,
    },
    parse: values::switch,
};

/// Whether memory and processor time are watched.
pub static MONITOR: Variable<Choice<Duration>> = Variable {
    declaration: Declaration {
        name: "PERF_MONITOR",
        values: || "`on`, `off`, or the time between two looks, such as `100ms`".into(),
        default: "`off`",
        effect: "whether what the process uses (memory, processors, I/O, pressure, limits) is watched meanwhile; `on` looks every 100 ms",
        read_by: ReadBy::Reporter,
        feature: Some("monitor"),
        cargo_perf: None,
    },
    parse: values::every,
};

/// Where an endpoint is opened.
pub static SERVE: Variable<Choice<String>> = Variable {
    declaration: Declaration {
        name: "PERF_SERVE",
        values: || "`on`, `off`, a port, or an address with one, such as `127.0.0.1:9080`".into(),
        default: "`off`",
        effect: "where an endpoint for browsers and Prometheus is opened; `on` is `127.0.0.1:9080`, a port alone one of 127.0.0.1",
        read_by: ReadBy::Reporter,
        feature: Some("serve"),
        cargo_perf: None,
    },
    parse: values::address,
};

/// Whether the endpoint may be reached from other machines.
pub static SERVE_REMOTE: Variable<bool> = Variable {
    declaration: Declaration {
        name: "PERF_SERVE_REMOTE",
        values: SWITCH,
        default: "`off`",
        effect: "whether `PERF_SERVE` may name an address that other machines reach, who can then read what is measured",
        read_by: ReadBy::Reporter,
        feature: Some("serve"),
        cargo_perf: None,
    },
    parse: values::switch,
};

/// Names that requests may use.
pub static SERVE_HOSTS: Variable<Vec<String>> = Variable {
    declaration: Declaration {
        name: "PERF_SERVE_HOSTS",
        values: || "names, by comma".into(),
        default: "none",
        effect: "names that the `Host` of a request may have, besides `localhost` and addresses",
        read_by: ReadBy::Reporter,
        feature: Some("serve"),
        cargo_perf: None,
    },
    parse: values::list,
};

/// Which collector metrics are sent to.
pub static OTLP: Variable<Choice<String>> = Variable {
    declaration: Declaration {
        name: "PERF_OTLP",
        values: || "`on`, `off`, or the URL of a collector, such as `http://localhost:4318/v1/metrics`".into(),
        default: "`off`",
        effect: "which OpenTelemetry collector metrics are sent to; `on` is the one that the `OTEL_…` variables name",
        read_by: ReadBy::Reporter,
        feature: Some("otlp"),
        cargo_perf: None,
    },
    parse: values::url,
};

/// Whether undecided counts as failed.
pub static STRICT: Variable<bool> = Variable {
    declaration: Declaration {
        name: "PERF_STRICT",
        values: SWITCH,
        default: "`off`",
        effect: "whether a budget that could not be decided (INCONCLUSIVE) fails its test; a value that is not understood counts as `on`",
        read_by: ReadBy::BudgetTests,
        feature: Some("gate"),
        cargo_perf: Some("`compare` unsets it for tests"),
    },
    parse: values::switch,
};

/// Whether baselines are recorded.
pub static UPDATE: Variable<bool> = Variable {
    declaration: Declaration {
        name: "PERF_UPDATE",
        values: SWITCH,
        default: "`off`",
        effect: "whether what is measured becomes the baseline in `perf.lock`",
        read_by: ReadBy::BudgetTests,
        feature: Some("baseline"),
        cargo_perf: Some("`gate` reads it as `--update`; `compare` unsets it for tests"),
    },
    parse: values::switch,
};

/// The file with the baselines.
pub static LOCK: Variable<PathBuf> = Variable {
    declaration: Declaration {
        name: "PERF_LOCK",
        values: || "a path".into(),
        default: "`perf.lock` beside `Cargo.toml`",
        effect: "which file the baselines are in",
        read_by: ReadBy::BudgetTests,
        feature: Some("baseline"),
        cargo_perf: Some("`compare` sets it for tests to a file that is not there"),
    },
    parse: values::path,
};

/// Whether every budget test prints its report.
pub static GATE_DETAIL: Variable<bool> = Variable {
    declaration: Declaration {
        name: "PERF_GATE_DETAIL",
        values: SWITCH,
        default: "`off`",
        effect: "whether every measured run prints its report and the table of its probes",
        read_by: ReadBy::BudgetTests,
        feature: Some("gate"),
        cargo_perf: None,
    },
    parse: values::switch,
};

/// The file that budget tests keep a log in.
pub static GATE_LOG: Variable<PathBuf> = Variable {
    declaration: Declaration {
        name: "PERF_GATE_LOG",
        values: || "a path".into(),
        default: "none",
        effect: "which file every measured run appends a line of JSON to (schema `perf.gate-log/1`, type `perf_exporters::gate_log::Run`)",
        read_by: ReadBy::BudgetTests,
        feature: Some("gate"),
        cargo_perf: Some("`compare` sets it for tests to a file of its own"),
    },
    parse: values::path,
};

/// For how long budget tests measure without judging.
pub static GATE_MEASURE: Variable<Duration> = Variable {
    declaration: Declaration {
        name: "PERF_GATE_MEASURE",
        values: || "a time, such as `200ms`".into(),
        default: "none: budgets are judged",
        effect: "for how long tests measure, in place of what their budgets ask; nothing is judged then",
        read_by: ReadBy::BudgetTests,
        feature: Some("gate"),
        cargo_perf: Some("`compare` sets it for tests"),
    },
    parse: values::duration,
};

/// Where a budget test that another one started leaves the instructions that it counted.
pub static INSTRUCTIONS: Variable<PathBuf> = Variable {
    declaration: Declaration {
        name: "PERF_INSTRUCTIONS",
        values: || "a path".into(),
        default: "none",
        effect: "which file a test leaves counted instructions in, and judges nothing; budget tests set it for the processes that they start to count instructions, so these start no others",
        read_by: ReadBy::BudgetTests,
        feature: Some("gate"),
        cargo_perf: Some("`run --instructions` and `compare --instructions` set it to a file of theirs"),
    },
    parse: values::path,
};

/// Where a budget test that another one started leaves what it measured.
pub static SAMPLE: Variable<PathBuf> = Variable {
    declaration: Declaration {
        name: "PERF_SAMPLE",
        values: || "a path".into(),
        default: "none",
        effect: "which file a test leaves what one process measures in, and judges nothing; budget tests set it for the processes that they start to learn what differs between processes",
        read_by: ReadBy::BudgetTests,
        feature: Some("baseline"),
        cargo_perf: None,
    },
    parse: values::path,
};

/// Which probe of a program counts its instructions.
pub static INSTRUCTIONS_OF: Variable<String> = Variable {
    declaration: Declaration {
        name: "PERF_INSTRUCTIONS_OF",
        values: || "`whole NAME` or `own NAME`, of a probe".into(),
        default: "none",
        effect: "which probe's calls are counted, with or without the probes that they call, where the processor or callgrind counts instructions; what is counted goes to the file that `PERF_INSTRUCTIONS` names",
        read_by: ReadBy::Reporter,
        feature: Some("gate"),
        cargo_perf: Some("`run --instructions` and `compare --instructions` set it"),
    },
    parse: values::of_probe,
};
