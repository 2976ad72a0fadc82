//! The inverted index: from a word to the files that contain it. Each worker fills its own; in the end they are merged.

use perf_core::perf_probe;
use rustc_hash::FxHashMap;

use crate::language::Language;
use crate::token::Words;

/// A word in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// Which file, by its number in the walk.
    pub file: u32,
    /// How often.
    pub count: u64,
    /// The first line with it, from 1.
    pub first_line: u64,
}

/// A word in all files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// How often it is used as an identifier.
    pub as_identifier: u64,
    /// The files that contain it.
    pub postings: Vec<Posting>,
}

/// An identifier and its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked<'i> {
    /// The identifier.
    pub name: &'i str,
    /// How often it is used as one.
    pub count: u64,
    /// In how many files it stands.
    pub files: usize,
}

/// From words to files.
#[derive(Clone, Debug, Default)]
pub struct Index {
    words: FxHashMap<Box<str>, Entry>,
}

/// All methods are measured by the one attribute, except where `skip` says otherwise.
#[perf_probe]
impl Index {
    /// Adds the words of one file, which must not be in the index yet.
    pub fn insert(&mut self, file: u32, words: &Words<'_>, language: &Language) {
        for (&word, found) in words {
            let posting = Posting { file, count: found.all, first_line: found.first_line };
            let as_identifier = if language.names(word) { found.in_code } else { 0 };
            // Looked up before it is inserted: most words are known, and only a new one needs a copy.
            if let Some(entry) = self.words.get_mut(word) {
                entry.as_identifier += as_identifier;
                entry.postings.push(posting);
            } else {
                self.words.insert(word.into(), Entry { as_identifier, postings: vec![posting] });
            }
        }
    }

    /// Adds another index, of other files.
    pub fn merge(&mut self, mut other: Self) {
        if other.words.len() > self.words.len() {
            std::mem::swap(self, &mut other);
        }
        for (word, theirs) in other.words {
            let ours = self.words.entry(word).or_default();
            ours.as_identifier += theirs.as_identifier;
            ours.postings.extend(theirs.postings);
        }
    }

    /// The files that contain `word`, in the order of the walk.
    #[must_use]
    pub fn search(&self, word: &str) -> Vec<Posting> {
        let mut postings = self.words.get(word).map_or_else(Vec::new, |entry| entry.postings.clone());
        postings.sort_unstable();
        postings
    }

    /// The `n` most used identifiers; of equally used ones the first by name.
    #[must_use]
    pub fn top(&self, n: usize) -> Vec<Ranked<'_>> {
        let mut ranked: Vec<Ranked<'_>> = self
            .words
            .iter()
            .filter(|(_, entry)| entry.as_identifier > 0)
            .map(|(name, entry)| Ranked { name, count: entry.as_identifier, files: entry.postings.len() })
            .collect();
        ranked.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(b.name)));
        ranked.truncate(n);
        ranked
    }

    /// How many different words there are.
    #[perf_probe(skip)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word at all.
    #[perf_probe(skip)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::language::classify;
    use crate::token::tokenize;

    fn index(files: &[(u32, &str, &str)]) -> Index {
        let mut index = Index::default();
        for (id, path, text) in files {
            let language = classify(Path::new(path), text);
            index.insert(*id, &tokenize(text, language).words, language);
        }
        index
    }

    const FILES: [(u32, &str, &str); 3] = [
        (0, "a.rs", "// alpha\nlet alpha = beta;\n"),
        (1, "b.md", "alpha and alpha\n"),
        (2, "c.py", "def beta():\n  gamma(beta)\n"),
    ];

    #[test]
    fn search_finds_files_counts_and_lines() {
        let index = index(&FILES);
        assert_eq!(
            index.search("alpha"),
            [Posting { file: 0, count: 2, first_line: 1 }, Posting { file: 1, count: 2, first_line: 1 }]
        );
        assert_eq!(index.search("gamma"), [Posting { file: 2, count: 1, first_line: 2 }]);
        assert_eq!(index.search("Alpha"), []);
    }

    #[test]
    fn top_counts_identifiers_not_words() {
        let index = index(&FILES);
        let names: Vec<_> = index.top(10).iter().map(|r| (r.name, r.count, r.files)).collect();
        // `alpha` once in code, elsewhere in comment and prose; `let` and `def` are keywords.
        assert_eq!(names, [("beta", 3, 2), ("alpha", 1, 2), ("gamma", 1, 1)]);
        assert_eq!(index.top(1).len(), 1);
        assert_eq!(index.top(0).len(), 0);
    }

    #[test]
    fn merging_parts_in_any_order_is_the_whole() {
        let whole = index(&FILES);
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut merged = Index::default();
            for i in order {
                merged.merge(index(&FILES[i..=i]));
            }
            assert_eq!(merged.len(), whole.len());
            assert_eq!(merged.top(10), whole.top(10));
            for word in whole.words.keys() {
                assert_eq!(merged.search(word), whole.search(word), "{word}");
            }
        }
        assert!(Index::default().is_empty());
    }
}
