//! `docs/environment.md`, made of the declarations.

use super::{ALL, Declaration, ReadBy};

const HEAD: &str = "\
# Environment

<!-- Made of the declarations in perf-exporters/src/env/declared.rs: PERF_EXPORTERS_BLESS=1 cargo test -p perf-exporters --lib env -->

`perf-core` and the attributes read no environment. What follows is read by `perf-exporters` (`init()`, the functions named
`from_env`, and budget tests) and by `cargo perf`.

`on`, `1`, `true`, `yes` and `off`, `0`, `false`, `no` mean the same for every switch, in capitals or not; an empty value is
no value. A value that cannot be understood is told once on standard error, with the valid ones and the nearest of them, and
the default holds. The name of a variable that is nearly one of these (`PERF_REPROT`) is told once too; names that are near
none of them belong to other programs.
";

const OTHERS: &str = "
## Variables that others define

| variable | effect |
|---|---|
| `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` | whether tables have colours, as everywhere |
| `COLUMNS` | width of a table where the output is no terminal |
| `OTEL_…` | what OpenTelemetry defines for its exporters: [Export to a collector][serving] |
| `CARGO_MANIFEST_DIR` | cargo and nextest set it: where budget tests look for `perf.lock` |
| `CARGO` | the cargo that `cargo perf` builds with |

[serving]: exporters-serving.md
";

/// `docs/environment.md`: every variable, its values, its default, and what it does.
#[must_use]
pub fn documentation() -> String {
    let mut page = HEAD.to_owned();
    for (title, read_by) in
        [("A program that reports", ReadBy::Reporter), ("Tests with budgets, and baselines", ReadBy::BudgetTests)]
    {
        page.extend(["\n## ", title, "\n\n| variable | values | default | effect |\n|---|---|---|---|\n"]);
        page.extend(ALL.iter().filter(|declaration| declaration.read_by == read_by).map(|one| row(one)));
    }
    page += "\n## What `cargo perf` does with them\n\nThe programs and tests that it runs see its own environment, but for these.\n\n";
    page += "| variable | `cargo perf` |\n|---|---|\n";
    let named = |one: &&Declaration| one.cargo_perf.map(|what| format!("| `{}` | {what} |\n", one.name));
    page.extend(ALL.iter().filter_map(named));
    page + OTHERS
}

fn row(one: &Declaration) -> String {
    let feature = one.feature.map_or_else(String::new, |feature| format!(" (feature `{feature}`)"));
    format!("| `{}` | {} | {} | {}{feature} |\n", one.name, one.values(), one.default, one.effect)
}
