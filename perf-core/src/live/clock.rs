//! Raw ticks: the processor's counter where the kernel itself keeps time by it, `Instant` elsewhere, a mock in tests.
//!
//! The choice is made once, when the first probe registers. The length of a tick is learnt later, from the time that
//! has passed since: the first snapshot compares both clocks over the whole life of the program.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use super::sign::Unsigned;
use super::sync::MOST_TICKS;
use crate::meta::ClockKind;

/// Shortest time over which the two clocks are compared.
const BASELINE: Duration = Duration::from_millis(10);

/// Platforms where the standard library has no clock either, and a reading would end the program: calls are counted,
/// and take no time.
const NO_CLOCK: bool = cfg!(all(target_family = "wasm", target_os = "unknown"));

struct Clock {
    kind: ClockKind,
    origin: Option<Instant>,
    origin_ticks: u64,
}

impl Clock {
    fn elapsed(&self) -> Duration {
        self.origin.map_or(Duration::ZERO, |origin| origin.elapsed())
    }
}

static CLOCK: OnceLock<Clock> = OnceLock::new();
static TICKS_PER_SECOND: OnceLock<f64> = OnceLock::new();
/// Starts away from 0, so that a test can step back.
static MOCK_NANOS: AtomicU64 = AtomicU64::new(1 << 40);
/// The part of the mock's time in which no processor worked.
static MOCK_WAITED: AtomicU64 = AtomicU64::new(0);

fn clock() -> &'static Clock {
    CLOCK.get_or_init(|| start(trusted_counter()))
}

fn start(kind: ClockKind) -> Clock {
    let (origin, origin_ticks) = both();
    Clock { kind, origin, origin_ticks }
}

/// One moment by both clocks: the tightest of a few readings, since a switch to another program between the two
/// would tilt the ratio.
fn both() -> (Option<Instant>, u64) {
    let mut best = (instant(), counter());
    let mut width = u64::MAX;
    for _ in 0..16 {
        let before = counter();
        let instant = instant();
        let spent = counter().wrapping_sub(before);
        if spent < width {
            width = spent;
            best = (instant, before.wrapping_add(spent / 2));
        }
    }
    best
}

fn instant() -> Option<Instant> {
    (!NO_CLOCK).then(Instant::now)
}

/// The time of day; the epoch where there is no clock.
pub(crate) fn wall() -> SystemTime {
    if NO_CLOCK { SystemTime::UNIX_EPOCH } else { SystemTime::now() }
}

/// Chooses the clock, if that has not happened yet.
pub(crate) fn kind() -> ClockKind {
    clock().kind
}

/// Whether [`counter`] is the clock: then the hot path of a call reads it directly.
pub(crate) fn is_counter() -> bool {
    matches!(kind(), ClockKind::Tsc | ClockKind::ArmCounter)
}

/// Makes time stand still, if no clock was chosen before.
pub(crate) fn mock() -> bool {
    let mut mine = false;
    CLOCK.get_or_init(|| {
        mine = true;
        start(ClockKind::Mock)
    });
    mine || kind() == ClockKind::Mock
}

/// Moves the mock clock; backwards too, as a broken counter would.
pub(crate) fn move_mock(nanos: i64) {
    MOCK_NANOS.fetch_add(nanos.unsigned(), Relaxed);
}

/// Moves the mock clock on while no processor works.
pub(crate) fn wait_mock(nanos: u64) {
    MOCK_WAITED.fetch_add(nanos, Relaxed);
    MOCK_NANOS.fetch_add(nanos, Relaxed);
}

/// The processor's counter, whether it is trusted or not; 0 where there is none.
#[inline(always)]
pub(crate) fn counter() -> u64 {
    // An interpreter knows no such register: its counter counts readings.
    #[cfg(miri)]
    {
        static READINGS: AtomicU64 = AtomicU64::new(1 << 40);
        READINGS.fetch_add(1, Relaxed)
    }
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: every x86-64 has the instruction, and no supported kernel forbids it.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    {
        let ticks: u64;
        // SAFETY: reads a register that every kernel leaves open to programs.
        unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
        ticks
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", miri)))]
    0
}

/// The clock's ticks now.
#[inline]
pub(crate) fn now() -> u64 {
    let clock = clock();
    match clock.kind {
        ClockKind::Tsc | ClockKind::ArmCounter => counter(),
        ClockKind::Instant => nanos(clock.elapsed()),
        ClockKind::None => 0,
        ClockKind::Mock => MOCK_NANOS.load(Relaxed),
    }
}

/// The clock's ticks at the moment when the counter said this, which was just now.
#[inline]
pub(crate) fn at(counter: u64) -> u64 {
    if is_counter() { counter } else { now() }
}

/// Ticks of a duration, at most [`MOST_TICKS`].
pub(crate) fn to_ticks(time: Duration) -> u64 {
    if is_counter() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let ticks = (time.as_secs_f64() * ticks_per_second()).round() as u64;
        ticks.min(MOST_TICKS)
    } else {
        nanos(time).min(MOST_TICKS)
    }
}

/// How many ticks a second has; learnt once, at the latest now.
pub(crate) fn ticks_per_second() -> f64 {
    *TICKS_PER_SECOND.get_or_init(|| {
        let clock = clock();
        if !is_counter() {
            return 1e9;
        }
        while clock.elapsed() < BASELINE {
            std::hint::spin_loop();
        }
        rate_since(clock)
    })
}

/// The same without waiting: where little time has passed, as exact as that allows.
fn ticks_per_second_so_far() -> f64 {
    if let Some(known) = TICKS_PER_SECOND.get() {
        return *known;
    }
    if !is_counter() || clock().elapsed() >= BASELINE {
        return ticks_per_second();
    }
    rate_since(clock())
}

/// Ticks in a second, by what has passed since the clock was chosen.
fn rate_since(clock: &Clock) -> f64 {
    let (instant, ticks) = both();
    let since = instant.zip(clock.origin).map_or(BASELINE, |(now, origin)| now.duration_since(origin));
    ticks.wrapping_sub(clock.origin_ticks) as f64 / since.as_secs_f64()
}

/// Nanoseconds that a processor worked for this thread; none where the system does not report them. A reading of it is
/// a call into the system.
pub(crate) fn thread_processor_nanos() -> Option<u64> {
    match kind() {
        ClockKind::Mock => Some(MOCK_NANOS.load(Relaxed).wrapping_sub(MOCK_WAITED.load(Relaxed))),
        _ => system_clock(THREAD_PROCESSOR_TIME),
    }
}

/// The same of all threads of the process since it began.
pub(crate) fn process_processor_time() -> Option<Duration> {
    match kind() {
        ClockKind::Mock => None,
        _ => system_clock(PROCESS_PROCESSOR_TIME).map(Duration::from_nanos),
    }
}

/// Ticks of so many nanoseconds.
pub(crate) fn nanos_to_ticks(nanos: u64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let ticks = (nanos as f64 / 1e9 * ticks_per_second_so_far()).round() as u64;
    ticks
}

const THREAD_PROCESSOR_TIME: i32 = if cfg!(target_os = "macos") { 16 } else { 3 };
const PROCESS_PROCESSOR_TIME: i32 = if cfg!(target_os = "macos") { 12 } else { 2 };

/// One of the system's clocks, in nanoseconds. It neither locks nor allocates.
#[cfg(all(
    target_pointer_width = "64",
    any(target_os = "linux", target_os = "android", target_os = "macos"),
    not(any(miri, loom))
))]
fn system_clock(id: i32) -> Option<u64> {
    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanos: i64,
    }
    unsafe extern "C" {
        // In the C library that the standard library links as well.
        fn clock_gettime(id: i32, time: *mut Timespec) -> i32;
    }
    let mut time = Timespec { seconds: 0, nanos: 0 };
    // SAFETY: `timespec` is these two words on 64-bit systems, and it is written before the call returns.
    let failed = unsafe { clock_gettime(id, &raw mut time) } != 0;
    let nanos = time.seconds.checked_mul(1_000_000_000)?.checked_add(time.nanos)?;
    (!failed).then(|| nanos.unsigned())
}

/// For platforms without such clocks.
#[cfg(not(all(
    target_pointer_width = "64",
    any(target_os = "linux", target_os = "android", target_os = "macos"),
    not(any(miri, loom))
)))]
fn system_clock(_: i32) -> Option<u64> {
    None
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX >> 1)
}

/// Whether the kernel keeps time by the counter that programs can read.
fn trusted_counter() -> ClockKind {
    if cfg!(miri) {
        return ClockKind::Tsc; // so that calls go the usual way
    }
    if cfg!(target_arch = "aarch64") {
        // The architecture promises one counter of constant frequency for all cores.
        return ClockKind::ArmCounter;
    }
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) && kernel_uses_tsc() {
        return ClockKind::Tsc;
    }
    if NO_CLOCK { ClockKind::None } else { ClockKind::Instant }
}

/// Linux measures the counter against other clocks for as long as it runs, and drops it from this file at the first
/// doubt.
fn kernel_uses_tsc() -> bool {
    use std::io::Read;
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let mut name = [0; 16];
    std::fs::File::open(SOURCE)
        .and_then(|mut file| file.read(&mut name))
        .is_ok_and(|length| name[..length].trim_ascii() == b"tsc")
}
