//! D. The linger table.

use crate::pair::{Pair, ZERO, column, every, ms, secs};
use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2, TimeWait};
use closewait::time::Duration;
use closewait::winsock::WsaError;

/// l_onoff zero, any l_linger: graceful, no wait.
///
/// Mutation: without lingering the close is hard.
#[test]
fn cs_d1_zero_any_is_graceful_and_does_not_wait() {
    every(|profile| {
        for (l_linger, nonblocking) in [(0, false), (5, false), (65_535, false), (0, true), (5, true)] {
            let mut pair = Pair::connected(profile);
            pair.serves(pair.server);
            pair.linger(pair.client, 0, l_linger);
            pair.nonblocking(pair.client, nonblocking);
            pair.send(pair.client, 100);
            assert_eq!(pair.close(pair.client), ZERO);
            assert_eq!(pair.both(), [FinWait1, Established]);
            pair.rest();
            assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F.", "20 ."]);
            assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
            assert_eq!(pair.read_by(pair.server), (100, Some(Ok(0))));
        }
    });
}

/// l_onoff nonzero, whatever its bits, l_linger zero: hard, no wait.
///
/// Mutation: only l_onoff 1 turns lingering on.
#[test]
fn cs_d2_nonzero_zero_is_hard_and_does_not_wait() {
    every(|profile| {
        for (l_onoff, nonblocking) in [(1, false), (2, false), (0x100, false), (65_535, false), (1, true)] {
            let mut pair = Pair::connected(profile);
            pair.reads(pair.server);
            pair.linger(pair.client, l_onoff, 0);
            pair.nonblocking(pair.client, nonblocking);
            assert_eq!(pair.close(pair.client), ZERO);
            assert_eq!(pair.both(), [Closed, Established]);
            pair.rest();
            assert_eq!(pair.wire(pair.client), ["0 R."]);
            assert_eq!(pair.entered(pair.client), [Closed]);
            assert_eq!(pair.both(), [Closed, Closed]);
            assert_eq!(pair.read_by(pair.server), (0, Some(Err(WsaError::ConnReset))));
        }
    });
}

/// 100 bytes, then a close that lingers for a second, on a link that takes `delay` one way.
fn lingers_over(profile: &Profile, delay: Duration) -> Pair {
    let mut pair = Pair::connected(profile);
    pair.reads(pair.server);
    pair.linger(pair.client, 1, 1);
    pair.delay(delay);
    pair.send(pair.client, 100);
    pair.close_waits(pair.client);
    pair
}

/// Both nonzero: graceful if the data is acknowledged by the deadline, at the latest in the same instant.
///
/// Mutation: the linger timeout is a nanosecond shorter.
#[test]
fn cs_d3_nonzero_nonzero_is_graceful_in_time() {
    every(|profile| {
        for one_way in [Duration::from_nanos(499_999_999), ms(500)] {
            let mut pair = lingers_over(profile, one_way);
            let round_trip = one_way + one_way;
            pair.run_before(round_trip);
            assert_eq!(pair.returned(pair.client), None);
            pair.run_to(secs(3));
            assert_eq!(pair.returned(pair.client), Some((round_trip, ZERO)));
            assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
            assert_eq!(pair.both(), [FinWait2, CloseWait]);
            assert_eq!(pair.read_by(pair.server), (100, Some(Ok(0))));
        }
    });
}

/// Both nonzero: hard if the acknowledgment is a tick late. The server has our FIN by then: R11.
///
/// Mutation: the linger timeout is a nanosecond longer.
#[test]
fn cs_d3_nonzero_nonzero_is_hard_when_late() {
    every(|profile| {
        let mut pair = lingers_over(profile, Duration::from_nanos(500_000_001));
        pair.run_before(secs(1));
        assert_eq!(pair.returned(pair.client), None);
        assert_eq!(pair.both(), [FinWait1, CloseWait]);
        pair.run_to(secs(1));
        assert_eq!(pair.returned(pair.client), Some((secs(1), ZERO)));
        assert_eq!(pair.wire_with(pair.client, Flags::RST), ["1000 R."]);
        assert_eq!(pair.both(), [Closed, CloseWait]);
        pair.rest();
        assert_eq!(pair.entered(pair.client), [FinWait1, Closed]);
        assert_eq!(pair.both(), [Closed, Closed]);
        assert_eq!(pair.read_by(pair.server), (100, Some(Ok(0))));
        let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
        assert_eq!(pair.recv(pair.server), Err(code));
    });
}
