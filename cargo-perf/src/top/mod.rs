//! `cargo perf top`: a running program in the terminal.
//!
//! Two threads wait, one for the endpoint ([`fetch`]) and one for keys ([`keys`]), and send [`Event`]s. The state is a
//! value, [`App`], that changes only by them; [`draw`] makes a screen of it. Both are pure, so that tests press keys and
//! read screens without a terminal.

mod app;
#[cfg(test)]
mod app_tests;
mod args;
mod draw;
mod feed;
mod fetch;
mod figure;
mod history;
mod input;
mod interval;
mod rows;
#[cfg(test)]
mod sample;

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use perf_exporters::Report;

use crate::endpoint::Endpoint;
use crate::failure::{Failure, Result};
use crate::out;
use crate::screen::goodbye::Goodbye;
use crate::screen::keys::{self, Input};
use crate::screen::{self, Screen, theme::Theme};
use app::App;
pub(crate) use args::TopArgs;

/// How long a screen is shown before it is redrawn without an event: it shows the time to the next try.
const REDRAW: Duration = Duration::from_millis(500);

/// How long an endpoint may answer with the same report.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that changes the screen.
enum Event {
    Report(Box<Report>),
    /// No report came; with the time of the next try.
    Away {
        why: String,
        again: Instant,
    },
    Key(KeyEvent),
    Redraw,
    Quit,
    /// A thread has stopped unexpectedly.
    Broken,
}

pub(crate) fn run(args: &TopArgs) -> Result<ExitCode> {
    let endpoint = Endpoint::new(&args.address)?;
    let app = App::new(args);
    if args.once {
        once(app, &endpoint, args)?;
    } else {
        screen::check("`--once` prints a plain table")?;
        watch(app, endpoint, args.interval)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one table, of the time between two reports, or of all the time.
fn once(mut app: App, endpoint: &Endpoint, args: &TopArgs) -> Result<()> {
    let fetch = || endpoint.fetch().map_err(|why| Failure::new(format!("{}: {why}", endpoint.url())));
    app.feed.received(fetch()?, Instant::now());
    let give_up = Instant::now() + PATIENCE.max(2 * args.interval);
    while !app.has_figures() {
        if Instant::now() > give_up {
            let why = "the same report again and again; `--totals` shows it";
            return Err(Failure::new(format!("{}: {why}", endpoint.url())));
        }
        std::thread::sleep(args.interval);
        app.feed.received(fetch()?, Instant::now());
    }
    let top = if args.top == 0 { usize::MAX } else { args.top };
    out::print(&draw::plain(&app, out::width(), top))
}

/// Shows the screen, until the user ends the program.
fn watch(mut app: App, endpoint: Endpoint, interval: Duration) -> Result<()> {
    let theme = Theme::new(out::color());
    let (events, received) = mpsc::channel();
    // The program also quits when the terminal closes (SIGHUP), or on a request to end (SIGTERM).
    let quit = events.clone();
    ctrlc::set_handler(move || drop(quit.send(Event::Quit)))
        .map_err(|error| Failure::new(format!("cannot wait for signals: {error}")))?;
    let failed = |error| Failure::new(format!("cannot draw on the terminal: {error}"));
    let mut screen = Screen::open().map_err(failed)?;
    fetch::start(endpoint, interval, Goodbye::new(events.clone(), || Event::Broken));
    let events = Goodbye::new(events, || Event::Broken);
    keys::read(move |input| {
        events.send(match input {
            Input::Key(key) => Event::Key(key),
            Input::Resized => Event::Redraw,
            Input::Gone => Event::Quit,
        })
    });
    while !app.is_done() {
        let size = screen.terminal.size().map_err(failed)?;
        let (page, most_scroll) = draw::room(&app, size);
        app.fit(page, most_scroll);
        screen.terminal.draw(|frame| draw::screen(&app, frame, theme, Instant::now())).map_err(failed)?;
        for event in next(&received) {
            app.take(event)?;
        }
    }
    Ok(())
}

/// The events since the last screen, at least one unless a while passed: one screen for all of them.
fn next(received: &Receiver<Event>) -> Vec<Event> {
    let first = match received.recv_timeout(REDRAW) {
        Ok(event) => event,
        Err(RecvTimeoutError::Timeout) => Event::Redraw,
        Err(RecvTimeoutError::Disconnected) => Event::Broken,
    };
    std::iter::once(first).chain(received.try_iter()).collect()
}
