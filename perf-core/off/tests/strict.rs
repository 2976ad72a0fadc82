//! A budget test without feature `enabled`: told of, and an error where `PERF_STRICT` asks for that.

use std::process::Command;

use perf_core::perf_budget;

#[perf_budget(p95 = "1s")]
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn budgeted() {
    std::hint::black_box(6 * 7);
}

#[test]
fn a_budget_that_is_not_enforced_fails_where_that_is_asked_for() {
    for (strict, passes) in [(None, true), (Some("0"), true), (Some("off"), true), (Some("1"), false), (Some("on"), false)] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["budgeted", "--exact", "--ignored", "--nocapture"]).env_remove("PERF_STRICT");
        command.envs(strict.map(|value| ("PERF_STRICT", value)));
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), passes, "{strict:?}: {text}");
        assert!(text.contains("budget not enforced"), "{text}");
        if !passes {
            assert!(text.contains("[dev-dependencies]") && text.contains(r#"features = ["enabled"]"#), "{text}");
        }
    }
}
