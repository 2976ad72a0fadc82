#![warn(unused, elided_lifetimes_in_paths, unused_qualifications, single_use_lifetimes, async_fn_in_trait)]
#![warn(clippy::correctness)]
#![allow(dead_code)]
use std::cmp::Ordering;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

fn fallible(n: u32) -> Result<u32, String> {
    n.checked_sub(1).ok_or_else(String::new)
}
#[must_use]
fn must(n: u32) -> u32 {
    n
}

mod unused_things {
    use super::*;
    #[probe]
    fn variable(n: u32) {
        let x = 1;
    }
    #[probe]
    fn variable_result(n: u32) -> Result<(), String> {
        let x = 1;
        Ok(())
    }
    #[probe]
    async fn variable_async(n: u32) {
        let x = 1;
    }
    #[probe]
    async fn variable_async_result(n: u32, (a, b): (u32, u32)) -> Result<u32, String> {
        Ok(a)
    }
    #[probe]
    fn pattern((a, b): (u32, u32), [c, ..]: [u32; 2]) -> Result<u32, String> {
        Ok(a)
    }
    #[probe]
    fn boxed(n: u32, m: u32) -> Pin<Box<dyn Future<Output = u32>>> {
        Box::pin(async move { m })
    }
    #[probe]
    fn future(n: u32, m: u32) -> impl Future<Output = Result<u32, String>> {
        let k = m + 1;
        async move { Ok(k) }
    }
    #[probe]
    fn mutable(mut n: u32) -> u32 {
        n
    }
    #[probe]
    fn mutable_result(mut n: u32) -> Result<u32, String> {
        Ok(n)
    }
    #[probe]
    async fn mutable_async(mut n: u32, (mut a, _): (u32, u32)) -> u32 {
        n + a
    }
    #[probe]
    fn mutable_local(n: u32) -> Result<u32, String> {
        let mut m = n;
        Ok(m)
    }
    #[probe]
    fn assigned(mut n: u32) {
        n = 1;
    }
    #[probe]
    fn assigned_result(mut n: u32) -> Result<(), String> {
        n = 1;
        Ok(())
    }
    #[probe]
    async fn assigned_async(mut n: u32) {
        n = 1;
    }
    #[probe]
    fn assigned_twice(n: u32) -> Result<u32, String> {
        let mut m = 1;
        m = n;
        if m == 2 {
            return Ok(2);
        }
        Ok(m)
    }
    #[probe]
    fn parenthesised(n: u32) -> Result<u32, String> {
        if (n > 1) {
            return Ok((2));
        }
        let x = (n + 1);
        return Ok(x);
    }
    #[probe]
    fn parenthesised_value(n: u32) -> u32 {
        if (n > 1) {
            return (2);
        }
        return (n);
    }
    #[probe]
    fn braced(n: u32) -> Result<u32, String> {
        let x = { n };
        Ok({ x })
    }
    #[probe]
    fn ignored(n: u32) -> Result<u32, String> {
        fallible(n);
        must(n);
        Ok(n)
    }
    #[probe]
    async fn ignored_async(n: u32) -> u32 {
        fallible(n);
        variable_async(n);
        n
    }
    #[probe]
    fn imported() -> Result<u32, String> {
        use std::collections::HashMap;
        fn never_called() {}
        Ok(1)
    }
    #[probe]
    fn labelled() -> Result<u32, String> {
        'label: loop {
            break;
        }
        Ok(1)
    }
    #[probe]
    fn allowed(#[allow(unused_variables)] n: u32) -> Result<u32, String> {
        Ok(1)
    }
    #[probe]
    async fn allowed_async(#[allow(unused_variables)] n: u32, m: u32) -> Result<u32, String> {
        Ok(1)
    }
}

macro_rules! hidden {
    ($when:expr, $value:expr) => {
        if $when {
            return $value;
        }
    };
}

/// Bodies that have to be closures, since a macro in them may return.
mod closures {
    use super::*;
    #[probe]
    fn used(n: u32, text: String) -> Result<u32, String> {
        hidden!(n == 1, Err(text));
        Ok(n)
    }
    #[probe]
    fn variable(n: u32, m: u32, _k: String) -> Result<u32, String> {
        hidden!(n == 1, Ok(1));
        let x = 1;
        Ok(n)
    }
    #[probe]
    fn mutable(mut n: u32, mut text: String) -> Result<u32, String> {
        hidden!(n == 1, Err(text));
        Ok(n)
    }
    #[probe]
    fn changed(mut n: u32, mut text: String) -> Result<String, String> {
        n += 1;
        text.push('x');
        hidden!(n == 1, Err(text));
        Ok(text)
    }
    #[probe]
    fn assigned(mut n: u32, m: u32) -> Result<u32, String> {
        n = 1;
        hidden!(m == 1, Ok(1));
        Ok(m)
    }
    #[probe]
    fn moved(text: String, other: String, unused: String, last: Vec<u32>) -> Result<usize, String> {
        hidden!(other.is_empty(), Err(other));
        if last.is_empty() {
            drop(text);
        }
        Ok(last.len())
    }
    #[probe]
    fn borrowed(text: String, other: String, unused: String, _: String) -> Result<usize, String> {
        hidden!(other.is_empty(), Err(String::new()));
        Ok(must(1) as usize + (&text).len())
    }
    #[probe]
    fn needless(text: String, list: Vec<u32>, n: &u32) -> Result<u32, String> {
        hidden!(list.is_empty(), Err(format!("{text}")));
        must(*n);
        Ok(list[0].clone())
    }
    #[probe]
    fn only_itself(text: &str, n: u32) -> Result<u32, String> {
        hidden!(n == 1, Ok(1));
        only_itself(text, n)
    }
    #[probe]
    fn pattern((a, b): (u32, u32), c: u32) -> Result<u32, String> {
        hidden!(c == 1, Ok(1));
        Ok(a)
    }
    struct S(u32);
    impl S {
        #[probe]
        fn shared(&self, n: u32) -> Result<u32, String> {
            hidden!(n == 1, Ok(1));
            Ok(self.0)
        }
        #[probe]
        fn exclusive(&mut self, n: u32) -> Result<&mut u32, String> {
            hidden!(n == 1, Ok(&mut self.0));
            Ok(&mut self.0)
        }
        #[probe]
        fn owned(mut self, n: u32) -> Result<u32, Self> {
            hidden!(n == 1, Err(self));
            Ok(self.0)
        }
        #[probe]
        fn changed(mut self, n: u32) -> Result<Self, u32> {
            hidden!(n == 1, Err(self.0));
            self.0 = n;
            Ok(self)
        }
        #[probe]
        fn forgotten(mut self, n: u32) -> Result<u32, Self> {
            hidden!(n == 1, Err(self));
            self = S(n);
            self.0 = n;
            Ok(n)
        }
        #[probe]
        fn parts(mut self, n: u32) -> Result<u32, Self> {
            hidden!(n == 1, Err(self));
            self.0 = n;
            Ok(n)
        }
        #[probe]
        fn elsewhere(self, n: u32) -> Result<u32, Self> {
            hidden!(n == 1, Err({ self }));
            #[cfg(any())]
            must(self.0);
            Ok((n))
        }
        #[probe]
        fn sometimes(mut self: Self, n: u32) -> Result<u32, String> {
            hidden!(n == 1, Ok((self.0)));
            let n = self;
            must(n.0);
            Ok(n.0.clone())
        }
        #[probe]
        fn kept(self: Box<Self>, n: u32) -> Result<Box<Self>, String> {
            hidden!(n == 1, Ok(self));
            Ok((self))
        }
    }
}

mod flow {
    use super::*;
    #[probe]
    fn recursion(n: u32) -> u32 {
        recursion(n)
    }
    #[probe]
    fn recursion_result(n: u32) -> Result<u32, String> {
        recursion_result(n)
    }
    #[probe]
    fn recursion_question(n: u32) -> Result<u32, String> {
        let m = recursion_question(n)?;
        Ok(m)
    }
    #[probe]
    fn recursion_return(n: u32) -> Result<u32, String> {
        if n == 0 {
            return recursion_return(n + 1);
        }
        recursion_return(n)
    }
    struct S;
    impl S {
        #[probe]
        fn method(&self, n: u32) -> Result<u32, String> {
            self.method(n)
        }
    }
    #[probe]
    fn unreachable_statement(n: u32) -> Result<u32, String> {
        return Ok(n);
        fallible(n)
    }
    #[probe]
    fn unreachable_after_panic(n: u32) -> Result<u32, String> {
        panic!("no");
        fallible(n)
    }
    #[probe]
    async fn unreachable_async(n: u32) -> Result<u32, String> {
        return Ok(n);
        fallible(n)
    }
    #[probe]
    fn diverging() -> Result<u32, String> {
        todo!()
    }
    #[probe]
    fn diverging_loop(n: u32) -> Result<u32, String> {
        loop {
            if n > 1 {
                return Ok(1);
            }
        }
    }
    #[probe]
    fn diverging_exit() -> Result<u32, String> {
        std::process::exit(1)
    }
    #[probe]
    fn diverging_error() -> Result<u32, String> {
        loop {
            fallible(1)?;
        }
    }
    #[probe]
    fn diverging_boxed() -> Pin<Box<dyn Future<Output = u32>>> {
        todo!()
    }
    #[probe]
    async fn diverging_async() -> u32 {
        panic!()
    }
    #[probe]
    fn unreachable_pattern(n: Option<u32>) -> Result<u32, String> {
        match n {
            Some(_) | None => Ok(1),
            Some(1) => Ok(2),
        }
    }
}

mod style {
    use super::*;
    #[probe]
    fn needless_return(n: u32) -> u32 {
        return n;
    }
    #[probe]
    fn needless_return_result(n: u32) -> Result<u32, String> {
        fallible(n)?;
        return Ok(n);
    }
    #[probe]
    async fn needless_return_async(n: u32) -> Result<u32, String> {
        fallible(n)?;
        return Ok(n);
    }
    #[probe]
    fn let_and_return(n: u32) -> Result<u32, String> {
        let m = fallible(n);
        m
    }
    #[probe]
    fn question_mark(n: Option<u32>) -> Option<u32> {
        let Some(m) = n else { return None };
        Some(m + 1)
    }
    #[probe]
    fn question_mark_result(n: u32) -> Result<u32, String> {
        let m = match fallible(n) {
            Ok(m) => m,
            Err(e) => return Err(e),
        };
        if let Err(e) = fallible(n) {
            return Err(e);
        }
        Ok(m + 1)
    }
    #[probe]
    fn pointer(v: &Vec<u32>, s: &String) -> Result<u32, String> {
        fallible(v.len() as u32 + s.len() as u32)
    }
    #[probe]
    fn lifetimes<'a>(s: &'a str) -> Result<&'a str, String> {
        Ok(s)
    }
    #[probe]
    async fn lifetimes_async<'a>(s: &'a str, t: &str) -> &'a str {
        s
    }
    #[probe]
    fn paths(f: &mut fmt::Formatter) -> Result<(), fmt::Error> {
        f.write_str("x").map_err(|e| e)
    }
    #[probe]
    async fn paths_async(f: &mut fmt::Formatter<'_>) -> Result<(), std::fmt::Error> {
        f.write_str("x")
    }
    #[probe]
    fn qualified(n: u32) -> std::result::Result<u32, std::string::String> {
        fallible(n)
    }
    #[probe]
    fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<u8, String> {
        Ok(a + b + c + d + e + f + g + h)
    }
    #[probe]
    async fn many_async(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<u8, String> {
        Ok(a + b + c + d + e + f + g + h)
    }
    #[probe]
    fn complex() -> Result<Vec<Box<dyn Fn(Vec<Option<Box<dyn Fn(u32) -> Result<u32, String>>>>) -> u32>>, String> {
        Ok(Vec::new())
    }
    #[probe]
    fn clones(s: Option<u32>) -> Result<u32, String> {
        let n = s.clone().unwrap_or(1);
        let v: Vec<u32> = vec![n].into_iter().map(|x| x).collect();
        match v.len() {
            0 => return fallible(1),
            _ => {}
        }
        if v.len() == 0 {
            return Ok(1);
        }
        Ok(v[0].clone())
    }
    #[probe]
    fn unit(n: u32) -> Result<(), String> {
        let x = println!("{}", n);
        Ok(x)
    }
    #[probe]
    fn never_loops(n: u32) -> Result<u32, String> {
        loop {
            return fallible(n);
        }
    }
    #[probe]
    fn else_after(n: u32) -> Result<u32, String> {
        if n == 1 {
            return Ok(1);
        } else if n == 2 {
            return fallible(n);
        }
        for i in 0..n {
            if i == 3 {
                return Ok(i);
            }
        }
        Err("".to_string())
    }
    #[probe]
    #[must_use]
    async fn must_use_async(n: u32) -> u32 {
        n
    }
    #[probe]
    async fn drops(n: u32) {
        must_use_async(n);
        must_use_async(n).await;
    }
    #[probe]
    fn NotSnake(BadName: u32) -> Result<u32, String> {
        let WorseName = BadName;
        Ok(WorseName)
    }
    #[probe]
    async fn NotSnakeAsync(BadName: u32) -> Result<u32, String> {
        Ok(BadName)
    }
    #[probe]
    fn new_std(n: u32) -> Result<u32, String> {
        Ok(n.div_ceil(2))
    }
    #[probe]
    fn recursion_argument(n: u32, m: u32) -> Result<u32, String> {
        if n == 0 { Ok(0) } else { recursion_argument(n - 1, m) }
    }
}

mod items {
    use super::*;
    #[derive(PartialEq, Eq)]
    struct Canonical(u32);
    impl Ord for Canonical {
        #[probe]
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
    impl PartialOrd for Canonical {
        #[probe]
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Copy for Canonical {}
    impl Clone for Canonical {
        #[probe]
        fn clone(&self) -> Self {
            *self
        }
    }
    #[derive(PartialEq, Eq)]
    struct CanonicalBlock(u32);
    #[probe]
    impl Ord for CanonicalBlock {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
    #[probe]
    impl PartialOrd for CanonicalBlock {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Copy for CanonicalBlock {}
    #[probe]
    impl Clone for CanonicalBlock {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[derive(PartialEq, Eq)]
    struct Own(u32);
    impl Ord for Own {
        #[probe]
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
    impl PartialOrd for Own {
        #[probe]
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.0.cmp(&other.0))
        }
    }
    impl Copy for Own {}
    impl Clone for Own {
        #[probe]
        fn clone(&self) -> Self {
            Own(self.0)
        }
    }
    pub struct Type(u32);
    impl Type {
        #[probe]
        pub fn new() -> Self {
            Self(1)
        }
        #[probe]
        pub fn add(self, other: Self) -> Self {
            Self(self.0 + other.0)
        }
        #[probe]
        pub fn to_it(self) -> Result<u32, String> {
            Ok(self.0)
        }
        #[probe]
        pub async fn is_it(self: Box<Self>) -> bool {
            self.0 == 1 && true
        }
        #[probe]
        pub fn unit_error(&self) -> Result<u32, ()> {
            Err(())
        }
        #[probe]
        pub async fn borrowed(&mut self, name: &str) -> &mut u32 {
            &mut self.0
        }
    }
    pub trait Asynchronous {
        async fn declared(&self) -> u32;
    }
    #[probe]
    pub trait Provided {
        async fn provided(&self, n: u32) -> u32 {
            1
        }
    }
    impl Asynchronous for Type {
        #[probe]
        async fn declared(&self) -> u32 {
            self.0
        }
    }
    #[probe]
    impl Provided for Type {
        async fn provided(&self, _n: u32) -> u32 {
            self.0
        }
    }
    impl fmt::Display for Type {
        #[probe]
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", format!("{}", self.0))
        }
    }
}

fn main() {}
