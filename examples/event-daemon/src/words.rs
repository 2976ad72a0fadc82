//! Words for figures: one table, so that no word is typed beside a number.

/// The figure that a word is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Events a second.
    Throughput,
    /// p95 of the response time, nanoseconds.
    Latency,
    /// Bytes.
    Memory,
    /// Share of events that failed without being made to.
    Errors,
    /// Throughput of many callers, as a share of that of one times the processors.
    Scalability,
    /// Freed ÷ allocated bytes.
    Freed,
}

/// A scale: its name, whether more is better, and the bound of each word from the best on; what is beyond all is `otherwise`.
struct Scale {
    figure: Figure,
    name: &'static str,
    more_is_better: bool,
    words: &'static [(f64, &'static str)],
    otherwise: &'static str,
}

const SCALES: [Scale; 6] = [
    Scale {
        figure: Figure::Throughput,
        name: "throughput, events/s, at least",
        more_is_better: true,
        words: &[(10_000.0, "excellent"), (1_000.0, "good"), (100.0, "fair")],
        otherwise: "poor",
    },
    Scale {
        figure: Figure::Latency,
        name: "p95, ms, below",
        more_is_better: false,
        words: &[(10e6, "excellent"), (50e6, "good"), (100e6, "acceptable")],
        otherwise: "poor",
    },
    Scale {
        figure: Figure::Memory,
        name: "memory, MB, below",
        more_is_better: false,
        words: &[(100e6, "efficient"), (500e6, "moderate")],
        otherwise: "heavy",
    },
    Scale {
        figure: Figure::Errors,
        name: "error rate, %, below",
        more_is_better: false,
        words: &[(0.001, "reliable"), (0.01, "acceptable")],
        otherwise: "unreliable",
    },
    Scale {
        figure: Figure::Scalability,
        name: "scalability factor, at least",
        more_is_better: true,
        words: &[(0.8, "linear"), (0.5, "sub-linear")],
        otherwise: "limited",
    },
    Scale {
        figure: Figure::Freed,
        name: "freed ÷ allocated, at least",
        more_is_better: true,
        words: &[(0.99, "clean"), (0.9, "retaining")],
        // No leak as yet: that is the verdict of the endurance run.
        otherwise: "keeping much",
    },
];

/// The word for a value.
pub(crate) fn word(figure: Figure, value: f64) -> &'static str {
    let Some(scale) = SCALES.iter().find(|scale| scale.figure == figure) else { return "unknown" };
    let holds = |bound: f64| if scale.more_is_better { value >= bound } else { value < bound };
    scale.words.iter().find(|(bound, _)| holds(*bound)).map_or(scale.otherwise, |(_, word)| word)
}

/// The table itself, for the report: figure, and its words with their bounds.
pub(crate) fn rows() -> Vec<Vec<String>> {
    let row = |scale: &Scale| {
        let shown = |bound: f64| match scale.figure {
            Figure::Latency | Figure::Memory => format!("{}", bound / 1e6),
            Figure::Errors => format!("{}", bound * 100.0),
            _ => format!("{bound}"),
        };
        let words = scale.words.iter().map(|(bound, word)| format!("{} {word}", shown(*bound)));
        vec![scale.name.to_owned(), words.collect::<Vec<_>>().join(", "), scale.otherwise.to_owned()]
    };
    SCALES.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_from_thresholds() {
        for (figure, value, expected) in [
            (Figure::Throughput, 1_000.0, "good"),
            (Figure::Throughput, 999.0, "fair"),
            (Figure::Throughput, 1.0, "poor"),
            (Figure::Latency, 9.9e6, "excellent"),
            (Figure::Latency, 10e6, "good"),
            (Figure::Latency, 1e9, "poor"),
            (Figure::Memory, 99e6, "efficient"),
            (Figure::Memory, 100e6, "moderate"),
            (Figure::Errors, 0.0, "reliable"),
            (Figure::Errors, 0.05, "unreliable"),
            (Figure::Scalability, 0.8, "linear"),
            (Figure::Freed, 0.5, "keeping much"),
        ] {
            assert_eq!(word(figure, value), expected, "{figure:?} {value}");
        }
        for scale in &SCALES {
            let ordered = |pair: &[(f64, &str)]| (pair[0].0 > pair[1].0) == scale.more_is_better;
            assert!(scale.words.windows(2).all(ordered), "{}", scale.name);
        }
    }
}
