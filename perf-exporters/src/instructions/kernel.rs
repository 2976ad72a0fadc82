//! The processor's own counter of instructions, as Linux gives it to a thread: `perf_event_open`.
//!
//! Virtual machines mostly have none, and a kernel may refuse it (`kernel.perf_event_paranoid` above 2): then nothing counts here.

#[cfg(target_os = "linux")]
pub(super) use linux::{begin, counts, end};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{begin, counts, end};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    pub(in super::super) fn counts() -> bool {
        false
    }

    pub(in super::super) fn begin() {}

    pub(in super::super) fn end() -> u64 {
        0
    }
}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(unsafe_code, reason = "no crate in use has the system call")]

    use std::cell::RefCell;
    use std::fs::File;
    use std::io::Read as _;
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    use std::sync::OnceLock;

    /// `perf_event_attr` in its first form, which every kernel with the call knows.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, Default)]
    struct Attributes {
        kind: u32,
        size: u32,
        config: u64,
        sample_period: u64,
        sample_type: u64,
        read_format: u64,
        flags: u64,
        wakeup_events: u32,
        breakpoint_type: u32,
        breakpoint: u64,
    }

    /// What is counted.
    #[derive(Clone, Copy, Debug)]
    struct Event {
        kind: u32,
        config: u64,
    }

    // Numbers in this module are those of `linux/perf_event.h`.

    /// The hardware event of instructions.
    const INSTRUCTIONS: Event = Event { kind: 0, config: 1 };

    /// Flags: it begins switched off, and what the kernel and a hypervisor do is left out.
    const DISABLED: u64 = 1;
    const EXCLUDE_KERNEL: u64 = 1 << 5;
    const EXCLUDE_HYPERVISOR: u64 = 1 << 6;

    /// The descriptor is closed in programs that this one starts.
    const CLOSE_ON_EXEC: libc::c_ulong = 8;

    /// Requests that switch a counter on and off.
    const ENABLE: libc::Ioctl = 0x2400;
    const DISABLE: libc::Ioctl = 0x2401;

    /// A counter of the thread that opened it.
    #[derive(Debug)]
    struct Counter {
        file: File,
        before: u64,
    }

    impl Counter {
        fn open(event: Event) -> Option<Self> {
            let attributes = Attributes {
                kind: event.kind,
                size: u32::try_from(size_of::<Attributes>()).ok()?,
                config: event.config,
                flags: DISABLED | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR,
                ..Attributes::default()
            };
            let (this_thread, any_processor, no_group) = (0, -1, -1);
            // SAFETY: the kernel reads `attributes`, which is as long as it says and lives until the call has ended.
            let file = unsafe {
                libc::syscall(
                    libc::SYS_perf_event_open,
                    &raw const attributes,
                    this_thread,
                    any_processor,
                    no_group,
                    CLOSE_ON_EXEC,
                )
            };
            let file = i32::try_from(file).ok().filter(|file| *file >= 0)?;
            // SAFETY: the call has just made this descriptor, and nothing else has it.
            let file = unsafe { File::from_raw_fd(file) };
            Some(Self { file, before: 0 })
        }

        fn switch(&self, request: libc::Ioctl) {
            // SAFETY: both requests take no argument, and the descriptor is open.
            unsafe { libc::ioctl(self.file.as_raw_fd(), request, 0) };
        }

        /// The count since the last reading.
        fn read(&mut self) -> u64 {
            let mut bytes = [0; 8];
            if self.file.read_exact(&mut bytes).is_err() {
                return 0;
            }
            let now = u64::from_ne_bytes(bytes);
            now.saturating_sub(std::mem::replace(&mut self.before, now))
        }

        fn count(&mut self, work: impl FnOnce()) -> u64 {
            self.read();
            self.switch(ENABLE);
            work();
            self.switch(DISABLE);
            self.read()
        }
    }

    thread_local! {
        static COUNTER: RefCell<Option<Counter>> = const { RefCell::new(None) };
    }

    /// Additions that must be counted where anything is.
    const ADDITIONS: u64 = 1_000;

    /// Whether the kernel counts instructions.
    pub(in super::super) fn counts() -> bool {
        static FOUND: OnceLock<bool> = OnceLock::new();
        *FOUND.get_or_init(|| is_counted(INSTRUCTIONS))
    }

    fn is_counted(event: Event) -> bool {
        let work = || {
            (0..ADDITIONS).for_each(|number| _ = std::hint::black_box(number));
        };
        Counter::open(event).is_some_and(|mut counter| counter.count(work) >= ADDITIONS)
    }

    /// Begins to count on this thread.
    pub(in super::super) fn begin() {
        COUNTER.with_borrow_mut(|counter| {
            if counter.is_none() {
                *counter = Counter::open(INSTRUCTIONS);
            }
            if let Some(counter) = counter {
                counter.read();
                counter.switch(ENABLE);
            }
        });
    }

    /// Ends it, and returns the count.
    pub(in super::super) fn end() -> u64 {
        COUNTER.with_borrow_mut(|counter| {
            let Some(counter) = counter else { return 0 };
            counter.switch(DISABLE);
            counter.read()
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// The software event of page faults: a count that virtual machines have, too.
        const PAGE_FAULTS: Event = Event { kind: 1, config: 2 };

        #[test]
        fn what_lies_between_begin_and_end_is_counted() {
            // Where the kernel refuses all counters, there is nothing to show.
            let Some(mut counter) = Counter::open(PAGE_FAULTS) else { return };
            let pages = |count: usize| {
                let mut memory = vec![0_u8; count * 4096];
                memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
                std::hint::black_box(memory);
            };
            pages(10_000);
            assert_eq!(counter.read(), 0, "it is not switched on yet");
            let many = counter.count(|| pages(10_000));
            // Huge pages are few.
            assert!(many >= 10, "{many}");
            pages(10_000);
            assert_eq!(counter.read(), 0, "it is switched off again");
        }

        #[test]
        fn an_event_that_is_none_does_not_count() {
            assert!(Counter::open(Event { kind: 1, config: 10_000 }).is_none());
            assert!(!is_counted(Event { kind: 1, config: 10_000 }));
        }

        #[test]
        fn instructions_are_counted_or_the_kernel_has_no_counter() {
            assert_eq!(counts(), is_counted(INSTRUCTIONS));
            begin();
            std::hint::black_box((0..ADDITIONS).fold(0_u64, |sum, number| std::hint::black_box(sum + number)));
            let seen = end();
            assert_eq!(seen > ADDITIONS, counts(), "{seen}");
        }
    }
}
