//! What to send when: the window, congestion control, Nagle and silly-window avoidance (RFC 9293 3.7.4,
//! 3.8.6.2.1), and the timer that stands behind what was sent.

use super::Cx;
use super::recovery::DUP_THRESH;
use super::send::{Fin, Timed, Timer, len32};
use super::tcb::Tcb;
use crate::packet::{Flags, Options, SackBlocks, Segment, Timestamps};
use crate::rule::Rule;
use crate::seq::Seq;
use crate::time::Instant;

/// The next segment worth sending.
struct Next {
    seq: Seq,
    len: u32,
    syn: bool,
    fin: bool,
}

impl Tcb {
    /// Sends all that may be sent now; then, if `ack` is some and nothing left that carried one, a bare ACK.
    pub(super) fn transmit(&mut self, ack: Option<Rule>, resent: Rule, cx: &mut Cx<'_>) {
        let acked = !self.snd.is_all_sent() && self.transmit_text(resent, cx);
        if let Some(rule) = ack
            && !acked
        {
            self.send_ack(rule, cx);
        }
        self.set_timer(cx);
    }

    /// Text, FIN, perhaps a SYN: all that may be sent now. Whether anything was.
    fn transmit_text(&mut self, resent: Rule, cx: &mut Cx<'_>) -> bool {
        let mut acked = false;
        let mut resent = resent;
        let limit = self.text_limit();
        self.snd.restart_after_idle(cx.now, cx.profile);
        if let Some(rule) = self.snd.recovery.known().and_then(|losses| losses.resend_first.take())
            && !self.snd.nothing_in_flight()
        {
            let first = self.again(self.snd.una, self.snd.nxt, limit);
            self.emit(&first, rule, cx);
            acked = true;
        }
        while let Some((next, rule)) = self.next(limit) {
            let rule = rule.unwrap_or_else(|| self.snd.rule(next.fin, resent));
            let high_rxt = self.snd.recovery.fast.map(|fast| fast.high_rxt);
            self.emit(&next, rule, cx);
            if rule == Rule::Rescue
                && let Some(high_rxt) = high_rxt
                && let Some(fast) = self.snd.recovery.learn().fast.as_mut()
            {
                // HighRxt stays where it was.
                (fast.high_rxt, fast.rescued) = (high_rxt, true);
            }
            acked = true;
            resent = if resent == Rule::PathMtu { resent } else { Rule::GoBack };
        }
        acked
    }

    /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
    pub(super) fn send_ack(&mut self, rule: Rule, cx: &mut Cx<'_>) {
        let segment = self.segment(Flags::ACK, self.snd.seq(), cx.now);
        cx.transmit(segment, rule);
    }

    pub(super) fn segment(&mut self, flags: Flags, seq: Seq, now: Instant) -> Segment {
        // It takes along the ACK that waits.
        self.rcv.ack_leaves();
        let mut segment = Segment::control(flags, seq, self.rcv.nxt);
        segment.wnd = self.rcv.announce(self.mss());
        segment.options = self.options(now);
        self.point(&mut segment);
        segment
    }

    /// The options of a segment without SYN or RST: timestamps on all of them once agreed on (TR-C58), and what
    /// came past a gap.
    fn options(&mut self, now: Instant) -> Options {
        let ack = self.rcv.nxt;
        let timestamps = self.echo.as_mut().map(|echo| echo.stamp(now, ack));
        let sack = if self.snd.sack { self.rcv.sack_blocks() } else { SackBlocks::NONE };
        Options { timestamps, sack, ..Options::NONE }
    }

    /// Octets of text that a segment may carry: the MSS less the options (RFC 6691).
    fn text_limit(&self) -> u32 {
        let stamp = if self.echo.is_some() { Timestamps::WIRE_LEN } else { 0 };
        let blocks = if self.snd.sack { self.rcv.sack_blocks() } else { SackBlocks::NONE };
        u32::from(self.snd.mss).saturating_sub(stamp + blocks.wire_len()).max(1)
    }

    /// The next segment, of `limit` octets of text at most, and its rule where it is none of the usual: what was lost
    /// first, then what is new.
    fn next(&self, limit: u32) -> Option<(Next, Option<Rule>)> {
        let snd = &self.snd;
        if snd.recovery.is_empty() {
            return self.next_in_order(limit);
        }
        let (una, smss) = (snd.una, u32::from(snd.mss));
        let hole = |unsure| {
            let (seq, end) = snd.recovery.next_hole(una, smss, unsure)?;
            (snd.congestion_room() > 0).then(|| (self.again(seq, end, limit), Some(Rule::HoleResent)))
        };
        hole(false)
            .or_else(|| self.next_in_order(limit))
            .or_else(|| hole(true))
            .or_else(|| self.rescue(limit))
    }

    /// RFC 6675 NextSeg, rule 4: up to a segment that ends with the last octet that the peer does not have.
    fn rescue(&self, limit: u32) -> Option<(Next, Option<Rule>)> {
        let snd = &self.snd;
        if !snd.sack || snd.congestion_room() == 0 {
            return None;
        }
        let (start, end) = snd.recovery.rescue(snd.una, snd.nxt)?;
        let seq = start.max(end - (end - start).min(limit));
        Some((self.again(seq, end, limit), Some(Rule::Rescue)))
    }

    /// The segment at `seq`, sent before, up to `end` or to what the peer has.
    fn again(&self, seq: Seq, end: Seq, limit: u32) -> Next {
        let snd = &self.snd;
        if snd.syn && seq == snd.una {
            return Next { seq, len: 0, syn: true, fin: false };
        }
        let end = snd.recovery.hole_end(seq, end);
        let text = if end.gt(snd.text_end()) { snd.text_end() } else { end };
        let len = (if seq.lt(text) { text - seq } else { 0 }).min(limit);
        Next {
            seq,
            len,
            syn: false,
            fin: snd.fin == Fin::Queued && (seq + len).lt(end) && seq + len == snd.text_end(),
        }
    }

    /// What follows the last that was sent; after a timeout, the last that was sent again.
    fn next_in_order(&self, limit: u32) -> Option<(Next, Option<Rule>)> {
        let snd = &self.snd;
        let seq = snd.resend().unwrap_or(snd.nxt);
        if snd.syn && seq == snd.una {
            return Some((Next { seq, len: 0, syn: true, fin: false }, None));
        }
        let congestion = match snd.resend() {
            Some(seq) => self.usable(seq, snd.congestion.cwnd.min(snd.wnd)),
            None => snd.congestion_room(),
        };
        let available = if seq.lt(snd.text_end()) { snd.text_end() - seq } else { 0 };
        let len = available.min(self.usable(seq, snd.wnd)).min(congestion).min(limit);
        let last = len == available;
        let fin = last && snd.fin == Fin::Queued && seq.le(snd.text_end()) && self.usable(seq, snd.wnd) > len;
        let worth_it = fin || (len > 0 && (len == limit || self.worth_sending(seq, len, last)));
        let limited =
            (1..DUP_THRESH).contains(&snd.recovery.duplicates) && seq - snd.una + len > snd.congestion.cwnd;
        let rule = (limited && snd.resend().is_none()).then_some(Rule::LimitedTransmit);
        worth_it.then_some((Next { seq, len, syn: false, fin }, rule))
    }

    /// Octets from `seq` to the edge of a window of `wnd` octets.
    fn usable(&self, seq: Seq, wnd: u32) -> u32 {
        let edge = self.snd.una + wnd;
        if seq.lt(edge) { edge - seq } else { 0 }
    }

    /// For less than a whole segment: sender silly-window avoidance with Nagle (3.7.4, 3.8.6.2.1). A CLOSE pushes (R37); so does sending again.
    fn worth_sending(&self, seq: Seq, len: u32, last: bool) -> bool {
        let snd = &self.snd;
        let idle = snd.nothing_in_flight();
        (snd.resend().is_some() && (last || seq == snd.una))
            || (last && (snd.nodelay || idle || snd.fin != Fin::Open || self.is_pressed()))
            || (idle && seq == snd.nxt && len >= (snd.max_wnd / 2).max(1))
    }

    fn emit(&mut self, next: &Next, rule: Rule, cx: &mut Cx<'_>) {
        let Next { seq, len, syn, fin } = *next;
        let offset = (seq - self.snd.una) as usize - usize::from(self.snd.syn && !syn);
        let payload = self.snd.queue.slice(offset, len as usize);
        let mut flags = Flags::ACK;
        flags.set(Flags::SYN, syn);
        flags.set(Flags::FIN, fin);
        // MUST-61: PSH on the last of what is buffered.
        flags.set(Flags::PSH, len > 0 && offset + len as usize == self.snd.queue.len());
        let mut segment = self.segment(flags, seq, cx.now);
        segment.payload = payload;
        if syn {
            let Timestamps { val, ecr } = segment.options.timestamps.unwrap_or_default();
            segment.options = self.offered.options(val, ecr);
            // Never scaled (TR-C55).
            segment.wnd = u16::try_from(self.rcv.wnd()).unwrap_or(u16::MAX);
        }
        let end = seq + segment.len();
        cx.transmit(segment, rule);
        self.sent(end, cx);
    }

    fn sent(&mut self, end: Seq, cx: &Cx<'_>) {
        let snd = &mut self.snd;
        let new = end.gt(snd.nxt);
        if new && !snd.timed.is_running() && snd.resend().is_none() {
            snd.timed = Timed { octet: end, since: cx.now };
        }
        snd.nxt = snd.nxt.max(end);
        snd.last_sent = cx.now;
        if !new && let Some(fast) = snd.recovery.known().and_then(|losses| losses.fast.as_mut()) {
            fast.high_rxt = fast.high_rxt.max(end);
        }
        if snd.resend().is_some() {
            snd.set_resend((!new && end.lt(snd.nxt)).then_some(end));
        }
    }

    /// The timer that what is outstanding needs (RFC 6298 5.1 to 5.3, RFC 9293 3.8.6.1).
    pub(super) fn set_timer(&mut self, cx: &Cx<'_>) {
        let limit = self.max_r2(cx.profile);
        let snd = &mut self.snd;
        let in_flight = !snd.nothing_in_flight();
        let waiting = snd.queued() > 0 || (snd.fin == Fin::Queued && !snd.fin_sent());
        if in_flight && snd.wnd > 0 {
            if !matches!(snd.timer, Timer::Retransmit { .. }) {
                let at = limit.cap(cx.now, cx.now + snd.rtt.rto());
                snd.timer = Timer::Retransmit { at, since: cx.now, retransmissions: 0 };
            }
        } else if in_flight || waiting {
            if !matches!(snd.timer, Timer::Persist { .. }) {
                let at = cx.now + snd.rtt.rto();
                snd.timer = Timer::Persist { at, since: cx.now, unanswered: 0, backoff: 0 };
            }
        } else {
            snd.timer = Timer::Idle;
        }
    }

    /// The retransmission timer fired and max_r2 is not reached: the oldest segment again (RFC 6298 5.4 to 5.6).
    pub(super) fn retransmit(&mut self, cx: &mut Cx<'_>) {
        let Timer::Retransmit { since, retransmissions, .. } = self.snd.timer else { return };
        self.snd.timed_out(retransmissions, cx.profile);
        let at = self.max_r2(cx.profile).cap(since, cx.now + self.snd.rtt.rto());
        self.snd.timer = Timer::Retransmit { at, since, retransmissions: retransmissions.saturating_add(1) };
        self.transmit(None, Rule::Retransmission, cx);
    }

    /// The persist timer fired: one octet into a closed window, or all that a small one takes (MUST-36, SHLD-30).
    pub(super) fn probe(&mut self, cx: &mut Cx<'_>) {
        let Timer::Persist { since, unanswered, backoff, .. } = self.snd.timer else { return };
        // max_r2 counts from the first probe that is not answered.
        let since = if unanswered == 0 { cx.now } else { since };
        let interval = self.snd.rtt.rto().saturating_mul(1 << (backoff + 1).min(16)).min(cx.profile.max_rto);
        let at = self.max_r2(cx.profile).cap(since, cx.now + interval);
        let backoff = (backoff + 1).min(16);
        self.snd.timer = Timer::Persist { at, since, unanswered: unanswered.saturating_add(1), backoff };
        let seq = self.snd.una;
        let syn = self.snd.syn;
        let room = if syn { 0 } else { self.snd.wnd.max(1).min(self.text_limit()) };
        let len = room.min(len32(self.snd.queued()));
        let fin = len == 0 && !syn && self.snd.fin == Fin::Queued;
        let rule = if self.snd.wnd == 0 { Rule::ZeroWindowProbe } else { Rule::SwsOverride };
        // Karn: an octet that may be sent again is not timed.
        self.snd.timed = Timed::NOTHING;
        self.emit(&Next { seq, len, syn, fin }, rule, cx);
        self.snd.timed = Timed::NOTHING;
        self.set_timer(cx);
    }
}
