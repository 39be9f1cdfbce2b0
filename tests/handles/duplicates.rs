//! WSADuplicateSocket and its structure, DuplicateHandle, CloseHandle, the values of handles.

use super::{CONNECTED, HOSTS, every, play};
use closewait::profile::Profile;
use closewait::time::{Duration, Instant};

/// WF-7.9: the socket is looked at first, then the process, then the pointer; what fails holds nothing.
#[test]
fn wf_7_9_errors_in_their_order() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(99, 0, NULL) = -1 WSAENOTSOCK
+0 client: WSADuplicateSocket(99, client) = -1 WSAENOTSOCK
+0 client: WSADuplicateSocket(3, 0, NULL) = -1 WSAEINVAL
+0 client: WSADuplicateSocket(3, 0xffffffff) = -1 WSAEINVAL
+0 client: WSADuplicateSocket(3, 0) = -1 WSAEINVAL
+0 client: WSADuplicateSocket(3, client, NULL) = -1 WSAEFAULT
+0 client: WSAGetLastError() = WSAEFAULT
+0 client: closesocket(3) = 0
0.1 client > F.
",
    );
}

/// A process that has ended, that never was, or that is another host's has no number.
#[test]
fn wf_7_9_a_process_that_is_not_there() {
    every(
        CONNECTED,
        "0.1 client.p2: exit()
+0 client: WSADuplicateSocket(3, client.p2) = -1 WSAEINVAL
+0 client: WSADuplicateSocket(3, client.p3) = -1 WSAEINVAL
+0 client: WSADuplicateSocket(3, server) = -1 WSAEINVAL
",
    );
}

/// WF-7.10: one WSASocket for each structure.
#[test]
fn wf_7_10_an_info_serves_once() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client) = 0 info1
+0 client: WSASocket(info1) = 5
+0 client: WSASocket(info1) = -1 WSAEINVAL
+0 client: closesocket(5) = 0
+0 client: state(3) == ESTABLISHED
+0 client: closesocket(3) = 0
0.1 client > F.
",
    );
}

/// The structure is one process's, on one host; a failed attempt of another does not use it up.
#[test]
fn wf_7_10_an_info_is_of_the_process_that_it_was_made_for() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client: WSASocket(info1) = -1 WSAEINVAL
+0 client.p3: WSASocket(info1) = -1 WSAEINVAL
+0 server: WSASocket(info1) = -1 WSAEINVAL
+0 client.p2: WSASocket(info1) = 7
+0 client.p2: send(7, 5) = 5
0.2 server: recv(4, 10) = 5
",
    );
}

/// R83: a structure that nobody has used holds the socket, as a descriptor does; it may be used after the source has gone.
#[test]
fn r83_an_unused_info_holds_the_socket() {
    every(
        CONNECTED,
        "0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
0.1...0.299 client > none
+0 client: closesocket(3) = 0
0.2 client.p2: WSASocket(info1) = 7
+0 client.p2: state(7) == ESTABLISHED
0.3 client.p2: closesocket(7) = 0
0.3 client > F.
",
    );
}

/// R83: until the process ends that it is for, whether the one that made it has ended or not.
#[test]
fn r83_the_end_of_the_process_gives_it_up() {
    for (source, taker) in
        [("closesocket(3) = 0", "exit()"), ("exit()", "kill()"), ("kill()", "WSACleanup() = 0")]
    {
        let lines = format!(
            "0.04 client.p2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 9
0.1 client: WSADuplicateSocket(3, client.p2) = 0 info1
0.1...0.299 client > none
0.2 client: {source}
0.3 client.p2: {taker}
0.3 client > F.
0.4 server: recv(4, 10) = 0
"
        );
        every(CONNECTED, &lines);
    }
}

/// WF-7.11: what was bound is known to each descriptor: one that was made before bind cannot receive, one that was made
/// after it can, though its structure is older. Closing the former leaves the others at work.
#[test]
fn wf_7_11_a_duplicate_from_before_bind_cannot_receive() {
    for call in ["recvfrom", "recv"] {
        let lines = format!(
            r#"0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 server: WSADuplicateSocket(3, server) = 0 info1
+0 server: WSASocket(info1) = 4
+0 server: WSADuplicateSocket(3, server) = 0 info2
+0 server: bind(3, :53) = 0
+0 server: WSASocket(info2) = 5
+0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 client: sendto(3, "abc", 3, 0, server:53) = 3
+0 client: sendto(3, "de", 2, 0, server:53) = 2
0.1 server: {call}(4, 10) = -1 WSAEINVAL
+0 server: {call}(5, 10) = 3
+0 server: closesocket(4) = 0
+0 server: {call}(3, 10) = 2
"#
        );
        every(HOSTS, &lines);
    }
}

/// A descriptor that has sent something itself has a name, and can receive.
#[test]
fn wf_7_11_what_a_descriptor_did_itself_it_knows() {
    every(
        HOSTS,
        r#"0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 server: bind(3, :53) = 0
+0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0 client: WSADuplicateSocket(3, client) = 0 info1
+0 client: WSASocket(info1) = 4
+0 client: bind(3, :99) = 0
+0 client: recv(4, 10) = -1 WSAEINVAL
+0 client: sendto(4, "abc", 3, 0, server:53) = 3
0.03...0.07 client: recv(4, 10) = 2
0.06 server: sendto(3, "de", 2, 0, client:99) = 2
"#,
    );
}

/// WF-2.18: closesocket of what DuplicateHandle made returns 0, and the original is closed with 0, too.
#[test]
fn wf_2_18_a_handle_of_duplicate_handle_is_closed_alone() {
    every(
        CONNECTED,
        "0.1 client: DuplicateHandle(3) = 5
0.1...0.199 client > none
+0 client: closesocket(5) = 0
+0 client: getpeername(3) = 0 {server:80}
0.2 client: closesocket(3) = 0
0.2 client > F.
+0 client: DuplicateHandle(3) = 0 WSA_INVALID_HANDLE
",
    );
}

/// WF-7.12: select takes a handle of DuplicateHandle, and answers by it.
#[test]
fn wf_7_12_select_takes_a_handle_of_duplicate_handle() {
    every(
        CONNECTED,
        "0.1 client: DuplicateHandle(3) = 5
+0 client: select(read=[5], timeout=0) = 0 {}
0.1...0.11 client: select(read=[5]) = 1 {read=[5]}
0.1 server: send(4, 10) = 10
0.2 client: select(read=[3, 5], write=[5], timeout=0) = 3 {read=[3, 5], write=[5]}
",
    );
}

/// WF-7.8: a registration by one descriptor ends that by the other.
#[test]
fn wf_7_8_one_registration_for_all_descriptors() {
    every(
        CONNECTED,
        "0.1 client: DuplicateHandle(3) = 5
+0 client: WSACreateEvent() = ev1
+0 client: WSACreateEvent() = ev2
+0 client: WSAEventSelect(3, ev1, FD_READ) = 0
+0 client: WSAEventSelect(5, ev2, FD_READ) = 0
+0 server: send(4, 10) = 10
0.2 client: WSAWaitForMultipleEvents([ev1], 0) = WSA_WAIT_TIMEOUT
+0 client: WSAWaitForMultipleEvents([ev2], 0) = 0
+0 client: WSAAsyncSelect(3, win1, FD_READ) = 0
+0 client: PeekMessage(win1) = {FD_READ: 0, socket=3}
+0 client: recv(5, 10) = 10
+0 client: WSAResetEvent(ev2) = 1
0.5 server: send(4, 10) = 10
0.6 client: WSAWaitForMultipleEvents([ev1, ev2], 0) = WSA_WAIT_TIMEOUT
+0 client: PeekMessage(win1) = {FD_READ: 0}
",
    );
}

/// An event lives until its last handle is closed.
#[test]
fn an_event_has_handles_too() {
    every(
        HOSTS,
        "0 client: WSACreateEvent() = ev1
+0 client: DuplicateHandle(ev1) = ev2
+0 client: CloseHandle(ev1) = 1
+0 client: CloseHandle(ev1) = 0 ERROR_INVALID_HANDLE
+0 client: WSASetEvent(ev1) = 0 WSA_INVALID_HANDLE
+0 client: WSAWaitForMultipleEvents([ev2], 0) = WSA_WAIT_TIMEOUT
+0 client: WSASetEvent(ev2) = 1
+0 client: WSAWaitForMultipleEvents([ev2], 0) = 0
+0 client: WSACloseEvent(ev2) = 1
",
    );
}

/// R40: CloseHandle is closesocket on the wire: FIN, or RST for {1, 0} and for unread data.
#[test]
fn r40_close_handle_closes_as_closesocket_does() {
    for (before, packet) in [
        ("", "F."),
        ("0.1 client: setsockopt(3, SO_LINGER, {1, 0}) = 0\n", "R."),
        ("0.1 server: send(4, 1) = 1\n", "R."),
    ] {
        let lines = format!(
            "{before}0.2 client: CloseHandle(3) = 1
0.2 client > {packet}
+0 client: CloseHandle(3) = 0 WSA_INVALID_HANDLE
+0 client: recv(3, 1) = -1 WSAENOTSOCK
+0 client: leaks == 0
"
        );
        every(CONNECTED, &lines);
    }
}

/// R40: it waits for nothing: l_linger limits the close that goes on.
#[test]
fn r40_close_handle_does_not_linger() {
    every(
        CONNECTED,
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 2}) = 0
+0 client: send(3, 10) = 10
+0 client: CloseHandle(3) = 1
0.1...2.099999999 client > none R.
2.1 client > R.
",
    );
}

/// R40, WF-6.2: FD_CLOSE is told of the last handle, and of that alone; closesocket tells of nothing.
#[test]
fn r40_wf_6_2_close_handle_tells_fd_close() {
    every(
        CONNECTED,
        "0.1 client: DuplicateHandle(3) = 5
+0 client: WSAAsyncSelect(3, win1, FD_CLOSE) = 0
+0 client: CloseHandle(5) = 1
+0 client: PeekMessage(win1) = none
+0 client: CloseHandle(3) = 1
+0 client: PeekMessage(win1) = {FD_CLOSE: 0, socket=3}
+0 client: PeekMessage(win1) = none
+0 server: WSAAsyncSelect(4, win1, FD_READ|FD_WRITE) = 0
+0 server: PeekMessage(win1) = {FD_WRITE: 0}
+0 server: closesocket(4) = 0
+0 server: PeekMessage(win1) = none
",
    );
}

/// Each descriptor wants its closesocket; one that is left is told with the call that made it, not with the socket's.
#[test]
fn cs_b8_a_duplicate_that_is_not_closed_is_a_leak() {
    let text = format!(
        "{CONNECTED}0.1 client: DuplicateHandle(3) = 5
0.2 client: WSADuplicateSocket(3, client.p2) = 0 info1
+0 client.p2: WSASocket(info1) = 7
+0 client: leaks == 2
+0 client.p2: leaks == 1
+0 client: closesocket(3) = 0
+0 client: leaks == 1
"
    );
    for profile in Profile::ALL {
        let world = play(profile, &text);
        let client = world.hosts().find(|&host| world.name(host) == "client").unwrap();
        let leaks = world.host(client).leaks();
        let told: Vec<_> = leaks.iter().map(|leak| (leak.process.number(), leak.made_by.call)).collect();
        assert_eq!(told, [(1, "DuplicateHandle"), (2, "WSASocket")]);
        let at: Vec<_> = leaks.iter().map(|leak| leak.made_by.at).collect();
        assert_eq!(at, [100, 200].map(|ms| Instant::START + Duration::from_millis(ms)));
    }
}

fn lowest() -> String {
    CONNECTED.replace("--host=client", "--host=client,handles=lowest")
}

/// CS-B1: a value that is free again is what the next handle is: the old name means the new socket.
#[test]
fn cs_b1_the_lowest_free_value_is_given_again() {
    every(
        &lowest(),
        "0.1 client: DuplicateHandle(3) = 5
+0 client: closesocket(3) = 0
+0 client: send(3, 1) = -1 WSAENOTSOCK
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 6
+0 client: send(3, 1) = -1 WSAENOTCONN
+0 client: closesocket(3) = 0
+0 client: closesocket(6) = -1 WSAENOTSOCK
+0 client: WSACreateEvent() = ev1
+0 client: closesocket(6) = -1 WSAENOTSOCK
+0 client: WSACloseEvent(ev1) = 1
+0 client: send(5, 1) = 1
",
    );
}

/// R32: while closesocket lingers its value is nobody else's; afterwards it is free. Twin: the tick before the end.
#[test]
fn r32_a_lingering_handle_keeps_its_value() {
    every(
        &lowest(),
        "0.1 net: cut
+0 client: setsockopt(3, SO_LINGER, {1, 1}) = 0
+0 client: send(3, 10) = 10
0.1...1.1 client: closesocket(3) = 0
0.2 client.t2: closesocket(3) = -1 WSAENOTSOCK
+0 client.t2: DuplicateHandle(3) = 0 WSA_INVALID_HANDLE
+0 client.t2: CloseHandle(3) = 0 WSA_INVALID_HANDLE
1.099999999 client.t2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0 client.t2: send(3, 1) = -1 WSAENOTSOCK
1.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 6
+0 client: send(3, 1) = -1 WSAENOTCONN
",
    );
}
