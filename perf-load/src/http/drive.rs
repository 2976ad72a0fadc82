//! The client as what a load drives.

use super::client::Client;
use crate::{Ctx, Error, Load, Mix, Operation, Outcome};

impl Client {
    /// Puts the servers of its requests under a load. The operations stand for the requests, in their order: their weights say
    /// how often each is sent; a single one may be without a name.
    ///
    /// # Errors
    /// Where the load cannot be driven, or there are not as many operations as requests.
    pub fn drive(&self, load: &Load, operations: &[Operation]) -> Result<Outcome, Error> {
        if operations.len() != self.requests() {
            let problem = format!("{} stand for {} requests: each needs one", operations.len(), self.requests());
            return Err(Error::invalid("operation", problem));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::failed("no threads for the connections").because(error))?;
        let mut mix = Mix::new();
        for (which, operation) in operations.iter().enumerate() {
            let (client, handle) = (self.clone(), runtime.handle().clone());
            mix = mix
                .add(operation.clone(), move |ctx: &Ctx| handle.block_on(client.send(which, ctx.number(), ctx.seed())));
        }
        load.run_mix(&mix)
    }
}
