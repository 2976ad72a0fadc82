//! The shop that the code on pages is about.
#![allow(dead_code, non_upper_case_globals, unused_imports)]

use std::collections::BTreeMap;

pub use perf_core::{perf_budget, perf_probe};
pub use perf_exporters::gate;

#[derive(Clone, Debug, PartialEq)]
pub struct Customer(String);

pub struct Store(BTreeMap<String, Customer>);

impl Store {
    pub fn with_customers(count: usize) -> Self {
        let names = (1..count).map(|number| format!("Grace {number}")).chain(["Ada".to_owned()]);
        Self(names.map(|name| (name.clone(), Customer(name))).collect())
    }

    pub fn find(&self, name: &str) -> Option<Customer> {
        query(|| self.0.get(name).cloned())
    }
}

#[perf_probe(name = "db::query")]
fn query<R>(run: impl FnOnce() -> R) -> R {
    run()
}

pub fn load_user(id: u32) -> String {
    query(|| format!("user {id}"))
}

pub fn load_orders() -> String {
    query(|| "no orders".to_owned())
}

/// A shop that serves one order after the other, by number.
pub struct Shop;

pub static shop: Shop = Shop;

impl Shop {
    pub fn checkout(&self, number: u64) {
        std::hint::black_box(number);
    }
}

/// The same, where orders have no number.
pub struct Till;

pub static SHOP: Till = Till;

impl Till {
    pub fn checkout(&self) {
        std::hint::black_box(());
    }
}

/// A table whose rows have ascending keys.
pub struct Table;

pub static TABLE: Table = Table;

impl Table {
    pub fn get(&self, key: u32) -> Option<u32> {
        (key < 20_000).then_some(key)
    }
}
