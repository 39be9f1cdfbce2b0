//! One TCP connection: `(state, event, now) -> (state, effects)`.
//!
//! ```text
//!                  calls (RFC 9293 3.10.1 to 3.10.6)      call.rs
//!   segments  ──▶  SEGMENT ARRIVES (3.10.7)               listen.rs, syn_sent.rs, synchronized.rs, syn_bit.rs, closed.rs
//!   deadlines ──▶  TIMEOUTS (3.10.8)                      timeouts.rs
//!                       │
//!                       ▼
//!   State  =  an enum of structs; each holds only what exists in that state
//!             SynSent, SynReceived                        opening.rs
//!             Established … LastAck: one pointer to the   tcb.rs
//!             transmission control block (send.rs, receive.rs, transmit.rs; tuning.rs: what few have)
//!             TimeWait, Closed: small records
//! ```
//!
//! The eleven states are [`StateName`]; ten are values of [`State`], and LISTEN, which has no connection, is a
//! pure function ([`listen::arrives`]). What a transition does to the world outside is pushed into
//! [`Cx::out`] as [`Effect`]s, each with its [`Rule`]. Nothing here knows an address, a port or who calls.

/// The states that share the transmission control block, as a pattern inside `impl State`.
macro_rules! with_tcb {
    () => {
        Self::Established(_)
            | Self::FinWait1(_)
            | Self::FinWait2(_)
            | Self::CloseWait(_)
            | Self::Closing(_)
            | Self::LastAck(_)
    };
}

/// The states that have none.
macro_rules! without_tcb {
    () => {
        Self::SynSent(_) | Self::SynReceived(_) | Self::TimeWait(_) | Self::Closed(_)
    };
}

pub mod call;
pub mod closed;
mod congestion;
mod delayed_ack;
pub mod effect;
mod form;
mod icmp;
mod keep_alive;
pub mod listen;
pub mod opening;
pub(crate) mod options;
pub mod receive;
mod recovery;
pub mod rtt;
pub mod send;
pub mod status;
mod syn_bit;
mod syn_sent;
mod synchronized;
pub mod tcb;
mod throttle;
mod time_wait;
mod timeouts;
mod transmit;
mod tuning;
mod urgent;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use effect::Effects;
pub use effect::{Cause, Cx, Effect, Notice, Out};
pub use icmp::{Told, Unreachable};
pub use opening::{Origin, Settings, SynReceived, SynSent};
pub use tcb::Tcb;
pub use time_wait::TimeWait;
pub(crate) use time_wait::{Incarnation, PutAway};
pub use tuning::Tuning;
pub use urgent::UrgentOctet;

use crate::buf::Rope;
use crate::packet::Segment;
use crate::rule::Rule;
use crate::time::Instant;
use alloc::boxed::Box;
use core::fmt;

/// The eleven states of RFC 9293 section 3.3.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StateName {
    /// No connection.
    Closed,
    /// Waiting for a connection request.
    Listen,
    /// A SYN was sent.
    SynSent,
    /// SYNs were sent and received; ours is not acknowledged.
    SynReceived,
    /// Open.
    Established,
    /// Our FIN was sent or is queued; it is not acknowledged.
    FinWait1,
    /// Our FIN is acknowledged; the peer's has not come.
    FinWait2,
    /// The peer's FIN has come; ours is not sent.
    CloseWait,
    /// Both FINs were sent; ours is not acknowledged.
    Closing,
    /// The peer's FIN came first; ours is not acknowledged.
    LastAck,
    /// Waiting for old segments to leave the network.
    TimeWait,
}

impl StateName {
    /// Every state, in the order of a connection's life.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];
}

impl fmt::Display for StateName {
    /// As netstat spells it: `FIN_WAIT_1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::SynReceived => "SYN_RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN_WAIT_1",
            Self::FinWait2 => "FIN_WAIT_2",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
        })
    }
}

/// A connection.
#[derive(Clone, Debug)]
pub enum State {
    /// Our SYN is out.
    SynSent(Box<SynSent>),
    /// Both SYNs are out, ours unacknowledged.
    SynReceived(Box<SynReceived>),
    /// Data flows both ways.
    Established(Established),
    /// We closed; our FIN is not acknowledged.
    FinWait1(FinWait1),
    /// We closed; our FIN is acknowledged.
    FinWait2(FinWait2),
    /// The peer closed.
    CloseWait(CloseWait),
    /// Both closed at once; our FIN is not acknowledged.
    Closing(Closing),
    /// The peer closed, then we; our FIN is not acknowledged.
    LastAck(LastAck),
    /// Both closed, both FINs acknowledged, we were the first.
    TimeWait(Box<TimeWait>),
    /// Over. What is left is why, and what was received and may still be read.
    Closed(Closed),
}

/// ESTABLISHED: sending and receiving.
#[derive(Clone, Debug)]
pub struct Established {
    pub(crate) tcb: Box<Tcb>,
}

/// FIN-WAIT-1: receiving; queued text, then our FIN, are being sent.
#[derive(Clone, Debug)]
pub struct FinWait1 {
    pub(crate) tcb: Box<Tcb>,
}

/// FIN-WAIT-2: receiving; everything sent is acknowledged.
#[derive(Clone, Debug)]
pub struct FinWait2 {
    pub(crate) tcb: Box<Tcb>,
    /// When an orphan stops waiting for the peer's FIN (R36); none while a program holds the connection.
    pub(crate) until: Option<Instant>,
}

/// CLOSE-WAIT: sending; the peer sends no more. After CLOSE it lasts until our FIN has left.
#[derive(Clone, Debug)]
pub struct CloseWait {
    pub(crate) tcb: Box<Tcb>,
}

/// CLOSING: queued text and our FIN await acknowledgment; the peer's FIN has come.
#[derive(Clone, Debug)]
pub struct Closing {
    pub(crate) tcb: Box<Tcb>,
}

/// LAST-ACK: our FIN was sent and is not acknowledged; the peer's FIN has come.
#[derive(Clone, Debug)]
pub struct LastAck {
    pub(crate) tcb: Box<Tcb>,
}

/// CLOSED after a connection's life.
#[derive(Clone, Debug)]
pub struct Closed {
    pub(crate) cause: Cause,
    /// The peer's FIN had been received.
    pub(crate) fin_received: bool,
    /// Received and not yet read, if a program still may.
    pub(crate) inbox: Rope,
}

impl State {
    /// SEGMENT ARRIVES (RFC 9293 3.10.7) for an existing connection. The text is taken out of the segment; what is left
    /// of it is of no use.
    #[must_use = "the connection goes on as the returned state"]
    pub fn arrives(self, segment: &mut Segment, cx: &mut Cx<'_>) -> Self {
        match self {
            Self::SynSent(s) => syn_sent::arrives(s, segment, cx),
            Self::SynReceived(_) | with_tcb!() | Self::TimeWait(_) => {
                synchronized::arrives(self, segment, cx)
            }
            Self::Closed(_) => {
                closed::arrives(segment, cx);
                self
            }
        }
    }

    /// A placeholder for a state that is being computed.
    pub(crate) const fn vacant() -> Self {
        Self::Closed(Closed { cause: Cause::Deleted, fin_received: false, inbox: Rope::EMPTY })
    }

    /// Records a change of state and returns the new one.
    fn became(from: StateName, to: Self, rule: Rule, cx: &mut Cx<'_>) -> Self {
        cx.out.push(Effect::Became { from, to: to.name(), rule });
        to
    }

    /// The end of a connection: what was received stays readable unless `discard` says otherwise.
    fn ended(self, cause: Cause, rule: Rule, cx: &mut Cx<'_>) -> Self {
        let from = self.name();
        let fin_received = self.fin_received();
        let inbox = if cause.discards_unread(cx.profile) { Rope::EMPTY } else { self.into_inbox() };
        cx.out.push(Effect::Notify { notice: Notice::Ended(cause), rule });
        Self::became(from, Self::Closed(Closed { cause, fin_received, inbox }), rule, cx)
    }
}
