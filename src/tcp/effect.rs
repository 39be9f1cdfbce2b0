//! What a transition does to the world outside: effects, each with its rule, into a sink that gives nothing back.

use super::{StateName, Unreachable};
use crate::packet::Segment;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use core::fmt;

/// The circumstances of a transition: the time, the profile, and where effects go.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The time of the event.
    pub now: Instant,
    /// The rules of this host.
    pub profile: &'a Profile,
    /// Where effects go, in the order in which they happen.
    pub out: &'a mut dyn Out,
}

/// Takes effects, and gives nothing back. Segments go apart, so that the others are small.
pub trait Out: fmt::Debug {
    /// A segment leaves.
    fn transmit(&mut self, segment: Segment, rule: Rule);

    /// Anything else.
    fn push(&mut self, effect: Effect<()>);
}

impl Cx<'_> {
    pub(super) fn transmit(&mut self, segment: Segment, rule: Rule) {
        self.out.transmit(segment, rule);
    }

    pub(super) fn notify(&mut self, notice: Notice, rule: Rule) {
        self.out.push(Effect::Notify { notice, rule });
    }

    pub(crate) fn ignore(&mut self, rule: Rule) {
        self.out.push(Effect::Dropped { rule });
    }
}

/// One consequence of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect<S = Segment> {
    /// This segment leaves.
    Transmit {
        /// The segment.
        segment: S,
        /// Why.
        rule: Rule,
    },
    /// The arriving segment was dropped, or part of it not used.
    Dropped {
        /// Why.
        rule: Rule,
    },
    /// The connection changed its state.
    Became {
        /// Before.
        from: StateName,
        /// After.
        to: StateName,
        /// Why.
        rule: Rule,
    },
    /// A timer fired.
    Expired {
        /// Which, by what it does.
        rule: Rule,
    },
    /// Something that the connection's user may wait for.
    Notify {
        /// What.
        notice: Notice,
        /// Why.
        rule: Rule,
    },
}

/// Effects in a list, oldest first.
#[cfg(test)]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Effects(pub(crate) alloc::vec::Vec<Effect>);

#[cfg(test)]
impl Out for Effects {
    fn transmit(&mut self, segment: Segment, rule: Rule) {
        self.0.push(Effect::Transmit { segment, rule });
    }

    fn push(&mut self, effect: Effect<()>) {
        self.0.push(match effect {
            Effect::Transmit { .. } => unreachable!("a segment goes another way"),
            Effect::Dropped { rule } => Effect::Dropped { rule },
            Effect::Became { from, to, rule } => Effect::Became { from, to, rule },
            Effect::Expired { rule } => Effect::Expired { rule },
            Effect::Notify { notice, rule } => Effect::Notify { notice, rule },
        });
    }
}

/// What a connection's user may wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// ESTABLISHED was reached.
    Connected,
    /// More can be read.
    Readable,
    /// The peer has urgent data (MUST-32).
    Urgent,
    /// The peer's FIN was received.
    EndOfStream,
    /// The peer acknowledged more.
    Acknowledged,
    /// max_r1 was reached: what was sent goes unanswered.
    Unresponsive,
    /// The time given to CLOSE is over, with nothing but our FIN unacknowledged.
    CloseExpired,
    /// ICMP says that something is not reached, for the time being.
    SoftError(Unreachable),
    /// The connection is over.
    Ended(Cause),
}

/// Why a connection is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// Both sides closed.
    Finished,
    /// The peer's RST.
    Reset,
    /// The peer's RST, when its FIN had been received before.
    ResetAfterFin,
    /// The peer's RST, when both sides had closed (TR-E7: CLOSED, silently).
    ResetClosing,
    /// A RST answered our SYN.
    Refused,
    /// Our SYN was not answered.
    SynTimedOut,
    /// Our SYN was not answered, and ICMP had said why.
    Unreachable(Unreachable),
    /// ICMP says that nothing will reach the other end.
    HardError,
    /// Retransmission gave up.
    TimedOut,
    /// Keep-alive found no peer.
    KeepAliveFailed,
    /// This end sent a RST.
    Aborted,
    /// This end sent a RST when CLOSE's time was over.
    CloseExpired,
    /// The user deleted it before there was anything to abort, or its listener took it back.
    Deleted,
}

impl Cause {
    /// Whether what was received and not yet read is lost (R8).
    pub(super) fn discards_unread(self, profile: &Profile) -> bool {
        match self {
            Self::Finished
            | Self::ResetClosing
            | Self::TimedOut
            | Self::KeepAliveFailed
            | Self::HardError => false,
            Self::Reset | Self::ResetAfterFin => profile.rst_discards_unread,
            Self::Refused
            | Self::SynTimedOut
            | Self::Unreachable(_)
            | Self::Aborted
            | Self::CloseExpired
            | Self::Deleted => true,
        }
    }
}
