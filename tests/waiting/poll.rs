//! WSAPoll (WF-3.9, WF-5.15, WF-5.19, WF-6.10).

use crate::support::{holds, pair_holds};

const ALL: &str = "POLLRDNORM|POLLRDBAND|POLLWRNORM";

/// The lines, with the three flags that may be asked for in the place of `$ALL`.
fn pair(lines: &str) {
    pair_holds(&lines.replace("$ALL", ALL));
}

#[test]
fn entries_that_are_none_and_flags_that_cannot_be_asked_for() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: WSAPoll(NULL, 0, 1) = -1 WSAEINVAL
+0     server: WSAPoll(NULL, 1, 1) = -1 WSAEFAULT
+0     server: WSAPoll([{3, POLLPRI}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, POLLERR}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, POLLHUP}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, POLLNVAL}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, POLLWRBAND}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, 0}], 0) = 0 {}
",
    );
}

#[test]
fn wf_5_19_a_handle_that_is_none_is_not_counted() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: WSAPoll([{-1, POLLERR}, {3, POLLIN}], 0) = 0 {-1: POLLNVAL}
+0     server: WSAPoll([{9, POLLIN}, {3, POLLIN}], 0) = 0 {9: POLLNVAL}
+0     server: WSAPoll([{3, POLLIN}, {9, POLLERR}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{-1, POLLERR}, {9, POLLERR}], 0) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn wf_6_10_the_end_of_the_stream_is_a_hang_up() {
    pair_holds(&format!(
        "\
0.1    server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLWRNORM}}
+0     client: send(3, 5) = 5
0.2    server: WSAPoll([{{4, {ALL}}}, {{3, {ALL}}}], 0) = 1 {{4: POLLRDNORM|POLLWRNORM}}
+0     client: shutdown(3, SD_SEND) = 0
+0     client: WSAPoll([{{3, {ALL}}}], 0) = 1 {{3: POLLWRNORM}}
0.3    server: WSAPoll([{{4, 0}}], 0) = 1 {{4: POLLHUP}}
+0     server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLRDNORM|POLLWRNORM|POLLHUP}}
+0     server: recv(4, 10) = 5
+0     server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLWRNORM|POLLHUP}}
"
    ));
}

#[test]
fn wf_3_9_after_a_reset() {
    pair_holds(&format!(
        "\
0.1    client: setsockopt(3, SO_LINGER, {{1, 0}}) = 0
+0     client: closesocket(3) = 0
0.2    server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLERR|POLLHUP|POLLWRNORM}}
+0     server: WSAPoll([{{4, 0}}], 0) = 1 {{4: POLLERR|POLLHUP}}
"
    ));
}

#[test]
fn urgent_data_is_of_its_own_band() {
    pair_holds(&format!(
        "\
0.1    client: send(3, 1, MSG_OOB) = 1
0.2    server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLRDBAND|POLLWRNORM}}
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: WSAPoll([{{4, {ALL}}}], 0) = 1 {{4: POLLWRNORM}}
"
    ));
}

#[test]
fn the_time_is_exact_and_the_wait_ends_with_what_is_asked() {
    pair_holds(
        "\
0.1...0.2 server: WSAPoll([{4, POLLIN}], 100) = 0 {}
0.3...0.41 server: WSAPoll([{4, POLLIN}, {3, POLLIN}], 1000) = 1 {4: POLLRDNORM}
0.4    client: send(3, 1) = 1
0.5    server: WSAPoll([{3, POLLIN}], 0) = 0 {}
",
    );
}

#[test]
fn datagrams() {
    holds(
        "\
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: WSAPoll([{3, POLLIN|POLLOUT}], 0) = 1 {3: POLLWRNORM}
+0     server: bind(3, :90) = 0
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: sendto(3, 5, server:90) = 5
0.1    server: WSAPoll([{3, POLLIN|POLLOUT}], 0) = 1 {3: POLLRDNORM|POLLWRNORM}
",
    );
}

#[test]
fn every_flag_that_may_not_be_asked_for() {
    for bit in (0..16).map(|bit| 1_u16 << bit) {
        let line = |s: u8| match bit {
            0x10 | 0x100 | 0x200 => format!("+0 server: WSAPoll([{{{s}, {bit:#x}}}], 0) = ...\n"),
            _ => format!("+0 server: WSAPoll([{{{s}, {bit:#x}}}], 0) = -1 WSAEINVAL\n"),
        };
        pair(&[line(3), line(4)].concat());
    }
    pair(
        "\
0.1    server: WSAPoll([{3, $ALL}, {4, $ALL|POLLPRI}], 0) = -1 WSAEINVAL
+0     server: WSAPoll([{3, POLLIN}, {4, POLLOUT}], 0) = 1 {4: POLLWRNORM}
",
    );
}

#[test]
fn an_event_is_no_socket() {
    holds(
        "\
 0   client: WSACreateEvent() = ev1
+0   client: WSAPoll([{ev1, POLLIN}], 0) = -1 WSAENOTSOCK
",
    );
}

#[test]
fn a_listener_has_a_connection() {
    holds(
        &"\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: WSAPoll([{3, $ALL}], 0) = 0 {}
+0     server: bind(3, :80) = 0
+0     server: WSAPoll([{3, $ALL}], 0) = 0 {}
+0     server: listen(3, 5) = 0
+0     server: WSAPoll([{3, $ALL}], 0) = 0 {}
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
+0     client: WSAPoll([{3, $ALL}], 0) = 0 {}
+0...0.020 client: WSAPoll([{3, $ALL}], -1) = 1 {3: POLLWRNORM}
^+0...0.030 server: WSAPoll([{3, $ALL}], -1) = 1 {3: POLLRDNORM}
0.03   server: WSAPoll([{3, POLLIN}], 0) = 1 {3: POLLRDNORM}
+0     server: WSAPoll([{3, POLLRDBAND|POLLWRNORM}], 0) = 0 {}
+0     server: accept(3) = 4
+0     server: WSAPoll([{3, $ALL}, {4, $ALL}], 0) = 1 {4: POLLWRNORM}
"
        .replace("$ALL", ALL),
    );
}

#[test]
fn several_entries() {
    pair(
        "\
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: accept(3) = 5
+0     server: WSAPoll([{3, $ALL}, {4, $ALL}, {5, $ALL}], 0) = 2 {4: POLLWRNORM, 5: POLLWRNORM}
0.1    client: send(4, 5) = 5
0.1...0.110 server: WSAPoll([{3, POLLIN}, {4, POLLIN}, {5, POLLIN}], -1) = 1 {5: POLLRDNORM}
0.11   server: WSAPoll([{3, $ALL}, {4, $ALL}, {5, POLLRDNORM}], 0) = 2 {4: POLLWRNORM, 5: POLLRDNORM}
",
    );
}

#[test]
fn wf_6_10_the_peers_close_with_data_unread() {
    pair(
        "\
0.1    client: send(3, 5) = 5
+0     client: closesocket(3) = 0
0.1...0.110 server: WSAPoll([{4, 0}], -1) = 1 {4: POLLHUP}
0.11   server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLRDNORM|POLLWRNORM|POLLHUP}
+0     server: recv(4, 5) = 5
+0     server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLWRNORM|POLLHUP}
",
    );
}

#[test]
fn an_own_end_to_receiving_is_no_news() {
    pair(
        "\
0.1    client: shutdown(3, SD_RECEIVE) = 0
+0     client: WSAPoll([{3, $ALL}], 0) = 1 {3: POLLWRNORM}
0.2    server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLWRNORM}
",
    );
}

/// R34: a send is taken while less than SO_SNDBUF, 65,536 bytes, is queued.
#[test]
fn writable_is_what_a_send_would_not_wait_for() {
    pair(
        "\
0.1    client: send(3, 65536) = 65536
+0     client: WSAPoll([{3, $ALL}], 0) = 0 {}
0.1...0.120 client: WSAPoll([{3, $ALL}], -1) = 1 {3: POLLWRNORM}
",
    );
}

/// Data comes a microsecond before the time is over, and then a microsecond after. Less than 0 is for ever.
#[test]
fn the_time_is_exact_to_the_microsecond() {
    pair(
        "\
0.1...0.199999 server: WSAPoll([{4, POLLIN}], 100) = 1 {4: POLLRDNORM}
0.189999 client: send(3, 5) = 5
0.199999 server: recv(4, 5) = 5
0.2...0.3 server: WSAPoll([{3, POLLIN}, {4, POLLIN}], 100) = 0 {}
0.290001 client: send(3, 5) = 5
0.300001 server: WSAPoll([{4, POLLIN}], 0) = 1 {4: POLLRDNORM}
+0     server: recv(4, 5) = 5
1...100 server: WSAPoll([{4, POLLIN}], -2) = 1 {4: POLLRDNORM}
99.99  client: send(3, 5) = 5
",
    );
}

#[test]
fn several_threads_wait_for_one_socket() {
    pair(
        "\
0.1...0.160 server: WSAPoll([{4, POLLIN}], -1) = 1 {4: POLLRDNORM}
0.1...0.160 server.t2: select(read=[4]) = 1 {read=[4]}
0.1...0.160 server.t3: WSAPoll([{3, POLLIN}, {4, POLLRDNORM}], 1000) = 1 {4: POLLRDNORM}
0.15   client: send(3, 5) = 5
",
    );
}

#[test]
fn urgent_data_in_line_is_data() {
    pair(
        "\
0.1    client: send(3, \"u\", 1, MSG_OOB) = 1
0.1...0.110 server: WSAPoll([{4, POLLIN}], 1000) = 1 {4: POLLRDBAND}
0.11   server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLRDBAND|POLLWRNORM}
+0     server: WSAPoll([{4, POLLRDNORM}], 0) = 0 {}
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLWRNORM}
+0     server: setsockopt(4, SO_OOBINLINE, 1) = 0
0.2    client: send(3, \"u\", 1, MSG_OOB) = 1
0.21   server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLRDNORM|POLLWRNORM}
+0     server: recv(4, 5) = 1
+0     server: WSAPoll([{4, $ALL}], 0) = 1 {4: POLLWRNORM}
",
    );
}
