//! What SYNs offer and agree on: window scaling and timestamps (RFC 7323), SACK (RFC 2018); the clock of timestamps
//! and the test against old segments, PAWS.

use super::opening::Settings;
use crate::packet::{Options, Segment, Timestamps};
use crate::profile::{Offer, Profile, WindowScaling};
use crate::seq::Seq;
use crate::time::{Duration, Instant};

/// RFC 7323 section 2.3: no window is shifted by more.
const MAX_SHIFT: u8 = 14;

/// RFC 7323 section 5.5: a timestamp that is older than 24 days may have wrapped.
const RECENT_FOR: Duration = Duration::from_secs(24 * 24 * 60 * 60);

/// What a SYN of ours says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Offered {
    pub(super) mss: u16,
    pub(super) window_scale: Option<u8>,
    pub(super) sack: bool,
    pub(super) timestamps: bool,
}

/// What both SYNs agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Agreed {
    /// By how much the peer's windows are shifted.
    pub(super) snd_shift: u8,
    /// By how much ours are.
    pub(super) rcv_shift: u8,
    pub(super) sack: bool,
    /// The peer's TSval, if timestamps are used.
    pub(super) timestamps: Option<u32>,
}

impl Offered {
    /// The SYN of an active open.
    pub(super) fn first(settings: &Settings, profile: &Profile) -> Self {
        Self::when(settings, profile, |offer| offer == Offer::Yes)
    }

    /// The SYN+ACK of a passive open: nothing that the peer's SYN did not offer (TR-C53).
    pub(super) fn answer(settings: &Settings, peer: &Options, profile: &Profile) -> Self {
        let Self { mss, window_scale, sack, timestamps } =
            Self::when(settings, profile, |offer| offer != Offer::No);
        Self {
            mss,
            window_scale: window_scale.filter(|_| peer.window_scale.is_some()),
            sack: sack && peer.sack_permitted,
            timestamps: timestamps && peer.timestamps.is_some(),
        }
    }

    fn when(settings: &Settings, profile: &Profile, may: impl Fn(Offer) -> bool) -> Self {
        let window_scale = match profile.window_scaling {
            WindowScaling::Off => None,
            WindowScaling::ForBuffer => Some(shift_for(settings.receive_buffer)),
            WindowScaling::Shift(shift) => Some(shift.min(MAX_SHIFT)),
        };
        let timestamps = may(settings.timestamps(profile));
        Self { mss: settings.mss, window_scale, sack: may(profile.sack), timestamps }
    }

    /// The options of the SYN; `val` is our clock, `ecr` what it echoes.
    pub(super) fn options(&self, val: u32, ecr: u32) -> Options {
        let Self { mss, window_scale, sack, timestamps } = *self;
        Options {
            mss: Some(mss),
            window_scale,
            sack_permitted: sack,
            timestamps: timestamps.then_some(Timestamps { val, ecr }),
            ..Options::NONE
        }
    }

    /// What is used if the peer's SYN says this: each option only if both do (TR-C45, TR-C53).
    pub(super) fn agreed(&self, peer: &Options) -> Agreed {
        let (rcv_shift, snd_shift) = self.window_scale.zip(peer.window_scale).unwrap_or((0, 0));
        Agreed {
            snd_shift: snd_shift.min(MAX_SHIFT),
            rcv_shift,
            sack: self.sack && peer.sack_permitted,
            timestamps: peer.timestamps.filter(|_| self.timestamps).map(|t| t.val),
        }
    }
}

/// The least shift that lets a window of the whole buffer be announced.
fn shift_for(buffer: u32) -> u8 {
    let shifts = 0..MAX_SHIFT;
    let fits = |shift: &u8| buffer >> shift <= u32::from(u16::MAX);
    shifts.into_iter().find(fits).unwrap_or(MAX_SHIFT)
}

/// Our clock: milliseconds (RFC 7323 section 5.4 wants 1 ms to 1 s), from an offset that nobody can guess.
pub(super) fn clock(now: Instant, offset: u32) -> u32 {
    let millis = now.as_nanos() / 1_000_000;
    #[expect(clippy::cast_possible_truncation, reason = "a clock that wraps")]
    let low = millis as u32;
    low.wrapping_add(offset)
}

/// Timestamps of a connection that uses them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Echo {
    /// Our clock's offset.
    pub(super) offset: u32,
    /// TS.Recent: the TSval to echo.
    pub(crate) recent: u32,
    /// When it came.
    pub(super) at: Instant,
    /// Last.ACK.sent.
    pub(super) last_ack: Seq,
}

/// What PAWS says of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Paws {
    /// Nothing is wrong.
    Pass,
    /// R1: it is older than one that was received.
    Old,
    /// Section 3.2: it has no timestamp, though all must have one.
    Missing,
}

impl Echo {
    pub(super) fn new(offset: u32, recent: u32, now: Instant, last_ack: Seq) -> Self {
        Self { offset, recent, at: now, last_ack }
    }

    /// The option of a segment that acknowledges `ack`.
    pub(super) fn stamp(&mut self, now: Instant, ack: Seq) -> Timestamps {
        self.last_ack = ack;
        Timestamps { val: clock(now, self.offset), ecr: self.recent }
    }

    /// RFC 7323 section 5.3, R1. A RST is never old (TR-C56).
    pub(super) fn judge(&self, segment: &Segment, now: Instant) -> Paws {
        match segment.options.timestamps {
            _ if segment.rst() => Paws::Pass,
            None => Paws::Missing,
            Some(t) if older(t.val, self.recent) && now < self.at + RECENT_FOR => Paws::Old,
            Some(_) => Paws::Pass,
        }
    }

    /// Section 4.3: TS.Recent, from a segment at or before the last ACK that is not older (TR-C57).
    pub(super) fn note(&mut self, segment: &Segment, now: Instant) {
        if let Some(t) = segment.options.timestamps
            && !older(t.val, self.recent)
            && segment.seq.le(self.last_ack)
        {
            (self.recent, self.at) = (t.val, now);
        }
    }

    /// The round trip that an ACK's echo tells of; none if it is from the future.
    pub(super) fn round_trip(&self, segment: &Segment, now: Instant) -> Option<Duration> {
        let ecr = segment.options.timestamps?.ecr;
        let millis = clock(now, self.offset).wrapping_sub(ecr);
        (millis < 1 << 31).then(|| Duration::from_millis(u64::from(millis)))
    }
}

/// Whether timestamp `a` is before `b`, modulo 2^32.
pub(crate) fn older(a: u32, b: u32) -> bool {
    Seq(a).lt(Seq(b))
}
