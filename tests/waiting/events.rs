//! What WSAEventSelect records and WSAAsyncSelect posts (WF-3.11, WF-6.1 to 6.15, R9, R10, R82). `|` stands between what
//! the one and the other say.

use crate::support::{both_ways, holds, is_documented, pair_both_ways, pair_holds, pair_told_by_profile};

/// Six bits, in every test that wants all.
const SIX: &str = "FD_READ|FD_WRITE|FD_OOB|FD_ACCEPT|FD_CONNECT|FD_CLOSE";

#[test]
fn a_connection_that_waits_is_told_of() {
    both_ways(&format!(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: nothing(3)
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.1    server: told(3) = FD_ACCEPT
+0     server: told(3) = none
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = none | FD_ACCEPT
0.2    client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.2...0.220 client: connect(4, server:80) = 0
0.3    server: told(3) = FD_ACCEPT | none | none
+0     server: accept(3) = 4
+0     server: told(3) = FD_ACCEPT
+0     server: accept(3) = 5
+0     server: told(3) = none
+0     server: register(3, {SIX})
+0     server: told(3) = none
"
    ));
}

#[test]
fn wf_2_39_an_accepted_socket_is_registered_as_its_listener() {
    both_ways(&format!(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: register(3, {SIX})
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.1    server: told(3) = FD_ACCEPT
+0     server: accept(3) = 4
+0     server: told(4 of 3) = FD_WRITE
+0     server: ioctlsocket(4, FIONBIO, 0) = -1 WSAEINVAL
"
    ));
}

#[test]
fn a_connect_is_told_of_with_room_to_write() {
    both_ways(&format!(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: register(3, {SIX})
+0     client: nothing(3)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.1    client: told(3) = FD_CONNECT FD_WRITE
+0     client: told(3) = none
+0     client: register(3, {SIX})
+0     client: told(3) = none | FD_WRITE
"
    ));
}

#[test]
fn a_connect_that_was_waited_for_is_recorded_and_not_posted() {
    pair_both_ways(&format!(
        "\
0.1    client: register(3, {SIX})
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
+0     server: register(4, {SIX})
+0     server: told(4) = FD_WRITE
"
    ));
}

#[test]
fn what_the_mask_had_not_is_told_when_it_has() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_CLOSE)
+0     client: send(3, 5) = 5
0.5    server: nothing(4)
+0     server: register(4, FD_CLOSE|FD_READ)
+0     server: told(4) = FD_READ
+0     server: recv(4, 10) = 5
+0     server: register(4, FD_CLOSE)
+0     client: send(3, 5) = 5
1      server: recv(4, 10) = 5
+0     server: register(4, FD_CLOSE|FD_READ)
+0     server: told(4) = none
",
    );
}

#[test]
fn wf_6_13_a_send_takes_nothing_away_and_room_is_told_of_after_one_that_failed() {
    pair_both_ways(
        "\
0.1    client: setsockopt(3, SO_SNDBUF, 10000) = 0
+0     client: register(3, FD_WRITE)
+0     client: send(3, 100) = 100
+0     client: told(3) = FD_WRITE
0.5    client: told(3) = none
+0     client: send(3, 20000) = 20000
1      client: told(3) = none
+0     net: cut
+0     client: send(3, 20000) = 20000
+0     client: send(3, 1) = -1 WSAEWOULDBLOCK
+0     net: heal
+0     client: told(3) = none
5      client: told(3) = FD_WRITE
+0     client: told(3) = none
",
    );
}

#[test]
fn r82_data_is_told_of_until_it_was_read() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ)
+0     server: nothing(4)
+0     client: send(3, 5) = 5
0.5    server: told(4) = FD_READ
+0     server: register(4, FD_READ)
+0     server: told(4) = none | FD_READ
+0     client: send(3, 5) = 5
1      server: told(4) = FD_READ | none | none
+0     server: recv(4, 2) = 2
+0     server: told(4) = FD_READ
+0     server: recv(4, 100) = 8
+0     server: told(4) = none
+0     client: send(3, 5) = 5
2      server: told(4) = FD_READ
",
    );
}

#[test]
fn urgent_data_is_told_of_by_itself() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ|FD_OOB)
+0     client: send(3, 1, MSG_OOB) = 1
0.2    server: told(4) = FD_OOB
+0     server: register(4, FD_READ|FD_OOB)
+0     server: told(4) = none | FD_OOB
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: told(4) = none
",
    );
}

#[test]
fn wf_6_3_the_peers_close_is_told_of_once() {
    for close in ["closesocket(3)", "shutdown(3, SD_SEND)"] {
        pair_both_ways(&format!(
            "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: {close} = 0
0.2    server: told(4) = FD_CLOSE
+0     client: closesocket(3) = ...
0.3    server: told(4) = none
+0     server: recv(4, 10) = 0
+0     server: told(4) = none
+0     server: register(4, FD_CLOSE|FD_READ)
+0     server: told(4) = none | FD_CLOSE
+0     server: register(4, FD_CLOSE|FD_READ)
+0     server: told(4) = none | FD_CLOSE
"
        ));
    }
}

#[test]
fn wf_6_8_a_close_before_the_registration_is_told_of_at_once() {
    pair_both_ways(
        "\
0.1    client: closesocket(3) = 0
0.2    server: register(4, FD_CLOSE)
+0     server: told(4) = FD_CLOSE
",
    );
}

#[test]
fn wf_6_7_shutdowns_of_ones_own_are_not_told_of() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ|FD_CLOSE)
+0     client: shutdown(3, SD_RECEIVE) = 0
0.2    server: told(4) = none
+0     server: shutdown(4, SD_BOTH) = 0
0.3    server: told(4) = none
+0     client: shutdown(3, SD_SEND) = 0
0.4    server: told(4) = FD_CLOSE
",
    );
}

/// R10, WF-6.6: FD_CLOSE waits until everything was read, or does not.
#[test]
fn r10_wf_6_6_a_close_behind_unread_data() {
    pair_told_by_profile(
        "\
0.1    server: register(4, FD_READ|FD_CLOSE)
+0     client: send(3, 5) = 5
0.2    server: told(4) = FD_READ
+0     client: closesocket(3) = 0
0.3    server: told(4) = $AT_ONCE
+0     server: recv(4, 3) = 3
+0     server: told(4) = FD_READ
+0     server: recv(4, 10) = 2
+0     server: told(4) = $AT_LAST
",
        |profile| {
            if is_documented(profile) {
                vec![("AT_ONCE", "none"), ("AT_LAST", "FD_CLOSE")]
            } else {
                vec![("AT_ONCE", "FD_CLOSE"), ("AT_LAST", "none")]
            }
        },
    );
}

/// R9, WF-3.11, WF-6.9.
#[test]
fn r9_wf_3_11_the_code_after_a_reset() {
    pair_told_by_profile(
        "\
0.1    server: register(4, FD_READ|FD_CLOSE)
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
0.2    server: told(4) = FD_CLOSE:$CODE
+0     server: recv(4, 1) = -1 WSAECONNRESET
+0     server: told(4) = none
+0     server: register(4, FD_CLOSE)
+0     server: told(4) = none | FD_CLOSE:$CODE
",
        |profile| vec![("CODE", if is_documented(profile) { "WSAECONNRESET" } else { "WSAECONNABORTED" })],
    );
}

#[test]
fn wf_6_12_a_registered_socket_stays_nonblocking() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ)
+0     server: recv(4, 1) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, FIONBIO, 1) = 0
+0     server: ioctlsocket(4, FIONBIO, 0) = -1 WSAEINVAL
",
    );
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ) = 0
+0     server: WSAEventSelect(4, NULL, 0) = 0
+0     server: recv(4, 1) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, FIONBIO, 0) = 0
0.1...0.2 server: recv(4, 1) = 1
0.19   client: send(3, 1) = 1
",
    );
}

#[test]
fn what_cannot_be_registered() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, NULL, FD_READ) = -1 WSAEINVAL
+0     server: WSAEventSelect(4, 4, FD_READ) = -1 WSAEINVAL
+0     server: WSAEventSelect(4, ev1, 0x400) = -1 WSAEINVAL
+0     server: WSAEventSelect(9, ev1, FD_READ) = -1 WSAENOTSOCK
+0     server: WSAEventSelect(ev1, ev1, FD_READ) = -1 WSAENOTSOCK
+0     server: WSAAsyncSelect(4, NULL, FD_READ) = -1 WSAEINVAL
+0     server: WSAAsyncSelect(9, win1, FD_READ) = -1 WSAENOTSOCK
+0     server: WSAEnumNetworkEvents(4, 4) = -1 WSAEINVAL
+0     server: WSAEnumNetworkEvents(4, ev1, NULL) = -1 WSAEFAULT
+0     server: WSAEnumNetworkEvents(9, ev1) = -1 WSAENOTSOCK
",
    );
}

/// Records that the mask hides are kept, and an event is reset even when there is nothing to say.
#[test]
fn enumerating_forgets_what_it_tells_and_nothing_else() {
    pair_holds(
        "\
0.1    server: WSACreateEvent() = ev1
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_WRITE) = 0
+0     client: send(3, 5) = 5
0.2    server: WSAEventSelect(4, ev1, FD_CLOSE) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, ev1) = 0 {}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0     server: WSAEventSelect(4, ev1, FD_READ|FD_WRITE) = 0
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
+0     server: WSAEnumNetworkEvents(4, NULL) = 0 {FD_READ: 0, FD_WRITE: 0}
+0     server: WSAEnumNetworkEvents(4, NULL) = 0 {}
+0     server: WSAWaitForMultipleEvents([ev1], 0) = 0
",
    );
}

#[test]
fn events_are_waited_for_one_or_all() {
    holds(
        "\
 0     server: WSACreateEvent() = ev1
+0     server: WSAWaitForMultipleEvents([], 0) = -1 WSA_INVALID_PARAMETER
+0     server: WSAWaitForMultipleEvents(NULL, 0) = -1 WSA_INVALID_PARAMETER
+0     server: WSAWaitForMultipleEvents([ev1, 9], 0) = -1 WSA_INVALID_HANDLE
0...0.199 server: WSAWaitForMultipleEvents([ev1], 199) = WSA_WAIT_TIMEOUT
",
    );
    holds(
        "\
 0     server: WSACreateEvent() = ev1
+0     server: WSACreateEvent() = ev2
0...0.1 server.t2: WSAWaitForMultipleEvents([ev1, ev2], 5000) = 1
0...0.2 server.t3: WSAWaitForMultipleEvents([ev1, ev2], TRUE, 5000) = 0
0.1    server: WSASetEvent(ev2) = 1
0.2    server: WSASetEvent(ev1) = 1
+0     server: WSAWaitForMultipleEvents([ev1, ev2], 0) = 0
+0     server: WSAResetEvent(ev1) = 1
+0     server: WSAWaitForMultipleEvents([ev1, ev2], 0) = 1
+0     server: WSACloseEvent(ev1) = 1
+0     server: WSASetEvent(ev1) = -1 WSA_INVALID_HANDLE
",
    );
}

#[test]
fn datagram_sockets_have_room_once_they_are_bound() {
    both_ways(
        "\
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: bind(3, :90) = 0
+0     server: register(3, FD_READ|FD_WRITE)
+0     server: told(3) = FD_WRITE
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: register(3, FD_READ|FD_WRITE|FD_CONNECT)
+0     client: told(3) = none | FD_WRITE
+0     client: connect(3, server:90) = 0
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
+0     client: send(3, 5) = 5
0.1    server: told(3) = FD_READ
+0     server: recv(3, 100) = 5
+0     server: told(3) = none
",
    );
}

/// A window's messages are in the order of their instants, each of one event, with the socket that it is about.
#[test]
fn messages_of_several_sockets_are_in_one_queue() {
    pair_holds(
        "\
0.1    server: WSAAsyncSelect(3, win1, FD_ACCEPT) = 0
+0     server: WSAAsyncSelect(4, win1, FD_READ|FD_CLOSE) = 0
+0     client: send(3, 5) = 5
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.1...0.12 client: connect(4, server:80) = 0
+0     client: closesocket(3) = 0
0.2    server: PeekMessage(win2) = none
+0     server: PeekMessage(win1) = {FD_READ: 0, socket=4}
+0     server: PeekMessage(win1) = {FD_ACCEPT: 0, socket=3}
+0     server: recv(4, 10) = 5
",
    );
}
