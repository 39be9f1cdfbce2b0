//! Keep-alive (RFC 9293 3.8.4, R67, R68): a connection on which nothing was heard for long, and nothing of ours is
//! unacknowledged, is probed; one whose peer leaves every probe unanswered is over.

use super::status::TimerName;
use super::tcb::App;
use super::{Cause, Cx, Effect, State, Tcb};
use crate::form::Writer;
use crate::packet::Flags;
use crate::profile::KeepAlive;
use crate::rule::Rule;
use crate::time::Instant;

/// When the next probe leaves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    at: Instant,
    /// Probes that nothing was heard after.
    unanswered: u8,
}

impl Clock {
    pub(super) fn form(self, w: &mut Writer) {
        let Self { at, unanswered } = self;
        w.at("keep-alive at", at);
        w.put("keep-alive unanswered", unanswered);
    }

    /// Something was heard, or keep-alive begins.
    pub(super) fn start(keep_alive: Option<KeepAlive>, now: Instant) -> Self {
        Self { at: keep_alive.map_or(now, |k| now + k.idle), unanswered: 0 }
    }
}

impl Tcb {
    /// A segment has come.
    pub(super) fn heard(&mut self, now: Instant) {
        if let Some(rare) = &mut self.rare {
            rare.keep_alive = Clock::start(rare.tuning.keep_alive, now);
        }
    }

    /// When keep-alive does something next. Never while something is unacknowledged: the peer is asked already
    /// (MUST-26). Nor for an orphan, which has limits of its own (R36).
    pub(super) fn keep_alive_due(&self) -> Option<(Instant, TimerName)> {
        let rare = self.rare.as_ref().filter(|rare| rare.tuning.keep_alive.is_some())?;
        let idle = self.snd.nothing_in_flight() && self.snd.queued() == 0;
        let timer =
            if rare.keep_alive.unanswered == 0 { TimerName::KeepAlive } else { TimerName::KeepAliveProbe };
        (idle && self.app != App::Gone).then_some((rare.keep_alive.at, timer))
    }
}

impl State {
    /// Nothing was heard for long: a probe, or, after the last of them (MUST-29), the end.
    pub(super) fn keep_alive_timeout(mut self, cx: &mut Cx<'_>) -> Self {
        let Some(tcb) = self.tcb_mut() else { return self };
        let Some(rare) = &mut tcb.rare else { return self };
        let Some(keep_alive) = rare.tuning.keep_alive else { return self };
        let clock = &mut rare.keep_alive;
        if clock.unanswered >= keep_alive.probes {
            if cx.profile.keep_alive_sends_rst {
                self.send_rst(Rule::KeepAliveFailed, cx);
            }
            return self.over(Cause::KeepAliveFailed, Rule::KeepAliveFailed, cx);
        }
        *clock = Clock { at: cx.now + keep_alive.interval, unanswered: clock.unanswered + 1 };
        cx.out.push(Effect::Expired { rule: Rule::KeepAliveProbe });
        // SHLD-12: no text. A number below RCV.NXT draws an ACK from any TCP.
        let probe = tcb.segment(Flags::ACK, tcb.snd.nxt - 1, cx.now);
        cx.transmit(probe, Rule::KeepAliveProbe);
        self
    }
}
