//! WSAAsyncSelect and PeekMessage: what they refuse, windows, and the order of messages.

use crate::support::{holds, pair_holds};

#[test]
fn what_wsaasyncselect_refuses() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0   client: WSACreateEvent() = ev1
+0   client: WSAAsyncSelect(INVALID_SOCKET, win1, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAAsyncSelect(ev1, win1, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAAsyncSelect(99, NULL, FD_READ) = -1 WSAENOTSOCK
+0   client: WSAAsyncSelect(3, NULL, FD_READ) = -1 WSAEINVAL
+0   client: WSAAsyncSelect(3, win1, 0x400) = -1 WSAEINVAL
+0   client: WSAAsyncSelect(3, win1, 0x80000001) = -1 WSAEINVAL
+0   client: WSAGetLastError() = WSAEINVAL
+0   client: WSAAsyncSelect(3, win1, 0) = 0
+0   client: WSAAsyncSelect(3, win1, FD_ALL_EVENTS) = 0
+0   client: closesocket(3) = 0
+0   client: WSAAsyncSelect(3, win1, FD_READ) = -1 WSAENOTSOCK
+0   client: PeekMessage(win1) = none
",
    );
}

#[test]
fn a_call_that_is_refused_leaves_the_registration() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     server: WSAAsyncSelect(4, NULL, FD_WRITE) = -1 WSAEINVAL
+0     client: send(3, 5) = 5
0.2    server: PeekMessage(win1) = {FD_READ: 0, socket=4}
",
    );
}

#[test]
fn each_window_and_each_process_has_its_own() {
    pair_holds(
        "\
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: accept(3) = 5
+0     server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     server: WSAAsyncSelect(5, win2, FD_READ) = 0
+0     client: send(4, 5) = 5
0.1    client: send(3, 5) = 5
0.2    server: PeekMessage(win3) = none
+0     server.p2: PeekMessage(win1) = none
+0     server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     server: PeekMessage(win1) = none
+0     server.t2: PeekMessage(win2) = {FD_READ: 0, socket=5}
+0     server: PeekMessage(win2) = none
",
    );
}

#[test]
fn one_window_of_two_sockets_keeps_their_order() {
    pair_holds(
        "\
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: accept(3) = 5
+0     server: WSAAsyncSelect(4, win1, FD_READ|FD_CLOSE) = 0
+0     server: WSAAsyncSelect(5, win1, FD_READ|FD_CLOSE) = 0
0.1    client: send(4, 5) = 5
0.11   client: send(3, 5) = 5
0.12   client: shutdown(4, SD_SEND) = 0
0.2    server: PeekMessage(win1) = {FD_READ: 0, socket=5}
+0     server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     server: recv(5, 5) = 5
+0     server: PeekMessage(win1) = {FD_CLOSE: 0, socket=5}
+0     server: PeekMessage(win1) = none
",
    );
}

/// The WSAAsyncSelect page: a mask of 0 ends it, and what waits in the queue can still be received.
#[test]
fn what_was_posted_outlives_its_registration() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     client: send(3, 5) = 5
0.2    server: WSAAsyncSelect(4, win1, 0) = 0
+0     client: send(3, 5) = 5
0.3    server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     server: PeekMessage(win1) = none
",
    );
}

#[test]
fn another_window_takes_the_place_of_the_first() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_READ) = 0
+0     server: WSAAsyncSelect(4, win2, FD_READ) = 0
+0     client: send(3, 5) = 5
0.2    server: PeekMessage(win1) = none
+0     server: PeekMessage(win2) = {FD_READ: 0, socket=4}
+0     server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_CLOSE) = 0
+0     server: recv(4, 5) = 5
+0     client: closesocket(3) = 0
0.3    server: PeekMessage(win2) = none
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {FD_CLOSE: 0}
",
    );
}

#[test]
fn a_window_has_no_message_for_what_was_not_asked() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(4, win1, FD_OOB) = 0
+0     client: send(3, 5) = 5
+0     client: shutdown(3, SD_SEND) = 0
0.2    server: PeekMessage(win1) = none
",
    );
}
