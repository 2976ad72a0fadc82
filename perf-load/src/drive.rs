//! The interface of a system under load.

use crate::{Arrivals, Error, Outcome};

/// Something that can be put under load: a closure, an async function, an HTTP client, a simulated queue.
///
/// The searches (breaking point, recovery, endurance), comparisons and capacity budgets drive any of them many times.
pub trait Drive {
    /// Starts one operation at each of the intended times, and returns what was measured.
    ///
    /// # Errors
    /// Where the drive could not be carried out at all. Operations that fail are counted in the outcome.
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error>;
}

impl<D: Drive + ?Sized> Drive for &mut D {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        (**self).drive(arrivals)
    }
}

impl<D: Drive + ?Sized> Drive for Box<D> {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        (**self).drive(arrivals)
    }
}
