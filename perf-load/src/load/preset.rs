//! Loads by name.

use std::str::FromStr;
use std::time::Duration;

use super::Load;
use crate::Error;

/// Named settings of a load: three rates and two durations, which can be combined.
///
/// | preset | what it sets |
/// |---|---|
/// | `light` | 100 random arrivals a second |
/// | `medium` | 1,000 random arrivals a second |
/// | `heavy` | 10,000 random arrivals a second |
/// | `quick` | 5 seconds |
/// | `full` | 5 minutes |
///
/// ```
/// use perf_load::{Load, Preset};
///
/// let load = Load::new("checkout").preset(Preset::Light).preset(Preset::Quick);
/// assert_eq!(load.schedule()?.expected(), 500.0);
/// assert_eq!("heavy".parse::<Preset>()?, Preset::Heavy);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// 100 random arrivals a second.
    Light,
    /// 1,000 random arrivals a second.
    Medium,
    /// 10,000 random arrivals a second.
    Heavy,
    /// 5 seconds.
    Quick,
    /// 5 minutes.
    Full,
}

const NAMES: [(&str, Preset); 5] = [
    ("light", Preset::Light),
    ("medium", Preset::Medium),
    ("heavy", Preset::Heavy),
    ("quick", Preset::Quick),
    ("full", Preset::Full),
];

impl FromStr for Preset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = NAMES.into_iter().find(|(name, _)| *name == text);
        let valid = || NAMES.map(|(name, _)| name).join(", ");
        found.map(|found| found.1).ok_or_else(|| Error::invalid("preset", format!("`{text}` is none of {}", valid())))
    }
}

impl Load {
    /// The settings of a preset; later settings replace them.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        match preset {
            Preset::Light => self.rate(100.0).poisson(),
            Preset::Medium => self.rate(1_000.0).poisson(),
            Preset::Heavy => self.rate(10_000.0).poisson(),
            Preset::Quick => self.duration(Duration::from_secs(5)),
            Preset::Full => self.duration(Duration::from_mins(5)),
        }
    }
}
