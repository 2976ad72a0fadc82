//! The store: in memory, and as slow as a database on the same machine. It is synchronous, as many drivers are.

use std::thread;
use std::time::Duration;

use perf_core::perf_probe;

/// What a round trip to a database takes.
const ROUND_TRIP: Duration = Duration::from_micros(200);
/// Orders of a page.
const PAGE: u32 = 40;

/// One statement sent to the database.
#[perf_probe(name = "db::query")]
fn query<R>(rows: impl FnOnce() -> R) -> R {
    thread::sleep(ROUND_TRIP);
    rows()
}

fn row(number: u32, customer: &str) -> String {
    format!("{number}\t{customer}\n")
}

fn customer(number: u32) -> String {
    format!("customer {}", number % 7)
}

/// A page of orders with their customers: one query for the page, and one for each customer.
pub(crate) fn orders_one_by_one() -> String {
    let numbers: Vec<u32> = query(|| (0..PAGE).collect());
    numbers.into_iter().map(|number| row(number, &query(|| customer(number)))).collect()
}

/// The same by one query that joins the two tables.
pub(crate) fn orders_joined() -> String {
    query(|| (0..PAGE).map(|number| row(number, &customer(number))).collect())
}
