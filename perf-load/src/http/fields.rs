//! Fields of a template: how they are parsed, and how their values are generated.

use std::fmt::Write;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Zipf};

/// Characters that a field of text may have at most: it is part of a request, not of a file.
const MOST_TEXT: usize = 16 * 1024 * 1024;
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The fields, as messages list them.
pub(super) const KNOWN: &str =
    "{{seq}}, {{uuid}}, {{int 1..100}}, {{zipf 1000}}, {{text 64}}, {{text 16..256}}, {{choice a|b|c}}, {{raw …}}";
/// Their names.
pub(super) const NAMES: [&str; 7] = ["seq", "uuid", "int", "zipf", "text", "choice", "raw"];

/// A value that differs from request to request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    /// The number of the request, from 0.
    Seq,
    /// A random UUID, version 4.
    Uuid,
    /// A whole number, both ends included, each as likely.
    Int { least: i64, most: i64 },
    /// A rank from 1 to the stated number, with a chance in proportion to 1 ÷ k to the exponent for rank k.
    Zipf(Zipf<f64>),
    /// Letters and digits, so many.
    Text { least: usize, most: usize },
    /// One of these, each as likely.
    Choice(Vec<String>),
}

impl Field {
    /// Parses the text between the braces, without `raw`.
    pub(super) fn parse(name: &str, rest: &str) -> Result<Self, String> {
        let bare =
            |field: Self| if rest.is_empty() { Ok(field) } else { Err(format!("{name} takes nothing after it")) };
        match name {
            "seq" => bare(Self::Seq),
            "uuid" => bare(Self::Uuid),
            "int" => int(rest),
            "zipf" => zipf(rest),
            "text" => text(rest),
            "choice" if rest.is_empty() => Err("choice needs texts: write {{choice a|b|c}}".to_owned()),
            "choice" => Ok(Self::Choice(rest.split('|').map(|text| text.trim().to_owned()).collect())),
            _ => Err(format!("no field is named `{name}`")),
        }
    }

    /// Appends a value.
    pub(super) fn write(&self, seq: u64, random: &mut Xoshiro256PlusPlus, out: &mut String) {
        // Writing to a string does not fail.
        match self {
            Self::Seq => drop(write!(out, "{seq}")),
            Self::Uuid => uuid(random.random(), out),
            Self::Int { least, most } => drop(write!(out, "{}", random.random_range(*least..=*most))),
            Self::Zipf(zipf) => drop(write!(out, "{:.0}", zipf.sample(random))),
            Self::Text { least, most } => {
                let length = random.random_range(*least..=*most);
                out.extend((0..length).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])));
            }
            Self::Choice(texts) => out.push_str(&texts[random.random_range(0..texts.len())]),
        }
    }

    /// Texts in it that the user wrote; all others are digits, letters and `-`.
    pub(super) fn texts(&self) -> &[String] {
        if let Self::Choice(texts) = self { texts } else { &[] }
    }
}

fn int(rest: &str) -> Result<Field, String> {
    let example = || "int needs two whole numbers, the lesser first: write {{int 1..100}}".to_owned();
    let (least, most) = rest.split_once("..").ok_or_else(example)?;
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| example());
    let (least, most) = (number(least)?, number(most.trim_start_matches('='))?);
    if least > most { Err(example()) } else { Ok(Field::Int { least, most }) }
}

fn zipf(rest: &str) -> Result<Field, String> {
    let example = || {
        "zipf needs how many ranks there are, from 1 to 2^53, and perhaps an exponent: write {{zipf 1000}} or {{zipf 1000 1.2}}"
            .to_owned()
    };
    let mut words = rest.split_whitespace();
    let ranks = words.next().and_then(|word| word.parse::<u64>().ok()).filter(|n| (1..=1 << 53).contains(n));
    let ranks = ranks.ok_or_else(example)?;
    let exponent = words.next().map_or(Ok(1.0), |word| word.parse::<f64>().map_err(|_| example()))?;
    if words.next().is_some() || !exponent.is_finite() {
        return Err(example());
    }
    Zipf::new(ranks as f64, exponent).map(Field::Zipf).map_err(|_| example())
}

fn text(rest: &str) -> Result<Field, String> {
    let example = || {
        format!("text needs a number of characters, up to {MOST_TEXT}: write {{{{text 64}}}} or {{{{text 16..256}}}}")
    };
    let number = |text: &str| text.trim().parse().ok().filter(|n| *n <= MOST_TEXT).ok_or_else(example);
    let (least, most) = match rest.split_once("..") {
        Some((least, most)) => (number(least)?, number(most.trim_start_matches('='))?),
        None => (number(rest)?, number(rest)?),
    };
    if least > most { Err(example()) } else { Ok(Field::Text { least, most }) }
}

/// 122 random bits, and six bits for version and variant.
fn uuid(bits: u128, out: &mut String) {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let _ = write!(out, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
}
