//! The call tree as an indented list with bars.

use std::cmp::Reverse;

use super::layout::bar;
use super::text::{Text, style, wrapped};
use super::{counted, name, share};
use crate::human;
use crate::report::{CallTree, TreeNode};

/// Nodes with less of the time than this, in per cent, are left out.
const LEAST_SHARE: f64 = 1.0;
/// Levels that are shown.
const DEEPEST: usize = 24;
/// Lines that are shown.
const MOST_LINES: usize = 60;
/// Width of the bars, where names have room beside them.
const BAR: usize = 10;
/// Columns that a name needs to be of use.
const LEAST_NAME: usize = 12;

/// Title and nodes; nothing where no probe called another, since the table then says it all.
pub(super) fn section(tree: &CallTree, width: usize) -> Vec<Text> {
    if !tree.nodes().iter().skip(1).any(|node| node.parent != 0) {
        return Vec::new();
    }
    let drawing = Drawing::new(tree, width);
    let title = format!("call tree, share of {}", human::duration(drawing.whole));
    let (nodes, hidden) = drawing.lines();
    let mut lines = vec![Text::default(), Text::new(title, style::TITLE)];
    lines.extend(nodes);
    if hidden > 0 {
        let hidden = counted(hidden, "node");
        let note = format!("… {hidden} with less than {LEAST_SHARE} % or further down");
        lines.extend(wrapped(&note, style::DIM, width));
    }
    lines
}

struct Drawing<'a> {
    nodes: &'a [TreeNode],
    /// Those worth showing, greatest last.
    children: Vec<Vec<usize>>,
    /// The time that is 100 %.
    whole: u64,
    width: usize,
}

/// A node to be drawn.
struct Waiting {
    at: usize,
    depth: usize,
    /// The prefix to its left: the lines of its callers' further calls.
    lead: String,
    last: bool,
}

impl<'a> Drawing<'a> {
    fn new(tree: &'a CallTree, width: usize) -> Self {
        let nodes = tree.nodes();
        let mut children = tree.children();
        let total = |at: &usize| nodes[*at].total_ns;
        let whole = children[0].iter().map(total).fold(0, u64::saturating_add);
        for below in &mut children {
            below.retain(|at| share(total(at), whole) >= LEAST_SHARE);
            below.sort_by_key(|at| (total(at), Reverse(*at)));
        }
        Self { nodes, children, whole, width }
    }

    /// The lines, and how many nodes are on none of them.
    fn lines(&self) -> (Vec<Text>, usize) {
        let mut lines = Vec::new();
        let mut drawn = 0;
        let mut waiting: Vec<Waiting> = self.below(0, 0, "").collect();
        while let Some(node) = waiting.pop().filter(|_| lines.len() < MOST_LINES) {
            let (branch, next) = match (node.depth, node.last) {
                (0, _) => ("", ""),
                (_, true) => ("└ ", "  "),
                (_, false) => ("├ ", "│ "),
            };
            let mut line = self.figures(node.at);
            let room = self.width.saturating_sub(line.width() + 2 * node.depth);
            if node.depth == DEEPEST || room < LEAST_NAME {
                line = Text::default().padded(line.width(), false);
                line.push(format!("{}{branch}…", node.lead), style::DIM);
            } else {
                drawn += 1;
                line.push(format!("{}{branch}", node.lead), style::DIM);
                line.append(name::styled(&self.nodes[node.at].probe, room));
                let lead = format!("{}{next}", node.lead);
                waiting.extend(self.below(node.at, node.depth + 1, &lead));
            }
            lines.push(line);
        }
        (lines, self.nodes.len() - 1 - drawn)
    }

    /// The calls of a node, the one to be drawn first at the end.
    fn below(&self, at: usize, depth: usize, lead: &str) -> impl Iterator<Item = Waiting> {
        let shown = self.children[at].iter().enumerate();
        shown.map(move |(place, at)| Waiting { at: *at, depth, lead: lead.to_owned(), last: place == 0 })
    }

    /// Bar, share, total and calls.
    fn figures(&self, at: usize) -> Text {
        let node = &self.nodes[at];
        let share = human::percent(share(node.total_ns, self.whole));
        let bars = if self.width < 64 { 0 } else { BAR };
        let drawn = bar(node.total_ns, self.whole, bars);
        let mut text = Text::new(drawn, style::SHAPE).padded(bars, false);
        text.push(format!(" {share:>#6}"), style::PLAIN);
        text.push(format!(" {:>#7}", human::duration(node.total_ns)), style::STRONG);
        text.push(format!(" {:>#6}×  ", human::count(node.calls)), style::DIM);
        text
    }
}
