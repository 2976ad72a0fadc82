//! JSON documents: orders of a shop.

use rand::RngExt;
use rand_distr::{Distribution, LogNormal};

use super::write::{filler, number, padded};
use super::{MOST_BYTES, Random, Record, random, sizes};
use crate::Error;

/// JSON documents of log-normal sizes: orders with a customer, lines, tags and a note; nested objects, arrays, strings that
/// need escapes, numbers, booleans and nulls.
///
/// ```
/// use perf_load::data::Documents;
///
/// let document = Documents::new(3).bytes(2_000.0, 0.0).stream()?.next().unwrap();
/// let value: serde_json::Value = serde_json::from_slice(document.as_bytes()).unwrap();
/// assert_eq!(value["id"], 0);
/// assert!((2_000..2_200).contains(&document.as_bytes().len()));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Documents {
    seed: u64,
    median: f64,
    spread: f64,
}

impl Documents {
    /// A median of 1 KiB.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, median: 1024.0, spread: 0.5 }
    }

    /// Median size of a document in bytes, and the standard deviation of the sizes' logarithm. No document is shorter than an
    /// order with one line (about 250 bytes); a document exceeds the size that was drawn by less than a line.
    #[must_use]
    pub const fn bytes(mut self, median: f64, spread: f64) -> Self {
        self.median = median;
        self.spread = spread;
        self
    }

    /// The stream.
    ///
    /// # Errors
    /// Where the sizes are none: the error names the setting.
    pub fn stream(&self) -> Result<DocumentStream, Error> {
        let sizes = sizes("bytes", self.median, self.spread)?;
        Ok(DocumentStream { random: random(self.seed), sizes, next: 0 })
    }
}

/// The stream of [`Documents`].
#[derive(Clone, Debug)]
pub struct DocumentStream {
    random: Random,
    sizes: LogNormal<f64>,
    next: u64,
}

/// One document: valid JSON on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(Vec<u8>);

impl Document {
    /// The text, UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Record for Document {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

const NAMES: [&str; 6] = ["Ada Lovelace", "Søren Å", "李明", "Grace \\\"Amazing\\\" Hopper", "O'Brien", "Zoë"];
const COUNTRIES: [&str; 5] = ["DE", "FR", "JP", "NG", "US"];
const TAGS: [&str; 5] = ["new", "gift", "express", "b2b", "returned\\n"];

impl Iterator for DocumentStream {
    type Item = Document;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes within checked bounds")]
    fn next(&mut self) -> Option<Document> {
        let random = &mut self.random;
        let bytes = self.sizes.sample(random).min(MOST_BYTES) as usize;
        let mut out = Vec::with_capacity(bytes + 256);
        out.extend_from_slice(b"{\"id\":");
        number(&mut out, self.next);
        self.next += 1;
        out.extend_from_slice(b",\"customer\":{\"id\":");
        number(&mut out, random.random_range(0..1_000_000));
        out.extend_from_slice(b",\"name\":\"");
        out.extend_from_slice(NAMES[random.random_range(0..NAMES.len())].as_bytes());
        out.extend_from_slice(b"\",\"country\":\"");
        out.extend_from_slice(COUNTRIES[random.random_range(0..COUNTRIES.len())].as_bytes());
        out.extend_from_slice(b"\"},\"paid\":");
        out.extend_from_slice([&b"true"[..], b"false", b"null"][random.random_range(0..3)]);
        out.extend_from_slice(b",\"tags\":[\"");
        out.extend_from_slice(TAGS[random.random_range(0..TAGS.len())].as_bytes());
        out.extend_from_slice(b"\"],\"note\":\"");
        filler(&mut out, random.random(), 40);
        out.extend_from_slice(b"\",\"lines\":[");
        line(&mut out, random);
        while out.len() + 2 < bytes {
            out.push(b',');
            line(&mut out, random);
        }
        out.extend_from_slice(b"]}");
        Some(Document(out))
    }
}

/// A line of an order.
fn line(out: &mut Vec<u8>, random: &mut Random) {
    out.extend_from_slice(b"{\"sku\":\"");
    filler(out, random.random(), 8);
    out.extend_from_slice(b"\",\"quantity\":");
    number(out, random.random_range(1..10));
    out.extend_from_slice(b",\"price\":");
    number(out, random.random_range(0..1_000));
    out.push(b'.');
    padded(out, random.random_range(0..100), 2);
    out.push(b'}');
}
