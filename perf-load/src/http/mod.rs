//! An HTTP server under load: requests from templates, over connections that stay open.
//!
//! A [`Request`] is written down once, with fields that differ from one sending to the next ([`Template`]). A [`Client`] sends
//! it over HTTP/1.1, opens a connection only where none is idle, and counts the answers ([`Answers`]). Other modules of this
//! crate decide when a request is sent and what is measured of it; this one reads a clock only for timeouts.
//!
//! Only this machine is put under load, and hosts that the caller named ([`Hosts`]).

mod answers;
mod client;
mod drive;
mod fields;
mod hosts;
mod pool;
mod request;
mod server_side;
mod status;
mod template;

pub use answers::{Answers, Trouble};
pub use client::Client;
pub use hosts::{Hosts, Origin};
pub use request::Request;
pub use server_side::{ServerProbe, ServerSide};
pub use status::Statuses;
pub use template::Template;

/// ` (did you mean `WORD`?)`, where a word is similar enough.
pub(crate) fn hint<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    perf_exporters::nearest::hint(text, words)
}
