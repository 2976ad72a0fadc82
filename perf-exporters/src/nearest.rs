//! Which of the known words was meant: for messages about a key, a field, a command that does not exist.

/// ` (did you mean `WORD`?)`, where a word is near enough; else nothing.
///
/// ```
/// use perf_exporters::nearest::hint;
///
/// assert_eq!(hint("raet", ["rate", "duration"]), " (did you mean `rate`?)");
/// assert_eq!(hint("colour", ["rate", "duration"]), "");
/// ```
#[must_use]
pub fn hint<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    nearest(text, words).map_or_else(String::new, |word| format!(" (did you mean `{word}`?)"))
}

/// The word that differs least, of those that differ by no more than a third of their letters; of equals, the first.
#[must_use]
pub fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let near = |word: &'a str| {
        let letters: Vec<char> = word.to_lowercase().chars().collect();
        let most = (letters.len() / 3).max(1);
        // Of a word of one letter any other would be near. Long texts are not compared: they are no words.
        let comparable = letters.len() > 1 && text.len() > 1 && text.len().abs_diff(letters.len()) <= most;
        let far = if comparable { distance(&text, &letters) } else { usize::MAX };
        (far <= most).then_some((far, word))
    };
    words.into_iter().filter_map(near).min_by_key(|(far, _)| *far).map(|(_, word)| word)
}

/// How many letters must be put in, taken out, replaced, or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut edits = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        for (text, words, meant) in [
            ("tabel", vec!["table", "html"], Some("table")),
            ("onn", vec!["on", "off"], Some("on")),
            ("of", vec!["on", "off"], Some("on")),
            ("ture", vec!["true", "false"], Some("true")),
            ("PERF_REPROT", vec!["PERF_REPORT"], Some("PERF_REPORT")),
            ("x", vec!["no", "1"], None),
            ("never", vec!["on", "off", "true"], None),
            ("", vec!["on"], None),
        ] {
            assert_eq!(nearest(text, words.clone()), meant, "{text} of {words:?}");
        }
        assert_eq!(hint("tabel", ["table"]), " (did you mean `table`?)");
        assert_eq!(hint("csv", ["table"]), "");
    }

    #[test]
    fn distances() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        for (a, b, far) in [("", "", 0), ("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3), ("äö", "ö", 1)] {
            assert_eq!((of(a, b), of(b, a)), (far, far), "{a} {b}");
        }
    }
}
