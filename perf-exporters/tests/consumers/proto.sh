#!/bin/sh
# Makes the types of proto/io/prometheus/client/metrics.proto anew and compares them with src/prometheus/proto.rs.
# With `--write`, puts them there.
set -eu
crate=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'END'
[package]
name = "make-proto"
version = "0.0.0"
edition = "2024"
[dependencies]
prost-build = "=0.14.4"
[workspace]
END
cat >"$work/src/main.rs" <<'END'
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut config = prost_build::Config::new();
    config.out_dir(&arguments[2]);
    config.compile_protos(&["io/prometheus/client/metrics.proto"], &[&arguments[1]]).unwrap();
}
END
(cd "$work" && CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$crate/../target}/make-proto" cargo run --quiet -- "$crate/proto" "$work")
to="$crate/src/prometheus/proto.rs"
{ sed '/^$/q' "$to"; cat "$work/io.prometheus.client.rs"; } >"$work/proto.rs"
if [ "${1:-}" = --write ]; then cp "$work/proto.rs" "$to"; else diff "$to" "$work/proto.rs"; fi
