//! The actions of keys.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    /// Closes the view that was opened last; with none open, quits.
    Back,
    Open,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// Sorts by the n-th column.
    SortBy(usize),
    SortLeft,
    SortRight,
    Reverse,
    /// Begins to type a filter.
    Filter,
    Type(char),
    Erase,
    EraseAll,
    Probes,
    Budgets,
    Memory,
    Totals,
    Pause,
    Help,
    /// No action; the key closes the help, as any key does.
    Nothing,
}

/// The action of a key while a filter is typed, or while none is.
pub(super) fn action(key: &KeyEvent, typing: bool) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => return Some(Action::Quit),
        KeyCode::Char('u') if control && typing => return Some(Action::EraseAll),
        KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return Some(Action::Nothing),
        KeyCode::Char(c) if typing => return Some(Action::Type(c)),
        KeyCode::Backspace if typing => return Some(Action::Erase),
        _ => {}
    }
    Some(match key.code {
        KeyCode::Esc => Action::Back,
        KeyCode::Enter => Action::Open,
        KeyCode::Up | KeyCode::Char('k') => Action::Up,
        KeyCode::Down | KeyCode::Char('j') => Action::Down,
        KeyCode::PageUp => Action::PageUp,
        KeyCode::PageDown => Action::PageDown,
        KeyCode::Home | KeyCode::Char('g') => Action::Home,
        KeyCode::End | KeyCode::Char('G') => Action::End,
        KeyCode::Left | KeyCode::Char('<') => Action::SortLeft,
        KeyCode::Right | KeyCode::Char('>') => Action::SortRight,
        KeyCode::Char(digit @ '0'..='9') => Action::SortBy(digit.to_digit(10)? as usize),
        KeyCode::Char('r') => Action::Reverse,
        KeyCode::Char('/') => Action::Filter,
        KeyCode::Char('p') => Action::Probes,
        KeyCode::Char('b') => Action::Budgets,
        KeyCode::Char('m') => Action::Memory,
        KeyCode::Char('t') => Action::Totals,
        KeyCode::Char(' ') => Action::Pause,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Action::Help,
        KeyCode::Char('q') => Action::Quit,
        _ => Action::Nothing,
    })
}
