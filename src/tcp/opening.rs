//! SYN-SENT and SYN-RECEIVED: what exists before a connection is established.

use super::options::{self, Agreed, Echo, Offered};
use super::tcb::{App, Tcb};
use super::tuning::Tuning;
use super::{Cause, Cx, Effect, Notice, State, StateName, TimeWait, Unreachable};
use super::{receive::Receive, rtt::Rtt, send::Send};
use crate::packet::{Flags, Segment};
use crate::profile::{ListenerGone, MaxR2, Offer, Profile};
use crate::rule::Rule;
use crate::seq::Seq;
use crate::time::Instant;
use alloc::boxed::Box;

/// What the user and the interface set for a connection before it begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    /// The MSS that we announce: the interface's MTU less headers, in bytes.
    pub mss: u16,
    /// The MSS to send with when the peer announces none: 536 (IPv4) or 1220 (IPv6) bytes.
    pub default_mss: u16,
    /// Bytes of receive buffer.
    pub receive_buffer: u32,
    /// Nagle's algorithm is off.
    pub nodelay: bool,
    /// What the clock of timestamps begins with.
    pub ts_offset: u32,
    /// What few users set.
    pub tuning: Tuning,
}

/// Retransmission of a SYN or SYN+ACK.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct SynTimer {
    pub(super) at: Instant,
    pub(super) first_sent: Instant,
    pub(super) retransmissions: u8,
    /// What ICMP said was not reached, the last time it did.
    pub(super) unreachable: Option<Unreachable>,
    pub(super) rtt: Rtt,
}

impl SynTimer {
    pub(super) fn start(limit: MaxR2, cx: &Cx<'_>) -> Self {
        let rtt = Rtt::new(cx.profile);
        let mut timer = Self { at: cx.now, first_sent: cx.now, retransmissions: 0, unreachable: None, rtt };
        timer.rearm(limit, cx);
        timer
    }

    fn rearm(&mut self, limit: MaxR2, cx: &Cx<'_>) {
        self.at = limit.cap(self.first_sent, cx.now + self.rtt.rto());
    }

    /// The SYN goes out anew, as if for the first time (R29).
    pub(super) fn restart_at(&mut self, at: Instant) {
        self.at = at;
    }

    /// Counts a retransmission and sets the next; false when max_r2 is reached.
    #[must_use]
    pub(super) fn again(&mut self, limit: MaxR2, cx: &Cx<'_>) -> bool {
        if limit.reached(self.retransmissions, self.first_sent, cx.now) {
            return false;
        }
        self.retransmissions = self.retransmissions.saturating_add(1);
        self.rtt.back_off(cx.profile);
        self.rearm(limit, cx);
        true
    }
}

impl MaxR2 {
    /// Whether retransmission must give up now.
    pub(super) fn reached(&self, retransmissions: u8, first_sent: Instant, now: Instant) -> bool {
        self.retransmissions.is_some_and(|n| retransmissions >= n)
            || self.time.is_some_and(|t| now >= first_sent + t)
    }

    /// `at`, or the end of the time if that comes first.
    pub(super) fn cap(&self, first_sent: Instant, at: Instant) -> Instant {
        self.time.map_or(at, |t| at.min(first_sent + t))
    }
}

/// SYN-SENT.
#[derive(Clone, Debug)]
pub struct SynSent {
    pub(super) settings: Settings,
    pub(super) offered: Offered,
    /// The window that the SYN announces; a larger buffer counts from ESTABLISHED on.
    pub(super) window: u16,
    pub(super) iss: Seq,
    pub(super) timer: SynTimer,
    /// RSTs that refused the SYN so far (R23).
    pub(super) refusals: u8,
    /// The timer waits to send the SYN again after a refusal (R29).
    pub(super) retrying: bool,
}

/// Where SYN-RECEIVED came from (RFC 9293 MUST-11).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// A listener's.
    Passive,
    /// Our own OPEN; both SYNs crossed.
    Active,
    /// A listener's that was closed meanwhile (R21).
    Abandoned,
}

/// SYN-RECEIVED.
#[derive(Clone, Debug)]
pub struct SynReceived {
    pub(super) settings: Settings,
    pub(super) offered: Offered,
    pub(super) agreed: Agreed,
    /// Timestamps, if both SYNs have them.
    pub(super) echo: Option<Echo>,
    /// The window that the SYN+ACK announces.
    pub(super) window: u16,
    pub(super) origin: Origin,
    pub(super) iss: Seq,
    pub(super) irs: Seq,
    /// SEG.WND of the peer's SYN.
    pub(super) snd_wnd: u16,
    /// The peer's MSS option.
    pub(super) peer_mss: Option<u16>,
    pub(super) timer: SynTimer,
    /// Text and FIN that came with the SYN (R42).
    pub(super) early: Option<Segment>,
    /// The TIME-WAIT that the SYN ended, if it returns should the SYN be an old duplicate (MAY-2).
    pub(super) old: Option<Box<TimeWait>>,
}

impl Settings {
    /// When retransmission of the SYN gives up (MUST-21, MUST-22).
    pub(super) fn syn_max_r2(&self, profile: &Profile) -> MaxR2 {
        let limit = self.tuning.max_r2.unwrap_or(profile.syn_max_r2);
        if self.tuning.no_syn_retries { MaxR2 { retransmissions: Some(0), ..limit } } else { limit }
    }

    /// What SYNs say of timestamps.
    pub(super) fn timestamps(&self, profile: &Profile) -> Offer {
        match self.tuning.timestamps {
            None => profile.timestamps,
            Some(true) => Offer::Yes,
            Some(false) => Offer::No,
        }
    }

    /// The window of a SYN, never scaled.
    pub(super) fn syn_window(&self) -> u16 {
        u16::try_from(self.receive_buffer).unwrap_or(u16::MAX)
    }
}

impl SynSent {
    /// OPEN (active): the SYN leaves (RFC 9293 3.10.1).
    #[must_use = "the connection begins as the returned state"]
    pub fn open(iss: Seq, settings: Settings, cx: &mut Cx<'_>) -> State {
        let s = Self {
            settings,
            offered: Offered::first(&settings, cx.profile),
            window: settings.syn_window(),
            iss,
            timer: SynTimer::start(settings.syn_max_r2(cx.profile), cx),
            refusals: 0,
            retrying: false,
        };
        s.send_syn(Rule::ActiveOpen, cx);
        State::became(StateName::Closed, State::SynSent(Box::new(s)), Rule::ActiveOpen, cx)
    }

    pub(super) fn send_syn(&self, rule: Rule, cx: &mut Cx<'_>) {
        let options = self.offered.options(options::clock(cx.now, self.settings.ts_offset), 0);
        let syn = Segment::control(Flags::SYN, self.iss, Seq(0));
        cx.transmit(Segment { wnd: self.window, options, ..syn }, rule);
    }

    /// SYN+ACK came: our SYN is acknowledged.
    pub(super) fn established(&self, segment: &Segment, cx: &mut Cx<'_>) -> Tcb {
        let snd = Opened {
            settings: self.settings,
            window: self.window,
            iss: self.iss,
            irs: segment.seq,
            peer_mss: segment.options.mss,
            wnd: segment.wnd,
            timer: self.timer,
            offered: self.offered,
            agreed: self.offered.agreed(&segment.options),
            echo: None,
        };
        let mut tcb = snd.tcb(cx);
        tcb.snd.syn_acknowledged(cx.now, cx.profile);
        tcb
    }

    /// The peer's SYN crossed ours.
    pub(super) fn crossed(&self, segment: &Segment, cx: &mut Cx<'_>) -> SynReceived {
        // The window does not shrink below what the SYN announced.
        let window = self.window.max(self.settings.syn_window());
        let crossed = SynReceived::new(self.settings, Origin::Active, self.offered, self.iss, segment, cx);
        SynReceived { window, ..crossed }
    }
}

impl SynReceived {
    pub(super) fn new(
        settings: Settings,
        origin: Origin,
        offered: Offered,
        iss: Seq,
        segment: &Segment,
        cx: &mut Cx<'_>,
    ) -> Self {
        let agreed = offered.agreed(&segment.options);
        let echo = |recent| Echo::new(settings.ts_offset, recent, cx.now, segment.seq + 1);
        Self {
            settings,
            offered,
            agreed,
            echo: agreed.timestamps.map(echo),
            window: settings.syn_window(),
            origin,
            iss,
            irs: segment.seq,
            snd_wnd: segment.wnd,
            peer_mss: segment.options.mss,
            timer: SynTimer::start(settings.syn_max_r2(cx.profile), cx),
            early: early(segment, cx.profile),
            old: None,
        }
    }

    /// By how much the peer's windows are shifted.
    pub(super) fn snd_shift(&self) -> u8 {
        self.agreed.snd_shift
    }

    /// By how much ours are.
    pub(super) fn rcv_shift(&self) -> u8 {
        self.agreed.rcv_shift
    }

    pub(super) fn rcv_nxt(&self) -> Seq {
        self.irs + 1
    }

    pub(super) fn send_syn_ack(&self, rule: Rule, cx: &mut Cx<'_>) {
        let clock = options::clock(cx.now, self.settings.ts_offset);
        let options = self.offered.options(clock, self.echo.map_or(0, |echo| echo.recent));
        let syn = Segment::control(Flags::SYN | Flags::ACK, self.iss, self.rcv_nxt());
        cx.transmit(Segment { wnd: self.window, options, ..syn }, rule);
    }

    /// The control block, our SYN still unacknowledged.
    pub(super) fn tcb(&self, cx: &mut Cx<'_>) -> Tcb {
        Opened {
            settings: self.settings,
            window: self.window,
            iss: self.iss,
            irs: self.irs,
            peer_mss: self.peer_mss,
            wnd: self.snd_wnd,
            timer: self.timer,
            offered: self.offered,
            agreed: self.agreed,
            echo: self.echo,
        }
        .tcb(cx)
    }

    /// What becomes of a connection in this state that is reset: connect fails, or the listener never knew.
    pub(super) const fn reset_cause(&self) -> Cause {
        match self.origin {
            Origin::Passive | Origin::Abandoned => Cause::Deleted,
            Origin::Active => Cause::Refused,
        }
    }
}

impl State {
    /// The listener of a passive open is gone (R21).
    #[must_use = "the connection goes on as the returned state"]
    pub(crate) fn abandon(mut self, cx: &mut Cx<'_>) -> Self {
        let Self::SynReceived(s) = &mut self else { return self };
        match (s.origin, cx.profile.listener_gone) {
            (Origin::Passive, ListenerGone::ForgottenAtOnce) => {
                self.ended(Cause::Deleted, Rule::ListenerForgot, cx)
            }
            (Origin::Passive, ListenerGone::AbortsLater | ListenerGone::BareResetLater) => {
                s.origin = Origin::Abandoned;
                self
            }
            (Origin::Active | Origin::Abandoned, _) => self,
        }
    }
}

/// Text and FIN of a SYN, to be looked at once the connection is established.
fn early(segment: &Segment, profile: &Profile) -> Option<Segment> {
    use crate::profile::TextOnSyn;
    match profile.text_on_syn {
        TextOnSyn::Queued if segment.text_len() > 0 || segment.fin() => {
            let mut rest = segment.clone();
            rest.seq = segment.text_seq();
            rest.flags = (rest.flags & Flags::FIN) | Flags::ACK;
            Some(rest)
        }
        TextOnSyn::Queued | TextOnSyn::Dropped => None,
    }
}

/// What both ways of opening know when the transmission control block is made.
struct Opened {
    settings: Settings,
    window: u16,
    iss: Seq,
    irs: Seq,
    peer_mss: Option<u16>,
    wnd: u16,
    timer: SynTimer,
    offered: Offered,
    agreed: Agreed,
    /// None: as of now, if timestamps are agreed on.
    echo: Option<Echo>,
}

impl Opened {
    fn tcb(self, cx: &mut Cx<'_>) -> Tcb {
        let Self { settings, window, iss, irs, peer_mss, wnd, timer, offered, agreed, echo } = self;
        let echo = agreed
            .timestamps
            .map(|recent| echo.unwrap_or_else(|| Echo::new(settings.ts_offset, recent, cx.now, irs + 1)));
        let mut rtt = timer.rtt;
        let lost_syn = timer.retransmissions > 0;
        if lost_syn {
            rtt.after_syn_loss(cx.profile);
        }
        // Karn: a SYN that was sent twice is not measured.
        let syn_sent = (!lost_syn).then_some(timer.first_sent);
        let mss = peer_mss.unwrap_or(settings.default_mss).clamp(1, settings.mss.max(1));
        let mut snd = Send::new(iss, mss, wnd, irs, rtt, syn_sent, settings.nodelay, cx.now, cx.profile);
        (snd.shift, snd.sack) = (agreed.snd_shift, agreed.sack);
        let mut tcb = Tcb {
            snd,
            rcv: Receive::new(irs, settings.receive_buffer, window, agreed.rcv_shift),
            offered,
            echo: echo.map(Box::new),
            app: App::Open,
            rare: None,
            established: cx.now,
        };
        tcb.tune(settings.tuning, cx);
        tcb
    }
}

/// Announces ESTABLISHED.
pub(super) fn connected(rule: Rule, cx: &mut Cx<'_>) {
    cx.out.push(Effect::Notify { notice: Notice::Connected, rule });
}
