//! What waits, between whole hosts: delayed ACKs and keep-alive, and the calls that set them.

use closewait_sim::script::{self, Options, Verdict};

/// Two hosts 10 ms apart, connected at 0.030: the server's socket is 4, the client's 3.
const CONNECTED: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
";

fn passes(lines: &str) {
    let text = format!("{CONNECTED}{lines}");
    let report = script::run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(report.verdict, Verdict::Passed, "{text}");
}

/// WF-10.10, R65: the ACK of 100 bytes leaves 200 ms after they came, though they were read at once.
/// Mutation: the ACK of one segment does not wait.
#[test]
fn an_ack_waits_for_200_ms() {
    passes(
        "0.1   client: send(3, 100) = 100
0.110  server: recv(4, 4096) = 100
0.110...0.3099 server > none .
0.310  server > . 1:1(0) ack 101
",
    );
}

/// SIO_TCP_SET_ACK_FREQUENCY, per socket, 1 to 255: with 1 no ACK waits.
/// Mutation: the connection is not told.
#[test]
fn a_program_sets_the_frequency_of_acks() {
    passes(
        "0.1   server: WSAIoctl(4, SIO_TCP_SET_ACK_FREQUENCY, 0) = -1 WSAEINVAL
+0     server: WSAIoctl(4, SIO_TCP_SET_ACK_FREQUENCY, 256) = -1 WSAEINVAL
+0     server: WSAIoctl(4, SIO_TCP_SET_ACK_FREQUENCY, NULL) = -1 WSAEFAULT
+0     server: WSAIoctl(4, SIO_TCP_SET_ACK_FREQUENCY, 1) = 0
0.2    client: send(3, 100) = 100
0.210  server > . 1:1(0) ack 101
",
    );
}

/// WF-10.11, R67, R68: a probe after 75 s without a word; answered, the next 75 s later; then ten without an answer, a
/// second apart: 75.12 + 75 + 10. Whoever waits is told by WSAENETRESET, and after that there is no connection.
/// Mutation: an answer does not begin the time anew.
#[test]
fn keep_alive_finds_that_the_peer_is_gone() {
    passes(
        "0.1   client: WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 75000, 1000}) = 0
75.1   client > . 0:0(0) ack 1
75.110 server > . 1:1(0) ack 1
100    net: cut
100...160.120 client: recv(3, 100) = -1 WSAENETRESET
+0     client: state(3) == CLOSED
+0     client: recv(3, 100) = -1 WSAENOTCONN
+0     client: send(3, 5) = -1 WSAENOTCONN
",
    );
}

/// The defaults of Windows, and what sets them: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL (seconds), TCP_KEEPCNT. A
/// socket that listens hands them on.
/// Mutation: an accepted socket's connection is not told.
#[test]
fn keep_alive_has_options() {
    passes(
        "0.1   client: getsockopt(3, SO_KEEPALIVE) = 0 {0}
+0     client: getsockopt(3, TCP_KEEPIDLE) = 0 {7200}
+0     client: getsockopt(3, TCP_KEEPINTVL) = 0 {1}
+0     client: getsockopt(3, TCP_KEEPCNT) = 0 {10}
+0     client: setsockopt(3, TCP_KEEPCNT, 0) = -1 WSAEINVAL
+0     client: setsockopt(3, TCP_KEEPCNT, 256) = -1 WSAEINVAL
+0     client: setsockopt(3, TCP_KEEPIDLE, 0) = -1 WSAEINVAL
+0     server: setsockopt(3, SO_KEEPALIVE, 1) = 0
+0     server: setsockopt(3, TCP_KEEPIDLE, 60) = 0
+0     server: setsockopt(3, TCP_KEEPINTVL, 5) = 0
+0     server: setsockopt(3, TCP_KEEPCNT, 2) = 0
1      client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
1...1.020 client: connect(5, server:80) = 0
+0.010 server: accept(3) = 5
+0     net: cut
61.030 server > . 0:0(0) ack 1
66.030 server > . 0:0(0) ack 1
71.030 server > R. 1:1(0) ack 1
+0     server: recv(5, 100) = -1 WSAENETRESET
",
    );
}

/// WF-10.12, WF-10.11: a short buffer or none; times of 0, which would probe without end; SO_KEEPALIVE while
/// connecting.
/// Mutation: two words are enough.
#[test]
fn what_keep_alive_does_not_take() {
    passes(
        "0.1   client: WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 75000, 1000}, 8) = -1 WSAEFAULT
+0     client: WSAIoctl(3, SIO_KEEPALIVE_VALS, NULL) = -1 WSAEFAULT
+0     client: WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 0, 1000}) = -1 WSAEINVAL
+0     client: WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 75000, 0}) = -1 WSAEINVAL
+0     client: WSAIoctl(3, SIO_KEEPALIVE_VALS, {0, 0, 0}) = 0
+0     client: WSAIoctl(3, 7, 1) = -1 WSAEOPNOTSUPP
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0     client: ioctlsocket(5, FIONBIO, 1) = 0
+0     client: connect(5, server:80) = -1 WSAEWOULDBLOCK
+0     client: setsockopt(5, SO_KEEPALIVE, 1) = -1 WSAEINVAL
",
    );
}

/// A world whose only deadlines are keep-alives is at rest, or it would never be.
/// Mutation: it is not.
#[test]
fn keep_alive_does_not_keep_a_world_awake() {
    passes(
        "0.1   client: setsockopt(3, SO_KEEPALIVE, 1) = 0
+0     client: closesocket(3) = 0
0.2    server: closesocket(4) = 0
+0     server: closesocket(3) = 0
1      net: at_rest
",
    );
    let open = format!("{CONNECTED}0.1 client: setsockopt(3, SO_KEEPALIVE, 1) = 0\n+0 net: at_rest\n");
    let report = script::run(&open, &Options::default()).expect("a scenario");
    let Verdict::Failed(failures) = report.verdict else { panic!("a connection is open") };
    assert_eq!(failures[0].expected, "the world at rest");
}

/// TCP_MAXRT, R69: seconds until retransmission gives up, of what is sent and of a SYN; -1 never; 0 as the system does.
/// The RTO is 300 ms, then 600, then what is left of the second.
/// Mutation: the option sets nothing.
#[test]
fn a_program_sets_the_user_timeout() {
    passes(
        "0.1   client: getsockopt(3, TCP_MAXRT) = 0 {0}
+0     client: setsockopt(3, TCP_MAXRT, -2) = -1 WSAEINVAL
+0     client: setsockopt(3, TCP_MAXRT, -1) = 0
+0     client: getsockopt(3, TCP_MAXRT) = 0 {-1}
+0     client: setsockopt(3, TCP_MAXRT, 1) = 0
+0     net: cut
+0     client: send(3, 10) = 10
+0...1  client: recv(3, 100) = -1 WSAECONNABORTED
2      client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0     client: setsockopt(5, TCP_MAXRT, 5) = 0
2...7  client: connect(5, server:80) = -1 WSAETIMEDOUT
",
    );
}
