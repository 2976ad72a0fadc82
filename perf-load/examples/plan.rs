//! A load as a file: reads a plan, drives its operations, prints the measurements. For a plan that cannot be driven, it names
//! the wrong key, with exit code 2.
//!
//! ```sh
//! cargo run -p perf-load --features plan --example plan -- perf-load/examples/plan.toml
//! ```

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;

use perf_load::{Ctx, Error, Mix, Plan, show};

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<String, Error> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::failed("which plan? its path is the argument"))?;
    let text = std::fs::read_to_string(&path).map_err(|error| Error::invalid(path, "cannot be read").because(error))?;
    let plan = Plan::parse(&text)?;
    let store: Mutex<BTreeMap<u64, Vec<u8>>> = Mutex::default();
    let store = || store.lock().map_err(|_| "poisoned");
    let mix = plan.operations.into_iter().fold(Mix::new(), |mix, operation| match operation.name() {
        "get" => mix.add(operation, move |ctx: &Ctx| store()?.get(&(ctx.seed() % 1_000)).map(drop).ok_or("not found")),
        "put" => mix.add(operation, move |ctx: &Ctx| {
            let size = usize::try_from(ctx.size()).map_err(|_| "too large")?;
            store()?.insert(ctx.seed() % 1_000, vec![0; size]);
            Ok::<(), &str>(())
        }),
        _ => mix.add(operation, |_: &Ctx| Err::<(), _>("unknown operation")),
    });
    Ok(show::text(&plan.load.run_mix(&mix)?))
}
