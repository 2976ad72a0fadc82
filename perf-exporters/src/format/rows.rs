//! The table: a row for each form.
//!
//! A row is in one of three groups, by what its [`Output`] holds: nothing, a path, or a path and a weight.

use std::path::{Path, PathBuf};

use super::Trait::{Binary, Compares, Live, NeedsNoPath, ShowsHistory, Weighted};
use super::{Render, Row};
use crate::{Weight, table};

/// The enums [`Format`] and [`Output`], and all that differs from one form to the next.
macro_rules! formats {
    (
        terminal { $($terminal:tt)* }
        files { $($files:tt)* }
        weighted { $($weighted:tt)* }
    ) => {
        formats! { @formats $($terminal)* $($files)* $($weighted)* }
        formats! { @outputs [$($terminal)*] [$($files)*] [$($weighted)*] }
    };
    (@formats $(
        $(#[doc = $doc:literal])+
        $name:ident: $keyword:literal, $extension:literal, $(feature $feature:literal,)? [$($trait:ident),*], $render:expr;
    )+) => {
        /// A form in which a report can be written. Those whose feature is off are known all the same, so that a wish for one
        /// is answered by the name of the feature.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format { $( $(#[doc = $doc])+ $name, )+ }

        impl Format {
            /// All there are.
            pub const ALL: [Self; [$($keyword),+].len()] = [$(Self::$name),+];

            pub(super) fn row(self) -> Row {
                match self {
                    $(Self::$name => {
                        $(#[cfg(feature = $feature)])?
                        let render: Option<Render> = Some($render);
                        let feature: Option<&'static str> = None;
                        $(
                            #[cfg(not(feature = $feature))]
                            let render: Option<Render> = None;
                            let feature = feature.or(Some($feature));
                        )?
                        let summary = concat!($($doc),+);
                        Row { keyword: $keyword, extension: $extension, summary, feature, traits: &[$($trait),*], render }
                    })+
                }
            }
        }
    };
    (@outputs
        [$( $(#[doc = $t_doc:literal])+ $t:ident: $t_keyword:literal, $t_extension:literal, [$($t_trait:ident),*], $t_render:expr; )+]
        [$( $(#[doc = $doc:literal])+
            $name:ident: $keyword:literal, $extension:literal, $(feature $feature:literal,)? [$($trait:ident),*], $render:expr; )+]
        [$( $(#[doc = $w_doc:literal])+
            $w:ident: $w_keyword:literal, $w_extension:literal, feature $w_feature:literal, [$($w_trait:ident),*], $w_render:expr; )+]
    ) => {
        /// Where a report goes.
        ///
        /// In a path, `%p` becomes the process id; a relative path starts at the folder that the program was in when
        /// reporting began.
        ///
        /// ```
        /// use perf_exporters::{Output, Reporter};
        ///
        /// let path = std::env::temp_dir().join("perf-doc-%p.json");
        /// let reporter = Reporter::builder().ignore_env().output(Output::Json(path)).build();
        /// reporter.flush()?;
        /// # drop(reporter);
        /// # let _ = std::fs::remove_file(std::env::temp_dir().join(format!("perf-doc-{}.json", std::process::id())));
        /// # Ok::<(), perf_exporters::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Output {
            $( $(#[doc = $t_doc])+ $t, )+
            $( $(#[doc = $doc])+ $(#[cfg(feature = $feature)])? $name(PathBuf), )+
            $( $(#[doc = $w_doc])+ #[cfg(feature = $w_feature)] $w(PathBuf, Weight), )+
        }

        impl Output {
            /// Its form.
            #[must_use]
            pub const fn format(&self) -> Format {
                match self {
                    $( Self::$t => Format::$t, )+
                    $( $(#[cfg(feature = $feature)])? Self::$name(_) => Format::$name, )+
                    $( #[cfg(feature = $w_feature)] Self::$w(..) => Format::$w, )+
                }
            }

            /// The file; none where it goes to the terminal.
            #[must_use]
            pub fn path(&self) -> Option<&Path> {
                match self {
                    $( Self::$t => None, )+
                    $( $(#[cfg(feature = $feature)])? Self::$name(path) => Some(path), )+
                    $( #[cfg(feature = $w_feature)] Self::$w(path, _) => Some(path), )+
                }
            }

            /// The same to another file.
            pub(crate) fn to(self, path: PathBuf) -> Self {
                match self {
                    $( Self::$t => self, )+
                    $( $(#[cfg(feature = $feature)])? Self::$name(_) => Self::$name(path), )+
                    $( #[cfg(feature = $w_feature)] Self::$w(_, weight) => Self::$w(path, weight), )+
                }
            }

            pub(crate) fn weight(&self) -> Weight {
                match self {
                    $( #[cfg(feature = $w_feature)] Self::$w(_, weight) => *weight, )+
                    _ => Weight::default(),
                }
            }

            /// This form to this file; none where its feature is off.
            #[cfg_attr(
                not(feature = "flamegraph"),
                expect(unused_variables, reason = "no form that is built in has a weight")
            )]
            pub(crate) fn of(format: Format, path: PathBuf, weight: Weight) -> Option<Self> {
                match format {
                    $( Format::$t => Some(Self::$t), )+
                    $( $(#[cfg(feature = $feature)])? Format::$name => Some(Self::$name(path)), )+
                    $( #[cfg(feature = $w_feature)] Format::$w => Some(Self::$w(path, weight)), )+
                    #[allow(unreachable_patterns, reason = "there is none where every form is built in")]
                    _ => None,
                }
            }
        }
    };
}

formats! {
    terminal {
        /// A table for a terminal.
        Table: "table", "txt", [NeedsNoPath], |report, how| table::render(report, &how.table).into();
    }
    files {
        /// The report itself, which every command reads.
        Json: "json", "json", [], |report, _| report.to_json().into();
        /// A page for the browser, in one file.
        Html: "html", "html", feature "html", [Compares, ShowsHistory], |report, how| {
            let options = crate::html::Options { compare: how.compare, history: how.history, figures: &[] };
            crate::html::render(report, &options).into()
        };
        /// A summary for a pull request.
        Markdown: "markdown", "md", feature "markdown", [Compares], |report, how| {
            let usual = crate::markdown::Options::default();
            let top = how.markdown_top.unwrap_or(usual.top);
            crate::markdown::render(report, &crate::markdown::Options { top, compare: how.compare }).into()
        };
        /// A row per probe, for a spreadsheet.
        Csv: "csv", "csv", feature "csv", [], |report, _| crate::csv::render(report).into();
        /// A profile for `go tool pprof`.
        Pprof: "pprof", "pb.gz", feature "pprof", [Binary], |report, _| crate::pprof::render(report);
        /// A profile for speedscope.
        Speedscope: "speedscope", "speedscope.json", feature "speedscope", [], |report, _| {
            crate::speedscope::render(report).into()
        };
        /// A Chrome trace: what every thread did last, for Perfetto. It shows the timeline of the moment, which is no part of
        /// a report.
        Trace: "trace", "trace.json", feature "chrome-trace", [Live], |_, _| {
            crate::chrome_trace::render(&perf_core::timeline()).into()
        };
        /// A `HdrHistogram` interval log.
        Hdr: "hdr", "hlog", feature "hdr", [], |report, _| crate::hdr::render(report).into();
    }
    weighted {
        /// A flame graph.
        Svg: "svg", "svg", feature "flamegraph", [Weighted], |report, how| {
            crate::flamegraph::svg(report, how.weight).into()
        };
        /// Stacks as text, for other tools that draw flame graphs.
        Folded: "folded", "folded", feature "flamegraph", [Weighted], |report, how| {
            crate::flamegraph::folded(report, how.weight).into()
        };
    }
}
