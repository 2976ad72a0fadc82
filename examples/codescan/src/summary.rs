//! The result of a scan as a value: everything that is printed, sorted and without anything that differs from run to
//! run, such as times or the number of threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use perf_core::perf_probe;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::index::Index;
use crate::lines::LineCounts;
use crate::read::{SkipKind, Skipped};
use crate::worker::{FileRecord, Tally};

/// What to put into a summary.
#[derive(Clone, Debug, Default)]
pub struct SummaryOptions {
    /// Paths are shown from here on.
    pub root: PathBuf,
    /// How many identifiers and groups of duplicates.
    pub top: usize,
    /// A word to look up.
    pub search: Option<String>,
    /// Whether to name the files that were skipped.
    pub list_skipped: bool,
}

/// The result of a scan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The form of this value: `codescan.summary/1`.
    pub schema: &'static str,
    /// Numbers of files.
    pub files: FileCounts,
    /// All languages together.
    pub total: LanguageCounts,
    /// The languages, the one with most code first.
    pub languages: Vec<LanguageCounts>,
    /// Words, numbers and signs in all files.
    pub tokens: u64,
    /// Different words in all files.
    pub distinct_words: usize,
    /// The most used identifiers, most used first.
    pub identifiers: Vec<IdentifierUse>,
    /// What compressing each file by itself comes to.
    pub compression: CompressionCounts,
    /// Files with equal contents.
    pub duplicates: Duplicates,
    /// Files left out, by reason.
    pub skipped: BTreeMap<SkipKind, u64>,
    /// The files left out, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_files: Option<Vec<SkippedFile>>,
    /// The word looked up, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchResult>,
}

/// Numbers of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// Analysed.
    pub read: u64,
    /// Left out; links, unreadable directories and the like are counted here too.
    pub skipped: u64,
}

/// Files, lines and bytes of a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LanguageCounts {
    /// Its name, or empty for a sum.
    pub name: &'static str,
    /// Files.
    pub files: u64,
    /// Lines by kind.
    #[serde(flatten)]
    pub lines: LineCounts,
    /// Bytes.
    pub bytes: u64,
}

impl LanguageCounts {
    fn add(&mut self, file: &FileRecord) {
        self.files += 1;
        self.lines += file.lines;
        self.bytes += file.bytes;
    }
}

/// An identifier and its use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdentifierUse {
    /// The identifier.
    pub name: String,
    /// How often it stands in lines of code.
    pub count: u64,
    /// In how many files the word stands.
    pub files: usize,
}

/// What compression comes to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CompressionCounts {
    /// Before.
    pub bytes: u64,
    /// After.
    pub compressed: u64,
    /// After as a part of before; 1 when there is nothing.
    pub ratio: f64,
}

/// Files with equal contents. Empty files are not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// How many groups there are.
    pub groups: usize,
    /// What all files but one of each group take up.
    pub wasted_bytes: u64,
    /// The groups that waste most.
    pub largest: Vec<DuplicateGroup>,
}

/// Files that are equal to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateGroup {
    /// Bytes of one of them.
    pub bytes: u64,
    /// All of them.
    pub files: Vec<String>,
}

impl DuplicateGroup {
    fn wasted(&self) -> u64 {
        self.bytes * (self.files.len() as u64 - 1)
    }
}

/// A file left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SkippedFile {
    /// Where.
    pub path: String,
    /// Why.
    pub kind: SkipKind,
    /// The system's own words, or empty.
    pub detail: String,
}

/// A word that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchResult {
    /// The word.
    pub word: String,
    /// How often it stands in all files.
    pub count: u64,
    /// Where.
    pub files: Vec<Hit>,
}

/// A file that contains the word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Which file.
    pub path: String,
    /// How often.
    pub count: u64,
    /// The first line, from 1.
    pub first_line: u64,
}

impl Summary {
    /// Sums up what the scan has found.
    #[must_use]
    #[perf_probe]
    pub fn new(tally: Tally, options: &SummaryOptions) -> Self {
        let Tally { mut files, skipped, index } = tally;
        files.sort_unstable_by_key(|file| file.id);
        let shown = |path: &Path| shown(path, &options.root);

        let mut total = LanguageCounts::default();
        for file in &files {
            total.add(file);
        }
        let compressed = files.iter().map(|file| file.compressed).sum();
        let listed = options.list_skipped.then(|| list(&skipped, shown));
        Self {
            schema: "codescan.summary/1",
            files: FileCounts { read: total.files, skipped: skipped.len() as u64 },
            total,
            languages: languages(&files),
            tokens: files.iter().map(|file| file.tokens).sum(),
            distinct_words: index.len(),
            identifiers: identifiers(&index, options.top),
            compression: CompressionCounts { bytes: total.bytes, compressed, ratio: ratio(compressed, total.bytes) },
            duplicates: duplicates(&files, options.top, shown),
            skipped: count_kinds(&skipped),
            skipped_files: listed,
            search: options.search.as_deref().map(|word| search(&index, &files, word, shown)),
        }
    }
}

/// A path from the root on. What is not UTF-8 in it is replaced.
fn shown(path: &Path, root: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_string_lossy().into_owned(),
        _ => path.to_string_lossy().into_owned(),
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn languages(files: &[FileRecord]) -> Vec<LanguageCounts> {
    let mut by_name: BTreeMap<&'static str, LanguageCounts> = BTreeMap::new();
    for file in files {
        let name = file.language.name;
        by_name.entry(name).or_insert(LanguageCounts { name, ..LanguageCounts::default() }).add(file);
    }
    let mut languages: Vec<_> = by_name.into_values().collect();
    // Stable, so equal ones stay in the order of their names.
    languages.sort_by_key(|language| std::cmp::Reverse(language.lines.code));
    languages
}

fn identifiers(index: &Index, top: usize) -> Vec<IdentifierUse> {
    let owned = |ranked: &crate::index::Ranked<'_>| IdentifierUse {
        name: ranked.name.to_owned(),
        count: ranked.count,
        files: ranked.files,
    };
    index.top(top).iter().map(owned).collect()
}

fn duplicates(files: &[FileRecord], top: usize, shown: impl Fn(&Path) -> String) -> Duplicates {
    let mut by_digest: FxHashMap<_, Vec<&FileRecord>> = FxHashMap::default();
    for file in files.iter().filter(|file| file.bytes > 0) {
        by_digest.entry(file.digest).or_default().push(file);
    }
    let mut largest: Vec<DuplicateGroup> = by_digest
        .into_values()
        .filter(|group| group.len() > 1)
        .map(|group| DuplicateGroup {
            bytes: group[0].bytes,
            files: group.iter().map(|file| shown(&file.path)).collect(),
        })
        .collect();
    largest.sort_unstable_by(|a, b| b.wasted().cmp(&a.wasted()).then_with(|| a.files.cmp(&b.files)));
    let (groups, wasted_bytes) = (largest.len(), largest.iter().map(DuplicateGroup::wasted).sum());
    largest.truncate(top);
    Duplicates { groups, wasted_bytes, largest }
}

fn count_kinds(skipped: &[Skipped]) -> BTreeMap<SkipKind, u64> {
    let mut kinds = BTreeMap::new();
    for skip in skipped {
        *kinds.entry(skip.kind).or_default() += 1;
    }
    kinds
}

fn list(skipped: &[Skipped], shown: impl Fn(&Path) -> String) -> Vec<SkippedFile> {
    let mut listed: Vec<_> = skipped
        .iter()
        .map(|skip| SkippedFile { path: shown(&skip.path), kind: skip.kind, detail: skip.detail.clone() })
        .collect();
    listed.sort_unstable();
    listed
}

/// `files` must be sorted by id.
fn search(index: &Index, files: &[FileRecord], word: &str, shown: impl Fn(&Path) -> String) -> SearchResult {
    let hits: Vec<Hit> = index
        .search(word)
        .iter()
        .filter_map(|posting| {
            let at = files.binary_search_by_key(&posting.file, |file| file.id).ok()?;
            Some(Hit { path: shown(&files[at].path), count: posting.count, first_line: posting.first_line })
        })
        .collect();
    SearchResult { word: word.to_owned(), count: hits.iter().map(|hit| hit.count).sum(), files: hits }
}
