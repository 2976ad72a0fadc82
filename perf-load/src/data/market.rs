//! Trades and quotes of a market.

use std::fmt;
use std::time::Duration;

use rand::RngExt;
use rand_distr::{Distribution, Exp1, StandardNormal, Zipf};

use super::write::{number, padded};
use super::{Random, Record, checked_rate, random, zipf};
use crate::Error;

/// Trades and quotes of a market with many symbols.
///
/// Times come as a Poisson process of [`rate`](Self::rate). Which symbol a tick is of follows Zipf's law, so few symbols
/// have most of them. The price of each symbol is a geometric Brownian motion without drift, sampled at its own ticks; quotes
/// are one or more cents around it, and trades are done at one of both sides. Sizes are round lots, with a share of odd ones.
///
/// ```
/// use perf_load::data::{Market, TickKind};
///
/// let ticks = Market::new(42).symbols(10).rate(5_000.0).ticks()?;
/// let trades = ticks.take(10_000).filter(|tick| matches!(tick.kind, TickKind::Trade(_))).count();
/// assert!((1_500..2_500).contains(&trades)); // a fifth
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    seed: u64,
    symbols: u32,
    rate: f64,
    quotes: f64,
    volatility: f64,
    exponent: f64,
}

impl Market {
    /// 500 symbols, 1,000 ticks a second, four of five quotes, a volatility of 30 % a year.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, symbols: 500, rate: 1_000.0, quotes: 0.8, volatility: 0.3, exponent: 1.0 }
    }

    /// How many symbols: up to a million, each keeps 24 bytes.
    #[must_use]
    pub const fn symbols(mut self, symbols: u32) -> Self {
        self.symbols = symbols;
        self
    }

    /// Ticks a second of market time, of all symbols together.
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Share of quotes among the ticks: 0 … 1; the others are trades.
    #[must_use]
    pub const fn quotes(mut self, share: f64) -> Self {
        self.quotes = share;
        self
    }

    /// Standard deviation of the logarithm of a price over a trading year of 252 days of 6½ hours.
    #[must_use]
    pub const fn volatility(mut self, volatility: f64) -> Self {
        self.volatility = volatility;
        self
    }

    /// The stream.
    ///
    /// # Errors
    /// Where a setting is not a number that makes a market: the error names it.
    pub fn ticks(&self) -> Result<Ticks, Error> {
        if !(1..=MOST_SYMBOLS).contains(&self.symbols) {
            return Err(Error::invalid("symbols", format!("{} symbols; give 1 to {MOST_SYMBOLS}", self.symbols)));
        }
        if !(0.0..=1.0).contains(&self.quotes) {
            return Err(Error::invalid("quotes", format!("{} is no share; give one from 0 to 1", self.quotes)));
        }
        if !(0.0..=100.0).contains(&self.volatility) {
            let why = format!("{} a year is no volatility; give one from 0 to 100 (0.3 is 30 %)", self.volatility);
            return Err(Error::invalid("volatility", why));
        }
        let gap = checked_rate(self.rate)?;
        let popularity = zipf("symbols", self.symbols.into(), self.exponent)?;
        let mut random = random(self.seed);
        let states = (0..self.symbols)
            .map(|_| {
                let z: f64 = StandardNormal.sample(&mut random);
                State { log_price: (FIRST_PRICE.ln() + 0.8 * z).clamp(LEAST_LOG, MOST_LOG), at: 0 }
            })
            .collect();
        Ok(Ticks { random, gap, popularity, quotes: self.quotes, volatility: self.volatility, states, at: 0 })
    }
}

const MOST_SYMBOLS: u32 = 1_000_000;
/// Median first price, in cents.
const FIRST_PRICE: f64 = 5_000.0;
/// Prices stay between ten cents and ten million.
const LEAST_LOG: f64 = std::f64::consts::LN_10;
const MOST_LOG: f64 = 20.723_266;
/// Nanoseconds of a trading year.
const YEAR: f64 = 252.0 * 6.5 * 3600.0 * 1e9;

/// The state of a symbol.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Logarithm of the price in cents.
    log_price: f64,
    /// Nanoseconds of its last tick.
    at: u64,
}

impl State {
    /// Moves on in time by an exact step of geometric Brownian motion whose mean stays where it is.
    fn advance(&mut self, to: u64, volatility: f64, normal: f64) {
        let years = to.saturating_sub(self.at) as f64 / YEAR;
        let step = volatility * years.sqrt() * normal - 0.5 * volatility * volatility * years;
        self.log_price = (self.log_price + step).clamp(LEAST_LOG, MOST_LOG);
        self.at = to;
    }
}

/// The stream of [`Market`].
#[derive(Clone, Debug)]
pub struct Ticks {
    random: Random,
    gap: f64,
    popularity: Zipf<f64>,
    quotes: f64,
    volatility: f64,
    states: Vec<State>,
    at: u64,
}

impl Iterator for Ticks {
    type Item = Tick;

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the bounds that `ticks` checked"
    )]
    fn next(&mut self) -> Option<Tick> {
        let gap: f64 = Exp1.sample(&mut self.random);
        self.at = self.at.saturating_add((gap * self.gap) as u64);
        let greatest = self.states.len() - 1;
        let symbol = (self.popularity.sample(&mut self.random) as usize - 1).min(greatest);
        let normal: f64 = StandardNormal.sample(&mut self.random);
        let state = &mut self.states[symbol];
        state.advance(self.at, self.volatility, normal);
        let price = state.log_price.exp();
        // Half a spread: one cent, or a few hundred-thousandths of the price, times a factor that varies.
        let half = (price * 5e-5 * (0.5 + self.random.random::<f64>())).max(0.5);
        let bid = (price - half).floor().max(1.0) as u64;
        let ask = ((price + half).ceil() as u64).max(bid + 1);
        let kind = if self.random.random::<f64>() < self.quotes {
            TickKind::Quote(Quote { bid: Price(bid), bid_size: self.lots(), ask: Price(ask), ask_size: self.lots() })
        } else {
            let buys = self.random.random::<bool>();
            let odd = self.random.random::<f64>() < 0.15;
            let size = if odd { self.random.random_range(1..100) } else { self.lots() };
            let condition = match self.random.random_range(0..100_u32) {
                _ if odd => Condition::OddLot,
                0..20 => Condition::Sweep,
                20 => Condition::OutOfSequence,
                _ => Condition::Regular,
            };
            let (at, taker) = if buys { (ask, Side::Buy) } else { (bid, Side::Sell) };
            TickKind::Trade(Trade { price: Price(at), size, side: taker, condition })
        };
        Some(Tick { at: Duration::from_nanos(self.at), symbol: Symbol(symbol as u32), kind })
    }
}

impl Ticks {
    /// A round lot or several: hundreds, log-normal with a median of two.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1000")]
    fn lots(&mut self) -> u32 {
        let z: f64 = StandardNormal.sample(&mut self.random);
        100 * (0.7 + z).exp().clamp(1.0, 1_000.0) as u32
    }
}

/// One tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Time since the stream's beginning.
    pub at: Duration,
    /// Its symbol.
    pub symbol: Symbol,
    /// Whether it is a trade or a quote.
    pub kind: TickKind,
}

/// A trade or a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickKind {
    /// Shares changed hands.
    Trade(Trade),
    /// The bid and the ask from now on.
    Quote(Quote),
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Price of a share.
    pub price: Price,
    /// Shares.
    pub size: u32,
    /// Which side took the other's offer.
    pub side: Side,
    /// Its condition code.
    pub condition: Condition,
}

/// A quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Best bid.
    pub bid: Price,
    /// Shares wanted at it.
    pub bid_size: u32,
    /// Best ask, above the bid.
    pub ask: Price,
    /// Shares offered at it.
    pub ask_size: u32,
}

/// The side that took the other's offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The buyer, at the ask.
    Buy,
    /// The seller, at the bid.
    Sell,
}

/// How a trade came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As usual: `@`.
    Regular,
    /// Swept through several markets: `F`.
    Sweep,
    /// Fewer than a round lot: `I`.
    OddLot,
    /// Reported late: `Z`.
    OutOfSequence,
}

impl Condition {
    /// The letter of the consolidated tape.
    #[must_use]
    pub const fn code(self) -> char {
        match self {
            Self::Regular => '@',
            Self::Sweep => 'F',
            Self::OddLot => 'I',
            Self::OutOfSequence => 'Z',
        }
    }
}

/// Cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub u64);

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Price {
    fn encode(self, out: &mut Vec<u8>) {
        number(out, self.0 / 100);
        out.push(b'.');
        padded(out, self.0 % 100, 2);
    }
}

/// A symbol, by its rank: the first has the most ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

impl Symbol {
    /// Four letters, the rank in base 26; a million ranks have five.
    fn encode(self, out: &mut Vec<u8>) {
        let mut letters = [b'A'; 7];
        let mut rest = self.0;
        let mut at = letters.len();
        while rest > 0 || at > letters.len() - 4 {
            at -= 1;
            letters[at] = b'A' + u8::try_from(rest % 26).unwrap_or(0);
            rest /= 26;
        }
        out.extend_from_slice(&letters[at..]);
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.encode(&mut text);
        f.pad(&String::from_utf8_lossy(&text))
    }
}

/// `T,nanoseconds,symbol,price,size,B or S,condition` or `Q,nanoseconds,symbol,bid,size,ask,size`.
impl Record for Tick {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(if matches!(self.kind, TickKind::Trade(_)) { b'T' } else { b'Q' });
        out.push(b',');
        number(out, u64::try_from(self.at.as_nanos()).unwrap_or(u64::MAX));
        out.push(b',');
        self.symbol.encode(out);
        out.push(b',');
        match self.kind {
            TickKind::Trade(trade) => {
                trade.price.encode(out);
                out.push(b',');
                number(out, trade.size.into());
                out.extend_from_slice(if trade.side == Side::Buy { b",B," } else { b",S," });
                out.extend_from_slice(trade.condition.code().encode_utf8(&mut [0; 4]).as_bytes());
            }
            TickKind::Quote(quote) => {
                quote.bid.encode(out);
                out.push(b',');
                number(out, quote.bid_size.into());
                out.push(b',');
                quote.ask.encode(out);
                out.push(b',');
                number(out, quote.ask_size.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    /// Returns over steps of any length, divided by their claimed standard deviation, are standard normal: the sum of their
    /// squares is chi-square distributed, and so is the sum of their squares about the claimed mean.
    #[test]
    fn logarithms_of_prices_move_by_the_stated_volatility() {
        let volatility = 0.4;
        let mut ticks = Market::new(11).symbols(5).rate(10.0).volatility(volatility).ticks().unwrap();
        let mut before = ticks.states.clone();
        let (mut squares, mut sum, mut n) = (0.0, 0.0, 0.0);
        for _ in 0..20_000 {
            let symbol = ticks.next().unwrap().symbol.0 as usize;
            let (old, new) = (before[symbol], ticks.states[symbol]);
            let years = (new.at - old.at) as f64 / YEAR;
            if years > 0.0 {
                let z = (new.log_price - old.log_price + volatility * volatility * years / 2.0)
                    / (volatility * years.sqrt());
                squares += z * z;
                sum += z;
                n += 1.0;
            }
            before[symbol] = new;
        }
        let p = ChiSquared::new(n).unwrap().cdf(squares);
        assert!((0.001..0.999).contains(&p), "sum of squares {squares} of {n} steps: p = {p}");
        assert!((sum / f64::sqrt(n)).abs() < 3.3, "mean {} of {n} steps", sum / n);
    }

    #[test]
    fn symbols_have_four_letters_or_more_and_differ() {
        let names: Vec<String> = [0, 1, 25, 26, 456_975, 456_976, 999_999].map(|s| Symbol(s).to_string()).to_vec();
        assert_eq!(names, ["AAAA", "AAAB", "AAAZ", "AABA", "ZZZZ", "BAAAA", "CEXHN"]);
    }
}
