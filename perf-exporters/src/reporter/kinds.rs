//! How `PERF_REPORT` names outputs.
//!
//! A kind that was not built in is known all the same: whoever asks for it is told the feature.

use std::path::PathBuf;

use super::output::Output;
#[cfg(feature = "flamegraph")]
use crate::stack::Weight;

/// How a kind of output is written in `PERF_REPORT`.
struct Kind {
    keyword: &'static str,
    make: Make,
}

enum Make {
    Alone(Output),
    WithPath(fn(PathBuf) -> Output),
    #[cfg(feature = "flamegraph")]
    Weighted(fn(PathBuf, Weight) -> Output),
    #[allow(dead_code, reason = "there is none where every kind is built in")]
    Missing {
        feature: &'static str,
    },
}

/// A row of [`KINDS`] that is there or not, as its feature is.
macro_rules! kind {
    ($keyword:literal if $feature:literal, $make:expr) => {{
        #[cfg(feature = $feature)]
        let make = $make;
        #[cfg(not(feature = $feature))]
        let make = Make::Missing { feature: $feature };
        Kind { keyword: $keyword, make }
    }};
}

const KINDS: &[Kind] = &[
    Kind { keyword: "table", make: Make::Alone(Output::Table) },
    Kind { keyword: "json", make: Make::WithPath(Output::Json) },
    kind!("html" if "html", Make::WithPath(Output::Html)),
    kind!("markdown" if "markdown", Make::WithPath(Output::Markdown)),
    kind!("csv" if "csv", Make::WithPath(Output::Csv)),
    kind!("svg" if "flamegraph", Make::Weighted(Output::Svg)),
    kind!("folded" if "flamegraph", Make::Weighted(Output::Folded)),
    kind!("pprof" if "pprof", Make::WithPath(Output::Pprof)),
    kind!("speedscope" if "speedscope", Make::WithPath(Output::Speedscope)),
    kind!("trace" if "trace", Make::WithPath(Output::Trace)),
    kind!("hdr" if "hdr", Make::WithPath(Output::Hdr)),
];

/// What the table above allows, for messages.
pub(super) const VALID: &str = "`table`, `json=PATH`, `html=PATH`, `markdown=PATH`, `csv=PATH`, `svg=PATH` and \
     `folded=PATH` (with `?weight=allocs` or `?weight=bytes` after the path for other widths than time), \
     `pprof=PATH`, `speedscope=PATH`, `trace=PATH`, `hdr=PATH` (`%p` in a path is the process id), several of them by comma, or `off`";

/// One output, or what is wrong with the item.
pub(super) fn parse_one(item: &str) -> Result<Output, String> {
    let (keyword, path) =
        item.split_once('=').map_or((item, None), |(keyword, path)| (keyword.trim(), Some(path.trim())));
    let Some(kind) = KINDS.iter().find(|kind| kind.keyword == keyword) else {
        return Err(match keyword {
            "off" => "`off` stands alone".to_owned(),
            _ => format!("`{keyword}` is not known"),
        });
    };
    let path =
        path.filter(|path| !path.is_empty()).ok_or_else(|| format!("`{keyword}` needs a path: `{keyword}=PATH`"));
    match &kind.make {
        Make::Alone(_) if item.contains('=') => Err(format!("`{keyword}` takes no path")),
        Make::Alone(output) => Ok(output.clone()),
        Make::WithPath(make) => path.map(|path| make(PathBuf::from(path))),
        #[cfg(feature = "flamegraph")]
        Make::Weighted(make) => {
            let (path, weight) = weighted(path?)?;
            Ok(make(PathBuf::from(path), weight))
        }
        Make::Missing { feature } => {
            Err(format!("`{keyword}` is not in this program: it needs the feature `{feature}` of perf-exporters"))
        }
    }
}

/// A path and what may follow it: `?weight=…`. Other question marks belong to the path.
#[cfg(feature = "flamegraph")]
fn weighted(path: &str) -> Result<(&str, Weight), String> {
    let Some((path, keyword)) = path.rsplit_once("?weight=") else {
        return Ok((path, Weight::default()));
    };
    let known = Weight::ALL.into_iter().find(|weight| weight.keyword() == keyword);
    match known {
        _ if path.is_empty() => Err("there is no path before `?weight=`".to_owned()),
        None => Err(format!("weight `{keyword}` is none of `time`, `allocs`, `bytes`")),
        Some(weight) => Ok((path, weight)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "flamegraph")]
    #[test]
    fn a_weight_follows_the_path() {
        for (item, output) in [
            ("svg=a.svg", Output::Svg("a.svg".into(), Weight::Time)),
            ("svg=a?b.svg", Output::Svg("a?b.svg".into(), Weight::Time)),
            ("svg=a.svg?weight=time", Output::Svg("a.svg".into(), Weight::Time)),
            ("folded = a?b?weight=bytes", Output::Folded("a?b".into(), Weight::Bytes)),
            ("folded=a?weight=allocs", Output::Folded("a".into(), Weight::Allocs)),
        ] {
            assert_eq!(parse_one(item), Ok(output), "{item}");
        }
        for (item, problem) in [
            ("svg=a?weight=calls", "weight `calls` is none of `time`, `allocs`, `bytes`"),
            ("svg=?weight=time", "there is no path before `?weight=`"),
            ("svg=", "`svg` needs a path: `svg=PATH`"),
        ] {
            assert_eq!(parse_one(item), Err(problem.to_owned()), "{item}");
        }
    }

    #[test]
    fn every_kind_is_told_as_valid_and_says_what_it_needs() {
        for kind in KINDS {
            assert!(VALID.contains(&format!("`{}", kind.keyword)), "{}", kind.keyword);
            let parsed = parse_one(&format!("{}=path", kind.keyword));
            match &kind.make {
                Make::Alone(_) => assert!(parsed.unwrap_err().contains("takes no path")),
                Make::Missing { feature } => assert!(parsed.unwrap_err().contains(&format!("feature `{feature}`"))),
                Make::WithPath(_) => assert!(parsed.is_ok(), "{}", kind.keyword),
                #[cfg(feature = "flamegraph")]
                Make::Weighted(_) => assert!(parsed.is_ok(), "{}", kind.keyword),
            }
        }
    }
}
