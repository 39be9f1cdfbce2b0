//! Against a smoltcp stack at the other end of a link (docs/interop.md): IPv4 and IPv6, 0, 1 and 10 % loss, a
//! hundred seeds each, whatever can be opened, sent, closed and reset; and where the two stacks differ.
//!
//! `CLOSEWAIT_CASES=n` runs n hundred seeds.

mod scale;

#[path = "interop/closing.rs"]
mod closing;
#[path = "interop/differences.rs"]
mod differences;
#[path = "interop/driver.rs"]
mod driver;
#[path = "interop/offers.rs"]
mod offers;
#[path = "interop/opening.rs"]
mod opening;
#[path = "interop/pair.rs"]
mod pair;
#[path = "interop/resets.rs"]
mod resets;
#[path = "interop/seen.rs"]
mod seen;
#[path = "interop/transfer.rs"]
mod transfer;
#[path = "interop/wire.rs"]
mod wire;
