//! How `PERF_REPORT` names outputs.

use std::path::PathBuf;

use super::{Format, Output};
use crate::Weight;
use crate::nearest::hint;

/// The words of the table, for messages and for the documentation.
pub(crate) fn accepted() -> String {
    let item = |format: Format| format!("`{}{}`", format.keyword(), if format.needs_path() { "=PATH" } else { "" });
    let list = |weighted: bool| {
        let these = Format::ALL.into_iter().filter(|format| format.is_weighted() == weighted);
        these.map(item).collect::<Vec<_>>().join(", ")
    };
    let weights = Weight::ALL.into_iter().filter(|weight| *weight != Weight::default());
    let weights = weights.map(|weight| format!("`?weight={weight}`")).collect::<Vec<_>>().join(" or ");
    format!(
        "{}, {} (with {weights} after the path for other widths than time), several of them by comma (`%p` in a path is the process id), or `off`",
        list(false),
        list(true)
    )
}

/// The message about a form whose feature is off.
pub(super) fn not_built(format: Format) -> String {
    let (keyword, feature) = (format.keyword(), format.feature().unwrap_or_default());
    format!("`{keyword}` is not in this program: it needs the feature `{feature}` of perf-exporters")
}

/// One output, or what is wrong with the item.
pub(crate) fn parse_one(item: &str) -> Result<Output, String> {
    let (keyword, path) =
        item.split_once('=').map_or((item, None), |(keyword, path)| (keyword.trim(), Some(path.trim())));
    let Some(format) = Format::from_keyword(keyword) else {
        return Err(match keyword {
            "off" => "`off` stands alone".to_owned(),
            _ => format!("`{keyword}` is not known{}", hint(keyword, Format::ALL.map(Format::keyword))),
        });
    };
    if !format.needs_path() && path.is_some() {
        return Err(format!("`{keyword}` takes no path"));
    }
    let path = match path.filter(|path| !path.is_empty()) {
        None if format.needs_path() => {
            return Err(format!("`{keyword}` needs a path, such as `{keyword}=perf.{}`", format.extension()));
        }
        path => path.unwrap_or_default(),
    };
    let (path, weight) = if format.is_weighted() { weighted(path)? } else { (path, Weight::default()) };
    Output::of(format, PathBuf::from(path), weight).ok_or_else(|| not_built(format))
}

/// A path and what may follow it: `?weight=…`. Other question marks belong to the path.
fn weighted(path: &str) -> Result<(&str, Weight), String> {
    let Some((path, keyword)) = path.rsplit_once("?weight=") else {
        return Ok((path, Weight::default()));
    };
    match Weight::ALL.into_iter().find(|weight| weight.keyword() == keyword) {
        _ if path.is_empty() => Err("there is no path before `?weight=`".to_owned()),
        Some(weight) => Ok((path, weight)),
        None => {
            let known = Weight::ALL.map(|weight| format!("`{weight}`")).join(", ");
            Err(format!("weight `{keyword}` is none of {known}{}", hint(keyword, Weight::ALL.map(Weight::keyword))))
        }
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
            ("svg=a?weight=byte", "weight `byte` is none of `time`, `allocs`, `bytes` (did you mean `bytes`?)"),
            ("svg=?weight=time", "there is no path before `?weight=`"),
            ("svg=", "`svg` needs a path, such as `svg=perf.svg`"),
        ] {
            assert_eq!(parse_one(item), Err(problem.to_owned()), "{item}");
        }
    }

    #[test]
    fn every_form_is_told_as_valid_and_says_what_it_needs() {
        for format in Format::ALL {
            let keyword = format.keyword();
            assert!(accepted().contains(&format!("`{keyword}")), "{keyword}");
            assert_eq!(Format::from_keyword(keyword), Some(format));
            let parsed = parse_one(&format!("{keyword}=path"));
            if !format.needs_path() {
                assert!(parsed.unwrap_err().contains("takes no path"));
                assert_eq!(parse_one(keyword).unwrap().format(), format);
            } else if format.is_built() {
                let output = parsed.unwrap();
                assert_eq!((output.format(), output.path()), (format, Some("path".as_ref())));
                assert_eq!(output.to("else".into()).path(), Some("else".as_ref()));
                let error = parse_one(keyword).unwrap_err();
                assert!(error.contains(&format!("such as `{keyword}=perf.{}`", format.extension())), "{error}");
            } else {
                let feature = format.feature().unwrap();
                assert!(parsed.unwrap_err().contains(&format!("feature `{feature}`")), "{keyword}");
            }
        }
    }

    #[test]
    fn every_form_is_written_about() {
        let crate_docs = include_str!("../lib.rs");
        let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/exporters.md")).unwrap();
        for format in Format::ALL.into_iter().filter(|format| format.needs_path()) {
            let item = format!("{}=PATH`", format.keyword());
            assert!(crate_docs.contains(&item) && guide.contains(&item), "{item} is missing in lib.rs or exporters.md");
        }
    }
}
