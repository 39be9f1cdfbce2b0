//! Processes that exit or are killed, and threads that end, in every state (R19, R33, WF-8.15).

use super::{CONNECTED, HOSTS, column, every, under_every};

/// Both ways for a process to end.
const ENDS: [&str; 2] = ["exit()", "kill()"];

/// Each text with each way to end in the place of END.
fn both(before: &str, lines: &str) {
    for end in ENDS {
        every(before, &lines.replace("END", end));
    }
}

/// Nothing unread, nothing pending: FIN, and the peer reads to the end.
#[test]
fn wf_8_15_an_idle_connection_ends_with_fin() {
    both(
        CONNECTED,
        "0.1 client: send(3, 10) = 10
0.2 client: END
0.2 client > F.
0.3 server: recv_all(4) = 10 {end=0}
",
    );
}

/// Unread data: RST.
#[test]
fn wf_8_15_unread_data_makes_a_reset() {
    both(
        CONNECTED,
        "0.1 server: send(4, 10) = 10
0.2 client: END
0.2 client > R.
0.3 server: recv(4, 10) = -1 WSAECONNRESET
",
    );
}

/// A receive that one of its threads waits for: RST in WINDOWS (R5), FIN by the table.
#[test]
fn wf_8_15_a_pending_receive_makes_a_reset() {
    for end in ENDS {
        let lines = format!(
            "0.1...* client.t2: recv(3, 10) = ...
0.2 client: {end}
0.2 client > $PACKET
0.3 server: recv(4, 10) = $RECV
"
        );
        under_every(CONNECTED, &lines, |profile| {
            column(
                profile,
                vec![("$PACKET", "F."), ("$RECV", "0")],
                vec![("$PACKET", "R."), ("$RECV", "-1 WSAECONNRESET")],
            )
        });
    }
}

/// {1, 0}: RST. {1, 2}: nothing waits, and l_linger is the limit, from the end of the process on; nonblocking is no
/// obstacle. A nonblocking connect under way: nothing.
#[test]
fn r19_the_linger_option_decides() {
    both(
        CONNECTED,
        "0.1 client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.2 client: END
0.2 client > R.
",
    );
    both(
        CONNECTED,
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 2}) = 0
+0 client: ioctlsocket(3, FIONBIO, 1) = 0
+0 client: send(3, 10) = 10
0.2 client: END
0.2 client > F.
0.2...2.199999999 client > none R.
2.2 client > R.
",
    );
}

/// A connect that a thread waits in ends with the process; what was sent is answered by nobody.
#[test]
fn r19_a_connect_under_way() {
    both(
        HOSTS,
        "0 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server: bind(3, :80) = 0
+0 server: listen(3, 5) = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
0...* client.t2: connect(3, server:80) = ...
0 client > S
0.005 client: END
1 client: state(3) == CLOSED
",
    );
}

/// R33: a lingering close is under way: its thread is no more, and its deadline stays where it was.
#[test]
fn r33_a_lingering_close_keeps_its_deadline() {
    for end in ["client: exit()", "client: kill()", "client.t2: exit_thread()"] {
        let lines = format!(
            "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {{1, 2}}) = 0
+0 client: send(3, 10) = 10
0.1...* client.t2: closesocket(3) = ...
0.5 {end}
0.5...2.099999999 client > none R.
2.1 client > R.
"
        );
        every(CONNECTED, &lines);
    }
}

/// A thread that ends takes nothing with it: the handle that lingered is gone, the process works on.
#[test]
fn r33_the_thread_ends_and_the_process_works_on() {
    every(
        CONNECTED,
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 2}) = 0
+0 client: send(3, 10) = 10
0.1...* client.t2: closesocket(3) = ...
0.5 client.t2: exit_thread()
+0 client: closesocket(3) = -1 WSAENOTSOCK
+0 client: leaks == 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.6 net: heal
5 client: time_wait == 0
",
    );
}

/// The server ends: what waits in its queue is reset, as what it has accepted and not read.
#[test]
fn r19_a_listener_with_a_queue() {
    both(
        CONNECTED,
        "0.1 client.p2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
0.1...0.12 client.p2: connect(3, server:80) = 0
0.2 server: END
0.2 server > R.
0.3 client.p2: recv(3, 10) = -1 WSAECONNRESET
0.3 client: recv(3, 10) = 0
",
    );
}

/// An accept that another thread of the process waits in goes with it; the port is free.
#[test]
fn r19_an_accept_that_waits() {
    both(
        CONNECTED,
        "0.1...* server.t2: accept(3) = ...
0.2 server: END
0.3 server.p2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server.p2: bind(3, :80) = 0
+0 server.p2: listen(3, 5) = 0
",
    );
}

/// A duplicate in another process: nothing is sent, the other process works on, and gets what a thread of the first was
/// waiting for.
#[test]
fn r19_a_duplicate_in_another_process_lives_on() {
    both(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client.p2: WSASocket(info1) = 7
0.1...* client.t2: recv(3, 10) = ...
0.2 client: END
0.2...0.299 client > none
0.3 server: send(4, 10) = 10
0.4 client.p2: recv(7, 20) = 10
+0 client.p2: closesocket(7) = 0
0.4 client > F.
",
    );
}

/// The process that registered a window or an event for a shared socket ends: nobody is told, and all works on.
#[test]
fn r19_a_registration_ends_with_its_process() {
    for register in
        ["WSAAsyncSelect(3, win1, FD_READ|FD_CLOSE) = 0", "WSAEventSelect(3, ev1, FD_READ|FD_CLOSE) = 0"]
    {
        let lines = format!(
            "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client.p2: WSASocket(info1) = 7
+0 client: WSACreateEvent() = ev1
+0 client: {register}
0.1...* client.t2: WSAWaitForMultipleEvents([ev1]) = ...
0.2 client: END
0.3 server: send(4, 10) = 10
0.4 client.p2: recv(7, 20) = 10
+0 client.p2: WSACreateEvent() = ev1
+0 client.p2: WSAEventSelect(7, ev1, FD_CLOSE) = 0
+0 server: closesocket(4) = 0
0.5 client.p2: WSAEnumNetworkEvents(7, ev1) = 0 {{FD_CLOSE: 0}}
"
        );
        both(CONNECTED, &lines);
    }
}

/// Threads that wait in select, WSAPoll, send and for events: none of them returns, and no other process is disturbed.
#[test]
fn r19_threads_that_wait_do_not_return() {
    both(
        CONNECTED,
        "0.04 client.p2: WSACreateEvent() = ev1
0.04...0.9 client.p2: WSAWaitForMultipleEvents([ev1], 860) = WSA_WAIT_TIMEOUT
0.1 net: cut
+0 client: WSACreateEvent() = ev1
+0 client: send(3, 65536) = 65536
0.1...* client.t2: select(read=[3]) = ...
0.1...* client.t3: WSAPoll([{3, POLLRDNORM}], -1) = ...
0.1...* client.t4: send(3, 1) = ...
0.1...* client.t5: WSAWaitForMultipleEvents([ev1]) = ...
0.2 client: END
0.3 net: heal
40...* server: recv_all(4) = 65536 {end=0}
+0 server: closesocket(4) = 0
+0 net: at_rest
",
    );
}

/// A thread that ends in recv is no pending receive: the close is graceful in every profile; another thread reads on.
#[test]
fn r19_a_receive_ends_with_its_thread() {
    every(
        CONNECTED,
        "0.1...* client.t2: recv(3, 10) = ...
0.15...0.26 client.t3: recv(3, 10) = 5
0.2 client.t2: exit_thread()
0.25 server: send(4, 5) = 5
0.3 client: closesocket(3) = 0
0.3 client > F.
",
    );
}

/// The host loses power with all of it: lines of other hosts go on.
#[test]
fn a_crash_takes_duplicates_and_infos() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client: WSADuplicateSocket(3, client.p2) = 0 info2
+0 client.p2: WSASocket(info1) = 7
0.1...* client.t2: recv(3, 10) = ...
0.2 client: crash()
0.2...0.5 client > none
",
    );
}
