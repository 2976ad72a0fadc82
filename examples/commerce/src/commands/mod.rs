//! One file for each command. They return the exit code: 0, or 1 where something was lost or, with `--strict`, a limit is broken.

mod full;
mod history;
mod measure;
mod pair;

use std::process::ExitCode;

use commerce::faults::{self, Fault};
use commerce::http::Server;
use commerce::measure::Failure;
use commerce::shop::Shop;
use commerce::store::Size;

pub(crate) use full::full;
pub(crate) use history::history;
pub(crate) use measure::measure;
pub(crate) use pair::{Pair, pair};

type Done = Result<ExitCode, Failure>;

pub(crate) fn serve(port: u16) -> Done {
    let _reporter = perf_exporters::init();
    let server = Server::start(Shop::temporary(Size::QUICK)?, port)
        .map_err(|error| format!("port {port}: {error}; `--port 0` takes one that is free"))?;
    let address = server.address();
    server.until_interrupted(|| {
        println!("http://{address}  (the header x-tenant names a tenant: 1 to {})", Size::QUICK.tenants);
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn faults() -> Done {
    let program = std::env::current_exe()?;
    let all: [&dyn Fn() -> Result<Fault, Failure>; 4] =
        [&faults::database_locked, &|| faults::disk_full(&program), &faults::poison_event, &faults::slow_subscriber];
    let mut is_survived = true;
    for fault in all {
        let fault = fault()?;
        println!("{fault}");
        is_survived &= fault.is_survived();
    }
    Ok(if is_survived { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn disk_full() -> Done {
    let [acknowledged, kept, failed, recovered] = faults::disk_full_in_this_process()?;
    println!("{acknowledged} {kept} {failed} {recovered}");
    Ok(ExitCode::SUCCESS)
}
