//! Commands and forms that need a feature that the program was built without.

use crate::failure::Failure;

/// Says what is missing, and the command that installs it.
#[cfg_attr(
    all(feature = "exports", feature = "load", feature = "top"),
    allow(dead_code, reason = "nothing is missing")
)]
pub(crate) fn feature(wanted: &str, feature: &str) -> Failure {
    Failure::new(format!(
        "{wanted} is not in this build of cargo-perf: it needs the feature `{feature}`. Install it with the options of the \
         first installation and `--features {feature}`, or `--features full` for everything"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_message_says_how_to_get_it() {
        let told = super::feature("cargo perf top", "top").to_string();
        assert!(told.contains("cargo perf top") && told.contains("--features top"), "{told}");
    }
}
