//! From checked trees to tokens. Nothing here fails: `valid` has refused before what could.
//!
//! Everything generated reaches the library through one path, `#library`, which is its module `__private`, and names nothing else of the user's
//! scope. Local variables carry the macro's own hygiene; a lint that looks at generated code finds it is not the user's.

mod block;
mod callsite;
mod function;
mod future;

pub(crate) use block::expand as block;
pub(crate) use callsite::Callsite;
pub(crate) use function::{looks_failed, measured};
