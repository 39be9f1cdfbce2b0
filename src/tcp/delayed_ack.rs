//! The delayed ACK (RFC 9293 3.8.6.3, RFC 5681 4.2, R65): the ACK of text in order waits a while for something to
//! travel with. Whatever leaves takes it along (`transmit.rs`); all but text in order is acknowledged at once.

use super::{Cx, State};
use crate::form::Writer;
use crate::time::Instant;
use core::num::NonZeroU8;

/// The ACK that waits, if any does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct DelayedAck {
    /// When it leaves by itself.
    at: Instant,
    /// Segments with text that wait for it; 0: none waits.
    segments: u8,
}

impl DelayedAck {
    pub(super) fn form(self, w: &mut Writer) {
        let Self { at, segments } = self;
        w.put("waiting segments", segments);
        if segments > 0 {
            w.at("ack at", at);
        }
    }

    /// When the ACK leaves by itself, if one waits.
    pub(super) fn due(self) -> Option<Instant> {
        (self.segments > 0).then_some(self.at)
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
        let waiting = &mut tcb.delayed_ack;
        let more = u8::try_from(text / u32::from(tcb.offered.mss.max(1))).unwrap_or(u8::MAX).max(1);
        let segments = waiting.segments.saturating_add(more);
        if segments >= limit {
            return false;
        }
        let at = waiting.due().unwrap_or(cx.now + profile.time);
        *waiting = DelayedAck { at, segments };
        true
    }
}
