//! The life of an order, and of a node of the catalogue: which step may follow which.
//!
//! The machines are values without a database, so that a step is a table look-up and a test of all of them is a loop.

use std::fmt;

use perf_core::perf_probe;
use serde::{Deserialize, Serialize};

/// A step that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden {
    from: &'static str,
    step: &'static str,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what is {} cannot {}", self.from, self.step)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$each])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its word, in the database and in answers.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one of that word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words!(
    /// Where an order is.
    OrderState {
        /// Taken in.
        Placed = "placed",
        /// The money is there.
        Paid = "paid",
        /// In a parcel.
        Packed = "packed",
        /// On its way. The end.
        Shipped = "shipped",
        /// Given up. The end.
        Cancelled = "cancelled",
    }
);

words!(
    /// What can happen to an order.
    OrderStep {
        /// The money comes.
        Pay = "pay",
        /// It is put into a parcel.
        Pack = "pack",
        /// It leaves.
        Ship = "ship",
        /// It is given up, which is possible until it is packed.
        Cancel = "cancel",
    }
);

words!(
    /// Where a node of the catalogue is.
    NodeState {
        /// Being written.
        Draft = "draft",
        /// A reviewer looks at it.
        Review = "review",
        /// All users can see it.
        Published = "published",
        /// No user sees it any more. The end.
        Archived = "archived",
    }
);

words!(
    /// What can happen to a node.
    NodeStep {
        /// It goes to review.
        Submit = "submit",
        /// Review sends it back.
        Reject = "reject",
        /// It is shown.
        Publish = "publish",
        /// It is taken away.
        Archive = "archive",
    }
);

impl OrderState {
    /// The state after this step.
    ///
    /// # Errors
    /// Where the state does not allow it.
    #[perf_probe(name = "order state machine")]
    pub fn after(self, step: OrderStep) -> Result<Self, Forbidden> {
        match (self, step) {
            (Self::Placed, OrderStep::Pay) => Ok(Self::Paid),
            (Self::Paid, OrderStep::Pack) => Ok(Self::Packed),
            (Self::Packed, OrderStep::Ship) => Ok(Self::Shipped),
            (Self::Placed | Self::Paid, OrderStep::Cancel) => Ok(Self::Cancelled),
            _ => Err(Forbidden { from: self.word(), step: step.word() }),
        }
    }
}

impl NodeState {
    /// The state after this step.
    ///
    /// # Errors
    /// Where the state does not allow it.
    #[perf_probe(name = "node state machine")]
    pub fn after(self, step: NodeStep) -> Result<Self, Forbidden> {
        match (self, step) {
            (Self::Draft, NodeStep::Submit) => Ok(Self::Review),
            (Self::Review, NodeStep::Reject) => Ok(Self::Draft),
            (Self::Review, NodeStep::Publish) => Ok(Self::Published),
            (Self::Draft | Self::Review | Self::Published, NodeStep::Archive) => Ok(Self::Archived),
            _ => Err(Forbidden { from: self.word(), step: step.word() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_and_ends_are_ends() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::of(state.word()), Some(*state));
        }
        for step in OrderStep::ALL {
            assert!(OrderState::Shipped.after(*step).is_err() && OrderState::Cancelled.after(*step).is_err());
        }
        assert!(NodeStep::ALL.iter().all(|step| NodeState::Archived.after(*step).is_err()));
    }

    #[test]
    fn an_order_comes_to_its_end_in_three_steps() {
        let end = [OrderStep::Pay, OrderStep::Pack, OrderStep::Ship]
            .into_iter()
            .try_fold(OrderState::Placed, OrderState::after);
        assert_eq!(end, Ok(OrderState::Shipped));
        let forbidden = OrderState::Packed.after(OrderStep::Cancel).unwrap_err();
        assert_eq!(forbidden.to_string(), "what is packed cannot cancel");
    }
}
