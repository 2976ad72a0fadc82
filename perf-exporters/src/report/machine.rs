//! The machine's fingerprint, which must be the same before times of two runs are compared.

use std::sync::OnceLock;
use std::{env, fs, thread};

use serde::{Deserialize, Serialize};

/// The machine and the build, which must be the same before times of two runs are compared.
///
/// The frequency of the processor is left out, also where the vendor puts it into the model's name: the value that the system
/// shows changes from one moment to the next, and would end every comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Machine {
    /// Architecture, such as `x86_64`.
    pub arch: String,
    /// Model of the processor, `unknown` where the system does not report it.
    pub cpu_model: String,
    /// Logical processors that the program may use.
    pub cores: u64,
    /// Operating system, such as `linux`.
    pub os: String,
    /// Version of the compiler.
    pub rustc: String,
    /// Cargo's kind of profile and the level it optimised at, such as `release opt-level=3`.
    pub profile: String,
    /// `perf-alloc` where allocations are counted, else `uncounted`; or the name that the program set.
    pub allocator: String,
}

impl Machine {
    /// This machine. Its allocator is `unknown`: a snapshot, or the program, sets it.
    ///
    /// ```
    /// use perf_exporters::report::Machine;
    ///
    /// let machine = Machine::current();
    /// assert_eq!(machine.arch, std::env::consts::ARCH);
    /// assert!(machine.cores >= 1);
    /// ```
    #[must_use]
    pub fn current() -> Self {
        static CURRENT: OnceLock<Machine> = OnceLock::new();
        CURRENT.get_or_init(Self::look).clone()
    }

    fn look() -> Self {
        Self {
            arch: env::consts::ARCH.to_owned(),
            cpu_model: cpu_model(),
            cores: thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            os: env::consts::OS.to_owned(),
            rustc: env!("PERF_BUILD_RUSTC").to_owned(),
            profile: env!("PERF_BUILD_PROFILE").to_owned(),
            allocator: "unknown".to_owned(),
        }
    }
}

/// The model from `/proc/cpuinfo`; from the environment on Windows.
fn cpu_model() -> String {
    fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|info| model_of(&info))
        .or_else(|| env::var("PROCESSOR_IDENTIFIER").ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The name without its frequency, and the numbers that distinguish models of one name.
fn model_of(cpuinfo: &str) -> Option<String> {
    let field = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
        line.split_once(':').map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let numbers = |keys: &[(&str, &str)]| {
        keys.iter().filter_map(|(key, short)| Some(format!("{short} {}", field(key)?))).collect::<Vec<_>>().join(" ")
    };
    if let Some(name) = field("model name") {
        let name = name.split('@').next().unwrap_or(name).trim();
        let numbers = numbers(&[("cpu family", "family"), ("model", "model"), ("stepping", "stepping")]);
        return Some(if numbers.is_empty() { name.to_owned() } else { format!("{name} ({numbers})") });
    }
    let numbers = numbers(&[("CPU implementer", "implementer"), ("CPU part", "part"), ("CPU variant", "variant")]);
    (!numbers.is_empty()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_has_no_frequency() {
        let info = "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: Some(R) Server CPU @ 2.60GHz\nstepping\t: 6\ncpu MHz\t\t: 2593.906\n";
        assert_eq!(model_of(info).unwrap(), "Some(R) Server CPU (family 6 model 106 stepping 6)");
    }

    #[test]
    fn arm_cores_have_numbers_for_names() {
        let info =
            "processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n";
        assert_eq!(model_of(info).unwrap(), "implementer 0x41 part 0xd0c variant 0x3");
        assert_eq!(model_of("nothing of use"), None);
    }
}
