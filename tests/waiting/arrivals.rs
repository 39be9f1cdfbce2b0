//! What WSAEventSelect records and WSAAsyncSelect posts, line by line: FD_READ, FD_OOB and FD_CLOSE.

use crate::support::{is_documented, pair_both_ways, pair_told_by_profile};

#[test]
fn r82_fd_read_and_registering_again() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none
+0     client: send(3, 5) = 5
0.109999 server: told(4) = none
0.11   server: told(4) = FD_READ
+0     server: told(4) = none
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_READ
+0     server: register(4, 0)
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_READ
0.2    client: send(3, 5) = 5
0.21   server: told(4) = FD_READ | none | none
+0     server: recv(4, 2) = 2
+0     server: told(4) = FD_READ
+0     server: recv(4, NULL, 5, 0) = -1 WSAEFAULT
+0     server: told(4) = none | FD_READ
+0     server: recv(4, 8) = 8
+0     server: told(4) = none
+0     server: recv(4, 8) = -1 WSAEWOULDBLOCK
+0     server: told(4) = none
0.3    client: send(3, 5) = 5
0.31   server: told(4) = FD_READ
",
    );
}

#[test]
fn fd_read_after_every_byte() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ)
+0     client: send(3, 3) = 3
0.2    server: told(4) = FD_READ
+0     server: recv(4, 1) = 1
+0     server: told(4) = FD_READ
+0     server: recv(4, 1) = 1
+0     server: told(4) = FD_READ
+0     server: recv(4, 1) = 1
+0     server: told(4) = none
",
    );
}

#[test]
fn fd_read_without_a_mask_is_kept() {
    pair_both_ways(
        "\
0.1    server: register(4, 0)
+0     client: send(3, 5) = 5
0.2    server: told(4) = none
+0     server: register(4, FD_READ|FD_OOB|FD_WRITE)
+0     server: told(4) = FD_READ FD_WRITE
",
    );
    pair_both_ways(
        "\
0.1    server: register(4, FD_OOB|FD_READ)
+0     server: register(4, 0)
+0     client: send(3, 5) = 5
0.2    server: recv(4, 5) = 5
+0     server: register(4, FD_OOB|FD_READ)
+0     server: told(4) = none
",
    );
}

#[test]
fn fd_oob() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: send(3, \"u\", 1, MSG_OOB) = 1
0.2    server: told(4) = FD_OOB
+0     server: told(4) = none
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_OOB
+0     server: register(4, 0)
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_OOB
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: told(4) = none
0.3    client: send(3, \"v\", 1, MSG_OOB) = 1
0.4    server: told(4) = FD_OOB
",
    );
    pair_both_ways(
        "\
0.1    server: register(4, 0)
+0     client: send(3, \"u\", 1, MSG_OOB) = 1
0.2    server: register(4, FD_OOB|FD_READ)
+0     server: told(4) = FD_OOB
",
    );
}

#[test]
fn wf_6_3_fd_close_once() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: closesocket(3) = 0
0.109999 server: told(4) = none
0.11   server: told(4) = FD_CLOSE:0
1      server: told(4) = none
",
    );
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: shutdown(3, SD_SEND) = 0
0.2    server: told(4) = FD_CLOSE:0
+0     client: closesocket(3) = 0
0.3    server: told(4) = none
+0     server: closesocket(4) = 0
",
    );
}

#[test]
fn wf_6_4_wf_6_5_fd_close_and_registering_again() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: closesocket(3) = 0
0.2    server: told(4) = FD_CLOSE:0
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_CLOSE:0
+0     server: register(4, 0)
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_CLOSE:0
+0     server: recv(4, 5) = 0
+0     server: recv(4, 5) = 0
+0     server: told(4) = none
",
    );
}

/// WF-6.6: by the pages FD_CLOSE waits until all is read.
#[test]
fn r10_fd_close_and_unread_data() {
    pair_told_by_profile(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: send(3, 5) = 5
0.2    server: told(4) = FD_READ
+0     client: closesocket(3) = 0
0.3    server: told(4) = $AT_ONCE
+0     server: recv(4, 3) = 3
+0     server: told(4) = FD_READ
+0     server: recv(4, 2) = 2
+0     server: told(4) = $AFTER_READ
+0     server: recv(4, 2) = 0
+0     server: told(4) = none
",
        |profile| {
            let (at_once, after) =
                if is_documented(profile) { ("none", "FD_CLOSE:0") } else { ("FD_CLOSE:0", "none") };
            vec![("AT_ONCE", at_once), ("AFTER_READ", after)]
        },
    );
}

#[test]
fn wf_6_7_shutdowns_and_fd_close() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     client: shutdown(3, SD_RECEIVE) = 0
0.2    server: told(4) = none
+0     server: shutdown(4, SD_BOTH) = 0
0.3    server: told(4) = none
+0     client: shutdown(3, SD_SEND) = 0
0.4    server: told(4) = FD_CLOSE:0
",
    );
}

/// WF-6.15: our shutdown was answered by FIN, too.
#[test]
fn wf_6_8_wf_6_15_fd_close_registered_later() {
    pair_both_ways(
        "\
0.1    client: closesocket(3) = 0
0.2    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = FD_CLOSE:0
",
    );
    pair_both_ways(
        "\
0.1    server: register(4, FD_READ|FD_OOB)
+0     client: closesocket(3) = 0
0.2    server: told(4) = none
+0     server: register(4, FD_READ|FD_OOB|FD_CLOSE)
+0     server: told(4) = FD_CLOSE:0
",
    );
    pair_both_ways(
        "\
0.1    server: register(4, FD_CLOSE)
+0     server: shutdown(4, SD_SEND) = 0
0.2    server: told(4) = none
+0     client: shutdown(3, SD_SEND) = 0
0.3    server: told(4) = FD_CLOSE:0
",
    );
}

const RESET: &str = "\
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
";

/// WF-3.11, WF-6.9.
#[test]
fn r9_the_code_of_fd_close_after_a_reset() {
    let words = |profile: &closewait::profile::Profile| {
        vec![("CODE", if is_documented(profile) { "WSAECONNRESET" } else { "WSAECONNABORTED" })]
    };
    pair_told_by_profile(
        &format!(
            "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
{RESET}\
0.2    server: told(4) = FD_CLOSE:$CODE
+0     server: told(4) = none
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_CLOSE:$CODE
+0     server: register(4, 0)
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ)
+0     server: told(4) = none | FD_CLOSE:$CODE
"
        ),
        words,
    );
    pair_told_by_profile(
        &format!("{RESET}0.2 server: register(4, FD_CLOSE)\n+0 server: told(4) = FD_CLOSE:$CODE\n"),
        words,
    );
}

/// test_get_events_reset: what was not asked for yet stays beside FD_CLOSE.
#[test]
fn r9_what_came_before_the_reset_stays() {
    pair_told_by_profile(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: register(3, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     server: setsockopt(4, SO_LINGER, {1, 0}) = 0
+0     server: closesocket(4) = 0
0.2    client: told(3) = FD_CONNECT FD_WRITE FD_CLOSE:$CODE | FD_WRITE FD_CLOSE:$CODE
",
        |profile| vec![("CODE", if is_documented(profile) { "WSAECONNRESET" } else { "WSAECONNABORTED" })],
    );
}
