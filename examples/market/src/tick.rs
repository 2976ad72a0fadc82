//! A tick: one trade or one quote, and the seeded generator of them.

use perf_load::data::{Market, Side, TickKind};

use crate::Decimal;

/// The kind of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A trade that the buyer began.
    Buy = 1,
    /// A trade that the seller began.
    Sell = 2,
    /// A quote.
    Quote = 3,
}

impl Kind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Buy),
            2 => Some(Self::Sell),
            3 => Some(Self::Quote),
            _ => None,
        }
    }
}

/// A trade or a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Nanoseconds of market time.
    pub at_ns: u64,
    /// The symbol, by its rank: see [`symbols`](crate::symbols).
    pub symbol: u32,
    /// Trade or quote.
    pub kind: Kind,
    /// Price of a trade; bid of a quote.
    pub price: Decimal,
    /// Shares traded; shares wanted at the bid.
    pub size: u32,
    /// Ask of a quote; zero in a trade.
    pub ask: Decimal,
    /// Shares offered at the ask; zero in a trade.
    pub ask_size: u32,
}

/// An endless stream of ticks of so many symbols: the same for the same seed.
///
/// # Errors
/// A number of symbols that makes no market.
pub fn stream(seed: u64, symbols: u32) -> Result<impl Iterator<Item = Tick> + Send, perf_load::Error> {
    Ok(Market::new(seed).symbols(symbols).rate(10_000.0).ticks()?.map(tick))
}

/// The first ticks of a stream.
///
/// # Errors
/// As [`stream`].
pub fn ticks(seed: u64, symbols: u32, number: usize) -> Result<Vec<Tick>, perf_load::Error> {
    Ok(stream(seed, symbols)?.take(number).collect())
}

fn tick(made: perf_load::data::Tick) -> Tick {
    let price = |price: perf_load::data::Price| {
        Decimal::from_cents(price.0).expect("the generator keeps prices below ten million")
    };
    let at_ns = u64::try_from(made.at.as_nanos()).unwrap_or(u64::MAX);
    let symbol = made.symbol.0;
    match made.kind {
        TickKind::Trade(trade) => Tick {
            at_ns,
            symbol,
            kind: if trade.side == Side::Buy { Kind::Buy } else { Kind::Sell },
            price: price(trade.price),
            size: trade.size,
            ask: Decimal::default(),
            ask_size: 0,
        },
        TickKind::Quote(quote) => Tick {
            at_ns,
            symbol,
            kind: Kind::Quote,
            price: price(quote.bid),
            size: quote.bid_size,
            ask: price(quote.ask),
            ask_size: quote.ask_size,
        },
    }
}
