//! E. The rows in full: l_onoff zero (E1, E2), and shutdown before closesocket (E12).

use crate::pair::{Pair, ZERO, answering, column, every, ms, secs};
use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, TimeWait};
use closewait::winsock::{WsaError, consts};

/// More than any window: most of it is unsent when closesocket is called.
const MUCH: usize = 256 * 1024;

/// Returns at once, in either mode, with data unsent, unacknowledged, undeliverable.
///
/// Mutation: a nonblocking graceful close reports WSAEWOULDBLOCK while data is unacknowledged.
#[test]
fn cs_e1_without_lingering_never_waits_and_never_would_block() {
    every(|profile| {
        for (nonblocking, cut, bytes) in [
            (false, false, MUCH),
            (false, true, MUCH),
            (true, false, MUCH),
            (true, true, MUCH),
            (true, true, 1),
        ] {
            let mut pair = Pair::connected(profile);
            pair.nonblocking(pair.client, nonblocking);
            if cut {
                pair.cut();
            }
            pair.send(pair.client, bytes);
            assert_eq!(pair.close(pair.client), ZERO);
            assert_eq!(pair.last_error(pair.client), 0);
            assert_eq!(pair.both(), [FinWait1, Established]);
            assert_eq!(pair.rows(pair.client)[0].send_queue, bytes, "still to be sent");
        }
    });
}

/// Everything that was queued is sent, then FIN, then TIME_WAIT: in the background.
///
/// Mutation: CLOSE drops text that was not yet sent.
#[test]
fn cs_e2_queued_data_is_sent_and_then_fin() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.server);
        pair.send(pair.client, MUCH);
        assert_eq!(pair.close(pair.client), ZERO);
        pair.rest();
        assert_eq!(pair.read_by(pair.server), (MUCH, Some(Ok(0))));
        assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
        assert_eq!(pair.entered(pair.server), [CloseWait, LastAck, Closed]);

        let sent = pair.packets(pair.client);
        let text: u32 = sent.iter().map(|(_, packet)| packet.segment.text_len()).sum();
        assert_eq!(text as usize, MUCH);
        let fin = sent.iter().position(|(_, packet)| packet.segment.fin()).expect("a FIN");
        assert!(sent[fin + 1..].iter().all(|(_, packet)| packet.segment.is_empty()), "FIN comes last");
        assert_eq!(pair.wire_with(pair.client, Flags::FIN).len(), 1);
        assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0]);
    });
}

/// "If possible": behind a cut link nothing arrives; FIN waits behind the data and never leaves.
///
/// Mutation: giving up on retransmission sends a RST.
#[test]
fn cs_e2_undeliverable_data_is_given_up_in_silence() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.reads(pair.server);
        pair.cut();
        pair.send(pair.client, MUCH);
        assert_eq!(pair.close(pair.client), ZERO);
        pair.rest();
        assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), [""; 0]);
        assert_eq!(pair.entered(pair.client), [FinWait1, Closed]);
        assert_eq!(pair.state(pair.server), Established);
        assert_eq!(pair.read_by(pair.server), (0, None));
    });
}

/// A host that can have one connection has none left while its last one closes in the background, until that is over:
/// WSAENOBUFS. (R76, which would end a TIME_WAIT early, is switched off.)
///
/// Mutation: there is always room.
#[test]
fn cs_e3_a_close_in_the_background_holds_what_it_has() {
    every(|profile| {
        let profile = Profile { max_connections: 1, recycle_time_wait: false, ..profile.clone() };
        let mut pair = Pair::connected(&profile);
        assert_eq!(pair.close(pair.client), ZERO);
        let next = pair.socket(pair.client);
        let connect = pair.connect(next);
        let refused = |pair: &mut Pair, state| {
            assert_eq!(pair.state(pair.client), state);
            assert_eq!(pair.call(next, connect.clone()), Err(WsaError::NoBufs));
            assert_eq!(pair.last_error(next), 10055);
        };
        refused(&mut pair, FinWait1);
        pair.run_to(secs(60));
        refused(&mut pair, FinWait2);
        assert_eq!(pair.close(pair.server), ZERO);
        pair.run_to(secs(61));
        refused(&mut pair, TimeWait);
        pair.run_before(secs(60) + ms(10) + profile.time_wait);
        refused(&mut pair, TimeWait);
        pair.run_to(secs(60) + ms(10) + profile.time_wait);
        assert_eq!(pair.both(), [Closed, Closed]);
        assert_eq!(pair.wire(pair.client), ["0 F.", "60010 ."]);
        pair.connect_waits(next);
        pair.run_to(secs(61) + profile.time_wait);
        assert!(matches!(pair.returned(next), Some((_, ZERO))));
    });
}

/// shutdown(SD_SEND), recv until 0, closesocket: nothing is lost in either direction, nobody resets, whatever the
/// linger option would have done.
///
/// Mutation: SD_SEND shuts receiving down, too.
#[test]
fn cs_e12_shutdown_before_closesocket_loses_nothing() {
    every(|profile| {
        for (l_onoff, l_linger) in [(0, 0), (1, 5), (1, 0)] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, l_onoff, l_linger);
            pair.send(pair.client, 1000);
            assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
            pair.run_to(ms(50));
            assert_eq!(pair.both(), [FinWait2, CloseWait]);
            assert_eq!(pair.recv(pair.server), Ok(1000));
            assert_eq!(pair.recv(pair.server), Ok(0));

            pair.send(pair.server, 2000);
            assert_eq!(pair.close(pair.server), ZERO);
            pair.run_to(ms(100));
            assert_eq!(pair.recv(pair.client), Ok(2000));
            assert_eq!(pair.recv(pair.client), Ok(0));
            assert_eq!(pair.close(pair.client), ZERO);
            pair.rest();
            for end in [pair.client, pair.server] {
                assert_eq!(pair.wire_with(end, Flags::RST), [""; 0]);
                assert_eq!(pair.wire_with(end, Flags::FIN).len(), 1);
            }
            assert_eq!(pair.entered(pair.client), [FinWait1, FinWait2, TimeWait, Closed]);
            assert_eq!(pair.entered(pair.server), [CloseWait, LastAck, Closed]);
        }
    });
}

/// The twin of E12 without the recipe: what the server had sent is lost, and its end is reset (R4).
///
/// Mutation: unread data is not looked at (R4's field is passed over).
#[test]
fn cs_e12_without_shutdown_and_recv_data_is_lost() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 1000);
        pair.send(pair.server, 2000);
        pair.run_to(ms(50));
        assert_eq!(pair.recv(pair.server), Ok(1000));
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), ["50 R."]);
        pair.rest();
        assert_eq!(pair.both(), [Closed, Closed]);
        assert_eq!(pair.recv(pair.server), Err(WsaError::ConnReset));
    });
}

/// R12: TIME_WAIT lasts 2 MSL, to the tick; the length can be set from 0 to 300 s.
///
/// Mutation: TIME_WAIT is a nanosecond shorter.
#[test]
fn r12_time_wait_lasts_two_msl() {
    every(|profile| {
        assert_eq!(profile.time_wait, column(profile, secs(240), secs(120)));
        for length in [profile.time_wait, secs(30), secs(300)] {
            let profile = closewait::profile::Profile { time_wait: length, ..profile.clone() };
            let mut pair = Pair::connected(&profile);
            pair.serves(pair.server);
            assert_eq!(pair.close(pair.client), ZERO);
            pair.run_to(ms(20));
            assert_eq!(pair.both(), [TimeWait, LastAck]);
            pair.run_before(ms(20) + length);
            assert_eq!(pair.both(), [TimeWait, Closed]);
            pair.run_to(ms(20) + length);
            assert_eq!(pair.both(), [Closed, Closed]);
        }
        let profile = closewait::profile::Profile { time_wait: secs(0), ..profile.clone() };
        let mut pair = Pair::connected(&profile);
        pair.serves(pair.server);
        assert_eq!(pair.close(pair.client), ZERO);
        pair.run_to(ms(20));
        assert_eq!(pair.wire(pair.client), ["0 F.", "20 ."]);
        assert_eq!(pair.both(), [Closed, LastAck]);
    });
}

/// R37: Nagle holds a second small segment back; the close lets it go at once, with FIN.
///
/// Mutation: FIN waits until everything before it is acknowledged.
#[test]
fn r37_close_lets_go_what_nagle_holds() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.server);
        pair.send(pair.client, 10);
        pair.send(pair.client, 20);
        assert_eq!(pair.wire(pair.client), ["0 P. 10"], "Nagle");
        assert_eq!(pair.close(pair.client), ZERO);
        let sent = pair.packets(pair.client);
        let [_, rest @ ..] = &sent[..] else { panic!("{sent:?}") };
        assert!(rest.iter().all(|(at, _)| *at == ms(0)));
        assert_eq!(rest.iter().map(|(_, packet)| packet.segment.text_len()).sum::<u32>(), 20);
        assert!(rest.last().is_some_and(|(_, packet)| packet.segment.fin()));
        pair.rest();
        assert_eq!(pair.read_by(pair.server), (30, Some(Ok(0))));
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}

/// R36: an orphan waits 120 s for the peer's FIN, anew from every acceptable segment; later segments meet no
/// connection (R17). In RFC9293 it waits for ever, as does everywhere a socket that is still open.
///
/// Mutation: an acceptable segment does not restart FIN-WAIT-2's timer.
#[test]
fn r36_an_orphan_leaves_fin_wait_2() {
    every(|profile| {
        let mut pair = Pair::connected(&answering(profile));
        assert_eq!(pair.close(pair.client), ZERO);
        pair.run_to(ms(20));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        let fin = pair.packets(pair.client)[0].1.clone();
        let ack = pair.last_packet(pair.server).segment;
        pair.run_to(secs(100));
        pair.answer(pair.client, &fin, ack);
        pair.run_before(secs(220));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        pair.run_to(secs(220));
        if profile.fin_wait_2.is_none() {
            assert_eq!(profile.name, "rfc9293");
            pair.run_to(secs(1_000_000));
            assert_eq!(pair.both(), [FinWait2, CloseWait]);
            return;
        }
        assert_eq!(pair.both(), [Closed, CloseWait]);
        assert_eq!(pair.wire(pair.client), ["0 F."], "it goes in silence");
        pair.start_here();
        pair.send(pair.server, 10);
        pair.run_to(ms(20));
        assert_eq!(pair.wire(pair.client), ["10 R"]);
        let code = column(profile, WsaError::ConnReset, WsaError::ConnAborted);
        assert_eq!(pair.recv(pair.server), Err(code), "R11");
    });
}

/// R36's twin: after shutdown alone the socket is no orphan.
///
/// Mutation: FIN-WAIT-2 is limited for sockets that are still open, too.
#[test]
fn r36_an_open_socket_stays_in_fin_wait_2() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(secs(1_000_000));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        pair.send(pair.server, 10);
        pair.run_to(secs(1_000_001));
        assert_eq!(pair.recv(pair.client), Ok(10));
    });
}
