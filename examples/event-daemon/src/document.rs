//! A document as a value, written as Markdown and as HTML: the two say the same.

use std::fmt::Write;

use perf_exporters::html::escaped;

/// One part of a document.
pub(crate) enum Block {
    Heading(String),
    Text(String),
    List(Vec<String>),
    /// Heads, of which those that begin with `#` are over numbers, and rows.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

/// Parts in their order.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d0d7de;--dim:#656d76}\
@media(prefers-color-scheme:dark){:root{--line:#3d444d;--dim:#9198a1}}\
body{font:15px/1.55 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{border-bottom:1px solid var(--line);padding:.3rem .6rem;text-align:left}\
th{color:var(--dim);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}";

impl Document {
    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    pub(crate) fn list(&mut self, items: Vec<String>) {
        self.blocks.push(Block::List(items));
    }

    pub(crate) fn table(&mut self, heads: &[&'static str], rows: Vec<Vec<String>>) {
        self.blocks.push(Block::Table(heads.to_vec(), rows));
    }

    pub(crate) fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let mut out = format!("# {}\n", self.title);
        for block in &self.blocks {
            let _ = match block {
                Block::Heading(text) => write!(out, "\n## {text}\n"),
                Block::Text(text) => write!(out, "\n{text}\n"),
                Block::List(items) => {
                    out.push('\n');
                    items.iter().try_for_each(|item| writeln!(out, "- {item}"))
                }
                Block::Table(heads, rows) => {
                    let names = heads.iter().map(|head| head.trim_start_matches('#'));
                    let _ = writeln!(out, "\n| {} |", names.collect::<Vec<_>>().join(" | "));
                    let sides = heads.iter().map(|head| if head.starts_with('#') { "--:" } else { "---" });
                    let _ = writeln!(out, "|{}|", sides.collect::<Vec<_>>().join("|"));
                    let line = |row: &Vec<String>| row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | ");
                    rows.iter().try_for_each(|row| writeln!(out, "| {} |", line(row)))
                }
            };
        }
        out
    }

    pub(crate) fn html(&self) -> String {
        let title = escaped(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        );
        for block in &self.blocks {
            let _ = match block {
                Block::Heading(text) => writeln!(out, "<h2>{}</h2>", escaped(text)),
                Block::Text(text) => writeln!(out, "<p>{}</p>", escaped(text)),
                Block::List(items) => {
                    out += "<ul>";
                    for item in items {
                        let _ = write!(out, "<li>{}</li>", escaped(item));
                    }
                    writeln!(out, "</ul>")
                }
                Block::Table(heads, rows) => {
                    let class = |at: usize| if heads[at].starts_with('#') { " class=\"n\"" } else { "" };
                    out += "<table><thead><tr>";
                    for (at, head) in heads.iter().enumerate() {
                        let _ = write!(out, "<th{}>{}</th>", class(at), escaped(head.trim_start_matches('#')));
                    }
                    out += "</tr></thead><tbody>";
                    for row in rows {
                        out += "<tr>";
                        for (at, text) in row.iter().enumerate() {
                            let _ = write!(out, "<td{}>{}</td>", class(at), escaped(text));
                        }
                        out += "</tr>";
                    }
                    writeln!(out, "</tbody></table>")
                }
            };
        }
        out + "</body></html>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same_and_escape() {
        let mut document = Document { title: "A < B".into(), ..Document::default() };
        document.heading("Part");
        document.text("a & b");
        document.list(vec!["one".into()]);
        document.table(&["what", "#much"], vec![vec!["a|b".into(), "3".into()]]);
        let (markdown, html) = (document.markdown(), document.html());
        assert!(markdown.contains("| what | much |\n|---|--:|\n| a\\|b | 3 |"), "{markdown}");
        assert!(html.contains("<h1>A &lt; B</h1>") && html.contains("a &amp; b"), "{html}");
        assert!(html.contains("<td>a|b</td><td class=\"n\">3</td>"), "{html}");
    }
}
