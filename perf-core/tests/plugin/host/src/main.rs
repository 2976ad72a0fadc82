//! Loads the plugin, closes it, and reads what it has counted.

use std::ffi::{CString, c_char, c_int, c_void};

use shared::budget::{Bound, Metric};
use shared::{Probe, snapshot};

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlclose(library: *mut c_void) -> c_int;
}

const NOW: c_int = 2;

static HOST: Probe = Probe::new("host::main");

/// Lets the plugin do so many calls, and unloads it.
fn use_plugin(path: &str, times: u64) {
    let path = CString::new(path).unwrap();
    // SAFETY: the plugin has this function, and is not used after it is closed.
    unsafe {
        let library = dlopen(path.as_ptr(), NOW);
        assert!(!library.is_null(), "it loads");
        let work = dlsym(library, c"work".as_ptr());
        std::mem::transmute::<*mut c_void, extern "C" fn(u64)>(work)(times);
        check(times);
        assert_eq!(dlclose(library), 0);
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains("libplugin"), "it is unloaded");
}

/// All that was counted so far is there, in this round or an earlier one.
fn check(least: u64) {
    let snapshot = snapshot();
    let work = snapshot.get("plugin::work").unwrap();
    assert!(work.calls() >= least);
    assert!(work.file().ends_with("plugin/src/lib.rs") && work.line() == 11, "{}:{}", work.file(), work.line());
    let budget = work.budgets()[0];
    assert_eq!((budget.name, budget.limit(Metric::Allocs)), (Some("plugin::budget"), Some(Bound::Count(3))));
    assert_eq!(snapshot.get("plugin::inner").unwrap().calls(), work.calls());
}

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let calls = || snapshot().get("plugin::work").map_or(0, |work| work.calls());
    drop(HOST.start());
    use_plugin(&path, 3);
    check(3);
    // Each of these writes to every callsite that is there.
    shared::set_call_tree(true);
    shared::set_timeline(16);
    shared::set_recording(false);
    drop(HOST.start());
    use_plugin(&path, 0);
    assert_eq!(calls(), 3);
    shared::set_recording(true);
    use_plugin(&path, 4);
    shared::set_timeline(0);
    assert_eq!(calls(), 7);
    drop(HOST.start());
    assert_eq!(snapshot().get("host::main").unwrap().calls(), 2);
    assert_eq!(snapshot().meta().lost, 0);
}
