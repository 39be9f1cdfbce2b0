//! Facts about shutdown: WF-2.14, 4.1 to 4.13.

use crate::pair::{End, Pair, ZERO, column, every, ms, sending};
use closewait::packet::Flags;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2};
use closewait::winsock::{Call, Value, WsaError, consts};

/// WF-2.14: with data that cannot be delivered, whatever the linger option and the mode.
///
/// Mutation: with lingering on, shutdown would block while data is unacknowledged.
#[test]
fn wf_2_14_shutdown_never_waits() {
    every(|profile| {
        for (l_onoff, l_linger) in [(0, 0), (1, 5), (1, 0)] {
            for (how, nonblocking) in
                [(consts::SD_SEND, false), (consts::SD_BOTH, false), (consts::SD_SEND, true)]
            {
                let mut pair = Pair::connected(profile);
                pair.linger(pair.client, l_onoff, l_linger);
                pair.nonblocking(pair.client, nonblocking);
                pair.cut();
                pair.send(pair.client, 100);
                assert_eq!(pair.shutdown(pair.client, how), ZERO);
                assert_eq!(pair.last_error(pair.client), 0);
                assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F."]);
                assert_eq!(pair.both(), [FinWait1, Established]);
            }
        }
    });
}

/// WF-4.1, 4.2: no connection, no direction, no socket. Nothing leaves.
///
/// Mutation: a `how` that is none shuts nothing, and succeeds.
#[test]
fn wf_4_1_4_2_what_shutdown_does_not_take() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let unconnected = pair.socket(pair.client);
        for end in [unconnected, pair.listener] {
            for how in [consts::SD_RECEIVE, consts::SD_SEND, consts::SD_BOTH] {
                assert_eq!(pair.shutdown(end, how), Err(WsaError::NotConn));
                assert_eq!(pair.last_error(end), 10057);
            }
        }
        for how in [3, -1, i32::MAX] {
            assert_eq!(pair.shutdown(pair.client, how), Err(WsaError::Inval));
            assert_eq!(pair.last_error(pair.client), 10022);
        }
        assert_eq!(pair.close(unconnected), ZERO);
        assert_eq!(pair.shutdown(unconnected, consts::SD_SEND), Err(WsaError::NotSock));
        assert_eq!(pair.wire(pair.client), [""; 0]);
        assert_eq!(pair.both(), [Established, Established]);
        pair.send(pair.client, 1);
    });
}

/// WF-4.3: each time 0 and no last error; one FIN.
///
/// Mutation: a direction that is shut cannot be shut again.
#[test]
fn wf_4_3_sd_send_twice_sends_one_fin() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        for at in [0, 0, 50] {
            pair.run_to(ms(at));
            assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
            assert_eq!(pair.last_error(pair.client), 0);
        }
        assert_eq!(pair.wire(pair.client), ["0 F."]);
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
    });
}

/// WF-4.4: what was shut down fails with WSAESHUTDOWN three times out of three; the other direction works.
///
/// Mutation: SD_RECEIVE shuts sending, too.
#[test]
fn wf_4_4_what_was_shut_down_fails_every_time() {
    every(|profile| {
        for (how, sends, receives) in [
            (consts::SD_SEND, false, true),
            (consts::SD_RECEIVE, true, false),
            (consts::SD_BOTH, false, false),
        ] {
            let mut pair = Pair::connected(profile);
            let end = pair.client;
            pair.nonblocking(end, true);
            assert_eq!(pair.shutdown(end, how), ZERO);
            for _ in 0..3 {
                let sent = if sends { Ok(Value::Sent(1)) } else { Err(WsaError::Shutdown) };
                assert_eq!(pair.call(end, sending(end, 1)), sent);
                let read = if receives { WsaError::WouldBlock } else { WsaError::Shutdown };
                assert_eq!(pair.recv(end), Err(read));
                assert_eq!(pair.last_error(end), if receives { 10035 } else { 10058 });
            }
            pair.run_to(ms(30));
            let fins: &[&str] = if sends { &[] } else { &["0 F."] };
            assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), fins);
            let states = if sends { [Established, Established] } else { [FinWait2, CloseWait] };
            assert_eq!(pair.both(), states);
        }
    });
}

/// WF-4.5: after the client's SD_SEND the server reads 0, again and again; it sends, and the client reads.
///
/// Mutation: SD_SEND shuts receiving down, too.
#[test]
fn wf_4_5_the_other_direction_goes_on() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        for _ in 0..3 {
            assert_eq!(pair.recv(pair.server), Ok(0));
        }
        for (at, bytes) in [(500, 100), (1000, 7)] {
            pair.send(pair.server, bytes);
            pair.run_to(ms(at));
            assert_eq!(pair.recv(pair.client), Ok(bytes));
        }
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        for end in [pair.client, pair.server] {
            assert_eq!(pair.wire_with(end, Flags::RST), [""; 0]);
        }
    });
}

/// WF-4.6, 4.12: with both directions shut, at both ends, the socket still has its names, is still connected, and must
/// still be closed.
///
/// Mutation: a socket that is shut down in both directions has no peer.
#[test]
fn wf_4_6_4_12_shutdown_frees_nothing() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        let s = end.socket;
        let names = [Call::getsockname(s), Call::getpeername(s)].map(|call| pair.call(end, call));
        assert_eq!(names[1], Ok(Value::Name(pair.name(pair.server, crate::pair::PORT))));
        for end in [pair.server, end] {
            assert_eq!(pair.shutdown(end, consts::SD_BOTH), ZERO);
        }
        let again = [Call::getsockname(s), Call::getpeername(s)].map(|call| pair.call(end, call));
        assert_eq!(again, names);
        let connect = pair.connect(end);
        assert_eq!(pair.call(end, connect), Err(WsaError::IsConn));
        pair.run_to(ms(100));
        let leaks = |pair: &Pair, end: End| pair.world.host(end.thread.host).leaks().len();
        assert_eq!(leaks(&pair, end), 1);
        assert_eq!(pair.close(end), ZERO);
        assert_eq!(leaks(&pair, end), 0);
        assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), ["0 F."]);
    });
}

/// WF-4.8: SD_RECEIVE while data is unread resets at once; data that comes after SD_RECEIVE, when it comes.
///
/// Mutation: data for a direction that is shut is dropped in silence.
#[test]
fn wf_4_8_data_that_nobody_can_read_resets() {
    every(|profile| {
        for unread in [true, false] {
            let mut pair = Pair::connected(profile);
            if unread {
                pair.send(pair.server, 100);
                pair.run_to(ms(300));
            }
            pair.start_here();
            assert_eq!(pair.shutdown(pair.client, consts::SD_RECEIVE), ZERO);
            if !unread {
                assert_eq!(pair.wire(pair.client), [""; 0]);
                pair.send(pair.server, 100);
                pair.run_to(ms(10));
            }
            assert_eq!(pair.wire(pair.client), [if unread { "0 R." } else { "10 R." }]);
            assert_eq!(pair.both(), [Closed, Established]);
            pair.run_to(ms(30));
            assert_eq!(pair.both(), [Closed, Closed]);
            assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
        }
    });
}

/// WF-4.9, 4.10: SD_RECEIVE sends nothing and changes nothing at the other end, before the end of the stream and after
/// it; a later recv fails with WSAESHUTDOWN.
///
/// Mutation: SD_RECEIVE sends FIN.
#[test]
fn wf_4_9_4_10_sd_receive_sends_nothing() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.server, consts::SD_RECEIVE), ZERO);
        pair.run_to(ms(100));
        assert_eq!(pair.wire(pair.server), [""; 0]);
        assert_eq!(pair.both(), [Established, Established]);
        pair.send(pair.server, 10);
        pair.run_to(ms(400));
        assert_eq!(pair.recv(pair.client), Ok(10));

        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        assert_eq!(pair.recv(pair.server), Ok(0));
        assert_eq!(pair.shutdown(pair.server, consts::SD_RECEIVE), ZERO);
        for _ in 0..2 {
            assert_eq!(pair.recv(pair.server), Err(WsaError::Shutdown));
        }
        assert_eq!(pair.wire_with(pair.server, Flags::FIN | Flags::RST), [""; 0]);
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
    });
}

/// WF-4.11: FIN leaves at once behind the last byte, and is numbered so; it does not wait until the data is acknowledged.
///
/// Mutation: FIN waits until everything before it is acknowledged.
#[test]
fn wf_4_11_fin_is_numbered_behind_the_last_byte() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 100);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F."]);
        let sent = pair.packets(pair.client);
        assert_eq!(sent[1].1.segment.seq, sent[0].1.segment.seq + 100);
        assert_eq!(pair.both(), [FinWait1, Established]);
        pair.run_to(ms(300));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        assert_eq!(pair.recv(pair.server), Ok(100));
        assert_eq!(pair.recv(pair.server), Ok(0));
    });
}

/// WF-4.13: on a connection that was reset, before and behind the FIN (R11); while the subsystem has failed; after
/// WSACleanup.
///
/// Mutation: shutdown of a connection that is over succeeds.
#[test]
fn wf_4_13_how_shutdown_fails() {
    every(|profile| {
        for fin_first in [false, true] {
            let mut pair = Pair::connected(profile);
            if fin_first {
                assert_eq!(pair.shutdown(pair.server, consts::SD_SEND), ZERO);
                pair.run_to(ms(50));
            }
            pair.linger(pair.server, 1, 0);
            assert_eq!(pair.close(pair.server), ZERO);
            pair.run_to(ms(100));
            assert_eq!(pair.both(), [Closed, Closed]);
            let behind = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
            let code = if fin_first { behind } else { WsaError::ConnReset };
            for how in [consts::SD_SEND, consts::SD_RECEIVE] {
                assert_eq!(pair.shutdown(pair.client, how), Err(code));
            }
            assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), [""; 0]);
        }
        let mut pair = Pair::connected(profile);
        pair.fail(pair.client, true);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), Err(WsaError::NetDown));
        pair.fail(pair.client, false);
        assert_eq!(pair.both(), [Established, Established]);
        assert_eq!(pair.call(pair.client, Call::WsaCleanup), ZERO);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), Err(WsaError::NotInitialised));
    });
}
