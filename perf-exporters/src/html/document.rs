//! The parts of the page, put together.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::label;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = concat!(
    include_str!("page/base.css"),
    include_str!("page/overview.css"),
    include_str!("page/table.css"),
    include_str!("page/charts.css"),
    include_str!("page/time.css"),
    include_str!("page/resources.css"),
);

/// One script, so that its parts see each other and nothing else sees them.
macro_rules! script {
    ($($more:literal),*) => {
        concat!(
            "\"use strict\";(() => {\n",
            include_str!("page/dom.js"),
            include_str!("page/format.js"),
            include_str!("page/model.js"),
            include_str!("page/axes.js"),
            include_str!("page/charts.js"),
            include_str!("page/slow.js"),
            include_str!("page/trend.js"),
            include_str!("page/tracks.js"),
            include_str!("page/detail.js"),
            include_str!("page/table.js"),
            include_str!("page/flame.js"),
            include_str!("page/overview.js"),
            include_str!("page/resources.js"),
            include_str!("page/main.js"),
            $(include_str!($more),)*
            "})();\n",
        )
    };
}

/// The permissions of a page.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    script: &'static str,
    /// What it may ask.
    connect: &'static str,
}

/// A page that stays as it is.
pub(super) const KEPT: Kind = Kind { script: script!(), connect: "" };

/// A page that follows what is going on.
#[cfg(feature = "serve")]
pub(super) const LIVE: Kind = Kind { script: script!("page/live.js"), connect: " connect-src 'self';" };

impl Kind {
    pub(super) fn policy(self) -> String {
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        format!(
            "default-src 'none'; script-src {}; style-src {};{} base-uri 'none'; form-action 'none'",
            hash(self.script),
            hash(STYLE),
            self.connect
        )
    }
}

/// The page with each mark replaced, in the order in which they stand there: what was put in is not looked at again.
pub(super) fn filled(program: &str, figures: &str, json: &str, kind: Kind) -> String {
    let title = match program {
        "" => Cow::Borrowed("perf report"),
        program => Cow::Owned(format!("{} · perf report", escaped(&label::escaped(program)))),
    };
    let parts = [
        ("{{policy}}", &*kind.policy()),
        ("{{title}}", &title),
        ("{{style}}", STYLE),
        ("{{figures}}", figures),
        ("{{data}}", &embedded(json)),
        ("{{script}}", kind.script),
    ];
    let mut page = String::with_capacity(PAGE.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = PAGE;
    for (mark, text) in parts {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}

/// JSON in which nothing ends a script or begins a comment.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text as it stands in HTML, also in the value of an attribute.
///
/// ```
/// assert_eq!(perf_exporters::html::escaped("a < b"), "a &lt; b");
/// ```
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "serve"))]
    const KINDS: [Kind; 1] = [KEPT];
    #[cfg(feature = "serve")]
    const KINDS: [Kind; 2] = [KEPT, LIVE];

    #[test]
    fn the_parts_end_nothing_too_early() {
        assert!(!STYLE.contains("</style"));
        for mark in ["{{policy}}", "{{title}}", "{{style}}", "{{figures}}", "{{data}}", "{{script}}"] {
            assert_eq!(PAGE.matches(mark).count(), 1, "{mark}");
            assert!(!STYLE.contains(mark) && KINDS.iter().all(|kind| !kind.script.contains(mark)));
        }
        assert!(KINDS.iter().all(|kind| !kind.script.contains("</script") && !kind.script.contains("<!--")));
    }

    #[test]
    fn every_name_of_the_script_is_given_once() {
        for kind in KINDS {
            let declared =
                kind.script.lines().filter_map(|line| line.strip_prefix("const ").or(line.strip_prefix("let ")));
            let mut names: Vec<&str> = declared.filter_map(|rest| rest.split([' ', ';']).next()).collect();
            names.retain(|name| !name.starts_with(['{', '[']));
            names.sort_unstable();
            assert!(names.len() > 50);
            let twice: Vec<&[&str]> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
            assert!(twice.is_empty(), "the parts are one script: {twice:?}");
        }
    }

    #[test]
    fn a_kept_page_asks_nobody_and_a_live_one_only_its_own_endpoint() {
        for text in [PAGE, STYLE, KEPT.script] {
            for way in ["https:", "src=", "href=\"http", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!text.contains(way), "{way}");
            }
        }
        assert!(!KEPT.policy().contains("connect-src"));
        #[cfg(feature = "serve")]
        {
            let more = LIVE.script.strip_prefix(KEPT.script.trim_end_matches("})();\n")).expect("the same and more");
            assert_eq!(more.matches("fetch(").count(), 1);
            assert!(more.contains("fetch(\"live.json\"") && !more.contains("http"));
            assert!(LIVE.policy().contains("connect-src 'self'"));
        }
    }

    #[test]
    fn names_never_become_markup() {
        for part in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(KINDS.iter().all(|kind| !kind.script.contains(part)), "{part}");
        }
        assert_eq!(embedded("</script><!--\u{2028}"), "\\u003c/script>\\u003c!--\\u2028");
    }
}
