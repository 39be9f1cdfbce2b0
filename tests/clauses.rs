//! The clauses of the `closesocket` page (CS-…), the rulings on them (R…) and what is known of Windows (WF-…): in virtual
//! time, under every profile, with the wire, both TCP states, the return value and the last error.
//!
//! Each test names a mutation under which it fails; `tests/mutations.txt` has them in a form that
//! `.ci/mutations` applies.

#![expect(clippy::unwrap_used, reason = "the fixture is as much a test as the tests are")]

#[path = "clauses/a_call.rs"]
mod a_call;
#[path = "clauses/b_handles.rs"]
mod b_handles;
#[path = "clauses/c_options.rs"]
mod c_options;
#[path = "clauses/d_table.rs"]
mod d_table;
#[path = "clauses/e_graceful.rs"]
mod e_graceful;
#[path = "clauses/e_hard.rs"]
mod e_hard;
#[path = "clauses/e_linger.rs"]
mod e_linger;
#[path = "clauses/f_reset.rs"]
mod f_reset;
#[path = "clauses/f_shutdown.rs"]
mod f_shutdown;
#[path = "clauses/f_startup.rs"]
mod f_startup;
#[path = "clauses/f_transfer.rs"]
mod f_transfer;
#[path = "clauses/look.rs"]
mod look;
#[path = "clauses/pair.rs"]
mod pair;
#[path = "clauses/r_close.rs"]
mod r_close;
#[path = "clauses/r_linger.rs"]
mod r_linger;
#[path = "clauses/r_open.rs"]
mod r_open;
#[path = "clauses/r_own.rs"]
mod r_own;
#[path = "clauses/r_peer.rs"]
mod r_peer;
#[path = "clauses/r_segments.rs"]
mod r_segments;
