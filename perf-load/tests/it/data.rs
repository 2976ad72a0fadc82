//! Streams of data: equal seeds, sizes, and frequencies against the laws they claim.

use std::io::Read;

use perf_load::data::{AccessKind, Documents, Events, KeyValue, Market, Record, Records, TickKind};
use proptest::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Chance of counts at least so far from the expected ones, by chi-square; cells with less than 5 expected are
/// joined.
fn p_of(counts: &[u64], chances: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let (mut statistic, mut cells) = (0.0, 0.0);
    let (mut observed, mut expected) = (0.0, 0.0);
    for (count, chance) in counts.iter().zip(chances) {
        observed += *count as f64;
        expected += chance * n;
        if expected >= 5.0 {
            statistic += (observed - expected) * (observed - expected) / expected;
            cells += 1.0;
            (observed, expected) = (0.0, 0.0);
        }
    }
    ChiSquared::new(cells - 1.0).unwrap().sf(statistic)
}

fn zipf_chances(count: u32, exponent: f64) -> Vec<f64> {
    let parts: Vec<f64> = (1..=count).map(|rank| f64::from(rank).powf(-exponent)).collect();
    let sum: f64 = parts.iter().sum();
    parts.iter().map(|part| part / sum).collect()
}

#[test]
fn keys_follow_zipfs_law_whatever_the_exponent() {
    for (seed, exponent) in [(1, 0.0), (2, 0.5), (3, 0.99), (4, 1.0), (5, 1.5)] {
        let mut counts = vec![0; 200];
        for access in KeyValue::new(seed).keys(200).exponent(exponent).accesses().unwrap().take(100_000) {
            counts[usize::try_from(access.rank).unwrap() - 1] += 1;
        }
        let p = p_of(&counts, &zipf_chances(200, exponent));
        assert!(p > 0.001, "exponent {exponent}: p = {p}");
        // The same counts do not fit another exponent: the test distinguishes them.
        assert!(p_of(&counts, &zipf_chances(200, exponent + 0.1)) < 1e-6, "exponent {exponent}");
    }
}

#[test]
fn symbols_follow_zipfs_law_and_times_a_poisson_process() {
    let ticks: Vec<_> = Market::new(8).symbols(50).rate(2_000.0).ticks().unwrap().take(50_000).collect();
    let mut counts = vec![0; 50];
    for tick in &ticks {
        counts[tick.symbol.0 as usize] += 1;
    }
    assert!(p_of(&counts, &zipf_chances(50, 1.0)) > 0.001);
    // Gaps of a Poisson process in deciles of the exponential distribution.
    let mut deciles = vec![0; 10];
    for pair in ticks.windows(2) {
        let gap = pair[1].at.saturating_sub(pair[0].at).as_secs_f64() * 2_000.0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 9")]
        let decile = ((1.0 - (-gap).exp()) * 10.0) as usize % 10;
        deciles[decile] += 1;
    }
    assert!(p_of(&deciles, &[0.1; 10]) > 0.001, "{deciles:?}");
}

#[test]
fn kinds_of_events_follow_their_weights() {
    let mix = [("view", 70.0), ("search", 20.0), ("buy", 9.0), ("return", 1.0), ("never", 0.0)];
    let mut counts = vec![0; 5];
    for event in Events::new(3, mix).stream().unwrap().take(100_000) {
        counts[mix.iter().position(|(kind, _)| *kind == &*event.kind).unwrap()] += 1;
    }
    assert_eq!(counts[4], 0);
    assert!(p_of(&counts[..4], &[0.7, 0.2, 0.09, 0.01]) > 0.001, "{counts:?}");
}

#[test]
fn shares_of_reads_writes_and_deletions_are_those_asked_for() {
    let mut counts = vec![0; 3];
    for access in KeyValue::new(12).reads(0.6).deletions(0.1).accesses().unwrap().take(50_000) {
        counts[match access.kind {
            AccessKind::Get => 0,
            AccessKind::Delete => 1,
            AccessKind::Put { .. } => 2,
        }] += 1;
    }
    assert!(p_of(&counts, &[0.6, 0.1, 0.3]) > 0.001, "{counts:?}");
}

#[test]
fn quotes_stand_about_the_price_and_trades_are_done_at_them() {
    let mut last = None;
    for tick in Market::new(5).symbols(1).rate(10_000.0).volatility(0.0).ticks().unwrap().take(5_000) {
        match tick.kind {
            TickKind::Quote(quote) => {
                assert!(quote.bid < quote.ask && quote.bid_size % 100 == 0 && quote.ask_size % 100 == 0);
                last = Some(quote);
            }
            TickKind::Trade(trade) => {
                assert!(trade.size > 0);
                // The price does not move here; spreads vary by a few cents.
                if let Some(quote) = last {
                    assert!(trade.price.0 + 10 >= quote.bid.0 && trade.price.0 <= quote.ask.0 + 10);
                }
            }
        }
    }
    assert!(last.is_some());
}

#[test]
fn every_document_and_event_is_json() {
    for document in Documents::new(4).bytes(700.0, 1.0).stream().unwrap().take(2_000) {
        let value: serde_json::Value = serde_json::from_slice(document.as_bytes()).unwrap();
        assert!(value["lines"].as_array().is_some_and(|lines| !lines.is_empty()));
        assert!(!document.as_bytes().contains(&b'\n'));
    }
    for event in Events::new(4, [("with \"quotes\"\n", 1.0)]).stream().unwrap().take(10) {
        let mut line = Vec::new();
        event.encode(&mut line);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["kind"], "with \"quotes\"\n");
    }
}

#[test]
fn sizes_of_documents_have_the_stated_median() {
    let sizes: Vec<usize> =
        Documents::new(6).bytes(3_000.0, 0.4).stream().unwrap().take(2_001).map(|d| d.as_bytes().len()).collect();
    // Each document is longer than the drawn size by less than a line of 60 bytes.
    let below = sizes.iter().filter(|size| **size < 3_000).count() as f64 / 2_001.0;
    assert!((0.44..0.53).contains(&below), "{below}");
}

#[test]
fn settings_that_make_no_stream_are_errors_that_name_them() {
    let key = |error: Option<perf_load::Error>| error.and_then(|error| error.key().map(str::to_owned));
    let market = |market: Market| key(market.ticks().err());
    assert_eq!(market(Market::new(1).symbols(0)).as_deref(), Some("symbols"));
    assert_eq!(market(Market::new(1).rate(f64::NAN)).as_deref(), Some("rate"));
    assert_eq!(market(Market::new(1).rate(-5.0)).as_deref(), Some("rate"));
    assert_eq!(market(Market::new(1).quotes(1.5)).as_deref(), Some("quotes"));
    assert_eq!(market(Market::new(1).volatility(f64::INFINITY)).as_deref(), Some("volatility"));
    let keys = |keys: KeyValue| key(keys.accesses().err());
    assert_eq!(keys(KeyValue::new(1).keys(0)).as_deref(), Some("keys"));
    assert_eq!(keys(KeyValue::new(1).keys(u64::MAX)).as_deref(), Some("keys"));
    assert_eq!(keys(KeyValue::new(1).exponent(-1.0)).as_deref(), Some("exponent"));
    assert_eq!(keys(KeyValue::new(1).reads(0.9).deletions(0.2)).as_deref(), Some("reads"));
    assert_eq!(keys(KeyValue::new(1).values(f64::NAN, 0.5)).as_deref(), Some("values"));
    assert_eq!(key(Documents::new(1).bytes(0.0, 0.5).stream().err()).as_deref(), Some("bytes"));
    let events = |mix: Vec<(&str, f64)>| key(Events::new(1, mix).stream().err());
    assert_eq!(events(vec![]).as_deref(), Some("mix"));
    assert_eq!(events(vec![("a", 0.0)]).as_deref(), Some("mix"));
    assert_eq!(events(vec![("a", 1.0), ("b", -1.0)]).as_deref(), Some("mix.b"));
    assert_eq!(events(vec![("a", f64::NAN)]).as_deref(), Some("mix.a"));
}

/// The text of any of the four streams.
fn text(kind: u8, seed: u64, bytes: u64) -> Vec<u8> {
    fn all<I: Iterator<Item: Record>>(records: I, bytes: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut text = records.up_to(bytes);
        let written = text.write_to(&mut out).unwrap();
        assert_eq!(written.bytes, out.len() as u64);
        assert_eq!(written.records, out.split(|byte| *byte == b'\n').count() as u64 - 1);
        assert_eq!(text.line(), None);
        out
    }
    match kind {
        0 => all(Market::new(seed).ticks().unwrap(), bytes),
        1 => all(KeyValue::new(seed).reads(0.5).accesses().unwrap(), bytes),
        2 => all(Documents::new(seed).stream().unwrap(), bytes),
        _ => all(Events::new(seed, [("a", 1.0), ("b", 3.0)]).stream().unwrap(), bytes),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equal_seeds_make_equal_streams_and_others_do_not(kind in 0..4_u8, seed: u64) {
        prop_assert_eq!(text(kind, seed, 5_000), text(kind, seed, 5_000));
        prop_assert_ne!(text(kind, seed, 5_000), text(kind, seed ^ 1, 5_000));
    }

    #[test]
    fn texts_are_longer_than_asked_for_by_less_than_their_last_record(kind in 0..4_u8, seed: u64, bytes in 0..60_000_u64) {
        let all = text(kind, seed, bytes);
        let last = all.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len) as u64;
        prop_assert!(all.len() as u64 >= bytes && (all.len() as u64) < bytes + last.max(1));
    }

    #[test]
    fn a_reader_gives_the_same_text_in_any_pieces(kind in 0..2_u8, seed: u64, piece in 1..3_000_usize) {
        fn read(mut from: impl Read, piece: usize) -> Vec<u8> {
            let (mut all, mut buffer) = (Vec::new(), vec![0; piece]);
            loop {
                match from.read(&mut buffer).unwrap() {
                    0 => return all,
                    n => all.extend_from_slice(&buffer[..n]),
                }
            }
        }
        let pieces = match kind {
            0 => read(Market::new(seed).ticks().unwrap().up_to(9_000), piece),
            _ => read(KeyValue::new(seed).reads(0.5).accesses().unwrap().up_to(9_000), piece),
        };
        prop_assert_eq!(pieces, text(kind, seed, 9_000));
    }
}
