//! Keys and their units.

use proc_macro2::{Ident, Span};
use syn::parse::{Parse, ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::{Error, Lit, LitBool, LitInt, LitStr, Token, bracketed, parenthesized};

use super::{Budget, CLASSES, GrowthClass, Limit, METRICS, Metric, Unit, Warmup};
use crate::instrument::{keys, options, units};

const KEYS: &[&str] = &[
    "p50",
    "p90",
    "p95",
    "p99",
    "p999",
    "max",
    "mean",
    "allocs",
    "alloc_bytes",
    "peak_bytes",
    "net_bytes",
    "errors",
    "throughput",
    "instructions",
    "calls",
    "target",
    "vs",
    "ratio",
    "growth",
    "sizes",
    "iterations",
    "warmup",
    "max_time",
    "at",
    "clock",
    "debug",
    "name",
    "crate",
    "gate",
];

impl Parse for Budget {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut budget = Self::default();
        keys::parse_keys(input, "perf_budget", KEYS, |key, input| budget.read(key, input))?;
        Ok(budget)
    }
}

impl Budget {
    fn read(&mut self, key: &Ident, input: ParseStream) -> Result<()> {
        if let Some(metric) = METRICS.iter().find(|metric| key == metric.key) {
            self.limits.push(limit(key, *metric, input)?);
            return Ok(());
        }
        let word = key.to_string();
        if ["vs", "ratio", "growth", "sizes", "iterations", "warmup", "max_time", "at", "gate"].contains(&word.as_str())
        {
            self.run_keys.push(key.clone());
        }
        match word.as_str() {
            "name" => self.name = Some(options::name(key, input)?),
            "crate" => self.krate = Some(options::krate(key, input, "perf_core")?),
            "gate" => self.gate = Some(options::krate(key, input, "perf_exporters")?),
            "target" => self.targets = targets(key, input)?,
            "calls" => self.calls = calls(key, input)?,
            "vs" => {
                let value = |key: &Ident, input: ParseStream| {
                    keys::equals(key, input, "reference_function")?;
                    input.parse().map_err(|error: Error| {
                        Error::new(error.span(), "expected the path of the function to compare with")
                    })
                };
                self.versus = Some(self.figure(key, input, "vs(instructions = reference_function)", value)?);
            }
            "ratio" => self.ratio = Some(ratio(key, input)?),
            "growth" => self.growth = Some(self.figure(key, input, "growth(instructions = \"n log n\")", growth)?),
            "sizes" => self.sizes = Some(sizes(key, input)?),
            "iterations" => {
                keys::equals(key, input, "1000")?;
                let span = input.span();
                self.iterations = Some((positive(input, "a number of calls")?, span));
            }
            "warmup" => self.warmup = Some(warmup(key, input)?),
            "max_time" => {
                keys::equals(key, input, "\"2s\"")?;
                self.max_time = Some(units::duration(input)?);
            }
            "at" => {
                keys::equals(key, input, "\"2000/s\"")?;
                let span = input.span();
                self.at = Some((units::rate(input)?, span));
            }
            "clock" => self.cpu_clock = cpu_clock(key, input)?,
            "debug" => {
                keys::equals(key, input, "true")?;
                let value: LitBool =
                    input.parse().map_err(|error| Error::new(error.span(), "expected `true` or `false`"))?;
                self.debug = value.value;
            }
            _ => {}
        }
        Ok(())
    }

    /// The value of `key = value`, or of `key(instructions = value)`.
    fn figure<T>(
        &mut self,
        key: &Ident,
        input: ParseStream,
        example: &str,
        value: impl FnOnce(&Ident, ParseStream) -> Result<T>,
    ) -> Result<T> {
        if !input.peek(syn::token::Paren) {
            return value(key, input);
        }
        self.by_instructions = true;
        let content;
        parenthesized!(content in input);
        let (mut value, mut read) = (Some(value), None);
        keys::parse_keys(&content, &key.to_string(), &["instructions"], |key, input| {
            if let Some(value) = value.take() {
                read = Some(value(key, input)?);
            }
            Ok(())
        })?;
        read.ok_or_else(|| Error::new(key.span(), format!("`{key}` in parentheses names the figure: `{example}`")))
    }
}

fn limit(key: &Ident, metric: Metric, input: ParseStream) -> Result<Limit> {
    let example = match metric.unit {
        Unit::Time => "\"5ms\"",
        Unit::Count => "0",
        Unit::Bytes => "\"4KiB\"",
        Unit::Share => "\"1%\"",
        Unit::Rate => "\"5000/s\"",
        Unit::Instructions => "\"120k\"",
    };
    keys::equals(key, input, example)?;
    let span = input.span();
    let value = match metric.unit {
        Unit::Time => units::duration(input)?,
        Unit::Count => units::integer(input, "a count")?,
        Unit::Bytes => units::size(input)?,
        Unit::Share => units::percent(input)?.0.into(),
        Unit::Rate => units::rate(input)?,
        Unit::Instructions => units::instructions(input)?,
    };
    Ok(Limit { key: key.clone(), metric, value, span })
}

fn targets(key: &Ident, input: ParseStream) -> Result<Vec<Limit>> {
    let valid: Vec<_> = METRICS.iter().map(|metric| metric.key).collect();
    let content = parentheses(key, input, "p95 = \"50ms\"")?;
    let mut targets = Vec::new();
    keys::parse_keys(&content, "target", &valid, |key, input| {
        if let Some(metric) = METRICS.iter().find(|metric| key == metric.key) {
            targets.push(limit(key, *metric, input)?);
        }
        Ok(())
    })?;
    Ok(targets)
}

fn calls(key: &Ident, input: ParseStream) -> Result<Vec<(LitStr, u64)>> {
    let content = parentheses(key, input, "\"probe name\" = 1")?;
    let mut calls: Vec<(LitStr, u64)> = Vec::new();
    while !content.is_empty() {
        let probe = units::string(&content, "the name of a probe in quotes, as in `calls(\"db::query\" = 1)`")?;
        if !content.peek(Token![=]) {
            return Err(Error::new(probe.span(), "say how often: `calls(\"db::query\" = 1)`"));
        }
        content.parse::<Token![=]>()?;
        if calls.iter().any(|(known, _)| known.value() == probe.value()) {
            return Err(Error::new(probe.span(), format!("calls of `{}` are limited twice", probe.value())));
        }
        calls.push((probe, units::integer(&content, "a number of calls")?));
        if content.is_empty() {
            break;
        }
        content.parse::<Token![,]>()?;
    }
    Ok(calls)
}

/// The tokens in the parentheses of `key(..)`.
fn parentheses<'a>(key: &Ident, input: ParseStream<'a>, example: &str) -> Result<syn::parse::ParseBuffer<'a>> {
    let problem = || Error::new(key.span(), format!("`{key}` takes its own list: `{key}({example})`"));
    if !input.peek(syn::token::Paren) {
        return Err(problem());
    }
    let content;
    parenthesized!(content in input);
    if content.is_empty() { Err(problem()) } else { Ok(content) }
}

fn ratio(key: &Ident, input: ParseStream) -> Result<(f64, Span)> {
    keys::equals(key, input, "1.10")?;
    let wanted = "expected a factor greater than zero, such as `1.10`";
    let literal: Lit = input.parse().map_err(|error| Error::new(error.span(), wanted))?;
    let value: Option<f64> = match &literal {
        Lit::Float(number) => number.base10_parse().ok(),
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    };
    match value {
        Some(value) if value > 0.0 && value.is_finite() => Ok((value, literal.span())),
        _ => Err(Error::new(literal.span(), wanted)),
    }
}

fn growth(key: &Ident, input: ParseStream) -> Result<GrowthClass> {
    let names: Vec<_> = CLASSES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let wanted = format!("a class of growth: {}", names.join(", "));
    keys::equals(key, input, "\"n log n\"")?;
    let literal = units::string(input, &wanted)?;
    let text = literal.value();
    let found = CLASSES.iter().find(|(name, _)| *name == text.trim());
    found.map(|(_, class)| *class).ok_or_else(|| Error::new(literal.span(), format!("`{text}` is not {wanted}")))
}

fn sizes(key: &Ident, input: ParseStream) -> Result<(Vec<usize>, Span)> {
    keys::equals(key, input, "[64, 256, 1024, 4096, 16384, 65536]")?;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("expected sizes in brackets, such as `[64, 256, 1024, 4096, 16384, 65536]`"));
    }
    let content;
    let bracket = bracketed!(content in input);
    let literals = Punctuated::<LitInt, Token![,]>::parse_terminated(&content)?;
    let mut sizes: Vec<usize> = Vec::new();
    for literal in literals {
        let size = literal.base10_parse().map_err(|error| Error::new(literal.span(), error))?;
        if size < sizes.last().map_or(1, |last| last + 1) {
            return Err(Error::new(literal.span(), "sizes are positive and ascend"));
        }
        sizes.push(size);
    }
    Ok((sizes, bracket.span.join()))
}

fn warmup(key: &Ident, input: ParseStream) -> Result<Warmup> {
    keys::equals(key, input, "100")?;
    if input.peek(LitStr) {
        return units::duration(input).map(Warmup::Time);
    }
    units::integer(input, "a number of calls, or a duration in quotes").map(Warmup::Calls)
}

fn cpu_clock(key: &Ident, input: ParseStream) -> Result<bool> {
    keys::equals(key, input, "\"cpu\"")?;
    let wanted = "\"cpu\" or \"wall\"";
    let literal = units::string(input, wanted)?;
    match literal.value().as_str() {
        "cpu" => Ok(true),
        "wall" => Ok(false),
        other => Err(Error::new(literal.span(), format!("`{other}` is no clock; expected {wanted}"))),
    }
}

fn positive(input: ParseStream, what: &str) -> Result<u64> {
    let span = input.span();
    match units::integer(input, what)? {
        0 => Err(Error::new(span, "expected at least 1")),
        n => Ok(n),
    }
}
