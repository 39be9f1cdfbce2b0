//! SO_RCVTIMEO and SO_SNDTIMEO (WF-3.30, R35): exact, under_every with what comes at its last tick and one after it.

use super::{CONNECTED, HOSTS, every};

/// recv gives up after so many milliseconds; the socket works on.
#[test]
fn wf_3_30_r35_a_receive_that_waited_so_long_times_out() {
    for call in ["recv", "recvfrom"] {
        let lines = format!(
            "0.1 client: setsockopt(3, SO_RCVTIMEO, 100) = 0
+0 client: getsockopt(3, SO_RCVTIMEO) = 0 {{100}}
0.1...0.2 client: {call}(3, 10) = -1 WSAETIMEDOUT
0.2 client: WSAGetLastError() = WSAETIMEDOUT
+0 client: state(3) == ESTABLISHED
0.2 server: send(4, 3) = 3
0.2...0.21 client: {call}(3, 10) = 3
+0 client: send(3, 3) = 3
"
        );
        every(CONNECTED, &lines);
    }
}

/// Data that arrives at the very instant is received; a tick later it is not.
#[test]
fn r35_the_last_tick_of_a_receive() {
    for (sent, result) in [("0.19", "3"), ("0.190000001", "-1 WSAETIMEDOUT")] {
        let lines = format!(
            "0.1 client: setsockopt(3, SO_RCVTIMEO, 100) = 0
0.1...0.2 client: recv(3, 10) = {result}
{sent} server: send(4, 3) = 3
"
        );
        every(CONNECTED, &lines);
    }
}

/// 0 is for ever, and what a socket has at first.
#[test]
fn wf_3_30_no_timeout_is_for_ever() {
    for set in
        ["0.1 client: setsockopt(3, SO_RCVTIMEO, 7) = 0\n+0 client: setsockopt(3, SO_RCVTIMEO, 0) = 0\n", ""]
    {
        let lines = format!("{set}0.1...5000.01 client: recv(3, 10) = 3\n5000 server: send(4, 3) = 3\n");
        every(CONNECTED, &lines);
    }
}

/// accept hands the listener's on, and is not subject to it itself; neither is connect.
#[test]
fn wf_3_30_accept_hands_the_timeouts_on() {
    every(
        HOSTS,
        "0 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server: bind(3, :80) = 0
+0 server: listen(3, 5) = 0
+0 server: setsockopt(3, SO_RCVTIMEO, 50) = 0
+0 server: setsockopt(3, SO_SNDTIMEO, 60) = 0
0...1.03 server: accept(3) = 4
0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 client: setsockopt(3, SO_RCVTIMEO, 1) = 0
+0 client: setsockopt(3, SO_SNDTIMEO, 1) = 0
1...1.02 client: connect(3, server:80) = 0
1.1 server: getsockopt(4, SO_SNDTIMEO) = 0 {60}
1.1...1.15 server: recv(4, 10) = -1 WSAETIMEDOUT
",
    );
}

/// A nonblocking socket does not wait at all.
#[test]
fn wf_3_30_a_nonblocking_socket_would_block() {
    every(
        CONNECTED,
        "0.1 client: setsockopt(3, SO_RCVTIMEO, 100) = 0
+0 client: ioctlsocket(3, FIONBIO, 1) = 0
+0 client: recv(3, 10) = -1 WSAEWOULDBLOCK
",
    );
}

/// Datagrams, too: the first is in time, the second is not.
#[test]
fn wf_3_30_a_datagram_that_does_not_come() {
    every(
        HOSTS,
        r#"0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 server: bind(3, :53) = 0
+0 server: setsockopt(3, SO_RCVTIMEO, 10) = 0
+0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
0.1...0.11 server: recvfrom(3, 10) = 3
0.1 client: sendto(3, "abc", 3, 0, server:53) = 3
0.2...0.21 server: recvfrom(3, 10) = -1 WSAETIMEDOUT
0.200000001 client: sendto(3, "abc", 3, 0, server:53) = 3
0.3 server: recvfrom(3, 10) = 3
"#,
    );
}

/// SO_SNDTIMEO, with a full buffer (R34) and nobody who acknowledges.
#[test]
fn r35_a_send_that_waited_so_long_times_out() {
    every(
        CONNECTED,
        "0.1 net: cut
+0 client: setsockopt(3, SO_SNDTIMEO, 100) = 0
+0 client: send(3, 65536) = 65536
0.1...0.2 client: send(3, 1) = -1 WSAETIMEDOUT
0.2 client: setsockopt(3, SO_SNDTIMEO, 0) = 0
0.2...* client: send(3, 1) = 1
0.25 net: heal
50 client: closesocket(3) = 0
51...* server: recv_all(4) = 65537 {end=0}
",
    );
}

/// The first ACK comes 20 ms after the first segments, and makes room: in time for a timeout of 20 ms, not of 19.
#[test]
fn r35_the_last_millisecond_of_a_send() {
    for (timeout, end, result) in [("20", "0.12", "1"), ("19", "0.119", "-1 WSAETIMEDOUT")] {
        let lines = format!(
            "0.1 client: setsockopt(3, SO_SNDTIMEO, {timeout}) = 0
+0 client: send(3, 65536) = 65536
0.1...{end} client: send(3, 1) = {result}
"
        );
        every(CONNECTED, &lines);
    }
}

/// A thread waits for so long each time: the second receive has a deadline of its own.
#[test]
fn r35_every_call_has_its_own_deadline() {
    every(
        CONNECTED,
        "0.1 client: setsockopt(3, SO_RCVTIMEO, 100) = 0
0.1...0.2 client: recv(3, 10) = -1 WSAETIMEDOUT
0.15...0.25 client.t2: recv(3, 10) = -1 WSAETIMEDOUT
0.23...0.31 client: recv(3, 10) = 4
0.3 server: send(4, 4) = 4
",
    );
}
