//! E. The rows in full: both nonzero, blocking (E6 to E9) and nonblocking (E10), with R1 and R2.

use crate::pair::{End, Pair, TICK, ZERO, answering, column, every, ms, secs};
use closewait::packet::{Flags, Segment};
use closewait::seq::Seq;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, TimeWait};
use closewait::time::Duration;
use closewait::winsock::WsaError;
use closewait_sim::trace::What;

const MUCH: usize = 256 * 1024;

/// When an acknowledgment of that number reached the end's host.
fn acknowledged(pair: &Pair, end: End, number: Seq) -> Duration {
    let place = pair.place(|entry| {
        let acks = matches!(&entry.what, What::Received { packet } if packet.segment.ack.ge(number));
        acks && entry.host == Some(end.thread.host)
    });
    pair.since(&pair.log.entries()[place])
}

/// The number after the last byte of text that the client sent.
fn end_of_text(pair: &Pair) -> Seq {
    let text = pair.packets(pair.client).into_iter().map(|(_, packet)| packet.segment);
    let last = text.filter(|segment| segment.text_len() > 0).map(|segment| segment.seq + segment.text_len());
    last.reduce(Seq::max).expect("text")
}

/// Blocks until all of 256 KiB is acknowledged (WINDOWS: and FIN, R2), and returns in that instant.
///
/// Mutation: `LingerWake::DataAcknowledged` waits for nothing.
#[test]
fn cs_e6_blocks_until_the_remaining_data_is_acknowledged() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.server);
        pair.linger(pair.client, 1, 5);
        pair.send(pair.client, MUCH);
        pair.close_waits(pair.client);
        pair.run_to(secs(5));
        let (returned, result) = pair.returned(pair.client).expect("in time");
        assert_eq!(result, ZERO);
        let end = end_of_text(&pair);
        let awaited = column(profile, end, end + 1);
        assert_eq!(returned, acknowledged(&pair, pair.client, awaited));
        assert!(returned > ms(20), "several round trips");
        assert_eq!(pair.read_by(pair.server), (MUCH, Some(Ok(0))));
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
        assert_eq!(pair.both(), [TimeWait, Closed]);
    });
}

/// It goes on blocking while the server does not read, and returns a round trip after the server has read enough
/// (R2).
///
/// Mutation: `LingerWake::DataAcknowledged` waits for nothing.
#[test]
fn cs_e6_blocks_while_the_peer_does_not_read() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 60);
        pair.send(pair.client, 100_000);
        pair.close_waits(pair.client);
        pair.run_to(secs(30));
        assert_eq!(pair.returned(pair.client), None);
        assert_eq!(pair.both(), [FinWait1, Established]);
        pair.serves(pair.server);
        pair.run_to(secs(59));
        let (returned, result) = pair.returned(pair.client).expect("in time");
        assert_eq!(result, ZERO);
        let awaited = end_of_text(&pair) + column(profile, 0, 1);
        assert_eq!(returned, acknowledged(&pair, pair.client, awaited));
        assert!(returned > secs(30));
        assert_eq!(pair.read_by(pair.server), (100_000, Some(Ok(0))));
    });
}

/// In time: FIN, FIN_WAIT_1, FIN_WAIT_2, and TIME_WAIT for 2 MSL.
///
/// Mutation: when a lingering close returns, its connection is aborted.
#[test]
fn cs_e7_in_time_the_close_is_graceful_and_time_wait_follows() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.server);
        pair.linger(pair.client, 1, 5);
        pair.send(pair.client, 100);
        pair.close_waits(pair.client);
        assert_eq!(pair.both(), [FinWait1, Established]);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(pair.client), Some((ms(20), ZERO)));
        assert_eq!(pair.both(), [TimeWait, LastAck]);
        pair.run_before(ms(20) + profile.time_wait);
        assert_eq!(pair.both(), [TimeWait, Closed]);
        pair.run_to(ms(20) + profile.time_wait);
        assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
        assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F.", "20 ."]);
        assert_eq!(pair.read_by(pair.server), (100, Some(Ok(0))));
    });
}

/// Too late: RST, then the return, in one instant; no TIME_WAIT; the server is reset (a challenge ACK first, as it
/// never got the data).
///
/// Mutation: when the time is over closesocket returns, but the connection goes on.
#[test]
fn cs_e8_when_the_time_is_over_the_connection_is_reset_before_the_return() {
    every(|profile| {
        let mut pair = Pair::connected(&answering(profile));
        pair.linger(pair.client, 1, 5);
        pair.cut();
        pair.send(pair.client, 100);
        pair.close_waits(pair.client);
        pair.run_to(ms(4999));
        pair.heal();
        pair.run_before(secs(5));
        assert_eq!(pair.returned(pair.client), None);
        assert_eq!(pair.both(), [FinWait1, Established]);
        pair.run_to(secs(5));
        assert_eq!(pair.returned(pair.client), Some((secs(5), ZERO)));
        assert!(pair.place_of_reset(pair.client) < pair.place_of_return(pair.client));
        assert_eq!(pair.both(), [Closed, Established]);
        pair.rest();
        assert_eq!(pair.wire_with(pair.client, Flags::RST), ["5000 R.", "5020 R"]);
        assert_eq!(pair.entered(pair.client), [FinWait1, Closed]);
        assert_eq!(pair.both(), [Closed, Closed]);
        assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
    });
}

/// E8 and E4 while the server's window is closed and probed: the RST must be one that the server accepts (RFC 9293
/// MUST-66), or its recv would never fail (E5).
///
/// Mutation: the octet of a zero-window probe counts in the RST's number.
#[test]
fn cs_e8_a_reset_gets_through_a_closed_window() {
    every(|profile| {
        for l_linger in [5, 0] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 1, l_linger);
            pair.send(pair.client, 100_000);
            pair.run_to(secs(10));
            if l_linger == 0 {
                assert_eq!(pair.close(pair.client), ZERO);
            } else {
                pair.close_waits(pair.client);
                pair.run_to(secs(15));
                assert_eq!(pair.returned(pair.client), Some((secs(15), ZERO)));
            }
            assert_eq!(pair.both(), [Closed, Established]);
            pair.rest();
            assert_eq!(pair.both(), [Closed, Closed]);
            assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
        }
    });
}

/// An acknowledgment of everything one tick before the deadline, at it, and one tick after.
///
/// Mutation: the linger timeout is a nanosecond shorter.
#[test]
fn cs_e8_the_last_acknowledgment_decides_to_the_tick() {
    every(|profile| {
        for (at, in_time) in [(secs(5) - TICK, true), (secs(5), true), (secs(5) + TICK, false)] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 1, 5);
            pair.cut();
            pair.send(pair.client, 100);
            pair.close_waits(pair.client);
            let fin = pair.last_packet(pair.client);
            pair.run_before(at);
            let (number, ack) = (fin.segment.ack, fin.segment.seq + fin.segment.len());
            let all = Segment { wnd: 65_535, ..Segment::control(Flags::ACK, number, ack) };
            pair.answer(pair.client, &fin, all);
            let returned = if in_time { at } else { secs(5) };
            assert_eq!(pair.returned(pair.client), Some((returned, ZERO)));
            assert_eq!(pair.state(pair.client), if in_time { FinWait2 } else { Closed });
            let resets = pair.wire_with(pair.client, Flags::RST);
            assert_eq!(resets.first().map(String::as_str), (!in_time).then_some("5000 R."));
        }
    });
}

/// 0, and no last error: delivered, expired, reset by the peer meanwhile, given up meanwhile.
///
/// Mutation: a lingering close whose connection is reset fails with WSAECONNRESET.
#[test]
fn cs_e9_the_result_is_0_whatever_became_of_the_data() {
    every(|profile| {
        let lingering = |seconds, cut| {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 1, seconds);
            if cut {
                pair.cut();
            }
            pair.send(pair.client, 100_000);
            pair.close_waits(pair.client);
            pair
        };
        let mut delivered = lingering(5, false);
        delivered.serves(delivered.server);
        let expired = lingering(5, false);
        let mut aborted = lingering(5, false);
        aborted.linger(aborted.server, 1, 0);
        aborted.run_to(secs(1));
        assert_eq!(aborted.close(aborted.server), ZERO);
        let given_up = lingering(1000, true);
        for (name, pair, least, most) in [
            ("delivered", delivered, ms(20), secs(5) - TICK),
            ("expired", expired, secs(5), secs(5)),
            ("aborted", aborted, ms(1010), ms(1010)),
            ("given up", given_up, secs(10), secs(999)),
        ] {
            let mut pair = pair;
            pair.run_to(secs(1001));
            let (at, result) = pair.returned(pair.client).expect("it returns");
            assert_eq!(result, ZERO, "{name}");
            assert!((least..=most).contains(&at), "{name}: {}", at.as_nanos());
            assert_eq!(pair.last_error(pair.client), 0, "{name}");
        }
    });
}

/// The handle stays valid, no disconnect is initiated, both directions work on; closing again once everything is
/// acknowledged succeeds.
///
/// Mutation: WSAEWOULDBLOCK takes the handle all the same.
#[test]
fn cs_e10_after_would_block_the_socket_works_on_and_must_be_closed_again() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.linger(end, 1, 5);
        pair.nonblocking(end, true);
        pair.send(end, 100);
        for _ in 0..2 {
            assert_eq!(pair.close(end), Err(WsaError::WouldBlock));
        }
        assert_eq!(pair.last_error(end), 10035);
        pair.send(end, 50);
        pair.send(pair.server, 70);
        // Time for two ACKs that wait (R65): Nagle holds the 50 bytes until the first comes.
        pair.run_to(ms(500));
        assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), [""; 0]);
        assert_eq!(pair.both(), [Established, Established]);
        assert_eq!(pair.recv(pair.server), Ok(150));
        assert_eq!(pair.recv(end), Ok(70));

        pair.serves(pair.server);
        assert_eq!(pair.close(end), ZERO, "nothing is unacknowledged now");
        assert_eq!(pair.close(end), Err(WsaError::NotSock));
        pair.rest();
        assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), ["500 F."]);
        assert_eq!(pair.entered(end), [FinWait1, FinWait2, TimeWait, Closed]);
        assert_eq!(pair.read_by(pair.server), (0, Some(Ok(0))));
    });
}

/// The recovery of WF-2.11: blocking mode and closesocket again, which lingers; or {1, 0}, which is hard.
///
/// Mutation: WSAEWOULDBLOCK takes the handle all the same.
#[test]
fn cs_e10_recovery_by_blocking_or_by_a_hard_close() {
    every(|profile| {
        let would_block = || {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 1, 5);
            pair.nonblocking(pair.client, true);
            pair.send(pair.client, 100);
            assert_eq!(pair.close(pair.client), Err(WsaError::WouldBlock));
            pair
        };
        let mut pair = would_block();
        pair.nonblocking(pair.client, false);
        pair.close_waits(pair.client);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(pair.client), Some((ms(20), ZERO)));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);

        let mut pair = would_block();
        pair.linger(pair.client, 1, 0);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 R."]);
        assert_eq!(pair.both(), [Closed, Established]);
    });
}
