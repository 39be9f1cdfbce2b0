//! Facts about what an end sees when the other one is gone: WF-3.1, 3.7, 3.12, 3.18, 3.20, 3.21.

use crate::pair::{Pair, ZERO, column, every, ms, received, receiving_up_to, sending};
use closewait::packet::Flags;
use closewait::profile::SoError;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait2};
use closewait::winsock::{WsaError, consts};

/// WF-3.1: after the peer's graceful close what came before is read, then recv is 0, every time.
///
/// Mutation: the peer's FIN empties the receive queue.
#[test]
fn wf_3_1_after_a_graceful_close_recv_is_0_again_and_again() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.send(pair.server, 100);
        assert_eq!(pair.close(pair.server), ZERO);
        pair.run_to(ms(500));
        assert_eq!(pair.both(), [CloseWait, FinWait2]);
        for read in [100, 0, 0, 0] {
            assert_eq!(pair.recv(end), Ok(read));
            assert_eq!(pair.last_error(end), 0);
        }
        assert_eq!(pair.both(), [CloseWait, FinWait2]);
        assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), [""; 0]);
    });
}

/// WF-3.7, R53: SO_ERROR after a reset. WINDOWS: 0. DOCUMENTED: the code, once, and only if no call has told of it.
///
/// Mutation: R53's field is passed over.
#[test]
fn wf_3_7_r53_so_error_after_a_reset() {
    every(|profile| {
        assert_eq!(profile.so_error, column(profile, SoError::WhatEnded, SoError::ConnectOnly));
        for told in [false, true] {
            let mut pair = Pair::connected(profile);
            let end = pair.client;
            pair.linger(pair.server, 1, 0);
            assert_eq!(pair.close(pair.server), ZERO);
            pair.run_to(ms(10));
            assert_eq!(pair.both(), [Closed, Closed]);
            if told {
                assert_eq!(pair.recv(end), Err(WsaError::ConnReset));
            }
            let code = column(profile, if told { 0 } else { 10054 }, 0);
            assert_eq!(pair.get(end, consts::SO_ERROR), code);
            assert_eq!(pair.get(end, consts::SO_ERROR), 0);
            assert_eq!(pair.recv(end), Err(WsaError::ConnReset), "SO_ERROR takes nothing away from recv");
            assert_eq!(pair.wire(end), [""; 0]);
        }
    });
}

/// WF-3.12, 3.21: the server shuts down sending and closes. The client's first send is taken, a RST answers it; after
/// that recv and send fail: in WINDOWS with WSAECONNABORTED (R11).
///
/// Mutation: the code is the same whether or not the peer's FIN came before.
#[test]
fn wf_3_12_a_send_to_a_peer_that_is_closed() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        assert_eq!(pair.shutdown(pair.server, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        assert_eq!(pair.close(pair.server), ZERO);
        assert_eq!(pair.both(), [CloseWait, FinWait2]);
        pair.start_here();
        pair.send(end, 5);
        assert_eq!(pair.wire(end), ["0 P. 5"]);
        pair.run_to(ms(10));
        assert_eq!(pair.wire(pair.server), [column(profile, "10 R", "10 R.")], "R7");
        assert_eq!(pair.both(), [CloseWait, Closed]);
        pair.run_to(ms(20));
        assert_eq!(pair.both(), [Closed, Closed]);
        let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
        assert_eq!(pair.recv(end), Err(code));
        assert_eq!(pair.call(end, sending(end, 5)), Err(code));
        assert_eq!(pair.last_error(end), column(profile, 10054, 10053));
        assert_eq!(pair.wire(end), ["0 P. 5"]);
    });
}

/// WF-3.18: the peer's close leaves what came before it to be read, until this end sends: the RST that answers discards
/// it (R8); recv fails with R11's code.
///
/// Mutation: a RST discards nothing.
#[test]
fn wf_3_18_unread_data_is_lost_once_this_end_sends() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.send(pair.server, 100);
        assert_eq!(pair.close(pair.server), ZERO);
        pair.run_to(ms(1000));
        let peeked = pair.call(end, receiving_up_to(end, 200, consts::MSG_PEEK));
        assert_eq!(peeked.map(|value| received(&value)), Ok(100));
        pair.send(end, 5);
        pair.run_to(ms(1020));
        assert_eq!(pair.both(), [Closed, Closed]);
        let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
        assert_eq!(pair.recv(end), Err(code));
        assert_eq!(pair.last_error(end), column(profile, 10054, 10053));
    });
}

/// WF-3.20: the server has data unread, but shuts down sending before it closes. Who reads in time has everything; who
/// reads after the RST has nothing.
///
/// Mutation: SD_SEND with data unread resets.
#[test]
fn wf_3_20_fin_before_rst_lets_the_peer_read() {
    every(|profile| {
        for in_time in [true, false] {
            let mut pair = Pair::connected(profile);
            let end = pair.client;
            pair.send(end, 50);
            pair.run_to(ms(300));
            pair.send(pair.server, 1000);
            assert_eq!(pair.shutdown(pair.server, consts::SD_SEND), ZERO);
            pair.run_to(ms(600));
            assert_eq!(pair.both(), [CloseWait, FinWait2]);
            if in_time {
                assert_eq!(pair.recv(end), Ok(1000));
                assert_eq!(pair.recv(end), Ok(0));
            }
            assert_eq!(pair.close(pair.server), ZERO);
            assert_eq!(pair.wire_with(pair.server, Flags::FIN | Flags::RST), ["300 F.", "600 R."]);
            assert_eq!(pair.both(), [CloseWait, Closed]);
            pair.run_to(ms(610));
            assert_eq!(pair.both(), [Closed, Closed]);
            let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
            assert_eq!(pair.recv(end), Err(code), "R8, R11");
            assert_eq!(pair.wire_with(end, Flags::FIN | Flags::RST), [""; 0]);
        }
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 50);
        pair.run_to(ms(300));
        assert_eq!(pair.close(pair.server), ZERO);
        assert_eq!(
            pair.wire_with(pair.server, Flags::FIN | Flags::RST),
            ["300 R."],
            "R4: without it RST alone"
        );
        assert_eq!(pair.both(), [Established, Closed]);
    });
}
