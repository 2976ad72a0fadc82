//! Text with fields in it, made anew for each request.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::fields::{Field, KNOWN, NAMES};
use crate::Error;

/// Text in which `{{…}}` stands for a value that differs from request to request.
///
/// | field | value |
/// |---|---|
/// | `{{seq}}` | the number of the request, from 0 |
/// | `{{uuid}}` | a random UUID, version 4 |
/// | `{{int 1..100}}` | a whole number, both ends included |
/// | `{{zipf 1000}}`, `{{zipf 1000 1.2}}` | a rank from 1 to 1000; rank k is as likely as 1/k, or as 1/k^1.2 |
/// | `{{text 64}}`, `{{text 16..256}}` | letters and digits, so many |
/// | `{{choice a\|b\|c}}` | one of these |
/// | `{{raw {{}}` | what follows the blank as it is: here two opening braces |
///
/// The values of a request follow from the seed and its number alone, regardless of other requests:
///
/// ```
/// use perf_load::http::Template;
///
/// let body: Template = r#"{"order": {{seq}}, "item": {{zipf 1000}}}"#.parse()?;
/// let of = |number| body.render(7, number);
/// assert!(of(3).starts_with(r#"{"order": 3, "item": "#));
/// assert_eq!(of(3), of(3));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Field(Field),
}

impl Template {
    /// The text of one request.
    #[must_use]
    pub fn render(&self, seed: u64, number: u64) -> String {
        let mut out = String::new();
        self.write(number, &mut random(seed, number), &mut out);
        out
    }

    /// The text, where it is the same for every request.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub(super) fn write(&self, number: u64, random: &mut Xoshiro256PlusPlus, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => field.write(number, random, out),
            }
        }
    }

    /// Every text in it that the user wrote, for a check of the characters that are allowed there.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| match part {
            Part::Text(text) => std::slice::from_ref(text).iter().map(String::as_str),
            Part::Field(field) => field.texts().iter().map(String::as_str),
        })
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }
}

impl std::str::FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut template = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            template.push_text(before);
            // A raw text ends with the last of the braces that follow it: `{{raw }}}}` is two closing ones.
            let close =
                after.find("}}").ok_or_else(|| wrong(&format!("{{{{{after}"), "has no closing }}".to_owned()))?;
            let close = if after.starts_with("raw }}") && after[6..].starts_with("}}") { 6 } else { close };
            let (inside, behind) = (&after[..close], &after[close + 2..]);
            rest = behind;
            if let Some(raw) = inside.strip_prefix("raw ") {
                template.push_text(raw);
                continue;
            }
            let (name, of) = inside.trim().split_once(char::is_whitespace).unwrap_or((inside.trim(), ""));
            let whole = || format!("{{{{{inside}}}}}");
            if !NAMES.contains(&name) {
                let hint = super::hint(name, NAMES);
                return Err(wrong(&whole(), format!("is no field{hint}; there are {KNOWN}")));
            }
            let field = Field::parse(name, of.trim()).map_err(|why| wrong(&whole(), format!("is no field: {why}")))?;
            template.parts.push(Part::Field(field));
        }
        template.push_text(rest);
        Ok(template)
    }
}

fn wrong(what: &str, why: String) -> Error {
    let shown: String = what.chars().take(60).collect();
    Error::invalid(shown, why)
}

/// The random generator of one request's values. Consecutive numbers give unrelated seeds.
pub(super) fn random(seed: u64, number: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(text: &str) -> Template {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn fields_stand_among_text() {
        assert_eq!(of("/a/{{seq}}/b{{ seq }}").render(1, 42), "/a/42/b42");
        assert_eq!(of("{{raw {{}}x{{raw }}}}").render(1, 0), "{{x}}");
        assert_eq!(of("{\"a\":{\"b\":1}}").render(1, 0), "{\"a\":{\"b\":1}}");
        assert_eq!(of("plain").constant(), Some("plain"));
        assert_eq!(of("").constant(), Some(""));
        assert_eq!(of("a{{raw b}}c").constant(), Some("abc"));
        assert_eq!(of("{{seq}}").constant(), None);
    }

    #[test]
    fn values_follow_from_the_seed_and_the_number() {
        let template = of("{{uuid}} {{int 0..1000000}} {{zipf 100000}} {{text 8}} {{choice a|b|c|d}}");
        let many: Vec<String> = (0..100).map(|number| template.render(9, number)).collect();
        assert_eq!(many, (0..100).map(|number| template.render(9, number)).collect::<Vec<_>>());
        let mut distinct = many.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 100);
        assert_ne!(template.render(10, 0), many[0]);
    }

    #[test]
    fn values_are_within_their_bounds_and_reach_them() {
        let count = |text: &str, times: u64| {
            let template = of(text);
            let mut seen = BTreeMap::<String, u32>::new();
            (0..times).for_each(|number| *seen.entry(template.render(3, number)).or_default() += 1);
            seen
        };
        let ints = count("{{int -2..2}}", 5000);
        assert_eq!(ints.keys().map(String::as_str).collect::<Vec<_>>(), ["-1", "-2", "0", "1", "2"]);
        assert!(ints.values().all(|count| (850..1150).contains(count)), "{ints:?}");
        let choices = count("{{choice a | b}}", 2000);
        assert!(choices.len() == 2 && choices.values().all(|count| (880..1120).contains(count)), "{choices:?}");
        let lengths = count("{{text 1..3}}", 3000);
        assert!(
            lengths.keys().all(|text| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()))
        );
        // 1/k of 1 + 1/2 + … + 1/10.
        let ranks = count("{{zipf 10}}", 20_000);
        let harmonic: f64 = (1..=10).map(|k| 1.0 / f64::from(k)).sum();
        for (rank, seen) in &ranks {
            let expected = 20_000.0 / (rank.parse::<f64>().unwrap() * harmonic);
            assert!((f64::from(*seen) - expected).abs() < 5.0 * expected.sqrt(), "{rank}: {seen}, not {expected}");
        }
        assert_eq!(ranks.len(), 10);
    }

    #[test]
    fn a_uuid_says_its_version() {
        for number in 0..1000 {
            let uuid = of("{{uuid}}").render(0, number);
            let bytes = uuid.as_bytes();
            assert!(uuid.len() == 36 && bytes[14] == b'4' && b"89ab".contains(&bytes[19]), "{uuid}");
            assert!([8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-'), "{uuid}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        for (text, named, remedy) in [
            ("{{sqe}}", "{{sqe}}", "did you mean `seq`"),
            ("{{seq", "{{seq", "no closing }}"),
            ("{{}}", "{{}}", "{{uuid}}"),
            ("{{seq 5}}", "{{seq 5}}", "takes nothing"),
            ("{{int}}", "{{int}}", "{{int 1..100}}"),
            ("{{int 9..1}}", "{{int 9..1}}", "the lesser first"),
            ("{{int 1..x}}", "{{int 1..x}}", "{{int 1..100}}"),
            ("{{zipf 0}}", "{{zipf 0}}", "{{zipf 1000}}"),
            ("{{zipf 10 nan}}", "{{zipf 10 nan}}", "{{zipf 1000 1.2}}"),
            ("{{zipf 10 -1}}", "{{zipf 10 -1}}", "{{zipf 1000 1.2}}"),
            ("{{text 99999999999}}", "{{text 99999999999}}", "{{text 64}}"),
            ("{{choice}}", "{{choice}}", "{{choice a|b|c}}"),
        ] {
            let error = text.parse::<Template>().unwrap_err().to_string();
            assert!(error.contains(named) && error.contains(remedy), "{text}: {error}");
        }
    }
}
