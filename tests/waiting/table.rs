//! What WSAEventSelect records and WSAAsyncSelect posts, line by line: FD_ACCEPT, FD_CONNECT and FD_WRITE.

use crate::support::{both_ways, pair_both_ways};

/// A server that listens, and a client with a socket.
const LISTENING: &str = "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
";

#[test]
fn fd_accept_registered_before_bind() {
    both_ways(
        "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: told(3) = none
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.03   server: told(3) = FD_ACCEPT
+0     server: told(3) = none
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = none | FD_ACCEPT
+0     server: register(3, 0)
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = none | FD_ACCEPT
",
    );
}

#[test]
fn r82_each_connection_is_an_arrival() {
    both_ways(&format!(
        "{LISTENING}\
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0...0.020 client: connect(3, server:80) = 0
0.03   server: told(3) = FD_ACCEPT
0.04   client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
0.04...0.060 client: connect(4, server:80) = 0
0.07   server: told(3) = FD_ACCEPT | none | none
+0     server: accept(3) = 4
+0     server: told(3) = FD_ACCEPT
+0     server: told(4 of 3) = none
+0     server: accept(3) = 5
+0     server: told(3) = none
0.1    client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
0.1...0.120 client: connect(5, server:80) = 0
0.13   server: told(3) = FD_ACCEPT
"
    ));
}

#[test]
fn fd_accept_registered_after_the_connection() {
    both_ways(&format!(
        "{LISTENING}\
+0...0.020 client: connect(3, server:80) = 0
0.03   server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = FD_ACCEPT
+0     server: told(3) = none
"
    ));
    both_ways(&format!(
        "{LISTENING}\
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB)
+0...0.020 client: connect(3, server:80) = 0
0.03   server: told(3) = none
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = FD_ACCEPT
"
    ));
}

#[test]
fn fd_accept_is_over_with_accept() {
    both_ways(&format!(
        "{LISTENING}\
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB)
+0...0.020 client: connect(3, server:80) = 0
0.03   server: accept(3) = 4
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT)
+0     server: told(3) = none
"
    ));
}

#[test]
fn an_accepted_socket_inherits_the_registration() {
    both_ways(&format!(
        "{LISTENING}\
+0     server: register(3, FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT|FD_WRITE)
+0...0.020 client: connect(3, server:80) = 0
0.03   server: told(3) = FD_ACCEPT
+0     server: accept(3) = 4
+0     server: told(4 of 3) = FD_WRITE
+0     server: told(4 of 3) = none
+0     client: send(3, 5) = 5
0.1    server: told(4 of 3) = FD_READ
+0     server: recv(4, 5) = 5
+0     server: recv(4, 5) = -1 WSAEWOULDBLOCK
"
    ));
}

#[test]
fn fd_connect_and_then_fd_write() {
    both_ways(&format!(
        "{LISTENING}\
+0     client: register(3, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: told(3) = none
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.019999 client: told(3) = none
0.02   client: told(3) = FD_CONNECT FD_WRITE
+0     client: register(3, 0)
+0     client: register(3, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: told(3) = none | FD_WRITE
"
    ));
}

#[test]
fn fd_connect_alone_and_the_rest_later() {
    both_ways(&format!(
        "{LISTENING}\
+0     client: register(3, FD_CONNECT)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.03   client: told(3) = FD_CONNECT
+0     client: register(3, FD_READ|FD_WRITE|FD_CLOSE)
+0     client: told(3) = FD_WRITE
+0     server: accept(3) = 4
+0     client: register(3, FD_READ|FD_CLOSE)
+0     server: send(4, 5) = 5
0.1    client: told(3) = FD_READ
+0     client: recv(3, 5) = 5
+0     client: register(3, FD_CLOSE)
+0     server: closesocket(4) = 0
0.2    client: told(3) = FD_CLOSE
"
    ));
}

#[test]
fn fd_connect_registered_later() {
    both_ways(&format!(
        "{LISTENING}\
+0     client: register(3, FD_WRITE)
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.03   client: told(3) = FD_WRITE
+0     client: register(3, FD_WRITE|FD_CONNECT)
+0     client: told(3) = FD_CONNECT | FD_WRITE
"
    ));
}

#[test]
fn registering_after_a_connect_that_waited() {
    pair_both_ways(
        "\
+0     client: send(3, 5) = 5
0.1    client: register(3, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
",
    );
    pair_both_ways(
        "\
0.1    client: register(3, FD_ACCEPT|FD_CONNECT|FD_OOB|FD_READ)
+0     client: told(3) = FD_CONNECT | none
+0     client: register(3, FD_ACCEPT|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: told(3) = FD_WRITE
+0     client: told(3) = none
",
    );
}

#[test]
fn an_accepted_socket_was_never_connecting() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     server: told(4) = FD_WRITE
",
    );
}

#[test]
fn datagram_sockets() {
    both_ways(
        "\
 0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: register(3, FD_ACCEPT|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     client: told(3) = none | FD_WRITE
+0     client: connect(3, server:90) = 0
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
",
    );
    both_ways(
        "\
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: bind(3, :90) = 0
+0     server: register(3, FD_READ|FD_WRITE|FD_CLOSE)
+0     server: told(3) = FD_WRITE
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: sendto(3, \"x\", 1, 0, server:90) = 1
0.009999 server: told(3) = none
0.01   server: told(3) = FD_READ
+0     client: sendto(3, \"y\", 1, 0, server:90) = 1
0.03   server: told(3) = FD_READ | none | none
+0     server: recv(3, 10) = 1
+0     server: told(3) = FD_READ
+0     server: recv(3, 10) = 1
+0     server: told(3) = none
",
    );
}

#[test]
fn fd_write_once() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     server: told(4) = FD_WRITE
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     server: told(4) = none | FD_WRITE
+0     server: register(4, 0)
+0     server: register(4, FD_ACCEPT|FD_CLOSE|FD_CONNECT|FD_OOB|FD_READ|FD_WRITE)
+0     server: told(4) = none | FD_WRITE
+0     server: send(4, 5) = 5
+0     server: told(4) = none
0.2    client: recv(3, 5) = 5
0.3    server: told(4) = none
",
    );
}

#[test]
fn wf_6_13_a_send_leaves_fd_write() {
    pair_both_ways(
        "\
0.1    server: register(4, FD_WRITE)
+0     server: send(4, 5) = 5
0.2    server: told(4) = FD_WRITE
",
    );
}

/// R34: 65,536 bytes are queued, then a send would block; the first ACK comes after 20 ms.
#[test]
fn fd_write_after_a_send_that_would_block() {
    pair_both_ways(
        "\
0.1    client: register(3, FD_CONNECT|FD_WRITE)
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
+0     client: send(3, 65536) = 65536
+0     client: told(3) = none
+0     client: send(3, 1) = -1 WSAEWOULDBLOCK
+0     client: told(3) = none
0.119999 client: told(3) = none
0.12   client: told(3) = FD_WRITE
1      client: told(3) = none
",
    );
}

/// The same without the send that fails: nobody has asked to be told again.
#[test]
fn no_fd_write_after_a_send_that_was_taken() {
    pair_both_ways(
        "\
0.1    client: register(3, FD_CONNECT|FD_WRITE)
+0     client: told(3) = FD_CONNECT FD_WRITE | FD_WRITE
+0     client: send(3, 65536) = 65536
1      client: told(3) = none
",
    );
}
