//! A stack alone, without a world: the figures of RFC 9293 and RFC 1337 with their own numbers, SYNs for a connection in
//! TIME-WAIT, addresses, ports and initial sequence numbers.
//!
//! Each test names a mutation under which it fails; `tests/mutations-requirements.txt` has them in a form that
//! `.ci/mutations` applies.

#[path = "alone/figures.rs"]
mod figures;
#[path = "alone/names.rs"]
mod names;
#[path = "alone/reopening.rs"]
mod reopening;
#[path = "alone/stack.rs"]
mod stack;
#[path = "alone/waiting.rs"]
mod waiting;
