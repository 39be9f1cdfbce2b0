//! SEGMENT ARRIVES where there is no connection (RFC 9293 3.10.7.1).

use super::Cx;
use crate::packet::{Flags, Segment};
use crate::profile::{BareRstAck, Profile, Unwelcome};
use crate::rule::Rule;
use crate::seq::Seq;

/// Answers a segment for no connection: a RST that the sender will believe, or nothing where a firewall hides the
/// host (R17); nothing to a RST.
pub fn arrives(segment: &Segment, cx: &mut Cx<'_>) {
    match (reply(segment, cx.profile), cx.profile.no_connection) {
        (None, _) => cx.ignore(Rule::NoConnectionRst),
        (Some(_), Unwelcome::Silent) => cx.ignore(Rule::NoConnectionSilent),
        (Some(rst), Unwelcome::Reset) => cx.transmit(rst, Rule::NoConnection),
    }
}

/// The RST that answers `segment` (TR-E1); none to a RST.
#[must_use]
pub fn reply(segment: &Segment, profile: &Profile) -> Option<Segment> {
    if segment.rst() {
        None
    } else if segment.has_ack() {
        Some(bare_rst(segment.ack, segment.ack, profile))
    } else {
        Some(Segment::control(Flags::RST | Flags::ACK, Seq(0), segment.seq + segment.len()))
    }
}

/// `<SEQ=seq><CTL=RST>`. `fill` is what the ack field holds where it is not 0 (R25).
pub(super) fn bare_rst(seq: Seq, fill: Seq, profile: &Profile) -> Segment {
    let ack = match profile.bare_rst_ack {
        BareRstAck::Zero => Seq(0),
        BareRstAck::Filled => fill,
    };
    Segment::control(Flags::RST, seq, ack)
}
