//! ACK throttling (RFC 5961 section 7): two ends whose numbers have come apart would answer each other for ever.

use crate::form::Writer;
use crate::profile::AckThrottle;
use crate::time::Instant;

/// How many ACKs that nothing was taken for left lately.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Throttle {
    pub(super) since: Instant,
    pub(super) count: u32,
}

impl Throttle {
    pub(super) fn form(&self, w: &mut Writer) {
        let Self { since, count } = *self;
        // A while that is over counts no longer.
        let count = if w.now.since(since) < w.profile.ack_throttle.per { count } else { 0 };
        w.size("throttle", count.into());
        if count > 0 {
            w.at("since", since);
        }
    }

    /// Whether none left, as far as is known.
    pub(super) fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// Counts one more; false if it must not leave.
    #[must_use]
    pub(super) fn allows(&mut self, now: Instant, limit: AckThrottle) -> bool {
        if self.count == 0 || now.since(self.since) >= limit.per {
            *self = Self { since: now, count: 0 };
        }
        let allowed = self.count < limit.count;
        self.count += u32::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    #[test]
    fn so_many_leave_in_a_while() {
        let limit = AckThrottle { count: 2, per: Duration::from_secs(5) };
        let at = |ms| Instant::START + Duration::from_millis(ms);
        let mut throttle = Throttle::default();
        let allowed = [0, 1, 2, 4_999, 5_000, 5_001, 5_002].map(|ms| throttle.allows(at(ms), limit));
        assert_eq!(allowed, [true, true, false, false, true, true, false]);
    }
}
