//! What the options of a budget may say together.

use proc_macro2::Span;
use syn::Error;
use syn::parse::Result;
use syn::spanned::Spanned;

use super::{Budget, Limit};

/// The share of sizes that growth is judged on: at least this many, spanning at least this factor.
const LEAST_SIZES: usize = 6;
const LEAST_SPAN: usize = 1 << 10;

impl Budget {
    /// Contradictions among the options themselves.
    pub(super) fn check(&self) -> Result<()> {
        self.check_targets()?;
        self.check_iterations()?;
        self.check_rate()?;
        match (&self.versus, &self.ratio) {
            (None, Some((_, span))) => {
                return Err(Error::new(*span, "`ratio` compares with another function: name it with `vs = path`"));
            }
            (Some(path), _) if self.growth.is_some() => {
                return Err(Error::new(path.span(), "`vs` and `growth` are two different runs: write two tests"));
            }
            _ => {}
        }
        match (&self.growth, &self.sizes) {
            (None, Some((_, span))) => Err(Error::new(
                *span,
                "`sizes` are for `growth`: say how the cost may grow, as in `growth = \"n log n\"`",
            )),
            (Some(_), None) => Err(Error::new(
                self.key("growth"),
                "`growth` needs the sizes to look at: `sizes = [64, 256, 1024, 4096, 16384, 65536]`",
            )),
            (Some(_), Some((sizes, span))) => check_sizes(sizes, *span),
            (None, None) => Ok(()),
        }
    }

    fn check_targets(&self) -> Result<()> {
        for target in &self.targets {
            let Some(limit) = self.limits.iter().find(|limit| limit.metric == target.metric) else {
                continue;
            };
            let looser =
                if target.metric.is_minimum() { target.value < limit.value } else { target.value > limit.value };
            if looser {
                return Err(Error::new(
                    target.span,
                    format!(
                        "this target on `{}` is looser than its limit: it would never warn before the limit fails",
                        target.key
                    ),
                ));
            }
        }
        Ok(())
    }

    fn check_iterations(&self) -> Result<()> {
        let Some((iterations, span)) = self.iterations else {
            return Ok(());
        };
        let demanding: Option<&Limit> =
            self.limits.iter().chain(&self.targets).max_by_key(|limit| limit.metric.least_calls);
        match demanding {
            Some(limit) if limit.metric.least_calls > iterations => {
                let least = limit.metric.least_calls;
                Err(Error::new(
                    span,
                    format!("{iterations} calls cannot show that `{}` is kept: it takes at least {least}", limit.key),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Where a key of the measured run is written.
    fn key(&self, name: &str) -> Span {
        self.run_keys.iter().find(|key| *key == name).map_or_else(Span::call_site, proc_macro2::Ident::span)
    }

    /// Whether nothing is promised.
    pub(super) fn is_empty(&self) -> bool {
        self.limits.is_empty()
            && self.targets.is_empty()
            && self.calls.is_empty()
            && self.versus.is_none()
            && self.growth.is_none()
    }
}

fn check_sizes(sizes: &[usize], span: Span) -> Result<()> {
    if sizes.len() < LEAST_SIZES {
        return Err(Error::new(
            span,
            format!("growth is judged on at least {LEAST_SIZES} sizes; these are {}", sizes.len()),
        ));
    }
    match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) if last / first < LEAST_SPAN => Err(Error::new(
            span,
            format!("growth shows over a wide span: let the last size be at least {LEAST_SPAN} times the first"),
        )),
        _ => Ok(()),
    }
}
