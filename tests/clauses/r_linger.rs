//! Rulings on lingering closes: R1, R2, R32.

use crate::pair::{Pair, ZERO, ack_wait, column, every, ms, secs, sending};
use closewait::packet::Flags;
use closewait::profile::{LingerWake, NonblockingLinger, Profile};
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2, TimeWait};
use closewait::winsock::{Value, WsaError, consts};

/// R1: with no byte unsent or unacknowledged the close completes at once, to the tick; or never, by the switch.
///
/// Mutation: R1's switch is passed over.
#[test]
fn r1_when_a_nonblocking_lingering_close_completes_at_once() {
    every(|profile| {
        assert_eq!(profile.nonblocking_linger, NonblockingLinger::WouldBlockIfUnsent);
        for rule in [NonblockingLinger::WouldBlockIfUnsent, NonblockingLinger::AlwaysWouldBlock] {
            let profile = Profile { nonblocking_linger: rule, ..profile.clone() };
            let mut pair = Pair::connected(&profile);
            let end = pair.client;
            pair.linger(end, 1, 5);
            pair.nonblocking(end, true);
            pair.send(end, 100);
            let acked = ms(20) + ack_wait(&profile);
            pair.run_before(acked);
            assert_eq!(pair.close(end), Err(WsaError::WouldBlock));
            pair.run_to(acked);
            if rule == NonblockingLinger::AlwaysWouldBlock {
                assert_eq!(pair.close(end), Err(WsaError::WouldBlock));
                assert_eq!(pair.wire(end), ["0 P. 100"]);
                assert_eq!(pair.both(), [Established, Established]);
            } else {
                assert_eq!(pair.close(end), ZERO);
                assert_eq!(pair.wire(end), ["0 P. 100".to_owned(), format!("{} F.", acked.as_millis())]);
                assert_eq!(pair.both(), [FinWait1, Established]);
            }
        }
    });
}

/// R1: our own FIN, unacknowledged after shutdown, does not count.
///
/// Mutation: an unacknowledged FIN makes the nonblocking close fail.
#[test]
fn r1_our_fin_does_not_count() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 5);
        pair.nonblocking(pair.client, true);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}

/// A close that lingers for 5 s from 5 ms on; its text arrives, its first FIN is lost.
fn fin_lost(profile: &Profile, wake: LingerWake) -> Pair {
    let profile = Profile { linger_wake: wake, ..profile.clone() };
    let mut pair = Pair::connected(&profile);
    pair.linger(pair.client, 1, 5);
    pair.send(pair.client, 100);
    pair.run_to(ms(5));
    pair.cut();
    pair.close_waits(pair.client);
    assert_eq!(pair.wire(pair.client), ["0 P. 100", "5 F."]);
    pair.run_to(ms(6));
    pair.heal();
    pair
}

/// R2, wake: all data acknowledged; or our FIN, too; or the peer's FIN has come. To the tick.
///
/// Mutation: LingerWake::FinAcknowledged wakes with the data.
#[test]
fn r2_what_wakes_a_lingering_close() {
    every(|profile| {
        let own = column(profile, LingerWake::DataAcknowledged, LingerWake::FinAcknowledged);
        assert_eq!(profile.linger_wake, own);
        let data = ms(20) + ack_wait(profile);
        let fin = data + profile.min_rto + ms(20);
        let peer = ms(3010);
        for (wake, at, state) in [
            (LingerWake::DataAcknowledged, data, FinWait1),
            (LingerWake::FinAcknowledged, fin, FinWait2),
            (LingerWake::PeerFin, peer, TimeWait),
        ] {
            let mut pair = fin_lost(profile, wake);
            if wake == LingerWake::PeerFin {
                pair.run_to(secs(3));
                assert_eq!(pair.recv(pair.server), Ok(100));
                assert_eq!(pair.close(pair.server), ZERO);
            }
            pair.run_before(at);
            assert_eq!(pair.returned(pair.client), None, "{wake:?}");
            pair.run_to(at);
            assert_eq!(pair.returned(pair.client), Some((at, ZERO)), "{wake:?}");
            assert_eq!(pair.state(pair.client), state);
            assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
        }
    });
}

/// R2, verdict: at the deadline only our FIN is unacknowledged: 0, no RST, and the close goes on.
///
/// Mutation: at the deadline an unacknowledged FIN is reason enough for a RST.
#[test]
fn r2_an_unacknowledged_fin_is_no_reason_to_reset() {
    every(|profile| {
        for (wake, returns) in [
            (LingerWake::DataAcknowledged, ms(20) + ack_wait(profile)),
            (LingerWake::FinAcknowledged, ms(5005)),
            (LingerWake::PeerFin, ms(5005)),
        ] {
            let mut pair = fin_lost(profile, wake);
            // The ACK of the text is on its way, that of the FIN is none.
            pair.run_to(ms(15) + ack_wait(profile));
            pair.cut();
            pair.run_before(returns);
            assert_eq!(pair.returned(pair.client), None);
            pair.run_to(ms(5005));
            assert_eq!(pair.returned(pair.client), Some((returns, ZERO)));
            assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
            assert_eq!(pair.both(), [FinWait1, Established]);

            pair.heal();
            pair.serves(pair.server);
            pair.rest();
            assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
            assert_eq!(pair.read_by(pair.server), (100, Some(Ok(0))));
        }
    });
}

/// R2, verdict, the peer's FIN is awaited in vain: 0 at the deadline, no RST.
///
/// Mutation: LingerWake::PeerFin does not end with the deadline.
#[test]
fn r2_waiting_for_the_peers_fin_ends_with_the_deadline() {
    every(|profile| {
        let profile = Profile { linger_wake: LingerWake::PeerFin, ..profile.clone() };
        let mut pair = Pair::connected(&profile);
        pair.linger(pair.client, 1, 5);
        pair.close_waits(pair.client);
        pair.run_before(secs(5));
        assert_eq!(pair.returned(pair.client), None);
        pair.run_to(secs(5));
        assert_eq!(pair.returned(pair.client), Some((secs(5), ZERO)));
        assert_eq!(pair.wire(pair.client), ["0 F."]);
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
    });
}

/// R32: from the instant of the call the handle is no socket for the other threads of the process.
///
/// Mutation: a lingering close releases its handle only when it returns.
#[test]
fn r32_a_lingering_handle_is_gone_for_other_threads() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 5);
        pair.cut();
        pair.send(pair.client, 100);
        pair.close_waits(pair.client);
        let other = pair.colleague(pair.client);
        for at in [ms(0), ms(4999)] {
            pair.run_to(at);
            assert_eq!(pair.call(other, sending(other, 1)), Err(WsaError::NotSock));
            assert_eq!(pair.recv(other), Err(WsaError::NotSock));
            assert_eq!(pair.close(other), Err(WsaError::NotSock));
        }
        assert_eq!(pair.returned(pair.client), None, "nor do they disturb the close");
        pair.run_to(secs(5));
        assert_eq!(pair.returned(pair.client), Some((secs(5), ZERO)));
        assert_eq!(pair.call(other, sending(other, 1)), Err::<Value, _>(WsaError::NotSock));
    });
}
