//! Keys and changes of the window, read on a thread of its own.
//!
//! With crossterm's feature `use-dev-tty`, which waits with `poll`: by default it waits with edge-triggered `epoll` and
//! returns after the first of two sources that are ready, so that a key that is pressed while the window changes is
//! read only when another one is pressed.

use std::thread;

use crossterm::event::{self, Event, KeyEvent};

/// What comes from the terminal.
pub(crate) enum Input {
    Key(KeyEvent),
    /// The window has another size.
    Resized,
    /// The terminal is gone, and nothing more comes.
    Gone,
}

/// Reads until `send` returns an error (its receiver is gone), or the terminal is gone.
pub(crate) fn read<E>(send: impl Fn(Input) -> Result<(), E> + Send + 'static) {
    thread::spawn(move || {
        loop {
            let input = match event::read() {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(Event::Resize(..)) => Input::Resized,
                Ok(_) => continue,
                Err(_) => Input::Gone,
            };
            let is_last = matches!(input, Input::Gone);
            if send(input).is_err() || is_last {
                return;
            }
        }
    });
}
