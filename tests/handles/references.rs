//! Only the last descriptor acts on the connection (CS-B2, WF-7.1, 7.2, 7.7), and R20.

use super::{CONNECTED, HOSTS, column, every, under_every};
use closewait::profile::Profile;

/// The client's 3 and 5 are one socket in process 1, 7 and 8 the same in process 2.
const FOUR: &str = "\
0.04 client: DuplicateHandle(3) = 5
+0 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client.p2: WSASocket(info1) = 7
+0 client.p2: DuplicateHandle(7) = 8
";

fn four() -> String {
    format!("{CONNECTED}{FOUR}")
}

/// The client's 3 and 5 are one socket.
fn two() -> String {
    format!(
        "{CONNECTED}0.04 client: WSADuplicateSocket(3, client) = 0 info1\n+0 client: WSASocket(info1) = 5\n"
    )
}

/// Whichever is closed first, the other works on, and closing that one ends the connection.
#[test]
fn wf_7_2_the_other_descriptor_works_on() {
    for (first, second) in [(3, 5), (5, 3)] {
        let lines = format!(
            "0.1 client: closesocket({first}) = 0
0.1...0.199 client > none
+0 client: recv({first}, 10) = -1 WSAENOTSOCK
+0 client: closesocket({first}) = -1 WSAENOTSOCK
+0 client: state({second}) == ESTABLISHED
0.2 client: send({second}, 10) = 10
0.2 client: closesocket({second}) = 0
0.2 client > P. 1:11(10)
0.2 client > F.
+0 client: leaks == 0
0.3 server: recv_all(4) = 10 {{end=0}}
"
        );
        every(&two(), &lines);
    }
}

/// Two processes with two descriptors each: in every order of closing, only the last close sends anything.
#[test]
fn cs_b2_only_the_last_of_many_closes_the_connection() {
    let all = [
        "client: closesocket(3)",
        "client: closesocket(5)",
        "client.p2: closesocket(7)",
        "client.p2: closesocket(8)",
    ];
    let mut orders = 0;
    for a in 0..4 {
        for b in (0..4).filter(|&b| b != a) {
            for c in (0..4).filter(|&c| c != a && c != b) {
                let [a, b, c, d] = [a, b, c, 6 - a - b - c].map(|i| all[i]);
                let lines = format!(
                    "0.1...0.399 client > none\n0.1 {a} = 0\n0.2 {b} = 0\n0.3 {c} = 0\n0.4 {d} = 0\n0.4 client > F.\n\
                     +0 client: leaks == 0\n+0 client.p2: leaks == 0\n0.5 server: recv(4, 10) = 0\n"
                );
                every(&four(), &lines);
                orders += 1;
            }
        }
    }
    assert_eq!(orders, 24);
}

/// What is set, shut, read or sent by one descriptor is so for all, in the other process, too.
#[test]
fn wf_7_1_all_state_is_the_sockets() {
    every(
        &four(),
        r#"0.1 client: setsockopt(5, SO_LINGER, {1, 7}) = 0
+0 client.p2: getsockopt(8, SO_LINGER) = 0 {1, 7}
+0 client.p2: setsockopt(7, SO_LINGER, {0, 0}) = 0
+0 client: getsockopt(3, SO_LINGER) = 0 {0, 0}
+0 client: getpeername(5) = 0 {server:80}
+0 client.p2: getpeername(7) = 0 {server:80}
+0 server: send(4, "hello", 5, 0) = 5
0.2 client: recv(3, 2) = 2
+0 client.p2: recv(7, 10) = 3
+0 client.p2: ioctlsocket(8, FIONBIO, 1) = 0
+0 client: recv(3, 10) = -1 WSAEWOULDBLOCK
+0 client: shutdown(5, SD_SEND) = 0
0.2 client > F.
+0 client.p2: send(7, 1) = -1 WSAESHUTDOWN
"#,
    );
}

/// UDP: the duplicate sends and receives when the original is closed.
#[test]
fn wf_7_2_datagram_sockets_too() {
    every(
        HOSTS,
        r#"0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 server: bind(3, :53) = 0
+0 server: WSADuplicateSocket(3, server) = 0 info1
+0 server: WSASocket(info1) = 4
+0 server: closesocket(3) = 0
+0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 client: DuplicateHandle(3) = 4
+0 client: closesocket(3) = 0
+0 client: sendto(4, "abc", 3, 0, server:53) = 3
0.1 server: recvfrom(4, 10) = 3
+0 server: closesocket(4) = 0
+0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 5
+0 server: setsockopt(5, SO_EXCLUSIVEADDRUSE, 1) = 0
+0 server: bind(5, :53) = 0
"#,
    );
}

/// {1, 0}: a close that is not the last sends no RST; the last does.
#[test]
fn wf_7_7_a_hard_close_is_one_of_the_last_descriptor() {
    every(
        &two(),
        "0.1 client: setsockopt(3, SO_LINGER, {1, 0}) = 0
0.1...0.199 client > none
+0 client: closesocket(3) = 0
0.2 client: closesocket(5) = 0
0.2 client > R.
0.3 server: recv(4, 10) = -1 WSAECONNRESET
",
    );
}

/// Unread data makes a RST of the last close alone (R4).
#[test]
fn wf_7_7_unread_data_counts_at_the_last_close() {
    every(
        &two(),
        "0.1 server: send(4, 10) = 10
0.15 client: closesocket(5) = 0
0.15...0.199 client > none R.
+0 client: state(3) == ESTABLISHED
0.2 client: closesocket(3) = 0
0.2 client > R.
",
    );
}

/// {1, 5} and data on its way: a close that is not the last does not wait, the last does: for the ACK of its FIN, or, where
/// data is enough (R2) and its ACK is not delayed (R65), for that.
#[test]
fn wf_7_7_only_the_last_close_lingers() {
    under_every(
        &two(),
        "0.1 client: setsockopt(3, SO_LINGER, {1, 5}) = 0
+0 client: send(3, 10) = 10
+0 client: closesocket(3) = 0
0.1...0.104 client > none F.
0.105...$RETURN client: closesocket(5) = 0
0.105 client > F.
",
        |profile| {
            let data_is_enough = profile.name == Profile::DOCUMENTED.name;
            vec![("$RETURN", if data_is_enough { "0.12" } else { "0.125" })]
        },
    );
}

/// The same, nonblocking: 0, then WSAEWOULDBLOCK.
#[test]
fn wf_7_7_only_the_last_close_would_block() {
    every(
        &two(),
        "0.1 client: setsockopt(3, SO_LINGER, {1, 5}) = 0
+0 client: ioctlsocket(3, FIONBIO, 1) = 0
+0 client: send(3, 10) = 10
+0 client: closesocket(3) = 0
+0 client: closesocket(5) = -1 WSAEWOULDBLOCK
0.1...0.499 client > none F.
0.5 client: closesocket(5) = 0
",
    );
}

/// R20: a receive waits in another thread. WINDOWS lets it wait while the socket has another descriptor; it is given the
/// data. By the page it is cancelled, whichever descriptor it was made on. No segment leaves in either case.
#[test]
fn r20_one_of_two_descriptors_of_the_process_is_closed() {
    for received_on in [3, 5] {
        let lines = format!(
            "0.1...$RECV client.t2: recv({received_on}, 10) = $RESULT
0.2 client: closesocket(5) = 0
0.2...0.299 client > none
0.3 server: send(4, 7) = 7
0.4 client: state(3) == ESTABLISHED
0.4 client: ioctlsocket(3, FIONREAD) = 0 {{$LEFT}}
"
        );
        under_every(&two(), &lines, |profile| {
            column(
                profile,
                vec![("$RECV", "0.2"), ("$RESULT", "-1 WSAEINTR"), ("$LEFT", "7")],
                vec![("$RECV", "0.31"), ("$RESULT", "7"), ("$LEFT", "0")],
            )
        });
    }
}

/// R20: the process closes its last descriptor, and another process has one: as before. A receive of the other process is
/// not of the process that closes, and goes on in any case.
#[test]
fn r20_the_last_descriptor_of_one_process_is_closed() {
    let before = format!(
        "{CONNECTED}0.04 client: WSADuplicateSocket(3, client.p2) = 0 info1\n+0 client.p2: WSASocket(info1) = 7\n"
    );
    under_every(
        &before,
        "0.1...$RECV client.t2: recv(3, 10) = $RESULT
0.15...$OTHER client.p2: recv(7, 10) = 10
0.2 client: closesocket(3) = 0
0.2...0.299 client > none
0.3 server: send(4, 10) = 10
0.6 server: send(4, 10) = 10
0.7 client.p2: state(7) == ESTABLISHED
",
        |profile| {
            column(
                profile,
                vec![("$RECV", "0.2"), ("$RESULT", "-1 WSAEINTR"), ("$OTHER", "0.31")],
                vec![("$RECV", "0.31"), ("$RESULT", "10"), ("$OTHER", "0.61")],
            )
        },
    );
}

/// R20: an accept that waits, and the listener has two descriptors. At the last close it is cancelled in any case (R13).
#[test]
fn r20_a_listener_with_two_descriptors() {
    under_every(
        CONNECTED,
        "0.04 server: DuplicateHandle(3) = 5
0.1...$ACCEPT server.t2: accept(3) = $RESULT
0.15...0.3 server.t3: accept(5) = -1 WSAEINTR
0.2 server: closesocket(3) = 0
0.21 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
$AGAIN
0.22...0.24 client: connect(4, server:80) = 0
0.3 server: closesocket(5) = 0
",
        |profile| {
            column(
                profile,
                vec![
                    ("$ACCEPT", "0.2"),
                    ("$RESULT", "-1 WSAEINTR"),
                    ("0.15...0.3 server.t3: accept(5) = -1 WSAEINTR\n", ""),
                    (
                        "$AGAIN",
                        "0.21...0.25 server.t2: accept(5) = 6\n0.211...0.3 server.t3: accept(5) = -1 WSAEINTR",
                    ),
                ],
                vec![("$ACCEPT", "0.25"), ("$RESULT", "6"), ("$AGAIN", "")],
            )
        },
    );
}
