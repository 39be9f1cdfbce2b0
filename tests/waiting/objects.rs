//! Event objects and WSAEventSelect: what the calls refuse, waits for several events, and what only events do.

use crate::support::{holds, pair_holds};

#[test]
fn what_wsaeventselect_refuses() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
+0   client: WSACreateEvent() = ev1
+0   client: WSACreateEvent() = ev2
+0   client: WSACloseEvent(ev2) = 1
+0   client: WSAEventSelect(INVALID_SOCKET, ev1, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAEventSelect(ev1, ev1, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAEventSelect(99, NULL, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAEventSelect(3, NULL, FD_READ) = -1 WSAEINVAL
+0   client: WSAEventSelect(3, 4, FD_READ) = -1 WSAEINVAL
+0   client: WSAEventSelect(3, ev2, FD_READ) = -1 WSAEINVAL
+0   client: WSAEventSelect(3, WSA_INVALID_EVENT, FD_READ) = -1 WSAEINVAL
+0   client: WSAEventSelect(3, ev1, 0x400) = -1 WSAEINVAL
+0   client: WSAEventSelect(3, ev1, 0x80000001) = -1 WSAEINVAL
+0   client: WSAGetLastError() = WSAEINVAL
+0   client: WSAEventSelect(3, NULL, 0) = 0
+0   client: WSAEventSelect(3, ev1, FD_ALL_EVENTS) = 0
+0   client: closesocket(4) = 0
+0   client: WSAEventSelect(4, ev1, FD_READ) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn a_call_that_is_refused_leaves_the_registration() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: WSAEventSelect(4, NULL, FD_WRITE) = -1 WSAEINVAL
+0     client: send(3, 5) = 5
0.2    server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0}
",
    );
}

#[test]
fn what_wsaenumnetworkevents_refuses() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSACreateEvent() = ev2
+0     server: WSACloseEvent(ev2) = 1
+0     server: WSAEventSelect(4, ev1, FD_WRITE) = 0
+0     server: WSAEnumNetworkEvents(99, ev1) = -1 WSAENOTSOCK
+0     server: WSAEnumNetworkEvents(ev1, ev1) = -1 WSAENOTSOCK
+0     server: WSAEnumNetworkEvents(4, 4) = -1 WSAEINVAL
+0     server: WSAEnumNetworkEvents(4, ev2) = -1 WSAEINVAL
+0     server: WSAEnumNetworkEvents(4, ev1, NULL) = -1 WSAEFAULT
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_WRITE: 0}
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {}
+0     server: WSAEnumNetworkEvents(3, ev1) = 0 {} (never registered)
",
    );
}

#[test]
fn enumerating_without_an_event_clears_the_records_alone() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_WRITE) = 0
+0     server: WSAEnumNetworkEvents(4, NULL) = 0 {FD_WRITE: 0}
+0     server: WSAEnumNetworkEvents(4, NULL) = 0 {}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
",
    );
}

#[test]
fn event_objects() {
    holds(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0   client: WSASetEvent(ev1) = 1
+0   client: WSAWaitForMultipleEvents([ev1], 0) = 0
+0   client: WSAWaitForMultipleEvents([ev1], 0) = 0 (it is reset by hand)
+0   client: WSAResetEvent(ev1) = 1
+0   client: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0   client: WSACloseEvent(ev1) = 1
+0   client: WSACloseEvent(ev1) = 0 WSA_INVALID_HANDLE
+0   client: WSASetEvent(ev1) = 0 WSA_INVALID_HANDLE
+0   client: WSAResetEvent(ev1) = 0 WSA_INVALID_HANDLE
+0   client: WSAGetLastError() = WSA_INVALID_HANDLE
",
    );
}

#[test]
fn what_a_wait_refuses() {
    let many = ["ev1"; 65].join(", ");
    let most = ["ev1"; 64].join(", ");
    holds(&format!(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSACreateEvent() = ev2
+0   client: WSACloseEvent(ev2) = 1
+0   client: WSAWaitForMultipleEvents(NULL, 0) = WSA_WAIT_FAILED WSA_INVALID_PARAMETER
+0   client: WSAWaitForMultipleEvents([], 0) = WSA_WAIT_FAILED WSA_INVALID_PARAMETER
+0   client: WSAWaitForMultipleEvents([{many}], 0) = WSA_WAIT_FAILED WSA_INVALID_PARAMETER
+0   client: WSAWaitForMultipleEvents([ev2], 0) = WSA_WAIT_FAILED WSA_INVALID_HANDLE
+0   client: WSAWaitForMultipleEvents([ev1, ev2], 1000) = WSA_WAIT_FAILED WSA_INVALID_HANDLE
+0   client: WSAWaitForMultipleEvents([{most}], 0) = WSA_WAIT_TIMEOUT
"
    ));
}

#[test]
fn the_first_of_several_events_is_named() {
    holds(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSACreateEvent() = ev2
+0   client: WSACreateEvent() = ev3
+0...0.1 client: WSAWaitForMultipleEvents([ev1, ev2, ev3], 1000) = 1
0.1  client.t2: WSASetEvent(ev2) = 1
0.2  client: WSASetEvent(ev3) = 1
+0   client: WSAWaitForMultipleEvents([ev1, ev2, ev3], 0) = 1
+0   client: WSAWaitForMultipleEvents([ev3, ev2, ev1], 0) = 0
",
    );
}

#[test]
fn all_of_several_events() {
    holds(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSACreateEvent() = ev2
+0...0.2 client: WSAWaitForMultipleEvents([ev1, ev2], TRUE, 1000) = 0
0.1  client.t2: WSASetEvent(ev2) = 1
0.2  client.t2: WSASetEvent(ev1) = 1
0.3  client: WSAResetEvent(ev1) = 1
+0   client: WSAWaitForMultipleEvents([ev1, ev2], TRUE, 0) = WSA_WAIT_TIMEOUT
+0   client: WSAWaitForMultipleEvents([ev1, ev2], FALSE, 0) = 1
0.3...0.4 client: WSAWaitForMultipleEvents([ev1, ev2], TRUE, 100) = WSA_WAIT_TIMEOUT
",
    );
}

/// What was signalled and reset again does not count when the other one comes.
#[test]
fn all_at_the_same_time() {
    holds(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSACreateEvent() = ev2
+0...0.4 client: WSAWaitForMultipleEvents([ev1, ev2], TRUE, 1000) = 0
0.1  client.t2: WSASetEvent(ev1) = 1
0.2  client.t2: WSAResetEvent(ev1) = 1
0.3  client.t2: WSASetEvent(ev2) = 1
0.4  client.t2: WSASetEvent(ev1) = 1
",
    );
}

#[test]
fn two_sockets_and_both_events() {
    pair_holds(
        "\
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: accept(3) = 5
+0     server: WSACreateEvent() = ev1
+0     server: WSACreateEvent() = ev2
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: WSAEventSelect(5, ev2, FD_READ) = 0
0.1...0.210 server: WSAWaitForMultipleEvents([ev1, ev2], TRUE, WSA_INFINITE) = 0
0.1...0.110 server.t2: WSAWaitForMultipleEvents([ev1, ev2], FALSE, WSA_INFINITE) = 1
0.1    client: send(4, 5) = 5
0.2    client: send(3, 5) = 5
0.21   server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0}
+0     server: WSAEnumNetworkEvents(5, ev2) = 0 {FD_READ: 0}
+0     server: WSAWaitForMultipleEvents([ev1, ev2], FALSE, 0) = WSA_WAIT_TIMEOUT
",
    );
}

#[test]
fn one_event_of_two_sockets() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(3, ev1, FD_ACCEPT) = 0
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     client: send(3, 5) = 5
0.1...0.110 server: WSAWaitForMultipleEvents([ev1], 1000) = 0
0.11   server: WSAEnumNetworkEvents(3, NULL) = 0 {}
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
",
    );
}

/// The event is signalled a microsecond before the time is over, and then a microsecond after.
#[test]
fn the_time_is_exact() {
    pair_holds(
        "\
0.05   server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
0.1...0.199999 server: WSAWaitForMultipleEvents([ev1], 100) = 0
0.189999 client: send(3, 5) = 5
0.199999 server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0}
+0     server: recv(4, 5) = 5
0.2...0.3 server: WSAWaitForMultipleEvents([ev1], 100) = WSA_WAIT_TIMEOUT
0.290001 client: send(3, 5) = 5
0.300001 server: WSAWaitForMultipleEvents([ev1], 0) = 0
",
    );
}

#[test]
fn wf_6_12_a_registered_socket_is_nonblocking() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: recv(4, 5) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, FIONBIO, 0) = -1 WSAEINVAL
+0     server: ioctlsocket(4, FIONBIO, 1) = 0
+0     server: WSAEventSelect(4, NULL, 0) = 0
+0     server: recv(4, 5) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, FIONBIO, 0) = 0
+0     client: send(3, 5) = 5
0.1...0.110 server: recv(4, 5) = 5
0.2    server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     server: recv(4, 5) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, FIONBIO, 0) = -1 WSAEINVAL
+0     server: WSAAsyncSelect(4, win1, 0) = 0
+0     server: ioctlsocket(4, FIONBIO, 0) = 0
",
    );
}

/// test_accept_events: a record that nobody asked for lives through masks that lack it.
#[test]
fn a_record_lives_through_masks_without_it() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(3, ev1, FD_ACCEPT|FD_READ) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.03   server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEventSelect(3, ev1, FD_READ) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAResetEvent(ev1) = 1
+0     server: WSAEventSelect(3, ev1, FD_READ) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0     server: WSAEventSelect(3, ev1, FD_ACCEPT|FD_READ) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(3, ev1) = 0 {FD_ACCEPT: 0}
+0     server: WSAEnumNetworkEvents(3, ev1) = 0 {}
",
    );
}

/// test_read_events: without a mask nothing is given out, and nothing is lost.
#[test]
fn without_a_mask_nothing_is_enumerated_and_nothing_lost() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_OOB) = 0
+0     server: WSAEventSelect(4, ev1, 0) = 0
+0     client: send(3, 5) = 5
0.2    server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {}
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_WRITE) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0, FD_WRITE: 0}
",
    );
}

/// test_WSAEnumNetworkEvents: the first look, and four that find nothing.
#[test]
fn registering_again_records_nothing() {
    let rounds = "+0 client: WSAEventSelect(3, ev1, FD_READ|FD_WRITE) = 0\n\
                  +0 client: WSAEnumNetworkEvents(3, ev1) = 0 {}\n"
        .repeat(4);
    let first = "+0 client: WSACreateEvent() = ev1\n\
                 +0 client: WSAEventSelect(3, ev1, FD_READ|FD_WRITE) = 0\n\
                 +0 client: WSAEnumNetworkEvents(3, ev1) = 0 ";
    pair_holds(&format!("{first}{{FD_WRITE: 0}}\n{rounds}"));
    holds(&format!(
        " 0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3\n\
         +0 client: bind(3, :90) = 0\n{first}{{FD_WRITE: 0}}\n{rounds}"
    ));
    holds(&format!(
        " 0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
         +0 client: bind(3, :90) = 0\n{first}{{}}\n{rounds}"
    ));
}

/// test_select_after_WSAEventSelect: a poll that finds the data is no arrival.
#[test]
fn polling_signals_nothing() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     client: send(3, 5) = 5
0.1...0.110 server: WSAWaitForMultipleEvents([ev1], 1000) = 0
0.11   server: WSAResetEvent(ev1) = 1
+0     server: WSAPoll([{4, POLLRDNORM|POLLWRNORM}], 0) = 1 {4: POLLRDNORM|POLLWRNORM}
+0     server: select(read=[4], timeout=0) = 1 {read=[4]}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_READ: 0}
",
    );
}

#[test]
fn another_event_takes_the_place_of_the_first() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSACreateEvent() = ev2
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: WSAEventSelect(4, ev2, FD_READ) = 0
+0     client: send(3, 5) = 5
0.1...0.110 server: WSAWaitForMultipleEvents([ev1, ev2], 1000) = 1
0.11   server: WSAEnumNetworkEvents(4, ev2) = 0 {FD_READ: 0}
+0     server: WSAAsyncSelect(4, win1, FD_READ|FD_CLOSE) = 0
+0     server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     client: closesocket(3) = 0
0.2    server: WSAWaitForMultipleEvents([ev1, ev2], 0) = WSA_WAIT_TIMEOUT
+0     server: recv(4, 5) = 5
+0     server: PeekMessage(win1) = {FD_CLOSE: 0, socket=4}
+0     server: PeekMessage(win1) = none
",
    );
}

#[test]
fn an_event_that_is_closed_meanwhile() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: WSACloseEvent(ev1) = 1
+0     client: send(3, 5) = 5
0.2    server: WSAEnumNetworkEvents(4, ev1) = -1 WSAEINVAL
+0     server: WSAEnumNetworkEvents(4, NULL) = 0 {FD_READ: 0}
",
    );
}
