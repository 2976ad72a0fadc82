//! `#[perf_probe]` on every kind of function: counted once per call, under the expected name, on the expected line.
#![cfg(feature = "enabled")]
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]
// The functions are as different as their signatures; what they do matters little.
#![allow(
    clippy::boxed_local,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_self
)]

use std::fmt;
use std::pin::Pin;

use perf_core::{Session, perf_probe};

/// What a session saw of each probe: its short name, its calls and its errors.
fn seen(work: impl FnOnce()) -> Vec<(String, u64, u64)> {
    let session = Session::new();
    session.run(work);
    let snapshot = session.snapshot();
    let mut seen: Vec<_> = snapshot
        .probes()
        .filter(|probe| probe.calls() > 0)
        .map(|probe| {
            let name = probe.name().strip_prefix(concat!(module_path!(), "::"));
            (name.unwrap_or(probe.name()).to_owned(), probe.calls(), probe.errors())
        })
        .collect();
    seen.sort();
    seen
}

fn calls(name: &str, calls: u64) -> (String, u64, u64) {
    (name.to_owned(), calls, 0)
}

fn errors(name: &str, calls: u64, errors: u64) -> (String, u64, u64) {
    (name.to_owned(), calls, errors)
}

#[perf_probe]
fn free(n: u64) -> u64 {
    n + 1
}

#[perf_probe(name = "given")]
fn named() {}

#[test]
fn free_functions() {
    let seen = seen(|| {
        assert_eq!(free(1), 2);
        free(2);
        named();
    });
    assert_eq!(seen, [calls("free", 2), calls("given", 1)]);
}

#[test]
fn functions_inside_functions() {
    #[perf_probe]
    fn inner() {}
    struct Local;
    impl Local {
        #[perf_probe]
        fn method(&self) {
            #[perf_probe]
            fn in_method() {}
            in_method();
        }
    }
    mod local {
        #[perf_core::perf_probe]
        pub(super) fn in_module() {}
    }
    let seen = seen(|| {
        #[perf_probe]
        fn in_closure() {}
        inner();
        Local.method();
        local::in_module();
        in_closure();
    });
    let expected = [
        calls("Local::method", 1),
        calls("in_closure", 1),
        calls("in_method", 1),
        calls("inner", 1),
        calls("local::in_module", 1),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn types_local_to_a_measured_body() {
    macro_rules! hidden {
        ($value:expr) => {
            return $value
        };
    }
    trait Named {
        fn name(&self);
    }
    // One body in place, one in a closure.
    #[perf_probe]
    fn in_place(n: u8) -> Result<u8, ()> {
        struct My;
        impl Named for My {
            #[perf_probe]
            fn name(&self) {}
        }
        My.name();
        Ok(n)
    }
    #[perf_probe]
    fn in_closure(n: u8) -> Result<u8, ()> {
        struct Our;
        impl Our {
            #[perf_probe]
            fn new() -> Self {
                Self
            }
        }
        impl Named for &Our {
            #[perf_probe]
            fn name(&self) {}
        }
        (&Our::new()).name();
        hidden!(Ok(n))
    }
    let seen = seen(|| {
        assert_eq!(in_place(1), Ok(1));
        assert_eq!(in_closure(2), Ok(2));
    });
    let expected = [
        calls("&Our::name", 1),
        calls("My::name", 1),
        calls("Our::new", 1),
        calls("in_closure", 1),
        calls("in_place", 1),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_place_is_the_line_of_the_name() {
    let session = Session::new();
    session.run(|| {
        placed();
        Placed.method();
    });
    let snapshot = session.snapshot();
    for (name, line) in [("placed", PLACED + 4), ("Placed::method", PLACED + 10)] {
        let probe = snapshot.get(&format!("{}::{name}", module_path!())).unwrap();
        assert_eq!(probe.line(), line, "{name}");
        assert!(probe.file().ends_with("attr_targets.rs"), "{}", probe.file());
    }
}

const PLACED: u32 = line!();
/// Some words above.
#[perf_probe]
#[allow(dead_code)]
fn placed() {}

struct Placed;
#[perf_probe]
impl Placed {
    /// And here.
    fn method(&self) {}
}

struct Stack<T> {
    items: Vec<T>,
}

impl<T: Clone> Stack<T> {
    #[perf_probe]
    fn new() -> Self {
        Self { items: Vec::new() }
    }

    #[perf_probe(items = items.len())]
    fn push_all(&mut self, items: &[T]) -> &mut Self
    where
        T: fmt::Debug,
    {
        self.items.extend_from_slice(items);
        self
    }

    #[perf_probe]
    fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    #[perf_probe]
    fn last(&mut self) -> Result<&mut T, &'static str> {
        self.items.last_mut().ok_or("empty")
    }

    #[perf_probe]
    fn into_vec(mut self: Box<Self>) -> Vec<T> {
        self.items.shrink_to_fit();
        self.items
    }

    #[perf_probe]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.items.len()
    }
}

#[test]
fn methods_and_associated_functions() {
    let seen = seen(|| {
        let mut stack = Box::new(Stack::<u8>::new());
        assert_eq!(stack.last(), Err("empty"));
        stack.push_all(&[1, 2]).push_all(&[3]);
        *stack.last().unwrap() += 1;
        assert_eq!(stack.pop(), Some(4));
        assert_eq!(Pin::new(&mut *stack).pinned(), 2);
        assert_eq!(stack.into_vec(), [1, 2]);
    });
    let expected = [
        calls("Stack::into_vec", 1),
        errors("Stack::last", 2, 1),
        calls("Stack::new", 1),
        calls("Stack::pinned", 1),
        calls("Stack::pop", 1),
        calls("Stack::push_all", 2),
    ];
    assert_eq!(seen, expected);
}

/// A macro may match the word itself, and show what it is given.
#[test]
fn a_receiver_keeps_its_name_where_a_macro_matches_it() {
    macro_rules! leave {
        (self, $value:expr) => {
            return Ok(($value, stringify!($value)))
        };
    }
    struct Taken(String);
    impl Taken {
        #[perf_probe]
        fn leave(self) -> Result<(String, &'static str), ()> {
            leave!(self, self.0)
        }
    }
    let seen = seen(|| assert_eq!(Taken("a".to_owned()).leave(), Ok(("a".to_owned(), "self.0"))));
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].1, seen[0].2), (1, 0));
}

#[allow(non_camel_case_types)]
struct lower_case_t;

impl lower_case_t {
    #[perf_probe]
    fn method(&self) {}
}

#[test]
fn a_receiver_tells_a_type_from_a_function() {
    let seen = seen(|| lower_case_t.method());
    assert_eq!(seen, [calls("lower_case_t::method", 1)]);
}

trait Shape {
    fn area(&self) -> f64;

    #[perf_probe]
    fn doubled(&self) -> f64 {
        2.0 * self.area()
    }
}

struct Square(f64);

impl Shape for Square {
    #[perf_probe]
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

impl Shape for [f64] {
    #[perf_probe]
    fn area(&self) -> f64 {
        self.iter().sum()
    }
}

mod elsewhere {
    use perf_core::perf_probe;

    impl super::Square {
        #[perf_probe]
        pub(super) fn side(&self) -> f64 {
            self.0
        }
    }

    impl super::Shape for (super::Square,) {
        #[perf_probe]
        fn area(&self) -> f64 {
            self.0.side()
        }
    }
}

#[test]
fn traits() {
    let seen = seen(|| {
        assert!((Square(2.0).doubled() - 8.0).abs() < 1e-9);
        [1.0, 2.0][..].area();
        (Square(1.0),).area();
    });
    let expected = [
        calls("Shape::doubled", 1),
        calls("Square::area", 1),
        calls("[f64]::area", 1),
        calls("elsewhere::(Square,)::area", 1),
        calls("elsewhere::Square::side", 1),
    ];
    assert_eq!(seen, expected);
}

struct Block;

#[perf_probe(sample = 1)]
impl Block {
    const SIZE: usize = 4;

    fn associated() -> usize {
        Self::SIZE
    }

    fn method(&self) -> Result<(), ()> {
        Err(())
    }

    #[perf_probe(name = "own name", items = 3)]
    fn own(&self) {}

    #[perf_probe(skip)]
    fn skipped(&self) {}

    #[cfg_attr(all(), perf_probe(skip))]
    fn skipped_if(&self) {}

    #[cfg_attr(all(), perf_probe(name = "own name if"))]
    fn own_if(&self) {}

    const fn constant(&self) -> u8 {
        7
    }
}

#[perf_probe]
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("block")
    }
}

#[perf_probe]
impl<T: Clone> Stack<&T> {
    fn first(&self) -> Option<&T> {
        self.items.first().copied()
    }
}

#[perf_probe]
impl Shape for &Block {
    fn area(&self) -> f64 {
        1.0
    }
}

#[perf_probe]
trait Walk {
    fn step(&self) -> u32;

    fn walk(&self) -> u32 {
        self.step() * 10
    }
}

impl Walk for Block {
    fn step(&self) -> u32 {
        1
    }
}

#[test]
fn blocks() {
    let seen = seen(|| {
        assert_eq!(Block::associated(), 4);
        assert!(Block.method().is_err());
        Block.own();
        Block.skipped();
        Block.skipped_if();
        Block.own_if();
        assert_eq!(Block.constant(), 7);
        assert_eq!(Block.to_string(), "block");
        assert!(Stack::<&u8>::new().first().is_none());
        (&Block).area();
        assert_eq!(Block.walk(), 10);
    });
    let expected = [
        calls("&Block::area", 1),
        calls("Block::associated", 1),
        calls("Block::fmt", 1),
        errors("Block::method", 1, 1),
        calls("Stack::first", 1),
        calls("Stack::new", 1),
        calls("Walk::walk", 1),
        calls("own name", 1),
        calls("own name if", 1),
    ];
    assert_eq!(seen, expected);
}

#[perf_probe]
mod module {
    #![allow(clippy::unnecessary_wraps)]

    pub(super) struct Type;

    pub(super) const CONSTANT: u8 = {
        const fn seven() -> u8 {
            7
        }
        seven()
    };

    pub(super) fn function() -> u8 {
        CONSTANT
    }

    #[perf_probe(skip)]
    pub(super) fn skipped() {}

    impl Type {
        pub(super) fn method(&self) -> Result<u8, ()> {
            Ok(function())
        }
    }

    pub(super) mod r#inner {
        pub(in super::super) fn r#match() {}
    }

    #[perf_probe(skip)]
    pub(super) mod left {
        pub(in super::super) fn out() {}
    }
}

#[test]
fn modules() {
    let seen = seen(|| {
        assert_eq!(module::Type.method(), Ok(7));
        module::skipped();
        module::inner::r#match();
        module::left::out();
    });
    let expected = [calls("module::Type::method", 1), calls("module::function", 1), calls("module::inner::match", 1)];
    assert_eq!(seen, expected);
}

#[perf_probe(name = "parse<{T}>")]
fn parse<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
}

#[perf_probe]
fn shared<T>(value: T) -> T {
    value
}

impl<T> Stack<T> {
    #[perf_probe(name = "{Self}::len of {T}")]
    fn len(&self) -> usize {
        self.items.len()
    }
}

#[perf_probe(name = "GET /users/{id}")]
fn route() {}

#[test]
fn instantiations() {
    let seen = seen(|| {
        assert_eq!(parse::<u8>("7"), Ok(7));
        assert!(parse::<u8>("x").is_err());
        assert!(parse::<i64>("-7").is_ok());
        shared(1_u8);
        shared("text");
        Stack::<u8> { items: vec![] }.len();
        Stack::<u16> { items: vec![] }.len();
        route();
    });
    let expected = [
        calls("GET /users/{id}", 1),
        calls("Stack<u16>::len of u16", 1),
        calls("Stack<u8>::len of u8", 1),
        calls("parse<i64>", 1),
        errors("parse<u8>", 2, 1),
        calls("shared", 2),
    ];
    // Types are named with their path, which is this crate's.
    let seen: Vec<_> =
        seen.into_iter().map(|(name, calls, errors)| (name.replace("attr_targets::", ""), calls, errors)).collect();
    assert_eq!(seen, expected);
}

static SEVEN: u8 = 7;

#[perf_probe]
unsafe fn read(pointer: *const u8) -> Result<u8, ()> {
    if pointer.is_null() {
        return Err(());
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { *pointer })
}

#[perf_probe]
extern "C" fn callback(n: i32) -> i32 {
    -n
}

#[perf_probe]
fn patterns((a, b): (u8, u8), [first, ..]: [u8; 3], Square(side): &Square) -> f64 {
    f64::from(a + b + first) + side
}

#[perf_probe(items = items.len(), bytes = items.iter().map(|item| item.as_ref().len()).sum::<usize>())]
fn joined(items: &[impl AsRef<str>], separator: impl fmt::Display) -> impl fmt::Display {
    items.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(&separator.to_string())
}

#[perf_probe]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() {
        return a;
    }
    b
}

#[perf_probe]
fn opaque_result(text: &str) -> Result<impl Iterator<Item = char> + '_, Box<dyn std::error::Error>> {
    let _: u8 = text.parse()?;
    Ok(text.chars())
}

#[perf_probe]
fn diverges() -> ! {
    panic!("as told")
}

#[test]
fn signatures() {
    let seen = seen(|| {
        // SAFETY: points to a local value, or is null.
        unsafe {
            assert_eq!(read(&raw const SEVEN), Ok(7));
            assert_eq!(read(std::ptr::null()), Err(()));
        }
        assert_eq!(callback(3), -3);
        assert!((patterns((1, 2), [3, 0, 0], &Square(0.5)) - 6.5).abs() < 1e-9);
        assert_eq!(joined(&["a", "bc"], '-').to_string(), "a-bc");
        assert_eq!(longest("abc", "de"), "abc");
        assert!(opaque_result("12").is_ok());
        assert!(opaque_result("x").is_err());
        assert!(std::panic::catch_unwind(|| diverges()).is_err());
    });
    let expected = [
        calls("callback", 1),
        calls("diverges", 1),
        calls("joined", 1),
        calls("longest", 1),
        errors("opaque_result", 2, 1),
        calls("patterns", 1),
        errors("read", 2, 1),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn items_and_bytes() {
    let session = Session::new();
    session.run(|| {
        let _ = joined(&["a", "bc"], '-');
        let _ = joined(&["def"], '-');
        Block.own();
    });
    let snapshot = session.snapshot();
    let joined = snapshot.get(&format!("{}::joined", module_path!())).unwrap();
    assert_eq!((joined.items(), joined.bytes()), (3, 6));
    assert_eq!(snapshot.get("own name").unwrap().items(), 3);
}

#[track_caller]
#[perf_probe]
fn whence() -> Result<&'static std::panic::Location<'static>, ()> {
    Ok(std::panic::Location::caller())
}

#[test]
fn callers_are_tracked() {
    assert_eq!(whence().unwrap().line(), line!());
}

macro_rules! generated {
    ($(#[$attr:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $ret:ty $body:block) => {
        $(#[$attr])*
        #[perf_probe]
        $vis fn $name($arg: $ty) -> $ret $body
    };
    (named $label:literal $items:expr; $item:item) => {
        #[perf_probe(name = concat!("label ", $label), items = $items)]
        $item
    };
    (literally $label:literal $item:item) => {
        #[perf_probe(name = $label)]
        $item
    };
}

generated! {
    /// Documented.
    ///
    /// # Errors
    /// Where it is odd.
    #[inline]
    pub fn halved(n: u32) -> Result<u32, String> {
        if n.is_multiple_of(2) { Ok(n / 2) } else { Err(format!("{n} is odd")) }
    }
}
generated! { named "seven" 7_u8; fn counted() {} }
generated! { literally "literal" fn literally() {} }

#[test]
fn generated_functions() {
    let seen = seen(|| {
        assert_eq!(halved(4), Ok(2));
        assert!(halved(3).is_err());
        counted();
        literally();
    });
    assert_eq!(seen, [errors("halved", 2, 1), calls("label seven", 1), calls("literal", 1)]);
}

type Outcome = std::io::Result<()>;

#[perf_probe(errors)]
fn aliased(fails: bool) -> Outcome {
    if fails { Err(std::io::ErrorKind::Other.into()) } else { Ok(()) }
}

#[perf_probe]
fn aliased_unseen() -> Outcome {
    Err(std::io::ErrorKind::Other.into())
}

#[perf_probe(errors)]
fn optional(n: Option<u8>) -> Option<u8> {
    Some(n? + 1)
}

mod lookalike {
    pub(super) struct Result(pub(super) u8);

    #[super::perf_probe]
    pub(super) fn made() -> Result {
        Result(1)
    }
}

macro_rules! complete {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(0),
        }
    };
}

/// Leaves in every way there is: by its end, by `?`, by `return`, by macros that return, and by a panic.
#[perf_probe]
fn leaving(way: u8) -> Result<u8, String> {
    for _ in 0..1 {
        match way {
            0 => return Ok(0),
            1 => return Err("one".to_owned()),
            2 => return "x".parse::<u8>().map_err(|error| error.to_string()),
            3 => return "3".parse::<u8>().map_err(|error| error.to_string()),
            4 => return Ok("x".parse::<u8>().map_err(|error| error.to_string())?),
            5 => panic!("five"),
            8 => return ::core::result::Result::Ok(8),
            6 => {
                let inner = |n: u8| {
                    if n > 0 {
                        return Err::<u8, String>(String::new());
                    }
                    Ok(n)
                };
                return inner(0).or_else(|_| inner(1));
            }
            _ => {}
        }
    }
    if way == 7 { Err(format!("{way}")) } else { Ok(way) }
}

#[perf_probe]
fn leaving_by_macros(way: u8) -> Result<u8, String> {
    let value = complete!(way.checked_sub(1));
    if value == 1 {
        return Err("one".to_owned());
    }
    Ok(value)
}

#[perf_probe(errors)]
fn leaving_early(way: u8) -> Option<u8> {
    if way == 0 {
        return None;
    }
    if way == 1 {
        return way.checked_sub(2);
    }
    if way == 2 {
        return Some(2);
    }
    way.checked_sub(4)?.checked_add(1)
}

#[track_caller]
#[perf_probe]
fn tracked(way: u8) -> Result<u32, u32> {
    let line = std::panic::Location::caller().line();
    if way == 0 {
        return Err(line);
    }
    Ok(line)
}

struct Failing;

impl Drop for Failing {
    fn drop(&mut self) {
        assert!(tracked(0).is_err());
    }
}

#[test]
fn every_way_out_is_counted_as_what_it_is() {
    let seen = seen(|| {
        for way in 0..9 {
            let _ = std::panic::catch_unwind(|| leaving(way));
        }
        (0..4).for_each(|way| assert_eq!(leaving_by_macros(way).is_err(), way == 2));
        (0..6).for_each(|way| assert_eq!(leaving_early(way).is_none(), matches!(way, 0 | 1 | 3)));
        assert_eq!(tracked(0), Err(line!()));
        assert_eq!(tracked(1), Ok(line!()));
        // An error on the way out of a panic that is not its own.
        let unwound = std::panic::catch_unwind(|| {
            let _failing = Failing;
            panic!("on purpose");
        });
        assert!(unwound.is_err());
    });
    let expected = [
        errors("leaving", 9, 4),
        errors("leaving_by_macros", 4, 1),
        errors("leaving_early", 6, 3),
        errors("tracked", 3, 2),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn outcomes() {
    let seen = seen(|| {
        assert!(aliased(true).is_err());
        assert!(aliased(false).is_ok());
        assert!(aliased_unseen().is_err());
        assert_eq!(optional(None), None);
        assert_eq!(optional(Some(1)), Some(2));
        assert_eq!(lookalike::made().0, 1);
    });
    let expected =
        [errors("aliased", 2, 1), calls("aliased_unseen", 1), calls("lookalike::made", 1), errors("optional", 2, 1)];
    assert_eq!(seen, expected);
}

#[perf_probe]
#[test]
fn above_test() {}

#[test]
#[perf_probe]
fn below_test() {}
