//! SEGMENT ARRIVES where there is no connection (RFC 9293 3.10.7.1).

use super::Cx;
use crate::packet::{Flags, Segment};
use crate::rule::Rule;
use crate::seq::Seq;

/// Answers a segment for no connection: a RST that the sender will believe; nothing to a RST.
pub fn arrives(segment: &Segment, cx: &mut Cx<'_>) {
    match reply(segment) {
        Some(rst) => cx.transmit(rst, Rule::NoConnection),
        None => cx.ignore(Rule::NoConnectionRst),
    }
}

/// The RST that answers `segment` (TR-E1); none to a RST.
#[must_use]
pub fn reply(segment: &Segment) -> Option<Segment> {
    if segment.rst() {
        None
    } else if segment.has_ack() {
        Some(Segment::control(Flags::RST, segment.ack, Seq(0)))
    } else {
        Some(Segment::control(Flags::RST | Flags::ACK, Seq(0), segment.seq + segment.len()))
    }
}
