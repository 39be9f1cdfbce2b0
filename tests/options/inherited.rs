//! WF-2.39: what accept's new socket begins with.

use crate::pair::{Pair, ZERO, every, ms};
use closewait::winsock::options::TABLE;
use closewait::winsock::{Call, Value, consts};

/// What the listener was set to, on either side of listen: SO_LINGER {1, 555} and SO_DONTLINGER, reuse, keep-alive, data
/// in line, buffers, timeouts, Nagle's algorithm, and the rest; and its mode. Not that it listens, and not a pause.
///
/// Mutation: the new socket begins as socket makes one.
#[test]
fn wf_2_39_an_accepted_socket_inherits_its_listeners_options() {
    let set = [
        ("SO_REUSEADDR", 1),
        ("SO_KEEPALIVE", 1),
        ("SO_OOBINLINE", 1),
        ("SO_SNDBUF", 12_345),
        ("SO_RCVBUF", 23_456),
        ("SO_SNDTIMEO", 63_000),
        ("SO_RCVTIMEO", 997_000),
        ("TCP_NODELAY", 1),
        ("TCP_KEEPIDLE", 75),
        ("TCP_KEEPINTVL", 3),
        ("TCP_KEEPCNT", 4),
        ("TCP_MAXRT", 9),
        ("TCP_EXPEDITED_1122", 1),
    ];
    every(|profile| {
        for before_listen in [true, false] {
            let mut pair = Pair::new(profile);
            pair.listener = pair.socket(pair.server);
            let listener = pair.listener;
            pair.bind(listener, crate::pair::PORT).unwrap();
            if !before_listen {
                pair.listen(listener, 5).unwrap();
            }
            pair.linger(listener, 1, 555);
            for (name, value) in set {
                assert_eq!(pair.put(listener, name, value), ZERO, "{name}");
            }
            if before_listen {
                pair.listen(listener, 5).unwrap();
            }
            let end = pair.socket(pair.client);
            pair.connect_waits(end);
            pair.run_to(ms(30));
            pair.put(listener, "SO_PAUSE_ACCEPT", 1).unwrap();
            let accepted = pair.accept(listener).unwrap();

            assert_eq!(pair.lingers(accepted), (1, 555));
            assert_eq!(pair.get(accepted, consts::SO_DONTLINGER), 0);
            for (name, value) in set {
                assert_eq!(pair.ask(accepted, name), u32::try_from(value).unwrap(), "{name}");
            }
            let asked = ["SO_ACCEPTCONN", "SO_PAUSE_ACCEPT"].map(|name| pair.ask(accepted, name));
            assert_eq!(asked, [0, 0], "the listener's own");
            assert_eq!(["SO_ACCEPTCONN", "SO_PAUSE_ACCEPT"].map(|name| pair.ask(listener, name)), [1, 1]);
            // Any other is as the listener's.
            let own = ["SO_ACCEPTCONN", "SO_PAUSE_ACCEPT", "SO_CONNECT_TIME", "TCP_MAXSEG"];
            for row in TABLE.iter().filter(|row| row.sockets.include(false) && !own.contains(&row.name)) {
                assert_eq!(pair.ask(accepted, row.name), pair.ask(listener, row.name), "{}", row.name);
            }
        }
    });
}

/// What is inherited is in force: the window that the SYN+ACK announces, and the hard close.
///
/// Mutation: the new socket begins as socket makes one.
#[test]
fn wf_2_39_what_is_inherited_is_in_force() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        pair.linger(pair.listener, 1, 0);
        pair.put(pair.listener, "SO_RCVBUF", 1000).unwrap();
        let s = pair.listener.socket;
        pair.call(pair.listener, Call::set_nonblocking(s, true)).unwrap();
        let end = pair.socket(pair.client);
        pair.connect_waits(end);
        pair.run_to(ms(30));
        let syn_ack = &pair.packets(pair.server)[0].1.segment;
        assert_eq!(syn_ack.wnd, 1000);
        let accepted = pair.accept(pair.listener).unwrap();
        pair.start_here();
        assert_eq!(pair.recv(accepted), Err(closewait::winsock::WsaError::WouldBlock), "the mode");
        assert_eq!(pair.call(accepted, Call::Closesocket { s: accepted.socket }), Ok(Value::Zero));
        assert_eq!(pair.wire(pair.server), ["0 R."]);
    });
}
