//! The sending half of a connection: the send sequence space of RFC 9293 3.3.1, the queue behind it, congestion
//! control (RFC 5681) and the timer. What to send when is decided in `transmit.rs`.

use super::congestion::Congestion;
use super::recovery::{DUP_THRESH, Losses};
use super::rtt::Rtt;
use crate::buf::Rope;
use crate::packet::Segment;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::seq::Seq;
use crate::time::{Duration, Instant};
use bytes::Bytes;

/// The most that a send queue holds, in bytes: comparisons of sequence numbers need it below 2^31.
pub const MAX_QUEUE: usize = 1 << 30;

/// The one timer of the sending half (RFC 6298, RFC 9293 3.8.6.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// Nothing to wait for.
    Idle,
    /// Something in the peer's window is unacknowledged.
    Retransmit { at: Instant, since: Instant, retransmissions: u8 },
    /// The window is closed, or too small to be used, and something waits for it.
    /// `since`: when the first of the `unanswered` probes was sent.
    Persist { at: Instant, since: Instant, unanswered: u8, backoff: u8 },
}

/// The octet whose acknowledgment is timed, and since when; the end of time if there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Timed {
    pub(super) octet: Seq,
    pub(super) since: Instant,
}

impl Timed {
    pub(super) const NOTHING: Self = Self { octet: Seq(0), since: Instant::END };

    pub(super) fn is_running(self) -> bool {
        self.since != Instant::END
    }
}

/// Our FIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fin {
    /// CLOSE was not called.
    Open,
    /// A FIN follows the queue; it may have left.
    Queued,
    /// The FIN is acknowledged.
    Acknowledged,
}

/// SND.* and what belongs to it.
#[derive(Clone, Debug)]
pub struct Send {
    /// SND.UNA.
    pub(crate) una: Seq,
    /// SND.NXT: past everything ever sent.
    pub(crate) nxt: Seq,
    /// SND.WND.
    pub(crate) wnd: u32,
    /// SND.WL1.
    pub(super) wl1: Seq,
    /// SND.WL2.
    pub(super) wl2: Seq,
    /// The largest window seen: the estimate of the peer's buffer (3.8.6.2.1).
    pub(super) max_wnd: u32,
    /// By how much the peer's windows are shifted (RFC 7323 section 2).
    pub(super) shift: u8,
    /// Both SYNs permit SACK.
    pub(super) sack: bool,
    /// The effective send MSS.
    pub(super) mss: u16,
    /// Our SYN is not acknowledged: it takes the octet at SND.UNA (a close in SYN-RECEIVED).
    pub(super) syn: bool,
    pub(super) fin: Fin,
    /// Nagle is off.
    pub(super) nodelay: bool,
    /// Text from SND.UNA (past the SYN) on: unacknowledged, then unsent.
    pub(super) queue: Rope,
    pub(super) recovery: Losses,
    pub(super) congestion: Congestion,
    pub(super) rtt: Rtt,
    /// When text or FIN last left.
    pub(super) last_sent: Instant,
    /// Something was sent twice since the last measurement.
    pub(super) resent: bool,
    /// The octet whose acknowledgment is timed, and since when (Karn: never one that was sent twice).
    pub(super) timed: Timed,
    pub(super) timer: Timer,
}

impl Send {
    #[expect(clippy::too_many_arguments, reason = "one caller, which has just taken them apart")]
    pub(super) fn new(
        iss: Seq,
        mss: u16,
        wnd: u16,
        irs: Seq,
        rtt: Rtt,
        syn_sent: Option<Instant>,
        nodelay: bool,
        now: Instant,
        profile: &Profile,
    ) -> Self {
        let smss = u32::from(mss);
        // RFC 5681 3.1: one segment if the SYN was lost.
        let cwnd = if syn_sent.is_none() { smss } else { profile.initial_window.bytes(smss) };
        Self {
            una: iss,
            nxt: iss + 1,
            wnd: u32::from(wnd),
            wl1: irs,
            wl2: iss,
            max_wnd: u32::from(wnd),
            shift: 0,
            sack: false,
            mss,
            syn: true,
            fin: Fin::Open,
            nodelay,
            queue: Rope::default(),
            recovery: Losses::default(),
            congestion: Congestion::new(cwnd, smss, profile),
            rtt,
            last_sent: now,
            resent: false,
            timed: syn_sent.map_or(Timed::NOTHING, |since| Timed { octet: iss + 1, since }),
            timer: Timer::Idle,
        }
    }

    /// RFC 5681 4.1: nothing left for longer than a timeout, so what the window was then says little now.
    pub(super) fn restart_after_idle(&mut self, now: Instant, profile: &Profile) {
        if self.nothing_in_flight() && now.since(self.last_sent) > self.rtt.rto() {
            self.congestion.restart(profile.initial_window.bytes(u32::from(self.mss)));
        }
    }

    /// The handshake is complete.
    pub(super) fn syn_acknowledged(&mut self, now: Instant, profile: &Profile) {
        self.una = self.nxt;
        self.syn = false;
        self.measure(now, profile);
    }

    /// Bytes of text that are unsent or unacknowledged.
    #[must_use]
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The number of the first octet in the queue.
    pub(super) fn text_start(&self) -> Seq {
        self.una + u32::from(self.syn)
    }

    /// The number after the last octet in the queue: our FIN's, if there is one.
    pub(super) fn text_end(&self) -> Seq {
        self.text_start() + len32(self.queue.len())
    }

    /// Whether our FIN has left (at least once).
    #[must_use]
    pub(crate) fn fin_sent(&self) -> bool {
        match self.fin {
            Fin::Open => false,
            Fin::Queued => self.nxt.gt(self.text_end()),
            Fin::Acknowledged => true,
        }
    }

    /// Whether everything we will ever send, our FIN included, is acknowledged.
    #[must_use]
    pub(crate) fn fin_acked(&self) -> bool {
        self.fin == Fin::Acknowledged
    }

    /// The number of a segment without text: SND.NXT, or the edge of the window if an octet that probed a closed
    /// window lies past it. The peer has not taken that octet, and would not take a number beyond it.
    pub(super) fn seq(&self) -> Seq {
        let edge = self.una + self.wnd;
        if self.nxt.gt(edge) { edge } else { self.nxt }
    }

    pub(super) fn push(&mut self, text: Bytes) {
        self.queue.push(text);
    }

    /// After a timeout: where sending again has got to; none once it has reached SND.NXT.
    pub(super) fn resend(&self) -> Option<Seq> {
        self.recovery.resend
    }

    pub(super) fn set_resend(&mut self, at: Option<Seq>) {
        if at != self.recovery.resend {
            self.recovery.learn().resend = at;
        }
    }

    /// Nothing waits to leave, for the first time or again.
    pub(super) fn is_all_sent(&self) -> bool {
        let end = self.text_end() + u32::from(self.fin == Fin::Queued);
        self.nxt == end && self.recovery.is_empty() && !(self.syn && self.nxt == self.una)
    }

    /// Everything ever sent is acknowledged.
    pub(super) fn nothing_in_flight(&self) -> bool {
        self.una == self.nxt
    }

    /// Whether SEG.ACK acknowledges something new: SND.UNA < SEG.ACK =< SND.NXT.
    pub(super) fn acks_new(&self, ack: Seq) -> bool {
        ack.gt(self.una) && ack.le(self.nxt)
    }

    /// SND.UNA moves to `ack`, which must acknowledge something new.
    ///
    /// `echoed` is the round trip that the ACK's timestamp tells of.
    pub(super) fn acknowledged(
        &mut self,
        ack: Seq,
        echoed: Option<Duration>,
        now: Instant,
        profile: &Profile,
    ) {
        assert!(self.acks_new(ack), "SND.UNA {:?} < {ack:?} =< SND.NXT {:?}", self.una, self.nxt);
        let fin = self.fin == Fin::Queued && ack.gt(self.text_end());
        let text = (ack - self.una) - u32::from(self.syn) - u32::from(fin);
        self.queue.drop_front(text as usize);
        if fin {
            assert!(self.queue.is_empty(), "a FIN is acknowledged after all its text");
            self.fin = Fin::Acknowledged;
        }
        self.syn = false;
        self.una = ack;
        self.recovery.acknowledged(ack);
        self.set_resend(self.resend().map(|at| at.max(ack)).filter(|at| at.lt(self.nxt)));
        self.measure(now, profile);
        if let (true, Some(echoed)) = (self.resent, echoed) {
            // Karn's ambiguity is none where the ACK says which segment it answers (RFC 7323 section 4).
            self.rtt.sample(echoed, profile);
            self.resent = false;
        }
        self.recover(ack, text, now, profile);
        // RFC 6298 5.2, 5.3; the zero-window timer is set anew by whoever sends next.
        self.timer = Timer::Idle;
    }

    /// RFC 6298 2.2, 2.3: the round trip of the octet that is timed, once it is acknowledged.
    fn measure(&mut self, now: Instant, profile: &Profile) {
        let Timed { octet, since } = self.timed;
        if self.timed.is_running() && self.una.ge(octet) {
            self.rtt.sample(now.since(since), profile);
            self.timed = Timed::NOTHING;
            self.resent = false;
        }
    }

    /// What an ACK of `text` new octets means for the congestion window.
    fn recover(&mut self, ack: Seq, text: u32, now: Instant, profile: &Profile) {
        let smss = u32::from(self.mss);
        let Some(fast) = self.recovery.fast else {
            // RFC 3465 2.3: one segment while what was in flight at a timeout is outstanding.
            let limit = if self.recovery.is_new_loss() { profile.slow_start_segments } else { 1 };
            return self.congestion.acknowledged(text, limit, now, self.rtt.smoothed());
        };
        let Congestion { cwnd, ssthresh, .. } = &mut self.congestion;
        if ack.ge(fast.point) {
            // RFC 6582 3.2 (3), option 1. RFC 6675 has left cwnd at ssthresh.
            let flight = self.nxt - self.una;
            *cwnd = if self.sack { *cwnd } else { (*ssthresh).min(flight.max(smss) + smss) };
            self.recovery.learn().fast = None;
        } else if !self.sack {
            // A partial ACK deflates by what left the network.
            let back = if text >= smss { smss } else { 0 };
            *cwnd = (cwnd.saturating_sub(text) + back).max(smss);
            self.recovery.learn().resend_first = Some(Rule::PartialAck);
        }
    }

    /// What an ACK of something new says of what lies past it.
    pub(super) fn note_sack(&mut self, segment: &Segment) {
        if self.sack {
            self.recovery.note(&segment.options.sack, self.una, self.nxt);
        }
    }

    /// An ACK that acknowledges nothing new: perhaps news of a loss. `segment` is still as it came.
    pub(super) fn not_new(&mut self, segment: &Segment) {
        if segment.ack != self.una || !matches!(self.timer, Timer::Retransmit { .. }) {
            return;
        }
        let same_window = u32::from(segment.wnd) << self.shift == self.wnd;
        let sacked = self.sack && self.recovery.note(&segment.options.sack, self.una, self.nxt);
        // RFC 5681 section 2 (TR-C40); with SACK, whatever tells of octets not told of before (RFC 6675 section 2).
        let duplicate = if self.sack { sacked } else { segment.is_empty() && same_window };
        if !duplicate {
            return;
        }
        let flight = self.nxt - self.una;
        let losses = self.recovery.learn();
        if losses.duplicates == 0 {
            losses.flight = flight;
        }
        losses.duplicates = losses.duplicates.saturating_add(1);
        let smss = u32::from(self.mss);
        if self.recovery.fast.is_some() {
            // RFC 5681 3.2 (4): a segment has left the network. RFC 6675 counts them by its pipe.
            let more = if self.sack { 0 } else { smss };
            self.congestion.cwnd = self.congestion.cwnd.saturating_add(more);
        } else if self.recovery.is_new_loss()
            && (self.recovery.duplicates >= DUP_THRESH
                || (self.sack && self.recovery.first_is_lost(self.una, smss)))
        {
            self.congestion.loss(self.recovery.flight);
            let left = if self.sack { 0 } else { DUP_THRESH * smss };
            self.congestion.cwnd = self.congestion.ssthresh.saturating_add(left);
            self.recovery.learn().begin(self.una, self.nxt);
            // Karn: what is sent again is not timed.
            self.timed = Timed::NOTHING;
            self.resent = true;
        }
    }

    /// Octets that congestion control lets leave at SND.NXT now.
    pub(super) fn congestion_room(&self) -> u32 {
        let smss = u32::from(self.mss);
        if self.sack && self.recovery.fast.is_some() {
            let room = self.congestion.cwnd.saturating_sub(self.recovery.pipe(self.una, self.nxt, smss));
            return if room >= smss { room } else { 0 };
        }
        // RFC 3042: each of the first two duplicates lets one more leave.
        let limited = match self.recovery.duplicates {
            n @ 1..DUP_THRESH if self.recovery.is_new_loss() => n * smss,
            _ => 0,
        };
        self.congestion.cwnd.saturating_add(limited).saturating_sub(self.nxt - self.una)
    }

    /// RFC 9293 3.10.7.4 fifth: SND.WND, from the newest segment only.
    pub(super) fn update_window(&mut self, segment: &Segment) {
        let newer = self.wl1.lt(segment.seq) || (self.wl1 == segment.seq && self.wl2.le(segment.ack));
        if self.una.le(segment.ack) && newer {
            let opened = self.wnd == 0 && segment.wnd > 0;
            self.wnd = u32::from(segment.wnd) << self.shift;
            self.wl1 = segment.seq;
            self.wl2 = segment.ack;
            self.max_wnd = self.max_wnd.max(self.wnd);
            if opened && matches!(self.timer, Timer::Persist { .. }) {
                // What went into the closed window was dropped there: send it again at once.
                self.timer = Timer::Idle;
                self.set_resend((!self.nothing_in_flight()).then_some(self.una));
                // Karn: what is sent again is not timed.
                self.timed = if self.resend().is_none() { self.timed } else { Timed::NOTHING };
            }
        }
        if let Timer::Persist { unanswered, .. } = &mut self.timer {
            // RFC 9293 MUST-37: a peer that answers probes is alive, however long its window is closed.
            *unanswered = 0;
        }
    }

    /// RFC 5681 3.1, equation 4, and 6298 5.4 to 5.6: the oldest segment is taken for lost.
    pub(super) fn timed_out(&mut self, retransmissions: u8, profile: &Profile) {
        if retransmissions == 0 {
            self.congestion.first_timeout(self.nxt - self.una);
        }
        self.congestion.collapse();
        self.timed = Timed::NOTHING;
        self.recovery.learn().timed_out(self.nxt);
        self.resent = true;
        self.rtt.back_off(profile);
        self.set_resend(Some(self.una));
    }

    /// The path carries less than was thought: what is outstanding from `seq` on is sent again, in segments that fit.
    pub(super) fn path_shrank(&mut self, mss: u16, seq: Seq) {
        self.mss = mss;
        self.congestion.set_smss(u32::from(mss));
        self.set_resend(Some(self.resend().filter(|at| at.lt(seq)).unwrap_or(seq)));
        // Karn: what is sent again is not timed.
        self.timed = Timed::NOTHING;
        self.resent = true;
    }

    /// Which rule a segment that goes out now has.
    pub(super) fn rule(&self, fin: bool, resent: Rule) -> Rule {
        match (self.resend(), fin) {
            (Some(_), _) => resent,
            (None, true) => Rule::CloseCall,
            (None, false) => Rule::SendCall,
        }
    }
}

/// A length of queue as sequence space: a queue holds at most [`MAX_QUEUE`] bytes.
pub(super) fn len32(len: usize) -> u32 {
    u32::try_from(len).expect("a queue is shorter than the sequence space")
}
