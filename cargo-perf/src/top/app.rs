//! The state behind the screen, as a value: reports from the endpoint, and the selection of the user.
//!
//! It changes only by events of the endpoint and by [`App::act`], and draws nothing.

use std::time::Instant;

use perf_exporters::Report;

use super::Event;
use super::TopArgs;
use super::feed::Feed;
use super::figure::{Column, Figure, MEMORY, TIMES};
use super::input::{self, Action};
use super::interval::Interval;
use super::rows::{self, Order, Row};
use crate::failure::{Failure, Result};

/// Characters that a filter has at most.
const MOST_FILTER: usize = 60;

/// The kind of rows that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Probes,
    Memory,
    Budgets,
}

/// The mode of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Looking,
    /// A filter is being typed.
    Typing,
    /// The help is shown; any key closes it.
    Help,
    /// The user ends the program.
    Done,
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) feed: Feed,
    pub(super) view: View,
    /// The probe whose details are shown.
    pub(super) open: Option<String>,
    pub(super) mode: Mode,
    pub(super) filter: String,
    /// Shows figures since the program started, instead of the last interval.
    totals: bool,
    times: Order,
    memory: Order,
    /// The marked row, and its probe once the user chose one: the probe stays marked when it moves.
    at: usize,
    marked: Option<String>,
    /// Lines of the details that are above the screen.
    pub(super) scroll: usize,
    most_scroll: usize,
    page: usize,
}

impl App {
    pub(super) fn new(args: &TopArgs) -> Self {
        Self {
            feed: Feed::new(),
            view: View::Probes,
            open: None,
            mode: Mode::Looking,
            filter: args.filter.chars().take(MOST_FILTER).collect(),
            totals: args.totals,
            times: Order { by: args.sort, reversed: false },
            memory: Order { by: Figure::OwnBytes, reversed: false },
            at: 0,
            marked: None,
            scroll: 0,
            most_scroll: 0,
            page: usize::MAX,
        }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Report(report) => self.feed.received(*report, Instant::now()),
            Event::Away { why, again } => self.feed.away(why, again),
            Event::Key(key) => {
                if let Some(action) = input::action(&key, self.mode == Mode::Typing) {
                    self.act(action);
                }
            }
            Event::Redraw => {}
            Event::Quit => self.mode = Mode::Done,
            Event::Broken => {
                return Err(Failure::new("a part of this program has stopped (this is a bug in cargo-perf)"));
            }
        }
        Ok(())
    }

    /// Performs the action of a key.
    pub(super) fn act(&mut self, action: Action) {
        if self.mode == Mode::Help && action != Action::Quit {
            self.mode = Mode::Looking;
            return;
        }
        match action {
            Action::Quit => self.mode = Mode::Done,
            Action::Back => self.back(),
            Action::Open => self.enter(),
            Action::Up => self.step(-1),
            Action::Down => self.step(1),
            Action::PageUp => self.step(-self.page()),
            Action::PageDown => self.step(self.page()),
            Action::Home => self.jump(0),
            Action::End => self.jump(usize::MAX),
            Action::SortBy(column) => self.sort_by(column),
            Action::SortLeft => self.sort_beside(-1),
            Action::SortRight => self.sort_beside(1),
            Action::Reverse => {
                if let Some(order) = self.order_mut() {
                    order.reversed = !order.reversed;
                }
            }
            Action::Filter => {
                self.open = None;
                self.mode = Mode::Typing;
            }
            Action::Type(c) if self.filter.chars().count() < MOST_FILTER => self.filter.push(c),
            Action::Erase => drop(self.filter.pop()),
            Action::EraseAll => self.filter.clear(),
            Action::Probes => self.look_at(View::Probes),
            Action::Budgets => self.look_at(View::Budgets),
            Action::Memory => self.look_at(View::Memory),
            Action::Totals => self.totals = !self.totals,
            Action::Pause => self.feed.pause(),
            Action::Help => self.mode = Mode::Help,
            Action::Type(_) | Action::Nothing => {}
        }
    }

    /// Closes the view that was opened last.
    fn back(&mut self) {
        if self.mode == Mode::Typing {
            self.mode = Mode::Looking;
            self.filter.clear();
        } else if self.open.is_some() {
            self.open = None;
        } else if self.view != View::Probes {
            self.look_at(View::Probes);
        } else {
            self.mode = Mode::Done;
        }
    }

    fn enter(&mut self) {
        if self.mode == Mode::Typing {
            self.mode = Mode::Looking;
        } else if self.open.is_some() {
            self.open = None;
        } else {
            self.scroll = 0;
            self.open = self.marked_probe();
        }
    }

    /// Opens a view, or goes back to the probes from it.
    fn look_at(&mut self, view: View) {
        self.open = None;
        self.view = if self.view == view { View::Probes } else { view };
        (self.at, self.marked) = (0, None);
    }

    /// The probe in the row that is marked.
    fn marked_probe(&self) -> Option<String> {
        match self.view {
            View::Budgets => self.budgets().get(self.at()).map(|budget| budget.probe.clone()),
            View::Probes | View::Memory => self.rows().get(self.at()).map(|row| row.total.name.clone()),
        }
    }

    /// How many rows the list has.
    fn listed(&self) -> usize {
        if self.view == View::Budgets { self.budgets().len() } else { self.rows().len() }
    }

    /// The marked row, counted from 1, and how many there are, where that is more than a page.
    pub(super) fn place(&self) -> Option<(usize, usize)> {
        let all = self.listed();
        (self.open.is_none() && all > self.page).then(|| (self.at() + 1, all))
    }

    fn page(&self) -> isize {
        isize::try_from(self.page.max(1)).unwrap_or(isize::MAX)
    }

    fn step(&mut self, by: isize) {
        if self.open.is_some() {
            self.scroll = self.scroll.saturating_add_signed(by).min(self.most_scroll);
        } else {
            self.jump(self.at().saturating_add_signed(by));
        }
    }

    fn jump(&mut self, to: usize) {
        if self.open.is_some() {
            self.scroll = to.min(self.most_scroll);
            return;
        }
        self.at = to.min(self.listed().saturating_sub(1));
        // The top row stays marked when another probe comes there.
        self.marked = match self.view {
            View::Probes | View::Memory if self.at > 0 => self.rows().get(self.at).map(|row| row.total.name.clone()),
            _ => None,
        };
    }

    /// Numbers of columns count from 1; 0 is the name.
    fn sort_by(&mut self, column: usize) {
        let by = match column.checked_sub(1) {
            None => Some(Figure::Name),
            Some(at) => self.columns().get(at).map(|column| column.figure),
        };
        if let (Some(by), Some(order)) = (by, self.order_mut()) {
            *order = Order { by, reversed: false };
        }
    }

    fn sort_beside(&mut self, step: isize) {
        let Some(order) = self.order() else { return };
        let columns = self.columns();
        let at = columns.iter().position(|column| column.figure == order.by).map_or(0, |at| at + 1);
        self.sort_by(at.saturating_add_signed(step).min(columns.len()));
    }

    fn order_mut(&mut self) -> Option<&mut Order> {
        match self.view {
            View::Probes => Some(&mut self.times),
            View::Memory => Some(&mut self.memory),
            View::Budgets => None,
        }
    }

    /// How the list is sorted; none where the list has an order of its own.
    pub(super) fn order(&self) -> Option<Order> {
        match self.view {
            View::Probes => Some(self.times),
            View::Memory => Some(self.memory),
            View::Budgets => None,
        }
    }

    /// The columns of the list, whether there is room for them or not.
    pub(super) fn columns(&self) -> &'static [Column] {
        match self.view {
            View::Probes => TIMES,
            View::Memory => MEMORY,
            View::Budgets => &[],
        }
    }

    /// Sets how much fits on the screen.
    pub(super) fn fit(&mut self, page: usize, most_scroll: usize) {
        (self.page, self.most_scroll) = (page, most_scroll);
        self.scroll = self.scroll.min(most_scroll);
    }

    pub(super) fn is_done(&self) -> bool {
        self.mode == Mode::Done
    }

    /// The report that is shown.
    pub(super) fn report(&self) -> Option<&Report> {
        self.feed.report()
    }

    /// The interval whose figures are shown; none where it is totals.
    pub(super) fn interval(&self) -> Option<&Interval> {
        if self.totals { None } else { self.feed.interval() }
    }

    /// Whether there are figures to show.
    pub(super) fn has_figures(&self) -> bool {
        self.feed.has_figures(self.totals)
    }

    /// The probes that are listed.
    pub(super) fn rows(&self) -> Vec<Row<'_>> {
        let order = self.order().unwrap_or(self.times);
        self.report().map_or_else(Vec::new, |report| rows::probes(report, self.interval(), &self.filter, order))
    }

    /// The budgets that are listed.
    pub(super) fn budgets(&self) -> Vec<&perf_exporters::report::BudgetReport> {
        self.report().map_or_else(Vec::new, |report| rows::budgets(report, &self.filter))
    }

    /// The row that is marked.
    pub(super) fn at(&self) -> usize {
        let place = |name: &String| self.rows().iter().position(|row| row.total.name == *name);
        self.marked.as_ref().and_then(place).unwrap_or_else(|| self.at.min(self.listed().saturating_sub(1)))
    }
}
