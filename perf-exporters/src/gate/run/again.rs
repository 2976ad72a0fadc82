//! A test's program once more, with one test alone, which leaves what it measured in a file.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::subject::Subject;
use crate::env;

/// The interval between checks whether one has ended.
const LOOK: Duration = Duration::from_millis(3);

/// Such a process, and the file that it writes; both end with the value.
pub(super) struct Again {
    child: Child,
    path: PathBuf,
}

impl Again {
    /// Starts a test by a command that runs its program, and names the file in a variable.
    pub(super) fn start(
        program: &Path,
        test: &str,
        variable: &str,
        command: impl FnOnce(&Path, &Path) -> Command,
    ) -> std::io::Result<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("perf-sample-{}-{}", std::process::id(), STARTED.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        let mut command = command(program, &path);
        command.args([test, "--exact", "--include-ignored", "--test-threads=1"]);
        command.env(variable, &path);
        for judged in [env::UPDATE.name(), env::GATE_LOG.name(), env::GATE_MEASURE.name(), env::GATE_DETAIL.name()] {
            command.env_remove(judged);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self { child, path })
    }

    /// Waits until it has ended, but no longer than `patience`; whether it has.
    pub(super) fn ends_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The file, once the process has ended.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        // It has ended, or is to end now.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        for path in [self.path.clone(), self.path.with_file_name(format!(".{name}.guard"))] {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl<S: Subject> Engine<'_, S> {
    /// Waits until it has ended, but no longer than `patience`: the test may need a resource that this process holds. Returns
    /// whether it has.
    pub(super) async fn wait_for(&self, other: &mut Again, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while other.is_running() {
            if Instant::now() >= until {
                return false;
            }
            self.subject.pause(LOOK).await;
        }
        true
    }
}
