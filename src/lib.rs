#![no_std]
#![forbid(unsafe_code)]
//! A complete TCP state machine under a Winsock API, made of plain values: no clock, no thread, no socket and no
//! randomness of its own. The `closewait-sim` crate is the world around it.
//!
//! ```text
//!   host      the sans-IO face: deliver, advance, call, poll_output, next_deadline
//!   winsock   processes, threads, handles, sockets, options, blocked calls; close.rs: what closesocket does
//!   stack     connections, ports, listeners, deadlines
//!   tcp       one connection: (state, event, now) -> (state, effects)
//!   the nouns time, seq, addr, buf, packet; profile (every ruling and tunable), rule (every reason);
//!             form: when two machines are alike
//! ```
//!
//! Each layer knows those below it and nothing above it; `tests/arrows.rs` holds it to that. Begin with [`host`],
//! whose page has the contract and an example; [`winsock::close`] has the linger table; [`tcp`] follows RFC 9293
//! in the RFC's own order.

extern crate alloc;
// Pages that tests write.
#[cfg(test)]
extern crate std;

pub mod addr;
pub mod buf;
pub mod form;
pub mod host;
pub mod packet;
pub mod profile;
pub mod rule;
pub mod seq;
pub mod stack;
pub mod tcp;
pub mod time;
pub mod winsock;
