//! Drawings that others bring to the page.

use super::document::escaped;
use crate::label;

/// A drawing on the page, with its title and a sentence on what it shows.
///
/// Its colours are the page's, light and dark, where it uses the page's classes: `f0` to `f7` fill and `s0` to `s7` stroke with ink,
/// soft ink, lines, ember, teal, good, warn and bad.
///
/// ```
/// use perf_exporters::html::{Figure, Options, render};
/// use perf_exporters::Report;
///
/// let svg = r#"<svg viewBox="0 0 10 10"><path class="s3" d="M0 10 10 0"/></svg>"#;
/// let figure = Figure::new("Breaking <point>", "It rises.", svg);
/// let mut options = Options::default();
/// options.figures = std::slice::from_ref(&figure);
/// let page = render(&Report::default(), &options);
/// assert!(page.contains("Breaking &lt;point&gt;") && page.contains(svg));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    title: String,
    caption: String,
    svg: String,
}

impl Figure {
    /// A title and a caption as plain text, and an SVG element. The SVG goes into the page as it is: nothing in it may come from
    /// elsewhere without having been escaped. The page runs no script of it, and loads nothing for it.
    #[must_use]
    pub fn new(title: impl Into<String>, caption: impl Into<String>, svg: impl Into<String>) -> Self {
        Self { title: title.into(), caption: caption.into(), svg: svg.into() }
    }

    /// The figure as a section of the page; `number` makes its id.
    pub(super) fn section(&self, number: usize) -> String {
        let text = |text: &str| escaped(&label::escaped(text));
        let (title, caption) = (text(&self.title), text(&self.caption));
        format!(
            "<section class=\"drawn\" id=\"figure-{number}\"><div class=\"head\"><h2>{title}</h2><p class=\"hint\">{caption}</p></div>{}</section>",
            self.svg
        )
    }
}
