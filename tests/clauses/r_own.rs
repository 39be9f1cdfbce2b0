//! Rulings of this project: R42 to R47, R60 to R62, R65 to R70, R76.

use crate::pair::{End, PORT, Pair, ZERO, ack_wait, column, every, ms, receiving_up_to, secs};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::profile::{Backlog, Profile, TextOnSyn, Unwelcome};
use closewait::seq::Seq;
use closewait::tcp::Notice;
use closewait::tcp::StateName::{Closed, Established, SynReceived, SynSent, TimeWait};
use closewait::time::Duration;
use closewait::winsock::{WsaError, consts};
use closewait_sim::trace::What;

/// A segment reaches the server's port from one of the client's that no socket of it has; the link is cut meanwhile.
fn forge(pair: &mut Pair, segment: Segment) {
    let packet = Packet { src: pair.name(pair.client, 9), dst: pair.name(pair.server, PORT), segment };
    pair.world.inject(pair.server.thread.host, packet, &mut pair.log);
}

/// The peer's SYN.
fn syn() -> Segment {
    Segment { wnd: 8192, ..Segment::control(Flags::SYN, Seq(1000), Seq(0)) }
}

/// R42: text on the SYN of a new connection. DOCUMENTED: there to be read once the handshake is complete. WINDOWS: the
/// peer sends it again. The SYN+ACK acknowledges the SYN alone.
///
/// Mutation: R42's field is passed over.
#[test]
fn r42_text_on_a_syn() {
    every(|profile| {
        assert_eq!(profile.text_on_syn, column(profile, TextOnSyn::Queued, TextOnSyn::Dropped));
        let mut pair = Pair::listening(profile, 5);
        pair.cut();
        forge(&mut pair, Segment { payload: "hello"[..].into(), ..syn() });
        let answer = pair.last_packet(pair.server).segment;
        assert_eq!((answer.flags, answer.ack), (Flags::SYN | Flags::ACK, Seq(1001)));
        assert_eq!(pair.state(pair.server), SynReceived);
        let ack = Segment { wnd: 8192, ..Segment::control(Flags::ACK, Seq(1001), answer.seq + 1) };
        forge(&mut pair, ack.clone());
        assert_eq!(pair.state(pair.server), Established);
        let accepted = pair.accept(pair.listener).unwrap();
        pair.nonblocking(accepted, true);
        if profile.text_on_syn == TextOnSyn::Dropped {
            assert_eq!(pair.recv(accepted), Err(WsaError::WouldBlock));
            forge(&mut pair, Segment { payload: "hello"[..].into(), ..ack });
        }
        assert_eq!(pair.recv(accepted), Ok(5));
    });
}

/// R43: a handshake under way takes the only place; or, by the profile's field, it does not.
///
/// Mutation: a handshake takes no place.
#[test]
fn r43_a_handshake_takes_a_place() {
    every(|profile| {
        assert_eq!(profile.backlog, Backlog::CountsHalfOpen);
        for (backlog, answer) in [(Backlog::CountsHalfOpen, "10 R."), (Backlog::CountsCompleted, "10 S.")] {
            let profile = Profile { backlog, backlog_full: Unwelcome::Reset, ..profile.clone() };
            let mut pair = Pair::listening(&profile, 1);
            pair.cut();
            forge(&mut pair, syn());
            assert_eq!(pair.state(pair.server), SynReceived);
            pair.heal();
            let end = pair.socket(pair.client);
            pair.connect_waits(end);
            pair.run_to(ms(10));
            assert_eq!(pair.wire(pair.server), ["0 S.", answer]);
        }
    });
}

/// R44: nobody answers. DOCUMENTED: 180 s from the first SYN. WINDOWS: 21 s. WSAETIMEDOUT, to the tick, and no RST.
///
/// Mutation: connect gives up a nanosecond later.
#[test]
fn r44_connect_gives_up() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        pair.cut();
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        let at = column(profile, secs(180), secs(21));
        pair.run_before(at);
        assert_eq!(pair.returned(end), None);
        pair.run_to(at);
        assert_eq!(pair.returned(end), Some((at, Err(WsaError::TimedOut))));
        pair.rest();
        let syns: &[u32] = column(profile, &[0, 1, 3, 7, 15, 31, 63, 123], &[0, 1, 3, 7, 15]);
        let syns: Vec<_> = syns.iter().map(|second| format!("{} S", second * 1000)).collect();
        assert_eq!(pair.wire(end), syns);
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}

/// R45: what leaves before any acknowledgment: 3 or 10 segments of 1,460 bytes.
///
/// Mutation: RFC 6928's window is RFC 5681's.
#[test]
fn r45_the_first_flight() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 60_000);
        let flight: Vec<_> = pair.packets(pair.client).iter().map(|(_, p)| p.segment.text_len()).collect();
        assert_eq!(flight, vec![1460; column(profile, 3, 10)]);
    });
}

/// How many of so many connections a listener with that backlog takes.
fn places(profile: &Profile, backlog: i32, tries: usize) -> usize {
    let profile = Profile { backlog_full: Unwelcome::Reset, ..profile.clone() };
    let mut pair = Pair::listening(&profile, backlog);
    for _ in 0..tries {
        let end = pair.socket(pair.client);
        pair.nonblocking(end, true);
        let connect = pair.connect(end);
        assert_eq!(pair.call(end, connect), Err(WsaError::WouldBlock));
    }
    pair.run_to(ms(30));
    assert_eq!(pair.wire_with(pair.server, Flags::RST).len(), tries - pair.rows(pair.server).len());
    pair.rows(pair.server).len()
}

/// R46: 0 is 1; a negative number is SOMAXCONN_HINT's, 200 at least and 65,535 at most; SOMAXCONN is the profile's most.
///
/// Mutation: SOMAXCONN_HINT has no least.
#[test]
fn r46_listens_backlog() {
    every(|profile| {
        for (backlog, tries, taken) in [(0, 3, 1), (1, 3, 1), (2, 3, 2), (-5, 203, 200), (-201, 203, 201)] {
            assert_eq!(places(profile, backlog, tries), taken, "{backlog}");
        }
        assert_eq!(places(profile, consts::SOMAXCONN, 300), 300);
        let few = Profile { max_backlog: 2, ..profile.clone() };
        assert_eq!(places(&few, consts::SOMAXCONN, 3), 2);
    });
}

/// R47: reads that open the window by less than two segments, 2,920 bytes, say nothing; the one that makes it more does.
/// (2,000 and 3,500: a window is announced in steps of up to 256 bytes, R60.)
///
/// Mutation: every read says so.
#[test]
fn r47_a_read_announces_what_it_opened() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 10_000);
        pair.run_to(secs(1));
        let announced = pair.packets(pair.server).len();
        let end = pair.server;
        pair.call(end, receiving_up_to(end, 2_000, 0)).unwrap();
        assert_eq!(pair.packets(end).len(), announced);
        pair.call(end, receiving_up_to(end, 1_500, 0)).unwrap();
        assert_eq!(pair.wire(end)[announced..], ["1000 ."]);
        assert_eq!(pair.both(), [Established, Established]);
    });
}

/// R60, R61, R62: what SYN and SYN+ACK offer. A shift of 1 is the least for 65,536 bytes. Timestamps are offered by
/// neither, and answered in DOCUMENTED.
///
/// Mutation: WINDOWS's shift is the least, too.
#[test]
fn r60_r61_r62_what_syns_offer() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.run_to(ms(10));
        for end in [end, pair.server] {
            let Options { mss, window_scale, sack_permitted, timestamps, .. } =
                pair.last_packet(end).segment.options;
            assert_eq!((mss, window_scale), (Some(1460), Some(column(profile, 1, 8))));
            assert!(sack_permitted);
            assert_eq!(timestamps, None);
        }
        let mut pair = Pair::listening(profile, 5);
        pair.cut();
        let options = Options { timestamps: Some(Timestamps { val: 7, ecr: 0 }), ..Options::NONE };
        forge(&mut pair, Segment { options, ..syn() });
        let Options { window_scale, sack_permitted, timestamps, .. } =
            pair.last_packet(pair.server).segment.options;
        assert_eq!((window_scale, sack_permitted), (None, false), "only what was offered");
        assert_eq!(timestamps.map(|echo| echo.ecr), column(profile, Some(7), None));
    });
}

/// R65: the ACK of one segment waits 200 ms, where it waits; that of the second does not.
///
/// Mutation: the ACK of the second segment waits, too.
#[test]
fn r65_an_ack_waits() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 100);
        pair.run_to(ms(500));
        let at = (ms(10) + ack_wait(profile)).as_millis();
        assert_eq!(pair.wire(pair.server), [format!("{at} .")]);

        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 2_920);
        pair.run_to(ms(500));
        let acks = if ack_wait(profile) == Duration::ZERO { vec!["10 ."; 2] } else { vec!["10 ."] };
        assert_eq!(pair.wire(pair.server), acks);
    });
}

/// R67, R68: keep-alive turned on, and the peer is gone: after two hours ten probes, one a second, then RST. The recv
/// that waits fails with WSAENETRESET, the next with WSAENOTCONN.
///
/// Mutation: nine probes.
#[test]
fn r67_r68_keep_alive() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.set(end, consts::SO_KEEPALIVE, &1_i32.to_le_bytes()).unwrap();
        pair.cut();
        pair.recv_waits(end);
        pair.run_before(secs(7210));
        assert_eq!(pair.returned(end), None);
        let probes: Vec<_> = (0..10).map(|n| format!("{} .", (7200 + n) * 1000)).collect();
        assert_eq!(pair.wire(end), probes);
        pair.run_to(secs(7210));
        assert_eq!(pair.returned(end), Some((secs(7210), Err(WsaError::NetReset))));
        assert_eq!(pair.wire_with(end, Flags::RST), ["7210000 R."]);
        assert_eq!(pair.both(), [Closed, Established]);
        assert_eq!(pair.recv(end), Err(WsaError::NotConn));
    });
}

/// R69: TCP_MAXRT of 5: 5 s after the first sending it is over, with R14's code; without it (0) later.
///
/// Mutation: TCP_MAXRT is read and not obeyed.
#[test]
fn r69_the_user_timeout() {
    every(|profile| {
        let over = |seconds: i32| -> (Duration, Pair, End) {
            let mut pair = Pair::connected(profile);
            let end = pair.client;
            pair.set_at(end, consts::IPPROTO_TCP, consts::TCP_MAXRT, &seconds.to_le_bytes()).unwrap();
            pair.cut();
            pair.send(end, 100);
            pair.recv_waits(end);
            pair.run_to(secs(1000));
            let (at, result) = pair.returned(end).expect("it gives up");
            assert_eq!(result, Err(column(profile, WsaError::TimedOut, WsaError::ConnAborted)), "R14");
            (at, pair, end)
        };
        let (at, pair, end) = over(5);
        assert_eq!(at, secs(5));
        assert_eq!(pair.both(), [Closed, Established]);
        assert_eq!(pair.wire_with(end, Flags::RST), [""; 0]);
        assert_eq!(over(0).0, column(profile, secs(100), ms(18_900)));
    });
}

/// R66: each ACK of two segments lets the window grow by one, or by two: so many more segments leave than were
/// acknowledged. (Where no ACK waits, R65, it is made to.)
///
/// Mutation: an ACK counts once, whatever it acknowledges.
#[test]
fn r66_an_ack_of_two_segments() {
    every(|profile| {
        assert_eq!(profile.slow_start_segments, column(profile, 1, 2));
        let profile = Profile { delayed_ack: Profile::WINDOWS.delayed_ack, ..profile.clone() };
        let mut pair = Pair::connected(&profile);
        pair.send(pair.client, 100_000);
        pair.run_before(ms(20));
        let first = pair.packets(pair.client).len();
        assert_eq!(first, column(&profile, 3, 10));
        let acks = pair.packets(pair.server).len();
        assert_eq!(acks, column(&profile, 1, 5), "one for every second segment");
        pair.run_before(ms(30));
        let second = pair.packets(pair.client).len() - first;
        assert_eq!(second, column(&profile, 2 + 1, 10 + 2 * 5));
    });
}

/// R70: the third retransmission is told, in the log, and no call notices.
///
/// Mutation: the fourth retransmission is told.
#[test]
fn r70_the_third_retransmission_is_told() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.cut();
        pair.send(pair.client, 100);
        pair.recv_waits(pair.client);
        pair.run_to(secs(15));
        let told = pair
            .log
            .entries()
            .iter()
            .filter(|entry| matches!(&entry.what, What::Notified { notice: Notice::Unresponsive, .. }));
        let told: Vec<_> = told.map(|entry| pair.since(entry)).collect();
        // 1, 2 and 4 s after one another, or 300, 600 and 1,200 ms.
        assert_eq!(told, [column(profile, secs(7), ms(2_100))]);
        assert_eq!(pair.returned(pair.client), None);
        assert_eq!(pair.both(), [Established, Established]);
    });
}

/// R76: a host that has its most connections, its only one in TIME_WAIT. DOCUMENTED: WSAENOBUFS. WINDOWS: TIME_WAIT ends,
/// and connect goes on.
///
/// Mutation: a full host never ends a TIME_WAIT.
#[test]
fn r76_a_full_host_ends_a_time_wait() {
    every(|profile| {
        assert_eq!(profile.recycle_time_wait, column(profile, false, true));
        let mut pair = Pair::connected(&Profile { max_connections: 1, ..profile.clone() });
        pair.serves(pair.server);
        assert_eq!(pair.close(pair.client), ZERO);
        pair.run_to(secs(1));
        assert_eq!(pair.both(), [TimeWait, Closed]);
        let next = pair.socket(pair.client);
        if profile.recycle_time_wait {
            pair.connect_waits(next);
            assert_eq!(pair.state(next), SynSent);
            pair.run_to(secs(2));
            assert_eq!(pair.returned(next), Some((secs(1) + ms(20), ZERO)));
        } else {
            let connect = pair.connect(next);
            assert_eq!(pair.call(next, connect), Err(WsaError::NoBufs));
            assert_eq!(pair.last_error(next), 10055);
            assert_eq!(pair.state(next), TimeWait);
        }
    });
}
