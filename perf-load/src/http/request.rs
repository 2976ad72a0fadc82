//! The template of a request, from which every request that is sent is made.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Uri};
use rand::rngs::Xoshiro256PlusPlus;

use super::hosts::Origin;
use super::status::Statuses;
use super::template::{Template, random};
use crate::Error;

/// A request: a method, a URL, header fields and a body, each but the method and the host a [`Template`].
///
/// ```
/// use std::time::Duration;
///
/// use perf_load::http::Request;
///
/// let request = Request::new("POST", "http://127.0.0.1:3000/orders?of={{zipf 1000}}")?
///     .header("content-type", "application/json")?
///     .body(r#"{"id": "{{uuid}}", "lots": {{int 1..100}}}"#)?
///     .timeout(Duration::from_millis(500));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) origin: Origin,
    method: Method,
    path: Path,
    /// Fields that are the same for every request.
    headers: HeaderMap,
    /// Fields that differ from request to request.
    templates: Vec<(HeaderName, Template)>,
    body: Body,
    pub(super) timeout: Duration,
    pub(super) expected: Statuses,
}

/// Path and query.
#[derive(Clone, Debug)]
enum Path {
    Same(Uri),
    Made(Template),
}

#[derive(Clone, Debug)]
enum Body {
    Same(Bytes),
    Made(Template),
}

impl Request {
    /// How long an answer may take, connecting included, unless another time is set.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// A request of this method for this URL.
    ///
    /// # Errors
    /// Where the method, the URL, or a field in it is not valid.
    pub fn new(method: &str, url: &str) -> Result<Self, Error> {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let upper = method.to_ascii_uppercase();
        let parsed = Method::from_bytes(upper.as_bytes()).ok().filter(|method| *method != Method::CONNECT);
        let parsed = parsed.filter(|_| known.contains(&upper.as_str())).ok_or_else(|| {
            let hint = super::hint(&upper, known);
            Error::invalid(
                "method",
                format!("`{}` is none{hint}; there are {}", method.escape_debug(), known.join(", ")),
            )
        })?;
        let (origin, path) = split(url);
        let origin: Origin = origin.parse()?;
        let mut headers = HeaderMap::new();
        let host =
            HeaderValue::try_from(origin.to_string()).map_err(|_| Error::invalid(origin.to_string(), "is no host"))?;
        headers.insert(HOST, host);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("perf-load/", env!("CARGO_PKG_VERSION"))));
        Ok(Self {
            method: parsed,
            path: Path::parse(path)?,
            origin,
            headers,
            templates: Vec::new(),
            body: Body::Same(Bytes::new()),
            timeout: Self::TIMEOUT,
            expected: Statuses::default(),
        })
    }

    /// With this header field; one of the same name is replaced.
    ///
    /// # Errors
    /// Where the name or the value is not valid.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let shown = name.escape_debug();
        let header: HeaderName =
            name.parse().map_err(|_| Error::invalid("header", format!("`{shown}` is no name of one")))?;
        if header == CONTENT_LENGTH || header == hyper::header::TRANSFER_ENCODING {
            return Err(Error::invalid("header", format!("{header} follows from the body, and is set by itself")));
        }
        let template = in_template(&format!("header {header}"), value)?;
        if let Some(wrong) = template.texts().find(|text| HeaderValue::from_str(text).is_err()) {
            let shown = wrong.escape_debug();
            return Err(Error::invalid(
                format!("header {header}"),
                format!("`{shown}` has characters that no header field may have"),
            ));
        }
        self.headers.remove(&header);
        self.templates.retain(|(name, _)| *name != header);
        match template.constant().map(HeaderValue::from_str) {
            Some(Ok(value)) => drop(self.headers.insert(header, value)),
            _ => self.templates.push((header, template)),
        }
        Ok(self)
    }

    /// With this body.
    ///
    /// # Errors
    /// Where a field in it is not valid.
    pub fn body(mut self, text: &str) -> Result<Self, Error> {
        let template = in_template("body", text)?;
        self.body = match template.constant() {
            Some(text) => Body::Same(Bytes::copy_from_slice(text.as_bytes())),
            None => Body::Made(template),
        };
        Ok(self)
    }

    /// With these bytes as body, in which nothing is replaced.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Same(Bytes::from(bytes.into()));
        self
    }

    /// An answer that takes longer, connecting included, is a failure, and its connection is closed.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Answers of these statuses are no failures; by default those of 2xx and 3xx.
    #[must_use]
    pub fn expect(mut self, statuses: Statuses) -> Self {
        self.expected = statuses;
        self
    }

    /// The server that it goes to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The first line of the request of this number in a load of this seed, and the beginning of its body, for
    /// display.
    #[must_use]
    pub fn preview(&self, seed: u64, number: u64) -> String {
        const SHOWN: usize = 60;
        let Ok((uri, _, body)) = self.parts(crate::mix::mixed(seed, number), number) else { return String::new() };
        let body = String::from_utf8_lossy(&body);
        let short: String = body.chars().take(SHOWN).collect();
        let gap = if short.is_empty() { "" } else { "  " };
        let more = if short.len() < body.len() { "…" } else { "" };
        format!("{} http://{}{uri}{gap}{short}{more}", self.method, self.origin)
    }

    /// The request of this number.
    pub(super) fn make(&self, seed: u64, number: u64) -> Result<hyper::Request<Full<Bytes>>, hyper::http::Error> {
        let (uri, headers, body) = self.parts(seed, number)?;
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The parts that differ from one request to the next.
    fn parts(&self, seed: u64, number: u64) -> Result<(Uri, HeaderMap, Bytes), hyper::http::Error> {
        let mut random = random(seed, number);
        let text = |template: &Template, random: &mut Xoshiro256PlusPlus| {
            let mut out = String::new();
            template.write(number, random, &mut out);
            out
        };
        let uri = match &self.path {
            Path::Same(uri) => uri.clone(),
            Path::Made(template) => text(template, &mut random).parse()?,
        };
        let mut headers = self.headers.clone();
        for (name, template) in &self.templates {
            headers.insert(name, HeaderValue::try_from(text(template, &mut random))?);
        }
        let body = match &self.body {
            Body::Same(bytes) => bytes.clone(),
            Body::Made(template) => text(template, &mut random).into(),
        };
        Ok((uri, headers, body))
    }
}

fn in_template(key: &str, text: &str) -> Result<Template, Error> {
    text.parse().map_err(|error: Error| Error::invalid(key, error.to_string()))
}

/// The part of the URL that names the server, and the path and query.
fn split(url: &str) -> (&str, &str) {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
    url.split_at(end)
}

impl Path {
    fn parse(text: &str) -> Result<Self, Error> {
        // The part behind `#` is for browsers and never sent.
        let sent = text.split('#').next().unwrap_or_default();
        let sent = if sent.starts_with('/') { sent.to_owned() } else { format!("/{sent}") };
        let template = in_template("url", &sent)?;
        // Each text is checked by itself behind a path: all generated text is letters, digits and `-`.
        let is_wrong = |text: &&str| format!("/?{text}").parse::<Uri>().is_err() || text.contains('#');
        if let Some(wrong) = template.texts().find(is_wrong) {
            let shown = wrong.escape_debug();
            return Err(Error::invalid(
                "url",
                format!("`{shown}` has characters that must be written as %XX in a URL"),
            ));
        }
        match template.constant() {
            Some(text) => {
                let uri =
                    text.parse().map_err(|error| Error::invalid("url", format!("{}: {error}", text.escape_debug())))?;
                Ok(Self::Same(uri))
            }
            None => Ok(Self::Made(template)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(request: &Request, number: u64) -> hyper::Request<Full<Bytes>> {
        request.make(5, number).unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_sent() {
        let request = Request::new("post", "http://localhost:81/a/{{seq}}?b={{choice x|y%20z}}#top")
            .and_then(|request| request.header("X-Number", "n{{seq}}"))
            .and_then(|request| request.header("Accept", "text/plain"))
            .and_then(|request| request.header("accept", "text/html"))
            .and_then(|request| request.body("{{seq}}!"))
            .unwrap();
        let sent = made(&request, 12);
        assert_eq!(sent.method(), Method::POST);
        let uri = sent.uri().to_string();
        assert!(["/a/12?b=x", "/a/12?b=y%20z"].contains(&uri.as_str()), "{uri}");
        let field = |name: &str| sent.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            (field("host"), field("x-number"), field("accept")),
            (vec!["localhost:81"], vec!["n12"], vec!["text/html"])
        );
        for (url, uri) in [("http://h", "/"), ("http://h?a=b", "/?a=b"), ("http://h/#x", "/"), ("http://h//a", "//a")] {
            assert_eq!(made(&Request::new("GET", url).unwrap(), 0).uri(), uri, "{url}");
        }
    }

    #[test]
    fn the_host_can_be_named_otherwise() {
        let request = Request::new("GET", "http://127.0.0.1:81/").unwrap().header("Host", "shop.example").unwrap();
        let sent = made(&request, 0);
        assert_eq!(sent.headers().get_all(HOST).iter().collect::<Vec<_>>(), ["shop.example"]);
        assert_eq!(request.origin().to_string(), "127.0.0.1:81");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before_anything_is() {
        let get = || Request::new("GET", "http://localhost/").unwrap();
        for (error, named) in [
            (Request::new("GTE", "http://localhost/").unwrap_err(), "did you mean `GET`"),
            (Request::new("CONNECT", "http://localhost/").unwrap_err(), "method"),
            (Request::new("GET", "http://{{seq}}/").unwrap_err(), "{{seq}}"),
            (Request::new("GET", "http://localhost/{{sqe}}").unwrap_err(), "url: {{sqe}}"),
            (Request::new("GET", "http://localhost/a b").unwrap_err(), "%XX"),
            (Request::new("GET", "http://localhost/{{choice a b|c}}").unwrap_err(), "`a b`"),
            (Request::new("GET", "http://localhost/{{choice a#b|c}}").unwrap_err(), "url"),
            (get().header("a b", "c").unwrap_err(), "`a b` is no name"),
            (get().header("a", "c\r\nd: e").unwrap_err(), "header a"),
            (get().header("a", "{{choice x|y\n}}{{choice \u{1}|b}}").unwrap_err(), "header a"),
            (get().header("Content-Length", "5").unwrap_err(), "content-length"),
            (get().header("a", "{{int}}").unwrap_err(), "header a: {{int}}"),
            (get().body("{{zipf}}").unwrap_err(), "body: {{zipf}}"),
        ] {
            assert!(error.to_string().contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn bytes_stay_as_they_are() {
        use http_body_util::BodyExt;

        let request = Request::new("PUT", "http://localhost/").unwrap().bytes("{{seq}}");
        let mut body = made(&request, 1).into_body();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sent = runtime.block_on(async { body.frame().await.unwrap().unwrap().into_data().unwrap() });
        assert_eq!(sent, "{{seq}}");
    }
}
