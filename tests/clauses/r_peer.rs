//! Rulings on what the peer, or its silence, does: R7, R14, R15.

use crate::pair::{Pair, ZERO, column, every, ms, own_column, secs, sending};
use closewait::packet::Flags;
use closewait::profile::{DataAfterClose, GiveUpCode, ResetInAcceptQueue};
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2};
use closewait::winsock::{Call, WsaError, consts};

/// R7: new data for a socket that was closed, in FIN_WAIT_1 and FIN_WAIT_2. DOCUMENTED: the RST of a missing
/// connection. WINDOWS: RST+ACK from SND.NXT, acknowledging the data. The connection is gone, without TIME_WAIT.
///
/// Mutation: the RST of R7 acknowledges only what came before the data.
#[test]
fn r7_data_after_the_close_is_answered_by_a_rst() {
    every(|profile| {
        let ruled = column(profile, DataAfterClose::ResetAsIfAbsent, DataAfterClose::ResetAcknowledging);
        assert_eq!(profile.data_after_close, ruled);
        for state in [FinWait1, FinWait2] {
            let mut pair = Pair::connected(profile);
            if state == FinWait1 {
                pair.send(pair.server, 100);
                assert_eq!(pair.close(pair.client), ZERO);
            } else {
                assert_eq!(pair.close(pair.client), ZERO);
                pair.run_to(ms(50));
                pair.send(pair.server, 100);
            }
            let fin = pair.last_packet(pair.client).segment;
            let data = pair.last_packet(pair.server).segment;
            let arrives = ms(if state == FinWait1 { 10 } else { 60 });
            pair.run_before(arrives);
            assert_eq!(pair.state(pair.client), state);
            pair.run_to(arrives);
            assert_eq!(pair.state(pair.client), Closed);
            let rst = pair.last_packet(pair.client).segment;
            if ruled == DataAfterClose::ResetAsIfAbsent {
                assert_eq!(rst.flags, Flags::RST);
                assert_eq!(rst.seq, data.ack);
            } else {
                assert_eq!(rst.flags, Flags::RST | Flags::ACK);
                assert_eq!((rst.seq, rst.ack), (fin.seq + 1, data.seq + 100));
            }
            pair.rest();
            assert_eq!(pair.both(), [Closed, Closed]);
            let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
            assert_eq!(pair.recv(pair.server), Err(code), "R11, WF-3.12");
        }
    });
}

/// R7's twin: after shutdown alone the socket reads on.
///
/// Mutation: SD_SEND shuts receiving down, too.
#[test]
fn r7_data_after_shutdown_is_read() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        pair.send(pair.server, 100);
        pair.run_to(ms(100));
        assert_eq!(pair.recv(pair.client), Ok(100));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
    });
}

/// R14: retransmission gives up. DOCUMENTED: WSAETIMEDOUT, after 100 s (TR-81). WINDOWS: WSAECONNABORTED, after
/// five retransmissions, each after twice the time of the one before (WF-10.8). No RST.
///
/// Mutation: R14's field is passed over.
#[test]
fn r14_giving_up_has_its_own_code() {
    every(|profile| {
        let ruled = column(profile, GiveUpCode::TimedOut, GiveUpCode::ConnAborted);
        assert_eq!(profile.give_up, ruled);
        let mut pair = Pair::connected(profile);
        pair.cut();
        pair.send(pair.client, 100);
        pair.recv_waits(pair.client);
        let at = column(profile, secs(100), ms(18_900));
        pair.run_before(at);
        assert_eq!(pair.returned(pair.client), None);
        pair.run_to(at);
        let code = column(profile, WsaError::TimedOut, WsaError::ConnAborted);
        assert_eq!(pair.returned(pair.client), Some((at, Err(code))));
        assert_eq!(pair.both(), [Closed, Established]);
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
        assert_eq!(pair.recv(pair.client), Err(code));
        assert_eq!(pair.call(pair.client, sending(pair.client, 1)), Err(code));
        if profile.name == "windows" {
            let times = ["0", "300", "900", "2100", "4500", "9300"].map(|at| format!("{at} P. 100"));
            assert_eq!(pair.wire(pair.client), times);
        }
    });
}

/// R15: the peer resets while its connection waits for accept. DOCUMENTED: accept fails. WINDOWS: accept succeeds,
/// the first recv fails, and until then the dead entry keeps its place in the backlog.
///
/// Mutation: R15's field is passed over: accept always succeeds.
#[test]
fn r15_a_reset_in_the_accept_queue() {
    every(|profile| {
        let ruled = column(profile, ResetInAcceptQueue::AcceptFails, ResetInAcceptQueue::FirstRecvFails);
        assert_eq!(profile.reset_in_accept_queue, ruled);
        let mut pair = Pair::listening(profile, 1);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.run_to(ms(50));
        pair.linger(end, 1, 0);
        assert_eq!(pair.close(end), ZERO);
        pair.run_to(ms(100));
        assert_eq!(pair.both(), [Closed, Closed]);

        if ruled == ResetInAcceptQueue::AcceptFails {
            assert_eq!(pair.accept(pair.listener), Err(WsaError::ConnReset));
        } else {
            let refused = pair.socket(pair.client);
            pair.connect_waits(refused);
            pair.run_to(ms(110));
            let answer = own_column(profile, &["110 R."][..], &[]);
            assert_eq!(pair.wire_with(pair.server, Flags::RST), answer, "the backlog is full (R22)");
            let closer = pair.colleague(refused);
            assert_eq!(pair.close(closer), ZERO);
            let accepted = pair.accept(pair.listener).unwrap();
            assert_eq!(pair.recv(accepted), Err(WsaError::ConnReset));
            assert_eq!(pair.close(accepted), ZERO);
        }
        // The listener works on.
        pair.start_here();
        let next = pair.colleague(pair.client);
        let next = pair.socket(next);
        pair.connect_waits(next);
        pair.waits(pair.listener, Call::accept(pair.listener.socket));
        pair.run_to(ms(30));
        assert_eq!(pair.returned(next), Some((ms(20), ZERO)));
        assert!(matches!(pair.returned(pair.listener), Some((at, Ok(_))) if at == ms(30)));
    });
}
