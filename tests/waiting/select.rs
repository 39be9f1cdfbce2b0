//! select: its sets, what each kind of socket is ready for, its time, and sockets that are closed meanwhile.

use crate::support::{holds, pair_holds};

#[test]
fn sets_without_a_socket() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0   client: select(timeout=0) = -1 WSAEINVAL
+0   client: select(read=NULL, write=NULL, except=NULL, timeout=1000) = -1 WSAEINVAL
+0   client: select(read=[], write=[], except=[], timeout=1000) = -1 WSAEINVAL
+0   client: select(read=[], timeout=NULL) = -1 WSAEINVAL
+0   client: WSAGetLastError() = WSAEINVAL
+0   client: select(read=[3], write=[], timeout=0) = 0 {}
",
    );
}

#[test]
fn a_time_that_is_none() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0   client: select(write=[3], timeout={-1, 0}) = -1 WSAEINVAL
+0   client: select(write=[3], timeout={0, -1}) = -1 WSAEINVAL
+0   client: select(write=[3], timeout={0, 0}) = 1 {write=[3]}
",
    );
}

#[test]
fn the_first_argument_does_not_count() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0   client: select(0, NULL, [3], NULL, {0, 0}) = 1 {write=[3]}
+0   client: select(99, NULL, [3], NULL, {0, 0}) = 1 {write=[3]}
",
    );
}

#[test]
fn wf_5_18_handles_that_are_no_sockets() {
    holds(
        "\
 0   client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0   client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0   client: WSACreateEvent() = ev1
+0   client: closesocket(4) = 0
+0   client: select(read=[INVALID_SOCKET], write=[], except=[], timeout=0) = -1 WSAENOTSOCK
+0   client: select(read=[], write=[INVALID_SOCKET], except=[], timeout=0) = -1 WSAENOTSOCK
+0   client: select(read=[], write=[], except=[INVALID_SOCKET], timeout=0) = -1 WSAENOTSOCK
+0   client: select(write=[99], timeout=0) = -1 WSAENOTSOCK
+0   client: select(write=[3, 4], timeout=0) = -1 WSAENOTSOCK
+0   client: select(read=[4], write=[3], timeout=1000) = -1 WSAENOTSOCK
+0   client: select(write=[3, ev1], timeout=0) = -1 WSAENOTSOCK
+0   client: WSAGetLastError() = WSAENOTSOCK
+0   client: select(write=[3], timeout=0) = 1 {write=[3]}
",
    );
}

#[test]
fn wf_5_20_a_closed_handle_cannot_be_read() {
    pair_holds(
        "\
0.1 server: send(4, 5) = 5
0.2 client: closesocket(3) = 0
+0  client: recv(3, 5) = -1 WSAENOTSOCK
+0  client: recv(3, 5, MSG_PEEK) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn unconnected_sockets_are_ready_for_nothing() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 0 {}
+0     server: bind(3, :80) = 0
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 0 {}
+0     server: listen(3, 5) = 0
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 0 {}
+0...0.0005 server: select(read=[3], write=[3], except=[3], timeout={0, 500}) = 0 {}
",
    );
}

#[test]
fn a_connection_is_made() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 0 {}
+0...0.020 client: select(read=[3], write=[3], except=[3]) = 1 {write=[3]}
^+0...0.030 server: select(read=[3], write=[3], except=[3]) = 1 {read=[3]}
0.03   server: select(read=[3], timeout=0) = 1 {read=[3]}
+0     server: accept(3) = 4
+0     server: select(read=[3, 4], write=[3, 4], except=[3, 4], timeout=0) = 1 {write=[4]}
+0     client: getsockopt(3, SO_ERROR) = 0 {0}
",
    );
}

#[test]
fn data_and_the_end_can_be_read() {
    pair_holds(
        "\
0.1    server: select(read=[4], write=[4], except=[4], timeout=0) = 1 {write=[4]}
+0     client: send(3, 5) = 5
0.1...0.110 server: select(read=[4], except=[4]) = 1 {read=[4]}
0.11   server: select(read=[4], write=[4], except=[4], timeout=0) = 2 {read=[4], write=[4]}
+0     server: recv(4, 3) = 3
+0     server: select(read=[4], timeout=0) = 1 {read=[4]}
+0     server: recv(4, 2) = 2
+0     server: select(read=[4], timeout=0) = 0 {}
0.2    client: shutdown(3, SD_SEND) = 0
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
0.2...0.210 server: select(read=[4]) = 1 {read=[4]}
0.21   server: select(read=[4], write=[4], except=[4], timeout=0) = 2 {read=[4], write=[4]}
+0     server: recv(4, 1) = 0
+0     server: select(read=[4], timeout=0) = 1 {read=[4]}
",
    );
}

#[test]
fn wf_3_1_the_peers_close_can_be_read() {
    pair_holds(
        "\
0.1    client: closesocket(3) = 0
0.1...0.110 server: select(read=[4], except=[4]) = 1 {read=[4]}
0.11   server: recv(4, 1) = 0
+0     server: recv(4, 1) = 0
+0     server: select(read=[4], except=[4], timeout=0) = 1 {read=[4]}
",
    );
}

#[test]
fn wf_3_8_after_a_reset() {
    pair_holds(
        "\
0.1    client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
0.1...0.110 server: select(read=[4], except=[4]) = 1 {read=[4]}
0.11   server: select(read=[4], write=[4], except=[4], timeout=0) = 2 {read=[4], write=[4]}
+0     server: select(except=[4], timeout=0) = 0 {}
+0     server: recv(4, 1) = -1 WSAECONNRESET
+0     server: select(read=[4], write=[4], except=[4], timeout=0) = 2 {read=[4], write=[4]}
",
    );
}

#[test]
fn an_own_shutdown_takes_nothing_away() {
    pair_holds(
        "\
0.1    client: shutdown(3, SD_RECEIVE) = 0
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
+0     client: shutdown(3, SD_SEND) = 0
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
",
    );
}

#[test]
fn urgent_data_is_an_exception() {
    pair_holds(
        "\
0.1    client: send(3, \"u\", 1, MSG_OOB) = 1
0.1...0.110 server: select(read=[4], except=[4]) = 1 {except=[4]}
0.11   server: select(read=[4], write=[4], except=[4], timeout=0) = 2 {write=[4], except=[4]}
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: select(read=[4], except=[4], timeout=0) = 0 {}
",
    );
}

#[test]
fn urgent_data_in_line_is_data() {
    pair_holds(
        "\
0.03   server: setsockopt(4, SO_OOBINLINE, 1) = 0
+0     server: ioctlsocket(4, FIONBIO, 1) = 0
0.1    client: send(3, \"u\", 1, MSG_OOB) = 1
0.1...0.110 server: select(read=[4], except=[4]) = 1 {read=[4]}
0.11   server: recv(4, 1, MSG_OOB) = -1 WSAEINVAL
+0     server: recv(4, 5) = 1
+0     server: recv(4, 5) = -1 WSAEWOULDBLOCK
+0     server: select(read=[4], except=[4], timeout=0) = 0 {}
",
    );
}

/// R34: a send is taken while less than SO_SNDBUF, 65,536 bytes, is queued.
#[test]
fn writable_is_what_a_send_would_not_wait_for() {
    pair_holds(
        "\
0.1    client: send(3, 65535) = 65535
+0     client: select(write=[3], timeout=0) = 1 {write=[3]}
+0     client: send(3, 1) = 1
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 0 {}
0.1...0.120 client: select(write=[3]) = 1 {write=[3]}
",
    );
}

#[test]
fn datagram_sockets() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
+0     server: bind(3, :90) = 0
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: sendto(3, \"x\", 1, 0, server:90) = 1
+0...0.010 server: select(read=[3]) = 1 {read=[3]}
0.01   server: select(read=[3], write=[3], except=[3], timeout=0) = 2 {read=[3], write=[3]}
+0     server: recvfrom(3, 10) = 1
+0     server: select(read=[3], write=[3], except=[3], timeout=0) = 1 {write=[3]}
",
    );
}

#[test]
fn a_socket_counts_once_in_each_set() {
    pair_holds(
        "\
0.1    server: send(4, 1) = 1
0.2    client: select(read=[3], write=[3], except=[3], timeout=0) = 2 {read=[3], write=[3]}
+0     client: select(read=[3, 3], timeout=0) = 1 {read=[3]}
+0     client: select(read=[3, 3], write=[3, 3, 3], timeout=0) = 2 {read=[3], write=[3]}
",
    );
}

#[test]
fn two_hundred_sockets() {
    let names: Vec<_> = (3..203).map(|name| name.to_string()).collect();
    let made: String = names
        .iter()
        .map(|name| format!("0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = {name}\n"))
        .collect();
    let all = names.join(", ");
    holds(&format!("{made}0 client: select(write=[{all}], timeout=0) = 200 {{write=[{all}]}}\n"));
}

#[test]
fn the_first_of_several_sockets_ends_the_wait() {
    pair_holds(
        "\
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: accept(3) = 5
0.1    client: send(4, 5) = 5
0.1...0.110 server: select(read=[3, 4, 5]) = 1 {read=[5]}
0.2    client: send(3, 5) = 5
^+0    server: select(read=[3, 4, 5], timeout=1000) = 1 {read=[5]}
0.21   server: select(read=[3, 4, 5], timeout=1000) = 2 {read=[4, 5]}
",
    );
}

#[test]
fn several_threads_wait_for_one_socket() {
    pair_holds(
        "\
0.1...0.160 server: select(read=[4]) = 1 {read=[4]}
0.1...0.160 server.t2: select(read=[4], write=[3], timeout=1000) = 1 {read=[4]}
0.1...0.160 server.t3: select(read=[3, 4]) = 1 {read=[4]}
0.15   client: send(3, 5) = 5
0.16   server: recv(4, 5) = 5
+0     server.t2: select(read=[4], timeout=0) = 0 {}
",
    );
}

/// Data comes a microsecond before the time is over, and then a microsecond after.
#[test]
fn the_time_is_exact() {
    pair_holds(
        "\
0.1...0.199999 server: select(read=[4], timeout=100) = 1 {read=[4]}
0.189999 client: send(3, 5) = 5
0.199999 server: recv(4, 5) = 5
0.2...0.3 server: select(read=[4], timeout=100) = 0 {}
0.290001 client: send(3, 5) = 5
0.3    server: select(read=[4], timeout=0) = 0 {}
0.300001 server: select(read=[4], timeout=0) = 1 {read=[4]}
0.4...1.900001 server: select(except=[4], timeout={1, 500001}) = 0 {}
",
    );
}
