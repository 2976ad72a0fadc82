//! Where nothing is called around a fork, or there is none.

pub(super) fn install() {}
