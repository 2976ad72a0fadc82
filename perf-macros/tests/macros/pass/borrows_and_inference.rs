//! What compiles without the attribute compiles with it.
#![deny(warnings)]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Display;
use std::pin::Pin;

use perf_core::perf_probe;

struct Cache {
    map: HashMap<String, Vec<u8>>,
    hits: u64,
}

impl Cache {
    // A reborrow of what the closure has captured.
    #[perf_probe]
    fn entry(&mut self, key: &str) -> Result<&mut Vec<u8>, Box<dyn Error>> {
        if key.is_empty() {
            return Err("no key".into());
        }
        self.hits += 1;
        Ok(self.map.entry(key.to_owned()).or_default())
    }

    #[perf_probe]
    fn both(&mut self) -> Result<(&mut Vec<u8>, &mut u64), String> {
        let Self { map, hits } = self;
        Ok((map.get_mut("x").ok_or("x")?, hits))
    }

    #[perf_probe]
    fn longest<'a, 'b>(&'a self, other: &'b str) -> Result<&'a str, &'b str> {
        self.map.keys().map(String::as_str).max_by_key(|key| key.len()).ok_or(other)
    }

    #[perf_probe]
    fn iterate(&mut self) -> Result<impl Iterator<Item = &mut Vec<u8>> + '_, ()> {
        Ok(self.map.values_mut())
    }

    #[perf_probe]
    fn take(mut self, key: &str) -> Result<Vec<u8>, Self> {
        match self.map.remove(key) {
            Some(value) => Ok(value),
            None => Err(self),
        }
    }

    #[perf_probe]
    fn pinned(mut self: Pin<&mut Self>) -> Result<&mut u64, ()> {
        self.hits += 1;
        Ok(&mut self.get_mut().hits)
    }
}

macro_rules! hidden {
    ($when:expr, $value:expr) => {
        if $when {
            return $value;
        }
    };
}

/// In a closure, since a macro may return.
mod closures {
    use perf_core::perf_probe;

    pub struct Cursor<'a> {
        pub rest: &'a mut [u8],
    }

    // Reborrows of what the closure has captured.
    #[perf_probe]
    pub fn through<'a>(cursor: Cursor<'a>, at: usize) -> Result<&'a mut u8, usize> {
        hidden!(at >= cursor.rest.len(), Err(cursor.rest.len()));
        Ok(&mut cursor.rest[at])
    }

    #[perf_probe]
    pub fn first(bytes: &mut Vec<u8>) -> Result<&mut u8, ()> {
        hidden!(bytes.is_empty(), Err(()));
        bytes.push(1);
        bytes.first_mut().ok_or(())
    }

    // What is `Copy` is captured by reference, and outlives it where it is moved on.
    #[perf_probe]
    pub fn later(bytes: [u8; 64], text: &str) -> Result<(impl Fn() -> u8 + use<>, &str), String> {
        hidden!(text.is_empty(), Err(text.to_owned()));
        Ok((move || bytes[0], text))
    }

    #[perf_probe]
    pub fn conditional<T>(keep: bool, mut value: Option<T>, other: T) -> Result<T, Option<T>> {
        hidden!(keep, value.take().ok_or(value));
        if value.is_some() { Err(value) } else { Ok(other) }
    }

    // `Self` may be a reference, and have one in it.
    impl<'a> Cursor<'a> {
        #[perf_probe]
        pub fn skip(self, n: usize) -> Result<Self, Self> {
            hidden!(n > self.rest.len(), Err(self));
            Ok(Self { rest: &mut self.rest[n..] })
        }

        #[perf_probe]
        pub fn split(self) -> Result<(&'a mut u8, &'a mut [u8]), ()> {
            hidden!(self.rest.is_empty(), Err(()));
            self.rest.split_first_mut().ok_or(())
        }

        #[perf_probe]
        pub fn shared(self) -> Result<&'a [u8], ()> {
            hidden!(false, Err(()));
            Ok(&self.rest[..])
        }

        #[perf_probe]
        pub unsafe fn unchecked<const N: usize>(self, at: [usize; N]) -> Result<&'a mut u8, [usize; N]> {
            hidden!(N == 0, Err(at));
            Ok(unsafe { self.rest.get_unchecked_mut(at[0]) })
        }
    }

    pub trait Read<'de>: Sized {
        fn byte(self) -> Result<&'de u8, String>;
        fn nested(self) -> Result<Nested<'de>, String>;
    }

    pub struct Nested<'de>(pub &'de u8);

    impl<'de: 'a, 'a> Read<'de> for &'a mut &'de [u8] {
        #[perf_probe]
        fn byte(self) -> Result<&'de u8, String> {
            hidden!(self.is_empty(), Err("empty".to_owned()));
            let (first, rest) = self.split_first().ok_or("empty")?;
            *self = rest;
            Ok(first)
        }

        #[perf_probe]
        fn nested(self) -> Result<Nested<'de>, String> {
            hidden!(self.is_empty(), Err("empty".to_owned()));
            Ok(Nested(self.byte()?))
        }
    }

    impl<'a> Read<'a> for &'a mut Vec<u8> {
        #[perf_probe]
        fn byte(self) -> Result<&'a u8, String> {
            hidden!(self.is_empty(), Err("empty".to_owned()));
            self.push(1);
            let last = self.last_mut().ok_or("empty")?;
            *last += 1;
            Ok(last)
        }

        #[perf_probe]
        fn nested(self) -> Result<Nested<'a>, String> {
            hidden!(false, Err("empty".to_owned()));
            Ok(Nested(self.byte()?))
        }
    }

    #[allow(elided_lifetimes_in_paths)]
    #[perf_probe]
    pub fn hides_its_lifetime(cursor: Cursor, at: usize) -> Result<Cursor, usize> {
        hidden!(at > cursor.rest.len(), Err(at));
        Ok(Cursor { rest: cursor.rest.split_at_mut(at).1 })
    }

    // What goes into another closure.
    #[perf_probe]
    pub fn spawned(text: String, n: [String; 2], f: impl FnOnce(String) -> u8 + Send + 'static) -> Result<u8, String> {
        hidden!(text.is_empty(), Err(text));
        let first = std::thread::spawn(move || n.concat().len() + text.len());
        std::thread::spawn(move || f(String::new())).join().map_err(|_| "panicked".to_owned())?;
        u8::try_from(first.join().unwrap_or(0)).map_err(|error| error.to_string())
    }

    #[perf_probe]
    pub fn in_place(text: String, other: &mut Vec<String>, mut n: u32) -> Result<u32, String> {
        hidden!(n == 0, Err(text.clone()));
        n += 1;
        other.push(format!("{text}{}", text.len()));
        other.retain(|found| found != &text);
        if n == 7 {
            other.push(text);
        }
        Ok(n)
    }

    #[perf_probe]
    pub fn future(text: String, n: u8) -> std::pin::Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
        hidden!(n == 0, Box::pin(async move { Err(text) }));
        Box::pin(async move { if n == 1 { Err(text) } else { Ok(n) } })
    }

    #[perf_probe]
    pub fn fields((left, right): (String, String), pair: (String, String)) -> Result<String, String> {
        hidden!(left.is_empty(), Err(pair.1));
        drop(pair.0);
        Ok(right)
    }
}

// The error type is known from the signature alone.
#[perf_probe]
fn question(text: &str) -> Result<u8, Box<dyn Error + Send + Sync>> {
    let value: u16 = text.parse()?;
    Ok(u8::try_from(value)?)
}

#[perf_probe]
fn collected(texts: &[&str]) -> Result<Vec<u8>, std::num::ParseIntError> {
    texts.iter().map(|text| text.parse()).collect()
}

#[perf_probe]
fn coerced(flag: bool) -> Result<Box<dyn Display>, ()> {
    if flag { Ok(Box::new(1)) } else { Ok(Box::new("text")) }
}

#[perf_probe]
fn pointer(flag: bool) -> Result<fn(u8) -> u8, ()> {
    if flag { Ok(|n| n) } else { Ok(u8::reverse_bits) }
}

#[perf_probe]
fn opaque_coerced(text: &str) -> Result<impl Iterator<Item = char> + '_, Box<dyn Error>> {
    if text.is_empty() {
        return Err(Box::new(std::fmt::Error));
    }
    Ok(text.chars())
}

// What is collected is known from the signature alone.
#[perf_probe]
fn collecting() -> impl Future<Output = Result<Vec<u8>, ()>> {
    async { [Ok(1), Err(())].into_iter().collect() }
}

#[perf_probe]
fn collecting_boxed() -> Pin<Box<dyn Future<Output = Result<Vec<u8>, ()>>>> {
    Box::pin(async { [Ok(1), Err(())].into_iter().collect() })
}

mod lookalike {
    use perf_core::perf_probe;

    pub struct Result(pub usize);

    impl FromIterator<u8> for Result {
        fn from_iter<I: IntoIterator<Item = u8>>(items: I) -> Self {
            Self(items.into_iter().count())
        }
    }

    #[perf_probe]
    pub fn collecting() -> impl Future<Output = Result> {
        async { [1].into_iter().collect() }
    }
}

#[perf_probe]
async fn async_question(text: &str) -> Result<u8, Box<dyn Error + Send + Sync>> {
    if text.is_empty() {
        return Err("empty".into());
    }
    Ok(text.parse()?)
}

#[perf_probe]
async fn async_coerced(flag: bool) -> Box<dyn Display> {
    if flag {
        return Box::new(1);
    }
    Box::new("text")
}

#[perf_probe]
async fn async_default<T: Default>() -> Vec<T> {
    let mut values = Vec::new();
    values.push(Default::default());
    values
}

#[perf_probe]
async fn async_reborrow<'a>(text: &'a mut String, suffix: &str) -> &'a mut String {
    text.push_str(suffix);
    text
}

#[perf_probe]
async fn async_unit(flag: bool) {
    if flag {
        return;
    }
    std::future::ready(()).await
}

#[perf_probe]
fn consts<const N: usize>(values: [u8; N]) -> Result<[u8; N], [u8; N]> {
    if N > 2 { Err(values) } else { Ok(values) }
}

#[perf_probe]
fn recursive(n: u32) -> Result<u32, ()> {
    if n == 0 { Ok(0) } else { Ok(1 + recursive(n - 1)?) }
}

#[perf_probe]
fn never_result() -> Result<std::convert::Infallible, u8> {
    Err(1)
}

#[perf_probe]
fn labelled(limit: u8) -> Result<u8, ()> {
    let found = 'search: {
        for n in 0..limit {
            if n * n > 10 {
                break 'search Some(n);
            }
        }
        None
    };
    found.ok_or(())
}

fn main() {
    let mut cache = Cache { map: HashMap::new(), hits: 0 };
    cache.entry("x").unwrap().push(1);
    cache.both().unwrap().0.push(2);
    *Pin::new(&mut cache).pinned().unwrap() += 1;
    assert_eq!(cache.longest("y"), Ok("x"));
    cache.iterate().unwrap().for_each(Vec::clear);
    assert!(cache.take("x").is_ok());
    assert!(question("300").is_err());
    assert_eq!(collected(&["1", "2"]), Ok(vec![1, 2]));
    assert_eq!(coerced(true).unwrap().to_string(), "1");
    assert!(opaque_coerced("").is_err());
    drop((collecting(), collecting_boxed(), lookalike::collecting(), lookalike::Result(1).0));
    assert_eq!(pointer(false).unwrap()(1), 128);
    let mut text = String::new();
    drop((
        async_question(""),
        async_coerced(true),
        async_default::<u8>(),
        async_reborrow(&mut text, "x"),
        async_unit(true),
    ));
    assert_eq!(consts([1]), Ok([1]));
    assert_eq!(recursive(5), Ok(5));
    assert_eq!(never_result(), Err(1));
    assert_eq!(labelled(9), Ok(4));
}
