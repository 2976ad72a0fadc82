//! callgrind: the command that runs a program under it, and the file that it leaves.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether `valgrind` is on the path, and has the tool.
pub(super) fn is_installed() -> bool {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--version"]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs a program under callgrind, which counts where the program asks for it, and writes all parts to one file.
pub(super) fn command(program: &Path, path: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind", "--collect-atstart=no", "--instr-atstart=no"]);
    // Instructions of functions and lines are not asked for. A `%` in the path would be a pattern.
    command.args(["--combine-dumps=yes", "--dump-line=no", "--dump-instr=no"]);
    let escaped = path.to_string_lossy().replace('%', "%%");
    command.arg(format!("--callgrind-out-file={escaped}")).arg(program);
    command
}

/// How a part begins whose name a program gave.
const NAMED: &str = "desc: Trigger: Client Request: ";

/// The parts of a file that have names, with their instructions.
pub(super) fn parts(text: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut name = None;
    for line in text.lines() {
        if line.starts_with("part: ") {
            name = None;
        } else if let Some(given) = line.strip_prefix(NAMED) {
            name = Some(given.trim_end().to_owned());
        } else if let Some(total) = line.strip_prefix("totals: ")
            && let (Some(name), Ok(total)) = (name.take(), total.trim().parse())
        {
            parts.push((name, total));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_parts_are_read() {
        let text = "# callgrind format\nversion: 1\npart: 1\n\ndesc: I1 cache: \n\
            desc: Trigger: Client Request: body 64 1\nevents: Ir\nfn=(1) main\n+3 12\nsummary: 12\n\n\ntotals: 12\n\
            part: 2\ndesc: Trigger: Program termination\nevents: Ir\ntotals: 99\n\
            part: 3\ndesc: Trigger: Client Request: body 256 1\ntotals: nonsense\n";
        assert_eq!(parts(text), [("body 64 1".to_owned(), 12)]);
        assert!(parts("").is_empty());
    }
}
