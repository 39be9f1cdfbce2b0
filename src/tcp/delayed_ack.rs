//! The delayed ACK (RFC 9293 3.8.6.3, RFC 5681 4.2, R65): the ACK of text in order waits a while for something to
//! travel with. Whatever leaves takes it along (`transmit.rs`); all but text in order is acknowledged at once.

use super::receive::Receive;
use super::{Cx, State};
use crate::form::Writer;
use crate::time::Instant;
use core::num::NonZeroU8;

impl Receive {
    pub(super) fn waiting_ack_form(&self, w: &mut Writer) {
        w.put("waiting segments", self.ack_waits);
        self.ack_due().iter().for_each(|&at| w.at("ack at", at));
    }

    /// When the ACK leaves by itself, if one waits.
    pub(super) fn ack_due(&self) -> Option<Instant> {
        (self.ack_waits > 0).then_some(self.ack_at)
    }

    /// An ACK leaves: none waits any more.
    pub(super) fn ack_leaves(&mut self) {
        self.ack_waits = 0;
    }
}

impl State {
    /// `text` octets in order were taken: whether their ACK may wait. What a link handed up in one piece counts as the
    /// full segments that it was (RFC 9293 3.8.6.3: "2*RMSS bytes of new data").
    pub(super) fn delays_ack(&mut self, text: u32, cx: &Cx<'_>) -> bool {
        let Some(tcb) = self.tcb_mut() else { return false };
        let profile = cx.profile.delayed_ack;
        let own = tcb.rare.as_ref().and_then(|rare| rare.tuning.ack_frequency);
        let limit = own.map_or(profile.segments, NonZeroU8::get);
        let rcv = &mut tcb.rcv;
        let more = u8::try_from(text / u32::from(tcb.offered.mss.max(1))).unwrap_or(u8::MAX).max(1);
        let segments = rcv.ack_waits.saturating_add(more);
        if segments >= limit {
            return false;
        }
        let at = rcv.ack_due().unwrap_or(cx.now + profile.time);
        (rcv.ack_at, rcv.ack_waits) = (at, segments);
        true
    }
}
