//! The fourth check of SEGMENT ARRIVES, the SYN bit (RFC 9293 3.10.7.4), where sources differ most: RFC 793 and
//! what was seen of Windows 8 reset the connection, RFC 5961 and RFC 9293 challenge (R16, R16b, R52).

use super::closed::bare_rst;
use super::opening::Origin;
use super::synchronized::Step;
use super::{Cause, Cx, State};
use crate::packet::{Flags, Segment};
use crate::profile::{SynAckInWindow, SynInSynReceived, SynInWindow};
use crate::rule::Rule;
use crate::seq::Seq;
use core::ops::ControlFlow::{Break, Continue};

/// What a SYN in the window comes to.
enum Verdict {
    /// Challenge ACK.
    Challenge,
    /// Back to LISTEN, silently.
    Listen,
    /// An abort's RST.
    Reset,
    /// The RST of a missing connection.
    ResetAsIfAbsent,
}

/// Fourth, check the SYN bit.
pub(super) fn fourth_syn(mut state: State, segment: &Segment, cx: &mut Cx<'_>) -> Step {
    if !segment.syn() {
        return Continue(state);
    }
    if segment.has_ack() && cx.profile.syn_ack_in_window == SynAckInWindow::Resets {
        return Break(syn_ack(state, segment, cx));
    }
    match verdict(&state, cx) {
        Verdict::Challenge => {
            state.challenge(Rule::SynChallenge, cx);
            return Break(state);
        }
        Verdict::Listen => return Break(state.ended(Cause::Deleted, Rule::SynToListen, cx)),
        Verdict::Reset => state.send_rst(Rule::SynError, cx),
        Verdict::ResetAsIfAbsent => {
            let rst = Segment::control(Flags::RST | Flags::ACK, Seq(0), segment.seq + 1);
            cx.transmit(rst, Rule::SynError);
        }
    }
    Break(state.reset_by_syn(Rule::SynError, cx))
}

fn verdict(state: &State, cx: &Cx<'_>) -> Verdict {
    let passive = matches!(state, State::SynReceived(s) if s.origin != Origin::Active);
    match (cx.profile.syn_in_syn_received, cx.profile.syn_in_window) {
        (SynInSynReceived::ReturnToListen, _) if passive => Verdict::Listen,
        (SynInSynReceived::ResetsAsIfAbsent, _) if passive => Verdict::ResetAsIfAbsent,
        (_, SynInWindow::Resets) => Verdict::Reset,
        // R16 leaves TIME-WAIT to R16c, and SYN-RECEIVED of a passive open to its own field.
        (_, SynInWindow::ResetsAsIfAbsent) if !passive && !matches!(state, State::TimeWait(_)) => {
            Verdict::ResetAsIfAbsent
        }
        (_, SynInWindow::ChallengeAck | SynInWindow::ResetsAsIfAbsent) => Verdict::Challenge,
    }
}

/// R16b: a SYN+ACK in the window resets.
fn syn_ack(state: State, segment: &Segment, cx: &mut Cx<'_>) -> State {
    if matches!(&state, State::SynReceived(s) if s.origin != Origin::Active) {
        cx.ignore(Rule::SynAckIgnored);
        return state;
    }
    cx.transmit(bare_rst(segment.ack, segment.ack, cx.profile), Rule::SynAckError);
    if matches!(state, State::TimeWait(_)) {
        return state;
    }
    state.reset_by_syn(Rule::SynAckError, cx)
}

impl State {
    /// This end has reset the connection for a SYN: while it was opening connect fails, or the listener goes on.
    fn reset_by_syn(self, rule: Rule, cx: &mut Cx<'_>) -> Self {
        let cause = match &self {
            Self::SynReceived(s) => s.reset_cause(),
            with_tcb!() | Self::SynSent(_) | Self::TimeWait(_) | Self::Closed(_) => Cause::Reset,
        };
        self.ended(cause, rule, cx)
    }
}
