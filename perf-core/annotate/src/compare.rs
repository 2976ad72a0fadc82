//! Two counts of the same calls.
//!
//! Each process of the tests left a file: a line `probe NAME FILE LINE CALLS` for each probe, `site NAME FILE LINE CALLS` for each
//! counter, `lost N` for the calls that the library says it lost. Fields are separated by tabs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Prints what differs, and a line that sums it up. Whether nothing differs.
pub fn folder(folder: &Path) -> Result<bool> {
    let mut total = Total::default();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        process(&fs::read_to_string(&path)?, &mut total).with_context(|| path.display().to_string())?;
    }
    if total.sites == 0 {
        bail!("{}: no process left a count", folder.display());
    }
    println!(
        "{} processes, {} functions called, {} calls counted, {} counts differ, {} calls lost",
        total.processes, total.sites, total.calls, total.differ, total.lost
    );
    Ok(total.differ == 0 && total.lost == 0)
}

#[derive(Default)]
struct Total {
    processes: usize,
    sites: usize,
    calls: u64,
    differ: usize,
    lost: u64,
}

fn process(text: &str, total: &mut Total) -> Result<()> {
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let mut probes = BTreeMap::new();
    let mut by_place = BTreeMap::new();
    for row in &rows {
        match row.as_slice() {
            ["probe", name, file, line, calls] => {
                probes.insert(*name, calls.parse::<u64>()?);
                by_place.insert((*file, *line), *name);
            }
            ["lost", lost] => total.lost += lost.parse::<u64>()?,
            ["site", ..] => {}
            _ => bail!("not a line of a count: {row:?}"),
        }
    }
    // Probes of one name share a row, which has the place of one of them: the others are found by name.
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        if let ["site", name, file, line, calls] = row.as_slice() {
            let name = by_place.get(&(*file, *line)).unwrap_or(name);
            *counted.entry(name).or_default() += calls.parse::<u64>()?;
            total.sites += 1;
        }
    }
    for (name, calls) in &counted {
        total.calls += calls;
        let measured = probes.get(name).copied().unwrap_or_default();
        if measured != *calls {
            total.differ += 1;
            println!("{name}: {calls} calls, its probe has {measured}");
        }
    }
    for (name, measured) in probes.iter().filter(|(name, calls)| **calls > 0 && !counted.contains_key(*name)) {
        total.differ += 1;
        println!("{name}: no calls, its probe has {measured}");
    }
    total.processes += 1;
    Ok(())
}
