//! The tables, and the data that a measurement starts with.

use rusqlite::{Connection, params};

use crate::error::Result;

/// `WITHOUT ROWID` keeps what belongs to a tenant together on disk. Every key begins with the tenant: that is the isolation, and
/// a query that forgets it finds no index.
const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS tenant (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS product (
        tenant INTEGER, id INTEGER, name TEXT NOT NULL, cents INTEGER NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS product_name ON product (tenant, name);
    CREATE TABLE IF NOT EXISTS placed (
        tenant INTEGER, id INTEGER, state TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS line (
        tenant INTEGER, placed INTEGER, product INTEGER, pieces INTEGER NOT NULL, PRIMARY KEY (tenant, placed, product)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS node (
        tenant INTEGER, id INTEGER, parent INTEGER, title TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL);
";

const WORDS: [&str; 16] = [
    "amber", "brass", "cedar", "denim", "ebony", "felt", "glass", "hemp", "iron", "jute", "khaki", "linen", "maple",
    "nickel", "oak", "pine",
];

/// How much there is to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Tenants.
    pub tenants: u32,
    /// Products of each.
    pub products: u32,
    /// Orders of each, of three lines.
    pub orders: u32,
}

impl Size {
    /// Enough for a test.
    pub const SMALL: Self = Self { tenants: 4, products: 200, orders: 20 };
    /// Some megabytes.
    pub const QUICK: Self = Self { tenants: 50, products: 1_000, orders: 100 };
    /// A gigabyte and more.
    pub const FULL: Self = Self { tenants: 500, products: 20_000, orders: 2_000 };
}

pub(super) fn create(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(TABLES)?)
}

/// The same data for the same size.
pub(super) fn fill(connection: &mut Connection, size: Size) -> Result<()> {
    let all = connection.transaction()?;
    {
        let mut tenant = all.prepare("INSERT INTO tenant VALUES (?1, ?2)")?;
        let mut product = all.prepare("INSERT INTO product VALUES (?1, ?2, ?3, ?4)")?;
        let mut placed = all.prepare("INSERT INTO placed VALUES (?1, ?2, 'placed')")?;
        let mut node = all.prepare("INSERT INTO node VALUES (?1, 1, NULL, 'front page', 'published')")?;
        let mut line = all.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4)")?;
        for shop in 1..=size.tenants {
            tenant.execute(params![shop, format!("shop {shop}")])?;
            node.execute([shop])?;
            for id in 1..=size.products {
                product.execute(params![shop, id, product_name(id), 100 + id % 900])?;
            }
            for id in 1..=size.orders {
                placed.execute(params![shop, id])?;
                for nth in 0..3 {
                    line.execute(params![shop, id, 1 + (id * 7 + nth * 13) % size.products, 1 + nth])?;
                }
            }
        }
    }
    Ok(all.commit()?)
}

/// Two words and a number: a prefix of the first word is a sixteenth of all products.
fn product_name(id: u32) -> String {
    let word = |nth: u32| WORDS[(id / nth % 16) as usize];
    format!("{} {} {id}", word(1), word(16))
}
