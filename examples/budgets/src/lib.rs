//! A small shop: customers, orders, invoices.
//!
//! It stands for any library whose author promises something about its cost. The promises are in `tests/it`, and one is
//! on [`Shop::invoice`] itself; `perf.lock` keeps what the tests measured. With `perf-core` off, as it is unless a program
//! turns it on, nothing of all this is in the machine code.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use perf_core::{perf_budget, perf_probe};

/// The customer who orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Also the position in the list of all.
    pub id: usize,
    /// Unique.
    pub name: String,
}

/// What a customer wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Of the customer.
    pub customer: usize,
    /// What it costs.
    pub cents: u64,
}

/// An order of an unknown customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown(pub usize);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no customer {}", self.0)
    }
}

impl std::error::Error for Unknown {}

/// All customers.
#[derive(Clone, Debug, Default)]
pub struct Shop {
    customers: Vec<Customer>,
    by_name: BTreeMap<String, usize>,
}

impl Shop {
    /// A shop with so many customers, called `customer 0` and so on.
    #[must_use]
    pub fn with_customers(number: usize) -> Self {
        let customers: Vec<Customer> = (0..number).map(|id| Customer { id, name: format!("customer {id}") }).collect();
        let by_name = customers.iter().map(|customer| (customer.name.clone(), customer.id)).collect();
        Self { customers, by_name }
    }

    /// The customer of that number: what would be a query elsewhere.
    #[perf_probe(name = "shop::query")]
    #[must_use]
    pub fn customer(&self, id: usize) -> Option<&Customer> {
        self.customers.get(id)
    }

    /// The customer of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Customer> {
        self.by_name.get(name).and_then(|id| self.customer(*id))
    }

    /// The same the slow way.
    #[must_use]
    pub fn find_by_looking_at_all(&self, name: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.name == name)
    }

    /// One line for the customer.
    ///
    /// The promise is checked where the function runs: in tests, and in production by the reader of snapshots.
    ///
    /// # Errors
    /// An order of a customer that the shop does not know.
    #[perf_budget(allocs = 1, calls("shop::query" = 1), p99 = "5ms", target(p99 = "1ms"))]
    pub fn invoice(&self, order: &Order) -> Result<String, Unknown> {
        let customer = self.customer(order.customer).ok_or(Unknown(order.customer))?;
        let mut line = String::with_capacity(customer.name.len() + 24);
        line.push_str(&customer.name);
        line.push_str(": ");
        push_euros(&mut line, order.cents);
        Ok(line)
    }

    /// What each customer owes, by one query per customer however many orders there are.
    #[must_use]
    pub fn accounts(&self, orders: &[Order]) -> Vec<(&str, u64)> {
        let mut sums: HashMap<usize, u64> = HashMap::new();
        for order in orders {
            *sums.entry(order.customer).or_default() += order.cents;
        }
        let mut accounts: Vec<(&str, u64)> =
            sums.into_iter().filter_map(|(id, sum)| Some((self.customer(id)?.name.as_str(), sum))).collect();
        accounts.sort_unstable();
        accounts
    }
}

/// The sum of all orders.
#[must_use]
pub fn total(orders: &[Order]) -> u64 {
    orders.iter().map(|order| order.cents).sum()
}

fn push_euros(line: &mut String, cents: u64) {
    use fmt::Write;
    // Writing to a string cannot fail.
    let _ = write!(line, "{}.{:02}", cents / 100, cents % 100);
}
