//! A simulated queue under load.

use std::time::{Duration, SystemTime};

use perf_exporters::report::{Moment, Track};

use super::Queue;
use super::engine::{Engine, Event};
use crate::conduct::End;
use crate::finish::{Before, finish};
use crate::mix::Choice;
use crate::record::{Collector, Done, Recorder, Times};
use crate::settings::{Settings, window};
use crate::{Arrivals, Drive, Error, Model, Outcome, Stop};

impl Drive for Queue {
    /// Takes only the time of the computation: some million requests a second in an optimised build. The track of the report
    /// has memory and processor time of the simulated process.
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let begin = self.now;
        let mut engine = self.engine.take().unwrap_or_else(|| Engine::new(self));
        let before = self.moment(begin, &engine);
        let dues = arrivals.times().map(|time| begin.saturating_add(super::nanos(time)));
        let width = window(arrivals.duration());
        let (collector, mut recorder) = (Collector::new(width), Recorder::new(width, 1, true));
        let since = |at: u64| at.saturating_sub(begin);
        let last = engine.run(self, dues, |at, event| {
            let part = match event {
                Event::Dropped => {
                    recorder.dropped(since(at));
                    recorder.turn(since(at))
                }
                Event::Done { due, started, failed } => {
                    let times = Times { due: since(due), start: since(started), end: since(at), late: 0 };
                    recorder.ended(times, 0, if failed { Done::Failed("simulated".into()) } else { Done::Ok })
                }
            };
            if let Some(part) = part {
                collector.deliver(part);
            }
        });
        collector.deliver(recorder.take());
        // Arrivals may stop coming before their time is over.
        self.now = last.max(begin.saturating_add(super::nanos(arrivals.duration())));
        let after = self.moment(self.now, &engine);
        self.engine = Some(engine);
        Ok(self.outcome(begin, arrivals, &collector, [before, after]))
    }
}

impl Queue {
    fn outcome(&self, begin: u64, arrivals: &Arrivals, collector: &Collector, moments: [Moment; 2]) -> Outcome {
        let settings = Settings {
            name: self.name.clone(),
            model: Model::open(self.servers),
            backlog: u32::try_from(self.room).unwrap_or(u32::MAX),
            limit: None,
            seed: self.seed,
            stop: Stop::default(),
            stop_on_panic: false,
            watch: None,
        };
        let end = End { last: self.now - begin, stopped: None };
        let (planned, seed) = (arrivals.duration(), arrivals.seed());
        let mut outcome = finish(&settings, planned, seed, &Choice::single(), end, collector, Before::Simulated);
        let meta = &mut outcome.report.meta;
        meta.program.clone_from(&self.name);
        "simulated".clone_into(&mut meta.clock);
        meta.time = SystemTime::UNIX_EPOCH + self.age();
        meta.alloc_tracking = self.memory.is_some();
        meta.live_bytes = moments[1].live_bytes.unwrap_or(0);
        let mut track = Track::default();
        track.moments = moments.to_vec();
        outcome.report.monitor = vec![track];
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
