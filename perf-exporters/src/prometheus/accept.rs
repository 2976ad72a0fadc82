//! Which format an `Accept` header asks for. The header comes from an untrusted client: every value has an answer.

use super::Format;

/// More media ranges than any client sends; what follows is not read.
const MOST_RANGES: usize = 64;

pub(super) fn negotiate(accept: &str) -> Format {
    let mut best: Option<(Rank, Format)> = None;
    for range in split(accept, ',').take(MOST_RANGES) {
        let Some((rank, format)) = judge(range) else { continue };
        if rank.quality > 0 && best.is_none_or(|(found, _)| rank > found) {
            best = Some((rank, format));
        }
    }
    best.map_or(Format::Text, |(_, format)| format)
}

/// First by quality, then by how exactly a format was named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// In thousandths.
    quality: u16,
    exactness: u8,
}

/// One media range, if it covers a format.
fn judge(range: &str) -> Option<(Rank, Format)> {
    let mut parts = split(range, ';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let mut asked = Asked::default();
    for part in parts {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => asked.quality = quality(value)?,
            "version" => asked.version = Some(value.to_owned()),
            "proto" => asked.proto = Some(value.to_owned()),
            "encoding" => asked.encoding = Some(value.to_ascii_lowercase()),
            _ => {}
        }
    }
    let (exactness, format) = match media.as_str() {
        "application/vnd.google.protobuf" if asked.is_metric_family() => (2, Format::Protobuf),
        "application/openmetrics-text" if asked.version_is(&["0.0.1", "1.0.0"]) => (2, Format::OpenMetrics),
        "text/plain" if asked.version_is(&["0.0.4", "1.0.0"]) => (2, Format::Text),
        "text/*" => (1, Format::Text),
        "*/*" => (0, Format::Text),
        _ => return None,
    };
    Some((Rank { quality: asked.quality, exactness }, format))
}

struct Asked {
    quality: u16,
    version: Option<String>,
    proto: Option<String>,
    encoding: Option<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { quality: 1000, version: None, proto: None, encoding: None }
    }
}

impl Asked {
    fn version_is(&self, known: &[&str]) -> bool {
        self.version.as_deref().is_none_or(|version| known.contains(&version))
    }

    fn is_metric_family(&self) -> bool {
        self.proto.as_deref() == Some("io.prometheus.client.MetricFamily")
            && self.encoding.as_deref() == Some("delimited")
    }
}

/// `0` to `1` with at most three decimals, in thousandths.
fn quality(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// The parts between separators that stand outside quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if quoted && !was_escaped => escaped = true,
            _ => return c == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROTO: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn what_real_servers_send() {
        let v2_native = format!(
            "{PROTO},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        );
        assert_eq!(negotiate(&v2_native), Format::Protobuf);
        let v2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(negotiate(v2), Format::OpenMetrics);
        let v3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(negotiate(v3), Format::OpenMetrics);
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert_eq!(negotiate(browser), Format::Text);
    }

    #[test]
    fn quality_decides() {
        for (accept, format) in [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("APPLICATION/OPENMETRICS-TEXT ; VERSION = 1.0.0 ; Q = 1.000", Format::OpenMetrics),
            ("application/openmetrics-text; version=2.0.0", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("application/openmetrics-text;q=0.5, text/plain;q=0.499", Format::OpenMetrics),
            ("application/openmetrics-text;q=0.5, text/plain;q=0.5", Format::OpenMetrics),
            ("text/plain;q=0.5, application/openmetrics-text;q=0.5", Format::Text),
            ("*/*, application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text;q=2, text/plain;q=0.1", Format::Text),
            ("application/openmetrics-text;q=0.1234", Format::Text),
            ("application/openmetrics-text; version=\"1.0.0\"", Format::OpenMetrics),
            ("x/y; a=\"b,application/openmetrics-text;q=1\"", Format::Text),
            ("x/y; a=\"b\\\",c\", application/openmetrics-text", Format::OpenMetrics),
            ("application/vnd.google.protobuf", Format::Text),
            (PROTO, Format::Protobuf),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn there_is_always_an_answer(accept in "\\PC*", pieces in prop::collection::vec("[a-z*/;,=q0-9.\" \\\\]{0,12}", 0..20)) {
            negotiate(&accept);
            negotiate(&pieces.concat());
        }
    }
}
