//! The page to look at: a table that a browser loads anew every two seconds. It has no script, so there is none to
//! smuggle anything into.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use crate::Report;
use crate::human::{self, count, duration, percent};
use crate::report::{ProbeReport, nanos};

/// Nothing may be loaded and nothing run.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Rows of the table.
const MOST_ROWS: usize = 500;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:14px system-ui,sans-serif;margin:1rem}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:.2rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #8884}\
th{position:sticky;top:0;background:Canvas}th:first-child,td:first-child{text-align:left;white-space:normal;\
overflow-wrap:anywhere}.wide{overflow-x:auto}.quiet{opacity:.7}.bad{color:#c22}";

/// Rates are those of `recent`, the rest is of the whole time.
pub(super) fn render(report: &Report, recent: &(Duration, Report), paused: bool) -> String {
    let mut html = String::new();
    // Nothing fails to be written to a string.
    let _ = write_page(&mut html, report, recent, paused);
    html
}

fn write_page(html: &mut String, report: &Report, recent: &(Duration, Report), paused: bool) -> fmt::Result {
    let program = Escaped(&report.meta.program);
    let (refresh, other) = if paused {
        ("", "<a href=\"?\">go on</a>")
    } else {
        ("<meta http-equiv=\"refresh\" content=\"2\">", "<a href=\"?pause\">pause</a>")
    };
    write!(
        html,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{refresh}\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{program}</title><style>{STYLE}</style></head>\
         <body><h1>{program}</h1><p>{} measured in {}, {} threads; rates of the last {}. {other}</p>",
        duration(report.measured_ns()),
        duration(report.meta.duration_ns),
        report.meta.threads,
        duration(nanos(recent.0)),
    )?;
    if report.meta.lost + report.meta.dropped_nodes + report.meta.backward_steps > 0 {
        let meta = &report.meta;
        write!(
            html,
            "<p class=\"bad\">Incomplete: {} calls not attributed, {} beyond the call tree, {} backward steps of the \
             clock.</p>",
            meta.lost, meta.dropped_nodes, meta.backward_steps
        )?;
    }
    write_table(html, report, recent)?;
    html.push_str("</body></html>\n");
    Ok(())
}

fn write_table(html: &mut String, report: &Report, recent: &(Duration, Report)) -> fmt::Result {
    let seconds = recent.0.as_secs_f64().max(1e-3);
    let idle = ProbeReport::default();
    let recent_of = |probe: &ProbeReport| recent.1.probe(&probe.name).unwrap_or(&idle);
    let mut rows: Vec<_> = report.probes.iter().map(|probe| (probe, recent_of(probe))).collect();
    rows.sort_by(|a, b| (b.1.self_ns, b.0.self_ns, &a.0.name).cmp(&(a.1.self_ns, a.0.self_ns, &b.0.name)));
    html.push_str(
        "<div class=\"wide\"><table><thead><tr><th>probe<th>calls/s<th>busy<th>p50<th>p99<th>errors/s\
         <th class=\"quiet\">calls<th class=\"quiet\">self<th class=\"quiet\">p50<th class=\"quiet\">p99\
         <th class=\"quiet\">max<th class=\"quiet\">errors</tr></thead><tbody>",
    );
    for (total, recent) in rows.iter().take(MOST_ROWS) {
        let quantile = |ns| if recent.calls == 0 { Shown(None) } else { Shown(Some(duration(ns))) };
        write!(
            html,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td class=\"quiet\">{}<td class=\"quiet\">{}<td class=\"quiet\">{}\
             <td class=\"quiet\">{}<td class=\"quiet\">{}<td class=\"quiet\">{}</tr>",
            Escaped(&total.name),
            rate(recent.calls, seconds),
            Escaped(&percent(recent.self_ns as f64 / 1e7 / seconds).to_string()),
            quantile(recent.quantiles.p50),
            quantile(recent.quantiles.p99),
            rate(recent.errors, seconds),
            count(total.calls),
            duration(total.self_ns),
            duration(total.quantiles.p50),
            duration(total.quantiles.p99),
            duration(total.max_ns),
            count(total.errors),
        )?;
    }
    html.push_str("</tbody></table></div>");
    match rows.len().saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => write!(html, "<p>and {more} more, all of them in <a href=\"report.json\">report.json</a></p>"),
    }
}

fn rate(events: u64, seconds: f64) -> String {
    let rate = events as f64 / seconds;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
    let whole = rate.round() as u64;
    if rate > 0.0 && rate < 10.0 { format!("{rate:.1}") } else { count(whole).to_string() }
}

/// A dash for what was not measured.
struct Shown(Option<human::Scaled>);

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(scaled) => scaled.fmt(f),
            None => f.write_str("–"),
        }
    }
}

/// Text that stays text.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text() {
        let mut report = Report::default();
        report.meta.program = "<script>alert(1)</script>".into();
        report.probes.push(ProbeReport::new("a<b>&\"'"));
        let html = render(&report, &(Duration::from_secs(1), report.clone()), false);
        assert!(!html.contains("<script") && html.contains("a&lt;b&gt;&amp;&quot;&#39;"), "{html}");
        assert!(html.contains("http-equiv=\"refresh\""));
        assert!(!render(&report, &(Duration::ZERO, report.clone()), true).contains("http-equiv"));
    }

    #[test]
    fn the_busiest_come_first_and_the_rest_is_told() {
        let mut report = Report::default();
        for at in 0..700_u64 {
            let mut probe = ProbeReport::new(format!("p{at:03}"));
            (probe.calls, probe.self_ns) = (10, at * 1_000_000);
            report.probes.push(probe);
        }
        let html = render(&report, &(Duration::from_secs(2), report.clone()), false);
        assert!(html.contains("<td>p699<td>5.0<td>35.0 %<td>"), "{html}");
        assert!(html.find("p699") < html.find("p698") && !html.contains("p100"));
        assert!(html.contains("and 200 more"));
    }
}
