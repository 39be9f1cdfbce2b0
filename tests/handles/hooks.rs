//! What only Winsock 1.1 had: blocking hooks, WSAIsBlocking, WSACancelBlockingCall (CS-A5, CS-A6, WF-8.11, 8.12).

use super::{CONNECTED, HOSTS, connected_1_1, every};

/// WF-8.11: none of it is there with 2.x alone; with 1.x there is nothing to cancel.
#[test]
fn wf_8_11_only_who_asked_for_1_x_has_it() {
    every(
        HOSTS,
        "0 client: WSAStartup(0x202) = 0
+0 client: WSACancelBlockingCall() = -1 WSAEOPNOTSUPP
+0 client: WSASetBlockingHook({ WSAIsBlocking() = 1 }) = 0 WSAEOPNOTSUPP
+0 client: WSAUnhookBlockingHook() = -1 WSAEOPNOTSUPP
+0 server: WSAStartup(0x001) = 0 {version=0x001}
+0 server: WSACancelBlockingCall() = -1 WSAEINVAL
+0 server: WSAIsBlocking() = 0
+0 server: WSASetBlockingHook(NULL) = 0 WSAEFAULT
+0 server: WSASetBlockingHook({ WSAIsBlocking() = 1 }) = 1
+0 server: WSAUnhookBlockingHook() = 0
",
    );
}

/// WF-8.11: in either order one startup of 1.x is enough, until the last WSACleanup.
#[test]
fn wf_8_11_mixed_versions() {
    for (first, second) in [("0x101", "0x202"), ("0x202", "0x101")] {
        let lines = format!(
            "0 client: WSAStartup({first}) = 0
+0 client: WSAStartup({second}) = 0
+0 client: WSACancelBlockingCall() = -1 WSAEINVAL
+0 client: WSACleanup() = 0
+0 client: WSACancelBlockingCall() = -1 WSAEINVAL
+0 client: WSACleanup() = 0
+0 client: WSAStartup(0x202) = 0
+0 client: WSACancelBlockingCall() = -1 WSAEOPNOTSUPP
"
        );
        every(HOSTS, &lines);
    }
}

/// CS-A5, WF-2.16, WF-8.12: while a call blocks every other of the thread is WSAEINPROGRESS, and closes nothing; a few are
/// not. Another thread of the process is free.
#[test]
fn cs_a5_a_call_from_the_hook_is_in_progress() {
    every(
        &connected_1_1(),
        "0.1...0.31 client: recv(3, 10) = 5
0.2 client: WSAIsBlocking() = 1
+0 client: closesocket(3) = -1 WSAEINPROGRESS
+0 client: WSAGetLastError() = WSAEINPROGRESS
+0 client: WSASetLastError(7) = 0
+0 client: WSAGetLastError() = 7
+0 client: send(3, 1) = -1 WSAEINPROGRESS
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 WSAEINPROGRESS
+0 client: WSACleanup() = -1 WSAEINPROGRESS
+0 client: WSAStartup(0x101) = WSAEINPROGRESS
+0 client.t2: WSAIsBlocking() = 0
+0 client.t2: send(3, 1) = 1
0.3 server: send(4, 5) = 5
0.4 client: WSAIsBlocking() = 0
+0 client: closesocket(3) = 0
0.4 client > F.
",
    );
}

/// CS-A6, WF-2.16: a lingering close is cancelled: WSAEINTR, the handle is valid, the deadline is none; it lingers anew when
/// it is closed again. Twin: the tick before that deadline.
#[test]
fn cs_a6_a_cancelled_close_may_be_made_again() {
    every(
        &connected_1_1(),
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 2}) = 0
+0 client: send(3, 10) = 10
0.1...0.2 client: closesocket(3) = -1 WSAEINTR
0.15 client: WSAIsBlocking() = 1
+0 client: closesocket(3) = -1 WSAEINPROGRESS
+0 client.t2: closesocket(3) = -1 WSAENOTSOCK
0.2 client: WSACancelBlockingCall() = 0
+0 client: WSAGetLastError() = WSAEINTR
+0 client: WSACancelBlockingCall() = -1 WSAEINVAL
+0 client: getsockopt(3, SO_LINGER) = 0 {1, 2}
0.2...4.999999999 client > none R.
3...5 client: closesocket(3) = 0
5 client > R.
+0 client: closesocket(3) = -1 WSAENOTSOCK
",
    );
}

/// What is done with a socket whose close was cancelled harms nobody; the next close ends it as its options say.
#[test]
fn cs_a6_a_socket_whose_close_was_cancelled() {
    for (next, packet) in [("{1, 0}", "R."), ("{0, 0}", "F.")] {
        let lines = format!(
            "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {{1, 2}}) = 0
+0 client: send(3, 10) = 10
0.1...0.2 client: closesocket(3) = -1 WSAEINTR
0.2 client: WSACancelBlockingCall() = 0
+0 client: ioctlsocket(3, FIONBIO, 1) = 0
+0 client: send(3, 10) = ...
+0 client: recv(3, 10) = ...
+0 client: shutdown(3, SD_BOTH) = ...
+0 client: WSADuplicateSocket(3, client) = 0 info1
+0 client: WSASocket(info1) = 5
+0 client: closesocket(3) = 0
+0 client: setsockopt(5, SO_LINGER, {next}) = 0
0.3 client: closesocket(5) = 0
0.31 net: heal
5 client: leaks == 0
"
        );
        let sent = if packet == "R." { "0.3 client > R.\n" } else { "" };
        let lines = lines.replace("0.31 net", &format!("{sent}0.31 net"));
        every(&connected_1_1(), &lines);
    }
}

/// The hook runs once, when a call begins to wait, and not for one that returns at once; it may cancel that call.
#[test]
fn cs_a6_a_hook_cancels_the_call_that_waits() {
    every(
        &connected_1_1(),
        "0.1 client: WSASetBlockingHook({ WSAIsBlocking() = 1, recv(3, 1) = -1 WSAEINPROGRESS, WSACancelBlockingCall() = 0, WSAIsBlocking() = 0 }) = 1
+0 client: send(3, 1) = 1
+0 client: recv(3, 10) = -1 WSAEINTR
+0 client: WSAIsBlocking() = 0
+0 client: accept(3) = -1 WSAEINVAL
+0 client: WSAUnhookBlockingHook() = 0
0.2...0.31 client: recv(3, 10) = 5
0.3 server: send(4, 5) = 5
",
    );
}

/// A hook is one thread's: the other's call waits undisturbed.
#[test]
fn wf_8_12_a_hook_is_of_its_thread() {
    every(
        &connected_1_1(),
        "0.1 client: WSASetBlockingHook({ WSACancelBlockingCall() = 0 }) = 1
0.1...0.31 client.t2: recv(3, 10) = 5
0.1 client.t3: WSASetBlockingHook({ WSAIsBlocking() = 1 }) = 1
0.15...0.61 client.t3: recv(3, 10) = 6
0.2 client: recv(3, 10) = -1 WSAEINTR
+0 client: WSACancelBlockingCall() = -1 WSAEINVAL
0.3 server: send(4, 5) = 5
0.6 server: send(4, 6) = 6
",
    );
}

/// Every call that waits can be cancelled; what it waited for goes on.
#[test]
fn wf_8_11_accept_connect_send_select_are_cancelled() {
    every(
        &connected_1_1(),
        "0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0 client: bind(5, :99) = 0
+0 client: listen(5, 5) = 0
0.1...0.2 client: accept(5) = -1 WSAEINTR
0.2 client: WSACancelBlockingCall() = 0
0.2...0.3 client: select(read=[3]) = -1 WSAEINTR
0.3 client: WSACancelBlockingCall() = 0
0.4 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 6
0.4...0.41 client: connect(6, server:80) = -1 WSAEINTR
0.41 client: WSACancelBlockingCall() = 0
0.5 client: state(6) == ESTABLISHED
+0 net: cut
+0 client: send(3, 65536) = 65536
0.5...0.6 client: send(3, 1) = -1 WSAEINTR
0.6 client: WSACancelBlockingCall() = 0
+0 client: closesocket(5) = 0
+0 client: closesocket(6) = 0
",
    );
}

/// A cancelled receive is not pending: the close is graceful in every profile.
#[test]
fn wf_8_11_a_cancelled_receive_is_not_pending() {
    every(
        &connected_1_1(),
        "0.1...0.2 client: recv(3, 10) = -1 WSAEINTR
0.2 client: WSACancelBlockingCall() = 0
0.3 client: closesocket(3) = 0
0.3 client > F.
",
    );
}

/// The hook and the right to have one end with the last WSACleanup.
#[test]
fn wf_8_11_the_last_cleanup_takes_the_hook() {
    every(
        &connected_1_1(),
        "0.1 client: WSASetBlockingHook({ WSACancelBlockingCall() = 0 }) = 1
+0 client: WSACleanup() = 0
+0 client: WSAStartup(0x101) = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
0.1...0.12 client: connect(5, server:80) = 0
0.15 client: closesocket(5) = 0
",
    );
}

/// WF-8.12: in a program of 2.x no call disturbs another, and nothing is nested.
#[test]
fn wf_8_12_threads_of_2_x_call_side_by_side() {
    every(
        CONNECTED,
        "0.1...0.31 client: recv(3, 10) = 5
0.2 client.t2: send(3, 1) = 1
+0 client.t2: WSAIsBlocking() = 0
0.3 server: send(4, 5) = 5
",
    );
}
