//! The program; all that it does is in the library beside it.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cargo_perf::main()
}
