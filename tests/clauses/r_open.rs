//! Rulings on closing what is not yet, or never will be, a connection: R17, R21, R22, R23 with R29, R24, R38.

use crate::pair::{End, Pair, ZERO, answering, column, every, ms, own_column, secs};
use closewait::packet::{Flags, Segment};
use closewait::profile::{CloseInSynReceived, LingerWake, Profile, RefusedRetries, Unwelcome};
use closewait::seq::Seq;
use closewait::tcp::StateName::{Closed, Established, FinWait1, SynReceived, SynSent};
use closewait::winsock::{Call, WsaError};

/// R21: a listener closes. What waits for accept is reset; what was accepted is not touched.
///
/// Mutation: connections in the accept queue are closed gracefully.
#[test]
fn r21_closing_a_listener_resets_what_was_not_accepted() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let waiting = pair.socket(pair.client);
        pair.connect_waits(waiting);
        pair.run_to(ms(30));
        assert_eq!(pair.rows(pair.server).len(), 2);
        pair.start_here();
        assert_eq!(pair.close(pair.listener), ZERO);

        assert_eq!(pair.wire(pair.server), ["0 R."]);
        assert_eq!(pair.state(pair.server), Established, "the accepted one");
        pair.run_to(ms(10));
        assert_eq!(pair.recv(waiting), Err(WsaError::ConnReset));
        pair.send(pair.client, 10);
        pair.run_to(ms(50));
        assert_eq!(pair.recv(pair.server), Ok(10));
    });
}

/// R21: a handshake under way gets nothing now, and a RST in answer to its next segment; until then a repeated SYN
/// is no such segment.
///
/// Mutation: the handshake of a closed listener completes.
#[test]
fn r21_a_handshake_under_way_is_reset_when_it_completes() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.run_to(ms(15));
        assert_eq!(pair.both(), [SynSent, SynReceived]);
        assert_eq!(pair.close(pair.listener), ZERO);
        assert_eq!(pair.wire(pair.server), ["10 S."]);
        assert_eq!(pair.state(pair.server), SynReceived);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(end), Some((ms(20), ZERO)));
        assert_eq!(pair.both(), [Established, SynReceived]);
        let ack = pair.last_packet(end).segment;
        pair.run_to(ms(30));
        let rst = pair.last_packet(pair.server).segment;
        assert_eq!(pair.wire(pair.server), ["10 S.", own_column(profile, "30 R.", "30 R")]);
        assert_eq!((rst.seq, rst.ack), (ack.ack, ack.seq), "SND.NXT, RCV.NXT");
        assert_eq!(pair.state(pair.server), Closed);
        pair.run_to(ms(40));
        assert_eq!(pair.recv(end), Err(WsaError::ConnReset));
    });
}

/// R22: a SYN that finds the accept queue full is refused by a RST, which the client takes as R23 says. WIN8:
/// silence, which the client takes for loss.
///
/// Mutation: a SYN that finds the queue full is dropped.
#[test]
fn r22_a_full_accept_queue_refuses_by_rst() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 1);
        let [first, second] = [0; 2].map(|_| pair.socket(pair.client));
        pair.connect_waits(first);
        pair.run_to(ms(50));
        assert_eq!(pair.returned(first), Some((ms(20), ZERO)));
        pair.start_here();
        pair.connect_waits(second);
        let syn = pair.last_packet(second).segment;
        pair.run_to(ms(10));
        assert_eq!(pair.state(pair.server), Established, "the first one waits");
        if profile.backlog_full == Unwelcome::Reset {
            assert_eq!(pair.wire(pair.server), ["10 R."]);
            assert_eq!(pair.last_packet(pair.server).segment.ack, syn.seq + 1, "TR-E1");
            pair.rest();
            let refused_at = column(profile, ms(20), ms(1580));
            assert_eq!(pair.returned(second), Some((refused_at, Err(WsaError::ConnRefused))));
        } else {
            pair.rest();
            assert_eq!(pair.wire(pair.server), [""; 0]);
            assert_eq!(pair.returned(second), Some((secs(21), Err(WsaError::TimedOut))));
        }
        assert_eq!(profile.backlog_full, own_column(profile, Unwelcome::Reset, Unwelcome::Silent));

        pair.start_here();
        pair.accept(pair.listener).unwrap();
        pair.connect_waits(second);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(second), Some((ms(20), ZERO)), "room again");
    });
}

/// R17: a closed port answers RST; WIN8, behind its firewall, nothing: connect times out.
///
/// Mutation: a closed port answers whatever the profile says.
#[test]
fn r17_a_closed_port_is_silent_in_windows_8() {
    every(|profile| {
        assert_eq!(profile.no_connection, own_column(profile, Unwelcome::Reset, Unwelcome::Silent));
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.rest();
        if profile.no_connection == Unwelcome::Reset {
            assert_eq!(pair.wire(pair.server)[0], "10 R.");
            assert_eq!(pair.returned(end).unwrap().1, Err(WsaError::ConnRefused));
        } else {
            assert_eq!(pair.wire(pair.server), [""; 0]);
            assert_eq!(pair.returned(end), Some((secs(21), Err(WsaError::TimedOut))));
        }
    });
}

/// R23, R29: a closed port. DOCUMENTED: the first RST decides. WINDOWS: three more SYNs, each 500 ms after the RST
/// before it.
///
/// Mutation: a refused SYN is retried once less.
#[test]
fn r23_r29_a_refused_connect_is_retried_in_windows() {
    every(|profile| {
        let profile = &answering(profile);
        let none = RefusedRetries { count: 0, after: ms(0) };
        assert_eq!(
            profile.refused_retries,
            column(profile, none, RefusedRetries { count: 3, after: ms(500) })
        );
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        let at = column(profile, ms(20), ms(1580));
        pair.run_before(at);
        assert_eq!(pair.returned(end), None);
        assert_eq!(pair.state(end), SynSent);
        pair.run_to(at);
        assert_eq!(pair.returned(end), Some((at, Err(WsaError::ConnRefused))));
        assert_eq!(pair.both(), [Closed, Closed]);
        pair.rest();
        let syns: &[&str] = column(profile, &["0 S"], &["0 S", "520 S", "1040 S", "1560 S"]);
        assert_eq!(pair.wire(end), syns);
        assert_eq!(pair.wire(pair.server).len(), syns.len());
        assert_eq!(pair.wire_with(pair.server, Flags::RST).len(), syns.len());
        assert_eq!(pair.close(end), ZERO, "WF-2.19");
    });
}

/// R23: between the tries SYN_SENT goes on: a listener that comes in time is reached, and a SYN is answered. After
/// a refusal the socket may connect again (WF-10.5).
///
/// Mutation: a refused connection does not answer until its next try.
#[test]
fn r23_syn_sent_goes_on_between_the_tries() {
    every(|profile| {
        let profile = &answering(profile);
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.run_to(ms(600));
        let listener = pair.socket(pair.server);
        pair.bind(listener, crate::pair::PORT).unwrap();
        pair.listen(listener, 5).unwrap();
        if pair.returned(end).is_some() {
            assert_eq!(profile.refused_retries.count, 0);
            pair.start_here();
            pair.connect_waits(end);
            pair.run_to(ms(20));
            assert_eq!(pair.returned(end), Some((ms(20), ZERO)));
            return;
        }
        pair.run_to(ms(1060));
        assert_eq!(pair.returned(end), Some((ms(1060), ZERO)));

        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        let syn = pair.last_packet(end);
        pair.run_to(ms(100));
        assert_eq!(pair.state(end), SynSent);
        pair.answer(end, &syn, Segment { wnd: 8192, ..Segment::control(Flags::SYN, Seq(1000), Seq(0)) });
        assert_eq!(pair.state(end), SynReceived);
        assert_eq!(pair.wire(end), ["0 S", "100 S."]);
    });
}

/// R23: in active SYN_RCVD a RST fails the connect at once, and the socket may connect again.
///
/// Mutation: a RST in active SYN-RECEIVED is dropped.
#[test]
fn r23_a_rst_in_active_syn_rcvd_fails_the_connect_at_once() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        pair.cut();
        pair.connect_waits(end);
        let syn = pair.last_packet(end);
        pair.answer(end, &syn, Segment { wnd: 8192, ..Segment::control(Flags::SYN, Seq(1000), Seq(0)) });
        assert_eq!(pair.state(end), SynReceived);
        assert_eq!(pair.returned(end), None);
        let rst = Segment::control(Flags::RST | Flags::ACK, Seq(1001), syn.segment.seq + 1);
        pair.answer(end, &syn, rst);
        assert_eq!(pair.returned(end), Some((ms(0), Err(WsaError::ConnRefused))));
        assert_eq!(pair.state(end), Closed);
        pair.run_to(secs(10));
        assert_eq!(pair.wire(end), ["0 S", "0 S."], "no retry");

        pair.heal();
        pair.start_here();
        pair.connect_waits(end);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(end), Some((ms(20), ZERO)));
    });
}

/// R24: closesocket in active SYN_RCVD. DOCUMENTED: FIN. WINDOWS: RST without ACK flag, ack field 0; WIN8: filled (R25).
///
/// Mutation: CLOSE in SYN-RECEIVED passes over the profile's field.
#[test]
fn r24_closing_in_active_syn_rcvd() {
    every(|profile| {
        let ruled = column(profile, CloseInSynReceived::Fin, CloseInSynReceived::BareReset);
        assert_eq!(profile.close_in_syn_received, ruled);
        let mut pair = Pair::crossing(profile);
        pair.run_to(ms(15));
        assert_eq!(pair.both(), [SynReceived, SynReceived]);
        let syn = pair.packets(pair.client)[0].1.segment.clone();
        assert_eq!(pair.close(pair.client), ZERO);
        let last = pair.last_packet(pair.client).segment;
        assert_eq!(pair.wire(pair.client), ["0 S", "10 S.", column(profile, "15 F.", "15 R")]);
        assert_eq!(last.seq, syn.seq + 1);
        assert_eq!(pair.state(pair.client), column(profile, FinWait1, Closed));
        if ruled == CloseInSynReceived::BareReset {
            let rcv_nxt = pair.packets(pair.server)[0].1.segment.seq + 1;
            assert_eq!(last.ack, own_column(profile, Seq(0), rcv_nxt), "R25");
        }
    });
}

/// How a socket is brought into a state in which no lingering is waited for.
fn closes_at_once(
    profile: &Profile,
    l_linger: u16,
    nonblocking: bool,
    make: fn(&Profile) -> (Pair, End),
) -> Pair {
    let (mut pair, end) = make(profile);
    pair.linger(end, 1, l_linger);
    pair.nonblocking(end, nonblocking);
    assert_eq!(pair.close(end), ZERO);
    pair
}

/// R38: a listener, and a connection that is still opening, close at once, whatever the linger option and the mode;
/// even if a lingering close waits for the most (R2).
///
/// Mutation: a lingering close in SYN-RECEIVED goes through the linger table.
#[test]
fn r38_nothing_is_waited_for_before_there_is_a_connection() {
    every(|profile| {
        let profile = &Profile { linger_wake: LingerWake::PeerFin, ..profile.clone() };
        for (l_linger, nonblocking) in [(5, false), (5, true), (0, false)] {
            let pair = closes_at_once(profile, l_linger, nonblocking, |profile| {
                let pair = Pair::listening(profile, 5);
                let end = pair.listener;
                (pair, end)
            });
            assert_eq!(pair.wire(pair.server), [""; 0]);
            assert_eq!(pair.world.netstat(pair.server.thread.host).listeners, []);

            let pair = closes_at_once(profile, l_linger, nonblocking, |profile| {
                let mut pair = Pair::crossing(profile);
                pair.cut();
                let end = pair.client;
                (pair, end)
            });
            assert_eq!(pair.wire(pair.client), ["0 S"]);
            assert_eq!(pair.state(pair.client), Closed);

            let mut pair = closes_at_once(profile, l_linger, nonblocking, |profile| {
                let mut pair = Pair::crossing(profile);
                pair.run_to(ms(15));
                let end = pair.client;
                (pair, end)
            });
            if l_linger == 5 {
                assert_eq!(pair.wire(pair.client)[2], column(profile, "15 F.", "15 R"), "R24");
                pair.run_to(secs(4));
                assert_eq!(!pair.wire_with(pair.client, Flags::RST).is_empty(), column(profile, false, true));
            } else {
                assert_eq!(pair.state(pair.client), Closed, "hard");
                assert!(pair.last_packet(pair.client).segment.rst());
            }
        }
    });
}

/// R38: a colleague closes the socket of a blocking connect, with a timeout: at once.
///
/// Mutation: CLOSE in SYN-SENT leaves the connection behind.
#[test]
fn r38_closing_a_blocking_connect_does_not_wait() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        pair.cut();
        let end = pair.socket(pair.client);
        pair.linger(end, 1, 5);
        pair.connect_waits(end);
        let closer = pair.colleague(end);
        assert_eq!(pair.call(closer, Call::Closesocket { s: end.socket }), ZERO);
        assert_eq!(pair.returned(end), Some((ms(0), Err(WsaError::Intr))));
        assert_eq!(pair.wire(end), ["0 S"]);
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}
