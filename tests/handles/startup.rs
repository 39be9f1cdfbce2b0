//! WSAStartup and WSACleanup: data, null pointers, counts, what the last WSACleanup does to sockets and threads.

use super::{CONNECTED, HOSTS, every, under_every};
use closewait::profile::Profile;

/// A connection whose client has called WSAStartup so often.
fn started(times: usize) -> String {
    let startups = "0 client: WSAStartup(0x202) = 0\n".repeat(times);
    CONNECTED.replace("--host=client\n", &format!("--host=client\n{startups}"))
}

/// WF-8.6: the texts, and the limits by the version that is agreed on.
#[test]
fn wf_8_6_what_the_structure_says() {
    for (asked, version, sockets, datagram) in [
        ("0x100", "0x001", 32_767, 65_467),
        ("0x101", "0x101", 32_767, 65_467),
        ("0x901", "0x101", 32_767, 65_467),
        ("0x002", "0x002", 0, 0),
        ("0x202", "0x202", 0, 0),
        ("0x003", "0x202", 0, 0),
    ] {
        let asked = if asked == "0x100" { "0x001" } else { asked };
        let lines = format!(
            "0 client: WSAStartup({asked}) = 0 {{version={version}, high_version=0x202, max_sockets={sockets}, \
             max_udp_dg={datagram}, description=\"WinSock 2.0\", system_status=\"Running\"}}\n+0 client: WSACleanup() = 0\n"
        );
        every(HOSTS, &lines);
    }
}

/// WF-8.5: the version is looked at before the pointer; neither failure counts as a startup.
#[test]
fn wf_8_5_a_null_pointer() {
    every(
        HOSTS,
        "0 client: WSAStartup(0x202, NULL) = WSAEFAULT
+0 client: WSAStartup(0, NULL) = WSAVERNOTSUPPORTED
+0 client: WSAStartup(0x900) = WSAVERNOTSUPPORTED {version=0x202, high_version=0x202}
+0 client: WSAStartup(0x101, NULL) = WSAEFAULT
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 WSANOTINITIALISED
+0 client: WSACleanup() = -1 WSANOTINITIALISED
+0 client: WSAStartup(0x202) = 0
+0 client: WSAStartup(0x202, NULL) = WSAEFAULT
+0 client: WSACancelBlockingCall() = -1 WSAEOPNOTSUPP
+0 client: WSACleanup() = 0
+0 client: WSACleanup() = -1 WSANOTINITIALISED
",
    );
}

/// Startups of one process are not another's.
#[test]
fn wf_8_7_each_process_counts_for_itself() {
    every(
        HOSTS,
        "0 client: WSAStartup(0x202) = 0
+0 client: WSAStartup(0x101) = 0
+0 client.p2: WSAStartup(0x202) = 0
+0 client.p2: WSACleanup() = 0
+0 client.p2: WSACleanup() = -1 WSANOTINITIALISED
+0 client: WSACleanup() = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 client: WSACleanup() = 0
+0 client: closesocket(3) = -1 WSANOTINITIALISED
",
    );
}

/// WF-8.8: sockets, their duplicates and what was listening are no sockets after a new WSAStartup; events stay.
#[test]
fn wf_8_8_the_last_cleanup_ends_every_socket() {
    every(
        &started(1),
        "0.1 client: DuplicateHandle(3) = 5
+0 client: WSADuplicateSocket(3, client) = 0 info1
+0 client: WSASocket(info1) = 6
+0 client: WSADuplicateSocket(3, client) = 0 info2
+0 client: WSACreateEvent() = ev1
+0 client: WSACleanup() = 0
0.1 client > F.
+0 client: leaks == 0
+0 client: send(3, 1) = -1 WSANOTINITIALISED
+0 client: WSASetEvent(ev1) = 1
0.2 client: WSAStartup(0x202) = 0
+0 client: send(3, 1) = -1 WSAENOTSOCK
+0 client: getsockname(5) = -1 WSAENOTSOCK
+0 client: closesocket(6) = -1 WSAENOTSOCK
+0 client: WSASocket(info2) = -1 WSAEINVAL
",
    );
}

/// WF-8.10, R18: FIN, or RST for {1, 0} and for unread data, at the last WSACleanup and not before.
#[test]
fn wf_8_10_open_sockets_at_the_last_cleanup() {
    for (before, packet) in [
        ("", "F."),
        ("0.1 client: setsockopt(3, SO_LINGER, {1, 0}) = 0\n", "R."),
        ("0.1 server: send(4, 1) = 1\n", "R."),
    ] {
        let lines = format!(
            "{before}0.2 client: WSACleanup() = 0
0.2...0.299 client > none {packet}
0.3 client: WSACleanup() = 0
0.3 client > {packet}
"
        );
        every(&started(2), &lines);
    }
}

/// Threads that wait at the last WSACleanup: WSAEINTR; a lingering close returns 0 (R33), and keeps its deadline; who waits
/// for events waits on.
#[test]
fn r18_threads_that_wait_at_the_last_cleanup() {
    every(
        CONNECTED,
        "0.05 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
+0 client: bind(4, :99) = 0
+0 client: listen(4, 5) = 0
+0 client: WSACreateEvent() = ev1
0.06...0.2 client.t2: recv(3, 10) = -1 WSAEINTR
0.06...0.2 client.t3: accept(4) = -1 WSAEINTR
0.06...0.4 client.t4: WSAWaitForMultipleEvents([ev1]) = 0
0.2 client: WSACleanup() = 0
0.4 client: WSASetEvent(ev1) = 1
",
    );
    every(
        CONNECTED,
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 2}) = 0
+0 client: send(3, 10) = 10
0.1...0.2 client.t2: closesocket(3) = 0
0.2 client: WSACleanup() = 0
0.2...2.099999999 client > none R.
2.1 client > R.
",
    );
}

/// A socket that another process has, too: a thread of the process that cleans up returns, nothing is sent, and the other
/// process and its threads go on.
#[test]
fn r18_a_socket_that_another_process_has() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client.p2: WSASocket(info1) = 7
0.1...0.2 client.t2: recv(3, 10) = -1 WSAEINTR
0.1...0.31 client.p2: recv(7, 10) = 6
0.2 client: WSACleanup() = 0
0.2...0.299 client > none
0.3 server: send(4, 6) = 6
0.4 client.p2: closesocket(7) = 0
0.4 client > F.
",
    );
}

/// Success sets the last error to 0.
#[test]
fn wf_8_2_success_clears_the_last_error() {
    every(
        HOSTS,
        "0 client: WSAStartup(0) = WSAVERNOTSUPPORTED
+0 client: WSAGetLastError() = WSANOTINITIALISED
+0 client: WSAStartup(0x202) = 0
+0 client: WSAGetLastError() = 0
",
    );
}

/// CS-A2: after the last WSACleanup every descriptor is refused with WSANOTINITIALISED, one that never was, too.
#[test]
fn cs_a2_not_initialised_comes_before_everything() {
    under_every(
        CONNECTED,
        "0.1 client: WSACleanup() = 0
+0 client: closesocket(3) = -1 WSANOTINITIALISED
+0 client: closesocket(77) = -1 WSANOTINITIALISED
+0 client: WSADuplicateSocket(77, 0, NULL) = -1 WSANOTINITIALISED
+0 client: WSACancelBlockingCall() = -1 WSANOTINITIALISED
+0 client: WSASetBlockingHook(NULL) = 0 WSANOTINITIALISED
",
        |_: &Profile| Vec::new(),
    );
}
