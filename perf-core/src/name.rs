//! From the compiler's name of a function to its readable name: `module::function` or `module::Type::method`.
//!
//! An attribute on a lone function sees its tokens only, not whether it stands in an impl block, and of which type. But
//! `type_name` of a type nested in it spells out the whole path. These are the paths, each followed by the
//! nested item's own name:
//!
//! | where | the compiler's name |
//! |---|---|
//! | a function | `krate::module::function` |
//! | a method | `krate::module::Type::method`, `krate::module::Type<_, _>::method` |
//! | a method of a type from another module | `krate::module::<impl krate::other::Type>::method` |
//! | a trait's default method | `krate::module::Trait::method` |
//! | a trait's method, implemented | `<krate::module::Type<_> as krate::module::Trait>::method` |
//! | the same, in another module than both | `krate::module::<impl krate::Trait for krate::other::Type>::method` |
//! | the body of an `async fn`, or of a closure | the function, then `{{closure}}` |
//! | inside a function | `krate::module::outer::function`, `krate::module::outer::Type::method` |
//!
//! Only the last function and its type are kept, behind the module that `module_path!()` names where it is written.

/// The name of the function in which an item called `raw` is nested, `module` being its `module_path!()`.
///
/// The nested item is a type called `Method` or `Function`, in a static: where it is called `Method` the function
/// around is known to have a receiver. Else a function counts as associated if the name of its parent begins with a
/// capital.
pub(crate) fn resolve_name(module: &str, raw: &str) -> String {
    let (path, marker) = last(raw);
    let (mut path, _) = last(path);
    while let Some(around) = path.strip_suffix("::{{closure}}") {
        path = around;
    }
    let (parent, function) = last(path);
    match owner(module, parent, marker == "Method") {
        Some(owner) => format!("{module}::{owner}::{function}"),
        None => format!("{module}::{function}"),
    }
}

/// The parts before the last `::` and after it.
fn last(path: &str) -> (&str, &str) {
    path.rsplit_once("::").unwrap_or(("", path))
}

/// The type or the trait that a function belongs to.
fn owner(module: &str, parent: &str, is_method: bool) -> Option<String> {
    let Some(open) = opening(parent) else {
        let name = last(parent).1;
        let in_module = parent == module.replace("r#", "");
        let associated = is_method || (!in_module && name.starts_with(char::is_uppercase));
        return associated.then(|| name.to_owned());
    };
    let inside = &parent[open + 1..parent.len() - 1];
    if parent[..open].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return Some(short(&parent[..open]));
    }
    let (of, behalf) = match inside.strip_prefix("impl ") {
        Some(implemented) => match split(implemented, " for ") {
            Some((of, ty)) => (of, ty),
            None => (implemented, implemented),
        },
        None => split(inside, " as ").map_or((inside, inside), |(ty, of)| (of, ty)),
    };
    // A blanket implementation is for no type in particular.
    Some(short(if behalf == "_" { of } else { behalf }))
}

/// The place of the angle bracket that is closed at the very end.
fn opening(path: &str) -> Option<usize> {
    path.ends_with('>')
        .then(|| depths(path).filter(|(_, c, depth)| *c == '<' && *depth == 0).last())?
        .map(|(at, ..)| at)
}

/// Splits at a word outside all brackets.
fn split<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (at, ..) = depths(text).find(|(at, _, depth)| *depth == 0 && text[*at..].starts_with(word))?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// Characters with their places and the brackets they are in; a bracket itself is outside of what it encloses.
fn depths(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut depth = 0_usize;
    let mut arrow = false;
    text.char_indices().map(move |(at, c)| {
        if matches!(c, ')' | ']') || (c == '>' && !arrow) {
            depth = depth.saturating_sub(1);
        }
        let here = (at, c, depth);
        if matches!(c, '<' | '(' | '[') {
            depth += 1;
        }
        arrow = c == '-';
        here
    })
}

/// The short form of a type: every path by its last word, without generic arguments.
fn short(ty: &str) -> String {
    let mut shown = String::new();
    let mut word = String::new();
    let mut generics = 0_usize;
    let mut arrow = false;
    // The type may be local to a closure: `krate::outer::{{closure}}::Type`.
    for c in ty.replace("{{closure}}", "").chars() {
        match c {
            '<' => generics += 1,
            '>' if !arrow => generics = generics.saturating_sub(1),
            _ if generics > 0 => {}
            ':' => word.clear(),
            _ if c.is_alphanumeric() || c == '_' => word.push(c),
            _ => {
                shown.push_str(&word);
                word.clear();
                shown.push(c);
            }
        }
        arrow = c == '-';
    }
    shown + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(raw: &str) -> String {
        resolve_name("krate::module", &format!("{raw}::PROBE::Function"))
    }

    #[test]
    fn functions_go_by_their_module() {
        assert_eq!(resolved("krate::module::work"), "krate::module::work");
        assert_eq!(resolved("krate::module::work::{{closure}}"), "krate::module::work");
        assert_eq!(resolved("krate::module::outer::work"), "krate::module::work");
        assert_eq!(resolved("krate::module::outer::{{closure}}::work"), "krate::module::work");
        assert_eq!(resolved("krate::module::_::work"), "krate::module::work");
        assert_eq!(resolve_name("krate", "krate::work::PROBE::Function"), "krate::work");
    }

    #[test]
    fn raw_identifiers_are_read_as_the_compiler_writes_them() {
        assert_eq!(resolve_name("krate::r#Type", "krate::Type::match::PROBE::Function"), "krate::r#Type::match");
    }

    #[test]
    fn methods_go_by_their_type() {
        for raw in [
            "krate::module::Type::work",
            "krate::module::Type<_, _>::work",
            "krate::module::Type<u8, alloc::vec::Vec<alloc::string::String>>::work",
            "krate::module::Type<'_, _, N>::work",
            "krate::module::Type::work::{{closure}}",
            "krate::module::outer::Type::work",
            "<krate::module::Type as krate::Trait>::work",
            "<krate::module::Type<_, _> as krate::Trait<alloc::vec::Vec<_>>>::work",
            "<krate::other::Type<fn(u8) -> u8> as krate::Trait>::work",
            "<krate::module::outer::Type as krate::Trait>::work::{{closure}}",
            "krate::module::<impl krate::other::Type>::work",
            "krate::module::_::<impl krate::other::Type<_>>::work",
            "krate::module::<impl krate::Trait<_> for krate::other::Type<_>>::work",
            "krate::module::<impl krate::Type for _>::work",
            "<krate::module::outer::{{closure}}::Type as krate::Trait>::work",
            "<krate::module::outer::{{closure}}::{{closure}}::Type<_> as krate::Trait>::work",
            "krate::module::outer::{{closure}}::Type::work",
            "krate::module::outer::{{closure}}::<impl krate::Trait for krate::module::outer::{{closure}}::Type>::work",
            "krate::module::outer::{{closure}}::<impl krate::module::outer::{{closure}}::Type<_>>::work::{{closure}}",
            "<_ as krate::module::Type>::work",
        ] {
            assert_eq!(resolved(raw), "krate::module::Type::work", "{raw}");
        }
    }

    #[test]
    fn a_receiver_proves_a_method() {
        assert_eq!(resolve_name("krate", "krate::ffi_t::work::PROBE::Method"), "krate::ffi_t::work");
        assert_eq!(resolve_name("krate", "krate::ffi_t::work::PROBE::Function"), "krate::work");
    }

    #[test]
    fn types_without_a_name_are_spelled_out() {
        for (ty, name) in [
            ("[u8]", "[u8]"),
            ("u8", "u8"),
            ("&krate::Type", "&Type"),
            ("&mut krate::Type<_>", "&mut Type"),
            ("(u8, krate::Type)", "(u8, Type)"),
            ("[krate::Type; 3]", "[Type; 3]"),
            ("*const krate::Type", "*const Type"),
            ("fn(u8) -> krate::Type", "fn(u8) -> Type"),
            ("dyn core::iter::traits::iterator::Iterator<Item = u8>", "dyn Iterator"),
            ("&krate::outer::{{closure}}::Type", "&Type"),
            ("(u8, krate::outer::{{closure}}::Type)", "(u8, Type)"),
        ] {
            assert_eq!(
                resolved(&format!("<{ty} as krate::Trait>::work")),
                format!("krate::module::{name}::work"),
                "{ty}"
            );
        }
    }

    #[test]
    fn whatever_it_is_given_it_answers() {
        for raw in [
            "",
            "::",
            "a",
            "a::b",
            ">",
            "<>",
            "a::>::b::c::d",
            "<a::b::c",
            "<a as b as c>::d::e::f",
            "->",
            "é::ß<ü>::x::y::z",
        ] {
            assert!(resolve_name("m", raw).starts_with("m::"), "{raw}");
        }
    }
}
