//! WSAPoll (WF-3.9, WF-5.15, WF-5.19, WF-6.10).

use crate::support::{holds, pair_holds};

const ALL: &str = "POLLRDNORM|POLLRDBAND|POLLWRNORM";

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
