//! Rulings on what closesocket and WSACleanup do: R4, R5, R18, R28, R33.

use crate::pair::{Pair, ZERO, column, every, ms, receiving_up_to, secs};
use closewait::packet::Flags;
use closewait::profile::{Profile, UnsafeClose};
use closewait::tcp::StateName::{
    self, CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, TimeWait,
};
use closewait::winsock::{Call, WsaError, consts};

/// The states in which R4 and R5 count, with 100 bytes unread at the client or not.
fn in_state(profile: &Profile, state: StateName, unread: bool) -> Pair {
    let mut pair = Pair::connected(profile);
    if unread {
        pair.send(pair.server, 100);
        pair.run_to(ms(10));
    }
    if state != Established {
        let closer = if state == CloseWait { pair.server } else { pair.client };
        assert_eq!(pair.shutdown(closer, consts::SD_SEND), ZERO);
    }
    pair.run_to(ms(if state == FinWait1 { 15 } else { 40 }));
    assert_eq!(pair.state(pair.client), state);
    pair.start_here();
    pair
}

/// R4: in each of these states, whatever the linger option and the mode: RST, 0, no wait; unsent data is lost. Or
/// FIN, by the profile's field.
///
/// Mutation: unread data counts only while lingering is off.
#[test]
fn r4_unread_data_resets_whatever_the_linger_option() {
    every(|profile| {
        assert_eq!(profile.close_with_unread, UnsafeClose::Reset);
        for state in [Established, FinWait1, FinWait2, CloseWait] {
            for (l_onoff, l_linger) in [(0, 0), (1, 5), (1, 0)] {
                for nonblocking in [false, true] {
                    let mut pair = in_state(profile, state, true);
                    pair.linger(pair.client, l_onoff, l_linger);
                    pair.nonblocking(pair.client, nonblocking);
                    if matches!(state, Established | CloseWait) {
                        pair.send(pair.client, 256 * 1024);
                    }
                    assert_eq!(pair.close(pair.client), ZERO, "{state}");
                    assert_eq!(pair.state(pair.client), Closed, "{state}");
                    pair.run_to(ms(10));
                    assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), ["0 R."], "{state}");
                    assert_eq!(pair.both(), [Closed, Closed], "{state}");
                    assert_eq!(pair.entered(pair.client), [Closed]);
                    let sent_fin = matches!(state, FinWait1 | FinWait2);
                    let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
                    let code = if sent_fin { code } else { WsaError::ConnReset };
                    assert_eq!(pair.recv(pair.server), Err(code), "R11");
                }
            }
        }
        let to_the_table = Profile { close_with_unread: UnsafeClose::LingerTable, ..profile.clone() };
        let mut pair = in_state(&to_the_table, Established, true);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}

/// R4, TR-C23, RFC 2525 2.17: the RFC's own way to find the fault: the reader stops until its window is closed, then it
/// ends. A RST, and the sender learns of it.
///
/// Mutation: what closes a window is not unread.
#[test]
fn r4_unread_data_with_a_closed_window_resets() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.server, 256 * 1024);
        pair.run_to(secs(5));
        assert_eq!(pair.last_packet(pair.client).segment.wnd, 0, "the window is closed");
        cleanup(&mut pair);
        pair.run_to(ms(10));
        assert_eq!(pair.wire(pair.client), ["0 R."]);
        assert_eq!(pair.both(), [Closed, Closed]);
        assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
    });
}

/// R4's twin: what was read to the last byte is no reason.
///
/// Mutation: received data counts as unread after it was read.
#[test]
fn r4_data_that_was_read_is_no_reason_to_reset() {
    every(|profile| {
        for (read, segment) in [(99, "0 R."), (100, "0 F.")] {
            let mut pair = in_state(profile, Established, true);
            pair.call(pair.client, receiving_up_to(pair.client, read, 0)).unwrap();
            pair.start_here();
            assert_eq!(pair.close(pair.client), ZERO);
            assert_eq!(pair.wire(pair.client), [segment]);
        }
    });
}

/// R5: another thread's recv is pending. DOCUMENTED: the linger table. WINDOWS: as R4.
///
/// Mutation: a pending receive is not looked at.
#[test]
fn r5_a_pending_recv_resets_in_windows() {
    every(|profile| {
        let ruled = column(profile, UnsafeClose::LingerTable, UnsafeClose::Reset);
        assert_eq!(profile.close_with_receive_pending, ruled);
        for state in [Established, FinWait1, FinWait2] {
            for (l_onoff, l_linger) in [(0, 0), (1, 5)] {
                let mut pair = in_state(profile, state, false);
                let reader = pair.colleague(pair.client);
                pair.recv_waits(reader);
                pair.linger(pair.client, l_onoff, l_linger);
                if state == Established {
                    pair.send(pair.client, 100);
                }
                if ruled == UnsafeClose::Reset {
                    assert_eq!(pair.close(pair.client), ZERO, "{state}");
                    assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), ["0 R."]);
                    assert_eq!(pair.state(pair.client), Closed);
                } else if state == Established && l_onoff == 1 {
                    pair.close_waits(pair.client);
                    pair.run_to(ms(20));
                    assert_eq!(pair.returned(pair.client), Some((ms(20), ZERO)));
                    assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F."]);
                } else {
                    assert_eq!(pair.close(pair.client), ZERO, "{state}");
                    assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
                    assert_eq!(pair.state(pair.client), if state == Established { FinWait1 } else { state });
                }
                assert_eq!(pair.returned(reader), Some((ms(0), Err(WsaError::Intr))), "R13");
            }
        }
    });
}

/// The last WSACleanup, called while the client's socket is as the test left it: 0 at once.
fn cleanup(pair: &mut Pair) {
    pair.start_here();
    assert_eq!(pair.call(pair.client, Call::WsaCleanup), ZERO);
}

/// R18: {nonzero, 0}, unread data and (WINDOWS) a pending receive reset; all else is graceful.
///
/// Mutation: WSACleanup closes everything gracefully.
#[test]
fn r18_cleanup_closes_as_closesocket_would() {
    every(|profile| {
        let mut plain = Pair::connected(profile);
        cleanup(&mut plain);
        assert_eq!(plain.wire(plain.client), ["0 F."]);
        assert_eq!(plain.both(), [FinWait1, Established]);
        plain.startup(plain.client).unwrap();
        assert_eq!(plain.close(plain.client), Err(WsaError::NotSock), "WF-8.8");

        let mut hard = Pair::connected(profile);
        hard.linger(hard.client, 1, 0);
        cleanup(&mut hard);
        assert_eq!(hard.wire(hard.client), ["0 R."]);
        assert_eq!(hard.both(), [Closed, Established]);

        let mut unread = Pair::connected(profile);
        unread.send(unread.server, 100);
        unread.run_to(ms(20));
        cleanup(&mut unread);
        assert_eq!(unread.wire(unread.client), ["0 R."]);
        assert_eq!(unread.both(), [Closed, Established]);

        let mut pending = Pair::connected(profile);
        let reader = pending.colleague(pending.client);
        pending.recv_waits(reader);
        cleanup(&mut pending);
        assert_eq!(pending.wire(pending.client), [column(profile, "0 F.", "0 R.")]);
        assert!(matches!(pending.returned(reader), Some((_, Err(_)))));
    });
}

/// R18: l_linger does not block, in either mode, but limits the close: RST at its end, to the tick.
///
/// Mutation: WSACleanup sets no limit.
#[test]
fn r18_cleanup_does_not_wait_but_l_linger_is_its_limit() {
    every(|profile| {
        for nonblocking in [false, true] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 1, 5);
            pair.nonblocking(pair.client, nonblocking);
            pair.cut();
            pair.send(pair.client, 100);
            cleanup(&mut pair);
            pair.run_before(secs(5));
            assert_eq!(pair.state(pair.client), FinWait1);
            assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
            pair.run_to(secs(5));
            assert_eq!(pair.wire_with(pair.client, Flags::RST), ["5000 R."]);
            assert_eq!(pair.both(), [Closed, Established]);

            let mut in_time = Pair::connected(profile);
            in_time.linger(in_time.client, 1, 5);
            in_time.nonblocking(in_time.client, nonblocking);
            in_time.send(in_time.client, 100_000);
            in_time.serves(in_time.server);
            cleanup(&mut in_time);
            in_time.rest();
            assert_eq!(in_time.wire_with(in_time.client, Flags::RST), [""; 0]);
            assert_eq!(in_time.entered(in_time.client), [FinWait1, FinWait2, TimeWait, Closed]);
            assert_eq!(in_time.read_by(in_time.server), (100_000, Some(Ok(0))));
        }
    });
}

/// R33: a thread lingers while another calls WSACleanup: its call returns 0 at once, its connection keeps the deadline.
///
/// Mutation: WSACleanup lifts the limit of a lingering close.
#[test]
fn r33_cleanup_ends_the_call_of_a_thread_that_lingers() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let lingers = pair.colleague(pair.client);
        pair.linger(lingers, 1, 5);
        pair.cut();
        pair.send(lingers, 100);
        pair.close_waits(lingers);
        pair.run_to(secs(2));
        assert_eq!(pair.returned(lingers), None);
        assert_eq!(pair.call(pair.client, Call::WsaCleanup), ZERO);
        assert_eq!(pair.returned(lingers), Some((secs(2), ZERO)));
        pair.run_before(secs(5));
        assert_eq!(pair.both(), [FinWait1, Established]);
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
        pair.run_to(secs(5));
        assert_eq!(pair.wire_with(pair.client, Flags::RST), ["5000 R."]);
        assert_eq!(pair.both(), [Closed, Established]);
    });
}

/// A client, still open, in a state in which both FINs are on their way; with unread data, or without.
fn late(profile: &Profile, state: StateName, unread: bool) -> Pair {
    let mut pair = Pair::connected(profile);
    if unread {
        pair.send(pair.server, 100);
    }
    let (first, second) =
        if state == LastAck { (pair.server, pair.client) } else { (pair.client, pair.server) };
    assert_eq!(pair.shutdown(first, consts::SD_SEND), ZERO);
    let second_at = if state == Closing { 0 } else { 40 };
    let there_at = second_at + if state == TimeWait { 30 } else { 15 };
    pair.run_to(ms(second_at));
    assert_eq!(pair.shutdown(second, consts::SD_SEND), ZERO);
    pair.run_to(ms(there_at));
    assert_eq!(pair.state(pair.client), state);
    pair.start_here();
    pair
}

/// R28: {nonzero, 0}, or unread data, in CLOSING, LAST_ACK or TIME_WAIT: no segment; CLOSING and LAST_ACK end, a
/// TIME_WAIT stays for its full length.
///
/// Mutation: ABORT in CLOSING and LAST-ACK sends a RST.
#[test]
fn r28_a_late_hard_close_sends_nothing() {
    every(|profile| {
        for state in [Closing, LastAck, TimeWait] {
            for unread in [false, true] {
                let mut pair = late(profile, state, unread);
                if !unread {
                    pair.linger(pair.client, 1, 0);
                }
                assert_eq!(pair.close(pair.client), ZERO);
                assert_eq!(pair.wire(pair.client), [""; 0], "{state}");
                let after = if state == TimeWait { TimeWait } else { Closed };
                assert_eq!(pair.state(pair.client), after, "{state}");
                if state == TimeWait {
                    pair.run_before(profile.time_wait - ms(20));
                    assert_eq!(pair.both(), [TimeWait, Closed], "entered 20 ms before");
                    pair.run_to(profile.time_wait - ms(20));
                    assert_eq!(pair.both(), [Closed, Closed]);
                    assert_eq!(pair.wire(pair.client), [""; 0]);
                }
            }
        }
    });
}
