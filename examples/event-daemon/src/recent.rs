//! The numbers of events that came lately, so that what is sent twice is done once.

use std::collections::{HashMap, VecDeque};

use perf_core::perf_probe;

use crate::Inject;

/// How far an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It came for the first time.
    New,
    /// It came before, and was not answered yet.
    UnderWay,
    /// It came before, and was acknowledged.
    Accepted,
}

/// A bounded memory of numbers, with a lookup that takes the same time however many there are.
#[derive(Debug)]
pub struct Recent {
    /// The value is whether it was acknowledged.
    numbers: HashMap<u64, bool>,
    order: VecDeque<u64>,
    most: usize,
    /// What the injected leak never lets go.
    kept: Vec<Vec<u64>>,
    inject: Option<Inject>,
}

impl Recent {
    /// Remembers so many numbers at most.
    #[must_use]
    pub fn new(most: usize, inject: Option<Inject>) -> Self {
        Self { numbers: HashMap::new(), order: VecDeque::new(), most: most.max(1), kept: Vec::new(), inject }
    }

    /// How many it remembers now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether it remembers none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Whether a number came before; where not it is under way from now on.
    #[perf_probe(name = "recent::begin")]
    pub fn begin(&mut self, number: u64) -> Seen {
        let known = match self.inject {
            Some(Inject::LinearLookup) => {
                self.order.iter().find_map(|one| look(self.numbers.get(one).filter(|_| *one == number)))
            }
            _ => look(self.numbers.get(&number)),
        };
        match known {
            Some(true) => return Seen::Accepted,
            Some(false) => return Seen::UnderWay,
            None => {}
        }
        if self.order.len() >= self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
            if self.inject == Some(Inject::Leak) {
                self.kept.push(vec![oldest; 8]);
            }
        }
        self.numbers.insert(number, false);
        self.order.push_back(number);
        Seen::New
    }

    /// It was acknowledged.
    pub fn accepted(&mut self, number: u64) {
        if let Some(accepted) = self.numbers.get_mut(&number) {
            *accepted = true;
        }
    }

    /// It was refused, and may come again as if for the first time.
    pub fn refused(&mut self, number: u64) {
        // What was refused came last, or nearly so.
        if self.numbers.remove(&number).is_some()
            && let Some(at) = self.order.iter().rposition(|one| *one == number)
        {
            self.order.remove(at);
        }
    }
}

/// One look at one place. The step that a slower lookup repeats has a probe, so that budgets count it: a count needs no calm
/// machine to grow with the size.
#[perf_probe(name = "recent::look", sample = 64)]
fn look(found: Option<&bool>) -> Option<&bool> {
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_until_as_many_others_came() {
        for inject in [None, Some(Inject::LinearLookup)] {
            let mut recent = Recent::new(3, inject);
            assert_eq!(recent.begin(1), Seen::New);
            assert_eq!(recent.begin(1), Seen::UnderWay);
            recent.accepted(1);
            assert_eq!(recent.begin(1), Seen::Accepted);
            assert_eq!(recent.begin(2), Seen::New);
            recent.refused(2);
            assert_eq!(recent.begin(2), Seen::New, "what was refused may come again");
            assert_eq!((recent.begin(3), recent.begin(4)), (Seen::New, Seen::New));
            assert_eq!((recent.begin(1), recent.len()), (Seen::New, 3), "the oldest was forgotten");
        }
    }
}
