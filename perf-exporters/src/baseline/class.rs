//! Classes of machines: whose times may be compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::checksum;
use crate::report::Machine;

/// The name of a machine's class: architecture, system, and eight digits for all the rest.
pub(super) fn id(machine: &Machine) -> String {
    let fields = fields(machine);
    let sum = checksum::of("machine", fields.iter().map(|(_, value)| value.as_str()));
    let word = |text: &str| match text {
        "" => "unknown".to_owned(),
        text => text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect(),
    };
    format!("{}-{}-{}", word(&machine.arch), word(&machine.os), &sum[..8])
}

/// The fields of the fingerprint with their names, in the order of the file.
pub(super) fn fields(machine: &Machine) -> [(&'static str, String); 7] {
    [
        ("arch", machine.arch.clone()),
        ("cpu_model", machine.cpu_model.clone()),
        ("cores", machine.cores.to_string()),
        ("os", machine.os.clone()),
        ("rustc", machine.rustc.clone()),
        ("profile", machine.profile.clone()),
        ("allocator", machine.allocator.clone()),
    ]
}

/// A difference between two machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// The field of the fingerprint.
    pub field: String,
    /// Its value in the baseline.
    pub old: String,
    /// Its value now.
    pub new: String,
}

impl Difference {
    /// All differences of two machines; none if they are of one class.
    #[must_use]
    pub fn between(old: &Machine, new: &Machine) -> Vec<Self> {
        let pairs = fields(old).into_iter().zip(fields(new));
        let differing = pairs.filter(|(old, new)| old.1 != new.1);
        differing.map(|((field, old), (_, new))| Self { field: field.to_owned(), old, new }).collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} → {:?}", self.field, self.old, self.new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_makes_another_class() {
        let mut machine = Machine::default();
        (machine.arch, machine.os) = ("x86_64".into(), "linux".into());
        let base = id(&machine);
        assert!(base.starts_with("x86_64-linux-") && base.len() == "x86_64-linux-".len() + 8, "{base}");
        let mut other = machine.clone();
        other.cores = 3;
        assert_ne!(id(&other), base);
        let difference = &Difference::between(&machine, &other)[..];
        assert_eq!(difference.iter().map(ToString::to_string).collect::<Vec<_>>(), [r#"cores: "0" → "3""#]);
        assert!(Difference::between(&machine, &machine).is_empty());
        // A value that moves from one field to the next is another machine.
        (other.os, other.rustc) = (String::new(), "linux".into());
        assert_ne!(id(&other), base);
    }
}
