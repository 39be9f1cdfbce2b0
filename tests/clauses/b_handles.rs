//! B. What closing does to the handle and to outstanding work.

use crate::pair::{End, PORT, Pair, ZERO, answering, column, every, ms, receiving, secs, sending};
use closewait::packet::Flags;
use closewait::profile::{Profile, UnsafeClose};
use closewait::tcp::StateName::{Closed, Established, FinWait1, SynSent, TimeWait};
use closewait::winsock::{Call, CallResult, HandlePolicy, Value, WsaError, consts};

/// The descriptor is released: every later use fails, and nothing of it reaches the connection.
///
/// Mutation: closesocket leaves the handle in the process's table.
#[test]
fn cs_b1_later_use_of_the_descriptor_fails_with_not_a_socket() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        let s = end.socket;
        assert_eq!(pair.close(end), ZERO);
        assert_eq!(pair.wire(end), ["0 F."]);
        let (level, name) = (consts::SOL_SOCKET, consts::SO_LINGER);
        for use_of_it in [
            Call::bind(s, pair.name(end, 5000)),
            Call::Listen { s, backlog: 1 },
            Call::accept(s),
            pair.connect(end),
            sending(end, 10),
            receiving(end),
            Call::Shutdown { s, how: consts::SD_SEND },
            Call::Setsockopt { s, level, name, value: Some(vec![1, 0, 0, 0].into()) },
            Call::getsockopt(s, level, name, 4),
            Call::set_nonblocking(s, true),
            Call::getsockname(s),
            Call::getpeername(s),
            Call::Closesocket { s },
        ] {
            let what = format!("{use_of_it:?}");
            assert_eq!(pair.call(end, use_of_it), Err(WsaError::NotSock), "{what}");
        }
        assert_eq!(pair.wire(end), ["0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}

/// Where values are reused the rule holds only while no newer socket has it: closing twice closes a stranger.
///
/// Mutation: the policy `lowest free` hands out values that no handle ever had.
#[test]
fn cs_b1_a_reused_value_names_the_newer_socket() {
    every(|profile| {
        let mut pair = Pair::before_startup(profile, HandlePolicy::LowestFree);
        pair.startup(pair.client).unwrap();
        let first = pair.socket(pair.client);
        assert_eq!(pair.close(first), ZERO);
        assert_eq!(pair.close(first), Err(WsaError::NotSock));
        let second = pair.socket(pair.client);
        assert_eq!(first.socket, second.socket);
        assert_eq!(pair.close(first), ZERO, "the stranger");
        assert_eq!(pair.close(second), Err(WsaError::NotSock));
    });
}

/// A bound socket holds its name until it is closed (WF-9.13).
///
/// Mutation: closing a socket does not release its binding.
#[test]
fn cs_b3_the_binding_is_released() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let first = pair.socket(pair.client);
        let second = pair.socket(pair.client);
        pair.bind(first, 5000).unwrap();
        assert_eq!(pair.bind(second, 5000), Err(WsaError::AddrInUse));
        assert_eq!(pair.close(first), ZERO);
        assert_eq!(pair.bind(second, 5000), ZERO);
    });
}

/// The connection outlives its socket and keeps the four-tuple until it ends: bind succeeds at once (WF-9.4), a
/// connect to the same remote only after TIME_WAIT (WF-9.6).
///
/// Mutation: a connect does not look for its four-tuple among the connections.
#[test]
fn cs_b3_the_connection_keeps_its_four_tuple() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        pair.bind(end, 5000).unwrap();
        pair.connect_waits(end);
        pair.run_to(ms(30));
        pair.server = pair.accept(pair.listener).unwrap();
        pair.serves(pair.server);
        pair.start_here();
        assert_eq!(pair.close(end), ZERO);

        let again = pair.socket(end);
        assert_eq!(pair.bind(again, 5000), ZERO);
        let connect = pair.connect(again);
        assert_eq!(pair.state(end), FinWait1);
        assert_eq!(pair.call(again, connect.clone()), Err(WsaError::AddrInUse));
        pair.run_to(ms(20));
        assert_eq!(pair.state(end), TimeWait);
        pair.run_before(ms(20) + profile.time_wait);
        assert_eq!(pair.call(again, connect.clone()), Err(WsaError::AddrInUse));
        pair.run_to(ms(20) + profile.time_wait);
        assert_eq!(pair.state(end), Closed);
        pair.waits(again, connect);
        pair.run_to(ms(40) + profile.time_wait);
        assert_eq!(pair.returned(again), Some((ms(40) + profile.time_wait, ZERO)));
    });
}

/// Received data is dropped with the socket; data queued to be sent is not. (R4's reset is switched off: it
/// would end the connection.)
///
/// Mutation: CLOSE leaves what was received in the connection.
#[test]
fn cs_b3_received_data_is_dropped_and_queued_data_is_not() {
    every(|profile| {
        let profile = Profile { close_with_unread: UnsafeClose::LingerTable, ..profile.clone() };
        let mut pair = Pair::connected(&profile);
        pair.send(pair.server, 100);
        pair.run_to(ms(30));
        pair.cut();
        pair.send(pair.client, 50);
        let queues =
            |pair: &Pair| pair.rows(pair.client).iter().map(|row| (row.send_queue, row.receive_queue)).next();
        assert_eq!(queues(&pair), Some((50, 100)));
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(queues(&pair), Some((50, 0)));
        assert_eq!(pair.both(), [FinWait1, Established]);
        let wire = pair.wire(pair.client);
        // Before them, where no ACK waits (R65), that of the 100 bytes.
        assert_eq!(wire[wire.len() - 2..], ["30 P. 50", "30 F."]);
    });
}

/// A thread waits in a call; a colleague closes the socket: at that instant the call fails with WSAEINTR (R13).
fn cancelled(pair: &mut Pair, end: End, call: Call) -> CallResult {
    pair.waits(end, call);
    pair.run_to(ms(50));
    let closer = pair.colleague(end);
    assert_eq!(pair.returned(end), None);
    assert_eq!(pair.close(closer), ZERO);
    let (at, result) = pair.returned(end).expect("cancelled");
    assert_eq!(at, ms(50));
    assert_eq!(pair.last_error(end), 10004, "the blocked thread's");
    assert_eq!(pair.last_error(closer), 0);
    result
}

/// recv, send, accept and connect, each blocked in one thread while another closes the socket.
///
/// Mutation: the cancelled calls report WSAECONNABORTED.
#[test]
fn cs_b4_r13_pending_calls_of_every_thread_are_cancelled() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        assert_eq!(cancelled(&mut pair, end, receiving(end)), Err(WsaError::Intr));
        // R5.
        assert_eq!(pair.wire(end), [column(profile, "50 F.", "50 R.")]);
        assert_eq!(pair.state(end), column(profile, FinWait1, Closed));

        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.cut();
        pair.send(end, 65_536);
        assert_eq!(cancelled(&mut pair, end, sending(end, 10)), Err(WsaError::Intr));
        assert_eq!(pair.rows(end)[0].send_queue, 65_536, "without what the cancelled call would have sent");
        assert_eq!(pair.both(), [FinWait1, Established]);

        let mut pair = Pair::listening(profile, 5);
        let end = pair.listener;
        assert_eq!(cancelled(&mut pair, end, Call::accept(end.socket)), Err(WsaError::Intr));
        assert_eq!(pair.wire(end), [""; 0]);

        let mut pair = Pair::listening(profile, 5);
        pair.cut();
        let end = pair.socket(pair.client);
        let connect = pair.connect(end);
        assert_eq!(cancelled(&mut pair, end, connect), Err(WsaError::Intr));
        assert_eq!(pair.wire(end), ["0 S"]);
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}

/// Every waiter of the socket is cancelled, and no waiter of another.
///
/// Mutation: closesocket cancels only the first of a socket's waiters.
#[test]
fn cs_b4_all_waiters_of_this_socket_and_no_others() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let [one, two, closer] = [0; 3].map(|_| pair.colleague(pair.server));
        pair.recv_waits(one);
        pair.recv_waits(two);
        pair.waits(pair.listener, Call::accept(pair.listener.socket));
        assert_eq!(pair.close(closer), ZERO);
        for thread in [one, two] {
            assert_eq!(pair.returned(thread), Some((ms(0), Err(WsaError::Intr))));
        }
        assert_eq!(pair.returned(pair.listener), None);
    });
}

/// A nonblocking connect under way ends without a segment; what still comes for it finds no connection.
///
/// Mutation: CLOSE in SYN-SENT leaves the connection behind.
#[test]
fn cs_b4_a_connect_under_way_is_cancelled() {
    every(|profile| {
        let mut pair = Pair::listening(&answering(profile), 5);
        let end = pair.socket(pair.client);
        pair.nonblocking(end, true);
        let connect = pair.connect(end);
        assert_eq!(pair.call(end, connect), Err(WsaError::WouldBlock));
        assert_eq!(pair.state(end), SynSent);
        assert_eq!(pair.close(end), ZERO);
        assert_eq!(pair.state(end), Closed);
        pair.rest();
        assert_eq!(pair.wire(end), ["0 S", "20 R"], "the RST answers the SYN+ACK");
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}

/// One closesocket for each socket that socket or accept made; what is left is a leak, with the call that made it.
///
/// Mutation: accepted sockets are said to be made by `socket`.
#[test]
fn cs_b8_what_is_not_closed_is_a_leak() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let leaks = |pair: &Pair, end: End| -> Vec<_> {
            let leaks = pair.world.host(end.thread.host).leaks();
            leaks
                .into_iter()
                .map(|leak| (leak.handle, leak.made_by.call, leak.made_by.at.as_nanos()))
                .collect()
        };
        let accepted_at = ms(30).as_nanos();
        let (listener, server, client) = (pair.listener, pair.server, pair.client);
        let expected = [(listener.socket, "socket", 0), (server.socket, "accept", accepted_at)];
        assert_eq!(leaks(&pair, server), expected);
        assert_eq!(leaks(&pair, client), [(client.socket, "socket", 0)]);

        assert_eq!(pair.close(listener), ZERO);
        assert_eq!(leaks(&pair, server), expected[1..]);
        assert_eq!(pair.close(server), ZERO);
        assert_eq!(leaks(&pair, server), []);
        assert_eq!(leaks(&pair, client).len(), 1, "the peer's closing closes nothing here");
        assert_eq!(pair.close(client), ZERO);
        assert_eq!(leaks(&pair, client), []);
    });
}

/// An exclusive bind looks at the connections, too (WF-9.5); a default bind does not (WF-9.4).
///
/// Mutation: an exclusive bind looks at bindings alone.
#[test]
fn cs_b3_an_exclusive_bind_waits_for_the_connections() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.client);
        assert_eq!(pair.close(pair.listener), ZERO);
        assert_eq!(pair.close(pair.server), ZERO);
        pair.run_to(secs(1));
        assert_eq!(pair.both(), [Closed, TimeWait]);
        let exclusive = pair.socket(pair.server);
        pair.set(exclusive, consts::SO_EXCLUSIVEADDRUSE, &1_i32.to_le_bytes()).unwrap();
        let refused = pair.bind(exclusive, PORT);
        assert!(matches!(refused, Err(WsaError::AddrInUse | WsaError::Acces)), "{refused:?}");
        pair.rest();
        assert_eq!(pair.bind(exclusive, PORT), ZERO);
        assert_eq!(pair.wire_with(pair.server, Flags::RST), [""; 0]);
        assert!(matches!(pair.call(exclusive, Call::getsockname(exclusive.socket)), Ok(Value::Name(_))));
    });
}
