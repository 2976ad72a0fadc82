use perf_core::perf_probe;

#[perf_probe(errors)]
fn not_an_outcome() -> u8 {
    1
}

#[perf_probe(errors)]
async fn not_an_async_outcome() -> u8 {
    1
}

#[perf_probe(items = "many")]
fn items_are_text() {}

#[perf_probe(bytes = text)]
fn bytes_are_text(text: &str) -> Result<usize, ()> {
    Ok(text.len())
}

#[perf_probe(items = rows.len())]
fn no_such_argument() {}

#[perf_probe(name = NAME)]
fn name_is_a_number() {}

#[perf_probe(name = "parse<{U}>")]
fn no_such_type<T>(_: T) {}

const NAME: u8 = 1;

fn main() {}
