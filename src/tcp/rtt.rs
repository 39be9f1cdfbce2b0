//! The retransmission timeout (RFC 6298), in integer nanoseconds.

use crate::form::Writer;
use crate::profile::Profile;
use crate::time::Duration;

/// The granularity G of RFC 6298: no timeout is shorter, whatever a profile says, so that time moves.
const LEAST: Duration = Duration::from_millis(1);

/// SRTT, RTTVAR and RTO of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rtt {
    /// Smoothed round-trip time; the longest there is before the first measurement.
    srtt: Duration,
    pub(super) rttvar: Duration,
    pub(super) rto: Duration,
}

impl Rtt {
    pub(super) fn form(&self, w: &mut Writer) {
        let Self { srtt: _, rttvar, rto } = *self;
        w.fine("srtt", self.srtt());
        w.fine("rttvar", rttvar);
        w.fine("rto", rto);
    }

    /// Before any measurement (2.1).
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        Self { srtt: Duration::MAX, rttvar: Duration::ZERO, rto: profile.initial_rto.max(LEAST) }
    }

    /// The current retransmission timeout.
    #[must_use]
    pub const fn rto(&self) -> Duration {
        self.rto
    }

    /// SRTT; none before the first measurement.
    pub(super) const fn srtt(&self) -> Option<Duration> {
        if self.srtt.as_nanos() == Duration::MAX.as_nanos() { None } else { Some(self.srtt) }
    }

    /// SRTT; nothing before the first measurement.
    #[must_use]
    pub const fn smoothed(&self) -> Duration {
        match self.srtt() {
            Some(srtt) => srtt,
            None => Duration::ZERO,
        }
    }

    /// A measurement of a segment that was sent once (2.2, 2.3; Karn is the caller's): alpha 1/8, beta 1/4, K 4.
    pub fn sample(&mut self, r: Duration, profile: &Profile) {
        let n = |d: Duration| d.as_nanos();
        let (srtt, rttvar) = match self.srtt() {
            None => (n(r), n(r) / 2),
            Some(srtt) => {
                let rttvar = n(self.rttvar) - n(self.rttvar) / 4 + n(srtt.abs_diff(r)) / 4;
                (n(srtt) - n(srtt) / 8 + n(r) / 8, rttvar)
            }
        };
        self.srtt = Duration::from_nanos(srtt);
        self.rttvar = Duration::from_nanos(rttvar);
        let rto = Duration::from_nanos(srtt) + Duration::from_nanos(rttvar).saturating_mul(4);
        self.rto = rto.max(profile.min_rto).min(profile.max_rto).max(LEAST);
    }

    /// The timer expired (5.5).
    pub fn back_off(&mut self, profile: &Profile) {
        self.rto = self.rto.saturating_mul(2).min(profile.max_rto).max(LEAST);
    }

    /// Data begins after a SYN was retransmitted (5.7).
    pub fn after_syn_loss(&mut self, profile: &Profile) {
        self.rto = profile.rto_after_syn_loss.max(LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn follows_rfc_6298_by_hand() {
        let p = &Profile { min_rto: Duration::ZERO, ..Profile::RFC9293 };
        let mut rtt = Rtt::new(p);
        assert_eq!(rtt.rto(), ms(1000));
        // (2.2) SRTT = 100, RTTVAR = 50, RTO = 100 + 4 * 50.
        rtt.sample(ms(100), p);
        assert_eq!(rtt.rto(), ms(300));
        // (2.3) RTTVAR = 3/4 * 50 + 1/4 * 80 = 57.5; SRTT = 7/8 * 100 + 1/8 * 180 = 110; RTO = 110 + 230.
        rtt.sample(ms(180), p);
        assert_eq!(rtt.rto(), ms(340));
        rtt.back_off(p);
        assert_eq!(rtt.rto(), ms(680));
    }

    #[test]
    fn the_timeout_stays_between_its_bounds() {
        let mut rtt = Rtt::new(&Profile::WINDOWS);
        rtt.sample(ms(20), &Profile::WINDOWS);
        assert_eq!(rtt.rto(), ms(300), "20 + 4 * 10 is below MinRto");
        for _ in 0..20 {
            rtt.back_off(&Profile::WINDOWS);
        }
        assert_eq!(rtt.rto(), Duration::from_secs(60));
    }
}
