//! ARCHITECTURE.md against the source: the drawing of the rooms and their arrows, and the list of files with `unsafe`.
//!
//! A room is a module at the top of a crate. An arrow leads from a room to each other that its code names, tests left out.
//! The drawing must have every arrow and no other; arrows in a circle must be named as such. With `PERF_EXPORTERS_BLESS`
//! set the drawing is written anew; circles are not: these are to be cut, or to be defended in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All Rust files below a folder, or the one file.
fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flat_map(|entry| rust_files(&entry.unwrap().path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
    files.sort();
    files
}

/// A file's code without comments and without its tests.
fn code(file: &Path) -> String {
    let name = file.file_stem().unwrap().to_string_lossy();
    if name == "tests" || name.ends_with("_tests") {
        return String::new();
    }
    let text = fs::read_to_string(file).unwrap();
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("#[cfg(test") || trimmed.starts_with("#[cfg(all(test") {
            let rest: Vec<&str> = lines.clone().map(str::trim_start).take(2).collect();
            if rest.iter().any(|line| line.starts_with("mod ") && line.ends_with('{') || line.contains("mod tests")) {
                break;
            }
            lines.next();
        } else if !trimmed.starts_with("//") {
            code += line;
            code.push('\n');
        }
    }
    code
}

/// The first names of what follows `crate::` in `code`: of one path, or of all in braces.
fn heads(rest: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(group) = rest.strip_prefix('{') else { return vec![&rest[..word(rest)]] };
    let (mut depth, mut start, mut heads) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        let ends = match c {
            '{' => {
                depth += 1;
                false
            }
            '}' if depth > 0 => {
                depth -= 1;
                false
            }
            ',' => depth == 0,
            _ => c == '}',
        };
        if ends {
            let head = group[start..at].trim_start();
            heads.push(&head[..word(head)]);
            start = at + 1;
            if c == '}' {
                break;
            }
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// The rooms of a crate, with what each names.
fn arrows(src: &Path) -> Arrows {
    let top = ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().find(|file| file.exists()).unwrap();
    let mut rooms: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path != top && name != "tests" && !name.ends_with("_tests") {
            rooms.entry(name).or_default().extend(rust_files(&path));
        }
    }
    // `pub use report::Report` at the top: who names `crate::Report` names that room. What comes from another crate is of none.
    let at_top = code(&top);
    let mut owner: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for statement in at_top.split("use ").skip(1) {
        let statement = statement.split(';').next().unwrap();
        if let Some((room, items)) = statement.split_once("::") {
            let room = rooms.contains_key(room).then_some(room);
            owner.extend(heads(items).into_iter().map(|item| (item, room)));
        }
    }
    let mut arrows = Arrows::new();
    for (room, files) in &rooms {
        let named = arrows.entry(room.clone()).or_default();
        for file in files {
            let code = code(file);
            let inside = file.strip_prefix(src).unwrap().with_extension("");
            let depth = inside.iter().count() - usize::from(inside.ends_with("mod"));
            let up = "super::".repeat(depth);
            for prefix in ["crate::", up.as_str()] {
                for (at, _) in code.match_indices(prefix) {
                    let continues = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$';
                    if code[..at].ends_with(continues) {
                        continue;
                    }
                    for head in heads(&code[at + prefix.len()..]) {
                        let target = rooms.get_key_value(head).map(|(name, _)| Some(name.as_str()));
                        match target.or_else(|| owner.get(head).copied()) {
                            Some(Some(target)) if target != room => _ = named.insert(target.to_owned()),
                            Some(_) => {}
                            None if head == "super" => {}
                            None => panic!("{}: whose is crate::{head}?", file.display()),
                        }
                    }
                }
            }
        }
    }
    arrows
}

/// The arrows of the drawing that no way leads back along.
fn circles(arrows: &Arrows) -> BTreeSet<(String, String)> {
    let reaches = |from: &String, to: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(room) = next.pop() {
            if room == to {
                return true;
            }
            if seen.insert(room) {
                next.extend(arrows.get(room).into_iter().flatten());
            }
        }
        false
    };
    let all = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    all.filter(|(from, to)| reaches(to, from)).map(|(from, to)| (from.clone(), to.clone())).collect()
}

const FENCE: &str = "```rooms\n";

/// One crate of the drawing.
#[derive(Default)]
struct Drawn {
    arrows: Arrows,
    circles: BTreeSet<(String, String)>,
}

/// The drawing: a line `FOLDER:` per crate, then `room → rooms that it uses`, and `circle: a → b` for each arrow in one.
fn drawing(text: &str) -> BTreeMap<String, Drawn> {
    let mut crates: BTreeMap<String, Drawn> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(folder) = line.strip_suffix(':') {
            folder.clone_into(&mut current);
            crates.entry(current.clone()).or_default();
            continue;
        }
        let drawn = crates.get_mut(&current).expect("a folder comes first");
        let (is_circle, line) = line.strip_prefix("circle:").map_or((false, line), |rest| (true, rest));
        let (from, to) = line.split_once('→').unwrap_or_else(|| panic!("no arrow in {line:?}"));
        let (from, to) = (from.trim().to_owned(), to.split_whitespace().map(ToOwned::to_owned));
        if is_circle {
            drawn.circles.extend(to.map(|to| (from.clone(), to)));
        } else {
            drawn.arrows.entry(from).or_default().extend(to);
        }
    }
    crates
}

fn drawn_anew(crates: &BTreeMap<String, Drawn>) -> String {
    let mut text = String::new();
    for (folder, drawn) in crates {
        let real = arrows(&root().join(folder));
        let width = real.keys().map(String::len).max().unwrap_or(0);
        let _ = writeln!(text, "{folder}:");
        for (room, uses) in real {
            let uses: Vec<String> = uses.into_iter().collect();
            let _ = writeln!(text, "{}", format!("  {room:width$} → {}", uses.join(" ")).trim_end());
        }
        for (from, to) in &drawn.circles {
            let _ = writeln!(text, "  circle: {from} → {to}");
        }
    }
    text
}

#[test]
fn the_drawing_of_the_rooms_is_true() {
    let path = root().join("ARCHITECTURE.md");
    let page = fs::read_to_string(&path).unwrap();
    let start = page.find(FENCE).expect("the drawing") + FENCE.len();
    let end = start + page[start..].find("```").expect("its end");
    let crates = drawing(&page[start..end]);
    assert!(crates.len() >= 2, "the drawing shows crates");
    if std::env::var_os("PERF_EXPORTERS_BLESS").is_some() {
        fs::write(&path, format!("{}{}{}", &page[..start], drawn_anew(&crates), &page[end..])).unwrap();
    }
    let mut wrong = Vec::new();
    for (folder, drawn) in &crates {
        let real = arrows(&root().join(folder));
        let of = |arrows: &Arrows| -> BTreeSet<(String, String)> {
            let nothing = |from: &String| (from.clone(), String::new());
            let each = |(from, to): (&String, &BTreeSet<String>)| {
                to.iter().map(|to| (from.clone(), to.clone())).chain([nothing(from)]).collect::<Vec<_>>()
            };
            arrows.iter().flat_map(each).collect()
        };
        let (have, drawn_arrows) = (of(&real), of(&drawn.arrows));
        wrong.extend(
            have.difference(&drawn_arrows).map(|arrow| format!("{folder}: not drawn: {} → {}", arrow.0, arrow.1)),
        );
        wrong.extend(
            drawn_arrows
                .difference(&have)
                .map(|arrow| format!("{folder}: drawn, but not there: {} → {}", arrow.0, arrow.1)),
        );
        let real = circles(&real);
        wrong.extend(
            real.difference(&drawn.circles).map(|arrow| format!("{folder}: in a circle: {} → {}", arrow.0, arrow.1)),
        );
        wrong.extend(
            drawn
                .circles
                .difference(&real)
                .map(|arrow| format!("{folder}: no longer in a circle: {} → {}", arrow.0, arrow.1)),
        );
    }
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md and the code disagree (PERF_EXPORTERS_BLESS=1 draws the arrows anew):\n{}",
        wrong.join("\n")
    );
}

/// Inside `live`, the hot and the cold half of one path may name each other; the counters of a thread name neither.
#[test]
fn counters_of_a_thread_name_nothing_above_them() {
    let live = root().join("perf-core/src/live");
    for (file, above) in [("slot.rs", "registry"), ("slot.rs", "entry"), ("heap.rs", "local"), ("lost.rs", "registry")]
    {
        let code = code(&live.join(file));
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        assert!(!code.is_empty() && words.all(|word| word != above), "{file} names {above}");
    }
}

/// Whether a file has `unsafe` in its code: blocks, functions, implementations; not the word alone.
fn is_unsafe(file: &Path) -> bool {
    code(file).split("unsafe ").skip(1).any(|rest| {
        let rest = rest.trim_start();
        ["{", "fn ", "impl", "extern ", "trait "].iter().any(|what| rest.starts_with(what))
    })
}

/// The names in backticks of the section, with `live/{a,b}.rs` written out.
fn listed(section: &str) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for name in section.split('`').skip(1).step_by(2).map(|name| name.split_whitespace().collect::<String>()) {
        if Path::new(&name).extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        match name.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?))) {
            Some((head, (names, tail))) => listed.extend(names.split(',').map(|name| format!("{head}{name}{tail}"))),
            None => _ = listed.insert(name),
        }
    }
    listed
}

#[test]
fn the_list_of_files_with_unsafe_is_true() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = page.split("\n## Unsafe\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let src = root().join("perf-core/src");
    let real: BTreeSet<String> = rust_files(&src)
        .into_iter()
        .filter(|file| is_unsafe(file))
        .map(|file| file.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/"))
        .collect();
    assert_eq!(listed(section), real, "left: listed in ARCHITECTURE.md, right: found in perf-core/src");
    for (folder, known) in [
        ("perf-macros/src", &[][..]),
        ("perf-exporters/src", &["instructions/kernel.rs", "instructions/request.rs", "reporter/signals/handler.rs"]),
        ("perf-load/src", &[]),
        ("cargo-perf/src", &[]),
    ] {
        let src = root().join(folder);
        let found: Vec<PathBuf> = rust_files(&src).into_iter().filter(|file| is_unsafe(file)).collect();
        let known: Vec<PathBuf> = known.iter().map(|file| src.join(file)).collect();
        assert_eq!(found, known, "{folder}: left what is found, right what ARCHITECTURE.md says");
    }
}

#[test]
fn paths_are_read_as_they_are_written() {
    assert_eq!(heads("judge::diff::{a, b};"), ["judge"]);
    assert_eq!(heads("{Report, table::{self, Options}, judge};"), ["Report", "table", "judge"]);
    let circle: Arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        .map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])))
        .into();
    let found = circles(&circle);
    assert!(found.len() == 3 && !found.iter().any(|(from, _)| from == "d"), "{found:?}");
}
