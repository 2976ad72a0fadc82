//! Recovery: how long a system suffers from a disturbance that is over.
//!
//! [`Trial`] drives a system at its usual rate, disturbs it (by an overload, or by something that the caller injects), and goes on at
//! the usual rate. [`Recovery`] says how long it took from the end of the disturbance until the system was as it was before.
//!
//! ```
//! use std::time::Duration;
//! use perf_load::recovery::{Took, Trial};
//! use perf_load::simulate::{Queue, Service};
//!
//! // 1,000 a second are the most that it holds. Ten seconds of twice that leave 10,000 waiting, and at 700 a second there is room
//! // for 300 more: 33 seconds.
//! let mut queue = Queue::new("shop", 1, Service::deterministic(Duration::from_millis(1))?)?;
//! let trial = Trial::at(700.0)?.overload(2000.0, Duration::from_secs(10))?.watch(Duration::from_mins(2));
//! let recovery = trial.run(&mut queue)?;
//! let Took::Time(took) = recovery.took else { panic!("{recovery}") };
//! assert!((took.as_secs_f64() - 33.3).abs() < 1.5, "{took:?}");
//! # Ok::<(), perf_load::Error>(())
//! ```
//!
//! # The definition
//!
//! Time is divided into equal looks, each long enough for 200 requests at the usual rate. The *band* is computed from the looks
//! before the disturbance, without their first fifth: of p50 and p99 of the response time and of the mean backlog the greatest of
//! any look and half as much again, of the share of failures the greatest and one per cent of the requests more. The system has
//! *recovered* at the beginning of the first look, at or after the end of the disturbance, that is inside the band and from which
//! on at most one look in ten is outside it for the time [`Trial::settled`]. Where no look was outside from the disturbance on, there
//! was nothing to recover from: [`Took::Undisturbed`]. The recovery time is from the end of the disturbance
//! to that beginning, to a look's length. Where that does not happen while the system is observed, it is only known that it took
//! longer: the result is *right-censored*, [`Took::Longer`], at the beginning of the last stretch that may have become one, or at
//! the end.

mod band;
mod found;
mod trial;

pub use band::{Band, Look};
pub use found::{Recovery, Took};
pub use trial::{Disturbance, Trial};
