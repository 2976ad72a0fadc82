//! Trees of files as kernels with either kind of control groups have them, and the real `/proc` of this process.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::report::Absent;

type Files<'a> = &'a [(&'a str, &'a str)];

fn put(root: &Path, files: Files) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn tree(files: Files) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), files);
    root
}

struct Seen {
    reading: Reading,
    limits: Limits,
    absent: Vec<Absent>,
}

impl Seen {
    fn why(&self, source: &str) -> &str {
        &self.absent.iter().find(|absent| absent.source == source).expect("it is absent").reason
    }
}

fn look(details: &mut Details, at_ns: u64) -> Seen {
    let (mut reading, mut reasons) = (Reading { at_ns, ..Reading::default() }, Reasons::default());
    details.sample(at_ns, 0);
    details.look(&mut reading, &mut reasons);
    Seen { reading, limits: details.limits(), absent: reasons.list() }
}

const V2_MOUNTS: &str = "25 1 8:1 / / rw - ext4 /dev/vda rw\n\
    31 25 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

#[test]
fn version_two_the_least_limit_on_the_way_up_counts() {
    let root = tree(&[
        ("proc/self/cgroup", "0::/kubepods/pod7/app\n"),
        ("proc/self/mountinfo", V2_MOUNTS),
        ("sys/fs/cgroup/kubepods/cpu.max", "800000 100000\n"),
        ("sys/fs/cgroup/kubepods/memory.max", "max\n"),
        // The pod has less than its container may have.
        ("sys/fs/cgroup/kubepods/pod7/cpu.max", "150000 100000\n"),
        (
            "sys/fs/cgroup/kubepods/pod7/cpu.stat",
            "usage_usec 9\nnr_periods 100\nnr_throttled 40\nthrottled_usec 2500\n",
        ),
        ("sys/fs/cgroup/kubepods/pod7/memory.max", "max\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/cpu.stat", "usage_usec 9\nnr_periods 1\nnr_throttled 2\nthrottled_usec 3\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/memory.max", "1073741824\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/memory.current", "524288000\n"),
        (
            "sys/fs/cgroup/kubepods/pod7/app/memory.events",
            "low 0\nhigh 3\nmax 4\noom 1\noom_kill 2\noom_group_kill 0\n",
        ),
        ("sys/fs/cgroup/kubepods/pod7/app/cpu.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=70\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/memory.pressure", "some avg10=0.00 total=50\nfull avg10=0.00 total=40\n"),
        ("sys/fs/cgroup/kubepods/pod7/app/io.pressure", "some avg10=0.00 total=30\nfull avg10=0.00 total=20\n"),
        ("proc/pressure/cpu", "some avg10=1.00 avg60=0.00 avg300=0.00 total=999\n"),
    ]);
    let mut details = Details::new(root.path());
    let seen = look(&mut details, 0);
    assert_eq!(seen.limits.quota(), Some(1.5));
    assert_eq!(seen.limits.memory_bytes, Some(1 << 30));
    let read = seen.reading;
    assert_eq!((read.quota_periods, read.throttled_periods, read.throttled_ns), (Some(100), Some(40), Some(2_500_000)));
    assert_eq!(
        (read.cgroup_memory_bytes, read.memory_limit_hits, read.oom_kills),
        (Some(524_288_000), Some(7), Some(2))
    );
    assert_eq!(details.pressure_of(), Some(PressureOf::Cgroup));
    let (cpu, memory, io) = (read.cpu_stalled_ns, read.memory_stalled_ns, read.io_stalled_ns);
    assert_eq!((cpu, memory, io), (Some(70_000), Some(50_000), Some(30_000)));
    assert_eq!((read.memory_halted_ns, read.io_halted_ns), (Some(40_000), Some(20_000)));

    // Changes are seen, also of the limits.
    put(
        root.path(),
        &[
            ("sys/fs/cgroup/kubepods/pod7/cpu.stat", "nr_periods 110\nnr_throttled 50\nthrottled_usec 4500\n"),
            ("sys/fs/cgroup/kubepods/pod7/cpu.max", "max 100000\n"),
        ],
    );
    let seen = look(&mut details, 1);
    assert_eq!((seen.reading.throttled_periods, seen.reading.throttled_ns), (Some(50), Some(4_500_000)));
    assert_eq!(seen.limits.quota(), None);
}

#[test]
fn version_one_each_controller_in_a_tree_of_its_own() {
    let root = tree(&[
        ("proc/self/cgroup", "9:name=systemd:/x\n4:memory:/jobs/seven\n1:cpu,cpuacct:/jobs\n0::/\n"),
        (
            "proc/self/mountinfo",
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
             32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
             35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n\
             41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
        ),
        ("sys/fs/cgroup/unified/cgroup.procs", ""),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.stat", "nr_periods 200\nnr_throttled 60\nthrottled_time 7000000\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "2147483648\n"),
        ("sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "1048576\n"),
        ("sys/fs/cgroup/memory/jobs/memory.failcnt", "12\n"),
        ("sys/fs/cgroup/memory/jobs/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
        ("sys/fs/cgroup/memory/jobs/seven/memory.limit_in_bytes", "9223372036854771712\n"),
        ("sys/fs/cgroup/memory/jobs/seven/memory.usage_in_bytes", "4096\n"),
    ]);
    let mut details = Details::new(root.path());
    let seen = look(&mut details, 0);
    assert_eq!(seen.limits.quota(), Some(0.5));
    assert_eq!(seen.limits.memory_bytes, Some(2 << 30));
    let read = seen.reading;
    assert_eq!((read.quota_periods, read.throttled_periods, read.throttled_ns), (Some(200), Some(60), Some(7_000_000)));
    assert_eq!((read.cgroup_memory_bytes, read.memory_limit_hits, read.oom_kills), (Some(1 << 20), Some(12), Some(1)));
    // The group of version 2 has no pressure, and neither has this machine.
    assert_eq!(details.pressure_of(), None);
    assert!(read.cpu_stalled_ns.is_none() && seen.why("pressure").contains("proc/pressure/cpu: No such file"));
}

#[test]
fn controllers_may_be_in_different_versions() {
    let root = tree(&[
        ("proc/self/cgroup", "1:cpu:/\n0::/app\n"),
        (
            "proc/self/mountinfo",
            "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n",
        ),
        ("cg/cpu/cpu.cfs_quota_us", "-1\n"),
        ("cg/cpu/cpu.cfs_period_us", "100000\n"),
        ("cg/cpu/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"),
        ("cg/unified/app/memory.max", "1000\n"),
        ("cg/unified/app/memory.current", "10\n"),
        ("cg/unified/app/memory.events", "max 5\noom_kill 0\n"),
    ]);
    let seen = look(&mut Details::new(root.path()), 0);
    assert_eq!((seen.limits.quota(), seen.limits.memory_bytes), (None, Some(1_000)));
    assert_eq!((seen.reading.throttled_ns, seen.reading.memory_limit_hits), (Some(0), Some(5)));
}

/// The group that a container is in, by the paths that the kernel reports there.
#[test]
fn containers_see_their_group_as_the_mount() {
    let inside = |member: &str, top: &str| {
        let mounts = format!("31 25 0:28 {top} /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
        let root = tree(&[
            ("proc/self/cgroup", &format!("0::{member}\n")),
            ("proc/self/mountinfo", &mounts),
            ("sys/fs/cgroup/memory.max", "77\n"),
            ("sys/fs/cgroup/memory.current", "5\n"),
            ("sys/fs/cgroup/memory.events", "max 0\noom_kill 0\n"),
            ("sys/fs/cgroup/inner/memory.max", "66\n"),
        ]);
        look(&mut Details::new(root.path()), 0).limits.memory_bytes
    };
    for (member, top, limit) in [
        ("/", "/", 77),
        ("/docker/1f", "/docker/1f", 77),
        // A path of the host, where the mount is the container's.
        ("/docker/1f", "/", 77),
        ("/../../elsewhere", "/", 77),
        ("/inner", "/", 66),
        ("/docker/1f/inner", "/docker/1f", 66),
        ("/docker/1fe/inner", "/docker/1f", 77),
    ] {
        assert_eq!(inside(member, top), Some(limit), "{member} in {top}");
    }
}

#[test]
fn what_is_missing_has_a_reason_and_no_value() {
    let root = tree(&[
        ("proc/self/cgroup", "0::/\n"),
        ("proc/self/mountinfo", V2_MOUNTS),
        // The root group has no controllers, and cannot have a quota.
        ("sys/fs/cgroup/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n"),
        ("proc/self/io", "rchar: 5\nwchar: 6\n"),
        ("proc/self/status", "Name:\tx\nVmRSS:\t  12 kB\n"),
    ]);
    let seen = look(&mut Details::new(root.path()), 0);
    assert!(seen.why("cgroup cpu").contains("cpu.stat: it tells of no quota"), "{}", seen.why("cgroup cpu"));
    assert!(seen.why("cgroup memory").contains("memory.current: No such file"));
    assert!(seen.why("io").contains("does not tell what goes to disks"));
    assert!(seen.why("status").contains("no VmSwap"));
    for source in ["net", "threads", "blocked", "descriptors", "pressure"] {
        assert!(seen.why(source).contains("No such file"), "{source}: {}", seen.why(source));
    }
    let known = Reading::FIGURES.iter().filter(|figure| (figure.of)(&seen.reading).is_some());
    assert_eq!(known.map(|figure| figure.name).collect::<Vec<_>>(), ["read_bytes", "written_bytes"]);

    let bare = look(&mut Details::new(tree(&[]).path()), 0);
    assert!(bare.why("cgroup cpu").contains("proc/self/cgroup: No such file"));
    let none = tree(&[("proc/self/cgroup", "0::/\n"), ("proc/self/mountinfo", "25 1 8:1 / / rw - ext4 /dev/vda rw\n")]);
    let none = look(&mut Details::new(none.path()), 0);
    assert_eq!(none.why("cgroup memory"), "no control group with the controller memory is mounted");
}

#[test]
fn files_of_proc_are_read_exactly() {
    let root = tree(&[
        ("proc/self/status", "Name:\tx\nVmHWM:\t     99 kB\nVmSwap:\t      12 kB\nThreads:\t3\n"),
        (
            "proc/self/io",
            "rchar: 100\nwchar: 200\nsyscr: 7\nsyscw: 8\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n",
        ),
        (
            "proc/self/net/dev",
            "Inter-|   Receive                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n\
             \x20   lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n  eth0:1000 9 0 0 0 0 0 0 30 2 0 0 0 0 0 0\n  eth1: 1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\n",
        ),
        (
            "proc/pressure/cpu",
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        ),
        ("proc/pressure/memory", "some avg10=0.00 total=6\nfull avg10=0.00 total=7\n"),
        ("proc/pressure/io", "some avg10=0.00 total=8\nfull avg10=0.00 total=9\n"),
    ]);
    let mut details = Details::new(root.path());
    let read = look(&mut details, 0).reading;
    assert_eq!(details.pressure_of(), Some(PressureOf::Machine));
    assert_eq!((read.swap_bytes, read.peak_rss_bytes), (Some(12 << 10), Some(99 << 10)));
    assert_eq!((read.read_bytes, read.written_bytes, read.io_calls), (Some(100), Some(200), Some(15)));
    assert_eq!((read.disk_read_bytes, read.disk_written_bytes), (Some(4_096), Some(8_192)));
    assert_eq!((read.net_received_bytes, read.net_sent_bytes, read.loopback_bytes), (Some(1_001), Some(32), Some(500)));
    assert_eq!((read.cpu_stalled_ns, read.io_halted_ns), (Some(5_000), Some(9_000)));
}

#[test]
fn threads_that_come_and_go_are_counted_from_their_start() {
    let second = 1_000_000_000;
    let root = tree(&[
        ("proc/self/task/10/schedstat", "5000 100 9\n"),
        ("proc/self/task/10/comm", "main\n"),
        ("proc/self/task/10/syscall", "running\n"),
        ("proc/self/task/11/schedstat", "700 7 9\n"),
        ("proc/self/task/11/comm", "worker one\n"),
        ("proc/self/task/11/syscall", "202 0x1 0x2\n"),
    ]);
    if !cfg!(target_arch = "x86_64") {
        put(root.path(), &[("proc/self/task/11/syscall", "98 0x1 0x2\n")]);
    }
    let mut details = Details::new(root.path());
    let first = look(&mut details, 0).reading;
    assert_eq!((first.threads, first.ready_ns, first.futex_ns), (Some(2), Some(0), Some(0)));
    // A look takes no sample: the first one stands until the second.

    fs::remove_dir_all(root.path().join("proc/self/task/11")).unwrap();
    put(
        root.path(),
        &[
            ("proc/self/task/10/schedstat", "6000 150 9\n"),
            ("proc/self/task/12/schedstat", "40 4 9\n"),
            ("proc/self/task/12/comm", "late\n"),
            ("proc/self/task/12/syscall", "-1 0x1 0x2\n"),
        ],
    );
    let then = look(&mut details, second).reading;
    assert_eq!((then.threads, then.ready_ns), (Some(2), Some(54)));
    assert_eq!((then.futex_ns, then.blocked_ns), (Some(second), Some(0)));
    let times: Vec<_> =
        details.threads().iter().map(|one| (one.name.clone(), one.id, one.cpu_ns, one.ready_ns)).collect();
    let of = |name: &str, id, cpu, ready| (name.to_owned(), id, cpu, ready);
    // The earlier time of `main` is not counted; `late` began meanwhile.
    assert_eq!(times, [of("main", Some(10), 1_000, 50), of("late", Some(12), 40, 4), of("(ended)", None, 0, 0)]);

    // The number 12 is used again.
    put(root.path(), &[("proc/self/task/12/schedstat", "30 1 9\n"), ("proc/self/task/12/comm", "next\n")]);
    let last = look(&mut details, 2 * second).reading;
    assert_eq!((last.ready_ns, last.futex_ns, last.blocked_ns), (Some(55), Some(second), Some(second)));
    let ended = details.threads().pop().unwrap();
    assert_eq!((ended.threads, ended.cpu_ns, ended.ready_ns), (2, 40, 4));
}

#[test]
fn many_threads_are_some_entries_and_the_rest() {
    let root = tempfile::tempdir().unwrap();
    let write = |cpu: u64| {
        for id in 1..=100_u64 {
            let path = |name| format!("proc/self/task/{id}/{name}");
            let stat = format!("{} 0 1\n", id * cpu);
            put(root.path(), &[(&path("schedstat"), &stat), (&path("comm"), "t\n"), (&path("syscall"), "running\n")]);
        }
    };
    write(0);
    let mut details = Details::new(root.path());
    look(&mut details, 0);
    write(3);
    look(&mut details, 10);
    let times = details.threads();
    assert_eq!(times.len(), 65);
    assert!(times[..64].is_sorted_by(|a, b| a.cpu_ns >= b.cpu_ns));
    let others = &times[64];
    assert_eq!((others.name.as_str(), others.threads, others.watched_ns), ("(others)", 36, 360));
    assert_eq!(times.iter().map(|one| one.cpu_ns).sum::<u64>(), 3 * 5_050);
}

/// The groups of this machine, of any kind.
#[test]
fn this_machine_answers_or_gives_a_reason() {
    let mut details = Details::new(Path::new("/"));
    let seen = look(&mut details, 0);
    for figure in Reading::FIGURES.iter().filter(|figure| !["getrusage", "jemalloc"].contains(&figure.source)) {
        let told = (figure.of)(&seen.reading).is_some();
        assert!(told || !seen.why(figure.source).is_empty(), "{}", figure.name);
    }
    assert!(seen.reading.threads >= Some(2) && seen.reading.descriptors > Some(3));
}
