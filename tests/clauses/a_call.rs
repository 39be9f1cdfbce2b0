//! A. The call.

use crate::pair::{Pair, ZERO, every, ms};
use closewait::packet::Flags;
use closewait::tcp::StateName::Established;
use closewait::winsock::{Call, Handle, HandlePolicy, Value, WsaError};

/// The code is in the last error of the thread that called; other threads keep theirs. Success is 0.
///
/// Mutation: `Winsock::remember_error` keeps nothing.
#[test]
fn cs_a1_failure_sets_the_last_error_of_the_calling_thread() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let one = pair.socket(pair.client);
        let two = pair.colleague(one);
        pair.call(two, Call::WsaSetLastError { code: 7 }).unwrap();

        assert_eq!(pair.close(one), ZERO);
        assert_eq!(pair.last_error(one), 0);
        assert_eq!(pair.close(one), Err(WsaError::NotSock));
        assert_eq!(pair.last_error(one), 10038);
        assert_eq!(pair.last_error(two), 7);
    });
}

/// Before the first WSAStartup and after the last WSACleanup, whatever the handle.
///
/// Mutation: the handle is looked up although nobody called WSAStartup.
#[test]
fn cs_a2_without_startup_not_initialised_comes_before_the_handle() {
    every(|profile| {
        let mut pair = Pair::before_startup(profile, HandlePolicy::Never);
        assert_eq!(pair.close(pair.client), Err(WsaError::NotInitialised));
        assert_eq!(pair.last_error(pair.client), 10093);

        pair.startup(pair.client).unwrap();
        pair.startup(pair.client).unwrap();
        assert_eq!(pair.close(pair.client), Err(WsaError::NotSock));
        let s = pair.socket(pair.client);
        pair.call(s, Call::WsaCleanup).unwrap();
        assert_eq!(pair.close(s), ZERO, "one WSAStartup is outstanding");

        let s = pair.socket(pair.client);
        pair.call(s, Call::WsaCleanup).unwrap();
        assert_eq!(pair.close(s), Err(WsaError::NotInitialised));
    });
}

/// While the subsystem has failed closesocket fails, whatever the option and the mode, and takes no handle; once it is
/// restored the connection works on, and closes.
///
/// Mutation: closesocket does not notice that the subsystem has failed.
#[test]
fn cs_a3_while_the_subsystem_has_failed_nothing_is_closed() {
    every(|profile| {
        for (l_onoff, l_linger) in [(0, 0), (1, 0), (1, 5)] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, l_onoff, l_linger);
            pair.fail(pair.client, true);
            for _ in 0..2 {
                assert_eq!(pair.close(pair.client), Err(WsaError::NetDown));
                assert_eq!(pair.last_error(pair.client), 10050);
            }
            pair.fail(pair.client, false);
            assert_eq!(pair.wire(pair.client), [""; 0]);
            assert_eq!(pair.both(), [Established, Established]);
            pair.send(pair.client, 100);
            pair.run_to(ms(500));
            assert_eq!(pair.recv(pair.server), Ok(100));
            pair.serves(pair.server);
            if l_linger == 0 {
                assert_eq!(pair.close(pair.client), ZERO);
            } else {
                pair.send(pair.client, 1);
                pair.close_waits(pair.client);
                pair.run_to(ms(600));
            }
            let last = if (l_onoff, l_linger) == (1, 0) { "500 R." } else { "500 F." };
            assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), [last]);
            assert_eq!(pair.close(pair.client), Err(WsaError::NotSock));
        }
    });
}

/// Never a socket, already closed, an event; the event stays open (WF-2.17).
///
/// Mutation: closesocket removes a handle that is no socket's.
#[test]
fn cs_a4_what_is_no_socket_is_refused_and_left_alone() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        for never in [Handle(0), Handle(3), Handle(0xdead_0000), Handle::INVALID_SOCKET] {
            let call = Call::Closesocket { s: never };
            assert_eq!(pair.call(pair.client, call), Err(WsaError::NotSock), "{never}");
        }
        let made = pair.call(pair.client, Call::WsaCreateEvent).unwrap();
        let Value::Handle(event) = made else { panic!("an event") };
        assert_eq!(pair.call(pair.client, Call::Closesocket { s: event }), Err(WsaError::NotSock));
        assert_eq!(pair.call(pair.client, Call::WsaCloseEvent { event }), Ok(Value::Bool(true)));
        assert_eq!(pair.call(pair.client, Call::WsaCloseEvent { event }), Err(WsaError::InvalidHandle));

        assert_eq!(pair.wire(pair.client), [""; 0], "nothing of it touches the connection");
        assert_eq!(pair.both(), [Established, Established]);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.close(pair.client), Err(WsaError::NotSock), "already closed");
        assert_eq!(pair.last_error(pair.client), 10038);
    });
}

/// Nonblocking with a timeout, while data is unacknowledged; its twins are blocking, or have no timeout.
///
/// Mutation: the disposition of a nonblocking lingering close ignores unacknowledged data.
#[test]
fn cs_a7_nonblocking_lingering_close_would_block() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 5);
        pair.nonblocking(pair.client, true);
        pair.send(pair.client, 100);
        assert_eq!(pair.close(pair.client), Err(WsaError::WouldBlock));
        assert_eq!(pair.last_error(pair.client), 10035);
        assert_eq!(pair.wire(pair.client), ["0 P. 100"], "no disconnect is initiated");
        pair.run_to(ms(100));
        assert_eq!(pair.both(), [Established, Established]);
        assert_eq!(pair.wire_with(pair.client, Flags::FIN | Flags::RST), [""; 0]);

        let mut blocking = Pair::connected(profile);
        blocking.linger(blocking.client, 1, 5);
        blocking.send(blocking.client, 100);
        blocking.close_waits(blocking.client);

        let mut without_timeout = Pair::connected(profile);
        without_timeout.nonblocking(without_timeout.client, true);
        without_timeout.send(without_timeout.client, 100);
        assert_eq!(without_timeout.close(without_timeout.client), ZERO);
        assert_eq!(without_timeout.wire(without_timeout.client), ["0 P. 100", "0 F."]);
    });
}
