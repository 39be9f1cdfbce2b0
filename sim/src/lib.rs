#![forbid(unsafe_code)]
//! The world around closewait: hosts joined by links, one virtual clock, programs that call Winsock, a log of
//! everything with the reason for it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`world`] | hosts, links, the agenda; stepping one event at a time; clones with the same future |
//! | [`link`] | delay, loss, cuts: what a link does to a packet |
//! | [`rng`] | random streams, each named, all from one seed |
//! | [`aio`] | programs as `async fn`s on simulated threads |
//! | [`tape`] | the calls of a run, to be made again in a copy of its world |
//! | [`trace`] | the log, and what is made of it: ladders, tcpdump's text, JSON Lines, scenarios, pcapng, `tracing` events |
//! | [`wire`] | packets as bytes, through smoltcp |
//! | [`pcapng`] | the capture file format |
//! | `peer` | another stack at the end of a link: smoltcp's (feature `peer`) |
//! | [`netstat`] | hosts, sockets and leaks as text |
//! | [`script`] | the scenario notation: parse, run, print |
//! | [`table`] | the linger table, run live |
//! | [`words`] | abstract-machine words: what a learned automaton says a stack answers, played against a host |
//!
//! A harness that runs no scenario leaves the parser out: `default-features = false`.
//!
//! | feature | what it brings |
//! |---|---|
//! | `script` (default) | [`script`] |
//! | `peer` | `peer`: a smoltcp stack at the end of a link |
//!
//! Everything is deterministic: the same seed and the same calls give the same log, byte for byte, on every
//! machine. At one instant packets are delivered first, in the order in which they were sent; then deadlines are
//! met, host by host; then programs go on, in the order in which their calls returned.

pub mod aio;
pub mod link;
pub mod netstat;
pub mod pcapng;
#[cfg(feature = "peer")]
pub mod peer;
pub mod rng;
#[cfg(feature = "script")]
pub mod script;
pub mod table;
pub mod tape;
pub mod trace;
pub mod wire;
pub mod words;
pub mod world;

pub use link::{LinkConfig, Probability};
pub use trace::{Log, Off, Sink};
pub use world::{HostId, LinkId, Thread, World};

/// The README's and the guide's programs are run as tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/programs.md")]
    struct Programs;
}
