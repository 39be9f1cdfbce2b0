//! TIMEOUTS (RFC 9293 3.10.8): every deadline of a connection and what it does.

use super::opening::SynTimer;
use super::send::Timer;
use super::{Cause, Cx, Effect, Notice, State, status::TimerName};
use crate::rule::Rule;

impl State {
    /// The timer that [`State::deadline`] names fires, if its time has come.
    #[must_use = "the connection goes on as the returned state"]
    pub fn timeout(self, cx: &mut Cx<'_>) -> Self {
        let Some(deadline) = self.deadline().filter(|d| d.at <= cx.now) else { return self };
        match deadline.timer {
            TimerName::Syn => self.syn_timeout(cx),
            TimerName::Retransmission | TimerName::Persist => self.send_timeout(cx),
            TimerName::DelayedAck => self.delayed_ack(cx),
            TimerName::KeepAlive | TimerName::KeepAliveProbe => self.keep_alive_timeout(cx),
            TimerName::Close => self.close_timeout(cx),
            TimerName::FinWait2 => self.over(Cause::Finished, Rule::FinWait2Over, cx),
            TimerName::TimeWait => self.over(Cause::Finished, Rule::TimeWaitOver, cx),
        }
    }

    pub(super) fn over(self, cause: Cause, rule: Rule, cx: &mut Cx<'_>) -> Self {
        cx.out.push(Effect::Expired { rule });
        self.ended(cause, rule, cx)
    }

    fn syn_timeout(mut self, cx: &mut Cx<'_>) -> Self {
        let unreachable = match &mut self {
            Self::SynSent(s) if s.retrying => {
                s.retrying = false;
                cx.out.push(Effect::Expired { rule: Rule::RefusedRetry });
                s.timer = SynTimer::start(s.settings.syn_max_r2(cx.profile), cx);
                s.send_syn(Rule::RefusedRetry, cx);
                return self;
            }
            Self::SynSent(s) => {
                let limit = s.settings.syn_max_r2(cx.profile);
                if s.timer.again(limit, cx) {
                    retransmits(s.timer.retransmissions - 1, cx);
                    s.send_syn(Rule::Retransmission, cx);
                    return self;
                }
                s.timer.unreachable
            }
            Self::SynReceived(s) => {
                let limit = s.settings.syn_max_r2(cx.profile);
                if s.timer.again(limit, cx) {
                    retransmits(s.timer.retransmissions - 1, cx);
                    s.send_syn_ack(Rule::Retransmission, cx);
                    return self;
                }
                s.timer.unreachable
            }
            with_tcb!() | Self::TimeWait(_) | Self::Closed(_) => return self,
        };
        self.over(unreachable.map_or(Cause::SynTimedOut, Cause::Unreachable), Rule::SynGaveUp, cx)
    }

    fn send_timeout(mut self, cx: &mut Cx<'_>) -> Self {
        let Some(tcb) = self.tcb_mut() else { return self };
        let limit = tcb.max_r2(cx.profile);
        match tcb.snd.timer {
            Timer::Idle => self,
            Timer::Retransmit { since, retransmissions, .. } => {
                if limit.reached(retransmissions, since, cx.now) {
                    return self.give_up(cx);
                }
                retransmits(retransmissions, cx);
                tcb.retransmit(cx);
                self.last_ack_if_fin_left(Rule::CloseCall, cx)
            }
            Timer::Persist { since, unanswered, .. } => {
                // The first of the unanswered probes is no retransmission.
                if unanswered > 0 && limit.reached(unanswered - 1, since, cx.now) {
                    return self.give_up(cx);
                }
                let rule = if tcb.snd.wnd == 0 { Rule::ZeroWindowProbe } else { Rule::SwsOverride };
                cx.out.push(Effect::Expired { rule });
                tcb.probe(cx);
                self.last_ack_if_fin_left(Rule::CloseCall, cx)
            }
        }
    }

    fn give_up(self, cx: &mut Cx<'_>) -> Self {
        if cx.profile.give_up_sends_rst {
            self.send_rst(Rule::GaveUp, cx);
        }
        self.over(Cause::TimedOut, Rule::GaveUp, cx)
    }

    /// Nothing came to take the ACK along (RFC 9293 3.8.6.3).
    fn delayed_ack(mut self, cx: &mut Cx<'_>) -> Self {
        if let Some(tcb) = self.tcb_mut() {
            cx.out.push(Effect::Expired { rule: Rule::DelayedAck });
            tcb.send_ack(Rule::DelayedAck, cx);
        }
        self
    }

    /// CLOSE's time is over: ABORT if text is unacknowledged, else it goes on without a limit (R2).
    fn close_timeout(mut self, cx: &mut Cx<'_>) -> Self {
        if self.unacknowledged() > 0 {
            cx.out.push(Effect::Expired { rule: Rule::CloseExpired });
            self.send_rst(Rule::CloseExpired, cx);
            return self.ended(Cause::CloseExpired, Rule::CloseExpired, cx);
        }
        if let Some(tcb) = self.tcb_mut() {
            tcb.set_close_by(None);
        }
        cx.out.push(Effect::Expired { rule: Rule::CloseExpiredIdle });
        cx.notify(Notice::CloseExpired, Rule::CloseExpiredIdle);
        self
    }
}

/// The retransmission timer fired, after so many retransmissions. At max_r1 the user hears of it (MUST-20, SHLD-9): the
/// peer, or the way to it, may be gone.
fn retransmits(before: u8, cx: &mut Cx<'_>) {
    cx.out.push(Effect::Expired { rule: Rule::Retransmission });
    if before.checked_add(1) == Some(cx.profile.max_r1) {
        cx.notify(Notice::Unresponsive, Rule::MaxR1);
    }
}
