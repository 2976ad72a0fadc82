//! The client as the operation of a load.

use super::client::Client;
use crate::{AsyncMix, Ctx, Drive, Error, Load, Operation, Outcome};

impl Client {
    /// Puts the servers of its requests under a load. The operations stand for the requests, in their order: their weights
    /// determine how often each is sent; a single operation needs no name.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use perf_load::http::{Client, Hosts, Request};
    /// use perf_load::{Load, Operation};
    ///
    /// let client = Client::new(vec![Request::new("GET", "http://127.0.0.1:3000/orders")?], &Hosts::loopback())?;
    /// client.reach()?;
    /// let load = Load::new("orders").rate(2000.0).poisson().duration(Duration::from_secs(30));
    /// let outcome = client.drive(&load, &[Operation::new("")])?;
    /// println!("{:?} {:?}", outcome.response.quantile(0.99), client.answers().classes());
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the load cannot be driven, or there are not as many operations as requests.
    pub fn drive(&self, load: &Load, operations: &[Operation]) -> Result<Outcome, Error> {
        load.run_async_mix(self.mix(operations)?)
    }

    /// The same under many drives: for the searches, the comparisons and the budgets.
    ///
    /// # Errors
    /// As [`drive`](Self::drive).
    pub fn driver(&self, load: &Load, operations: &[Operation]) -> Result<impl Drive + use<>, Error> {
        load.async_mix_driver(self.mix(operations)?)
    }

    fn mix(&self, operations: &[Operation]) -> Result<AsyncMix, Error> {
        if operations.len() != self.requests() {
            let problem = format!("{} stand for {} requests: each needs one", operations.len(), self.requests());
            return Err(Error::invalid("operation", problem));
        }
        let add = |mix: AsyncMix, (which, operation): (usize, &Operation)| {
            let client = self.clone();
            mix.add(operation.clone(), move |ctx: Ctx| {
                let client = client.clone();
                async move { client.send(which, ctx.number(), ctx.seed()).await }
            })
        };
        Ok(operations.iter().enumerate().fold(AsyncMix::new(), add))
    }
}
