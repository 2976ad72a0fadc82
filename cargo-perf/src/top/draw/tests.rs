//! Screens, compared with golden files: `PERF_CARGO_BLESS=1` rewrites them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use perf_exporters::report::{Place, ProbeReport};
use perf_exporters::{Report, human};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::top::input::Action;
use crate::top::sample::{HOSTILE, app, args, press, report};

fn drawn_at(app: &App, width: u16, height: u16, now: Instant) -> Buffer {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(drawn) = terminal.draw(|frame| screen(app, frame, Theme::new(true), now));
    drawn.buffer.clone()
}

fn drawn(app: &App, width: u16, height: u16) -> String {
    text_of(&drawn_at(app, width, height, app.feed.came.unwrap_or_else(Instant::now)))
}

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("PERF_CARGO_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{} differs (PERF_CARGO_BLESS=1 accepts):\n{text}", path.display());
}

/// A state for every view.
fn views() -> Vec<(&'static str, App)> {
    let opened = |actions: &[Action]| {
        let mut app = app();
        press(&mut app, actions);
        app
    };
    let mut away = app();
    away.feed.away("io: Connection refused (os error 111)".into(), away.feed.came.unwrap() + Duration::from_secs(7));
    vec![
        ("probes", opened(&[])),
        ("totals", opened(&[Action::Totals, Action::SortBy(6)])),
        ("details", opened(&[Action::SortBy(8), Action::Open])),
        ("idle", opened(&[Action::SortBy(0), Action::Reverse, Action::Home, Action::Open])),
        ("memory", opened(&[Action::Memory])),
        ("budgets", opened(&[Action::Budgets])),
        ("help", opened(&[Action::Help])),
        ("filter", opened(&[Action::Filter, Action::Type('D'), Action::Type('b')])),
        ("paused", opened(&[Action::Pause, Action::Down, Action::Down])),
        ("away", away),
        ("waiting", App::new(&args())),
    ]
}

#[test]
fn golden_files() {
    for (name, app) in views() {
        let text = drawn(&app, 80, 24);
        assert!(text.lines().all(|line| line.width() <= 80) && text.lines().count() == 24);
        golden(&format!("top-{name}-80x24.txt"), &text);
    }
    for (name, app) in views().into_iter().take(6) {
        golden(&format!("top-{name}-160x24.txt"), &drawn(&app, 160, 24));
    }
    golden("top-once.txt", &plain(&app(), 100, 3));
}

#[test]
fn every_place_of_a_name_is_told() {
    let mut report = report(30);
    for probe in &mut report.probes {
        probe.places = vec![Place::new("src/map.rs", 3), Place::new("src/set.rs", 9)];
    }
    let mut app = app();
    app.feed.received(report, Instant::now());
    press(&mut app, &[Action::Open]);
    let text = drawn(&app, 160, 24);
    assert!(text.contains("src/map.rs:3, src/set.rs:9"), "{text}");
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let now = Instant::now();
    for (name, mut app) in views() {
        for width in [1, 2, 3, 8, 21, 39, 40, 41, 43, 57, 58, 66, 80, 120, 500] {
            for height in [1, 2, 3, 4, 6, 8, 9, 10, 11, 24, 60] {
                let (page, most_scroll) = room(&app, Size { width, height });
                app.fit(page, most_scroll);
                app.act(Action::End);
                let text = text_of(&drawn_at(&app, width, height, now));
                let enough = width >= LEAST.width && height >= LEAST.height;
                assert!(!enough || name == "waiting" || text.contains("shopd"), "{name} {width}×{height}:\n{text}");
            }
        }
    }
    assert!(drawn(&app(), 39, 24).starts_with("perf top needs 40 × 10; this is 39 × 24"));
    assert!(!drawn(&app(), 40, 10).contains("needs"));
}

#[test]
fn a_page_has_as_many_rows_as_are_drawn() {
    let mut big = Report::default();
    (big.meta.pid, big.meta.duration_ns) = (Some(1), 1_000_000_000);
    for at in 0..1000 {
        let mut probe = ProbeReport::new(format!("probe {at:03}"));
        (probe.calls, probe.self_ns) = (1, 1000 - at);
        big.probes.push(probe);
    }
    let mut app = App::new(&args());
    app.feed.received(big, Instant::now());
    let (page, _) = room(&app, Size { width: 80, height: 24 });
    app.fit(page, 0);
    let seen = |app: &App| {
        let names =
            |text: &str| text.lines().filter_map(|l| l.strip_prefix("probe ")?.get(..3)?.parse().ok()).collect();
        let rows: Vec<usize> = names(&drawn(app, 80, 24));
        (rows[0], rows.len())
    };
    assert_eq!(seen(&app), (0, page));
    assert!(drawn(&app, 80, 24).contains("1 of 1000\n"));
    app.act(Action::PageDown);
    assert_eq!(seen(&app), (page, page));
    press(&mut app, &[Action::Up]);
    assert_eq!((seen(&app), app.at()), ((0, page), page - 1));
    app.act(Action::End);
    assert_eq!((seen(&app).0, app.at()), (999 / page * page, 999));
}

#[test]
fn names_never_act_on_the_terminal() {
    let mut seen = 0;
    for (name, mut app) in views() {
        for width in [40, 57, 80, 200] {
            let buffer = drawn_at(&app, width, 24, Instant::now());
            for cell in &buffer.content {
                assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'), "{name}");
            }
            seen += usize::from(text_of(&buffer).contains(r"evil\u{1b}[2J\u{202e}::\u{7}数え上げ"));
        }
        app.open = Some(HOSTILE.to_owned());
        seen += usize::from(drawn(&app, 120, 24).contains(r"evil\u{1b}[2J"));
    }
    assert!(seen > 10, "it was shown {seen} times");
    let mut app = app();
    app.filter = "\u{1b}[2J".into();
    assert!(drawn(&app, 80, 24).contains(r#"with "\u{1b}[2J""#));
    app.act(Action::Filter);
    assert!(drawn(&app, 80, 24).contains(r"filter: \u{1b}[2J"));
    app.feed.away("the endpoint says \u{1b}]0;owned\u{7}".into(), Instant::now());
    assert!(!drawn(&app, 80, 24).contains('\u{1b}'));
}

#[test]
fn colours_are_asked_for() {
    let with = |theme: Theme| {
        let Ok(mut terminal) = Terminal::new(TestBackend::new(80, 24));
        let app = app();
        let Ok(drawn) = terminal.draw(|frame| screen(&app, frame, theme, Instant::now()));
        drawn.buffer.content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(with(Theme::new(true)) && !with(Theme::new(false)));
    // The row that is marked is seen without colours.
    let buffer = drawn_at(&app(), 80, 24, Instant::now());
    assert!(buffer[(0, HEAD + 1)].modifier.contains(Modifier::REVERSED));
    assert!(!buffer[(0, HEAD + 2)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn figures_are_those_of_the_interval_and_of_all_the_time() {
    let mut app = app();
    let row = |app: &App| drawn(app, 80, 24).lines().find(|line| line.contains("query")).unwrap().to_owned();
    let cells = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
    // Two seconds: 82 calls, 86 ms, of which half is its own.
    assert_eq!(cells(&row(&app))[..2], ["41", &format!("{:#}", human::duration(86_000_000))]);
    app.act(Action::Totals);
    assert_eq!(cells(&row(&app))[..2], ["820", &format!("{:#}", human::duration(860_000_000))]);
    // Paused, nothing moves when reports come.
    app.act(Action::Pause);
    app.feed.received(report(40), Instant::now());
    assert_eq!(cells(&row(&app))[0], "820");
    app.act(Action::Pause);
    assert_eq!(cells(&row(&app))[0], "1.64K");
}
