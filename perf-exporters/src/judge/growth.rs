//! Does the cost grow with the size as claimed?
//!
//! A claim is a class f: `1`, `log n`, `n`, `n log n`, `n^2` … For sizes n and costs c the exponent e, by which the cost grows faster than claimed, is the slope of
//! ln(c ÷ f(n)) over ln n, by Theil–Sen with Kendall's confidence bounds: the cost grows like f(n) × nᵉ, so e = 0 is what was
//! claimed, e = 1 is one power of n too much, and less than 0 is better than promised. For the power classes this is the slope of
//! ln c over ln f in other units; for `1` and `log n`, where f hardly moves, it is the one that is well conditioned.
//!
//! # A constant hides growth
//! For c = c₀ + c₁ g(n) with a large c₀ small sizes look flat, and the median slope with them. (The reverse cannot happen: under
//! the claim f, any c₀ > 0 only makes e smaller.) Growth classes speak of large n, so the *tail*, the upper half of the sizes, is
//! fitted as well, and has a veto. It also forgives c₀ < 0 and other small-size oddities. Of 500 series each, sizes 2⁴ … 2¹⁴, noise
//! 5 %, with the slope of ln c over ln f for comparison:
//!
//! | cost | claim | slope alone: PASS, FAIL | with the tail: PASS, FAIL, empty caches are asked |
//! |---|---|---|---|
//! | 500 + n | `1` | 0, 0 | 0, 447, 53 |
//! | 5000 + n | `1` | 500, 0 | 105, 0, 395 |
//! | 10⁵ + n² | `n` | 0, 0 | 0, 500, 0 |
//! | 10⁶ + n² | `n` | 499, 0 | 0, 0, 276 |
//! | 10⁶ + n² | `n log n` | 500, 0 | 4, 0, 295 |
//! | log n, twice for n ≥ 2¹² | `log n` | 0, 0 | 500, 0, 0 |
//! | log n, twice for n ≥ 2¹², four times for n ≥ 2¹⁶, to 2²⁰ | `log n` | 0, 495 | 500, 0, 0 |
//!
//! Growth hidden up to the last sizes (the second line grows fourfold while n grows a thousandfold) cannot be seen: take
//! larger sizes.
//!
//! # A logarithm's scale is not known
//! log n and log(n ÷ 4) are the same class and differ in slope by 0.05 at 2⁹ and 0.02 at 2¹⁴; `n log₂ n − 1.4 n` comparisons of a sort exceed a
//! literal n log n. So f uses max(1, log₂(n ÷ 4)).
//!
//! # Amounts are rounded
//! A vector that doubles has room for up to twice its content, a string of numbers grows by digits: linear code allocates like
//! n^1.04 to n^1.20 at some sizes. So allocations and bytes break a claim only where the cost ÷ f(n) has risen by more than both
//! together can make of it between the first and the last size, [`Cost::rounding`]: 7 from 16 to 16,384, which n^1.3 does.
//! Calls are not rounded.
//!
//! # Time is not steps
//! A look-up that leaves the caches takes ever longer: a `HashMap::get` of constant steps was seen to go from 9 to 110 ns
//! between 2¹² and 2²⁰ entries, an e of 0.51, a `BTreeMap::get` from 7 to 69 ns between 2⁹ and 2¹⁴, 0.57 more than log n. Time
//! can say that a claim holds (e small), and that it is broken by nearly a power or more, or by less where small sizes show it,
//! whose data are near. Between the two stands [`Reason::Cached`], and the same calls with empty caches decide
//! ([`caches`](super::caches)), where all data are within them. Counts need none of that: judge them first.
//!
//! | | calls | allocations, bytes | time |
//! |---|---|---|---|
//! | `tolerance`, for `1` and `log n` | 0.02 | 0.02 | 0.35 |
//! | `tolerance`, for n^d, also × log n | 0.02 d | 0.02 d | 0.15 d |
//! | `veto` | as `tolerance` | as `tolerance` | `tolerance` + 0.25 |
//! | `proof` | as `tolerance` | as `tolerance`, and beyond rounding | 0.6, or `tolerance` if that is more |
//!
//! * PASS iff the upper 95 % bound of e, over all sizes or over the tail (97.5 % each), is at most `tolerance`, the tail's e at
//!   most `veto`, and the last sizes do not turn upwards;
//! * FAIL iff the lower 95 % bound of e, over all sizes or over the tail, is above `proof`, and the tail's e is, too; or of time,
//!   if it is above 0.25 up to 1,024 elements, and e over all sizes and over the tail above 0.25 and the tolerance;
//! * otherwise INCONCLUSIVE: [`Reason::Cached`], [`Reason::Bends`] where the tail says otherwise than the whole, else
//!   [`Reason::Undecided`]. A counter bends where its cost ÷ f(n) never falls in the upper half of the sizes and ends beyond
//!   rounding: it is flat and then rises, and larger sizes would show whether that goes on.

use std::fmt;
use std::str::FromStr;

use super::caches::{CACHED, ELEMENT, is_bent};
use super::verdict::{Reason, Verdict};
use crate::stats::theil_sen::TheilSen;

/// Fewest sizes.
pub const LEAST_SIZES: usize = 6;

/// The largest size is at least so many times the smallest.
pub const LEAST_SPAN: u64 = 1 << 10;

/// A verdict rests on the better of two bounds of e, over all sizes and over the tail: each may be wrong half as often as
/// both together. It may be the same for both verdicts, since what lies between tolerance and proof is no class but a
/// factor of log n, or the caches.
pub(super) const ALPHA: f64 = 0.05;
const EACH: f64 = ALPHA / 2.0;

/// The tail and the head have so many sizes at least: fewer have no bound at this level.
const LEAST_FITTED: usize = 5;

/// Logarithms that differ by less are even.
const EVEN: f64 = 1e-9;

/// A table that doubles when it is full is up to twice as large as what is in it.
const DOUBLING: f64 = 2.0;

/// So many bytes are near: up to here caches are no reason for growth.
const NEAR_BYTES: u64 = 32 << 10;

/// Growth that no cache explains is proven from this e on.
const PROOF_NEAR: f64 = 0.25;

/// A growth class: n to a power, perhaps times log n.
///
/// ```
/// # use perf_exporters::judge::growth::Class;
/// let class: Class = "n log n".parse().unwrap();
/// assert_eq!(class, Class { degree: 1, log: true });
/// assert_eq!(class.to_string(), "n log n");
/// assert!("2^n".parse::<Class>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The power of n: 0 for `1` and `log n`.
    pub degree: u8,
    /// Times log n.
    pub log: bool,
}

impl Class {
    /// f(n), for n ≥ 1; never below 1.
    #[must_use]
    pub fn at(self, n: u64) -> f64 {
        let size = n.max(1) as f64;
        let log = if self.log { (size.log2() - 2.0).max(1.0) } else { 1.0 };
        size.powi(i32::from(self.degree)) * log
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = match self.degree {
            0 if self.log => return f.write_str("log n"),
            0 => return f.write_str("1"),
            1 => "n".to_owned(),
            d => format!("n^{d}"),
        };
        f.write_str(&power)?;
        f.write_str(if self.log { " log n" } else { "" })
    }
}

/// A text that names no growth class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownClass;

impl fmt::Display for UnknownClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a growth is \"1\", \"log n\", \"n\", \"n log n\", \"n^2\", \"n^2 log n\" and so on up to \"n^9\"")
    }
}

impl std::error::Error for UnknownClass {}

impl FromStr for Class {
    type Err = UnknownClass;

    /// Reads `1`, `log n`, `n`, `n log n`, `n^2`, `n^2 log n` … `n^9`; blanks are free, `O(…)` around it is allowed.
    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = packed.strip_prefix("O(").and_then(|t| t.strip_suffix(')'));
        let body = inner.unwrap_or(&packed);
        let (power, log) = match body.strip_suffix("logn") {
            Some(power) => (power, true),
            None => (body, false),
        };
        let degree = match (power, log) {
            ("1", false) | ("", true) => 0,
            ("n", _) => 1,
            _ => match power.strip_prefix("n^").map(str::as_bytes) {
                Some(&[digit @ b'1'..=b'9']) => digit - b'0',
                _ => return Err(UnknownClass),
            },
        };
        Ok(Self { degree, log })
    }
}

/// The kind of the costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cost {
    /// Steps and calls: without noise. A zero counts as the least cost above zero.
    Counts,
    /// Allocations and bytes: without noise, but rounded. Tables double, numbers gain digits; such a rise is no growth.
    Amounts,
    /// Time, one robust value (a median) per size.
    Time,
}

impl Cost {
    /// The e up to which the claim counts as kept.
    #[must_use]
    pub fn tolerance(self, class: Class) -> f64 {
        let scale = f64::from(class.degree.max(1));
        match self {
            Self::Counts | Self::Amounts => 0.02 * scale,
            Self::Time if class.degree == 0 => 0.35,
            Self::Time => 0.15 * scale,
        }
    }

    /// The e in the tail above which the claim no longer counts as kept, regardless of the whole range.
    #[must_use]
    pub fn veto(self, class: Class) -> f64 {
        match self {
            Self::Counts | Self::Amounts => self.tolerance(class),
            Self::Time => self.tolerance(class) + 0.25,
        }
    }

    /// The e above which the claim counts as broken.
    #[must_use]
    pub fn proof(self, class: Class) -> f64 {
        match self {
            Self::Counts | Self::Amounts => self.tolerance(class),
            Self::Time => self.tolerance(class).max(0.6),
        }
    }

    /// The factor by which the cost ÷ f(n) may have risen from its least to the last size before that is growth: of amounts
    /// what a table that doubles and numbers that gain digits make of it between these sizes.
    #[must_use]
    pub fn rounding(self, first: u64, last: u64) -> f64 {
        let digits = |n: u64| (n.max(1) as f64).log10().max(1.0);
        match self {
            Self::Amounts => DOUBLING * digits(last) / digits(first),
            Self::Counts | Self::Time => 1.0,
        }
    }
}

/// The conclusion from the costs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS, FAIL or INCONCLUSIVE, by the rule of this module.
    pub verdict: Verdict,
    /// The exponent e over all sizes: the cost grows like f(n) × nᵉ. NaN where the input is invalid.
    pub excess: f64,
    /// With 95 % confidence e is at least this.
    pub lower: f64,
    /// With 95 % confidence e is at most this.
    pub upper: f64,
    /// e over the upper half of the sizes.
    pub tail: f64,
    /// The cost itself grows like n to this power, in the upper half of the sizes.
    pub power: f64,
}

/// Judges whether costs grow no faster than `class`, by pairs (size, cost) in any order, one per size.
///
/// Needs [`LEAST_SIZES`] different sizes, the largest at least [`LEAST_SPAN`] times the smallest, and finite costs, above zero
/// for time and not below zero for counts; otherwise [`Reason::Invalid`]. Counts that are all zero PASS.
///
/// ```
/// # use perf_exporters::judge::growth::{judge, Class, Cost};
/// let linear: Vec<(u64, f64)> = (4..=14).map(|e| (1 << e, 30.0 + 2.0 * f64::from(1 << e))).collect();
/// let verdict = |class: &str| judge(&linear, class.parse().unwrap(), Cost::Time).verdict;
/// assert!(verdict("n").is_pass());
/// assert!(verdict("n log n").is_pass(), "better than promised");
/// assert!(verdict("log n").is_fail());
/// assert!(verdict("1").is_fail());
/// ```
#[must_use]
pub fn judge(points: &[(u64, f64)], class: Class, cost: Cost) -> Judgement {
    let mut points = points.to_vec();
    points.sort_unstable_by_key(|p| p.0);
    if let Some(what) = complaint(&points, cost) {
        return flat(Verdict::Inconclusive(Reason::Invalid(what.into())), f64::NAN);
    }
    let Some(least) = points.iter().map(|p| p.1).filter(|c| *c > 0.0).min_by(f64::total_cmp) else {
        return flat(Verdict::Pass, 0.0);
    };
    let x: Vec<f64> = points.iter().map(|p| (p.0 as f64).ln()).collect();
    let costs: Vec<f64> = points.iter().map(|p| p.1.max(least).ln()).collect();
    let y: Vec<f64> = costs.iter().zip(&points).map(|(c, p)| c - class.at(p.0).ln()).collect();
    let from = tail_from(points.len());
    let lines =
        (TheilSen::fit(&x, &y), TheilSen::fit(&x[from..], &y[from..]), TheilSen::fit(&x[from..], &costs[from..]));
    let (Some(whole), Some(tail), Some(bare)) = lines else {
        return flat(Verdict::Inconclusive(Reason::Undecided), f64::NAN);
    };
    let near = points.iter().take_while(|p| p.0 <= NEAR_BYTES / ELEMENT).count();
    let head = (near >= LEAST_FITTED - 1).then(|| TheilSen::fit(&x[..near], &y[..near])).flatten();
    let least_rate = y.iter().copied().min_by(f64::total_cmp).unwrap_or(0.0);
    let rise = y[y.len() - 1] - least_rate;
    let never_falls = y[from..].windows(2).all(|two| two[1] >= two[0] - EVEN);
    let seen = Seen {
        rises: never_falls && rise > EVEN,
        rounded: rise.exp() <= cost.rounding(points[0].0, points[points.len() - 1].0),
        bent: cost == Cost::Time && points[points.len() - 1].0 <= CACHED && is_bent(&y),
        near: head.filter(|_| cost == Cost::Time).map_or(f64::NEG_INFINITY, |head| head.lower(ALPHA)),
        whole: &whole,
        tail: &tail,
    };
    Judgement {
        verdict: seen.decide(class, cost),
        excess: whole.slope(),
        lower: whole.lower(EACH),
        upper: whole.upper(EACH),
        tail: tail.slope(),
        power: bare.slope(),
    }
}

/// Where the upper half of so many sizes begins.
pub(super) const fn tail_from(sizes: usize) -> usize {
    let (half, fitted) = (sizes / 2, sizes.saturating_sub(LEAST_FITTED));
    if half < fitted { half } else { fitted }
}

/// The evidence of a verdict.
struct Seen<'a> {
    whole: &'a TheilSen,
    tail: &'a TheilSen,
    /// e is at least this where all data are near.
    near: f64,
    /// The cost ÷ f(n) never falls in the upper half of the sizes, and ends above its least.
    rises: bool,
    /// The rise is no more than rounding can do.
    rounded: bool,
    /// The last sizes turn upwards.
    bent: bool,
}

impl Seen<'_> {
    fn decide(&self, class: Class, cost: Cost) -> Verdict {
        let (whole, tail) = (self.whole, self.tail);
        let proof = cost.proof(class);
        let kept = whole.upper(EACH).min(tail.upper(EACH)) <= cost.tolerance(class);
        let lower = whole.lower(EACH).max(tail.lower(EACH));
        let broken = lower > proof;
        let ends_well = tail.slope() <= cost.veto(class);
        let ends_badly = tail.slope() > proof;
        // Caches explain nothing of a rise between small sizes, where that goes on up to the largest.
        let near = PROOF_NEAR.max(cost.tolerance(class));
        let goes_on = self.near > PROOF_NEAR && tail.slope() > near && whole.slope() > near;
        if (broken && ends_badly || goes_on) && !(cost == Cost::Amounts && self.rounded) {
            Verdict::Fail
        } else if kept && ends_well && !self.bent {
            Verdict::Pass
        } else if self.bent || cost == Cost::Time && lower > near {
            Verdict::Inconclusive(Reason::Cached)
        } else if cost == Cost::Time && (kept || broken) || cost != Cost::Time && self.rises && !self.rounded {
            Verdict::Inconclusive(Reason::Bends)
        } else {
            Verdict::Inconclusive(Reason::Undecided)
        }
    }
}

/// The fault of points sorted by size; `None` where they can be judged.
pub(super) fn complaint(points: &[(u64, f64)], cost: Cost) -> Option<&'static str> {
    let usable = |c: f64| c.is_finite() && (c > 0.0 || (c >= 0.0 && cost != Cost::Time));
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Some("no sizes");
    };
    if points.len() < LEAST_SIZES || points.windows(2).any(|w| w[0].0 == w[1].0) {
        Some("at least 6 different sizes are needed")
    } else if first.0 == 0 || last.0 / first.0 < LEAST_SPAN {
        Some("the largest size must be at least 1024 times the smallest, and that not zero")
    } else if points.iter().any(|p| !usable(p.1)) {
        Some("every cost must be finite and not negative, a time above zero")
    } else {
        None
    }
}

pub(super) fn flat(verdict: Verdict, e: f64) -> Judgement {
    Judgement { verdict, excess: e, lower: e, upper: e, tail: e, power: e }
}

#[cfg(test)]
#[path = "growth_tests.rs"]
mod tests;
