//! SEGMENT ARRIVES in LISTEN (RFC 9293 3.10.7.2). LISTEN holds no connection, so this is a function of the
//! segment; a SYN yields what a new connection begins with.

use super::opening::{Origin, Settings, SynReceived};
use super::options::Offered;
use super::{Cx, State, StateName, TimeWait, closed};
use crate::packet::Segment;
use crate::profile::Unwelcome;
use crate::rule::Rule;
use crate::seq::Seq;
use alloc::boxed::Box;

/// What LISTEN makes of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// First: a RST is ignored.
    Ignore,
    /// Second: an ACK is answered by a RST.
    Refuse,
    /// Third: a SYN begins a connection.
    Syn,
    /// Fourth: anything else is dropped.
    Drop,
}

/// The four checks, in the RFC's order.
#[must_use]
pub const fn verdict(segment: &Segment) -> Verdict {
    if segment.rst() {
        Verdict::Ignore
    } else if segment.has_ack() {
        Verdict::Refuse
    } else if segment.syn() {
        Verdict::Syn
    } else {
        Verdict::Drop
    }
}

/// Answers a segment that begins no connection.
pub fn arrives(segment: &Segment, cx: &mut Cx<'_>) {
    match verdict(segment) {
        Verdict::Ignore => cx.ignore(Rule::ListenIgnoresRst),
        Verdict::Refuse => refuse(segment, cx.profile.no_connection, Rule::ListenRefusesAck, cx),
        Verdict::Syn | Verdict::Drop => cx.ignore(Rule::ListenDrops),
    }
}

/// A SYN whose source is its own destination (MUST-63): nobody else can have sent it, and its SYN+ACK would meet
/// the connection that sent it, to be answered for ever.
pub fn ignore_own_source(cx: &mut Cx<'_>) {
    cx.ignore(Rule::OwnSource);
}

/// A SYN that the listener takes: SYN+ACK leaves, SYN-RECEIVED begins. `old` is what was in TIME-WAIT under this name
/// and returns if the SYN was an old duplicate (MAY-2).
#[must_use = "the connection begins as the returned state"]
pub fn open(
    iss: Seq,
    segment: &Segment,
    settings: Settings,
    old: Option<Box<TimeWait>>,
    cx: &mut Cx<'_>,
) -> State {
    let offered = Offered::answer(&settings, &segment.options, cx.profile);
    let mut s = SynReceived::new(settings, Origin::Passive, offered, iss, segment, cx);
    s.old = old;
    s.send_syn_ack(Rule::ListenSyn, cx);
    State::became(StateName::Listen, State::SynReceived(Box::new(s)), Rule::ListenSyn, cx)
}

/// A SYN that finds the backlog full (R22).
pub fn backlog_full(segment: &Segment, cx: &mut Cx<'_>) {
    refuse(segment, cx.profile.backlog_full, Rule::BacklogFull, cx);
}

/// A SYN for a listener that takes none for now (WF-10.15): RST, whatever hides the host.
pub fn paused(segment: &Segment, cx: &mut Cx<'_>) {
    refuse(segment, Unwelcome::Reset, Rule::AcceptPaused, cx);
}

/// RST, or silence; the segment is no RST.
fn refuse(segment: &Segment, unwelcome: Unwelcome, rule: Rule, cx: &mut Cx<'_>) {
    match (unwelcome, closed::reply(segment, cx.profile)) {
        (Unwelcome::Reset, Some(rst)) => cx.transmit(rst, rule),
        (Unwelcome::Reset, None) => {}
        (Unwelcome::Silent, _) if rule == Rule::BacklogFull => cx.ignore(Rule::BacklogFullSilent),
        (Unwelcome::Silent, _) => cx.ignore(Rule::NoConnectionSilent),
    }
}
