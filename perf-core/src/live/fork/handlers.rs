//! For platforms without handlers around a fork, or without forks.

pub(super) fn install() {}
