//! A plugin that shares perf-core with its program through a dynamic library is loaded, counts, and is unloaded.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a command says on success.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{error}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_an_unloaded_plugin_counted_stays() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugin");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin");
    run(Command::new(env!("CARGO"))
        .args(["build", "--offline", "--locked", "--quiet", "--manifest-path"])
        .arg(here.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", "-C prefer-dynamic")
        .env_remove("CARGO_ENCODED_RUSTFLAGS"));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let std = run(Command::new(rustc).args(["--print", "target-libdir"]));
    let built = target.join("debug");
    let libraries = [built.clone(), built.join("deps"), PathBuf::from(std.trim())];
    run(Command::new(built.join("host"))
        .arg(built.join("libplugin.so"))
        .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap()));
}
