//! What is computed, and simulated: tests that need no process of their own. One program, since each is linked with everything.

mod arrivals;
mod breaking;
mod compare;
mod data;
mod page;
mod plans;
mod recovery;
mod scale;
mod simulate;
mod theory;
