//! The meaning of values.

use std::path::PathBuf;
use std::time::Duration;

use crate::nearest::hint;

/// The words for yes and no.
const WORDS: [(&str, bool); 8] = [
    ("on", true),
    ("off", false),
    ("true", true),
    ("false", false),
    ("yes", true),
    ("no", false),
    ("1", true),
    ("0", false),
];

/// A switch that also takes something more particular than *on*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice<T> {
    /// Switched off.
    Off,
    /// Switched on, as is usual.
    On,
    /// Switched on in this way.
    Value(T),
}

fn word(text: &str) -> Option<bool> {
    WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, on)| *on)
}

/// The error for an unknown word, with the nearest known one.
fn unknown(text: &str) -> String {
    format!("not known{}", hint(text, WORDS.map(|(word, _)| word)))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    word(text).ok_or_else(|| unknown(text))
}

fn choice<T>(text: &str, value: fn(&str) -> Result<T, String>) -> Result<Choice<T>, String> {
    match word(text) {
        Some(true) => Ok(Choice::On),
        Some(false) => Ok(Choice::Off),
        None => value(text).map(Choice::Value).map_err(|problem| match hint(text, WORDS.map(|(word, _)| word)) {
            near if near.is_empty() => problem,
            near => format!("not known{near}"),
        }),
    }
}

/// Values that the reporter parses further.
pub(super) fn outputs(text: &str) -> Result<Choice<String>, String> {
    choice(text, |text| Ok(text.to_owned()))
}

pub(super) fn address(text: &str) -> Result<Choice<String>, String> {
    choice(text, |text| match text.parse::<u16>() {
        Ok(port) => Ok(format!("127.0.0.1:{port}")),
        Err(_) if text.contains(':') => Ok(text.to_owned()),
        Err(_) => Err("neither a port nor an address with one".to_owned()),
    })
}

pub(super) fn url(text: &str) -> Result<Choice<String>, String> {
    choice(text, |text| Some(text.to_owned()).filter(|url| url.contains(':')).ok_or_else(|| "not a URL".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "of the type of all these functions")]
pub(super) fn list(text: &str) -> Result<Vec<String>, String> {
    Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

pub(super) fn every(text: &str) -> Result<Choice<Duration>, String> {
    choice(text, |text| match duration(text)? {
        every if every < Duration::from_millis(1) => Err("less than a millisecond".to_owned()),
        every => Ok(every),
    })
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

/// The most calls that a thread can be asked to remember: 400 MB.
const MOST_EVENTS: usize = 1 << 24;

pub(super) fn events(text: &str) -> Result<Choice<usize>, String> {
    choice(text, |text| {
        text.parse().ok().filter(|events| *events <= MOST_EVENTS).ok_or_else(|| "not such a number".to_owned())
    })
}

/// A share in parts per million, at least one of them.
pub(super) fn share(text: &str) -> Result<Choice<u32>, String> {
    choice(text, |text| {
        let percent = text.strip_suffix('%').ok_or_else(|| "no share in per cent".to_owned())?;
        let percent: f64 = percent.trim().parse().map_err(|_| "no share in per cent".to_owned())?;
        if !(0.0001..=100.0).contains(&percent) {
            return Err("not between 0.0001% and 100%".to_owned());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range just seen")]
        let ppm = (percent * 10_000.0).round() as u32;
        Ok(ppm)
    })
}

/// How many; nothing where all are meant.
pub(super) fn count(text: &str) -> Result<Option<usize>, String> {
    if text.eq_ignore_ascii_case("all") || word(text) == Some(false) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| match hint(text, ["all"]) {
        near if near.is_empty() => "not a number".to_owned(),
        near => format!("not known{near}"),
    })
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    match word(text) {
        Some(_) => Err(format!("not a path (a file of that name is `./{text}`)")),
        None => Ok(text.into()),
    }
}

/// `whole NAME` or `own NAME`.
pub(super) fn of_probe(text: &str) -> Result<String, String> {
    let known = text.split_once(' ').is_some_and(|(which, name)| ["whole", "own"].contains(&which) && !name.is_empty());
    if known { Ok(text.to_owned()) } else { Err("neither `whole NAME` nor `own NAME`".to_owned()) }
}
