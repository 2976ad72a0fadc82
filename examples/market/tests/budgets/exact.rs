//! Decimal arithmetic loses nothing; floats do.

use market::{Decimal, Notional, Tick, tick::ticks};

fn exact<'a>(ticks: impl Iterator<Item = &'a Tick>) -> Notional {
    ticks.map(|tick| tick.price.times(tick.size)).sum()
}

fn float<'a>(ticks: impl Iterator<Item = &'a Tick>) -> f64 {
    ticks.map(|tick| tick.price.to_f64() * f64::from(tick.size)).sum()
}

#[test]
fn a_sum_of_decimals_is_the_same_in_any_order() {
    let ticks = ticks(1, 500, 200_000).unwrap();
    let mut sorted = ticks.clone();
    sorted.sort_by_key(|tick| (tick.price, tick.size));
    let sum = exact(ticks.iter());
    assert_eq!(sum, exact(ticks.iter().rev()));
    assert_eq!(sum, exact(sorted.iter()));
    // Taken away again, nothing is left.
    let rest = ticks.iter().fold(sum.units(), |rest, tick| rest - tick.price.times(tick.size).units());
    assert_eq!(rest, 0);
}

#[test]
fn a_sum_of_floats_is_not() {
    let ticks = ticks(1, 500, 200_000).unwrap();
    let (forwards, backwards) = (float(ticks.iter()), float(ticks.iter().rev()));
    assert_ne!(forwards.to_bits(), backwards.to_bits());
    let rest = ticks.iter().fold(forwards, |rest, tick| rest - tick.price.to_f64() * f64::from(tick.size));
    assert_ne!(rest.to_bits(), 0);
}

#[test]
fn text_of_every_price_reads_back() {
    for tick in ticks(2, 500, 20_000).unwrap() {
        for price in [tick.price, tick.ask] {
            assert_eq!(price.to_string().parse::<Decimal>(), Ok(price));
        }
    }
}
