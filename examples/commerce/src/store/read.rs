//! Tenants and products.

use rusqlite::{Row, params};
use serde::Serialize;

use super::{Store, row, rows};
use crate::error::Result;
use crate::inject::Injection;
use crate::tenant::Tenant;

/// A thing to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Its number, within the tenant.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// What it costs.
    pub cents: u32,
}

/// Products that a search finds, at most.
const FOUND: u32 = 20;

const BY_PREFIX: &str =
    "SELECT id, name, cents FROM product WHERE tenant = ?1 AND name >= ?2 AND name < ?3 ORDER BY name LIMIT ?4";
/// A condition on a function of the column cannot use the column's index.
const BY_LOOKING_AT_ALL: &str = "SELECT id, name, cents FROM product WHERE tenant = ?1 AND lower(name) >= ?2 AND lower(name) < ?3 ORDER BY lower(name) LIMIT ?4";

impl Store {
    /// The tenant of that number.
    ///
    /// # Errors
    /// Where there is none.
    pub fn tenant(&self, id: u32) -> Result<Tenant> {
        let reader = self.pool.reader();
        row(&reader, "SELECT id, name FROM tenant WHERE id = ?1", [id], |row| {
            Ok(Tenant { id: row.get(0)?, name: row.get(1)? })
        })
    }

    /// The tenant's product of that number.
    ///
    /// # Errors
    /// Where it has none.
    pub fn product(&self, tenant: u32, id: u32) -> Result<Product> {
        let reader = self.pool.reader();
        row(&reader, "SELECT id, name, cents FROM product WHERE tenant = ?1 AND id = ?2", params![tenant, id], product)
    }

    /// The same in a table without tenants, for the cost of isolation.
    ///
    /// # Errors
    /// Where there is none.
    pub fn product_of_a_single_shop(&self, id: u32) -> Result<Product> {
        let reader = self.pool.reader();
        row(&reader, "SELECT id, name, cents FROM single WHERE id = ?1", [id], product)
    }

    /// Makes the table without tenants of the products of one.
    ///
    /// # Errors
    /// What the database says.
    pub fn copy_to_a_single_shop(&self, tenant: u32) -> Result<()> {
        self.write(|transaction| {
            transaction.execute_batch(
                "CREATE TABLE single (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL)",
            )?;
            transaction
                .execute("INSERT INTO single SELECT id, name, cents FROM product WHERE tenant = ?1", [tenant])?;
            Ok(())
        })
    }

    /// The first products, by name, whose name begins so.
    ///
    /// # Errors
    /// What the database says.
    #[perf_core::perf_probe(name = "product search")]
    pub fn search(&self, tenant: u32, prefix: &str) -> Result<Vec<Product>> {
        let sql = if Injection::OnLookup.is_on() { BY_LOOKING_AT_ALL } else { BY_PREFIX };
        let end = format!("{prefix}\u{10ffff}");
        let reader = self.pool.reader();
        rows(&reader, sql, params![tenant, prefix, end, FOUND], product)
    }
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product { id: row.get(0)?, name: row.get(1)?, cents: row.get(2)? })
}
