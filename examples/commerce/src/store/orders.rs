//! Orders, nodes of the catalogue, and the events of both, which are written with what they tell of.

use perf_core::perf_probe;
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{Store, row, rows};
use crate::error::{Error, Result};
use crate::inject::Injection;
use crate::state::{NodeState, NodeStep, OrderState, OrderStep};

/// Orders in a list, at most.
const LISTED: u32 = 20;

/// A part of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product: u32,
    /// How many of it.
    pub pieces: u32,
}

/// An order, with its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its number, within the tenant.
    pub id: u32,
    /// Where it is.
    pub state: OrderState,
    /// Its parts.
    pub lines: Vec<Line>,
}

/// An order to be.
#[derive(Clone, Debug, Deserialize)]
pub struct NewOrder {
    /// Its parts.
    pub lines: Vec<Line>,
}

/// A page of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its number, within the tenant.
    pub id: u32,
    /// The node that it stands below.
    pub parent: Option<u32>,
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub state: NodeState,
}

/// A node to be.
#[derive(Clone, Debug, Deserialize)]
pub struct NewNode {
    /// The node that it stands below.
    pub parent: Option<u32>,
    /// What it is called.
    pub title: String,
}

impl Store {
    /// The latest orders of a tenant with their lines, by one query however many there are.
    ///
    /// # Errors
    /// What the database says.
    pub fn orders(&self, tenant: u32) -> Result<Vec<Order>> {
        if Injection::NPlusOne.is_on() {
            return self.orders_one_by_one(tenant);
        }
        let sql = "SELECT o.id, o.state, l.product, l.pieces
                   FROM (SELECT id, state FROM placed WHERE tenant = ?1 ORDER BY id DESC LIMIT ?2) o
                   JOIN line l ON l.tenant = ?1 AND l.placed = o.id ORDER BY o.id DESC, l.product";
        let reader = self.pool.reader();
        let joined = rows(&reader, sql, params![tenant, LISTED], |row| {
            Ok((row.get(0)?, state(row.get_ref(1)?.as_str()?), Line { product: row.get(2)?, pieces: row.get(3)? }))
        })?;
        let mut orders: Vec<Order> = Vec::with_capacity(LISTED as usize);
        for (id, state, line) in joined {
            match orders.last_mut() {
                Some(order) if order.id == id => order.lines.push(line),
                _ => orders.push(Order { id, state, lines: vec![line] }),
            }
        }
        Ok(orders)
    }

    /// The same by a query for each order: the mistake that `orders` was made of, kept to be compared with.
    ///
    /// # Errors
    /// What the database says.
    pub fn orders_one_by_one(&self, tenant: u32) -> Result<Vec<Order>> {
        let reader = self.pool.reader();
        let sql = "SELECT id, state FROM placed WHERE tenant = ?1 ORDER BY id DESC LIMIT ?2";
        let mut orders = rows(&reader, sql, params![tenant, LISTED], |row| {
            Ok(Order { id: row.get(0)?, state: state(row.get_ref(1)?.as_str()?), lines: Vec::new() })
        })?;
        for order in &mut orders {
            order.lines = lines(&reader, tenant, order.id)?;
        }
        Ok(orders)
    }

    /// Takes in an order, and returns its number.
    ///
    /// # Errors
    /// Where it has no lines, or one of a product that the tenant does not have.
    #[perf_probe(name = "order placing")]
    pub fn place(&self, tenant: u32, new: &NewOrder) -> Result<u32> {
        if new.lines.is_empty() {
            return Err(Error::Invalid("an order needs a line"));
        }
        self.write(|transaction| {
            let id = next(transaction, "SELECT coalesce(max(id), 0) + 1 FROM placed WHERE tenant = ?1", tenant)?;
            put(transaction, "INSERT INTO placed VALUES (?1, ?2, 'placed')", params![tenant, id])?;
            for line in &new.lines {
                // A line of an unknown product inserts no row.
                let sql = "INSERT INTO line SELECT tenant, ?2, id, ?4 FROM product WHERE tenant = ?1 AND id = ?3";
                if put(transaction, sql, params![tenant, id, line.product, line.pieces])? == 0 {
                    return Err(Error::Invalid("no such product"));
                }
            }
            tell(transaction, tenant, "order placed", id)?;
            Ok(id)
        })
    }

    /// Takes an order a step further.
    ///
    /// # Errors
    /// Where its state does not allow that.
    #[perf_probe(name = "order step")]
    pub fn advance(&self, tenant: u32, id: u32, step: OrderStep) -> Result<OrderState> {
        self.write(|transaction| {
            let sql = "SELECT state FROM placed WHERE tenant = ?1 AND id = ?2";
            let now = row(transaction, sql, params![tenant, id], |row| Ok(state(row.get_ref(0)?.as_str()?)))?;
            let next = now.after(step)?;
            put(
                transaction,
                "UPDATE placed SET state = ?3 WHERE tenant = ?1 AND id = ?2",
                params![tenant, id, next.word()],
            )?;
            tell(transaction, tenant, next.word(), id)?;
            Ok(next)
        })
    }

    /// Makes a node, and returns its number.
    ///
    /// # Errors
    /// Where its parent is not there.
    #[perf_probe(name = "node creation")]
    pub fn create_node(&self, tenant: u32, new: &NewNode) -> Result<u32> {
        self.write(|transaction| {
            if let Some(parent) = new.parent {
                row(transaction, "SELECT 1 FROM node WHERE tenant = ?1 AND id = ?2", params![tenant, parent], |_| {
                    Ok(())
                })?;
            }
            let id = next(transaction, "SELECT coalesce(max(id), 0) + 1 FROM node WHERE tenant = ?1", tenant)?;
            put(
                transaction,
                "INSERT INTO node VALUES (?1, ?2, ?3, ?4, 'draft')",
                params![tenant, id, new.parent, new.title],
            )?;
            tell(transaction, tenant, "node created", id)?;
            Ok(id)
        })
    }

    /// Takes a node a step further.
    ///
    /// # Errors
    /// Where its state does not allow that.
    pub fn advance_node(&self, tenant: u32, id: u32, step: NodeStep) -> Result<NodeState> {
        self.write(|transaction| {
            let next = node(transaction, tenant, id)?.state.after(step)?;
            put(
                transaction,
                "UPDATE node SET state = ?3 WHERE tenant = ?1 AND id = ?2",
                params![tenant, id, next.word()],
            )?;
            tell(transaction, tenant, next.word(), id)?;
            Ok(next)
        })
    }

    /// The tenant's node of that number.
    ///
    /// # Errors
    /// Where it has none.
    pub fn node(&self, tenant: u32, id: u32) -> Result<Node> {
        node(&self.pool.reader(), tenant, id)
    }

    /// Writes an event down, so that it is not lost however the process ends.
    ///
    /// # Errors
    /// What the database says.
    pub fn record(&self, tenant: u32, kind: &str, subject: u32) -> Result<()> {
        self.write(|transaction| tell(transaction, tenant, kind, subject))
    }

    /// Events that were written down, of that kind.
    ///
    /// # Errors
    /// What the database says.
    pub fn events(&self, kind: &str) -> Result<u64> {
        row(&self.pool.reader(), "SELECT count(*) FROM event WHERE kind = ?1", [kind], |row| row.get::<_, u32>(0))
            .map(u64::from)
    }
}

fn lines(connection: &Connection, tenant: u32, order: u32) -> Result<Vec<Line>> {
    let sql = "SELECT product, pieces FROM line WHERE tenant = ?1 AND placed = ?2 ORDER BY product";
    rows(connection, sql, params![tenant, order], |row| Ok(Line { product: row.get(0)?, pieces: row.get(1)? }))
}

fn node(connection: &Connection, tenant: u32, id: u32) -> Result<Node> {
    let sql = "SELECT id, parent, title, state FROM node WHERE tenant = ?1 AND id = ?2";
    row(connection, sql, params![tenant, id], |row| {
        let state = NodeState::of(row.get_ref(3)?.as_str()?).unwrap_or(NodeState::Archived);
        Ok(Node { id: row.get(0)?, parent: row.get(1)?, title: row.get(2)?, state })
    })
}

/// The table has no other words than those of this program.
fn state(word: &str) -> OrderState {
    OrderState::of(word).unwrap_or(OrderState::Cancelled)
}

fn next(transaction: &Transaction<'_>, sql: &str, tenant: u32) -> Result<u32> {
    row(transaction, sql, [tenant], |row| row.get(0))
}

fn tell(transaction: &Transaction<'_>, tenant: u32, kind: &str, subject: u32) -> Result<()> {
    put(transaction, "INSERT INTO event (tenant, kind, subject) VALUES (?1, ?2, ?3)", params![tenant, kind, subject])
        .map(drop)
}

/// Runs a statement that changes rows, and says how many.
#[perf_probe(name = "db: query")]
fn put(transaction: &Transaction<'_>, sql: &str, params: impl rusqlite::Params) -> Result<usize> {
    Ok(transaction.prepare_cached(sql)?.execute(params)?)
}
