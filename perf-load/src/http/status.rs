//! Statuses that are expected, and those that came.

use crate::Error;

/// Statuses, by class or by number: `2xx`, `404`.
///
/// ```
/// use perf_load::http::Statuses;
///
/// let expected: Statuses = "2xx,404".parse()?;
/// assert!(expected.contains(204) && expected.contains(404) && !expected.contains(500));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    classes: Vec<u16>,
    numbers: Vec<u16>,
}

/// 2xx and 3xx, as other tools count.
impl Default for Statuses {
    fn default() -> Self {
        Self { classes: vec![2, 3], numbers: Vec::new() }
    }
}

impl Statuses {
    /// Whether a status is one of them.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.classes.contains(&(status / 100)) || self.numbers.contains(&status)
    }
}

impl std::str::FromStr for Statuses {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut statuses = Self { classes: Vec::new(), numbers: Vec::new() };
        for word in text.split(',').map(str::trim) {
            let class =
                word.strip_suffix("xx").and_then(|class| class.parse().ok()).filter(|class| (1..=5).contains(class));
            let number = word.parse().ok().filter(|number| (100..=599).contains(number));
            match (class, number) {
                (Some(class), _) => statuses.classes.push(class),
                (None, Some(number)) => statuses.numbers.push(number),
                (None, None) => {
                    let shown = word.escape_debug();
                    return Err(Error::invalid(
                        "expect",
                        format!("`{shown}` is no status; write 2xx, or 404, by comma"),
                    ));
                }
            }
        }
        Ok(statuses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_numbers() {
        let usual = Statuses::default();
        assert!(usual.contains(200) && usual.contains(304) && !usual.contains(404) && !usual.contains(101));
        let some: Statuses = " 5xx , 418".parse().unwrap();
        assert!(some.contains(503) && some.contains(418) && !some.contains(200));
        for wrong in ["", "2xx,", "7xx", "99", "600", "2yy", "-200"] {
            let error = wrong.parse::<Statuses>().unwrap_err().to_string();
            assert!(error.starts_with("expect: "), "{error}");
        }
    }
}
