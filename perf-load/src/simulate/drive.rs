//! A simulated queue under load.

use std::time::{Duration, SystemTime};

use perf_exporters::report::{Moment, Track};

use super::Queue;
use super::engine::Engine;
use super::tally::Tally;
use crate::{Arrivals, Drive, Error, Model, Outcome};

impl Drive for Queue {
    /// Takes no time but that of the computation: about a million requests a second in an optimised build. The track of the
    /// report tells memory and processor time of the simulated process.
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let begin = self.now;
        let mut tally = Tally::new(begin, arrivals.duration());
        let mut engine = self.engine.take().unwrap_or_else(|| Engine::new(self));
        let before = self.moment(begin, &engine);
        let dues = arrivals.times().map(|time| begin.saturating_add(super::nanos(time)));
        let last = engine.run(self, dues, |at, event| tally.add(at, event));
        // Arrivals may stop coming before their time is over, and an empty schedule takes its time, too.
        self.now = last.max(begin.saturating_add(super::nanos(arrivals.duration())));
        let after = self.moment(self.now, &engine);
        self.engine = Some(engine);
        tally.finish();
        Ok(self.outcome(begin, tally, [before, after]))
    }
}

impl Queue {
    fn outcome(&self, begin: u64, tally: Tally, moments: [Moment; 2]) -> Outcome {
        let mut outcome = Outcome::new(&self.name, Model::open(self.servers));
        outcome.elapsed = Duration::from_nanos(self.now - begin);
        outcome.counts = tally.counts;
        for (times, kind, failed) in
            [(&tally.response, "response", tally.counts.failed), (&tally.service, "service", 0)]
        {
            outcome.report.probes.push(times.probe(format!("{}::{kind}", self.name), failed));
        }
        outcome.response = tally.response.all;
        outcome.service = tally.service.all;
        outcome.course = tally.course;
        let meta = &mut outcome.report.meta;
        meta.program.clone_from(&self.name);
        meta.processes = 1;
        "simulated".clone_into(&mut meta.clock);
        meta.time = SystemTime::UNIX_EPOCH + self.age();
        meta.duration_ns = self.now - begin;
        meta.alloc_tracking = self.memory.is_some();
        meta.live_bytes = moments[1].live_bytes.unwrap_or(0);
        let mut track = Track::default();
        track.moments = moments.to_vec();
        outcome.report.monitor.push(track);
        outcome
    }

    fn moment(&mut self, at: u64, engine: &Engine) -> Moment {
        let memory = self.memory.map(|memory| memory.read(Duration::from_nanos(at), &mut self.readings));
        let mut moment = Moment::default();
        moment.at_ns = at;
        moment.rss_bytes = memory;
        moment.live_bytes = memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        moment.cpu_ns = Some(engine.worked());
        moment
    }
}
