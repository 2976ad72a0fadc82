//! A terminal with `cargo perf` in it: what is typed, and what is seen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

/// What is waited for comes within this, or the test fails.
const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the terminal's modes can be read when the program is gone.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    written: Arc<Mutex<Written>>,
    modes: String,
}

struct Written {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

fn number(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap()
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    pub(crate) fn open(folder: &Path, args: &[&str], env: &[(&str, &str)], (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(cols, rows)).unwrap();
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cargo-perf"));
        command.args(["perf"].iter().chain(args));
        command.cwd(folder);
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"] {
            command.env_remove(variable);
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let written = Arc::new(Mutex::new(Written {
            screen: vt100::Parser::new(number(rows), number(cols), 0),
            bytes: Vec::new(),
        }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let sink = Arc::clone(&written);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let mut written = sink.lock().unwrap();
                written.screen.process(&buffer[..read]);
                written.bytes.extend(&buffer[..read]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, _slave: pair.slave, child, keys, written, modes }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Makes the window larger or smaller.
    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        self.written.lock().unwrap().screen.screen_mut().set_size(number(rows), number(cols));
        self.master.resize(size(cols, rows)).unwrap();
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        self.written.lock().unwrap().screen.screen().contents()
    }

    /// Waits until the screen is as it should be, and returns it.
    pub(crate) fn wait_for(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < DEADLINE, "waited in vain for {what}:\n{screen}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until all of this stands on the screen.
    pub(crate) fn wait_to_see(&self, texts: &[&str]) -> String {
        self.wait_for(&texts.join(" and "), |screen| texts.iter().all(|text| screen.contains(text)))
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Whether the program has the screen to itself, without a cursor.
    pub(crate) fn is_taken(&self) -> bool {
        let written = self.written.lock().unwrap();
        written.screen.screen().alternate_screen() && written.screen.screen().hide_cursor()
    }

    /// Everything that was written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.written.lock().unwrap().bytes.clone()
    }

    /// Waits for the program to end and returns its exit code. The terminal is as it was before.
    pub(crate) fn end(&mut self) -> u32 {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < DEADLINE, "it does not end:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(format!("{:?}", self.master.get_termios().unwrap()), self.modes, "the terminal's modes");
        self.wait_for("the screen to be given back", |_| {
            let written = self.written.lock().unwrap();
            !written.screen.screen().alternate_screen() && !written.screen.screen().hide_cursor()
        });
        status.exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
