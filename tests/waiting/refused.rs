//! Connects that fail, as select, WSAPoll, SO_ERROR and network events tell of them (WF-6.14).

use crate::support::{client_both_ways, client_holds};

/// The client's connect to a port that nobody listens at has failed after two seconds under every profile (R23, R29).
const REFUSED: &str = "\
 0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
";

/// The same of a connect that waits.
const REFUSED_WAITING: &str = "\
 0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...* client: connect(3, server:80) = -1 WSAECONNREFUSED
";

#[test]
fn wf_6_14_select_has_an_exception() {
    client_holds(&format!(
        "{REFUSED}\
+0...* client: select(read=[3], write=[3], except=[3]) = 1 {{except=[3]}}
2      client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {{except=[3]}}
"
    ));
}

#[test]
fn wf_6_14_so_error_stays_until_a_connect_succeeds() {
    client_holds(&format!(
        "{REFUSED}\
2      client: connect(3, server:80) = -1 WSAEWOULDBLOCK
+0     client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 0 {{}}
+0...* client: select(read=[3], write=[3], except=[3]) = 1 {{except=[3]}}
4      client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
4...4.020 client: select(read=[3], write=[3], except=[3]) = 1 {{write=[3]}}
4.02   client: getsockopt(3, SO_ERROR) = 0 {{0}}
"
    ));
}

#[test]
fn wf_6_14_a_connect_that_waited_leaves_no_so_error() {
    client_holds(&format!(
        "{REFUSED_WAITING}\
2      client: getsockopt(3, SO_ERROR) = 0 {{0}}
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {{except=[3]}}
+0     client: getsockopt(3, SO_ERROR) = 0 {{0}}
2...2.05 client: select(write=[3], timeout=50) = 0 {{}}
"
    ));
}

#[test]
fn wf_6_14_a_failed_connect_is_still_told_of_by_a_listener() {
    client_holds(
        "\
 0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: bind(3, :70) = 0
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
2      client: listen(3, 5) = 0
+0     client: select(read=[3], write=[3], except=[3], timeout=0) = 1 {except=[3]}
+0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
2...2.020 server: connect(3, client:70) = 0
2.03   client: select(read=[3], write=[3], except=[3], timeout=0) = 2 {read=[3], except=[3]}
+0     client: accept(3) = 4
+0     client: getsockopt(3, SO_ERROR) = 0 {WSAECONNREFUSED}
+0     client: getsockopt(4, SO_ERROR) = 0 {0}
+0     client: select(read=[4], write=[4], except=[4], timeout=0) = 1 {write=[4]}
",
    );
}

#[test]
fn wf_6_14_poll_has_all_but_reading() {
    client_holds(&format!(
        "{REFUSED}\
+0     client: WSAPoll([{{3, POLLRDNORM|POLLRDBAND|POLLWRNORM}}], 0) = 0 {{}}
+0...* client: WSAPoll([{{3, POLLRDNORM|POLLRDBAND|POLLWRNORM}}], 10000) = 1 {{3: POLLWRNORM|POLLHUP|POLLERR}}
2      client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     client: getsockopt(3, SO_ERROR) = 0 {{WSAECONNREFUSED}}
+0     client: WSAPoll([{{3, POLLRDNORM|POLLRDBAND|POLLWRNORM}}], 0) = 1 {{3: POLLWRNORM|POLLHUP|POLLERR}}
+0     client: WSAPoll([{{3, 0}}], 0) = 1 {{3: POLLHUP|POLLERR}}
"
    ));
    client_holds(&format!(
        "{REFUSED_WAITING}\
2      client: WSAPoll([{{3, POLLRDNORM|POLLRDBAND|POLLWRNORM}}], 0) = 1 {{3: POLLWRNORM|POLLHUP|POLLERR}}
+0     client: getsockopt(3, SO_ERROR) = 0 {{0}}
"
    ));
}

#[test]
fn a_failed_connect_is_told_of_once() {
    client_both_ways(
        "\
 0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: register(3, FD_READ|FD_WRITE|FD_OOB|FD_ACCEPT|FD_CONNECT|FD_CLOSE)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
+0     client: told(3) = none
2      client: told(3) = FD_CONNECT:WSAECONNREFUSED
+0     client: told(3) = none
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
4      client: told(3) = FD_CONNECT:WSAECONNREFUSED
+0     client: told(3) = none
",
    );
}

#[test]
fn a_failed_connect_is_not_told_of_by_registering_again() {
    client_both_ways(
        "\
 0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: register(3, FD_CONNECT)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
2      client: told(3) = FD_CONNECT:WSAECONNREFUSED
+0     client: register(3, FD_CONNECT)
+0     client: told(3) = none
",
    );
}
