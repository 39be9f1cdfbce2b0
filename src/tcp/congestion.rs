//! Congestion control: the window and its threshold, by RFC 5681 (NewReno) or RFC 9438 (CUBIC), in integers. When a
//! loss is found is `recovery.rs`'s to say.

use crate::profile::{CongestionControl, Profile};
use crate::time::{Duration, Instant};
use alloc::boxed::Box;

/// The congestion window.
#[derive(Clone, Debug)]
pub(super) struct Congestion {
    /// Octets that may be in flight.
    pub(super) cwnd: u32,
    /// Below it slow start, from it on congestion avoidance.
    pub(super) ssthresh: u32,
    pub(super) smss: u32,
    pub(super) control: CongestionControl,
    /// CUBIC's memory; none before the first loss.
    pub(super) cubic: Option<Box<Cubic>>,
}

/// RFC 9438 section 4.1. Windows are in octets, times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Cubic {
    /// The window before the last reduction.
    pub(super) w_max: u64,
    /// cwnd before it: where the Reno-friendly window stops catching up (section 4.3).
    pub(super) prior: u64,
    /// The current congestion avoidance; none before its first ACK.
    pub(super) epoch: Option<Epoch>,
    /// It follows a timeout, or no loss at all (sections 4.8, 4.10): K is 0.
    pub(super) fresh: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch {
    pub(super) start: Instant,
    /// When W_cubic reaches w_max again, in milliseconds from the start.
    pub(super) k: u64,
    pub(super) w_max: u64,
    /// What Reno would have (section 4.3), and the part of an octet that it is owed, in 17ths of a cwnd.
    pub(super) w_est: u64,
    pub(super) owed_est: u64,
    /// The part of an octet that cwnd is owed, in parts of a cwnd.
    pub(super) owed: u64,
}

/// 1 / C of section 4.1 in ms^3 per segment: C is 0.4 segments per s^3.
const INVERSE_C: u128 = 2_500_000_000;

impl Congestion {
    pub(super) fn new(cwnd: u32, smss: u32, profile: &Profile) -> Self {
        Self { cwnd, ssthresh: u32::MAX, smss, control: profile.congestion_control, cubic: None }
    }

    /// CUBIC's memory, if that is the control.
    fn cubic(&mut self) -> Option<&mut Cubic> {
        match self.control {
            CongestionControl::NewReno => None,
            CongestionControl::Cubic => {
                Some(self.cubic.get_or_insert_with(|| Box::new(Cubic { fresh: true, ..Cubic::default() })))
            }
        }
    }

    /// `acked` new octets were acknowledged outside of recovery; `rtt` is the smoothed round trip. In slow start the
    /// window grows by as much, and by `limit` segments at most (RFC 5681 3.1, RFC 3465 2.2, R66).
    pub(super) fn acknowledged(&mut self, acked: u32, limit: u32, now: Instant, rtt: Duration) {
        if acked == 0 {
            return;
        }
        if self.cwnd < self.ssthresh {
            self.cwnd = self.cwnd.saturating_add(acked.min(self.smss.saturating_mul(limit)));
            return;
        }
        let (cwnd, smss) = (self.cwnd, self.smss);
        self.cwnd = match self.cubic() {
            // RFC 5681 3.1, equation 3.
            None => cwnd.saturating_add((smss * smss / cwnd).max(1)),
            Some(cubic) => cubic.avoid(cwnd, smss, acked, now, rtt),
        };
    }

    /// Segments are smaller from now on; the window is what it was.
    pub(super) fn set_smss(&mut self, smss: u32) {
        self.smss = smss;
    }

    /// A loss was found while `flight` octets were in the network: the threshold sinks.
    pub(super) fn loss(&mut self, flight: u32) {
        self.reduce(flight, false);
    }

    /// The timer fired for the first time for this segment: the threshold sinks.
    pub(super) fn first_timeout(&mut self, flight: u32) {
        self.reduce(flight, true);
    }

    /// The window after a timeout (RFC 5681 3.1: the loss window).
    pub(super) fn collapse(&mut self) {
        self.cwnd = self.smss;
    }

    /// The window after an idle time (RFC 5681 4.1: the restart window).
    pub(super) fn restart(&mut self, initial: u32) {
        self.cwnd = self.cwnd.min(initial);
    }

    fn reduce(&mut self, flight: u32, timeout: bool) {
        let cwnd = self.cwnd;
        let (num, den) = match self.cubic() {
            // RFC 5681 3.1, equation 4.
            None => (1, 2),
            // RFC 9438 4.6: beta is 0.7.
            Some(cubic) => {
                cubic.reduced(cwnd, timeout);
                (7, 10)
            }
        };
        let part = u64::from(flight) * num / den;
        self.ssthresh = u32::try_from(part).unwrap_or(u32::MAX).max(2 * self.smss);
    }
}

impl Cubic {
    /// Section 4.7: fast convergence gives way to others if the window had not yet grown back. Section 4.8: after a
    /// timeout the curve begins at the window that slow start leaves.
    fn reduced(&mut self, cwnd: u32, timeout: bool) {
        let cwnd = u64::from(cwnd);
        self.w_max = if cwnd < self.w_max { cwnd * 17 / 20 } else { cwnd };
        self.prior = cwnd;
        self.epoch = None;
        self.fresh = timeout;
    }

    /// Section 4.4 and 4.5: the window after an ACK in congestion avoidance.
    fn avoid(&mut self, cwnd: u32, smss: u32, acked: u32, now: Instant, rtt: Duration) -> u32 {
        let (window, smss, acked) = (u64::from(cwnd), u64::from(smss), u64::from(acked));
        let fresh = self.fresh;
        let w_max = if fresh { window } else { self.w_max.max(window) };
        let epoch = self.epoch.get_or_insert_with(|| Epoch {
            start: now,
            k: cube_root(u128::from(w_max - window) * INVERSE_C / u128::from(smss)),
            w_max,
            w_est: window,
            owed_est: 0,
            owed: 0,
        });
        let t = now.since(epoch.start);
        // Section 4.3: alpha is 3 (1 - beta) / (1 + beta) = 9 / 17 until Reno would have what it had before.
        let alpha = if epoch.w_est < self.prior && !fresh { 9 } else { 17 };
        epoch.owed_est += alpha * acked * smss;
        epoch.w_est += epoch.owed_est / (17 * window);
        epoch.owed_est %= 17 * window;
        if epoch.at(t, smss) < epoch.w_est {
            return u32::try_from(epoch.w_est.max(window)).unwrap_or(u32::MAX);
        }
        let target = epoch.at(t + rtt, smss).clamp(window, window * 3 / 2);
        epoch.owed += (target - window) * acked;
        let more = epoch.owed / window;
        epoch.owed %= window;
        u32::try_from(window + more).unwrap_or(u32::MAX)
    }
}

impl Epoch {
    /// Section 4.2, equation 1: W_cubic(t) = C (t - K)^3 + W_max.
    fn at(&self, t: Duration, smss: u64) -> u64 {
        let t = t.as_millis();
        let away = u128::from(t.abs_diff(self.k)).min(1 << 32);
        let octets = away.pow(3) * u128::from(smss) / INVERSE_C;
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        if t < self.k { self.w_max.saturating_sub(octets) } else { self.w_max.saturating_add(octets) }
    }
}

/// The largest integer whose cube is at most `n`.
fn cube_root(n: u128) -> u64 {
    let (mut low, mut high) = (0_u64, 1 << 42);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if u128::from(middle).pow(3) <= n { low = middle } else { high = middle - 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMSS: u32 = 1000;
    const RTT: Duration = Duration::from_millis(100);

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn profile(congestion_control: CongestionControl) -> Profile {
        Profile { congestion_control, ..Profile::RFC9293 }
    }

    #[test]
    fn cube_roots() {
        for n in [0_u64, 1, 2, 3, 100, 4217, 1 << 40] {
            let cube = u128::from(n).pow(3);
            assert_eq!(cube_root(cube), n);
            assert_eq!(cube_root(cube + 1), n.max(u64::from(n == 0)));
        }
        assert_eq!(cube_root(7), 1);
    }

    /// RFC 5681: half the flight; then SMSS * SMSS / cwnd an ACK: 1,000,000 / 5,000 = 200.
    /// Mutation: the threshold is the whole flight.
    #[test]
    fn new_reno_halves() {
        let mut c = Congestion::new(10_000, SMSS, &profile(CongestionControl::NewReno));
        c.loss(10_000);
        c.cwnd = c.ssthresh;
        assert_eq!(c.ssthresh, 5_000);
        c.acknowledged(1_000, 1, at(0), RTT);
        assert_eq!(c.cwnd, 5_200);
        c.loss(1_000);
        assert_eq!(c.ssthresh, 2_000, "two segments at least");
    }

    /// RFC 9438 4.1 to 4.6 by hand, 100 segments lost: ssthresh 70. K = cbrt(30 / 0.4) = 4.217 s. W_cubic: 70 at 0;
    /// 0.4 (-3.217)^3 + 100 = 86.683 at 1 s; 99.999 at K; 0.4 * 1^3 + 100 = 100.4 a second later.
    /// Mutation: beta is a half.
    #[test]
    fn cubic_grows_back_to_where_it_was_and_beyond() {
        let mut c = Congestion::new(100_000, SMSS, &profile(CongestionControl::Cubic));
        c.loss(100_000);
        c.cwnd = c.ssthresh;
        assert_eq!(c.cwnd, 70_000);
        c.acknowledged(1_000, 1, at(0), RTT);
        let epoch = c.cubic.as_ref().and_then(|cubic| cubic.epoch).expect("congestion avoidance has begun");
        assert_eq!(epoch.k, 4_217);
        let w = |t: u64| epoch.at(Duration::from_millis(t), 1_000);
        assert_eq!(w(4_217), 100_000);
        assert_eq!(w(5_217), 100_400);
        // 3,217^3 * 1,000 / 2.5e9 = 13,317: 86,683.
        assert_eq!(w(1_000), 86_683);
        assert!(w(0).abs_diff(70_000) <= 30, "{}: K is cut to whole milliseconds", w(0));
        // The first ACK: Reno would have 70,000 + 9 * 1,000 * 1,000 / (17 * 70,000), W_cubic(0) is 70,004.
        assert_eq!(c.cwnd, 70_007);
        // A round trip later: W_cubic(0.2 s) = 100,000 - 4,017^3 / 2.5e6 = 74,073; (74,073 - 70,007) * 1,000 / 70,007.
        c.acknowledged(1_000, 1, at(100), RTT);
        assert_eq!(c.cwnd, 70_065);
    }

    /// Section 4.3: where the curve is flat Reno's window is taken: 9/17 of a segment a window below what was, and
    /// with an RTT of 1 ms it grows 100 times faster than W_cubic.
    /// Mutation: the Reno-friendly window is not looked at.
    #[test]
    fn cubic_is_no_slower_than_reno() {
        let mut c = Congestion::new(10_000, SMSS, &profile(CongestionControl::Cubic));
        c.loss(10_000);
        c.cwnd = c.ssthresh;
        for round in 0..3 {
            for _ in 0..7 {
                c.acknowledged(1_000, 1, at(round), Duration::from_millis(1));
            }
        }
        // Three windows of 7 segments: 3 * 9 / 17 = 1.59 segments, a little less as the window grows.
        assert!((8_400..=8_588).contains(&c.cwnd), "{}", c.cwnd);
    }

    /// Section 4.7: lost again before it had grown back to 100, at 80: W_max is 80 * (1 + 0.7) / 2 = 68.
    /// Mutation: there is no fast convergence.
    #[test]
    fn cubic_converges_fast() {
        let mut c = Congestion::new(100_000, SMSS, &profile(CongestionControl::Cubic));
        c.loss(100_000);
        c.cwnd = 80_000;
        c.loss(80_000);
        assert_eq!(c.ssthresh, 56_000);
        assert_eq!(c.cubic.as_ref().map(|cubic| cubic.w_max), Some(68_000));
    }

    /// Section 4.8: after a timeout K is 0 and the curve begins where slow start ends: one second later it is 0.4
    /// segments above.
    /// Mutation: after a timeout the curve is the old one.
    #[test]
    fn cubic_after_a_timeout() {
        let mut c = Congestion::new(100_000, SMSS, &profile(CongestionControl::Cubic));
        c.first_timeout(100_000);
        c.collapse();
        assert_eq!((c.cwnd, c.ssthresh), (1_000, 70_000));
        c.cwnd = 70_000;
        c.acknowledged(1_000, 1, at(0), RTT);
        let epoch = c.cubic.as_ref().and_then(|cubic| cubic.epoch).expect("congestion avoidance has begun");
        assert_eq!((epoch.k, epoch.at(Duration::from_secs(1), 1_000)), (0, 70_400));
    }
}
