//! What options do to a connection, a listener or datagrams: on the wire where it shows there.

use crate::pair::{End, PORT, Pair, TICK, ZERO, column, every, ms, secs};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr};
use closewait::packet::Flags;
use closewait::tcp::StateName::{Closed, Established, TimeWait};
use closewait::winsock::{Call, Value, WsaError, consts};
use closewait_sim::LinkConfig;
use closewait_sim::trace::What;

/// SO_ACCEPTCONN: from listen on. SO_TYPE. SO_MAX_MSG_SIZE: that many bytes are one datagram, one more is none.
///
/// Mutation: a bound socket listens.
#[test]
fn what_a_socket_is() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let (stream, datagrams) = (pair.socket(pair.client), pair.datagrams(pair.client));
        assert_eq!(pair.ask(stream, "SO_TYPE"), 1);
        assert_eq!(pair.ask(datagrams, "SO_TYPE"), 2);
        pair.bind(stream, PORT).unwrap();
        assert_eq!(pair.ask(stream, "SO_ACCEPTCONN"), 0);
        pair.listen(stream, 5).unwrap();
        assert_eq!(pair.ask(stream, "SO_ACCEPTCONN"), 1);

        assert_eq!(pair.ask(datagrams, "SO_MAX_MSG_SIZE"), 65_507);
        let to = pair.name(pair.server, 53);
        for (len, result) in [(65_507, Ok(Value::Sent(65_507))), (65_508, Err(WsaError::MsgSize))] {
            let data = Bytes::from(vec![7; len]);
            assert_eq!(sendto(&mut pair, datagrams, to, data), result);
        }
    });
}

fn sendto(pair: &mut Pair, end: End, to: Endpoint, data: Bytes) -> closewait::winsock::CallResult {
    pair.call(end, Call::Sendto { s: end.socket, data: Some(data), flags: 0, to: Some(to.into()) })
}

/// WF-10.19: 0xFFFFFFFF without a connection, 0 right after, then whole seconds from ESTABLISHED on, at each end its
/// own, also where accept came late; after the end of the connection there is none again.
///
/// Mutation: the time counts from socket, or from accept.
#[test]
fn wf_10_19_so_connect_time() {
    const NONE: u32 = u32::MAX;
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        pair.run_to(secs(3));
        pair.client = pair.socket(pair.client);
        pair.run_to(secs(5));
        pair.start_here();
        let (client, listener) = (pair.client, pair.listener);
        assert_eq!([client, listener].map(|end| pair.ask(end, "SO_CONNECT_TIME")), [NONE, NONE]);
        pair.connect_waits(client);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(client), Some((ms(20), ZERO)));
        assert_eq!(pair.ask(client, "SO_CONNECT_TIME"), 0);
        pair.run_to(ms(1020) - TICK);
        assert_eq!(pair.ask(client, "SO_CONNECT_TIME"), 0);
        pair.run_to(ms(1020));
        assert_eq!(pair.ask(client, "SO_CONNECT_TIME"), 1);

        pair.run_to(ms(2030) - TICK);
        let server = pair.accept(listener).unwrap();
        assert_eq!(pair.ask(server, "SO_CONNECT_TIME"), 1, "since the ACK came, at 30 ms");
        pair.run_to(ms(2030));
        assert_eq!(pair.ask(server, "SO_CONNECT_TIME"), 2);
        assert_eq!(pair.ask(listener, "SO_CONNECT_TIME"), NONE);
        pair.run_to(secs(5000));
        assert_eq!([client, server].map(|end| pair.ask(end, "SO_CONNECT_TIME")), [4999, 4999]);

        pair.linger(server, 1, 0);
        assert_eq!(pair.close(server), ZERO);
        pair.run_to(ms(5_000_010));
        assert_eq!(pair.ask(client, "SO_CONNECT_TIME"), NONE, "reset");
    });
}

/// WF-10.15: while SO_PAUSE_ACCEPT is set, a SYN is answered by RST, under every profile, though there is room; what was
/// taken before goes on. Afterwards SYNs are taken again.
///
/// Mutation: the pause is not told to the listener.
#[test]
fn wf_10_15_a_pause_refuses_every_connection() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let [first, second] = [0; 2].map(|_| pair.socket(pair.client));
        pair.connect_waits(first);
        pair.run_to(ms(15));
        assert_eq!(pair.put(pair.listener, "SO_PAUSE_ACCEPT", 1), ZERO);
        pair.run_to(ms(30));
        assert_eq!(pair.returned(first), Some((ms(20), ZERO)), "its SYN came before");
        let accepted = pair.accept(pair.listener).unwrap();
        assert_eq!(pair.ask(accepted, "SO_PAUSE_ACCEPT"), 0);

        pair.start_here();
        pair.connect_waits(second);
        let syn = pair.last_packet(second).segment;
        pair.run_to(ms(10));
        let rst = pair.last_packet(pair.server).segment;
        assert_eq!((pair.wire(pair.server), rst.ack), (vec!["10 R.".to_owned()], syn.seq + 1));
        pair.rest();
        let refused_at = column(profile, ms(20), ms(1580));
        assert_eq!(pair.returned(second), Some((refused_at, Err(WsaError::ConnRefused))));
        assert_eq!(pair.wire(pair.server).len(), column(profile, 1, 4));

        assert_eq!(pair.put(pair.listener, "SO_PAUSE_ACCEPT", 0), ZERO);
        pair.start_here();
        pair.connect_waits(second);
        pair.run_to(ms(20));
        assert_eq!(pair.returned(second), Some((ms(20), ZERO)));
    });
}

/// A pause that was set before listen counts.
///
/// Mutation: listen forgets the pause.
#[test]
fn wf_10_15_a_pause_before_listen() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let (listener, end) = (pair.socket(pair.server), pair.socket(pair.client));
        pair.bind(listener, PORT).unwrap();
        pair.put(listener, "SO_PAUSE_ACCEPT", 1).unwrap();
        pair.listen(listener, 5).unwrap();
        pair.connect_waits(end);
        pair.run_to(ms(10));
        assert_eq!(pair.wire(pair.server), ["10 R."]);
    });
}

/// A SYN that would begin a new connection in TIME_WAIT (R16c) does not end it for a listener that pauses.
///
/// Mutation: only a full backlog leaves TIME_WAIT alone.
#[test]
fn wf_10_15_a_pause_leaves_time_wait_alone() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let first = pair.socket(pair.client);
        pair.bind(first, 5000).unwrap();
        pair.connect_waits(first);
        pair.run_to(ms(30));
        let server = pair.accept(pair.listener).unwrap();
        pair.serves(first);
        assert_eq!(pair.close(server), ZERO);
        pair.run_to(secs(1));
        assert_eq!(pair.both(), [Closed, TimeWait]);
        pair.put(pair.listener, "SO_PAUSE_ACCEPT", 1).unwrap();
        let again = pair.socket(pair.client);
        pair.bind(again, 5000).unwrap();
        pair.connect_waits(again);
        pair.run_to(ms(1010));
        assert_eq!(pair.state(pair.server), TimeWait);
    });
}

/// SO_BROADCAST: without it sendto, connect and send to everybody are WSAEACCES, and nothing leaves. With it one
/// datagram goes to every host on a link of the sender's, and to every socket bound to the port there, but not to the
/// sender; where nobody is at the port nothing is said. A stream socket connects to nobody.
///
/// Mutation: sendto does not look at SO_BROADCAST.
#[test]
fn so_broadcast_lets_datagrams_go_to_everybody() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let host = pair.world.add_host("third", profile.clone());
        pair.world.add_link(pair.client.thread.host, host, LinkConfig::default());
        let (process, thread) = pair.world.spawn_process(host);
        let third = End { thread, process, socket: closewait::winsock::Handle::INVALID_SOCKET };
        pair.startup(third).unwrap();
        let everybody = Endpoint::new(IpAddr::V4(Ipv4Addr::BROADCAST), 53);
        let wild = Endpoint::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 53);
        let sender = pair.datagrams(pair.client);
        let own = pair.datagrams(pair.client);
        pair.bind(sender, 5000).unwrap();
        let heard: Vec<_> = [pair.server, pair.server, third]
            .into_iter()
            .zip([wild, pair.name(pair.server, 53), wild])
            .collect();
        let hearers: Vec<_> = heard
            .into_iter()
            .map(|(end, name)| {
                let end = pair.datagrams(end);
                pair.call(end, Call::bind(end.socket, name)).unwrap();
                pair.nonblocking(end, true);
                end
            })
            .collect();
        pair.call(own, Call::bind(own.socket, wild)).unwrap();
        pair.nonblocking(own, true);

        let text = Bytes::from_static(b"all");
        let connect = Call::connect(sender.socket, everybody);
        assert_eq!(sendto(&mut pair, sender, everybody, text.clone()), Err(WsaError::Acces));
        assert_eq!(pair.call(sender, connect.clone()), Err(WsaError::Acces));
        assert_eq!(messages(&pair), 0);

        assert_eq!(pair.put(sender, "SO_BROADCAST", 1), ZERO);
        assert_eq!(sendto(&mut pair, sender, everybody, text.clone()), Ok(Value::Sent(3)));
        assert_eq!(messages(&pair), 2, "one on each link");
        pair.rest();
        let from = pair.name(pair.client, 5000);
        for end in hearers {
            let got = pair.call(end, Call::Recvfrom { s: end.socket, len: Some(9), flags: 0 });
            let Ok(Value::ReceivedFrom(data, source)) = got else { panic!("{got:?}") };
            assert_eq!((data.to_bytes(), source), (text.clone(), from));
            assert_eq!(pair.recv(end), Err(WsaError::WouldBlock), "once");
        }
        assert_eq!(pair.recv(own), Err(WsaError::WouldBlock));
        assert_eq!(messages(&pair), 2, "no answer");

        assert_eq!(pair.call(sender, connect), ZERO);
        let elsewhere = Endpoint::new(everybody.ip, 54);
        assert_eq!(sendto(&mut pair, sender, elsewhere, text.clone()), Ok(Value::Sent(3)));
        pair.rest();
        assert_eq!(messages(&pair), 4, "nobody is at port 54, and nobody says so");
        assert_eq!(pair.put(sender, "SO_BROADCAST", 0), ZERO);
        let send = Call::send(sender.socket, text);
        assert_eq!(pair.call(sender, send), Err(WsaError::Acces));
        let stream = pair.socket(pair.client);
        let connect = Call::connect(stream.socket, everybody);
        assert_eq!(pair.call(stream, connect), Err(WsaError::AddrNotAvail));
    });
}

fn messages(pair: &Pair) -> usize {
    pair.log.entries().iter().filter(|entry| matches!(entry.what, What::SentMessage { .. })).count()
}

/// TCP_MAXRTMS: the limit of TCP_MAXRT in milliseconds; each reads what the other set, in its own unit. -1: never.
///
/// Mutation: TCP_MAXRTMS counts seconds.
#[test]
fn tcp_maxrtms_ends_a_connection_in_its_milliseconds() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let client = pair.client;
        for (name, value, in_seconds, in_millis) in [
            ("TCP_MAXRT", 9, 9, 9000),
            ("TCP_MAXRTMS", -1, u32::MAX, u32::MAX),
            ("TCP_MAXRT", 0, 0, 0),
            ("TCP_MAXRT", -1, u32::MAX, u32::MAX),
            ("TCP_MAXRT", i32::MAX, i32::MAX.cast_unsigned(), u32::MAX - 1),
            ("TCP_MAXRTMS", 2500, 3, 2500),
        ] {
            assert_eq!(pair.put(client, name, value), ZERO);
            let read = ["TCP_MAXRT", "TCP_MAXRTMS"].map(|name| pair.ask(client, name));
            assert_eq!(read, [in_seconds, in_millis], "{name} {value}");
        }
        assert_eq!(pair.put(client, "TCP_MAXRT", -2), Err(WsaError::Inval));
        pair.cut();
        pair.send(client, 10);
        pair.run_to(ms(2500) - TICK);
        assert_eq!(pair.state(client), Established);
        pair.run_to(ms(2500));
        assert_eq!(pair.state(client), Closed);
        let code = column(profile, WsaError::TimedOut, WsaError::ConnAborted);
        assert_eq!(pair.recv(client), Err(code), "R14");
    });
}

/// TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT, in seconds and probes: after 2 s a probe, two more 3 s apart, then the
/// end. TCP_KEEPALIVE is TCP_KEEPIDLE.
///
/// Mutation: TCP_KEEPCNT is passed over.
#[test]
fn keep_alive_goes_by_its_three_options() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let client = pair.client;
        for (name, value) in
            [("TCP_KEEPALIVE", 2), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3), ("SO_KEEPALIVE", 1)]
        {
            assert_eq!(pair.put(client, name, value), ZERO);
        }
        assert_eq!(pair.ask(client, "TCP_KEEPIDLE"), 2);
        pair.cut();
        pair.run_to(ms(11_000) - TICK);
        assert_eq!(pair.wire(client), ["2000 .", "5000 .", "8000 ."]);
        pair.run_to(ms(11_000));
        assert_eq!(pair.recv(client), Err(WsaError::NetReset));
        for (name, bad) in
            [("TCP_KEEPIDLE", 0), ("TCP_KEEPINTVL", -1), ("TCP_KEEPCNT", 0), ("TCP_KEEPCNT", 256)]
        {
            assert_eq!(pair.put(client, name, bad), Err(WsaError::Inval), "{name} {bad}");
        }
    });
}

/// TCP_EXPEDITED_1122 at both ends: the pointer names the last octet of urgent data, one less than BSD's, and the same
/// octet is read. At one end the reader takes the octet before. TCP_BSDURGENT is the opposite; on, it stays on.
///
/// Mutation: the receiver reads the pointer as BSD does.
#[test]
fn tcp_expedited_1122_names_the_last_octet() {
    for (sender, receiver, pointer, octet) in
        [(0, 0, 3, b"!"), (1, 1, 2, b"!"), (1, 0, 2, b"b"), (0, 1, 3, b"c")]
    {
        every(|profile| {
            let mut pair = Pair::connected(profile);
            let (client, server) = (pair.client, pair.server);
            for (end, on) in [(client, sender), (server, receiver)] {
                assert_eq!(pair.put(end, "TCP_EXPEDITED_1122", on), ZERO);
                assert_eq!(pair.ask(end, "TCP_BSDURGENT"), u32::from(on == 0));
                if on == 1 {
                    assert_eq!(pair.put(end, "TCP_EXPEDITED_1122", 0), Err(WsaError::Inval));
                    assert_eq!(pair.put(end, "TCP_BSDURGENT", 1), Err(WsaError::Inval));
                    assert_eq!(pair.put(end, "TCP_BSDURGENT", 0), ZERO);
                }
            }
            let send =
                |text: &'static [u8], flags| Call::Send { s: client.socket, data: Some(text.into()), flags };
            assert_eq!(pair.call(client, send(b"ab!", consts::MSG_OOB)), Ok(Value::Sent(3)));
            assert_eq!(pair.last_packet(client).segment.urg, pointer);
            assert!(pair.last_packet(client).segment.flags.contains(Flags::URG));
            pair.call(client, send(b"cd", 0)).unwrap();
            pair.run_to(ms(500));
            let recv = Call::Recv { s: server.socket, len: Some(1), flags: consts::MSG_OOB };
            let got = pair.call(server, recv);
            let Ok(Value::Received(data)) = got else { panic!("{got:?}") };
            assert_eq!(&data.to_bytes()[..], octet, "{sender} {receiver}");
        });
    }
}

/// SO_SNDBUF: so much may be queued before send waits. SO_RCVBUF: the window that is announced. Both of a connection
/// that is open.
///
/// Mutation: SO_RCVBUF is not told to the connection.
#[test]
fn buffers_of_an_open_connection() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let (client, server) = (pair.client, pair.server);
        pair.nonblocking(client, true);
        pair.cut();
        assert_eq!(pair.put(client, "SO_SNDBUF", 100), ZERO);
        pair.send(client, 100);
        let full = pair.call(client, crate::pair::sending(client, 1));
        assert_eq!(full, Err(WsaError::WouldBlock));
        assert_eq!(pair.put(client, "SO_SNDBUF", 101), ZERO);
        pair.send(client, 1);
        for name in ["SO_SNDBUF", "SO_RCVBUF"] {
            assert_eq!(pair.put(client, name, -1), Err(WsaError::Inval));
        }
        pair.heal();
        assert_eq!(pair.put(client, "SO_SNDBUF", 1), ZERO);
        pair.run_to(secs(60));
        pair.send(client, 400_000);
        pair.run_to(secs(90));
        let unread = |pair: &Pair| pair.rows(server)[0].receive_queue;
        assert!((64_000..=65_536).contains(&unread(&pair)), "{}", unread(&pair));
        assert_eq!(pair.put(server, "SO_RCVBUF", 100_000), ZERO);
        pair.run_to(secs(180));
        assert!((98_000..=100_000).contains(&unread(&pair)), "{}", unread(&pair));
    });
}

/// SO_SNDTIMEO and SO_RCVTIMEO are any DWORD, 0 at first, and leave nonblocking calls alone.
///
/// Mutation: SO_SNDTIMEO sets SO_RCVTIMEO.
#[test]
fn timeouts_are_kept() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        for end in [pair.client, pair.server, pair.listener] {
            for name in ["SO_SNDTIMEO", "SO_RCVTIMEO"] {
                assert_eq!(pair.ask(end, name), 0);
            }
            assert_eq!(pair.put(end, "SO_SNDTIMEO", 500), ZERO);
            assert_eq!(pair.put(end, "SO_RCVTIMEO", -1), ZERO);
            assert_eq!(["SO_SNDTIMEO", "SO_RCVTIMEO"].map(|name| pair.ask(end, name)), [500, u32::MAX]);
        }
    });
}
