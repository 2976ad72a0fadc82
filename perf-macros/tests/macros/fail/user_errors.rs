//! Mistakes of the user's own are reported where they are.
use perf_core::perf_probe;

#[perf_probe]
fn wrong_value() -> u8 {
    "text"
}

#[perf_probe]
fn wrong_result() -> Result<u8, ()> {
    Ok("text")
}

#[perf_probe]
fn wrong_question() -> Result<u8, std::num::ParseIntError> {
    let value: u8 = "1".parse::<u8>()?;
    std::fs::read("x")?;
    Ok(value)
}

#[perf_probe]
async fn wrong_async() -> Result<u8, ()> {
    return Ok("text");
}

#[perf_probe]
async fn wrong_async_tail() -> u8 {
    "text"
}

#[perf_probe]
fn wrong_future() -> impl Future<Output = u8> {
    async { "text" }
}

#[perf_probe]
fn moved(text: String) -> Result<String, String> {
    drop(text);
    Ok(text)
}

#[perf_probe]
fn local(n: u8) -> Result<&'static u8, ()> {
    Ok(&n)
}

#[perf_probe]
fn missing(n: u8) -> u8 {
    let m = n + 1;
}

fn main() {}
