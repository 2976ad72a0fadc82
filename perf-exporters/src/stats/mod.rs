//! Statistics of plain numbers: tail probabilities, ranks and quantiles, slopes, changes of level.
//!
//! Here live textbook methods: functions of slices and counts that return a number or an estimate. They know no budget,
//! no verdict, no test and no report, read no clock and no environment, and print nothing. The one random generator (the
//! permutations of [`changepoint`]) takes its seed as an argument, so the same input gives the same result.
//!
//! | to | use |
//! |---|---|
//! | bound a share, a mean, a rank sum by chance | [`dist`] |
//! | sort, rank, take a median or a quantile | [`order`] |
//! | compare two samples by their ranks | [`rank_sum`] |
//! | test for a monotonic trend | [`mann_kendall`] |
//! | look at several tests together | [`holm`] |
//! | compare many figures of the same runs | [`relabel`] |
//! | compare sums of paired differences | [`sign_flip`] |
//! | estimate a shift from paired differences | [`signed_rank`] |
//! | fit a slope that outliers do not move | [`theil_sen`] |
//! | find where a history changed its level or its scatter, or that it drifts | [`changepoint`] |
//! | see that a history goes to and fro between two levels | [`states`] |
//!
//! The modules for the page's history (`changepoint`, `states`, `order`) need only the feature `html`; the rest, with the crate of
//! distributions behind it, needs `judge`.

pub mod changepoint;
mod dependence;
#[cfg(feature = "judge")]
pub mod dist;
#[cfg(feature = "judge")]
pub mod holm;
#[cfg(feature = "judge")]
pub mod mann_kendall;
#[cfg(test)]
pub(crate) mod noise;
pub mod order;
#[cfg(feature = "judge")]
pub mod rank_sum;
#[cfg(feature = "judge")]
pub mod relabel;
mod shape;
#[cfg(feature = "judge")]
pub mod sign_flip;
#[cfg(feature = "judge")]
pub mod signed_rank;
pub mod states;
#[cfg(feature = "judge")]
pub mod theil_sen;
