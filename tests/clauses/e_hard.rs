//! E. The rows in full: l_onoff nonzero, l_linger zero (E4, E5, E11), and what a reset does to the other end.

use crate::pair::{End, Pair, ZERO, column, every, ms, own_column};
use closewait::packet::Flags;
use closewait::profile::{AbortFlags, Profile, ShutAndReset};
use closewait::tcp::StateName::{CloseWait, Closed, Established};
use closewait::winsock::{Value, WsaError, consts};

/// A hard close of the client's end: RST at once, and nothing of the connection is left.
fn reset(pair: &mut Pair) {
    let at = pair.packets(pair.client).len();
    pair.linger(pair.client, 1, 0);
    assert_eq!(pair.close(pair.client), ZERO);
    assert_eq!(pair.state(pair.client), Closed);
    let after = &pair.wire(pair.client)[at..];
    assert!(after.len() == 1 && after[0].ends_with(" R."), "{after:?}");
}

/// In both modes, with data unsent and unacknowledged: RST at once, unsent data lost, 0.
///
/// Mutation: {1, 0} is hard only when nothing is unacknowledged.
#[test]
fn cs_e4_a_hard_close_does_not_block_and_loses_unsent_data() {
    every(|profile| {
        for (nonblocking, bytes) in
            [(false, 0), (false, 100), (false, 256 * 1024), (true, 100), (true, 256 * 1024)]
        {
            let mut pair = Pair::connected(profile);
            pair.nonblocking(pair.client, nonblocking);
            if bytes > 0 {
                pair.send(pair.client, bytes);
            }
            let first_flight: u32 = pair.packets(pair.client).iter().map(|(_, p)| p.segment.text_len()).sum();
            reset(&mut pair);
            assert_eq!(pair.last_error(pair.client), 0);
            assert_eq!(pair.both(), [Closed, Established]);
            pair.reads(pair.server);
            pair.rest();
            let (delivered, end) = pair.read_by(pair.server);
            assert!(delivered <= first_flight as usize, "{delivered} of {first_flight}");
            assert!(first_flight as usize == bytes || first_flight <= profile.initial_window.bytes(1460));
            assert_eq!(end, Some(Err(WsaError::ConnReset)));
            assert_eq!(pair.wire_with(pair.client, Flags::FIN), [""; 0]);
        }
    });
}

/// The server's recv, pending or made later, once or again, fails with WSAECONNRESET; so does its send (WF-3.6).
///
/// Mutation: a RST is reported as WSAECONNABORTED.
#[test]
fn cs_e5_any_recv_of_the_peer_fails_with_connection_reset() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.recv_waits(pair.server);
        reset(&mut pair);
        pair.run_before(ms(10));
        assert_eq!(pair.returned(pair.server), None);
        assert_eq!(pair.both(), [Closed, Established]);
        pair.run_to(ms(10));
        assert_eq!(pair.returned(pair.server), Some((ms(10), Err(WsaError::ConnReset))));
        assert_eq!(pair.both(), [Closed, Closed]);
        for _ in 0..3 {
            assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
        }
        let end = pair.server;
        assert_eq!(pair.call(end, crate::pair::sending(end, 1)), Err(WsaError::ConnReset));
        assert_eq!(pair.close(end), ZERO);
        assert_eq!(pair.wire(end), [""; 0], "nobody answers a RST");
    });
}

/// CS-E5 after the server's own SD_RECEIVE: DOCUMENTED says any recv; WINDOWS has WSAESHUTDOWN (WF-4.4).
///
/// Mutation: the profile's field is passed over: WSAESHUTDOWN always.
#[test]
fn cs_e5_recv_after_its_own_sd_receive() {
    every(|profile| {
        assert_eq!(profile.recv_shut_and_reset, column(profile, ShutAndReset::Reset, ShutAndReset::Shutdown));
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.server, consts::SD_RECEIVE), ZERO);
        assert_eq!(pair.recv(pair.server), Err(WsaError::Shutdown));
        reset(&mut pair);
        pair.run_to(ms(10));
        assert_eq!(pair.both(), [Closed, Closed]);
        let code = column(profile, WsaError::ConnReset, WsaError::Shutdown);
        assert_eq!(pair.recv(pair.server), Err(code));
    });
}

/// The socket does not go to TIME_WAIT: its four-tuple is free at once.
///
/// Mutation: ABORT sends its RST, but the connection then closes gracefully.
#[test]
fn cs_e11_a_hard_close_leaves_no_time_wait() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let bound = |pair: &mut Pair| -> End {
            let end = pair.socket(pair.client);
            pair.bind(end, 5000).unwrap();
            end
        };
        let end = bound(&mut pair);
        pair.connect_waits(end);
        pair.run_to(ms(30));
        pair.start_here();
        pair.linger(end, 1, 0);
        assert_eq!(pair.close(end), ZERO);
        assert_eq!(pair.wire(end), ["0 R."]);
        assert_eq!(pair.entered(end), [Closed]);
        assert_eq!(pair.rows(end), []);

        let again = bound(&mut pair);
        pair.connect_waits(again);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(again), Some((ms(20), ZERO)));
    });
}

/// R8: what the server had not read is discarded when the RST comes; what it had read stays read. A FIN discards
/// nothing. Where the field is off, data comes first.
///
/// Mutation: a RST discards unread data although the profile says that it does not.
#[test]
fn r8_a_rst_discards_unread_data() {
    every(|profile| {
        assert!(profile.rst_discards_unread);
        for discards in [true, false] {
            let profile = Profile { rst_discards_unread: discards, ..profile.clone() };
            let mut pair = Pair::connected(&profile);
            pair.send(pair.client, 100);
            // Time for an ACK that waits (R65): Nagle holds the 30 bytes until it comes.
            pair.run_to(ms(250));
            assert_eq!(pair.recv(pair.server), Ok(100));
            pair.send(pair.client, 30);
            pair.run_to(ms(300));
            assert_eq!(pair.rows(pair.server)[0].receive_queue, 30);
            reset(&mut pair);
            pair.run_to(ms(310));
            assert_eq!(pair.both(), [Closed, Closed]);
            if !discards {
                assert_eq!(pair.recv(pair.server), Ok(30));
            }
            assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
        }
    });
}

/// R8's twin: a FIN discards nothing.
///
/// Mutation: the peer's FIN empties the receive queue.
#[test]
fn r8_a_fin_discards_nothing() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 30);
        assert_eq!(pair.close(pair.client), ZERO);
        pair.run_to(ms(50));
        assert_eq!(pair.state(pair.server), CloseWait);
        assert_eq!(pair.recv(pair.server), Ok(30));
        assert_eq!(pair.recv(pair.server), Ok(0));
    });
}

/// R11: the code after a RST that comes behind our FIN, for recv and send.
///
/// Mutation: the code is the same whether or not the peer's FIN came before.
#[test]
fn r11_a_rst_behind_the_fin_has_its_own_code() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        assert_eq!(pair.state(pair.server), CloseWait);
        reset(&mut pair);
        pair.run_to(ms(60));
        assert_eq!(pair.both(), [Closed, Closed]);
        let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
        assert_eq!(pair.recv(pair.server), Err(code));
        assert_eq!(pair.call(pair.server, crate::pair::sending(pair.server, 1)), Err(code));
    });
}

/// R27: RST+ACK, seq SND.NXT, ack RCV.NXT; the RFC's bare RST is a switch.
///
/// Mutation: the RST's number is SND.UNA.
#[test]
fn r27_the_rst_of_an_abort_has_snd_nxt_and_rcv_nxt() {
    every(|profile| {
        for flags in [AbortFlags::RstAck, AbortFlags::Rst] {
            assert_eq!(profile.abort_flags, AbortFlags::RstAck);
            let profile = Profile { abort_flags: flags, ..profile.clone() };
            let mut pair = Pair::connected(&profile);
            pair.send(pair.server, 70);
            pair.run_to(ms(10));
            assert_eq!(pair.recv(pair.client), Ok(70));
            let heard = pair.packets(pair.server)[0].1.segment.clone();
            pair.send(pair.client, 256 * 1024);
            let said = pair.last_packet(pair.client).segment;
            pair.linger(pair.client, 1, 0);
            assert_eq!(pair.close(pair.client), ZERO);
            let rst = pair.last_packet(pair.client).segment;
            assert_eq!(rst.seq, said.seq + said.len());
            match flags {
                AbortFlags::RstAck => {
                    assert_eq!(rst.flags, Flags::RST | Flags::ACK);
                    assert_eq!(rst.ack, heard.seq + 70);
                }
                AbortFlags::Rst => {
                    assert_eq!(rst.flags, Flags::RST);
                    let filled = heard.seq + 70;
                    assert_eq!(rst.ack, own_column(&profile, closewait::seq::Seq(0), filled), "R25");
                }
            }
            assert!(rst.payload.is_empty());
            assert_eq!(pair.both(), [Closed, Established]);
            pair.rest();
            assert_eq!(pair.both(), [Closed, Closed], "acceptable, with either set of flags");
        }
    });
}

/// R34: 65,536 bytes each way; a send is taken whole while less than SO_SNDBUF is queued, else it waits, or fails
/// with WSAEWOULDBLOCK.
///
/// Mutation: a send is taken while no more than SO_SNDBUF is queued.
#[test]
fn r34_a_send_is_taken_whole_while_there_is_room() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        assert_eq!(pair.get(end, consts::SO_SNDBUF), 65_536);
        assert_eq!(pair.get(end, consts::SO_RCVBUF), 65_536);
        pair.cut();
        pair.send(end, 65_535);
        pair.send(end, 1 << 20);
        pair.nonblocking(end, true);
        assert_eq!(pair.call(end, crate::pair::sending(end, 1)), Err(WsaError::WouldBlock));

        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.cut();
        pair.send(end, 65_536);
        pair.waits(end, crate::pair::sending(end, 1));
        pair.heal();
        pair.reads(pair.server);
        pair.run_to(crate::pair::secs(5));
        let (at, result) = pair.returned(end).expect("there is room again");
        assert_eq!(result, Ok(Value::Sent(1)));
        assert!(at > ms(0));
        pair.rest();
        assert_eq!(pair.read_by(pair.server).0, 65_537);
    });
}
