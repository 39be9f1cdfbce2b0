//! SEGMENT ARRIVES in SYN-SENT (RFC 9293 3.10.7.3).

use super::opening::{SynSent, connected};
use super::{Cause, Cx, Established, State, StateName, closed, synchronized};
use crate::packet::Segment;
use crate::rule::Rule;
use alloc::boxed::Box;

pub(super) fn arrives(s: Box<SynSent>, segment: &mut Segment, cx: &mut Cx<'_>) -> State {
    // First: the ACK bit. ISS < SEG.ACK =< SND.NXT, and only the SYN was sent.
    let acks_syn = segment.has_ack() && segment.ack == s.iss + 1;
    if segment.has_ack() && !acks_syn {
        match closed::reply(segment, cx.profile) {
            Some(rst) => cx.transmit(rst, Rule::UnacceptableAckOpening),
            None => cx.ignore(Rule::SynSentDrops),
        }
        return State::SynSent(s);
    }
    // Second: the RST bit.
    if segment.rst() {
        return if acks_syn { refused(s, cx) } else { dropped(s, cx) };
    }
    // Fourth: the SYN bit.
    if !segment.syn() {
        return dropped(s, cx);
    }
    if acks_syn {
        let tcb = Box::new(s.established(segment, cx));
        let to = State::Established(Established { tcb });
        connected(Rule::SynAck, cx);
        let to = State::became(StateName::SynSent, to, Rule::SynAck, cx);
        synchronized::from_sixth(to, segment, Some(Rule::SynAck), cx)
    } else {
        let received = s.crossed(segment, cx);
        received.send_syn_ack(Rule::SimultaneousOpen, cx);
        let to = State::SynReceived(Box::new(received));
        State::became(StateName::SynSent, to, Rule::SimultaneousOpen, cx)
    }
}

/// R23: the SYN is tried again a while later, or the connection is refused.
fn refused(mut s: Box<SynSent>, cx: &mut Cx<'_>) -> State {
    let retries = cx.profile.refused_retries;
    if s.refusals >= retries.count || s.settings.tuning.no_syn_retries {
        return State::SynSent(s).ended(Cause::Refused, Rule::Refused, cx);
    }
    s.refusals += 1;
    s.retrying = true;
    s.timer.restart_at(cx.now + retries.after);
    cx.ignore(Rule::RefusedRetry);
    State::SynSent(s)
}

/// Fifth: neither SYN nor RST; or a RST that acknowledges nothing.
fn dropped(s: Box<SynSent>, cx: &mut Cx<'_>) -> State {
    cx.ignore(Rule::SynSentDrops);
    State::SynSent(s)
}
