//! The lines as a page for the browser: one file, light and dark, readable without scripts.

use std::fmt::Write;

use perf_exporters::html::escaped;

use super::show::{HEAD, NUMBERS, cells, summary};
use super::why::reasons;
use super::{Status, Told};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d0d7de;--met:#1a7f37;--within:#9a6700;--missed:#cf222e;--dim:#656d76}\
@media(prefers-color-scheme:dark){:root{--line:#3d444d;--met:#3fb950;--within:#d29922;--missed:#f85149;--dim:#9198a1}}\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:.92em;overflow-wrap:anywhere}\
.met{color:var(--met)}.within{color:var(--within)}.missed{color:var(--missed);font-weight:600}.undecided{color:var(--dim)}";

const fn class(status: Status) -> &'static str {
    match status {
        Status::Met => "met",
        Status::WithinLimit => "within",
        Status::Broken => "missed",
        Status::Undecided => "undecided",
    }
}

pub(super) fn html(told: &Told) -> String {
    let lines = &told.lines;
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>perf status</title><style>{STYLE}</style></head>\n<body><h1>perf status</h1><p>{}</p>\n<table><thead><tr>",
        summary(lines)
    );
    for (at, head) in HEAD.iter().enumerate() {
        let _ = write!(out, "<th{}>{head}</th>", if NUMBERS.contains(&at) { " class=\"n\"" } else { "" });
    }
    out += "</tr></thead><tbody>\n";
    for line in lines {
        out += "<tr>";
        for (at, cell) in cells(line).iter().enumerate() {
            let cell = escaped(cell);
            let _ = match at {
                0 | 1 => write!(out, "<td><code>{cell}</code></td>"),
                6 => write!(out, "<td class=\"{}\">{cell}</td>", class(line.status)),
                _ => write!(out, "<td class=\"n\">{cell}</td>"),
            };
        }
        out += "</tr>\n";
    }
    out += "</tbody></table>";
    let reasons = reasons(lines);
    let reasons = reasons.iter().map(|because| {
        let code = |text: &str| format!("<code>{}</code>", escaped(text));
        let metrics: Vec<String> = because.metrics.iter().map(|metric| code(metric)).collect();
        format!("<li>{} {}: {}</li>", code(because.probe), metrics.join(", "), escaped(because.reason))
    });
    let notes: Vec<String> =
        reasons.chain(told.causes.iter().map(|cause| format!("<li>{}</li>", escaped(cause)))).collect();
    if !notes.is_empty() {
        let _ = write!(out, "\n<ul>{}</ul>", notes.join("\n"));
    }
    out + "</body></html>\n"
}
