//! The comparison as a document, computed from what was measured: no sentence in it is about a run that was not this one.

mod conclusions;
mod tables;

use event_daemon::Architecture;
use event_daemon::faults::Aftermath;
use perf_exporters::Report;
use perf_load::endurance::Endured;
use perf_load::page::{self, Axis, Line, Panel, Plot, Tone};
use perf_load::scale::Scalability;

use crate::commands::Result;
use crate::document::Document;
use crate::measure::scaling::{CALLERS, capacity};
use crate::measure::{levels, live_bytes, memory, patterns, recovery};

/// Everything that was measured.
pub(crate) struct Results {
    pub(crate) levels: Vec<levels::Found>,
    pub(crate) patterns: Vec<patterns::Found>,
    pub(crate) payloads: Vec<memory::Found>,
    pub(crate) endured: [Endured; 2],
    pub(crate) scaling: [Scalability; 2],
    pub(crate) recoveries: [recovery::Found; 2],
    pub(crate) faults: Vec<Aftermath>,
}

impl Results {
    /// The comparison report.
    pub(crate) fn document(&self) -> Document {
        let mut document =
            Document { title: "Coordinators per service against one daemon".into(), ..Document::default() };
        document.heading("Executive summary");
        document.list(self.summary());
        document.heading("Indicators");
        tables::indicators(self, &mut document);
        document.heading("Load levels");
        tables::levels(self, &mut document);
        document.heading("Significance");
        tables::significance(self, &mut document);
        document.heading("Load patterns");
        tables::patterns(self, &mut document);
        document.heading("Faults and recovery");
        tables::faults(self, &mut document);
        document.heading("Memory");
        tables::memory(self, &mut document);
        document.heading("Scalability");
        tables::scalability(self, &mut document);
        document.heading("Strengths and weaknesses");
        document.list(self.strengths());
        document.heading("Bottlenecks");
        document.list(self.bottlenecks());
        document.heading("Recommendations");
        document.list(self.recommendations());
        document.heading("Words");
        document.table(&["figure", "words from the best on", "beyond"], crate::words::rows());
        document
    }

    /// All reports as one, for `cargo perf` and the page. What a closed loop achieved is a probe of its own.
    pub(crate) fn report(&self) -> Report {
        let levels = self.levels.iter().flat_map(|found| &found.outcomes);
        let patterns = self.patterns.iter().map(|found| &found.outcome);
        let recoveries = self.recoveries.iter().map(|found| &found.outcome);
        let outcomes = levels.chain(patterns).chain(recoveries);
        let mut report: Report = outcomes.map(|outcome| outcome.report.clone()).collect();
        report.probes.extend(self.scaling.iter().filter_map(capacity));
        report.probes.sort_by(|a, b| a.name.cmp(&b.name));
        "event-daemon".clone_into(&mut report.meta.program);
        report.meta.live_bytes = live_bytes();
        report
    }

    /// The page: the report, with the curves above.
    pub(crate) fn page(&self, report: &Report) -> Result<String> {
        let line = |found: &Scalability, architecture: Architecture, tone| {
            let points = CALLERS.iter().filter_map(|callers| {
                Some((f64::from(*callers), found.median(*callers, |step| Some(step.throughput))?))
            });
            Line::new(architecture.name(), tone, points.collect::<Vec<(f64, f64)>>()).dots()
        };
        let [services, daemon] = &self.scaling;
        let lines =
            vec![line(services, Architecture::Services, Tone::Second), line(daemon, Architecture::Daemon, Tone::Main)];
        let scaling = Plot::new(
            "Throughput by callers",
            "Events a second with 1 to 8 callers that each send the next event when the last is acknowledged.",
            Axis::Count("callers".into()),
            vec![Panel::new(Axis::Rate, lines)],
        );
        let mut plots = vec![scaling];
        plots.extend(self.levels.last().into_iter().flat_map(|found| &found.outcomes).map(page::course));
        plots.extend(self.recoveries.iter().map(|found| page::recovery(&found.recovery)));
        plots.extend(self.endured.iter().map(page::endured));
        Ok(page::render(report, &plots)?)
    }
}
