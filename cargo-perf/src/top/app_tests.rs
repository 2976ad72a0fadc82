//! Keys and their effects.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Event;
use super::app::{App, Mode, View};
use super::feed::Link;
use super::figure::Figure;
use super::input::{Action, action};
use super::sample::{app, press, report};

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Types the keys one by one.
fn type_keys(app: &mut App, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '\u{8}' => KeyCode::Backspace,
            c => KeyCode::Char(c),
        };
        app.take(Event::Key(key(code))).unwrap();
    }
}

fn names(app: &App) -> Vec<String> {
    app.rows().iter().map(|row| row.total.name.rsplit("::").next().unwrap().to_owned()).collect()
}

#[test]
fn keys_mean_something_else_while_a_filter_is_typed() {
    for (code, free, typing) in [
        (KeyCode::Char('q'), Some(Action::Quit), Some(Action::Type('q'))),
        (KeyCode::Char(' '), Some(Action::Pause), Some(Action::Type(' '))),
        (KeyCode::Char('7'), Some(Action::SortBy(7)), Some(Action::Type('7'))),
        (KeyCode::Backspace, Some(Action::Nothing), Some(Action::Erase)),
        (KeyCode::Esc, Some(Action::Back), Some(Action::Back)),
        (KeyCode::Up, Some(Action::Up), Some(Action::Up)),
        (KeyCode::F(9), Some(Action::Nothing), Some(Action::Nothing)),
    ] {
        assert_eq!((action(&key(code), false), action(&key(code), true)), (free, typing), "{code:?}");
    }
    let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    assert_eq!([true, false].map(|typing| action(&control('c'), typing)), [Some(Action::Quit); 2]);
    assert_eq!(
        [true, false].map(|typing| action(&control('u'), typing)),
        [Some(Action::EraseAll), Some(Action::Nothing)]
    );
    assert_eq!(action(&control('q'), false), Some(Action::Nothing));
    let released = KeyEvent { kind: KeyEventKind::Release, ..key(KeyCode::Char('q')) };
    assert_eq!(action(&released, false), None);
}

#[test]
fn sorted_by_any_column_and_back() {
    let mut app = app();
    assert_eq!(names(&app), ["handle", "query", "get", "\u{7}数え上げ", "started"]);
    type_keys(&mut app, "1");
    assert_eq!(names(&app)[..2], ["get", "query"]);
    type_keys(&mut app, "r");
    // Probes that were not called in the interval stay below.
    assert_eq!(names(&app), ["\u{7}数え上げ", "query", "handle", "get", "started"]);
    type_keys(&mut app, "0");
    assert_eq!(names(&app)[1..3], ["get", "query"]);
    type_keys(&mut app, "<");
    assert_eq!(app.order().unwrap().by, Figure::Name);
    type_keys(&mut app, ">>>");
    assert_eq!(app.order().unwrap().by, Figure::OwnTime);
    type_keys(&mut app, ">>>>>>>>>>>>");
    assert_eq!(app.order().unwrap().by, Figure::Errors);
    // The view of memory has an order of its own.
    type_keys(&mut app, "m");
    assert_eq!(app.order().unwrap().by, Figure::OwnBytes);
    type_keys(&mut app, "6");
    assert_eq!((app.order().unwrap().by, names(&app)[0].as_str()), (Figure::Peak, "handle"));
    type_keys(&mut app, "9");
    assert_eq!(app.order().unwrap().by, Figure::Peak);
    type_keys(&mut app, "b1<>r");
    assert!(app.order().is_none());
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut app = app();
    type_keys(&mut app, "/ORD");
    assert!(app.mode == Mode::Typing && names(&app) == ["handle"]);
    type_keys(&mut app, "x\u{8}\n");
    assert!(app.mode == Mode::Looking && app.filter == "ORD");
    type_keys(&mut app, "/zzz");
    assert_eq!(names(&app).len(), 0);
    press(&mut app, &[Action::Down, Action::End, Action::PageUp, Action::Open, Action::Open]);
    assert_eq!(app.open, None, "there is nothing to open");
    type_keys(&mut app, "/\u{1b}");
    assert!(app.mode == Mode::Looking && app.filter.is_empty());
    type_keys(&mut app, "/");
    (0..500).for_each(|_| type_keys(&mut app, "é"));
    assert_eq!(app.filter.chars().count(), 60);
    app.take(Event::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL))).unwrap();
    assert!(app.filter.is_empty() && app.mode == Mode::Typing);
}

#[test]
fn what_is_marked_stays_marked_and_the_top_stays_the_top() {
    let mut app = app();
    let marked = |app: &App| names(app)[app.at()].clone();
    press(&mut app, &[Action::Down]);
    assert_eq!(marked(&app), "query");
    type_keys(&mut app, "1");
    assert_eq!(marked(&app), "query", "in another order");
    app.feed.received(report(30), Instant::now());
    assert_eq!(marked(&app), "query", "in another report");
    press(&mut app, &[Action::Home]);
    assert_eq!(marked(&app), "get");
    type_keys(&mut app, "3");
    assert_eq!((app.at(), marked(&app)), (0, "handle".to_owned()));
    press(&mut app, &[Action::Up, Action::Up]);
    assert_eq!(app.at(), 0);
    press(&mut app, &[Action::End, Action::Down]);
    assert_eq!(marked(&app), "started");
}

#[test]
fn escape_closes_what_was_opened_last() {
    let mut app = app();
    type_keys(&mut app, "b\n?");
    assert!(app.mode == Mode::Help && app.open.as_deref() == Some("shop::db::query"));
    type_keys(&mut app, "x");
    assert!(app.mode == Mode::Looking && app.open.is_some());
    type_keys(&mut app, "\u{1b}");
    assert!(app.open.is_none() && app.view == View::Budgets);
    type_keys(&mut app, "\u{1b}");
    assert!(app.view == View::Probes && !app.is_done());
    type_keys(&mut app, "\u{1b}");
    assert!(app.is_done());
}

#[test]
fn details_are_scrolled_as_far_as_they_go() {
    let mut app = app();
    app.fit(10, 3);
    press(&mut app, &[Action::Open, Action::PageDown]);
    assert_eq!(app.scroll, 3);
    press(&mut app, &[Action::Up]);
    assert_eq!(app.scroll, 2);
    app.fit(10, 1);
    assert_eq!(app.scroll, 1);
    press(&mut app, &[Action::Home]);
    assert_eq!(app.scroll, 0);
    type_keys(&mut app, "mm");
    assert!(app.open.is_none() && app.view == View::Probes);
}

#[test]
fn an_endpoint_that_is_away_leaves_what_there_was() {
    let mut app = app();
    app.feed.away("gone".into(), Instant::now());
    assert!(matches!(app.feed.link, Link::Away { .. }) && app.rows().len() == 5);
    // The endpoint is back with another process: there are no rates across the two.
    let mut other = report(3);
    other.meta.pid = Some(9);
    app.feed.received(other, Instant::now());
    assert!(app.feed.restarted && app.interval().is_none() && app.feed.history.live_bytes(9).is_empty());
    assert!(matches!(app.feed.link, Link::Live));
    let mut other = report(4);
    other.meta.pid = Some(9);
    app.feed.received(other, Instant::now());
    assert!(
        !app.feed.restarted && app.interval().is_some_and(|interval| interval.report.meta.duration_ns == 1_000_000_000)
    );
    assert!(app.take(Event::Broken).is_err());
    app.take(Event::Quit).unwrap();
    assert!(app.is_done());
}
