//! Instructions of a call on each of its paths: `cargo run --release -p experiments --features probes --bin instructions
//! [PATH…]`.

#[path = "../instructions/mod.rs"]
mod instructions;

fn main() {
    instructions::main();
}
