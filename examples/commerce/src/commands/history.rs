//! Nine versions of the code, one after the other, as a history would have them.
//!
//! The versions are made of the injections: what is repaired from version to version, and what comes back.

use std::ffi::OsString;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use commerce::inject::{self, Injection};
use commerce::shop::Shop;
use commerce::store::Size;
use perf_exporters::Report;

use super::Done;

use Injection::{ExtraAllocation, NPlusOne, OnLookup};

/// The mistakes in each version.
const VERSIONS: [&[Injection]; 9] = [
    &[NPlusOne, OnLookup, ExtraAllocation],
    &[NPlusOne, OnLookup, ExtraAllocation],
    &[NPlusOne, OnLookup],
    &[NPlusOne],
    &[NPlusOne],
    &[],
    &[],
    &[NPlusOne],
    &[],
];

/// Reports of a version: a change is believed where five of them lie on either side.
const REPORTS: u32 = 6;
/// Requests of each kind in a report.
const REQUESTS: u32 = 400;

pub(crate) fn history(output: &Path) -> Done {
    fs::create_dir_all(output).map_err(|error| format!("{}: {error}; --folder names another one", output.display()))?;
    let shop = Shop::temporary(Size::QUICK)?;
    let mut lines = String::new();
    for (at, mistakes) in VERSIONS.into_iter().enumerate() {
        inject::set(mistakes.iter().copied());
        eprintln!("commerce: version {} of {}, with {mistakes:?}", at + 1, VERSIONS.len());
        // The first requests prepare statements; they are no part of the version.
        requests(&shop, 20)?;
        for _ in 0..REPORTS {
            let before = perf_core::snapshot();
            requests(&shop, REQUESTS)?;
            let mut report = Report::from(perf_core::snapshot().since(&before)).of_this_process();
            report.meta.program = format!("commerce, version {}", at + 1);
            lines += &report.to_json();
            if !lines.ends_with('\n') {
                lines.push('\n');
            }
        }
    }
    let history = output.join("history.jsonl");
    fs::write(&history, lines)?;
    let chart = output.join("history.svg");
    // The median: a mean would show what else the machine does.
    let words = ["cargo-perf", "trend", "--metric", "p50", "--probe", "version::*", "--svg"].map(OsString::from);
    let code = cargo_perf::run(words.into_iter().chain([chart.clone().into(), history.clone().into()]));
    println!("{} and {}", history.display(), chart.display());
    Ok(if code == ExitCode::SUCCESS { code } else { ExitCode::FAILURE })
}

fn requests(shop: &Shop, number: u32) -> commerce::Result<()> {
    for number in 0..number {
        let tenant = 1 + number % Size::QUICK.tenants;
        black_box(orders(shop, tenant)?);
        black_box(search(shop, tenant)?);
        black_box(shop.tenant(tenant)?);
    }
    Ok(())
}

#[perf_core::perf_probe(name = "version::orders")]
fn orders(shop: &Shop, tenant: u32) -> commerce::Result<usize> {
    shop.store.orders(tenant).map(|orders| orders.len())
}

#[perf_core::perf_probe(name = "version::search")]
fn search(shop: &Shop, tenant: u32) -> commerce::Result<usize> {
    shop.store.search(tenant, "cedar").map(|found| found.len())
}
