//! `cargo perf load --tui`: a run on a screen of its own, until it is over.
//!
//! The run is on a thread of its own and reports its progress; another thread reads keys. The state is a value,
//! [`App`], that changes by these [`Event`]s alone; [`draw`] makes a screen of it.

mod app;
mod draw;

use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use perf_load::{Live, Outcome, Stop};

use super::plan::Plan;
use super::run::INTERRUPTED;
use crate::failure::{Failure, Result};
use crate::out;
use crate::screen::goodbye::Goodbye;
use crate::screen::keys::{self, Input};
use crate::screen::{Screen, theme::Theme};
use app::App;

/// How long a screen is shown before it is redrawn without an event.
const REDRAW: Duration = Duration::from_millis(500);

/// Something that changes the screen.
enum Event {
    Live(Box<Live>),
    Input(Input),
    /// The run is over.
    Over(Box<std::result::Result<Outcome, perf_load::Error>>),
    /// A thread has stopped unexpectedly.
    Broken,
}

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Ends the run; a second time, the program.
    Quit,
    Pause,
}

fn action(key: &KeyEvent) -> Option<Action> {
    match key.code {
        _ if key.kind == KeyEventKind::Release => None,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Action::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Action::Quit),
        KeyCode::Char(' ') => Some(Action::Pause),
        _ => None,
    }
}

/// Drives the plan, and shows its progress until it is over.
pub(super) fn drive(plan: &Plan, stop: &Stop) -> Result<Outcome> {
    let failed = |error| Failure::new(format!("cannot draw on the terminal: {error}"));
    let theme = Theme::new(out::color());
    let (events, received) = mpsc::channel();
    let mut screen = Screen::open().map_err(failed)?;
    start(plan, stop.clone(), events.clone());
    let events = Goodbye::new(events, || Event::Broken);
    keys::read(move |input| events.send(Event::Input(input)));
    let mut app = App::new(plan);
    loop {
        app.answers = plan.client.answers();
        screen.terminal.draw(|frame| draw::screen(&app, frame, theme)).map_err(failed)?;
        match received.recv_timeout(REDRAW) {
            Ok(Event::Live(live)) => app.told(*live),
            Ok(Event::Input(Input::Key(key))) => match action(&key) {
                Some(Action::Quit) if stop.is_stopped() => {
                    drop(screen);
                    process::exit(INTERRUPTED);
                }
                Some(Action::Quit) => stop.stop(),
                Some(Action::Pause) => app.pause(),
                None => {}
            },
            // Where the terminal is gone, the signal that comes with that ends the run.
            Ok(Event::Input(Input::Resized | Input::Gone)) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Event::Over(ended)) => return Ok((*ended)?),
            Ok(Event::Broken) | Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new("a part of this program has stopped (this is a bug in cargo-perf)"));
            }
        }
        app.stopping = stop.is_stopped();
    }
}

/// The run, on a thread of its own.
fn start(plan: &Plan, stop: Stop, events: Sender<Event>) {
    let watcher = events.clone();
    let load = plan.load.clone().stop(stop).watch(move |live: &Live| {
        // The receiver is gone where the screen could not be drawn.
        let _ = watcher.send(Event::Live(Box::new(live.clone())));
    });
    let operations: Vec<_> = plan.operations.iter().map(|(operation, _)| operation.clone()).collect();
    let client = plan.client.clone();
    let events = Goodbye::new(events, || Event::Broken);
    thread::spawn(move || {
        let outcome = client.drive(&load, &operations);
        let _ = events.send(Event::Over(Box::new(outcome)));
    });
}
