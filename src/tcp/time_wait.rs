//! TIME-WAIT: as it is worked on, and put away until then.

use super::State;
use super::options::{self, Echo};
use super::throttle::Throttle;
use crate::buf::Rope;
use crate::packet::Segment;
use crate::profile::{Offer, Profile};
use crate::seq::Seq;
use crate::time::Instant;
use alloc::boxed::Box;

/// TIME-WAIT: what it takes to acknowledge a retransmitted FIN, and when that ends.
#[derive(Clone, Debug)]
pub struct TimeWait {
    pub(crate) snd_nxt: Seq,
    pub(crate) rcv_nxt: Seq,
    /// RCV.WND.
    pub(crate) wnd: u32,
    /// By how much it is shifted in a segment.
    pub(crate) shift: u8,
    /// Timestamps, if both SYNs have them.
    pub(crate) echo: Option<Box<Echo>>,
    pub(crate) until: Instant,
    /// Received and not yet read, if a program still may.
    pub(crate) inbox: Rope,
    pub(crate) throttle: Throttle,
}

/// Whose SYN it is that comes in TIME-WAIT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Incarnation {
    /// A new connection's.
    New,
    /// The old connection's, or too near to it to tell.
    Old,
    /// The old connection's, by its timestamp: RFC 6191 drops it, and RFC 9293 3.10.7.4 first leaves that to RFC 6191.
    OldByTimestamp,
}

impl TimeWait {
    /// What a connection that takes its place keeps of it.
    pub(crate) fn remembered(&self) -> Box<Self> {
        Box::new(Self { inbox: Rope::EMPTY, ..self.clone() })
    }

    /// Whether a SYN belongs to a new connection (RFC 6191, TR-C17 to TR-C21): by its timestamp, if there is one that
    /// the new connection would use and it differs from the last; else by its number (MAY-2).
    pub(crate) fn judge(&self, syn: &Segment, profile: &Profile) -> Incarnation {
        let by_number = syn.seq.gt(self.rcv_nxt);
        let timestamps = syn.options.timestamps.filter(|_| profile.timestamps != Offer::No);
        match (self.echo.as_ref().map(|echo| echo.recent), timestamps) {
            (Some(recent), Some(t)) if options::older(recent, t.val) => Incarnation::New,
            (Some(recent), Some(t)) if t.val == recent && by_number => Incarnation::New,
            (Some(_), Some(_)) => Incarnation::OldByTimestamp,
            (None, Some(_)) => Incarnation::New,
            (Some(_) | None, None) if by_number => Incarnation::New,
            (Some(_) | None, None) => Incarnation::Old,
        }
    }
}

/// A TIME-WAIT that no program holds, put away: nothing is done with it but to wait, and there may be many.
#[derive(Clone, Debug)]
pub(crate) struct PutAway {
    pub(crate) until: Instant,
    snd_nxt: Seq,
    rcv_nxt: Seq,
    wnd: u32,
    shift: u8,
    /// What few of them have.
    rare: Option<Box<(Option<Box<Echo>>, Throttle)>>,
}

impl PutAway {
    /// Nobody reads from it any more: what was not read is dropped.
    pub(crate) fn new(time_wait: TimeWait) -> Self {
        let TimeWait { snd_nxt, rcv_nxt, wnd, shift, echo, until, inbox: _, throttle } = time_wait;
        let plain = echo.is_none() && throttle.is_idle();
        let rare = (!plain).then(|| Box::new((echo, throttle)));
        Self { until, snd_nxt, rcv_nxt, wnd, shift, rare }
    }

    /// Something happens to it.
    pub(crate) fn wake(self) -> State {
        let Self { until, snd_nxt, rcv_nxt, wnd, shift, rare } = self;
        let (echo, throttle) = rare.map(|rare| *rare).unwrap_or_default();
        let inbox = Rope::EMPTY;
        State::TimeWait(Box::new(TimeWait { snd_nxt, rcv_nxt, wnd, shift, echo, until, inbox, throttle }))
    }
}
