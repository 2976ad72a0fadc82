//! The same where there is a host with a clock and a standard error.

fn main() {
    let _reporter = perf_exporters::init();
    program::check(true);
    println!("checked");
}
