//! Sockets that are closed while somebody waits for them, or is to be told of them (CS-B4, CS-E13, WF-5.11 to 5.15).

use crate::support::{both_ways, holds, pair_both_ways, pair_holds};

#[test]
fn wf_5_13_a_select_for_reading_returns_with_the_socket() {
    pair_holds(
        "\
0.1...0.2 server: select(read=[4]) = 1 {read=[4]}
0.2    server.t2: closesocket(4) = 0
+0     server: recv(4, 1) = -1 WSAENOTSOCK
0.3...0.4 server: select(read=[3], timeout=5000) = 1 {read=[3]}
0.4    server.t2: closesocket(3) = 0
+0     server: accept(3) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn wf_5_13_the_set_for_reading_goes_before_the_others() {
    pair_holds(
        "\
0.1...0.2 server: select(read=[3, 4], write=[3], except=[3, 4]) = 1 {read=[4]}
0.2    server.t2: closesocket(4) = 0
",
    );
}

#[test]
fn wf_5_14_a_select_for_exceptions_alone_fails() {
    pair_holds(
        "\
0.1...0.2 server: select(except=[4]) = -1 WSAENOTSOCK
0.1...0.2 server.t3: select(read=[3], except=[3, 4], timeout=1000) = -1 WSAENOTSOCK
0.2    server.t2: closesocket(4) = 0
+0     server: WSAGetLastError() = WSAENOTSOCK
+0     server.t2: WSAGetLastError() = 0
",
    );
}

#[test]
fn wf_5_15_poll_returns_with_pollnval() {
    pair_holds(
        "\
0.1...0.2 server: WSAPoll([{4, POLLRDNORM}], -1) = 1 {4: POLLNVAL}
0.1...0.2 server.t3: WSAPoll([{3, POLLRDNORM}, {4, 0}], 1000) = 1 {4: POLLNVAL}
0.2    server.t2: closesocket(4) = 0
+0     server: WSAPoll([{4, POLLRDNORM}], 0) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn another_socket_that_is_closed_ends_no_wait() {
    pair_holds(
        "\
0.1...0.3 server: select(read=[4], except=[4], timeout=200) = 0 {}
0.1...0.3 server.t3: WSAPoll([{4, POLLRDNORM}], 200) = 0 {}
0.2    server.t2: closesocket(3) = 0
",
    );
}

/// WF-5.11, R13: what the closed socket's other waiters are told.
#[test]
fn wf_5_11_a_blocked_accept_is_interrupted_beside_a_select() {
    pair_holds(
        "\
0.1...0.2 server: accept(3) = -1 WSAEINTR
0.1...0.2 server.t2: select(read=[3]) = 1 {read=[3]}
0.2    server.t3: closesocket(3) = 0
",
    );
}

/// A select for reading is no receive that is pending (R5): the connection ends with a FIN.
#[test]
fn a_waiting_select_is_no_pending_receive() {
    pair_holds(
        "\
0.1...0.2 server: select(read=[4]) = 1 {read=[4]}
0.2    server.t2: closesocket(4) = 0
+0     server > F. 1:1(0)
0.21   client: recv(3, 1) = 0
",
    );
}

#[test]
fn cs_e13_no_fd_close_after_closesocket() {
    pair_both_ways(
        "\
0.1    client: register(3, FD_READ|FD_CLOSE)
+0     client: told(3) = none
+0     client: closesocket(3) = 0
+0     client: nothing(3)
0.2    server: closesocket(4) = 0
0.3    client: nothing(3)
1      client: nothing(3)
",
    );
}

#[test]
fn cs_e13_nor_after_a_hard_close() {
    pair_both_ways(
        "\
0.1    client: register(3, FD_READ|FD_CLOSE)
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
+0     client: nothing(3)
0.2    client: nothing(3)
",
    );
}

#[test]
fn cs_b4_the_registration_ends_without_a_word() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ|FD_CLOSE)
0.2    client: send(3, 5) = 5
0.205  server: closesocket(4) = 0
0.3    server: nothing(4)
",
    );
    both_ways(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: register(3, FD_ACCEPT)
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.005  server: closesocket(3) = 0
1      server: nothing(3)
",
    );
}

#[test]
fn cs_b4_a_connect_under_way_is_never_told_of() {
    both_ways(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: register(3, FD_CONNECT|FD_WRITE|FD_CLOSE)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.01   client: closesocket(3) = 0
+0     client: nothing(3)
1      client: nothing(3)
",
    );
}

#[test]
fn cs_b4_what_was_posted_stays() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ|FD_CLOSE) = 0
+0     client: send(3, 5) = 5
0.2    server: closesocket(4) = 0
+0     server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     server: PeekMessage(win1) = none
",
    );
}

#[test]
fn cs_b4_a_signalled_event_stays_signalled() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_CLOSE) = 0
+0     client: send(3, 5) = 5
0.2    server: closesocket(4) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, ev1) = -1 WSAENOTSOCK
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
",
    );
}

#[test]
fn wf_6_2_closehandle_is_told_of() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ|FD_CLOSE) = 0
+0     server: CloseHandle(4) = 1
+0     server: PeekMessage(win1) = {FD_CLOSE: 0, socket=4}
+0     server: PeekMessage(win1) = none
0.2    client: WSACreateEvent() = ev1
+0     client: WSAEventSelect(3, ev1, FD_OOB|FD_CLOSE) = 0
+0     client: WSAEnumNetworkEvents(3, ev1) = 0 {FD_CLOSE: 0}
+0     client: CloseHandle(3) = 1
+0     client: WSAWaitForMultipleEvents([ev1], 0) = 0
",
    );
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     server: CloseHandle(4) = 1
+0     server: PeekMessage(win1) = none
",
    );
}

/// A value that names a newer socket: its messages are its own.
#[test]
fn the_next_socket_has_no_registration() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: WSAAsyncSelect(3, win1, FD_READ) = 0
+0     server: closesocket(3) = 0
+0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0     server: bind(4, :90) = 0
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: sendto(3, \"x\", 1, 0, server:90) = 1
0.1    server: PeekMessage(win1) = none
+0     server: ioctlsocket(4, FIONBIO, 0) = 0
+0     server: recv(4, 10) = 1
",
    );
}

/// CS-E10: it would have to wait, so nothing is closed, and FD_CLOSE is told of.
#[test]
fn a_close_that_fails_leaves_the_registration() {
    pair_both_ways(
        "\
0.1    client: register(3, FD_READ|FD_CLOSE)
+0     client: setsockopt(3, SO_LINGER, {1, 5}) = 0
+0     client: send(3, 5) = 5
+0     client: closesocket(3) = -1 WSAEWOULDBLOCK
+0     server: shutdown(4, SD_SEND) = 0
0.109999 client: told(3) = none
0.11   client: told(3) = FD_CLOSE:0
",
    );
}
