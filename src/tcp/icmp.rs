//! What ICMP says of a segment that this end sent (RFC 9293 3.9.2.2, RFC 5461, RFC 5927, RFC 1191).

use super::opening::Origin;
use super::{Cause, Cx, Notice, State, Tcb};
use crate::profile::{HardErrors, SoftErrors};
use crate::rule::Rule;
use crate::seq::Seq;

/// What a message says, for TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// It may pass: the connection is never aborted for it (MUST-56).
    Soft(Unreachable),
    /// It will not pass (SHLD-26).
    Hard,
    /// A segment was too big; one of so much text and options is not.
    TooBig {
        /// The new effective send MSS.
        mss: u16,
    },
}

/// What is not reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unreachable {
    /// The network.
    Net,
    /// The host, or what on the way to it a packet does not pass.
    Host,
}

impl State {
    /// ICMP says something of the segment that began at `seq`.
    #[must_use = "the connection goes on as the returned state"]
    pub fn told(self, seq: Seq, told: Told, cx: &mut Cx<'_>) -> Self {
        if !self.is_outstanding(seq) {
            cx.ignore(Rule::IcmpStale);
            return self;
        }
        match told {
            Told::TooBig { mss } => self.too_big(seq, mss, cx),
            Told::Soft(_) | Told::Hard if self.fails_on_icmp() => {
                let cause = Cause::Unreachable(Unreachable::Host);
                self.ended(cause, Rule::IcmpFailsConnect, cx)
            }
            Told::Soft(what) => self.soft_error(what, cx),
            Told::Hard => match (cx.profile.hard_errors, self.tcb().is_some()) {
                (HardErrors::Abort, _) | (HardErrors::AbortOpening, false) => self.hard_error(cx),
                (HardErrors::AbortOpening, true) | (HardErrors::Soft, _) => {
                    self.soft_error(Unreachable::Host, cx)
                }
            },
        }
    }

    /// An active open that the first error ends.
    fn fails_on_icmp(&self) -> bool {
        match self {
            Self::SynSent(s) => s.settings.tuning.fail_on_icmp,
            Self::SynReceived(s) => s.origin == Origin::Active && s.settings.tuning.fail_on_icmp,
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => false,
        }
    }

    /// RFC 5927 4.1: SND.UNA =< SEQ < SND.NXT. Whoever does not see the connection must guess it.
    fn is_outstanding(&self, seq: Seq) -> bool {
        match self {
            Self::SynSent(s) => seq == s.iss,
            Self::SynReceived(s) => seq == s.iss,
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => {
                self.tcb().is_some_and(|tcb| tcb.snd.una.le(seq) && seq.lt(tcb.snd.nxt))
            }
        }
    }

    /// MUST-47, SHLD-25: the user is told; if the connection does not open, that is why (R78).
    fn soft_error(mut self, what: Unreachable, cx: &mut Cx<'_>) -> Self {
        if cx.profile.soft_errors == SoftErrors::Ignored {
            cx.ignore(Rule::SoftErrorIgnored);
            return self;
        }
        match &mut self {
            Self::SynSent(s) => s.timer.unreachable = Some(what),
            Self::SynReceived(s) => s.timer.unreachable = Some(what),
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => {}
        }
        cx.notify(Notice::SoftError(what), Rule::SoftError);
        self
    }

    fn hard_error(self, cx: &mut Cx<'_>) -> Self {
        let cause = match &self {
            Self::SynSent(_) => Cause::Refused,
            Self::SynReceived(s) => s.reset_cause(),
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => Cause::HardError,
        };
        self.send_rst(Rule::HardError, cx);
        self.ended(cause, Rule::HardError, cx)
    }

    fn too_big(mut self, seq: Seq, mss: u16, cx: &mut Cx<'_>) -> Self {
        match self.tcb_mut().filter(|tcb| mss < tcb.snd.mss) {
            Some(tcb) => tcb.too_big(seq, mss, cx),
            None => cx.ignore(Rule::PathMtuKnown),
        }
        self.last_ack_if_fin_left(Rule::CloseCall, cx)
    }
}

impl Tcb {
    /// RFC 1191 6.4: what was too big goes out again at once in smaller segments. It is no loss by congestion: cwnd
    /// stays as it is.
    fn too_big(&mut self, seq: Seq, mss: u16, cx: &mut Cx<'_>) {
        self.snd.path_shrank(mss, seq);
        self.transmit(None, Rule::PathMtu, cx);
    }
}
