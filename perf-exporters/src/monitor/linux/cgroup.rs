//! Control groups: the process's own group, its limits, and their cost.
//!
//! A machine has version 2, version 1, or both at once, each controller in one of them. Limits apply to all groups below, so
//! the one that counts is the least on the way up, as far as the mount shows it. Which group that is, is found once.

use std::fs;
use std::path::{Path, PathBuf};

use super::source::{Source, keyed};
use crate::report::{Limits, Reading};

/// Version 1 says "no limit" by a number of bytes near the greatest that there is.
const NO_LIMIT: u64 = 1 << 62;

/// The groups whose processor quota and memory limit apply to the process.
#[derive(Debug)]
pub(super) struct Cgroup {
    cpu: Result<Cpu, String>,
    memory: Result<Memory, String>,
    /// The process's own group in version 2, which reports its pressure.
    pub(super) unified: Option<PathBuf>,
}

#[derive(Debug)]
struct Cpu {
    /// `cpu.max`, or quota and period of version 1.
    quota: Vec<Source>,
    stat: Source,
}

#[derive(Debug)]
struct Memory {
    limit: Source,
    current: Source,
    hits: Source,
    kills: Source,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The place of the process in one hierarchy: its group, and those above it that can be seen.
struct Place {
    version: Version,
    /// The process's own group first, then those above it.
    groups: Vec<PathBuf>,
}

impl Cgroup {
    /// Looks in `/proc/self` and where that says that groups are mounted, all below `root`.
    pub(super) fn find(root: &Path) -> Self {
        let read = |name: &str| {
            let path = root.join("proc/self").join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let (member, mounts) = (read("cgroup"), read("mountinfo"));
        let place = |controller: &str| {
            let (member, mounts) = (member.as_ref().map_err(Clone::clone)?, mounts.as_ref().map_err(Clone::clone)?);
            Place::of(root, member, mounts, controller)
                .ok_or_else(|| format!("no control group with the controller {controller} is mounted"))
        };
        let unified = member.as_ref().ok().zip(mounts.as_ref().ok());
        let unified = unified.and_then(|(member, mounts)| Place::unified(root, member, mounts));
        Self {
            cpu: place("cpu").map(|place| Cpu::of(&place)),
            memory: place("memory").map(|place| Memory::of(&place)),
            unified: unified.and_then(|place| place.groups.into_iter().next()),
        }
    }

    pub(super) fn read_cpu(&self, buffer: &mut [u8], reading: &mut Reading) -> Result<(), String> {
        let cpu = self.cpu.as_ref().map_err(Clone::clone)?;
        let text = cpu.stat.read(buffer)?;
        reading.quota_periods = keyed(text, "nr_periods");
        reading.throttled_periods = keyed(text, "nr_throttled");
        let micros = keyed(text, "throttled_usec").and_then(|micros| micros.checked_mul(1_000));
        reading.throttled_ns = keyed(text, "throttled_time").or(micros);
        if reading.throttled_ns.is_none() || reading.quota_periods.is_none() {
            return Err(cpu.stat.without("it tells of no quota, since the group has no processor controller"));
        }
        Ok(())
    }

    pub(super) fn read_memory(&self, buffer: &mut [u8], reading: &mut Reading) -> Result<(), String> {
        let memory = self.memory.as_ref().map_err(Clone::clone)?;
        let hits = memory.hits.read(buffer).map(|text| match memory.version {
            Version::One => text.trim().parse().ok(),
            Version::Two => Some(keyed(text, "max")?.saturating_add(keyed(text, "high").unwrap_or(0))),
        });
        reading.memory_limit_hits = hits.as_ref().ok().copied().flatten();
        let kills = memory.kills.read(buffer).map(|text| keyed(text, "oom_kill"));
        reading.oom_kills = kills.as_ref().ok().copied().flatten();
        reading.cgroup_memory_bytes = memory.current.read(buffer)?.trim().parse().ok();
        hits?.ok_or_else(|| memory.hits.without("it tells of no limit"))?;
        kills?.ok_or_else(|| memory.kills.without("it has no oom_kill"))?;
        Ok(())
    }

    pub(super) fn limits(&self, buffer: &mut [u8], limits: &mut Limits) {
        if let Some((quota, period)) = self.cpu.as_ref().ok().and_then(|cpu| cpu.quota(buffer)) {
            (limits.quota_ns, limits.quota_period_ns) = (quota.checked_mul(1_000), period.checked_mul(1_000));
        }
        if let Ok(memory) = &self.memory {
            limits.memory_bytes = bytes(&memory.limit, buffer);
        }
    }
}

impl Place {
    /// A controller that version 1 has mounted is not in version 2.
    fn of(root: &Path, member: &str, mounts: &str, controller: &str) -> Option<Self> {
        let has = |list: &str| list.split(',').any(|name| name == controller);
        let path = member.lines().find_map(|line| {
            let (list, path) = line.split_once(':')?.1.split_once(':')?;
            has(list).then_some(path)
        });
        let Some(path) = path else { return Self::unified(root, member, mounts) };
        let groups = groups(root, path, mounts, |kind, options| kind == "cgroup" && has(options))?;
        Some(Self { version: Version::One, groups })
    }

    fn unified(root: &Path, member: &str, mounts: &str) -> Option<Self> {
        let path = member.lines().find_map(|line| line.strip_prefix("0::"))?;
        let groups = groups(root, path, mounts, |kind, _| kind == "cgroup2")?;
        Some(Self { version: Version::Two, groups })
    }

    /// The group with the least limit; the process's own where none has any.
    fn least(&self, limit: impl Fn(&Path) -> Option<f64>) -> &Path {
        let limited = self.groups.iter().filter_map(|group| Some((group, limit(group)?)));
        limited.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(&self.groups[0], |(group, _)| group)
    }
}

/// The folder of a group and of those above it, up to the folder that is mounted. In a container the path may be one of
/// the host's: then the folder that is mounted is the process's own group.
fn groups(root: &Path, path: &str, mounts: &str, is_it: impl Fn(&str, &str) -> bool) -> Option<Vec<PathBuf>> {
    let (top, point) = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next()?, kind.nth(1)?);
        let mut place = place.split(' ').skip(3);
        is_it(name, options).then_some((place.next()?, place.next()?))
    })?;
    let point = root.join(point.trim_start_matches('/'));
    let below = match path.strip_prefix(top.trim_end_matches('/')) {
        Some(below) if below.is_empty() || below.starts_with('/') => below.trim_start_matches('/'),
        _ => "",
    };
    let own = if below.split('/').any(|part| part == "..") { point.clone() } else { point.join(below) };
    let own = if own.is_dir() { own } else { point.clone() };
    Some(own.ancestors().take_while(|group| group.starts_with(&point)).map(Path::to_owned).collect())
}

impl Cpu {
    fn of(place: &Place) -> Self {
        let files = |group: &Path| match place.version {
            Version::One => {
                vec![Source::open(&group.join("cpu.cfs_quota_us")), Source::open(&group.join("cpu.cfs_period_us"))]
            }
            Version::Two => vec![Source::open(&group.join("cpu.max"))],
        };
        let limit = |group: &Path| {
            let (quota, period) = quota(&files(group), &mut [0; 128])?;
            Some(quota as f64 / period as f64)
        };
        let group = place.least(limit);
        Self { quota: files(group), stat: Source::open(&group.join("cpu.stat")) }
    }

    fn quota(&self, buffer: &mut [u8]) -> Option<(u64, u64)> {
        quota(&self.quota, buffer)
    }
}

/// Microseconds of processor time in a period of so many microseconds; none where that is not limited.
fn quota(files: &[Source], buffer: &mut [u8]) -> Option<(u64, u64)> {
    let mut numbers = [None; 2];
    let mut at = 0;
    for file in files {
        for word in file.read(buffer).ok()?.split_whitespace() {
            // `max`, and -1, are no numbers of this kind.
            *numbers.get_mut(at)? = word.parse().ok();
            at += 1;
        }
    }
    Some((numbers[0]?, numbers[1].filter(|period| *period > 0)?))
}

impl Memory {
    fn of(place: &Place) -> Self {
        let [limit, current, hits, kills] = match place.version {
            Version::One => ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.failcnt", "memory.oom_control"],
            Version::Two => ["memory.max", "memory.current", "memory.events", "memory.events"],
        };
        let group = place.least(|group| Some(bytes(&Source::open(&group.join(limit)), &mut [0; 128])? as f64));
        let open = |name: &str| Source::open(&group.join(name));
        Self {
            limit: open(limit),
            current: open(current),
            hits: open(hits),
            kills: open(kills),
            version: place.version,
        }
    }
}

/// A limit in bytes; none where there is none.
fn bytes(file: &Source, buffer: &mut [u8]) -> Option<u64> {
    file.read(buffer).ok()?.trim().parse().ok().filter(|bytes| *bytes < NO_LIMIT)
}
