//! Quantities as people write them, read once at compile time.
//!
//! Every function takes the literal it reads, so that a mistake is reported on the literal itself. The results are
//! integers in one fixed unit: nanoseconds, bytes, parts per million, thousandths of an event per second.

use std::fmt::Display;
use std::str::FromStr;

use syn::parse::{ParseStream, Result};
use syn::{Error, Lit, LitInt, LitStr};

const DURATIONS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

const COUNTS: &[(&str, u64)] = &[("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];

/// Thousandths of an event per second that one event per unit amounts to, as a fraction.
const RATES: &[(&str, (u128, u128))] =
    &[("ms", (1_000_000, 1)), ("s", (1_000, 1)), ("min", (1_000, 60)), ("h", (1_000, 3_600))];

/// A duration such as `"250us"`, in nanoseconds; never zero.
pub(crate) fn duration(input: ParseStream) -> Result<u64> {
    let literal = string(input, "a duration in quotes, such as \"5ms\"")?;
    let value = scaled(&literal, DURATIONS, "a duration", "\"5ms\"")?;
    if value == 0 {
        return Err(Error::new(literal.span(), "a limit of no time at all cannot be kept"));
    }
    Ok(value)
}

/// A size: a plain integer counts bytes, a string carries its unit, such as `"4KiB"`.
pub(crate) fn size(input: ParseStream) -> Result<u64> {
    if input.peek(LitInt) {
        return integer(input, "a size in bytes");
    }
    let literal = string(input, "a size: a number of bytes, or a string such as \"4KiB\"")?;
    scaled(&literal, SIZES, "a size", "\"4KiB\"")
}

/// A number of instructions: a plain integer, or a string such as `"120k"`; never zero.
pub(crate) fn instructions(input: ParseStream) -> Result<u64> {
    let span = input.span();
    let count = if input.peek(LitInt) {
        integer(input, "a number of instructions")?
    } else {
        let literal = string(input, "a number of instructions, or a string such as \"120k\"")?;
        scaled(&literal, COUNTS, "a number of instructions", "\"120k\"")?
    };
    if count == 0 {
        return Err(Error::new(span, "a limit of no instructions at all cannot be kept"));
    }
    Ok(count)
}

/// A share such as `"1%"`, in parts per million.
pub(crate) fn percent(input: ParseStream) -> Result<(u32, LitStr)> {
    let literal = string(input, "a share in quotes, such as \"1%\"")?;
    let value = scaled(&literal, &[("%", 10_000)], "a share", "\"1%\"")?;
    match u32::try_from(value) {
        Ok(ppm) if ppm <= 1_000_000 => Ok((ppm, literal)),
        _ => Err(Error::new(literal.span(), "a share is at most \"100%\"")),
    }
}

/// A rate such as `"5000/s"`, in thousandths per second; never zero.
pub(crate) fn rate(input: ParseStream) -> Result<u64> {
    let literal = string(input, "a rate in quotes, such as \"5000/s\"")?;
    let text = literal.value();
    let problem = || {
        Error::new(
            literal.span(),
            format!("`{text}` is no rate: write a number, a slash and one of {}, as in \"5000/s\"", names(RATES)),
        )
    };
    let (number, unit) = text.split_once('/').ok_or_else(problem)?;
    let (mantissa, scale) = decimal(number).ok_or_else(problem)?;
    let (_, (times, per)) = RATES.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(problem)?;
    match u64::try_from(mantissa * times / (scale * per)) {
        Ok(0) => Err(Error::new(literal.span(), "a throughput of nothing is always kept")),
        Ok(rate) => Ok(rate),
        Err(_) => Err(too_large(&literal)),
    }
}

/// An unsuffixed integer literal of any width.
pub(crate) fn integer<N>(input: ParseStream, what: &str) -> Result<N>
where
    N: FromStr,
    N::Err: Display,
{
    let wanted = format!("expected a whole number: {what}");
    let literal: Lit = input.parse().map_err(|error| Error::new(error.span(), &wanted))?;
    match &literal {
        Lit::Int(number) => {
            number.base10_parse().map_err(|error| Error::new(number.span(), format!("{wanted}: {error}")))
        }
        other => Err(Error::new(other.span(), wanted)),
    }
}

/// A string literal, or an error that says what was wanted in its place.
pub(crate) fn string(input: ParseStream, wanted: &str) -> Result<LitStr> {
    let wanted = format!("expected {wanted}");
    let literal: Lit = input.parse().map_err(|error| Error::new(error.span(), &wanted))?;
    match literal {
        Lit::Str(text) => Ok(text),
        other => Err(Error::new(other.span(), wanted)),
    }
}

fn scaled(literal: &LitStr, units: &[(&str, u64)], what: &str, example: &str) -> Result<u64> {
    let text = literal.value();
    let problem = || {
        Error::new(
            literal.span(),
            format!("`{text}` is not {what}: write a number and one of {}, as in {example}", names(units)),
        )
    };
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').ok_or_else(problem)?;
    let (number, unit) = text.split_at(split);
    let (mantissa, scale) = decimal(number).ok_or_else(problem)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(problem)?;
    let exact = mantissa * u128::from(*factor);
    if exact % scale != 0 {
        return Err(Error::new(
            literal.span(),
            format!("`{text}` is finer than can be kept: {what} is counted in whole {}", smallest(units)),
        ));
    }
    u64::try_from(exact / scale).map_err(|_| too_large(literal))
}

/// `"12.5"` as (125, 10). Up to 18 digits, so that products with any factor fit.
fn decimal(text: &str) -> Option<(u128, u128)> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = whole.chars().chain(fraction.chars()).filter(|c| *c != '_').collect();
    let malformed = !whole.starts_with(|c: char| c.is_ascii_digit())
        || (text.contains('.') && !fraction.starts_with(|c: char| c.is_ascii_digit()))
        || digits.len() > 18
        || !digits.bytes().all(|b| b.is_ascii_digit());
    if malformed {
        return None;
    }
    let places = u32::try_from(fraction.chars().filter(|c| *c != '_').count()).ok()?;
    Some((digits.parse().ok()?, 10u128.pow(places)))
}

fn names<T>(units: &[(&str, T)]) -> String {
    let names: Vec<_> = units.iter().map(|(name, _)| format!("`{name}`")).collect();
    names.join(", ")
}

fn smallest(units: &[(&str, u64)]) -> String {
    match units.first() {
        Some(("%", _)) => "millionths".to_owned(),
        Some(("k", _)) => "instructions".to_owned(),
        Some((name, _)) => format!("`{name}`"),
        None => String::new(),
    }
}

fn too_large(literal: &LitStr) -> Error {
    Error::new(literal.span(), format!("`{}` is too large", literal.value()))
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    fn read<T>(parse: fn(ParseStream) -> Result<T>, text: &str) -> std::result::Result<T, String> {
        parse.parse_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn durations_become_nanoseconds() {
        for (text, ns) in [
            ("\"800ns\"", 800),
            ("\"250us\"", 250_000),
            ("\"250µs\"", 250_000),
            ("\"5ms\"", 5_000_000),
            ("\"1.5s\"", 1_500_000_000),
            ("\"0.25 us\"", 250),
            ("\"2min\"", 120_000_000_000),
            ("\"1_000ns\"", 1_000),
        ] {
            assert_eq!(read(duration, text), Ok(ns), "{text}");
        }
    }

    #[test]
    fn malformed_durations_say_what_is_wanted() {
        for text in [
            "\"5\"",
            "\"ms\"",
            "\"5 mss\"",
            "\".5ms\"",
            "\"5.ms\"",
            "\"-5ms\"",
            "\"1e3ms\"",
            "\"\"",
            "\"1.2.3ms\"",
            "\"0ms\"",
            "\"0.5ns\"",
            "\"9999999999999h\"",
            "5",
        ] {
            assert!(read(duration, text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes() {
        assert_eq!(read(size, "4096"), Ok(4096));
        assert_eq!(read(size, "\"4KiB\""), Ok(4096));
        assert_eq!(read(size, "\"1MB\""), Ok(1_000_000));
        assert_eq!(read(size, "\"1.5KiB\""), Ok(1536));
        assert_eq!(read(size, "\"0B\""), Ok(0));
        assert!(read(size, "\"1.3B\"").is_err());
        assert!(read(size, "\"4 kib\"").is_err());
        assert!(read(size, "4.0").is_err());
    }

    #[test]
    fn instructions_are_whole() {
        for (text, count) in
            [("120", 120), ("1_000", 1000), ("\"120k\"", 120_000), ("\"1.5M\"", 1_500_000), ("\"2 G\"", 2_000_000_000)]
        {
            assert_eq!(read(instructions, text), Ok(count), "{text}");
        }
        for text in ["0", "\"0k\"", "\"120\"", "\"0.1234k\"", "\"120ki\"", "1.5", "\"k\""] {
            assert!(read(instructions, text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_parts_per_million() {
        let share = |text| read(percent, text).map(|(ppm, _)| ppm);
        assert_eq!(share("\"1%\""), Ok(10_000));
        assert_eq!(share("\"0.5 %\""), Ok(5_000));
        assert_eq!(share("\"0.0001%\""), Ok(1));
        assert_eq!(share("\"100%\""), Ok(1_000_000));
        for text in ["\"101%\"", "\"1\"", "1", "\"0.00001%\"", "\"%\""] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_thousandths_per_second() {
        assert_eq!(read(rate, "\"5000/s\""), Ok(5_000_000));
        assert_eq!(read(rate, "\"1.5/s\""), Ok(1_500));
        assert_eq!(read(rate, "\"30/min\""), Ok(500));
        assert_eq!(read(rate, "\"2/ms\""), Ok(2_000_000));
        for text in ["\"5000\"", "\"/s\"", "\"5/day\"", "\"0/s\"", "5000"] {
            assert!(read(rate, text).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_refuse_what_does_not_fit() {
        assert_eq!(read(|input| integer::<u32>(input, "a count"), "7"), Ok(7));
        assert!(read(|input| integer::<u32>(input, "a count"), "4294967296").is_err());
        assert!(read(|input| integer::<u32>(input, "a count"), "\"7\"").is_err());
        assert!(read(|input| integer::<u32>(input, "a count"), "-7").is_err());
    }
}
