//! STATUS (RFC 9293 3.10.6): what can be asked of a connection without changing it, and the few places where its
//! parts are found whatever the state.

use super::send::Timer;
use super::{Cause, CloseWait, Closing, Established, FinWait1, LastAck, State, StateName, Tcb};
use crate::buf::Rope;
use crate::time::{Duration, Instant};

/// Which timer will fire next, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// Which.
    pub timer: TimerName,
}

/// The timers of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerName {
    /// A SYN or SYN+ACK is unacknowledged.
    Syn,
    /// Text or FIN is unacknowledged.
    Retransmission,
    /// The peer's window is closed.
    Persist,
    /// An ACK waits for something to travel with.
    DelayedAck,
    /// Keep-alive is on, and nothing was heard for a while.
    KeepAlive,
    /// A keep-alive probe is unanswered.
    KeepAliveProbe,
    /// CLOSE has a time limit.
    Close,
    /// An orphan waits for the peer's FIN.
    FinWait2,
    /// 2 MSL.
    TimeWait,
}

/// What the sending half goes by: the windows of RFC 5681, in octets, and the times of RFC 6298.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sending {
    /// The congestion window.
    pub cwnd: u32,
    /// The slow start threshold; none before the first loss.
    pub ssthresh: Option<u32>,
    /// FlightSize: sent and not acknowledged.
    pub flight: u32,
    /// What SACK says is still in the network (RFC 6675); without SACK FlightSize.
    pub pipe: u32,
    /// The smoothed round-trip time; none before the first measurement.
    pub srtt: Option<Duration>,
    /// How much round-trip times vary.
    pub rttvar: Duration,
    /// The retransmission timeout.
    pub rto: Duration,
}

impl State {
    /// The name of the state.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::SynSent(_) => StateName::SynSent,
            Self::SynReceived(_) => StateName::SynReceived,
            Self::Established(_) => StateName::Established,
            Self::FinWait1(_) => StateName::FinWait1,
            Self::FinWait2(_) => StateName::FinWait2,
            Self::CloseWait(_) => StateName::CloseWait,
            Self::Closing(_) => StateName::Closing,
            Self::LastAck(_) => StateName::LastAck,
            Self::TimeWait(_) => StateName::TimeWait,
            Self::Closed(_) => StateName::Closed,
        }
    }

    pub(super) fn tcb(&self) -> Option<&Tcb> {
        match self {
            Self::Established(s) => Some(&s.tcb),
            Self::FinWait1(s) => Some(&s.tcb),
            Self::FinWait2(s) => Some(&s.tcb),
            Self::CloseWait(s) => Some(&s.tcb),
            Self::Closing(s) => Some(&s.tcb),
            Self::LastAck(s) => Some(&s.tcb),
            without_tcb!() => None,
        }
    }

    pub(super) fn tcb_mut(&mut self) -> Option<&mut Tcb> {
        match self {
            Self::Established(s) => Some(&mut s.tcb),
            Self::FinWait1(s) => Some(&mut s.tcb),
            Self::FinWait2(s) => Some(&mut s.tcb),
            Self::CloseWait(s) => Some(&mut s.tcb),
            Self::Closing(s) => Some(&mut s.tcb),
            Self::LastAck(s) => Some(&mut s.tcb),
            without_tcb!() => None,
        }
    }

    fn inbox(&self) -> Option<&Rope> {
        match self {
            Self::TimeWait(s) => Some(&s.inbox),
            Self::Closed(s) => Some(&s.inbox),
            with_tcb!() | Self::SynSent(_) | Self::SynReceived(_) => self.tcb().map(|tcb| &tcb.rcv.inbox),
        }
    }

    pub(super) fn inbox_mut(&mut self) -> Option<&mut Rope> {
        match self {
            Self::TimeWait(s) => Some(&mut s.inbox),
            Self::Closed(s) => Some(&mut s.inbox),
            with_tcb!() | Self::SynSent(_) | Self::SynReceived(_) => {
                self.tcb_mut().map(|tcb| &mut tcb.rcv.inbox)
            }
        }
    }

    pub(super) fn into_inbox(mut self) -> Rope {
        self.inbox_mut().map(core::mem::take).unwrap_or_default()
    }

    /// When the connection was established, while it is.
    #[must_use]
    pub fn established_at(&self) -> Option<Instant> {
        self.tcb().map(|tcb| tcb.established)
    }

    /// The effective send MSS (RFC 9293 3.7.1), in bytes.
    #[must_use]
    pub fn send_mss(&self) -> Option<u16> {
        self.tcb().map(Tcb::mss)
    }

    /// Bytes that can be read now.
    #[must_use]
    pub fn readable(&self) -> usize {
        self.inbox().map_or(0, Rope::len)
    }

    /// The bytes that can be read now, without taking them.
    #[must_use]
    pub fn peek(&self) -> Rope {
        self.inbox().cloned().unwrap_or_default()
    }

    /// Bytes that came past a gap and cannot be read yet.
    #[must_use]
    pub fn past_gap(&self) -> usize {
        self.tcb().map_or(0, |tcb| tcb.rcv.past_gap())
    }

    /// Whether the peer's FIN was received (and everything before it).
    #[must_use]
    pub fn fin_received(&self) -> bool {
        match self {
            Self::TimeWait(_) => true,
            Self::Closed(s) => s.fin_received,
            with_tcb!() | Self::SynSent(_) | Self::SynReceived(_) => {
                self.tcb().is_some_and(|tcb| tcb.rcv.fin)
            }
        }
    }

    /// Bytes that were given to SEND and are not acknowledged.
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.tcb().map_or(0, |tcb| tcb.snd.queued())
    }

    /// What the sending half goes by; none before ESTABLISHED and from TIME-WAIT on.
    #[must_use]
    pub fn sending(&self) -> Option<Sending> {
        let snd = &self.tcb()?.snd;
        Some(Sending {
            cwnd: snd.congestion.cwnd,
            ssthresh: Some(snd.congestion.ssthresh).filter(|&octets| octets < u32::MAX),
            flight: snd.nxt - snd.una,
            pipe: snd.recovery.pipe(snd.una, snd.nxt, u32::from(snd.mss)),
            srtt: snd.rtt.srtt(),
            rttvar: snd.rtt.rttvar,
            rto: snd.rtt.rto(),
        })
    }

    /// TS.Recent (RFC 7323 section 4.3); none without timestamps, before ESTABLISHED and from TIME-WAIT
    /// on.
    #[must_use]
    pub fn ts_recent(&self) -> Option<u32> {
        self.tcb()?.echo.as_ref().map(|echo| echo.recent)
    }

    /// Whether our FIN is acknowledged.
    #[must_use]
    pub fn fin_acknowledged(&self) -> bool {
        match self {
            Self::TimeWait(_) => true,
            Self::Closed(s) => s.cause == Cause::Finished,
            with_tcb!() | Self::SynSent(_) | Self::SynReceived(_) => {
                self.tcb().is_some_and(|tcb| tcb.snd.fin_acked())
            }
        }
    }

    /// When CLOSE turns into ABORT, if it has such a limit and it is not over.
    #[must_use]
    pub fn close_limit(&self) -> Option<Instant> {
        self.tcb().and_then(Tcb::close_by)
    }

    /// Whether CLOSE's time limit ended the connection.
    #[must_use]
    pub fn close_expired(&self) -> bool {
        self.cause() == Some(Cause::CloseExpired)
    }

    /// Why the connection is over, if it is.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        if let Self::Closed(s) = self { Some(s.cause) } else { None }
    }

    /// When the next timer is due: [`State::deadline`] without its name, for those who ask often.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let (tcb, own) = match self {
            Self::SynSent(s) => return Some(s.timer.at),
            Self::SynReceived(s) => return Some(s.timer.at),
            Self::TimeWait(s) => return Some(s.until),
            Self::Closed(_) => return None,
            Self::FinWait2(s) => (&s.tcb, s.until),
            Self::Established(Established { tcb })
            | Self::FinWait1(FinWait1 { tcb })
            | Self::CloseWait(CloseWait { tcb })
            | Self::Closing(Closing { tcb })
            | Self::LastAck(LastAck { tcb }) => (tcb, None),
        };
        let sending = match tcb.snd.timer {
            Timer::Idle => None,
            Timer::Retransmit { at, .. } | Timer::Persist { at, .. } => Some(at),
        };
        let usual = sooner(sooner(own, sending), tcb.rcv.ack_due());
        let Some(rare) = &tcb.rare else { return usual };
        sooner(sooner(usual, rare.close_by), tcb.keep_alive_due().map(|(at, _)| at))
    }

    /// The next timer.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        let of = |at, timer| Some(Deadline { at, timer });
        let own = match self {
            Self::SynSent(s) => of(s.timer.at, TimerName::Syn),
            Self::SynReceived(s) => of(s.timer.at, TimerName::Syn),
            Self::FinWait2(s) => s.until.and_then(|at| of(at, TimerName::FinWait2)),
            Self::TimeWait(s) => of(s.until, TimerName::TimeWait),
            Self::Established(_)
            | Self::FinWait1(_)
            | Self::CloseWait(_)
            | Self::Closing(_)
            | Self::LastAck(_)
            | Self::Closed(_) => None,
        };
        let tcb = self.tcb();
        let sending = tcb.and_then(|tcb| match tcb.snd.timer {
            Timer::Idle => None,
            Timer::Retransmit { at, .. } => of(at, TimerName::Retransmission),
            Timer::Persist { at, .. } => of(at, TimerName::Persist),
        });
        let acking = tcb.and_then(|tcb| tcb.rcv.ack_due()).and_then(|at| of(at, TimerName::DelayedAck));
        let alive = tcb.and_then(Tcb::keep_alive_due).and_then(|(at, timer)| of(at, timer));
        let closing = tcb.and_then(Tcb::close_by).and_then(|at| of(at, TimerName::Close));
        [own, sending, acking, alive, closing].into_iter().flatten().min_by_key(|d| d.at)
    }

    /// What must hold between events; says what does not.
    ///
    /// # Panics
    /// If an invariant is broken, with its name.
    pub fn assert_invariants(&self) {
        assert_eq!(self.due(), self.deadline().map(|d| d.at), "{}: one next timer", self.name());
        let Some(tcb) = self.tcb() else { return };
        let Tcb { snd, rcv, .. } = tcb;
        let name = self.name();
        assert!(snd.una.le(snd.nxt), "{name}: SND.UNA {:?} =< SND.NXT {:?}", snd.una, snd.nxt);
        assert!(snd.nxt.le(snd.text_end() + 1), "{name}: nothing is sent that was not queued");
        assert!(snd.congestion.cwnd >= u32::from(snd.mss), "{name}: cwnd is at least a segment");
        assert!(snd.resend().is_none_or(|at| at.ge(snd.una) && at.lt(snd.nxt)), "{name}: resend in flight");
        let waits = snd.una != snd.nxt || snd.queued() > 0;
        assert!(!waits || snd.timer != Timer::Idle, "{name}: what waits for the peer has a timer");
        let fin_received = matches!(
            name,
            StateName::CloseWait | StateName::Closing | StateName::LastAck | StateName::TimeWait
        );
        assert_eq!(rcv.fin, fin_received, "{name}: the peer's FIN and the state agree");
        let closed = matches!(
            name,
            StateName::FinWait1 | StateName::FinWait2 | StateName::Closing | StateName::LastAck
        );
        assert!(!closed || snd.fin != super::send::Fin::Open, "{name}: our FIN is queued");
        assert_eq!(snd.fin_acked(), name == StateName::FinWait2, "{name}: our FIN is acknowledged");
    }
}

fn sooner(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (Some(at), None) | (None, Some(at)) => Some(at),
        (None, None) => None,
    }
}
